"""Paired statistics, against statsmodels, scikit-learn, and one image at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_classic.scores.intervals import REPEATS, bootstrap_counts, with_interval
from fer_classic.scores.metrics import confusion_matrix, scores_of_confusion
from fer_classic.scores.paired import (
    agreement,
    cohen_kappa,
    holm,
    mcnemar,
    oracle,
    paired_difference,
)


def made(n=300, right_a=0.8, right_b=0.7, classes=5, seed=0):
    """Truth and two predictions, with some images unanswered."""
    random = np.random.default_rng(seed)
    truth = random.choice(classes, n, p=np.arange(1, classes + 1) / 15)

    def answers(right):
        wrong = (truth + random.integers(1, classes, n)) % classes
        given = np.where(random.random(n) < right, truth, wrong)
        return np.where(random.random(n) < 0.03, -1, given)

    return truth, answers(right_a), answers(right_b)


def balanced(truth, predicted, classes):
    """Mean recall of the classes that occur, one class at a time."""
    present = [c for c in range(classes) if (truth == c).any()]
    return np.mean([(predicted[truth == c] == c).mean() for c in present])


def test_the_value_is_the_difference_of_the_two_scores():
    truth, a, b = made()
    found = paired_difference(truth, a, b, 5)
    assert found["value"] == pytest.approx(balanced(truth, a, 5) - balanced(truth, b, 5))
    assert found["low"] < found["value"] < found["high"]
    assert 2 / (REPEATS + 1) <= found["p"] < 0.05


def test_drawing_cells_equals_drawing_images():
    truth, a, b = made(200)
    found = paired_difference(truth, a, b, 5)
    random = np.random.default_rng(1)
    naive = []
    for _ in range(2000):
        rows = random.integers(0, 200, 200)
        naive.append(balanced(truth[rows], a[rows], 5) - balanced(truth[rows], b[rows], 5))
    low, high = np.percentile(naive, [2.5, 97.5])
    assert found["low"] == pytest.approx(low, abs=0.01)
    assert found["high"] == pytest.approx(high, abs=0.01)


def test_drawing_groups_equals_drawing_groups_one_by_one():
    random = np.random.default_rng(2)
    truth, a, b = made(200)
    groups = random.integers(0, 25, 200)
    found = paired_difference(truth, a, b, 5, [f"person {g}" for g in groups])
    naive = []
    for _ in range(2000):
        drawn = random.choice(25, 25)
        rows = np.concatenate([np.flatnonzero(groups == g) for g in drawn])
        naive.append(balanced(truth[rows], a[rows], 5) - balanced(truth[rows], b[rows], 5))
    low, high = np.percentile(naive, [2.5, 97.5])
    assert found["low"] == pytest.approx(low, abs=0.012)
    assert found["high"] == pytest.approx(high, abs=0.012)


def test_a_pairing_is_sharper_than_two_intervals():
    """Two predictions that differ on few images: their common mistakes cancel."""
    truth, a, _ = made(400, right_a=0.6)
    b = np.where((np.arange(400) % 20 == 0) & (a == truth), (truth + 1) % 5, a)
    found = paired_difference(truth, a, b, 5)
    counts = bootstrap_counts(truth * 5 + np.maximum(a, 0), 25)
    alone = scores_of_confusion(counts.reshape(-1, 5, 5))["balanced_accuracy"]
    assert found["p"] < 0.01
    assert found["high"] - found["low"] < np.ptp(np.percentile(alone, [2.5, 97.5])) / 2


def test_equal_predictions_differ_by_nothing():
    truth, a, _ = made()
    same = paired_difference(truth, a, a, 5)
    assert same == {"value": 0.0, "low": 0.0, "high": 0.0, "p": 1.0}


def test_the_least_p_value_is_never_0():
    truth = np.arange(500) % 5
    found = paired_difference(truth, truth, (truth + 1) % 5, 5)
    assert found == {"value": 1.0, "low": 1.0, "high": 1.0, "p": 2 / (REPEATS + 1)}


def test_turning_the_pair_around_turns_the_sign():
    truth, a, b = made(seed=4)
    there, back = paired_difference(truth, a, b, 5), paired_difference(truth, b, a, 5)
    assert back["value"] == pytest.approx(-there["value"])
    assert back["low"] == pytest.approx(-there["high"], abs=0.01)


def test_p_values_of_equal_models_are_about_even():
    """Under the null hypothesis few p-values are below 0.05, and not none."""
    p = [paired_difference(*made(200, 0.7, 0.7, seed=seed), 5)["p"] for seed in range(200)]
    assert 0.01 <= np.mean(np.array(p) < 0.05) <= 0.11


def test_rows_without_a_truth_are_left_out():
    truth, a, b = made()
    hidden = np.where(np.arange(300) % 3 == 0, -1, truth)
    rows = hidden >= 0
    groups = np.arange(300) // 2
    assert paired_difference(hidden, a, b, 5, groups) == paired_difference(
        truth[rows], a[rows], b[rows], 5, groups[rows]
    )
    assert oracle(hidden, a, b, 5) == oracle(truth[rows], a[rows], b[rows], 5)
    with pytest.raises(ValueError, match="No row has a true class, so nothing can be"):
        paired_difference(np.full(300, -1), a, b, 5)


def test_a_class_without_images_does_not_count():
    truth, a, b = made(classes=5)
    found = paired_difference(truth, a, b, 7)
    assert found["value"] == pytest.approx(balanced(truth, a, 5) - balanced(truth, b, 5))


@pytest.mark.parametrize("only_a", [0, 1, 5, 12, 13, 24, 25, 40, 300])
@pytest.mark.parametrize("only_b", [0, 1, 5, 12, 13, 24, 25, 40, 300])
def test_mcnemar_equals_statsmodels(only_a, only_b):
    from statsmodels.stats.contingency_tables import mcnemar as reference

    right_a = np.repeat([True, False, True, False], [only_a, only_b, 30, 7])
    right_b = np.repeat([False, True, True, False], [only_a, only_b, 30, 7])
    found = mcnemar(right_a, right_b)
    exact = only_a + only_b < 25
    table = [[30, only_a], [only_b, 7]]
    expected = reference(table, exact=exact, correction=True).pvalue
    assert found["p"] == pytest.approx(expected, rel=1e-9)
    assert (found["only_a"], found["only_b"]) == (only_a, only_b)
    assert found["method"] == ("exact" if exact else "chi-square")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_equals_statsmodels(p_values):
    from statsmodels.stats.multitest import multipletests

    expected = multipletests(p_values, method="holm")[1]
    np.testing.assert_allclose(holm(p_values), expected, rtol=1e-12, atol=1e-300)


def test_holm_by_hand_and_with_tests_that_were_not_made():
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06])
    found = holm([0.01, np.nan, 0.04, 0.03])
    np.testing.assert_allclose(found, [0.03, np.nan, 0.06, 0.06])
    assert holm([]).shape == (0,)


def test_agreement_and_kappa_equal_scikit_learn():
    from sklearn.metrics import accuracy_score, cohen_kappa_score

    for seed in range(5):
        _, a, b = made(seed=seed)
        assert agreement(a, b) == pytest.approx(accuracy_score(a, b))
        assert cohen_kappa(a, b) == pytest.approx(cohen_kappa_score(a, b))
    assert np.isnan(cohen_kappa(np.zeros(9, int), np.zeros(9, int)))
    assert cohen_kappa(np.full(9, -1), np.arange(9)) == 0


def test_oracle_by_hand():
    truth = np.array([0, 0, 0, 1])
    a, b = np.array([0, 1, 1, -1]), np.array([1, 0, 1, 0])
    assert oracle(truth, a, b, 3) == (0.5, pytest.approx(1 / 3))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(5, 60))
def test_the_oracle_is_at_least_as_good_as_both(seed, n):
    truth, a, b = made(n, seed=seed)
    plain, even = oracle(truth, a, b, 5)
    assert plain >= max((a == truth).mean(), (b == truth).mean())
    assert even >= max(balanced(truth, a, 5), balanced(truth, b, 5)) - 1e-12
    assert plain <= 1 and even <= 1 + 1e-12


def test_counts_of_samples_are_those_of_the_confusion_matrix():
    """The bytes that the committed scores stand on."""
    truth, a, _ = made(50, seed=3)
    a = np.maximum(a, 0)
    counts = bootstrap_counts(truth * 5 + a, 25)
    random = np.random.default_rng(0)
    shares = confusion_matrix(truth, a, 5).ravel() / 50
    np.testing.assert_array_equal(counts, random.multinomial(50, shares, size=REPEATS))


def test_an_interval_leaves_out_what_has_no_value():
    sample = np.array([0.1, np.nan, 0.3])
    found = with_interval(0.2, sample)
    assert found == {
        "value": 0.2,
        "low": pytest.approx(0.105),
        "high": pytest.approx(0.295),
    }
    assert with_interval(np.nan, sample) == {"value": None, "low": None, "high": None}
