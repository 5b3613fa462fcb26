"""Trees that have been learned, and what they say; neither LightGBM nor scikit-learn."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fer_classic.compute.compiled import are_first
from fer_classic.errors import FerClassicError, one_of
from fer_classic.features.base import Parameters, check_parameter

PRIORS = ("uniform", "train")
#: LightGBM takes values up to this for zero; a 32-bit float in its source.
ZERO = float(np.float32(1e-35))
#: Bits of decision_type: where missing values go, and which are missing.
LEFT, MISSING_ZERO, MISSING_NAN = 2, 4, 8
#: Parameter, least and largest value, type.
_LIMITS = (
    ("n_estimators", 1, 100_000, int),
    ("learning_rate", 1e-6, 1.0, float),
    ("max_bin", 2, 65_535, int),
    ("colsample", 1e-6, 1.0, float),
    ("min_child_samples", 1, 1_000_000, int),
    ("reg_lambda", 0.0, 1e9, float),
    ("validation_fraction", 0.0, 0.5, float),
    ("early_stopping_rounds", 1, 100_000, int),
    ("n_neighbors", 1, 1000, int),
    ("random_state", 0, 2**31 - 1, int),
)


@dataclass(frozen=True, eq=False)
class Trees:
    """LightGBM's trees as arrays.

    Attributes
    ----------
    text : str
        As LightGBM wrote it.
    classes : int
        The trees are of each class in turn.
    leaves : ndarray of int64, shape (t,)
        Leaves of each tree.
    nodes : dict of str to ndarray
        ``split_feature``, ``threshold``, ``decision_type``, ``left_child`` and
        ``right_child`` of the inner nodes of all trees, and ``leaf_value`` of their leaves.
    """

    text: str
    classes: int
    leaves: np.ndarray
    nodes: dict

    @property
    def rounds(self):
        """Trees of each class."""
        return len(self.leaves) // self.classes

    def scores(self, X):
        """Sums of the leaves that rows fall into, to the bit as LightGBM gives them.

        Parameters
        ----------
        X : ndarray of float32, shape (n, d)

        Returns
        -------
        ndarray of float64, shape (n, classes)
        """
        if are_first("trees", len(X)):
            return self._sums(X)
        from fer_classic.learn._trees import add_leaves

        out = np.zeros((len(X), self.classes))
        names = ("split_feature", "threshold", "decision_type", "left_child", "right_child")
        nodes = [self.nodes[name] for name in names]
        X = np.array(X, dtype=np.float32, order="C")  # writable: compiled for such alone
        add_leaves(X, self.leaves, *nodes, self.nodes["leaf_value"], out)
        return out

    def _sums(self, X):
        """The same without numba, all trees of a row at a time."""
        first = np.cumsum(self.leaves - 1) - (self.leaves - 1)  # node of each tree
        leaf = np.cumsum(self.leaves) - self.leaves
        values = np.empty((len(X), len(self.leaves)))
        for row, own in zip(values, np.asarray(X, dtype=np.float64), strict=True):
            at = np.where(self.leaves > 1, 0, -1)
            while (inner := np.flatnonzero(at >= 0)).size:
                at[inner] = self._below(own, first[inner] + at[inner])
            row[:] = self.nodes["leaf_value"][leaf - at - 1]
        # One after the other, as the compiled loop adds them: NumPy's sums go by pairs.
        rounds = values.reshape(len(X), self.rounds, self.classes)
        return np.add.accumulate(rounds, axis=1)[:, -1]

    def _below(self, row, nodes):
        """The children that a row comes to from some nodes."""
        value = row[self.nodes["split_feature"][nodes]]
        decision = self.nodes["decision_type"][nodes]
        missing = decision & 12
        lacking = np.isnan(value)
        value = np.where(
            (np.abs(value) <= ZERO) | (lacking & (missing != MISSING_NAN)), 0.0, value
        )
        lost = (missing == MISSING_NAN) & lacking
        lost |= (missing == MISSING_ZERO) & (value == 0.0)
        left = np.where(lost, decision & LEFT != 0, value <= self.nodes["threshold"][nodes])
        return np.where(
            left, self.nodes["left_child"][nodes], self.nodes["right_child"][nodes]
        )


class ExpressionClassifier(Parameters):
    """What predicts with trees that have been learned.

    :class:`fer_classic.learn.classifier.ExpressionClassifier` learns them, and documents
    parameters and attributes.
    """

    def __init__(
        self,
        *,
        balance="none",
        prior="uniform",
        n_estimators=600,
        learning_rate=0.1,
        num_leaves=None,
        max_bin=31,
        colsample=0.05,
        min_child_samples=20,
        reg_lambda=10.0,
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

    @cached_property
    def booster_(self):
        """LightGBM's own trees, of a model that was read: a ``lightgbm.Booster``."""
        if "trees_" not in vars(self):
            raise AttributeError("booster_")
        from fer_classic.compute.threads import load_lightgbm

        lightgbm = load_lightgbm()
        try:
            return lightgbm.Booster(model_str=self.trees_.text)
        except lightgbm.basic.LightGBMError as error:
            raise FerClassicError(f"lightgbm.txt: {error}.") from None

    def predict_proba(self, X):
        """Calibrated probabilities.

        Parameters
        ----------
        X : ndarray of float32, shape (n, d)

        Returns
        -------
        ndarray of float64, shape (n, n_classes)
            Each row sums to 1; columns follow ``classes_``.
        """
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
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    def check_parameters(self):
        """Raise ValueError if a parameter is impossible, as ``fit`` would."""
        one_of(self.prior, PRIORS, "prior")
        for name, low, high, kind in _LIMITS:
            check_parameter(self, name, getattr(self, name), low, high, kind)
        if self.num_leaves is not None:
            check_parameter(self, "num_leaves", self.num_leaves, 2, 131_072)

    def _scores(self, X):
        if "trees_" in vars(self):
            probabilities = softmax(self.trees_.scores(X))
        else:
            from fer_classic.learn.boost import boosted

            probabilities = boosted(self.booster_, X, self.best_iteration_, self.n_jobs)
        return np.log(probabilities + 1e-300) + self.log_prior_shift_


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
