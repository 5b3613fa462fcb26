"""The classifier: probabilities, determinism, the held-out part, the prior."""

import pickle
from itertools import pairwise

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split

from fer_classic.errors import UsageError
from fer_classic.learn import classifier as classify
from fer_classic.learn.balance import METHODS
from fer_classic.learn.classifier import ExpressionClassifier

NAMES = ("anger", "happiness", "neutral")
QUICK = {"n_estimators": 15, "early_stopping_rounds": 5, "colsample": 1.0, "n_jobs": 1}


def _quick(**parameters):
    return ExpressionClassifier(**QUICK | parameters)


def _clouds(counts=(60, 120, 40), spread=1.0, columns=6, seed=0):
    random = np.random.default_rng(seed)
    codes = np.repeat(np.arange(len(counts)), counts)
    centres = 2 * np.eye(len(counts), columns)
    X = centres[codes] + random.normal(0, spread, (len(codes), columns))
    order = random.permutation(len(codes))
    return X[order].astype(np.float32), np.array(NAMES)[codes][order]


@pytest.mark.parametrize("balance", METHODS)
@pytest.mark.parametrize("prior", ["uniform", "train"])
def test_probabilities_sum_to_one_and_match_the_classes(balance, prior):
    X, y = _clouds()
    model = _quick(balance=balance, prior=prior).fit(X, y, X_mirror=X)
    probabilities = model.predict_proba(X)
    assert probabilities.shape == (len(X), 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-12)
    assert (probabilities > 0).all()
    assert model.classes_.tolist() == list(NAMES)
    best = np.array(NAMES)[probabilities.argmax(axis=1)]
    assert np.array_equal(model.predict(X), best)
    assert balanced_accuracy_score(y, best) > 0.8


def test_a_seed_decides_and_threads_do_not():
    X, y = _clouds()
    own = {"colsample": 0.5, "n_estimators": 4}
    one = _quick(**own).fit(X, y)
    again = _quick(**own).fit(X, y)
    two = _quick(**own | {"n_jobs": 2}).fit(X, y)
    other = _quick(**own, random_state=1).fit(X, y)
    expected = one.predict_proba(X).tobytes()
    assert again.predict_proba(X).tobytes() == expected
    assert two.predict_proba(X).tobytes() == expected
    assert other.predict_proba(X).tobytes() != expected
    assert _trees(one) == _trees(two)
    assert one.temperature_ == two.temperature_


def _trees(model):
    """The booster as text, without its list of parameters (which names the threads)."""
    return model.booster_.model_to_string().split("parameters:")[0]


def test_labels_may_be_numbers_or_text():
    X, y = _clouds()
    codes = np.searchsorted(NAMES, y) * 10 + 3
    text, number = _quick().fit(X, y), _quick().fit(X, codes)
    assert np.array_equal(text.predict_proba(X), number.predict_proba(X))
    assert number.classes_.tolist() == [3, 13, 23]
    assert number.predict(X).dtype == codes.dtype
    assert set(text.predict(X)) <= set(NAMES)


@pytest.mark.parametrize("small_set", [5000, 0])
@pytest.mark.parametrize("seed", range(3))
def test_groups_are_never_parted(monkeypatch, small_set, seed):
    monkeypatch.setattr(classify, "SMALL_SET", small_set)
    y = _clouds((40, 90, 30))[1]
    codes = np.searchsorted(NAMES, y)
    groups = np.random.default_rng(seed).integers(0, 25, len(y))
    model = _quick(random_state=seed)
    model.classes_, model.class_counts_ = np.unique(codes, return_counts=True)
    parts = model._parts(codes, groups)
    assert len(parts) == (5 if small_set else 1)
    for fitted, held in parts:
        assert not set(groups[fitted]) & set(groups[held])
        assert sorted([*fitted, *held]) == list(range(len(y)))
        assert len(held) < len(fitted)
    if small_set:
        held = np.concatenate([held for _, held in parts])
        assert sorted(held) == list(range(len(y)))


def test_a_large_set_holds_out_the_share_asked_for(monkeypatch):
    monkeypatch.setattr(classify, "SMALL_SET", 0)
    X, y = _clouds((100, 200, 100))
    codes = np.searchsorted(NAMES, y)
    model = _quick(validation_fraction=0.2).fit(X, y)
    ((fitted, held),) = model._parts(codes, None)
    assert len(held) == 80
    assert np.bincount(codes[held]).tolist() == [20, 40, 20]
    # The held-out rows are not learned from.
    assert model.booster_.num_trees() >= model.best_iteration_ * 3
    assert len(model.curves_["validation"]["log_loss"]) > 0
    assert len(fitted) == 320


def test_no_held_out_part_trains_every_round_uncalibrated():
    X, y = _clouds()
    rounds = []
    model = _quick(validation_fraction=0).fit(X, y, progress=lambda *a: rounds.append(a))
    assert model.best_iteration_ == 15
    assert model.temperature_ == 1
    assert list(model.curves_) == ["train"]
    assert [number for number, _ in rounds] == list(range(1, 16))
    assert all(np.isnan(loss) for _, loss in rounds)


def test_early_stopping_stops_at_the_least_held_out_loss(monkeypatch):
    monkeypatch.setattr(classify, "SMALL_SET", 0)
    X, y = _clouds(spread=3)
    model = _quick(n_estimators=300, learning_rate=0.3).fit(X, y)
    curve = model.curves_["validation"]["log_loss"]
    assert len(curve) < 300
    assert model.best_iteration_ == int(np.argmin(curve)) + 1
    assert len(curve) == model.best_iteration_ + 5
    assert model.booster_.num_trees() >= 3 * model.best_iteration_


def test_small_sets_learn_from_all_rows_for_the_mean_number_of_rounds():
    X, y = _clouds(spread=2)
    heard = []
    model = _quick(n_estimators=200).fit(X, y, progress=lambda *a: heard.append(a))
    starts = [i for i, (number, _) in enumerate(heard) if number == 1]
    assert len(starts) == 6  # five held-out parts, then all rows
    best = [
        int(np.argmin([loss for _, loss in heard[a:b]])) + 1 for a, b in pairwise(starts)
    ]
    assert model.best_iteration_ == round(np.mean(best))
    assert len(heard) - starts[-1] == model.best_iteration_


def test_curves_hold_a_value_a_round():
    X, y = _clouds()
    curves = _quick().fit(X, y).curves_
    assert set(curves) == {"train", "validation"}
    lengths = {len(values) for part in curves.values() for values in part.values()}
    assert len(lengths) == 1
    assert set(curves["train"]) == {"log_loss", "error"}
    assert curves["train"]["log_loss"][0] > curves["train"]["log_loss"][-1]


@pytest.mark.parametrize(
    "balance, prior, expected",
    [
        ("none", "train", [0, 0, 0]),
        ("none", "uniform", np.log([220 / 180, 220 / 360, 220 / 120])),
        ("class_weight", "uniform", [0, 0, 0]),
        ("class_weight", "train", np.log([180 / 220, 360 / 220, 120 / 220])),
        ("smote", "uniform", [0, 0, 0]),
        ("random_over", "train", np.log([180 / 220, 360 / 220, 120 / 220])),
        ("mirror", "uniform", np.log([320 / 360, 320 / 360, 320 / 240])),
    ],
)
def test_scores_are_shifted_from_the_learned_classes_to_the_prior(balance, prior, expected):
    # Counts are 60, 120 and 40 of 220; "mirror" makes them 120, 120 and 80 of 320.
    X, y = _clouds()
    model = _quick(balance=balance, prior=prior).fit(X, y, X_mirror=X)
    np.testing.assert_allclose(model.log_prior_shift_, expected, atol=1e-12)


def test_the_prior_shifts_probabilities_by_the_ratio_of_priors():
    X, y = _clouds()
    own = {"balance": "none", "validation_fraction": 0}
    train = _quick(prior="train", **own).fit(X, y).predict_proba(X)
    even = _quick(prior="uniform", **own).fit(X, y).predict_proba(X)
    moved = train / np.array([60, 120, 40])
    np.testing.assert_allclose(even, moved / moved.sum(axis=1, keepdims=True), atol=1e-9)


def test_uniform_prior_finds_more_of_the_small_class():
    X, y = _clouds((15, 300, 15), spread=1.8)
    recall = {}
    for prior in ("train", "uniform"):
        model = _quick(balance="none", prior=prior).fit(X, y)
        recall[prior] = (model.predict(X) == "anger")[y == "anger"].mean()
    assert recall["uniform"] > recall["train"]


@pytest.mark.parametrize("balance", ["none", "class_weight", "random_over", "mirror"])
@pytest.mark.parametrize("least", [1, 2, 3])
def test_small_classes_are_learned(balance, least):
    X, y = _clouds((least, 30, 30))
    model = _quick(balance=balance, min_child_samples=1).fit(X, y, X_mirror=X)
    assert model.class_counts_.tolist() == [least, 30, 30]
    assert np.isfinite(model.predict_proba(X)).all()


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_class_whose_rows_form_few_groups_is_learned(number):
    # Held-out parts then lack the class, or would leave none of it to learn from.
    X, y = _clouds((12, 40, 40))
    groups = np.arange(len(y)) + 100
    own = np.flatnonzero(y == "anger")
    groups[own] = np.arange(len(own)) % number
    model = _quick(balance="class_weight").fit(X, y, groups=groups)
    assert np.isfinite(model.predict_proba(X)).all()
    assert np.isfinite(model.temperature_)
    codes = np.searchsorted(NAMES, y)
    for fitted, _ in model._parts(codes, groups):
        assert np.bincount(codes[fitted], minlength=3).min() >= 2


@pytest.mark.parametrize("number", [1, 2, 3])
def test_few_groups_are_enough(number):
    X, y = _clouds()
    groups = np.arange(len(y)) % number
    model = _quick().fit(X, y, groups=groups)
    assert (model.predict(X) == y).mean() > 0.7


def test_mirrored_rows_are_learned():
    X, y = _clouds((8, 60, 60))
    plain = _quick(balance="none", validation_fraction=0).fit(X, y)
    mirror = _quick(balance="mirror", validation_fraction=0).fit(X, y, X_mirror=X)
    assert plain.booster_.num_trees() == mirror.booster_.num_trees()
    assert not np.array_equal(plain.predict_proba(X), mirror.predict_proba(X))


@pytest.mark.parametrize("balance", ["smote", "class_weight", "random_under"])
def test_ten_to_one_classes_are_told_apart(balance):
    X, y = _clouds((40, 400, 40), spread=0.6)
    X, X_test, y, y_test = train_test_split(X, y, random_state=0, stratify=y)
    model = _quick(balance=balance, n_estimators=120).fit(X, y)
    assert balanced_accuracy_score(y_test, model.predict(X_test)) > 0.9


def test_cloning_and_pickling():
    X, y = _clouds()
    model = _quick(balance="class_weight").fit(X, y)
    assert clone(model).get_params() == model.get_params()
    assert not hasattr(clone(model), "booster_")
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))


def test_a_single_class_is_named():
    with pytest.raises(ValueError) as error:
        _quick().fit(np.zeros((9, 2)), ["anger"] * 9)
    assert str(error.value) == (
        "Training needs at least 2 classes. Got one class: 'anger'. "
        "Add labelled images of another class."
    )


def test_a_class_too_small_to_balance_is_named_before_training():
    X, y = _clouds((3, 30, 30))
    with pytest.raises(ValueError, match="Class 'anger' has 3 training images, but"):
        _quick(balance="smote").fit(X, y)


def test_nan_and_infinity_are_refused():
    X, y = _clouds()
    X[3, 2] = np.nan
    with pytest.raises(ValueError, match="Input X contains NaN"):
        _quick().fit(X, y)
    X[3, 2] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        _quick().fit(X, y)
    X[3, 2] = 0
    model = _quick().fit(X, y)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        model.predict(np.full((1, 6), np.nan))


@pytest.mark.parametrize(
    "parameters, text",
    [
        ({"n_estimators": 0}, "n_estimators of ExpressionClassifier .* Got 0 instead."),
        ({"learning_rate": -1}, "learning_rate of ExpressionClassifier .* Got -1"),
        ({"num_leaves": 1}, "num_leaves of ExpressionClassifier must be of type int"),
        ({"colsample": 1.5}, "colsample of ExpressionClassifier .* 1.0. Got 1.5"),
        ({"validation_fraction": 0.9}, "validation_fraction .* 0.0 to 0.5. Got 0.9"),
        ({"early_stopping_rounds": None}, "early_stopping_rounds .* Got None instead."),
        ({"n_neighbors": 2.5}, "n_neighbors of ExpressionClassifier .* Got 2.5"),
        ({"random_state": None}, "random_state of ExpressionClassifier .* Got None"),
    ],
)
def test_impossible_parameters_are_named(parameters, text):
    X, y = _clouds()
    with pytest.raises(ValueError, match=text):
        _quick(**parameters).fit(X, y)


def test_unknown_choices_are_named():
    X, y = _clouds()
    with pytest.raises(
        UsageError, match=r"prior must be one of \{uniform, train\}. Got 'x'"
    ):
        _quick(prior="x").fit(X, y)
    with pytest.raises(UsageError, match=r"balance must be one of .* Got 'x' instead."):
        _quick(balance="x").fit(X, y)


def test_mirrored_rows_of_another_shape_are_refused():
    X, y = _clouds()
    text = r"X_mirror must have the shape of X, \(220, 6\). Got \(219, 6\) instead."
    with pytest.raises(ValueError, match=text):
        _quick(balance="mirror").fit(X, y, X_mirror=X[1:])
    with pytest.raises(ValueError, match="balance='mirror' needs X_mirror"):
        _quick(balance="mirror").fit(X, y)


def test_what_was_held_out_is_kept_with_probabilities_of_its_own():
    random = np.random.default_rng(0)
    y = np.repeat(["a", "b", "c"], 60)
    X = random.normal(size=(180, 4)) + (np.arange(180) // 60)[:, None]
    model = ExpressionClassifier(n_estimators=20, n_jobs=1).fit(X, y)
    rows, chances = model.held_out_
    assert sorted(rows) == list(range(180)) and chances.shape == (180, 3)
    assert chances.sum(axis=1) == pytest.approx(np.ones(180))
    hits = (model.classes_[chances.argmax(axis=1)] == y[rows]).mean()
    assert 0.5 < hits < (model.predict(X) == y).mean()
    rows, chances = model.set_params(validation_fraction=0).fit(X, y).held_out_
    assert len(rows) == 0 and chances.shape == (0, 3)


def test_a_weight_of_two_is_a_row_given_twice():
    random = np.random.default_rng(1)
    y = np.repeat(["anger", "neutral"], 60)
    X = random.normal(size=(120, 4)) + (y == "anger")[:, None]
    given = {"validation_fraction": 0.0, "n_estimators": 5, "min_child_samples": 1}
    given |= {"num_leaves": 4, "reg_lambda": 0.0}
    weights = np.where(np.arange(120) < 30, 2.0, 1.0)
    twice = np.concatenate([np.arange(120), np.arange(30)])
    weighted = ExpressionClassifier(**given).fit(X, y, weights=weights)
    repeated = ExpressionClassifier(**given).fit(X[twice], y[twice])
    assert weighted.class_counts_.tolist() == [90, 60]
    np.testing.assert_allclose(
        weighted.log_prior_shift_, repeated.log_prior_shift_, atol=1e-12
    )


def test_impossible_weights_are_named():
    X, y = np.zeros((4, 1)), np.array(["anger", "neutral"] * 2)
    with pytest.raises(ValueError, match="weights must be 4 finite numbers"):
        ExpressionClassifier().fit(X, y, weights=[1, 1, 1])
    with pytest.raises(ValueError, match="weights must be 4 finite numbers"):
        ExpressionClassifier().fit(X, y, weights=[1, 1, 1, -1])
    with pytest.raises(ValueError, match=r"balanced by 'none' or .*Got 'smote'"):
        ExpressionClassifier(balance="smote").fit(X, y, weights=np.ones(4))


def test_any_sampler_of_imbalanced_learn_balances():
    from imblearn.combine import SMOTETomek
    from imblearn.over_sampling import RandomOverSampler

    random = np.random.default_rng(0)
    y = np.repeat(["a", "b", "c"], [120, 40, 20])
    X = random.normal(0, 1, (180, 4)).astype(np.float32)
    X[y == "b"] += 2
    X[y == "c"] -= 2
    sampler = RandomOverSampler(random_state=0)
    ours = ExpressionClassifier(balance="random_over").fit(X, y)
    theirs = ExpressionClassifier(balance=sampler).fit(X, y)
    np.testing.assert_array_equal(ours.predict_proba(X), theirs.predict_proba(X))
    assert not hasattr(sampler, "sampling_strategy_")  # a clone was fitted
    mixed = ExpressionClassifier(balance=SMOTETomek(random_state=0)).fit(X, y)
    assert mixed.score(X, y) > 0.8
    with pytest.raises(ValueError, match="balanced by 'none' or 'class_weight'"):
        ExpressionClassifier(balance=sampler).fit(X, y, weights=np.ones(180))
