"""Balancing: class counts, where new rows lie, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_classic.errors import UsageError
from fer_classic.learn.balance import METHODS, balanced_weights, check_neighbors, resample

SMOTE_FAMILY = ("smote", "borderline_smote", "adasyn", "smote_enn")
COUNTS = {"anger": 15, "happiness": 60, "neutral": 33}


def _uneven(counts=None, spread=1.0, columns=6, seed=0):
    """Overlapping clouds of uneven size, one a class."""
    counts = counts or COUNTS
    random = np.random.default_rng(seed)
    y = np.repeat(list(counts), list(counts.values()))
    centres = {name: random.normal(0, 1, columns) for name in counts}
    X = np.stack([centres[name] for name in y]) + random.normal(
        0, spread, (len(y), columns)
    )
    order = random.permutation(len(y))
    return X[order].astype(np.float32), y[order]


def _counts(y):
    return dict(zip(*np.unique(y, return_counts=True), strict=True))


@pytest.mark.parametrize(
    "method, expected",
    [
        ("none", COUNTS),
        ("class_weight", COUNTS),
        ("smote", dict.fromkeys(COUNTS, 60)),
        ("borderline_smote", dict.fromkeys(COUNTS, 60)),
        ("random_over", dict.fromkeys(COUNTS, 60)),
        ("random_under", dict.fromkeys(COUNTS, 15)),
        ("mirror", {"anger": 30, "happiness": 60, "neutral": 60}),
    ],
)
def test_counts_afterwards(method, expected):
    X, y = _uneven()
    rows, labels, weights = resample(X, y, method, X_mirror=-X)
    assert _counts(labels) == expected
    assert len(rows) == len(labels) == len(weights)
    assert weights.mean() == pytest.approx(1)
    assert (np.ptp(weights) > 0) == (method == "class_weight")


def test_adasyn_comes_near_even_counts():
    X, y = _uneven()
    counts = _counts(resample(X, y, "adasyn")[1])
    assert counts["happiness"] == 60
    assert abs(counts["anger"] - 60) <= 10 and abs(counts["neutral"] - 60) <= 10


def test_adasyn_adds_more_rows_where_other_classes_are_near():
    # Two clumps of the small class: one amid the large class, one far away.
    random = np.random.default_rng(0)
    large, amid = random.normal(0, 1, (80, 2)), random.normal(0, 1, (10, 2))
    far = random.normal(0, 0.1, (10, 2)) + 8
    X = np.concatenate([large, amid, far]).astype(np.float32)
    y = np.repeat(["large", "small"], [80, 20])
    rows, labels, _ = resample(X, y, "adasyn")
    added = rows[100:]
    assert set(labels[100:]) == {"small"}
    assert (added[:, 0] < 4).mean() > 0.95
    assert (resample(X, y, "smote")[0][100:, 0] < 4).mean() < 0.7


@pytest.mark.parametrize("method", METHODS)
def test_even_classes_stay(method):
    X, y = _uneven({"a": 20, "b": 20}, spread=0.1)
    rows, labels, _ = resample(X, y, method, X_mirror=-X)
    assert _counts(labels) == {"a": 20, "b": 20}
    order, own = np.lexsort(rows.T), np.lexsort(X.T)
    assert np.array_equal(rows[order], X[own])


def test_adasyn_balances_a_small_class_beside_one_that_needs_no_row():
    # "b" lacks a single row, which rounds to none; that must not stop "c".
    X, y = _uneven({"a": 60, "b": 59, "c": 12}, spread=1.5)
    counts = _counts(resample(X, y, "adasyn")[1])
    assert counts["b"] in (59, 60)
    assert 50 <= counts["c"] <= 70


def test_adasyn_gives_even_rows_to_a_class_that_no_other_touches():
    random = np.random.default_rng(0)
    X = np.concatenate([random.normal(0, 0.1, (30, 3)), random.normal(50, 0.1, (9, 3))])
    y = np.repeat([3, 7], [30, 9])
    rows, labels, _ = resample(X.astype(np.float32), y, "adasyn")
    assert _counts(labels) == {3: 30, 7: 30}
    assert (rows[39:] > 40).all()


@pytest.mark.parametrize("method", SMOTE_FAMILY)
def test_new_rows_lie_between_two_rows_of_their_class(method):
    X, y = _uneven()
    rows, labels, _ = resample(X, y, method)
    known = {row.tobytes() for row in X}
    new = [i for i, row in enumerate(rows) if row.tobytes() not in known]
    assert len(new) > 20
    for i in new[::5]:
        own = X[y == labels[i]].astype(np.float64)
        # Distance of the new row from each segment between two rows of its class.
        a, b = own[:, None], own[None, :]
        along = b - a
        length = np.maximum((along**2).sum(-1), 1e-12)
        share = np.clip(((rows[i] - a) * along).sum(-1) / length, 0, 1)
        gap = np.linalg.norm(a + share[..., None] * along - rows[i], axis=-1)
        assert gap.min() < 1e-5


def test_neighbours_are_sought_among_standardised_columns():
    # The small class is two clumps, told apart by column 0. Column 1 is noise a million
    # times larger: unscaled, it alone would choose the neighbours, across the clumps.
    random = np.random.default_rng(0)
    side = np.repeat([-1.0, 1.0], 20)
    small = np.stack([side, random.normal(0, 1e6, 40)], axis=1)
    large = np.stack([random.normal(0, 1, 200), random.normal(0, 1e6, 200)], axis=1)
    small[:, 1] *= 0.1
    X = np.concatenate([small, large]).astype(np.float32)
    y = np.repeat(["small", "large"], [40, 200])
    added = resample(X, y, "smote", n_neighbors=3)[0][240:]
    assert len(added) == 160
    assert np.abs(added[:, 0]).min() > 0.999


def test_many_columns_are_searched_by_principal_components():
    # 200 columns, of which 60 repeat the clump and 140 are noise.
    random = np.random.default_rng(0)
    side = np.repeat([-1.0, 1.0], [50, 50])
    X = random.normal(0, 1, (400, 200))
    X[:100, :60] = side[:, None] * 3 + random.normal(0, 0.3, (100, 60))
    y = np.repeat(["small", "large"], [100, 300])
    added = resample(X.astype(np.float32), y, "smote")[0][400:]
    assert np.abs(added[:, :60].mean(axis=1)).min() > 2.5


def test_smote_enn_removes_rows_that_their_neighbours_contradict():
    # Sixty rows a class, well apart, but two rows of each stand amid the other.
    random = np.random.default_rng(0)
    X = random.normal(0, 0.3, (120, 2)) + np.repeat([0, 10], 60)[:, None]
    y = np.repeat(["left", "right"], 60)
    y[[0, 1, 60, 61]] = y[[60, 61, 0, 1]]
    rows, labels, _ = resample(X.astype(np.float32), y, "smote_enn")
    assert _counts(labels) == {"left": 58, "right": 58}
    assert ((rows[:, 0] > 5) == (labels == "right")).all()


@pytest.mark.parametrize("labels", [("a", "b", "c"), (4, 7, 9)])
@pytest.mark.parametrize("method", METHODS)
def test_labels_and_types_stay(method, labels):
    X, y = _uneven(dict(zip(labels, (12, 30, 20), strict=True)))
    rows, own, weights = resample(X, y, method, X_mirror=-X)
    assert rows.dtype == np.float32
    assert own.dtype == y.dtype
    assert set(own.tolist()) == set(labels)
    assert weights.dtype == np.float64


@pytest.mark.parametrize("method", METHODS)
def test_a_seed_decides_the_rows(method):
    X, y = _uneven()
    before = X.copy()
    first = resample(X, y, method, random_state=5, X_mirror=-X)
    again = resample(X, y, method, random_state=5, X_mirror=-X)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert np.array_equal(X, before)
    other = resample(X, y, method, random_state=6, X_mirror=-X)
    drawn = method not in ("none", "class_weight")
    same = first[0].shape == other[0].shape and np.array_equal(first[0], other[0])
    assert same != drawn


def test_mirror_copies_each_image_at_most_once():
    X, y = _uneven()
    rows, labels, _ = resample(X, y, "mirror", X_mirror=X + 1000)
    copies, own = rows[len(X) :] - 1000, labels[len(X) :]
    index = [int(np.abs(X - copy).sum(axis=1).argmin()) for copy in copies]
    assert len(set(index)) == len(index) == 15 + 27
    assert np.array_equal(y[index], own)
    np.testing.assert_allclose(X[index], copies, atol=1e-3)


def test_weights_worked_by_hand():
    weights = balanced_weights(np.array(["b", "a", "a", "a"]))
    np.testing.assert_allclose(weights, [2, 2 / 3, 2 / 3, 2 / 3])


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60))
def test_weights_give_each_class_an_equal_total(y):
    y = np.array(y)
    weights = balanced_weights(y)
    totals = [weights[y == name].sum() for name in np.unique(y)]
    np.testing.assert_allclose(totals, len(y) / len(totals))


@pytest.mark.parametrize("method", SMOTE_FAMILY)
@pytest.mark.parametrize(
    "count, text",
    [
        (
            3,
            "Class 'anger' has 3 training images, but balance='{}' with n_neighbors=5 "
            "needs at least 6. Add images of this class, lower n_neighbors to 2, or "
            "choose balance='class_weight'.",
        ),
        (
            1,
            "Class 'anger' has 1 training image, but balance='{}' with n_neighbors=5 "
            "needs at least 6. Add images of this class, or choose "
            "balance='class_weight'.",
        ),
    ],
)
def test_a_class_too_small_for_its_neighbours_is_named(method, count, text):
    X, y = _uneven({"anger": count, "happiness": 20})
    with pytest.raises(ValueError) as error:
        resample(X, y, method)
    assert str(error.value) == text.format(method)


@pytest.mark.parametrize("method", SMOTE_FAMILY)
def test_a_class_just_large_enough_is_balanced(method):
    X, y = _uneven({"anger": 6, "happiness": 30}, spread=0.2)
    assert _counts(resample(X, y, method)[1])["anger"] > 20


def test_methods_without_neighbours_take_any_class():
    for method in set(METHODS) - set(SMOTE_FAMILY):
        check_neighbors(np.array(["a", "b", "b"]), method, 5)


def test_a_class_that_cleaning_would_empty_is_named():
    # Clumps of two rows of each class: of a row's three neighbours, two contradict it.
    X = np.arange(6).repeat(4) * 100.0 + np.tile([0, 1, 2, 3], 6)
    y = np.tile(["a", "b", "a", "b"], 6)
    with pytest.raises(ValueError) as error:
        resample(X[:, None].astype(np.float32), y, "smote_enn")
    assert str(error.value) == (
        "balance='smote_enn' removed every image of class 'a'. "
        "Choose balance='smote' or 'class_weight'."
    )


def test_mirror_without_mirrored_rows_says_so():
    X, y = _uneven()
    with pytest.raises(ValueError) as error:
        resample(X, y, "mirror")
    assert str(error.value) == (
        "balance='mirror' needs X_mirror, the features of the mirrored images. "
        "Pass X_mirror to fit, or choose another balance."
    )


def test_an_unknown_method_is_named():
    X, y = _uneven()
    with pytest.raises(UsageError, match=r"balance must be one of \{none, class_weight"):
        resample(X, y, "SMOTE")


@settings(max_examples=40, deadline=None)
@given(
    counts=st.lists(st.integers(7, 30), min_size=2, max_size=4),
    seed=st.integers(0, 10**6),
    method=st.sampled_from([m for m in METHODS if m != "smote_enn"]),
)
def test_rows_stay_one_an_image_and_new_ones_lie_within_their_class(counts, seed, method):
    """Of any classes: what was there stays once, but where a method is to remove rows."""
    counts = {f"class {i}": count for i, count in enumerate(counts)}
    X, y = _uneven(counts, columns=3, seed=seed)
    try:
        rows, labels, weights = resample(X, y, method, random_state=seed, X_mirror=-X)
    except UsageError as error:  # so small a set may have no neighbours of its own class
        assert method in SMOTE_FAMILY and "balance" in str(error)
        return
    assert rows.shape[1:] == X.shape[1:] and len(rows) == len(labels) == len(weights)
    if method == "random_under":
        kept = {tuple(row) for row in X}
        assert len({tuple(row) for row in rows}) == len(rows)
        assert all(tuple(row) in kept for row in rows)
        return
    np.testing.assert_array_equal(rows[: len(X)], X)
    np.testing.assert_array_equal(labels[: len(y)], y)
    for row, label in zip(rows[len(X) :], labels[len(y) :], strict=True):
        own = -X[y == label] if method == "mirror" else X[y == label]
        assert (row >= own.min(axis=0) - 1e-4).all()
        assert (row <= own.max(axis=0) + 1e-4).all()
