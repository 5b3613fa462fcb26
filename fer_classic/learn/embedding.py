"""Faces as short vectors: features of several families, scaled and rotated together."""

import numpy as np

from fer_classic.compute.compiled import are_first
from fer_classic.compute.products import (
    FEW,
    gram,
    in_threads,
    one_blas_thread,
    product,
    slices,
)
from fer_classic.errors import one_of
from fer_classic.faces.landmarks import mirror_landmarks
from fer_classic.features import FAMILIES, make_extractors
from fer_classic.features.base import Transformer, check_fitted
from fer_classic.learn.folded_basis import FoldedBasis

#: Faces whose features are held at a time, and from which the basis is learned.
BATCH, SAMPLE = 512, 6000
#: Step of the basis of MANY columns or more, beside the mean square of its numbers; of
#: fewer it is finer, as fewer errors even out. A vector changes by a fifth of what rounding
#: the vector itself does.
STEP, MANY = 1.5, 10_000
#: Directions beyond those kept, and passes, of the randomised search for the basis.
EXTRA, PASSES = 40, 2


class FaceEmbedding(Transformer):
    """Principal components of feature families, the same for a face and its mirror image.

    Every column is averaged over the face and its mirror image, since an expression is
    the same in both; where mirroring merely changes the order of a family's columns, its
    part of the basis is symmetric, which averages by itself. Columns of the geometry,
    which have unlike units, are standardised;
    then each family is scaled so that its squared distances between faces average to its
    weight, and all are reduced together by principal components (randomised: Halko et
    al., SIAM Review 2011). Features are computed some faces at a time, so that memory
    holds the short vectors only.

    Parameters
    ----------
    features : dict of str to dict
        Parameters by family, as :func:`fer_classic.features.make_extractors` takes them.
    weights : dict of str to float, optional
        Weight of each family; 1 where not named.
    components : int
        Length of the vectors, at most.
    random_state : int

    Attributes
    ----------
    extractors_ : list of transformers
    center_, scale_ : ndarrays of float32, shape (d,)
        Mean and scale of each column.
    basis_ : ndarray of int8, shape (d, components)
    step_ : ndarray of float32, shape (components,)
        The basis is ``basis_ * step_``: rounded to few bits, so that a model fits a few
        megabytes.
    grain_ : float32
        What scaled columns are rounded to; 0 for not at all.
    """

    def __init__(self, features, *, weights=None, components=512, random_state=0):
        self.features = features
        self.weights = weights
        self.components = components
        self.random_state = random_state

    def fit(self, X, y=None, jobs=1):
        """Learn vocabularies, scales and basis; no labels are used.

        Parameters
        ----------
        X : pair of ndarrays
            Aligned gray crops, uint8, shape (n, S, S), and their landmarks, float, shape
            (n, 68, 2), in pixels of the crop.
        y : ignored
        jobs : int
            Threads. The result does not depend on it.
        """
        crops, landmarks = X
        random = np.random.default_rng(self.random_state)
        rows = np.sort(random.choice(len(crops), min(len(crops), SAMPLE), replace=False))
        with one_blas_thread():
            self._learn(crops[rows], landmarks[rows], random, jobs)
        return self

    def _learn(self, crops, landmarks, random, jobs):
        given = {"crops": crops, "landmarks": landmarks, "faces": (crops, landmarks)}
        self.extractors_ = [
            extractor.fit(given[extractor.reads])
            for extractor in make_extractors(self.features)
        ]
        scaled, centers, scales = [], [], []
        for name, extractor in zip(self._families(), self.extractors_, strict=True):
            columns = _in_batches(_symmetric, jobs, crops, landmarks, [extractor])
            center = columns.mean(axis=0)
            scale = self._scale(columns - center, name)
            columns -= center
            columns *= scale
            scaled.append(columns)
            centers.append(center)
            scales.append(np.broadcast_to(scale, center.shape))
        self.center_, self.scale_ = np.concatenate(centers), np.concatenate(scales)
        scaled = np.concatenate(scaled, axis=1)
        basis = principal_components(scaled, self.components, random, jobs)
        basis = self._evened(basis, [len(own) for own in centers])
        self.basis_, self.step_ = rounded(basis, STEP * min(1, np.sqrt(len(basis) / MANY)))
        self.grain_ = _grain(scaled, self.basis_)

    def _evened(self, basis, lengths):
        """The basis without what rounding errors have made unsymmetric."""
        parts = np.split(basis, np.cumsum(lengths)[:-1])
        for i, extractor in enumerate(self.extractors_):
            if hasattr(extractor, "mirror"):
                parts[i] = (parts[i] + extractor.mirror(parts[i].T).T) / 2
        return np.concatenate(parts)

    def _families(self):
        """Names of the families, in the order of the extractors."""
        for name in self.weights or {}:
            one_of(name, self.features, "family in the weights of the embedding")
        return [name for name in FAMILIES if name in self.features]

    def _scale(self, columns, name):
        weight = (self.weights or {}).get(name, 1.0)
        unit = 1.0
        if name == "geometry":
            unit = 1 / np.maximum(columns.std(axis=0), 1e-6)
        spread = 2 * ((columns * unit) ** 2).sum(axis=1).mean()
        return (unit * np.sqrt(weight / max(spread, 1e-12))).astype(np.float32)

    def transform(self, X, jobs=1, averaged=None):
        """The vectors of faces.

        Parameters
        ----------
        X : pair of ndarrays
            As for ``fit``.
        jobs : int
            Threads. The result does not depend on it.
        averaged : ndarray of bool, shape (d,), optional
            Columns that count as those of the average training face.

        Returns
        -------
        ndarray of float32, shape (n, components)
        """
        check_fitted(self, "basis_")
        if are_first("vectors", len(X[0])):
            return self._project(*X, averaged, self._folded().rows.astype(np.float32))
        if len(X[0]) <= FEW:  # not even a thread of BLAS's is worth the trouble
            return self._project(*X, averaged, None)
        with one_blas_thread():
            basis = self._folded().rows.astype(np.float32)
            return _in_batches(self._project, jobs, *X, averaged, basis)

    def _project(self, crops, landmarks, averaged, basis):
        columns = _symmetric(crops, landmarks, self.extractors_, evened=True)
        columns -= self.center_  # in place: columns of a batch do not fit a cache
        columns *= self.scale_
        if averaged is not None:  # what is the same in all faces tells nothing
            columns[:, averaged] = 0
        step = self.step_
        if self.grain_:
            columns /= self.grain_
            np.rint(columns, out=columns)
            step = step * self.grain_
        columns = self._folded().fold(columns)
        if basis is None:
            return self._folded().times_few(columns) * step
        return (columns @ basis) * step

    def _folded(self):
        """The basis as :class:`FoldedBasis`; kept from then on."""
        kept = getattr(self, "_kept", None)
        if kept is None or kept.basis is not self.basis_:
            kept = self._kept = FoldedBasis(self.basis_, self.extractors_)
        return kept


def _grain(rows, basis):
    """What rows are rounded to: as fine as leaves all sums exact, a power of 2.

    Float32 holds whole numbers up to 2 ** 24. A face has then one vector, computed alone or
    among others.
    """
    longest = np.sqrt(np.einsum("ij,ij->i", rows, rows).max()) * 2
    longest *= np.sqrt((basis.astype(np.float64) ** 2).sum(axis=0).max())
    return np.float32(2.0 ** np.ceil(np.log2(max(longest, 1e-6) / 2**24)))


def rounded(columns, share):
    """Columns in 8 bits, in steps of a share of the root of their mean square.

    Parameters
    ----------
    columns : ndarray of float, shape (n, d)
    share : float

    Returns
    -------
    whole : ndarray of int8, shape (n, d)
    step : ndarray of float32, shape (d,)
        ``whole * step`` is the columns to within half a step.
    """
    least = np.abs(columns).max(axis=0) / 127
    step = share * np.sqrt((columns * columns).mean(axis=0))
    step = np.maximum(np.maximum(step, least), 1e-12).astype(np.float32)
    return np.rint(columns / step).astype(np.int8), step


def _in_batches(function, jobs, crops, landmarks, *more):
    parts = slices(len(crops), BATCH)
    return np.concatenate(
        in_threads(lambda own: function(crops[own], landmarks[own], *more), parts, jobs)
    )


def _symmetric(crops, landmarks, extractors, *, evened=False):
    """Columns averaged over faces and their mirror images, ndarray of float32.

    With ``evened``, what follows is the same for a column and its mirror image, so that
    families whose columns merely change places are left as they are.
    """
    crops = np.asarray(crops)
    faces = {"crops": crops, "landmarks": landmarks, "faces": (crops, landmarks)}
    parts = []
    for extractor in extractors:
        ordered = hasattr(extractor, "mirror")  # mirroring is a mere change of order
        if (ordered and evened) or getattr(extractor, "symmetric", False):
            columns = extractor.transform(faces[extractor.reads])
        elif ordered:
            columns = extractor.transform(faces[extractor.reads])
            columns = (columns + extractor.mirror(columns)) / 2
        else:
            columns = extractor.transform(_with_mirrored(crops, landmarks, extractor.reads))
            columns = (columns[: len(crops)] + columns[len(crops) :]) / 2
        parts.append(columns)
    return np.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]


def _with_mirrored(crops, landmarks, reads):
    """What an extractor reads of faces, and after them of their mirror images."""
    both = []
    if reads != "landmarks":
        both.append(np.concatenate([crops, crops[:, :, ::-1]]))
    if reads != "crops":
        opposite = mirror_landmarks(landmarks, crops.shape[2])
        both.append(np.concatenate([landmarks, opposite]))
    return tuple(both) if reads == "faces" else both[0]


def principal_components(rows, number, random, jobs=-1):
    """Principal directions of centred rows, by randomised subspace iteration.

    Parameters
    ----------
    rows : ndarray of float32, shape (n, d)
    number : int
        Directions at most.
    random : numpy.random.Generator
    jobs : int
        Threads. The result does not depend on it.

    Returns
    -------
    ndarray of float32, shape (d, number)
        Orthonormal, the direction of largest variance first.
    """
    width = min(number + EXTRA, *rows.shape)
    basis = random.normal(size=(rows.shape[1], width)).astype(np.float32)
    for _ in range(PASSES):
        basis = _orthonormal(product(rows.T, product(rows, basis, jobs), jobs), jobs)
    _, turn = np.linalg.eigh(gram(product(rows, basis, jobs), jobs).astype(np.float64))
    turn = turn[:, ::-1].astype(np.float32)
    return np.ascontiguousarray(product(basis, turn, jobs)[:, :number])


def _orthonormal(columns, jobs):
    """An orthonormal basis of the columns' span; far faster here than QR."""
    power, turn = np.linalg.eigh(gram(columns, jobs).astype(np.float64))
    scale = 1 / np.sqrt(np.maximum(power, power[-1] * 1e-12))
    return product(columns, (turn * scale).astype(np.float32), jobs)
