"""Boosting: what is held out, when it stops, what it records."""

import numpy as np
from joblib import cpu_count

from fer_classic.learn.boost import boost, boosted, held_out_parts, threads

PARAMETERS = {"num_leaves": 4, "min_data_in_leaf": 5, "num_threads": 1, "seed": 0}


def _clouds(n, seed):
    random = np.random.default_rng(seed)
    codes = random.integers(0, 3, n)
    X = random.normal(size=(n, 4)).astype(np.float32)
    X[:, 0] += codes
    return X, codes


def test_parts_cover_all_rows_and_keep_groups_together():
    random = np.random.default_rng(0)
    codes, groups = random.integers(0, 3, 200), random.integers(0, 40, 200)
    parts = held_out_parts(codes, groups, 5, 0)
    assert sorted(np.concatenate([held for _, held in parts])) == list(range(200))
    for learned, held in parts:
        assert not set(groups[learned]) & set(groups[held])


def test_parts_that_leave_a_class_unlearned_are_dropped():
    codes = np.array([0, 1] * 20 + [2, 2, 2])
    groups = np.array([*range(40), 99, 99, 99])  # all of class 2 is one group
    parts = held_out_parts(codes, groups, 3, 0)
    assert len(parts) == 2
    assert all((codes[learned] == 2).sum() == 3 for learned, _ in parts)


def test_a_single_row_of_a_class_leaves_nothing_to_hold_out():
    assert held_out_parts(np.array([0, 0, 0, 1]), None, 5, 0) == []


def test_stops_at_the_least_held_out_loss_and_records_every_round():
    X, codes = _clouds(300, 0)
    X_held, held = _clouds(200, 1)
    seen = []
    booster, rounds, curves = boost(
        *(X, codes, np.ones(300), PARAMETERS, 200),
        held=(X_held, held, np.ones(200)),
        patience=5,
        progress=lambda number, loss: seen.append((number, loss)),
    )
    losses = curves["validation"]["log_loss"]
    assert rounds == int(np.argmin(losses)) + 1 < 200
    assert seen == list(enumerate(losses, start=1))
    own = boosted(booster, X_held, rounds, 1)[np.arange(200), held]
    np.testing.assert_allclose(-np.log(own).mean(), min(losses), rtol=1e-6)


def test_without_held_out_rows_all_rounds_are_kept():
    X, codes = _clouds(100, 0)
    _, rounds, curves = boost(X, codes, np.ones(100), PARAMETERS, 7)
    assert rounds == 7
    assert list(curves) == ["train"]
    assert len(curves["train"]["error"]) == 7


def test_threads():
    assert threads(-1) == threads(None) == cpu_count()
    assert threads(3) == threads(3, 200_000) == 3
    assert threads(3, 199_999) == threads(-1, 10) == 1  # they would wait for each other
    assert threads(0) == 1
