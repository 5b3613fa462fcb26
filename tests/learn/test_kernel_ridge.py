"""Kernel ridge regression with out-of-fold scores from one solve."""

import numpy as np
import pytest

from fer_classic.learn.balance import balanced_weights
from fer_classic.learn.conjugate_gradients import solve
from fer_classic.learn.kernel_blocks import KernelBlocks, gaussian_kernel
from fer_classic.learn.kernel_ridge import KernelRidgeScores
from fer_classic.scores.folds import grouped_folds


@pytest.fixture
def rows():
    random = np.random.default_rng(0)
    X = random.normal(size=(150, 4)).astype(np.float32)
    y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.8)
    return X, y


@pytest.fixture
def to_the_end(monkeypatch):
    monkeypatch.setattr("fer_classic.learn.conjugate_gradients.TOLERANCE", 1e-6)
    monkeypatch.setattr("fer_classic.learn.conjugate_gradients.STEPS", 500)


def direct(model, rows, y, kept):
    """Coefficients by a plain solve, for the rows kept."""
    support = (model.support_ * model.step_)[kept].astype(float)
    square = ((support[:, None] - support[None]) ** 2).sum(axis=2)
    targets = np.full((len(kept), y.max() + 1), -1 / y.max())
    targets[np.arange(len(kept)), y[kept]] = 1
    weights = balanced_weights(y)[kept]
    kernel = np.exp(-model.gamma * square)
    solved = np.linalg.solve(kernel + model.ridge * np.diag(1 / weights), targets)
    return solved * nearer(model, rows)


def nearer(model, rows):
    """How much nearer to rounded rows a row is that is not rounded, as a kernel value."""
    rounded = model.support_ * model.step_
    squares = [(own**2).sum(axis=1).mean() for own in (rows, rounded)]
    return np.exp(model.gamma * (squares[0] - squares[1]))


def test_coefficients_equal_those_of_a_direct_solve(rows, to_the_end):
    X, y = rows
    model = KernelRidgeScores(gamma=0.3).fit(X, y)
    expected = direct(model, X, y, np.arange(len(y)))
    np.testing.assert_allclose(model.coefficients_, expected, atol=3e-4)


def test_out_of_fold_scores_equal_those_of_models_without_the_fold(rows, to_the_end):
    X, y = rows
    groups = np.arange(len(y)) // 2
    model = KernelRidgeScores(gamma=0.3, folds=4, random_state=3).fit(X, y, groups)
    for train, held in grouped_folds(y, groups, 4, 3):
        coefficients = direct(model, X, y, train)
        support = model.support_ * model.step_
        kernel = gaussian_kernel(X[held], support[train], model.gamma)
        np.testing.assert_allclose(
            model.out_of_fold_[held], kernel @ coefficients, atol=1e-4
        )


def test_out_of_fold_scores_do_not_know_the_labels(rows):
    X, _ = rows
    random = np.random.default_rng(1)
    noise = random.integers(0, 2, len(X))
    model = KernelRidgeScores(gamma=0.5).fit(X, noise)
    assert np.mean(model.transform(X).argmax(axis=1) == noise) > 0.8
    assert np.mean(model.out_of_fold_.argmax(axis=1) == noise) < 0.64


def test_small_classes_count_as_much_as_large_ones(rows):
    X, _ = rows
    y = (X[:, 0] > 1.2).astype(int)  # about one row in ten
    found = KernelRidgeScores(gamma=0.1).fit(X, y).transform(X).argmax(axis=1)
    assert np.mean(found[y == 1]) > 0.9


def test_a_class_of_two_rows_is_enough(rows):
    X, _ = rows
    y = np.zeros(len(X), dtype=int)
    y[:2] = 1
    model = KernelRidgeScores(gamma=0.1).fit(X, y)
    assert np.isfinite(model.out_of_fold_).all()


@pytest.mark.parametrize("columns", [4, 3, 2])
def test_batches_do_not_change_scores(rows, monkeypatch, columns):
    X, y = rows
    X = X[:, :columns].copy()
    model = KernelRidgeScores().fit(X, y)
    whole = model.transform(X)
    one_by_one = np.concatenate([model.transform(X[i : i + 1]) for i in range(len(X))])
    np.testing.assert_allclose(one_by_one, whole, atol=1e-5)
    monkeypatch.setattr("fer_classic.learn.kernel_ridge.BATCH", 17)
    np.testing.assert_allclose(model.transform(X), whole, atol=1e-5)


def test_the_kernel_is_that_of_the_formula(rows):
    X, _ = rows
    square = ((X[:, None] - X[None]) ** 2).sum(axis=2)
    np.testing.assert_allclose(gaussian_kernel(X, X, 0.4), np.exp(-0.4 * square), rtol=1e-4)


def test_rows_that_take_no_part_get_no_coefficient(rows):
    X, _ = rows
    left_out = np.where(np.arange(len(X)) % 3, -1, 0)
    solved = solve(
        KernelBlocks(X, 1.0), np.ones((len(X), 1), "f4"), left_out, np.ones(len(X)), 2, 0.1
    )
    assert solved.shape == (2, 1, len(X))
    assert not solved[0, 0, ::3].any() and solved[0, 0, 1::3].any()
    assert solved[1].all()


def test_a_preconditioner_of_low_rank_changes_nothing(rows, to_the_end, monkeypatch):
    X, y = rows
    whole = KernelRidgeScores(gamma=0.3).fit(X, y)
    monkeypatch.setattr("fer_classic.learn.conjugate_gradients.RANK", 5)
    low = KernelRidgeScores(gamma=0.3).fit(X, y)
    np.testing.assert_allclose(low.coefficients_, whole.coefficients_, atol=3e-4)


def test_one_hot_targets_change_nothing(rows):
    X, y = rows
    plain = KernelRidgeScores(gamma=0.3).fit(X, y)
    same = KernelRidgeScores(gamma=0.3).fit(
        X, y, targets=np.eye(3)[y], sample_weight=np.ones(len(y))
    )
    np.testing.assert_array_equal(same.coefficients_, plain.coefficients_)
    np.testing.assert_array_equal(same.out_of_fold_, plain.out_of_fold_)


def test_shares_of_classes_equal_a_direct_solve(rows, to_the_end):
    X, y = rows
    shares = np.random.default_rng(3).dirichlet(np.ones(3), len(y))
    model = KernelRidgeScores(gamma=0.3, folds=1).fit(X, y, targets=shares)
    support = model.support_ * model.step_
    balanced = shares * (len(y) / 3 / shares.sum(axis=0))
    weights = balanced.sum(axis=1)
    shares = balanced / weights[:, None]
    system = gaussian_kernel(support, support, 0.3) + 0.3 * np.diag(1 / weights)
    expected = np.linalg.solve(system, shares * 1.5 - 0.5) * nearer(model, X)
    np.testing.assert_allclose(model.coefficients_, expected, atol=3e-4)


def test_a_weight_of_two_is_a_row_given_twice(rows, to_the_end):
    X, y = rows
    weights = np.where(np.arange(len(y)) < 40, 2.0, 1.0)
    weighted = KernelRidgeScores(gamma=0.3, folds=1).fit(X, y, sample_weight=weights)
    twice = np.concatenate([np.arange(len(y)), np.arange(40)])
    repeated = KernelRidgeScores(gamma=0.3, folds=1).fit(X[twice], y[twice])
    np.testing.assert_allclose(weighted.transform(X), repeated.transform(X), atol=2e-3)


def test_a_row_of_two_classes_is_two_rows_of_one(rows, to_the_end):
    X, y = rows
    shares = np.eye(3)[y]
    shares[:30] = (0.7, 0.2, 0.1)
    given = {"gamma": 0.3, "folds": 1, "ridge": 0.3}
    one = KernelRidgeScores(**given).fit(X, y, targets=shares)
    again, codes = np.nonzero(shares)
    many = KernelRidgeScores(**given)
    many.fit(X[again], codes, sample_weight=shares[again, codes])
    np.testing.assert_allclose(one.transform(X), many.transform(X), atol=5e-3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"targets": np.ones((150, 2)) / 2}, r"targets have shape \(150, 2\)"),
        ({"targets": np.ones((150, 3))}, r"Row 0 of targets is \[1.0, 1.0, 1.0\]"),
        ({"targets": np.full((150, 3), np.nan)}, "Row 0 of targets"),
        ({"sample_weight": -np.ones(150)}, "Got shape .150,., least -1.0"),
        ({"sample_weight": np.ones(3)}, "sample_weight must be 150"),
        ({"targets": np.eye(4)[np.zeros(150, int)]}, "Class 1 has no weight"),
    ],
)
def test_impossible_targets_and_weights_are_named(rows, change, message):
    X, y = rows
    with pytest.raises(ValueError, match=message):
        KernelRidgeScores().fit(X, y, **change)


def test_rows_in_several_systems_score_alike(rows, monkeypatch):
    X, y = rows
    groups = np.arange(len(y)) // 3
    whole = KernelRidgeScores(gamma=0.3, folds=3).fit(X, y, groups)
    monkeypatch.setattr("fer_classic.learn.kernel_ridge.MOST_ROWS", 60)
    parted = KernelRidgeScores(gamma=0.3, folds=3).fit(X, y, groups)
    for name in ("coefficients_", "out_of_fold_"):
        assert getattr(parted, name).shape == getattr(whole, name).shape
    own = [model.out_of_fold_.argmax(axis=1) == y for model in (whole, parted)]
    assert own[1].mean() > own[0].mean() - 0.05 > 0.75
    labels = [model.transform(X).argmax(axis=1) for model in (whole, parted)]
    assert np.mean(labels[0] == labels[1]) > 0.9


def test_out_of_fold_scores_of_several_systems_do_not_know_the_labels(rows, monkeypatch):
    X, _ = rows
    noise = np.random.default_rng(1).integers(0, 2, len(X) // 2).repeat(2)
    twice = X[::2].repeat(2, axis=0)  # copies, which may lie in different systems
    monkeypatch.setattr("fer_classic.learn.kernel_ridge.MOST_ROWS", 60)
    model = KernelRidgeScores(gamma=2.0).fit(twice, noise, np.arange(len(X) // 2).repeat(2))
    assert np.mean(model.transform(twice).argmax(axis=1) == noise) > 0.8
    assert np.mean(model.out_of_fold_.argmax(axis=1) == noise) < 0.65


def test_products_of_blocks_are_those_of_the_whole_kernel(monkeypatch):
    random = np.random.default_rng(0)
    X = random.integers(-20, 20, (2300, 7)).astype(np.float32)
    monkeypatch.setattr("fer_classic.learn.kernel_blocks.FAR", 13)
    blocks = KernelBlocks(X, 1e-3)
    lines = random.normal(size=(3, 2300)).astype(np.float32)
    whole = gaussian_kernel(X, X.copy(), 1e-3)
    np.testing.assert_allclose(blocks.times(lines), lines @ whole, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(
        blocks.columns(np.array([3, 50])), whole[:, [3, 50]], rtol=1e-5
    )
    np.testing.assert_allclose(
        blocks.seen_from(X[:31], lines), lines @ whole[:, :31], rtol=1e-4, atol=1e-3
    )
