"""Class scores by kernel ridge regression; grouped out-of-fold scores by the same solve."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from fer_classic.learn.embedding import rounded
from fer_classic.scores.folds import grouped_folds

#: Steps of the solver at most, the residual over the right side that ends it, and the
#: rank of its preconditioner.
STEPS, TOLERANCE, RANK = 200, 0.01, 1000
#: Rows whose kernel values are held at a time when predicting.
BATCH = 1024


class KernelRidgeScores(BaseEstimator):
    """Scores of every class from a Gaussian kernel, by class-balanced ridge regression.

    Solves ``(K + ridge * diag(1 / weight)) a = T`` with the weights of balanced classes
    and one column of ``T`` for each class (Saunders et al., ICML 1998). The models that
    leave out each fold in turn are solved together with the whole one by the same
    conjugate gradients, since a held-out row is merely a row forced to 0; one pass over
    the kernel serves them all. What a model above this one learns from are the scores of
    models that have not seen the row, nor any row of its group.

    Parameters
    ----------
    gamma : float
        Of ``exp(-gamma * squared distance)``.
    ridge : float
    folds : int
        Parts of the out-of-fold scores.
    random_state : int

    Attributes
    ----------
    support_ : ndarray of int8, shape (n, d)
    step_ : ndarray of float32, shape (d,)
        The training rows are ``support_ * step_``: rounded before anything is solved.
    coefficients_ : ndarray of float32, shape (n, n_classes)
    out_of_fold_ : ndarray of float32, shape (n, n_classes)
        Scores of each training row by the model that left out its fold.
    """

    def __init__(self, *, gamma=1.0, ridge=0.3, folds=6, random_state=0):
        self.gamma = gamma
        self.ridge = ridge
        self.folds = folds
        self.random_state = random_state

    def fit(self, X, y, groups=None, targets=None, sample_weight=None):
        """Solve for the coefficients and the out-of-fold scores.

        Parameters
        ----------
        X : ndarray of float32, shape (n, d)
        y : ndarray of int, shape (n,)
            Classes from 0, each of them present.
        groups : array, shape (n,), optional
            Rows of one group are left out together.
        targets : ndarray of float, shape (n, n_classes), optional
            Shares of the classes in each row, where a label says too little (votes, say);
            by default 1 for the row's class.
        sample_weight : ndarray of float, shape (n,), optional
            A row of weight 2 counts as two rows.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            Targets or weights are impossible.
        """
        shares = _class_shares(y, targets)
        number = shares.shape[1]
        smallest = np.bincount(y).min()
        parts = min(self.folds, smallest, len(y) if groups is None else len(set(groups)))
        folds = grouped_folds(y, groups, parts, self.random_state) if parts > 1 else []
        weights, shares = _balanced(shares, sample_weight)
        # 1 for the class and -1 / (k - 1) for the others, or a mean of such codes.
        targets = ((shares * number - 1) / (number - 1)).astype(np.float32)
        used = np.ones((len(y), len(folds) + 1), dtype=np.float32)
        for part, (_, held) in enumerate(folds):
            used[held, part + 1] = 0
        self.support_, self.step_ = rounded(X)
        support = self.support_ * self.step_
        kernel = gaussian_kernel(support, support, self.gamma)
        solved = conjugate_gradients(
            kernel, targets, used, weights, self.ridge, self.random_state
        )
        self.coefficients_ = np.ascontiguousarray(solved[:, 0])
        self.out_of_fold_ = np.zeros_like(targets)
        for part, (_, held) in enumerate(folds):
            self.out_of_fold_[held] = kernel[held] @ solved[:, part + 1]
        return self

    def transform(self, X):
        """The scores of rows.

        Parameters
        ----------
        X : ndarray of float32, shape (m, d)

        Returns
        -------
        ndarray of float32, shape (m, n_classes)
        """
        check_is_fitted(self)
        support = self.support_ * self.step_
        parts = [
            gaussian_kernel(X[i : i + BATCH], support, self.gamma) @ self.coefficients_
            for i in range(0, len(X), BATCH)
        ]
        return np.concatenate(parts)


def _class_shares(y, targets):
    """Shares of the classes in each row, float64 (n, k), checked."""
    number = int(y.max()) + 1
    if targets is None:
        return np.eye(number)[y]
    shares = np.asarray(targets, dtype=np.float64)
    if shares.ndim != 2 or shares.shape[0] != len(y) or shares.shape[1] < number:
        raise ValueError(
            f"targets have shape {shares.shape}; they must have a row for each of the "
            f"{len(y)} faces and a column for each of the {number} classes."
        )
    sums = shares.sum(axis=1)
    if not (shares.min() >= 0 and np.allclose(sums, 1, atol=1e-4)):
        wrong = int(np.argmax(~((shares.min(axis=1) >= 0) & (np.abs(sums - 1) <= 1e-4))))
        raise ValueError(
            f"Row {wrong} of targets is {shares[wrong].tolist()}; shares of classes are "
            "at least 0 and sum to 1. Divide each row by its sum."
        )
    return shares


def _balanced(shares, sample_weight):
    """Weights of the rows and their shares, where each class counts the same in all.

    A row of several classes is as many rows of one class each, with its shares as their
    weights; after these have been balanced it is one row again. Shares that were left as
    they are would make the scores of a frequent class high everywhere.

    Returns
    -------
    weights : ndarray of float64, shape (n,)
    shares : ndarray of float64, shape (n, n_classes)
    """
    n, number = shares.shape
    own = np.ones(n) if sample_weight is None else np.asarray(sample_weight, np.float64)
    if own.shape != (n,) or not (np.isfinite(own).all() and own.min() >= 0):
        raise ValueError(
            f"sample_weight must be {n} finite numbers of at least 0, one for each face. "
            f"Got shape {own.shape}, least {own.min() if own.size else 'none'}."
        )
    masses = own @ shares
    if not masses.min() > 0:
        raise ValueError(
            f"Class {int(masses.argmin())} has no weight in the training set: no target "
            "names it, or all rows that do have weight 0."
        )
    balanced = shares * (own.sum() / number / masses)
    total = balanced.sum(axis=1)
    return own * total, balanced / total[:, None]


def gaussian_kernel(A, B, gamma):
    """``exp(-gamma * ||a - b|| ** 2)`` for all pairs of rows.

    Parameters
    ----------
    A, B : ndarrays of float32, shapes (m, d) and (n, d)
    gamma : float

    Returns
    -------
    ndarray of float32, shape (m, n)
    """
    kernel = A @ B.T
    own, other = (A * A).sum(axis=1), (B * B).sum(axis=1)
    for start in range(0, len(A), BATCH):  # in place: no second array of this size
        rows = kernel[start : start + BATCH]
        rows *= 2
        rows -= own[start : start + BATCH, None]
        rows -= other
        rows *= np.float32(gamma)
        np.exp(np.minimum(rows, 0, out=rows), out=rows)
    return kernel


def conjugate_gradients(kernel, targets, used, weights, ridge, random_state=0):
    """Solve ``(K + ridge * diag(1 / weights)) a = t`` on several sets of rows at once.

    With ``a = sqrt(weights) * b`` the system is symmetric; all its columns go through
    conjugate gradients side by side. The few directions of large variance, which would
    take hundreds of steps, are solved beforehand: the inverse of a low-rank approximation
    of the kernel from some of its columns is the preconditioner (Frangella et al., SIMAX
    2023), exactly for each set of rows.

    Parameters
    ----------
    kernel : ndarray of float32, shape (n, n)
    targets : ndarray of float32, shape (n, c)
    used : ndarray of float32, shape (n, p)
        1 where a row takes part in a system, else 0.
    weights : ndarray of float, shape (n,)
    ridge : float
    random_state : int

    Returns
    -------
    ndarray of float32, shape (n, p, c)
        0 where a row takes no part.
    """
    n, columns = targets.shape
    sets = used.shape[1]
    root = np.sqrt(weights).astype(np.float32)
    precondition = _preconditioner(kernel, root, used, ridge, random_state)
    used = np.repeat(used, columns, axis=1)
    root = root[:, None] * used
    residual = root * np.tile(targets, sets)
    first = np.maximum((residual * residual).sum(axis=0), 1e-30)
    solution = np.zeros_like(residual)
    scaled = precondition(residual)
    direction, power = scaled.copy(), (residual * scaled).sum(axis=0)
    for _ in range(STEPS):
        # (P.T @ K).T is K @ P for a symmetric K, and much faster with few columns.
        image = root * ((root * direction).T @ kernel).T
        image += np.float32(ridge) * direction
        step = power / np.maximum((direction * image).sum(axis=0), 1e-30)
        solution += step * direction
        residual -= step * image
        if ((residual * residual).sum(axis=0) <= TOLERANCE**2 * first).all():
            break
        scaled = precondition(residual)
        before, power = power, (residual * scaled).sum(axis=0)
        direction *= power / np.maximum(before, 1e-30)
        direction += scaled
    return (root * solution).reshape(n, sets, columns)


def _preconditioner(kernel, root, used, ridge, random_state):
    """Approximate inverse of the scaled system of every set of rows, as a function."""
    random = np.random.default_rng(random_state)
    some = np.sort(random.choice(len(kernel), min(len(kernel), RANK), replace=False))
    inside = kernel[np.ix_(some, some)] * root[some] * root[some, None]
    power, turn = np.linalg.eigh(inside.astype(np.float64))
    turn = turn / np.sqrt(np.maximum(power, power[-1] * 1e-6))
    # kernel, scaled by root on both sides, is about factor @ factor.T
    factor = root[:, None] * (kernel[:, some] @ (root[some, None] * turn).astype("f4"))
    inverses = []
    for own in used.T:
        square = (factor * own[:, None]).T @ factor
        square[np.diag_indices(len(square))] += np.float32(ridge)
        inverses.append(np.linalg.inv(square.astype(np.float64)).astype(np.float32))
    sets = len(inverses)

    def apply(residual):
        parts = (factor.T @ residual).reshape(len(some), sets, -1)
        parts = [inverse @ parts[:, own] for own, inverse in enumerate(inverses)]
        known = factor @ np.concatenate(parts, axis=1)
        known *= np.repeat(used, residual.shape[1] // sets, axis=1)
        return (residual - known) / np.float32(ridge)

    return apply
