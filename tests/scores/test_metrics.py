"""Scores against scikit-learn, intervals against naive resampling, and folds."""

import json
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.base import BaseEstimator, ClassifierMixin

from fer_classic.scores.folds import cross_validate, grouped_folds
from fer_classic.scores.metrics import (
    bootstrap_confusions,
    confusion_matrix,
    evaluate,
    expected_calibration_error,
    scores_of_confusion,
)

NAMES = ("anger", "happiness", "neutral", "sadness")


@st.composite
def _predictions(draw, classes=4):
    n = draw(st.integers(1, 60))
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    used = draw(st.integers(1, classes))
    truth = random.integers(0, used, n)
    probabilities = random.dirichlet(np.full(classes, 0.4), n)
    return truth, probabilities


@settings(max_examples=100, deadline=None)
@given(_predictions())
def test_scores_equal_scikit_learns(case):
    truth, probabilities = case
    predicted = probabilities.argmax(axis=1)
    confusion = confusion_matrix(truth, predicted, 4)
    codes = np.arange(4)
    expected = metrics.confusion_matrix(truth, predicted, labels=codes)
    assert np.array_equal(confusion, expected)
    scores = scores_of_confusion(confusion)
    present = np.unique(truth)
    recall = metrics.recall_score(
        truth, predicted, labels=codes, average=None, zero_division=np.nan
    )
    precision = metrics.precision_score(
        truth, predicted, labels=codes, average=None, zero_division=0
    )
    f1 = metrics.f1_score(truth, predicted, labels=codes, average=None, zero_division=0)
    np.testing.assert_allclose(scores["recall"], recall)
    np.testing.assert_allclose(scores["precision"], precision)
    np.testing.assert_allclose(scores["f1"], f1)
    np.testing.assert_allclose(scores["accuracy"], (truth == predicted).mean())
    # Classes without a true image are left out of the means.
    np.testing.assert_allclose(scores["balanced_accuracy"], recall[present].mean())
    np.testing.assert_allclose(scores["macro_f1"], f1[present].mean())


@settings(max_examples=20, deadline=None)
@given(_predictions())
def test_evaluate_reports_scikit_learns_scores(case):
    truth, probabilities = case
    predicted = probabilities.argmax(axis=1)
    result = evaluate(truth, predicted, NAMES, probabilities)
    recall = metrics.recall_score(
        truth, predicted, labels=np.unique(truth), average="macro", zero_division=0
    )
    assert result["balanced_accuracy"]["value"] == pytest.approx(recall)
    loss = metrics.log_loss(truth, probabilities, labels=range(4))
    assert result["log_loss"] == pytest.approx(loss, rel=1e-6)
    for name in ("balanced_accuracy", "accuracy", "macro_f1"):
        own = result[name]
        assert 0 <= own["low"] <= own["high"] <= 1
    assert result["n"] == len(truth)
    assert sum(c["n"] for c in result["per_class"].values()) == len(truth)
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_balanced_accuracy_equals_scikit_learns():
    random = np.random.default_rng(0)
    truth, predicted = random.integers(0, 4, (2, 500))
    result = evaluate(truth, predicted, NAMES)
    expected = metrics.balanced_accuracy_score(truth, predicted)
    assert result["balanced_accuracy"]["value"] == pytest.approx(expected)


def test_scores_worked_by_hand():
    # 4 of anger: 3 right, 1 taken for happiness. 2 of happiness: both right.
    truth = np.array([0, 0, 0, 0, 1, 1])
    predicted = np.array([0, 0, 0, 1, 1, 1])
    result = evaluate(truth, predicted, NAMES)
    assert result["balanced_accuracy"]["value"] == pytest.approx((0.75 + 1) / 2)
    assert result["accuracy"]["value"] == pytest.approx(5 / 6)
    assert result["per_class"]["anger"]["precision"] == 1
    assert result["per_class"]["happiness"]["precision"] == pytest.approx(2 / 3)
    assert result["per_class"]["happiness"]["f1"] == pytest.approx(0.8)
    assert result["macro_f1"]["value"] == pytest.approx((6 / 7 + 0.8) / 2)
    assert result["per_class"]["neutral"]["recall"] == dict.fromkeys(
        ("value", "low", "high")
    )
    assert result["confusion"][0] == [3, 1, 0, 0]


def test_rows_without_a_label_are_left_out():
    truth = np.array([0, -1, 1, -1])
    predicted = np.array([0, 2, 1, 3])
    groups = np.array([5, 6, 7, 8])
    probabilities = np.eye(4)[predicted]
    result = evaluate(truth, predicted, NAMES, probabilities, groups)
    assert result["n"] == 2
    assert result["accuracy"]["value"] == 1
    assert evaluate([-1, -1], [0, 1], NAMES) == {"n": 0}
    assert evaluate(np.array([], int), np.array([], int), NAMES) == {"n": 0}


def test_log_loss_with_a_uniform_prior_weighs_classes_evenly():
    truth = np.array([0, 0, 0, 1])
    probabilities = np.array([[0.8, 0.2, 0, 0]] * 3 + [[0.5, 0.5, 0, 0]])
    predicted = np.array([0, 0, 0, 1])
    plain = evaluate(truth, predicted, NAMES, probabilities)
    even = evaluate(truth, predicted, NAMES, probabilities, prior="uniform")
    a, b = -np.log(0.8), -np.log(0.5)
    assert plain["log_loss"] == pytest.approx((3 * a + b) / 4)
    assert even["log_loss"] == pytest.approx((a + b) / 2)
    weights = np.array([1, 1, 1, 3])
    assert even["log_loss"] == pytest.approx(
        metrics.log_loss(truth, probabilities[:, :2], sample_weight=weights)
    )


def test_a_probability_of_zero_gives_a_finite_loss():
    result = evaluate(np.array([0]), np.array([1]), NAMES, np.eye(4)[[1]])
    assert result["log_loss"] == pytest.approx(-np.log(1e-15))


def test_calibration_error_worked_by_hand():
    # Ten bins. 0.95, 0.95: one right, gap |0.5 - 0.95|. 0.55: right, gap 0.45.
    # 0.32 and 0.38 share a bin: one right, mean confidence 0.35, gap 0.15.
    confidence = np.array([0.95, 0.95, 0.55, 0.32, 0.38])
    correct = np.array([True, False, True, True, False])
    expected = (2 * 0.45 + 1 * 0.45 + 2 * 0.15) / 5
    error = expected_calibration_error(confidence, correct, bins=10)
    assert error == pytest.approx(expected)
    weights = np.array([1.0, 1, 6, 1, 1])
    weighted = expected_calibration_error(confidence, correct, weights, bins=10)
    assert weighted == pytest.approx((2 * 0.45 + 6 * 0.45 + 2 * 0.15) / 10)
    assert expected_calibration_error(np.ones(3), np.ones(3, bool)) == 0
    assert expected_calibration_error(np.ones(4), np.zeros(4, bool)) == 1


def test_calibrated_predictions_have_a_small_calibration_error():
    random = np.random.default_rng(0)
    confidence = random.uniform(0.2, 1, 20_000)
    correct = random.random(20_000) < confidence
    assert expected_calibration_error(confidence, correct) < 0.02
    assert expected_calibration_error(confidence, correct[::-1]) > 0.15


def _draws(n, right, random):
    truth = random.integers(0, 3, n)
    wrong = (truth + random.integers(1, 3, n)) % 3
    return truth, np.where(random.random(n) < right, truth, wrong)


def test_drawing_cells_equals_drawing_images():
    random = np.random.default_rng(0)
    truth, predicted = _draws(150, 0.7, random)
    fast = bootstrap_confusions(truth, predicted, 3)
    naive = np.empty((2000, 3, 3))
    for repeat in range(2000):
        rows = random.integers(0, 150, 150)
        naive[repeat] = confusion_matrix(truth[rows], predicted[rows], 3)
    assert (fast.sum(axis=(1, 2)) == 150).all()
    np.testing.assert_allclose(fast.mean(axis=0), naive.mean(axis=0), atol=0.5)
    np.testing.assert_allclose(fast.std(axis=0), naive.std(axis=0), rtol=0.08)
    for name in ("balanced_accuracy", "macro_f1"):
        a, b = scores_of_confusion(fast)[name], scores_of_confusion(naive)[name]
        assert a.mean() == pytest.approx(b.mean(), abs=0.004)
        assert a.std() == pytest.approx(b.std(), rel=0.08)


def test_drawing_groups_equals_drawing_groups_one_by_one():
    random = np.random.default_rng(1)
    truth, predicted = _draws(120, 0.7, random)
    groups = random.integers(0, 20, 120)
    fast = bootstrap_confusions(truth, predicted, 3, groups)
    naive = np.empty((2000, 3, 3))
    names = np.unique(groups)
    for repeat in range(2000):
        drawn = random.choice(names, len(names))
        rows = np.concatenate([np.flatnonzero(groups == name) for name in drawn])
        naive[repeat] = confusion_matrix(truth[rows], predicted[rows], 3)
    np.testing.assert_allclose(fast.mean(axis=0), naive.mean(axis=0), atol=1)
    np.testing.assert_allclose(fast.std(axis=0), naive.std(axis=0), rtol=0.1)


def test_groups_of_one_are_the_plain_bootstrap():
    truth, predicted = _draws(200, 0.7, np.random.default_rng(2))
    plain = scores_of_confusion(bootstrap_confusions(truth, predicted, 3))["accuracy"]
    own = bootstrap_confusions(truth, predicted, 3, np.arange(200))
    single = scores_of_confusion(own)["accuracy"]
    assert plain.std() == pytest.approx(single.std(), rel=0.08)


def test_intervals_are_wider_where_images_of_a_person_go_together():
    random = np.random.default_rng(3)
    persons = np.repeat(np.arange(30), 20)
    truth = random.integers(0, 3, 600)
    known = random.random(30) < 0.7  # a person is recognised always or never
    predicted = np.where(known[persons], truth, (truth + 1) % 3)
    plain = evaluate(truth, predicted, NAMES[:3])["accuracy"]
    grouped = evaluate(truth, predicted, NAMES[:3], groups=persons)["accuracy"]
    assert plain["value"] == grouped["value"]
    assert grouped["high"] - grouped["low"] > 3 * (plain["high"] - plain["low"])


def test_the_interval_covers_the_true_value_as_often_as_it_says(monkeypatch):
    monkeypatch.setattr(sys.modules["fer_classic.scores.intervals"], "REPEATS", 400)
    random = np.random.default_rng(4)
    covered = 0
    for _ in range(300):
        truth, predicted = _draws(150, 0.7, random)
        own = evaluate(truth, predicted, NAMES[:3])["balanced_accuracy"]
        covered += own["low"] <= 0.7 <= own["high"]
    assert 0.90 <= covered / 300 <= 0.985


def test_the_same_seed_gives_the_same_interval():
    truth, predicted = _draws(90, 0.7, np.random.default_rng(5))
    assert evaluate(truth, predicted, NAMES) == evaluate(truth, predicted, NAMES)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), folds=st.integers(2, 6), persons=st.integers(10, 60))
def test_folds_never_part_a_group_and_hold_each_row_once(seed, folds, persons):
    random = np.random.default_rng(seed)
    codes = random.integers(0, 3, 200)
    groups = random.integers(0, persons, 200)
    made = grouped_folds(codes, groups, folds, seed)
    assert sorted(np.concatenate([test for _, test in made])) == list(range(200))
    for train, test in made:
        assert not set(groups[train]) & set(groups[test])
        assert sorted([*train, *test]) == list(range(200))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), folds=st.integers(2, 6))
def test_folds_are_stratified(seed, folds):
    random = np.random.default_rng(seed)
    codes = random.permutation(np.repeat([0, 1, 2], [12, 60, 31]))
    for _, test in grouped_folds(codes, None, folds, seed):
        counts = np.bincount(codes[test], minlength=3)
        assert (np.abs(counts - np.array([12, 60, 31]) / folds) < 1).all()


def test_grouped_folds_are_stratified_as_far_as_groups_allow():
    codes = np.tile([0, 0, 1, 2], 50)  # a group is one of each four rows
    groups = np.repeat(np.arange(50), 4)
    for _, test in grouped_folds(codes, groups, 5):
        assert np.bincount(codes[test]).tolist() == [20, 10, 10]


class _Recorder(ClassifierMixin, BaseEstimator):
    """Remembers what it was fitted to; its probabilities name the rows it predicts."""

    seen = []  # noqa: RUF012 - shared on purpose: cross_validate clones

    def fit(self, X, y, groups=None, X_mirror=None):
        self.classes_ = np.unique(y)
        _Recorder.seen.append((X[:, 0], y, groups, X_mirror))
        return self

    def predict_proba(self, X):
        out = np.zeros((len(X), len(self.classes_)))
        out[:, 0] = X[:, 0]
        return out


def test_every_row_is_predicted_once_by_a_model_that_did_not_see_it():
    _Recorder.seen.clear()
    random = np.random.default_rng(0)
    rows = np.arange(1.0, 91.0)
    y = np.repeat(["a", "b", "c"], 30)
    groups = random.integers(0, 25, 90)
    out, fold = cross_validate(
        _Recorder(), rows[:, None], y, groups, n_folds=4, X_mirror=-rows[:, None]
    )
    assert np.array_equal(out[:, 0], rows)
    assert set(fold) == set(range(4))
    for number, (seen, labels, within, mirror) in enumerate(_Recorder.seen):
        own = rows[fold == number]
        assert not set(own) & set(seen)
        assert len(seen) == 90 - len(own)
        index = (seen - 1).astype(int)
        assert np.array_equal(labels, y[index])
        assert np.array_equal(within, groups[index])
        assert np.array_equal(mirror[:, 0], -seen)


def test_a_class_that_a_fold_never_saw_gets_probability_zero():
    _Recorder.seen.clear()
    y = np.repeat(["a", "b", "c"], 12)
    groups = np.arange(36)
    groups[:12] = 99  # all of "a" is one group
    out, fold = cross_validate(_Recorder(), np.ones((36, 1)), y, groups, n_folds=3)
    without = fold == fold[0]
    assert (out[without, 0] == 0).all() and (out[without, 1] == 1).all()
    assert (out[~without, 0] == 1).all()


def test_a_class_smaller_than_the_folds_is_named():
    with pytest.raises(ValueError) as error:
        cross_validate(_Recorder(), np.ones((9, 1)), np.array(["x"] * 7 + ["y"] * 2))
    assert str(error.value) == (
        "Class 'y' has 2 training image(s), too few for 5 folds. "
        "Add images or lower the folds."
    )


def test_fewer_groups_than_folds_are_named():
    y = np.repeat(["a", "b"], 20)
    with pytest.raises(ValueError) as error:
        cross_validate(_Recorder(), np.ones((40, 1)), y, np.arange(40) % 3, n_folds=5)
    assert str(error.value) == (
        "The training images form 3 group(s), too few for 5 folds. "
        "Add images of other groups or lower the folds."
    )
