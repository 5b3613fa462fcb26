"""The classifier: balanced, calibrated LightGBM with early stopping."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from fer_classic.learn import trees
from fer_classic.learn.balance import check_neighbors, resample
from fer_classic.learn.boost import boost, held_out_parts, threads
from fer_classic.learn.calibrate import (
    best_temperature,
    class_codes,
    class_importance,
    class_shares,
    row_weights,
)
from fer_classic.learn.trees import softmax

#: Below this many rows a single held-out part says too little: several are held out in
#: turn, and the last model learns from all rows. Large trees learn such a set by heart: on
#: 2,618 web photographs 4 leaves instead of 31 gained 3 to 6 points, however balanced.
SMALL_SET = 5000
SMALL_FOLDS = 5
LEAVES, SMALL_LEAVES = 31, 4


class ExpressionClassifier(ClassifierMixin, BaseEstimator, trees.ExpressionClassifier):
    """LightGBM on named columns, with class balancing inside ``fit``.

    A part of the training rows is held out (whole groups, stratified by class) to stop
    the boosting early and to calibrate the probabilities by one temperature (Guo et
    al., ICML 2017); the other rows are balanced and learned from. Of fewer than 5,000
    rows, five parts are held out in turn, and a last model learns from all rows.

    Parameters
    ----------
    balance : str or sampler
        A method of :func:`fer_classic.learn.balance.resample`, or any sampler of
        imbalanced-learn. The default leaves the rows as they are: moving the scores to an
        even ``prior`` then balances the classes.
    prior : {"uniform", "train"}
        Class frequencies that the probabilities assume. "uniform" suits a score that
        weighs classes evenly, "train" photographs that come as the training set did.
        Scores are shifted by the logarithm of the ratio (Saerens et al. 2002).
    n_estimators : int
        Boosting rounds at most.
    learning_rate : float
    num_leaves : int, optional
        Leaves of a tree; by default 31, or 4 for sets of fewer than 5,000 rows.
    max_bin : int
        Histogram bins of a column.
    colsample : float
        Share of the columns that each tree may use, though never fewer than 25 of them.
    min_child_samples : int
        Least rows in a leaf.
    reg_lambda : float
        L2 penalty of the leaves.
    validation_fraction : float
        Share held out; 0 trains all rounds on all rows, uncalibrated.
    early_stopping_rounds : int
        Rounds without improvement of the held-out log loss that end the training.
    n_neighbors : int
        Neighbours of the SMOTE family.
    n_jobs : int
        Threads; -1 for all cores. The result does not depend on it.
    random_state : int

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
    n_features_in_ : int
    class_counts_ : ndarray of int64, shape (n_classes,)
        Training rows of each class before balancing.
    log_prior_shift_ : ndarray of float64, shape (n_classes,)
        Added to the scores to move them from the training frequencies to ``prior``.
    temperature_ : float
        Divides the scores.
    best_iteration_ : int
        Rounds kept.
    held_out_ : pair of ndarrays, shapes (m,) and (m, n_classes)
        Rows held out while learning, and their probabilities by trees that never saw them.
    curves_ : dict
        ``{"train" | "validation": {"log_loss" | "error": [one value a round]}}``
    booster_ : lightgbm.Booster

    Examples
    --------
    >>> import numpy as np
    >>> from fer_classic import ExpressionClassifier
    >>> random = np.random.default_rng(0)
    >>> y = np.repeat(["happiness", "neutral"], [90, 30])
    >>> X = random.normal(size=(120, 5)) + (y == "neutral")[:, None] * 2
    >>> model = ExpressionClassifier(balance="class_weight").fit(X, y)
    >>> model.predict_proba(X).shape
    (120, 2)
    """

    def fit(self, X, y, groups=None, X_mirror=None, progress=None, *, weights=None):
        """Balance, train and calibrate.

        Parameters
        ----------
        X : array of float, shape (n, d)
        y : array, shape (n,)
            Classes.
        groups : array, shape (n,), optional
            Rows of one group are held out together.
        X_mirror : array of float, shape (n, d), optional
            Features of the mirrored images, for ``balance="mirror"``.
        progress : callable, optional
            Called as ``progress(round, held-out log loss)``, which starts again from 1
            for each part that is held out.
        weights : array of float, shape (n,), optional
            A row of weight 2 counts as two; only where ``balance`` adds or removes none.

        Raises
        ------
        ValueError
            A parameter or a weight is impossible, there is a single class, or one is too
            small to balance.
        """
        X, y = validate_data(self, X, y, dtype=np.float32)
        self.check_parameters()
        self.classes_, codes, _ = class_codes(y)
        own = row_weights(weights, len(y), self.balance)
        counts = np.bincount(codes, own)
        self.class_counts_ = np.maximum(np.rint(counts), 1).astype(np.int64)
        check_neighbors(y, self.balance, self.n_neighbors)
        target = class_shares(self.prior, self.class_counts_)
        mirror = self._check_mirror(X, X_mirror)
        rounds, scores, rows = [], [np.empty((0, len(target)))], [np.empty(0, np.int64)]
        for fitted, held in self._parts(codes, groups):
            importance = class_importance(codes[held], target, own[held])
            part = (X[held], codes[held], importance)
            self._learn(X, y, own, fitted, mirror, target, progress, part)
            scores.append(self._scores(X[held]))
            rows.append(held)
            rounds.append(self.best_iteration_)
        if len(rounds) != 1:
            # Small sets: the held-out parts only told when to stop; learn from all rows.
            number = round(np.mean(rounds)) if rounds else self.n_estimators
            curves = self.curves_ if rounds else None
            every = np.arange(len(y))
            self._learn(X, y, own, every, mirror, target, progress, n_rounds=number)
            self.curves_ = curves or self.curves_
        self.temperature_ = 1.0
        rows, scores = np.concatenate(rows), np.concatenate(scores)
        if len(rows):
            self.temperature_ = best_temperature(scores, codes[rows], target, own[rows])
        self.held_out_ = rows, softmax(scores / self.temperature_)
        return self

    def predict_proba(self, X):
        """Calibrated probabilities.

        Parameters
        ----------
        X : array of float, shape (n, d)

        Returns
        -------
        ndarray of float64, shape (n, n_classes)
            Each row sums to 1; columns follow ``classes_``.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float32, reset=False)
        return super().predict_proba(X)

    def _check_mirror(self, X, X_mirror):
        if X_mirror is None:
            return None
        mirror = np.asarray(X_mirror, dtype=np.float32)
        if mirror.shape != X.shape:
            raise ValueError(
                f"X_mirror must have the shape of X, {X.shape}. Got {mirror.shape} instead."
            )
        return mirror

    def _parts(self, codes, groups):
        """Rows to learn from and rows held out: one pair, or several for small sets."""
        if self.validation_fraction <= 0:
            return []
        small = len(codes) < SMALL_SET
        parts = SMALL_FOLDS if small else max(2, round(1 / self.validation_fraction))
        usable = held_out_parts(codes, groups, parts, self.random_state)
        return usable if small else usable[:1]

    def _learn(self, X, y, own, fitted, mirror, target, progress, held=None, n_rounds=None):
        """Balance some rows and learn from them; stop early if ``held`` is given."""
        smallest = np.unique(y[fitted], return_counts=True)[1].min()
        rows, labels, weights = resample(
            X[fitted],
            y[fitted],
            self.balance,
            n_neighbors=min(self.n_neighbors, smallest - 1),
            random_state=self.random_state,
            X_mirror=None if mirror is None else mirror[fitted],
        )
        labels = np.searchsorted(self.classes_, labels)
        if len(labels) == len(fitted):
            weights = weights * own[fitted]
        learned = np.bincount(labels, weights, minlength=len(self.classes_))
        self.log_prior_shift_ = np.log(target) - np.log(learned / learned.sum())
        self.booster_, self.best_iteration_, self.curves_ = boost(
            rows,
            labels,
            weights,
            self._parameters(len(rows), len(y)),
            n_rounds or self.n_estimators,
            held=held,
            patience=self.early_stopping_rounds,
            progress=progress,
        )

    def _parameters(self, n_rows, n_images):
        leaves = SMALL_LEAVES if n_images < SMALL_SET else LEAVES
        return {
            "learning_rate": self.learning_rate,
            "num_leaves": self.num_leaves or leaves,
            "max_bin": self.max_bin,
            "feature_fraction": max(self.colsample, min(1.0, 25 / self.n_features_in_)),
            "min_data_in_leaf": min(self.min_child_samples, max(1, n_rows // 20)),
            "lambda_l2": self.reg_lambda,
            "num_threads": threads(self.n_jobs, n_rows * self.n_features_in_),
            "seed": self.random_state,
        }
