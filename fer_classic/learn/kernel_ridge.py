"""Class scores by kernel ridge regression; grouped out-of-fold scores by the same solve."""

import numpy as np

from fer_classic.compute.compiled import are_first
from fer_classic.compute.products import FEW, in_threads, one_blas_thread, slices
from fer_classic.features.base import Parameters, check_fitted
from fer_classic.learn.packed_columns import PackedColumns

#: Rows of one system; more are dealt out to several.
MOST_ROWS = 45_000
#: Step to which vectors are rounded, beside the width of the kernel (1 / sqrt(gamma)).
STEP = 0.03
#: Rows whose scores are computed at a time, and parts of a step that they are rounded to.
BATCH, FINE = 512, 1024


class KernelRidgeScores(Parameters):
    """Scores of every class from a Gaussian kernel, by class-balanced ridge regression.

    Solves ``(K + ridge * diag(1 / weight)) a = T`` with the weights of balanced classes
    and one column of ``T`` for each class (Saunders et al., ICML 1998). The models that
    leave out each fold in turn are solved together with the whole one by the same
    conjugate gradients, since a held-out row is merely a row forced to 0; one pass over
    the kernel serves them all. What a model above this one learns from are the scores of
    models that have not seen the row, nor any row of its group.

    The kernel of up to 45,000 rows is held, half of it, since it is symmetric (4 GB). More
    rows are dealt out at random to several such systems, whose scores are averaged, so that
    memory grows with the number of rows and not with its square.

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
        The training rows are ``support_ * step_``: rounded before anything is solved, to
        the same step in each column. A distance is then as exact in a column of small
        variance as in others, and such columns take few bits.
    coefficients_ : ndarray of float32, shape (n, n_classes)
    coefficient_step_ : float32
        They are whole multiples of it, of 16 bits.
    out_of_fold_ : ndarray of float32, shape (n, n_classes)
        Scores of each training row by the model that left out its fold.
    """

    def __init__(self, *, gamma=1.0, ridge=0.3, folds=6, random_state=0):
        self.gamma = gamma
        self.ridge = ridge
        self.folds = folds
        self.random_state = random_state

    @property
    def support_(self):
        """The training rows in steps, int8 (n, d)."""
        return self.columns_.T

    @support_.setter
    def support_(self, rows):
        self.columns_ = np.ascontiguousarray(rows.T)  # how they are read, and packed best

    @property
    def whole_coefficients_(self):
        """The coefficients in steps, int16."""
        return np.rint(self.coefficients_ / self.coefficient_step_).astype(np.int16)

    @whole_coefficients_.setter
    def whole_coefficients_(self, whole):
        self.coefficients_ = whole.astype(np.float32, order="C") * self.coefficient_step_

    def fit(self, X, y, groups=None, targets=None, sample_weight=None, jobs=-1):
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
        jobs : int
            Threads; -1 for all cores. The result does not depend on it.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            Targets or weights are impossible.
        """
        from fer_classic.learn.kernel_targets import balanced_targets

        weights, targets = balanced_targets(y, targets, sample_weight)
        sets = self._sets(y, groups)
        step = _step(X, self.gamma)
        X = X / step
        with one_blas_thread():
            solved, scores = self.solve_in_steps(X, step, targets, sets, weights, jobs)
        self.keep(np.rint(X).astype(np.int8).T, step, solved.T)
        self.out_of_fold_ = scores
        return self

    def keep(self, columns, step, coefficients):
        """Take a solution, its coefficients rounded to 16 bits.

        Parameters
        ----------
        columns : ndarray of int8, shape (d, n)
            The training rows in steps, turned.
        step : float
        coefficients : ndarray of float, shape (n, n_classes)
        """
        self.step_ = np.full(len(columns), step, np.float32)
        self.columns_ = np.ascontiguousarray(columns)
        largest = np.abs(coefficients).max()
        self.coefficient_step_ = np.float32(max(largest / 32767, 1e-30))
        self.whole_coefficients_ = np.rint(coefficients / self.coefficient_step_)

    def _sets(self, y, groups):
        """Number of the fold that each row is held out in, -1 without folds."""
        sets = np.full(len(y), -1)
        parts = len(y) if groups is None else len(np.unique(groups))
        parts = min(self.folds, int(np.bincount(y).min()), parts)
        if parts > 1:
            from fer_classic.scores.folds import grouped_folds

            folds = grouped_folds(y, groups, parts, self.random_state)
            for number, (_, held) in enumerate(folds):
                sets[held] = number
        return sets

    def solve_in_steps(self, X, step, targets, sets, weights, jobs=-1):
        """Coefficients and out-of-fold scores for any targets; nothing is kept.

        Parameters
        ----------
        X : ndarray of float32, shape (n, d)
            Rows in steps.
        step : float
        targets : ndarray of float32, shape (n, k)
        sets : ndarray of int, shape (n,)
            Number of the fold that each row is held out in, -1 for none.
        weights : ndarray of float, shape (n,)
        jobs : int
            Threads.

        Returns
        -------
        coefficients : ndarray of float32, shape (k, n)
        scores : ndarray of float32, shape (n, k)
            0 without folds.
        """
        from fer_classic.learn.conjugate_gradients import solve
        from fer_classic.learn.kernel_blocks import KernelBlocks

        rows, n = np.rint(X), len(X)
        gamma = self.gamma * float(step) ** 2
        # A row that is not rounded lies nearer to rounded ones than these to one another.
        nearer = np.exp(gamma * (_mean_square(X) - _mean_square(rows)))
        systems = int(sets.max()) + 2
        parts = np.random.default_rng(self.random_state).permutation(n)
        parts = [np.sort(own) for own in np.array_split(parts, -(-n // MOST_ROWS))]
        solved = np.zeros((systems, targets.shape[1], n), np.float32)
        scores = np.zeros((systems * targets.shape[1], n), np.float32)
        for own in parts:
            kernel = KernelBlocks(rows[own], gamma, jobs)
            some = targets[own], sets[own], weights[own], systems
            solution = solve(kernel, *some, self.ridge, self.random_state)
            solution *= np.float32(nearer / len(parts))
            solved[:, :, own] = solution
            if systems > 1:
                scores += kernel.seen_from(X, solution.reshape(len(scores), -1))
            del kernel  # gigabytes: before the next one is made
        if systems == 1:
            return solved[-1], np.zeros_like(targets)
        scores = scores.reshape(solved.shape)
        return solved[-1], scores[sets, :, np.arange(n)]

    def transform(self, X, jobs=-1):
        """The scores of rows.

        Parameters
        ----------
        X : ndarray of float32, shape (m, d)
        jobs : int
            Threads; -1 for all cores. The result does not depend on it.

        Returns
        -------
        ndarray of float32, shape (m, n_classes)
        """
        check_fitted(self, "columns_")
        X = np.asarray(X, dtype=np.float32)
        if len(X) <= FEW:
            return self._few(X)
        with one_blas_thread():
            parts = slices(len(X), BATCH)
            return np.concatenate(in_threads(lambda own: self._many(X[own]), parts, jobs))

    def _few(self, X):
        """Scores of a few rows, from the support as it is stored."""
        rows, unit, squares = self._in_units(X)
        if are_first("scores", len(X)):
            products = rows @ self.columns_.astype(np.float32)
        else:
            products = self._kept_support().packed.times(rows)
        return self._sums(products, unit, squares, slice(None)).astype(np.float32)

    def _many(self, X):
        """Scores of a batch; parts of the support are unpacked in the cache."""
        rows, unit, squares = self._in_units(X)
        total = np.zeros((len(X), self.coefficients_.shape[1]))
        for own in slices(self.columns_.shape[1]):
            products = rows @ self.columns_[:, own].astype(np.float32)
            total += self._sums(products, unit, squares, own)
        return total.astype(np.float32)

    def _in_units(self, X):
        """Rows to multiply with the columns, the unit of what that gives, their squares.

        In whole numbers of FINE to a step all sums are exact, whatever their order: a face
        has one score, alone and among others.
        """
        rows, unit = X * self.step_, 1.0
        if (self.step_ == self.step_[0]).all():  # not so in older models
            rows = np.rint(X * (FINE / self.step_))
            unit = float(self.step_[0]) ** 2 / FINE
            X = rows.astype(np.float64) * (unit / float(self.step_[0]))
        return rows, unit, np.einsum("ij,ij->i", X, X, dtype=np.float64)

    def _sums(self, products, unit, squares, own):
        """Scores by a part of the support, given the products of rows with it."""
        products *= np.float32(2 * self.gamma * unit)
        products -= (self.gamma * squares).astype(np.float32)[:, None]
        kept = self._kept_support()
        products -= kept.lengths[own]
        kernel = np.exp(np.minimum(products, 0, out=products), out=products)
        # Sums of thousands of numbers of either sign: 32 bits would leave three digits.
        return kernel.astype(np.float64) @ kept.coefficients[:, own].T

    def _kept_support(self):
        """The support as scores need it; kept from then on."""
        kept = getattr(self, "_kept", None)
        if kept is None or kept.packed.columns is not self.columns_:
            kept = self._kept = _Support(self)
        return kept


class _Support:
    """What the support adds to exponents, its coefficients, and itself packed."""

    def __init__(self, ridge):
        squares = np.zeros(ridge.columns_.shape[1], np.float32)
        for column, step in zip(ridge.columns_, ridge.step_, strict=True):
            squares += (column * step) ** 2
        squares *= np.float32(ridge.gamma)
        self.lengths = squares
        # A line a class: the product of one face with columns takes five times as long.
        self.coefficients = np.ascontiguousarray(ridge.coefficients_.T, np.float64)
        self.packed = PackedColumns(ridge.columns_)


def _step(X, gamma):
    """The step that vectors are rounded to: all of them shall fit 8 bits."""
    return np.float32(max(STEP / np.sqrt(gamma), np.abs(X).max() / 127, 1e-12))


def _mean_square(rows):
    return float(np.einsum("ij,ij->i", rows, rows).mean(dtype=np.float64))
