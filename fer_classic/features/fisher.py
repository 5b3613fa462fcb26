"""Fisher vectors of dense SIFT descriptors."""

from functools import lru_cache

import numpy as np

from fer_classic.compute.products import gram, slices
from fer_classic.features.base import (
    CropFeatures,
    check_cells,
    check_fitted,
    check_parameter,
)
from fer_classic.features.sift import LARGEST_CELL, LENGTH, SIDE, describe, mirror_columns

#: Crops and descriptors that the vocabulary is learned from.
SAMPLE_CROPS, SAMPLE_ROWS = 1500, 120_000
ROUNDS = 25
#: Weight of a descriptor's place (from -0.5 to 0.5 across the crop) beside its content.
PLACE = 0.5
#: Descriptors encoded at a time: what is made of more does not fit the processor's cache.
ROWS = 2500


class FisherFeatures(CropFeatures):
    """Fisher vectors (Perronnin et al., ECCV 2010) of root-SIFT on a dense grid.

    A vocabulary of Gaussians is learned from descriptors of the training crops, reduced
    by principal components, with their places in the crop appended (Sánchez et al., PRL
    2012). A face is described by how its descriptors deviate, in mean and variance, from
    the Gaussians that explain them; signed square roots and unit length follow. The face
    and its mirror image are encoded together, so both have the same features.

    Parameters
    ----------
    cells : tuple of int
        Sides of a cell in pixels; a descriptor is 4 cells wide.
    step : int
        Distance of neighbouring descriptors in pixels.
    gaussians : int
    components : int
        Principal components kept of the 128 values of a descriptor.
    random_state : int

    Attributes
    ----------
    crop_size_ : int
        Side of the crops seen by ``fit``, in pixels.
    center_ : ndarray of float32, shape (128,)
    components_ : ndarray of float32, shape (128, components)
    weights_ : ndarray of float32, shape (gaussians,)
    means_, variances_ : ndarrays of float32, shape (gaussians, components + 2)

    Examples
    --------
    >>> import numpy as np
    >>> from fer_classic.features import FisherFeatures
    >>> crops = np.random.default_rng(0).integers(0, 256, (4, 64, 64), dtype=np.uint8)
    >>> FisherFeatures(gaussians=3, components=8).fit_transform(crops).shape
    (4, 60)
    """

    family = "fisher"
    symmetric = True
    #: What ``fit`` learns, as it is saved.
    learned = ("center_", "components_", "weights_", "means_", "variances_")

    def __init__(
        self, *, cells=(4, 6), step=4, gaussians=96, components=64, random_state=0
    ):
        self.cells = cells
        self.step = step
        self.gaussians = gaussians
        self.components = components
        self.random_state = random_state

    def fit(self, X, y=None):
        """Learn the vocabulary.

        Parameters
        ----------
        X : ndarray of uint8, shape (n, S, S)
            Aligned gray crops; some are drawn where there are many.
        y : ignored

        Raises
        ------
        ValueError
            ``X`` is not an array of square 8-bit crops, a parameter is impossible, or
            the crops hold fewer descriptors than there are Gaussians.
        """
        super().fit(X)
        random = np.random.default_rng(self.random_state)
        drawn = random.choice(len(X), min(len(X), SAMPLE_CROPS), replace=False)
        rows, places = self._describe(np.asarray(X[np.sort(drawn)]))
        places = np.tile(places, (len(drawn), 1))
        self.center_ = rows.mean(axis=0)
        centred = rows - self.center_
        basis = np.linalg.svd(gram(centred))[0]
        self.components_ = np.ascontiguousarray(basis[:, : self.components])
        words = np.concatenate([centred @ self.components_, places], axis=1)
        some = random.choice(len(words), min(len(words), SAMPLE_ROWS), replace=False)
        self._learn_gaussians(words[np.sort(some)])
        return self

    def _learn_gaussians(self, words):
        import warnings

        from sklearn.exceptions import ConvergenceWarning
        from sklearn.mixture import GaussianMixture

        if len(words) < self.gaussians:
            raise ValueError(
                f"The crops hold {len(words)} descriptors, too few for gaussians="
                f"{self.gaussians}. Add crops or lower gaussians."
            )
        mixture = GaussianMixture(
            self.gaussians,
            covariance_type="diag",
            max_iter=ROUNDS,
            reg_covar=1e-5,
            init_params="k-means++",
            random_state=self.random_state,
        )
        with warnings.catch_warnings():
            # A vocabulary need not be the likeliest one.
            warnings.simplefilter("ignore", ConvergenceWarning)
            mixture.fit(words)
        self.weights_ = mixture.weights_.astype(np.float32)
        self.means_ = mixture.means_.astype(np.float32)
        self.variances_ = mixture.covariances_.astype(np.float32)

    def _validate(self, size):
        # A descriptor must fit the crop, and the sums of its cells 32 bits.
        check_cells(self, min(size // SIDE, LARGEST_CELL))
        check_parameter(self, "step", self.step, 1, size)
        check_parameter(self, "gaussians", self.gaussians, 1, 4096)
        check_parameter(self, "components", self.components, 1, LENGTH)

    def _describe(self, crops):
        """Descriptors of all crops, row by row, and the places of one crop's."""
        grids = [_grid(crops.shape[1], cell, self.step) for cell in self.cells]
        parts = [
            describe(crops, np.repeat(grid[None], len(crops), axis=0), (cell,))[:, 0]
            for cell, grid in zip(self.cells, grids, strict=True)
        ]
        rows = np.concatenate(parts, axis=1).reshape(-1, LENGTH)
        centre = (crops.shape[1] - 1) / 2
        places = (np.concatenate(grids) - centre) / crops.shape[1] * PLACE
        return rows, places.astype(np.float32)

    def _compute(self, crops):
        check_fitted(self, "variances_")
        size = crops.shape[1]
        number = sum(len(_grid(size, cell, self.step)) for cell in self.cells)
        parts = slices(len(crops), max(1, ROWS // max(1, number)))
        return np.concatenate([self._encode(crops[own]) for own in parts])

    def _encode(self, crops):
        rows, places = self._describe(crops)
        rows -= self.center_
        mirrored = places * np.array([-1, 1], dtype=np.float32)
        known = self._known()
        sums = 0
        for basis, offset, where in (
            (self.components_, 0, places),
            (known.turned, known.offset, mirrored),
        ):
            words = np.concatenate(
                [rows @ basis + offset, np.tile(where, (len(crops), 1))], axis=1
            )
            sums = sums + self._sums(words, len(crops))
        return self._vector(sums, 2 * len(places))

    def _known(self):
        """What follows from the vocabulary; kept from then on."""
        kept = getattr(self, "_kept", None)
        if kept is None or kept.variances is not self.variances_:
            kept = self._kept = _Known(self)
        return kept

    def _sums(self, words, n):
        """For each face and Gaussian: sums of share, share * word, share * word ** 2."""
        known = self._known()
        both = np.concatenate([words, words * words], axis=1)
        shares = both @ known.factors.T + known.likely
        shares -= shares.max(axis=1, keepdims=True)
        # Smaller ones count for nothing, but numbers near 1e-38 would slow what follows.
        np.exp(np.maximum(shares, -60, out=shares), out=shares)
        shares /= shares.sum(axis=1, keepdims=True)
        shares = shares.reshape(n, -1, self.gaussians).transpose(0, 2, 1)
        sums = np.matmul(shares, both.reshape(n, -1, both.shape[1]))
        return np.concatenate([shares.sum(axis=2, keepdims=True), sums], axis=2)

    def _vector(self, sums, number):
        share, first, second = np.split(sums, [1, 1 + self.means_.shape[1]], axis=2)
        mean, variance, known = self.means_, self.variances_, self._known()
        by_mean = (first - share * mean) / known.deviations / known.root
        squares = second - known.doubles * first + share * known.squares
        by_variance = (squares / variance - share) / known.root_of_two
        vector = np.stack([by_mean, by_variance], axis=1).reshape(len(sums), -1) / number
        vector = np.sign(vector) * np.sqrt(np.abs(vector))
        length = np.linalg.norm(vector, axis=1, keepdims=True)
        return (vector / np.maximum(length, 1e-12)).astype(np.float32)

    def _number(self, size):
        return 2 * self.gaussians * (self.components + 2)

    def _names(self, size):
        return _column_names(self.gaussians, self.components)


class _Known:
    """What follows from a vocabulary alone."""

    def __init__(self, own):
        mean, variance = own.means_, own.variances_
        # A mirrored descriptor holds the same values in another order: turn the basis.
        self.turned = own.components_[mirror_columns()]
        shift = own.center_[mirror_columns()] - own.center_
        self.offset = shift @ own.components_
        precision = 1 / variance
        self.factors = np.concatenate([mean * precision, -0.5 * precision], axis=1)
        spread = np.log(variance) + mean**2 * precision
        self.likely = np.log(own.weights_) - 0.5 * spread.sum(axis=1)
        self.variances, self.deviations = variance, np.sqrt(variance)
        self.root = np.sqrt(own.weights_)[:, None]
        self.root_of_two = np.sqrt(np.float32(2)) * self.root
        self.doubles, self.squares = 2 * mean, mean**2


@lru_cache(maxsize=8)
def _grid(size, cell, step):
    """Centres of descriptors that lie in the crop, symmetric to its middle."""
    width = SIDE * cell
    number = (size - width) // step + 1
    line = (size - 1) / 2 + step * (np.arange(number) - (number - 1) / 2)
    x, y = np.meshgrid(line, line)
    return np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32)


@lru_cache(maxsize=4)
def _column_names(gaussians, components):
    places = [f"c{i:02d}" for i in range(components)] + ["x", "y"]
    return tuple(
        f"fisher__{kind}_k{k:02d}_{place}"
        for kind in ("mean", "var")
        for k in range(gaussians)
        for place in places
    )
