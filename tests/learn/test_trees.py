"""Trees walked by this package give LightGBM's sums, to the bit."""

import lightgbm
import numpy as np
import pytest

from fer_classic.learn.trees import ExpressionClassifier
from fer_classic.model import treetext
from fer_classic.model.treetext import read_trees


def grown(seed, *, missing="nan", **options):
    """Trees of three classes over five columns, and rows with gaps."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(400, 5)).astype(np.float32)
    X[random.random(X.shape) < 0.15] = np.nan if missing == "nan" else 0
    y = random.integers(0, 3, 400) + (np.nan_to_num(X[:, 0]) > 0)
    parameters = {
        "objective": "multiclass",
        "num_class": 4,
        "verbose": -1,
        "num_threads": 1,
    }
    parameters |= {"num_leaves": 9, "min_data_in_leaf": 3} | options
    booster = lightgbm.train(parameters, lightgbm.Dataset(X, y), 7)
    return booster, X


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"use_missing": False},
        {"zero_as_missing": True, "missing": "zero"},
        {"min_data_in_leaf": 150},  # some trees are a single leaf
        {"num_leaves": 80, "min_data_in_leaf": 1},
    ],
    ids=["nan", "none", "zero", "leaf", "large"],
)
def test_the_sums_are_those_of_lightgbm(seed, options, monkeypatch):
    # A split of missing values from all others has an endless threshold, which models of
    # this package never have and reading refuses.
    monkeypatch.setattr(treetext, "_check_numbers", lambda columns: None)
    booster, X = grown(seed, **options)
    trees = read_trees(booster.model_to_string().encode(), 4, 5)
    assert trees.rounds == 7
    random = np.random.default_rng(seed)
    other = random.normal(size=(300, 5)).astype(np.float32)
    other[random.random(other.shape) < 0.1] = 0
    other[random.random(other.shape) < 0.1] = np.nan
    other[:5] = 1e-36, -1e-36, 1e-34, np.inf, -np.inf
    for rows in (X, other, other[:1], other[:0]):
        expected = booster.predict(rows, raw_score=True) if len(rows) else np.zeros((0, 4))
        assert trees.scores(rows).tobytes() == expected.tobytes()
        assert trees._sums(rows).tobytes() == expected.tobytes()  # without numba


def test_a_threshold_belongs_to_the_left():
    booster, _ = grown(5, missing="zero")
    trees = read_trees(booster.model_to_string().encode(), 4, 5)
    thresholds = trees.nodes["threshold"].astype(np.float32)
    rows = np.random.default_rng(1).choice(thresholds, (500, 5))
    expected = booster.predict(rows, raw_score=True)
    assert trees.scores(rows).tobytes() == expected.tobytes()


def test_lightgbm_s_own_trees_are_there_where_they_are_asked_for():
    booster, X = grown(6, missing="zero")
    classifier = ExpressionClassifier()
    assert not hasattr(classifier, "booster_")
    classifier.trees_ = read_trees(booster.model_to_string().encode(), 4, 5)
    assert np.array_equal(classifier.booster_.predict(X), booster.predict(X))


def test_parameters_are_known_by_name():
    classifier = ExpressionClassifier(num_leaves=7)
    assert classifier.get_params()["num_leaves"] == 7
    assert classifier.set_params(prior="train").prior == "train"
    with pytest.raises(
        ValueError, match="parameter of ExpressionClassifier must be one of"
    ):
        classifier.set_params(leaves=3)
