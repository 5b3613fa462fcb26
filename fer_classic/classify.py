"""The classifier: balanced, calibrated LightGBM with early stopping."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from fer_classic.balance import balanced_weights, resample
from fer_classic.errors import one_of
from fer_classic.evaluate import grouped_folds

PRIORS = ("uniform", "train")


class ExpressionClassifier(ClassifierMixin, BaseEstimator):
    """LightGBM on named columns, with class balancing inside ``fit``.

    A part of the training rows is held out (whole groups, stratified by class) to stop
    the boosting early and to calibrate the probabilities by one temperature (Guo et
    al., ICML 2017); the other rows are balanced and learned from.

    Parameters
    ----------
    balance : str
        A method of :func:`fer_classic.balance.resample`.
    prior : {"uniform", "train"}
        Class frequencies that the probabilities assume. "uniform" suits a score that
        weighs classes evenly, "train" photographs that come as the training set did.
        Scores are shifted by the logarithm of the ratio (Saerens et al. 2002).
    n_estimators : int
        Boosting rounds at most.
    learning_rate : float
    num_leaves : int
        Leaves of a tree.
    max_bin : int
        Histogram bins of a column.
    colsample : float
        Share of the columns that each tree may use.
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

    def __init__(
        self,
        *,
        balance="smote",
        prior="uniform",
        n_estimators=600,
        learning_rate=0.1,
        num_leaves=31,
        max_bin=31,
        colsample=0.1,
        min_child_samples=20,
        reg_lambda=1.0,
        validation_fraction=0.1,
        early_stopping_rounds=40,
        n_neighbors=5,
        n_jobs=-1,
        random_state=0,
    ):
        self.balance = balance
        self.prior = prior
        self.n_estimators = n_estimators
        self.learning_rate = learning_rate
        self.num_leaves = num_leaves
        self.max_bin = max_bin
        self.colsample = colsample
        self.min_child_samples = min_child_samples
        self.reg_lambda = reg_lambda
        self.validation_fraction = validation_fraction
        self.early_stopping_rounds = early_stopping_rounds
        self.n_neighbors = n_neighbors
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, X, y, groups=None, X_mirror=None, progress=None):
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
            Called as ``progress(round, held-out log loss)``.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            A parameter is impossible, or there is a single class, or a class is too
            small to balance.
        """
        X, y = validate_data(self, X, y, dtype=np.float32)
        check_classification_targets(y)
        one_of(self.prior, PRIORS, "prior")
        self.classes_, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"Training needs at least 2 classes. Got one class: {self.classes_[0]!r}."
            )
        self.class_counts_ = counts.astype(np.int64)
        fitted, held = self._split(codes, groups)
        mirror = None if X_mirror is None else np.asarray(X_mirror, np.float32)[fitted]
        rows, labels, weights = resample(
            X[fitted],
            y[fitted],
            self.balance,
            n_neighbors=self.n_neighbors,
            random_state=self.random_state,
            X_mirror=mirror,
        )
        labels = np.searchsorted(self.classes_, labels)
        learned = np.bincount(labels, weights, minlength=len(self.classes_))
        target = np.ones_like(learned) if self.prior == "uniform" else counts
        self.log_prior_shift_ = np.log(target / target.sum()) - np.log(
            learned / learned.sum()
        )
        importance = balanced_weights(codes[held], target) if len(held) else None
        self._boost(rows, labels, weights, X[held], codes[held], importance, progress)
        self._calibrate(X[held], codes[held], importance)
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
        return softmax(self._scores(X) / self.temperature_)

    def predict(self, X):
        """The most probable class of each row.

        Parameters
        ----------
        X : array of float, shape (n, d)

        Returns
        -------
        ndarray, shape (n,)
        """
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def _split(self, codes, groups):
        """Rows to learn from and rows held out; none where a class is too small."""
        every = np.arange(len(codes))
        if self.validation_fraction <= 0:
            return every, every[:0]
        parts = max(2, round(1 / self.validation_fraction))
        if self.class_counts_.min() < 2 * parts:
            return every, every[:0]
        folds = grouped_folds(codes, groups, parts, self.random_state)
        fitted, held = folds[0]
        whole = all(len(np.unique(codes[p])) == len(self.classes_) for p in folds[0])
        return (fitted, held) if whole else (every, every[:0])

    def _boost(self, X, codes, weights, X_held, codes_held, importance, progress):
        import lightgbm

        parameters = {
            "objective": "multiclass",
            "num_class": len(self.classes_),
            "metric": ["multi_logloss", "multi_error"],
            "first_metric_only": True,
            "learning_rate": self.learning_rate,
            "num_leaves": self.num_leaves,
            "max_bin": self.max_bin,
            "feature_fraction": self.colsample,
            "min_data_in_leaf": min(self.min_child_samples, max(1, len(X) // 20)),
            "lambda_l2": self.reg_lambda,
            "num_threads": _threads(self.n_jobs),
            "seed": self.random_state,
            "deterministic": True,
            "force_col_wise": True,
            "verbose": -1,
        }
        shared = {"max_bin": self.max_bin, "verbose": -1}
        train = lightgbm.Dataset(X, codes, weight=weights, params=shared)
        parts, names, curves = [train], ["train"], {}
        callbacks = [lightgbm.record_evaluation(curves)]
        if importance is not None:
            held = train.create_valid(X_held, codes_held, weight=importance)
            parts, names = [train, held], ["train", "validation"]
            callbacks.append(
                lightgbm.early_stopping(
                    self.early_stopping_rounds, first_metric_only=True, verbose=False
                )
            )
        if progress is not None:
            callbacks.append(lambda env: progress(env.iteration + 1, _last_loss(env)))
        self.booster_ = lightgbm.train(
            parameters,
            train,
            self.n_estimators,
            valid_sets=parts,
            valid_names=names,
            callbacks=callbacks,
        )
        self.best_iteration_ = int(self.booster_.best_iteration) or (
            self.booster_.current_iteration()
        )
        self.curves_ = {
            part: {"log_loss": own["multi_logloss"], "error": own["multi_error"]}
            for part, own in curves.items()
        }

    def _scores(self, X):
        raw = self.booster_.predict(
            X,
            raw_score=True,
            num_iteration=self.best_iteration_,
            num_threads=_threads(self.n_jobs),
        )
        return np.log(softmax(raw) + 1e-300) + self.log_prior_shift_

    def _calibrate(self, X, codes, importance):
        self.temperature_ = 1.0
        if importance is None:
            return
        from scipy.optimize import minimize_scalar

        scores = self._scores(X)
        own = np.arange(len(codes)), codes

        def loss(log_temperature):
            probability = softmax(scores / np.exp(log_temperature))[own]
            return -(importance * np.log(probability + 1e-300)).sum()

        best = minimize_scalar(loss, bounds=(-2.0, 2.0), method="bounded")
        self.temperature_ = float(np.exp(best.x))


def softmax(scores):
    """Probabilities from scores, row by row.

    Parameters
    ----------
    scores : ndarray of float, shape (n, k)

    Returns
    -------
    ndarray of float64, shape (n, k)
    """
    power = np.exp(scores - scores.max(axis=1, keepdims=True))
    return power / power.sum(axis=1, keepdims=True)


def _threads(n_jobs):
    from joblib import cpu_count

    return cpu_count() if n_jobs in (None, -1) else max(1, int(n_jobs))


def _last_loss(env):
    losses = [r[2] for r in env.evaluation_result_list if r[1].endswith("logloss")]
    return losses[-1] if losses else float("nan")
