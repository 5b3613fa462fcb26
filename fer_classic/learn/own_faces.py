"""Own faces beside those that kernel experts have learned from.

The scores of the start model stay, times a share; own faces join the kernel's rows, and
their coefficients are solved for what the start model's scores leave unexplained in them.
With a share of 0 that is a kernel of the own faces alone, with a weight of 0 the start
model as it is. Measured against solving all rows anew, it is better with 100 own faces and
with 2,618, and takes seconds (docs/start.md).
"""

import warnings
from dataclasses import dataclass, replace

import numpy as np

from fer_classic.compute.products import one_blas_thread
from fer_classic.learn.kernel_ridge import KernelRidgeScores
from fer_classic.learn.kernel_targets import balanced_targets
from fer_classic.scores.folds import grouped_folds

#: Parts of the cross-validation that weighs own faces.
FOLDS = 5


@dataclass(frozen=True)
class Mixture:
    """What the start model and own faces count.

    Attributes
    ----------
    shipped : float
        What the scores of the start model are multiplied by.
    weight : float
        Weight of an own face in kernel ridge regression; 0 for none.
    """

    shipped: float
    weight: float

    @property
    def kind(self):
        """One of KINDS."""
        if not self.weight:
            return "as_shipped"
        return "joint" if self.shipped else "alone"


#: Kinds of mixtures, in words of the report.
KINDS = ("as_shipped", "joint", "alone")
#: What is taken unless another mixture is clearly better.
USUAL = Mixture(1.0, 0.03)
#: Standard errors by which another mixture must be better.
CLEARLY = 2
#: The mixtures that are tried.
MIXTURES = (
    Mixture(1.0, 0.0),
    *(Mixture(1.0, weight) for weight in (0.01, 0.03, 0.1, 0.3)),
    *(Mixture(0.5, weight) for weight in (0.1, 0.3)),
    *(Mixture(0.0, weight) for weight in (0.1, 0.3, 1.0)),
)
_WEIGHTS = sorted({own.weight for own in MIXTURES} - {0.0})


def own_folds(labels, groups, seed=0):
    """Number of the fold that each own face is held out in.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
    groups : ndarray, shape (n,)
        Rows of one group are held out together.
    seed : int

    Returns
    -------
    ndarray of int, shape (n,)
        -1 everywhere if all are of one group.
    """
    sets = np.full(len(labels), -1)
    parts = min(FOLDS, len(np.unique(groups)), int(np.bincount(labels).max()))
    if parts > 1:
        with warnings.catch_warnings():  # a class may be smaller than there are parts
            warnings.filterwarnings("ignore", "The least populated class")
            folds = grouped_folds(labels, groups, parts, seed)
        for number, (_, held) in enumerate(folds):
            sets[held] = number
    return sets


class OwnFaces:
    """The own faces as one expert sees them, solved for every weight of MIXTURES.

    Parameters
    ----------
    expert : Expert
        Of the start model.
    faces : FaceTable
    labels : ndarray of int, shape (n,)
    sets : ndarray of int, shape (n,)
        As :func:`own_folds` numbers them.
    targets, sample_weight : ndarray, optional
        As :meth:`KernelRidgeScores.fit` takes them.
    known : pair of ndarrays, optional
        Rows that the start model has learned from, and its scores of them by kernels that
        had not seen them.
    jobs : int
        Threads.
    """

    def __init__(
        self, expert, faces, labels, sets, targets, sample_weight, known=None, jobs=-1
    ):
        self.expert = expert
        vectors = expert.vectors(faces, jobs=jobs)
        self.shipped = expert.ridge.transform(vectors, jobs=jobs)
        if known is not None:
            self.shipped[known[0]] = known[1]
        self.step = float(expert.ridge.step_[0])
        self.rows = np.clip(vectors / self.step, -127, 127)
        weights, codes = balanced_targets(labels, targets, sample_weight)
        both = np.concatenate([codes, self.shipped], axis=1)
        self._solved = {
            weight: self._solve(weight, both, sets, weights, jobs) for weight in _WEIGHTS
        }

    def _solve(self, weight, both, sets, weights, jobs):
        """Coefficients and out-of-fold scores for the classes, and for shipped scores."""
        given = self.expert.ridge.get_params()
        ridge = KernelRidgeScores(**given | {"ridge": given["ridge"] / weight})
        with one_blas_thread():
            solved, scores = ridge.solve_in_steps(
                self.rows, self.step, both, sets, weights, jobs
            )
        return np.split(solved.T, 2, axis=1), np.split(scores, 2, axis=1)

    def out_of_fold(self, mixture):
        """Scores of each own face by a mixture that has not seen its group.

        Returns
        -------
        ndarray of float32, shape (n, n_classes)
        """
        scores = np.float32(mixture.shipped) * self.shipped
        if mixture.weight:
            own, explained = self._solved[mixture.weight][1]
            scores = scores + own - np.float32(mixture.shipped) * explained
        return scores

    def mixed(self, mixture):
        """The expert that a mixture gives.

        Returns
        -------
        Expert
        """
        if not mixture.weight:
            return self.expert
        own, explained = self._solved[mixture.weight][0]
        share, old = np.float32(mixture.shipped), self.expert.ridge
        coefficients, columns = own - share * explained, np.rint(self.rows).T
        if share:
            columns = np.concatenate([old.columns_, columns], axis=1)
            coefficients = np.concatenate([share * old.coefficients_, coefficients])
        ridge = KernelRidgeScores(**old.get_params())
        ridge.keep(columns.astype(np.int8), self.step, coefficients)
        return replace(self.expert, ridge=ridge)


def clearly_best(losses, groups):
    """The mixture to take: the usual one, unless another is clearly better.

    Parameters
    ----------
    losses : dict of Mixture to ndarray of float, shape (n,)
        Loss of each own face out of fold.
    groups : ndarray, shape (n,)
        Faces whose losses are not independent.

    Returns
    -------
    Mixture
    """
    best = min(losses, key=lambda own: losses[own].mean())
    gained = losses[USUAL] - losses[best]
    number = np.unique(groups, return_inverse=True)[1]
    spread = np.bincount(number, gained - gained.mean())
    error = np.sqrt((spread**2).sum()) / len(gained)
    return best if gained.mean() > CLEARLY * error else USUAL
