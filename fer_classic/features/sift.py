"""SIFT descriptors at the landmarks."""

from functools import lru_cache

import numpy as np

from fer_classic.compute.compiled import are_first
from fer_classic.faces.landmarks import MIRROR
from fer_classic.features.base import (
    CountedColumns,
    Transformer,
    check_cells,
    check_crops,
    check_fitted,
    check_fitted_size,
)
from fer_classic.features.geometry import check_landmarks

#: Landmarks described: jaw and chin, brows, nose, eyes, mouth.
POINTS = (
    *(3, 8, 13),
    *(17, 19, 21, 22, 24, 26),
    *(27, 30, 31, 33, 35),
    *range(36, 48),
    *range(48, 60),
    *(62, 66),
)
#: Crops described at a time: few, so that their gradients stay in the processor's cache,
#: which halves the time.
BLOCK = 8

#: Cells of a descriptor, a side, and orientations over 360 degrees, as Lowe (IJCV 2004).
SIDE, ORIENTATIONS = 4, 8
LENGTH = SIDE * SIDE * ORIENTATIONS
#: Steps of a gradient's magnitude, and the largest cell whose sums fit 32 bits with them.
STEPS, LARGEST_CELL = np.float32(16), 24


class SIFTFeatures(CountedColumns, Transformer):
    """Root-SIFT descriptors centred at 40 landmarks (after Lowe, IJCV 2004).

    A fixed grid sees the mouth's corner now in one cell, now in another; a descriptor at
    the landmark itself always looks at the same place of the face, whatever the
    expression has moved. Described at several sizes, such features are the strongest of
    this package (compare high-dimensional LBP at landmarks, Chen et al., CVPR 2013).

    Each descriptor is 4 x 4 cells of 8 orientations over 360 degrees, upright in the
    aligned crop, pixels shared bilinearly by cells and linearly by orientations, divided
    by its sum, square roots taken (Arandjelović & Zisserman, CVPR 2012).

    Parameters
    ----------
    cells : tuple of int
        Sides of a cell in pixels; each adds its own descriptors, 4 cells wide.

    Attributes
    ----------
    crop_size_ : int
        Side of the crops seen by ``fit``, in pixels.

    Examples
    --------
    >>> import numpy as np
    >>> from fer_classic.faces.align import canonical_shape
    >>> from fer_classic.features import SIFTFeatures
    >>> faces = np.zeros((1, 64, 64), dtype=np.uint8), canonical_shape(64)[None]
    >>> SIFTFeatures(cells=(3, 6)).fit_transform(faces).shape
    (1, 10240)
    """

    family = "sift"
    reads = "faces"

    def __init__(self, *, cells=(3, 6)):
        self.cells = cells

    def fit(self, X, y=None):
        """Note the size of the crops.

        Parameters
        ----------
        X : pair of ndarrays
            Aligned gray crops, uint8, shape (n, S, S), and their landmarks, float, shape
            (n, 68, 2), in pixels of the crop.
        y : ignored

        Raises
        ------
        ValueError
            ``X`` is something else, or a parameter is impossible.
        """
        crops, _ = check_faces(X)
        self.crop_size_ = crops.shape[1]
        self._validate(self.crop_size_)
        return self

    def transform(self, X):
        """Compute the features.

        Parameters
        ----------
        X : pair of ndarrays
            As for ``fit``, with crops of the same size.

        Returns
        -------
        ndarray of float32, shape (n, number of cells * 40 * 128)
        """
        check_fitted(self, "crop_size_")
        crops, landmarks = check_faces(X)
        check_fitted_size(self, crops)
        points = np.ascontiguousarray(landmarks[:, POINTS], dtype=np.float32)
        return describe(crops, points, self.cells).reshape(len(crops), -1)

    def _validate(self, size):
        check_cells(self, LARGEST_CELL)

    def _number(self, size):
        return len(self.cells) * len(POINTS) * LENGTH

    def mirror(self, columns):
        """The features of the mirrored faces: the same values in another order.

        Parameters
        ----------
        columns : ndarray, shape (n, number of cells * 40 * 128)
            As :func:`transform` gives them.

        Returns
        -------
        ndarray, same shape
        """
        shape = (len(columns), len(self.cells), len(POINTS), LENGTH)
        opposite = [POINTS.index(MIRROR[point]) for point in POINTS]
        by_point = columns.reshape(shape)[:, :, opposite]
        return by_point[..., mirror_columns()].reshape(len(columns), -1)

    def get_feature_names_out(self, input_features=None):
        """Names of the columns.

        Returns
        -------
        ndarray of object (str), shape (n_features,)
        """
        check_fitted(self)
        return np.array(_column_names(tuple(self.cells)), dtype=object)


def describe(crops, points, cells):
    """Root-SIFT descriptors of several sizes at given points.

    Parameters
    ----------
    crops : ndarray of uint8, shape (n, S, S)
    points : ndarray of float32, shape (n, P, 2)
        x and y in pixels.
    cells : sequence of int
        Sides of a cell in pixels.

    Returns
    -------
    ndarray of float32, shape (n, number of cells, P, 128)
    """
    crops, shares = np.ascontiguousarray(crops), orientation_shares()
    if are_first("descriptors", len(crops)):
        maps = _gradient_maps(crops, shares)
        parts = [_descriptors(_smooth(maps, cell), points, cell) for cell in cells]
        return np.stack(parts, axis=1)
    from fer_classic.features import _descriptors as compiled

    shape = (len(crops), len(cells), points.shape[1], LENGTH)
    out = np.empty(shape, dtype=np.float32)
    for start in range(0, len(crops), BLOCK):
        some = slice(start, start + BLOCK)
        maps = compiled.gradient_maps(crops[some], shares)
        for number, cell in enumerate(cells):
            smooth = compiled.smooth(maps, cell)
            out[some, number] = compiled.descriptors(smooth, points[some], cell)
    return out


@lru_cache(maxsize=1)
def orientation_shares():
    """Orientation of every gradient that 8-bit images can have, in bins.

    Returns
    -------
    ndarray of float32, shape (511, 511)
        From 0 to 8, indexed by 255 + row difference, 255 + column difference.
    """
    difference = np.arange(-255, 256, dtype=np.float64)
    rows, columns = np.meshgrid(difference, difference, indexing="ij")
    turns = np.arctan2(rows, columns) / (2 * np.pi) % 1.0
    return (turns * ORIENTATIONS).astype(np.float32)


def _gradient_maps(crops, angles):
    """As :func:`fer_classic.features._descriptors.gradient_maps`, without numba."""
    padded = np.pad(crops.astype(np.int64), ((0, 0), (1, 1), (1, 1)), "edge")
    dr = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    dc = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    magnitude = STEPS * np.sqrt((dr * dr + dc * dc).astype(np.float32))
    angle = angles[255 + dr, 255 + dc]
    first = angle.astype(np.int64)
    share = angle - first.astype(np.float32)
    out = np.zeros((*crops.shape, ORIENTATIONS), np.int64)
    # In 64 bits, as numba subtracts 32 bits from a whole number.
    here = magnitude * (1 - share.astype(np.float64)) + 0.5
    following = magnitude * share + np.float32(0.5)
    for bin_, weight in ((first, here), (first + 1, following)):
        weight = weight.astype(np.int64)[..., None]
        np.put_along_axis(out, bin_[..., None] % ORIENTATIONS, weight, axis=3)
    return out


def _smooth(maps, cell):
    """As :func:`fer_classic.features._descriptors.smooth`, without numba."""
    for axis in (1, 2):
        lines = np.moveaxis(maps, axis, 0)
        for margin in (cell - 1, 0):  # a box, twice: a triangle
            beside = [(margin + 1, margin), *[(0, 0)] * (lines.ndim - 1)]
            sums = np.pad(lines, beside).cumsum(axis=0)
            lines = sums[cell:] - sums[:-cell]
        maps = np.moveaxis(lines, 0, axis)
    return maps


def _descriptors(maps, points, cell):
    """As :func:`fer_classic.features._descriptors.descriptors`, without numba."""
    size = maps.shape[1]
    offsets = ((np.arange(SIDE) - 1.5) * cell).astype(np.float32)
    x, y = (points[..., None, side] + offsets for side in (0, 1))  # (n, P, 4)
    left, top = (np.clip(own.astype(np.int64), 0, size - 2) for own in (x, y))
    fx, fy = x - left.astype(np.float32), y - top.astype(np.float32)
    inside = (y >= 0) & (y <= size - 1), (x >= 0) & (x <= size - 1)
    # By cell row, cell column and orientation.
    face, left, top = (
        np.arange(len(maps))[:, None, None, None],
        left[:, :, None],
        top[..., None],
    )
    a, b, d, e = (
        maps[face, top + down, left + right].astype(np.float32)
        for down in (0, 1)
        for right in (0, 1)
    )
    fx, fy = fx[:, :, None, :, None], fy[..., None, None]
    above, below = a + fx * (b - a), d + fx * (e - d)
    cells = above + fy * (below - above)
    cells[~(inside[0][..., None] & inside[1][:, :, None])] = 0
    lines = cells.reshape(*points.shape[:2], LENGTH)
    total = np.add.accumulate(lines, axis=2)[..., -1:]  # one after the other
    return np.sqrt(lines / np.where(total > 0, total, 1))


@lru_cache(maxsize=1)
def mirror_columns():
    """Where each value of a mirrored descriptor stands in the descriptor.

    Returns
    -------
    ndarray of int, shape (128,)
        A mirrored descriptor is ``descriptor[mirror_columns()]``.
    """
    side, orientations = SIDE, ORIENTATIONS
    place = np.arange(LENGTH).reshape(side, side, orientations)
    opposite = (orientations // 2 - np.arange(orientations)) % orientations
    return place[:, ::-1][:, :, opposite].ravel()


def check_faces(faces):
    """Return a pair of crops and landmarks, or raise ValueError."""
    if not isinstance(faces, tuple | list) or len(faces) != 2:
        raise ValueError(
            "Faces must be a pair of crops, shape (n, side, side), and landmarks, shape "
            f"(n, 68, 2). Got {type(faces).__name__} instead."
        )
    crops, landmarks = check_crops(faces[0]), check_landmarks(faces[1])
    if len(crops) != len(landmarks):
        raise ValueError(
            "There must be one row of landmarks for each crop. Got "
            f"{len(landmarks)} for {len(crops)} crops."
        )
    return crops, landmarks


@lru_cache(maxsize=4)
def _column_names(cells):
    return tuple(
        f"sift__s{cell}_p{point:02d}_r{row}_c{column}_o{o}"
        for cell in cells
        for point in POINTS
        for row in range(SIDE)
        for column in range(SIDE)
        for o in range(ORIENTATIONS)
    )
