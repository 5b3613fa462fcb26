"""SIFT descriptors at the landmarks."""

from functools import lru_cache

import numpy as np

from fer_classic.faces.landmarks import MIRROR
from fer_classic.features import _descriptors
from fer_classic.features.base import (
    CountedColumns,
    Transformer,
    check_crops,
    check_fitted,
    check_fitted_size,
    check_range,
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

_orientation_shares = lru_cache(maxsize=1)(_descriptors.orientation_shares)


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
        check_cells(self, _descriptors.LARGEST_CELL)

    def _number(self, size):
        return len(self.cells) * len(POINTS) * _descriptors.LENGTH

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
        shape = (len(columns), len(self.cells), len(POINTS), _descriptors.LENGTH)
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
    crops, shares = np.ascontiguousarray(crops), _orientation_shares()
    shape = (len(crops), len(cells), points.shape[1], _descriptors.LENGTH)
    out = np.empty(shape, dtype=np.float32)
    for start in range(0, len(crops), BLOCK):
        some = slice(start, start + BLOCK)
        maps = _descriptors.gradient_maps(crops[some], shares)
        for number, cell in enumerate(cells):
            smooth = _descriptors.smooth(maps, cell)
            out[some, number] = _descriptors.descriptors(smooth, points[some], cell)
    return out


@lru_cache(maxsize=1)
def mirror_columns():
    """Where each value of a mirrored descriptor stands in the descriptor.

    Returns
    -------
    ndarray of int, shape (128,)
        A mirrored descriptor is ``descriptor[mirror_columns()]``.
    """
    side, orientations = _descriptors.SIDE, _descriptors.ORIENTATIONS
    place = np.arange(_descriptors.LENGTH).reshape(side, side, orientations)
    opposite = (orientations // 2 - np.arange(orientations)) % orientations
    return place[:, ::-1][:, :, opposite].ravel()


def check_cells(owner, largest):
    """Raise ValueError unless ``cells`` of a transformer are different sides of cells.

    Parameters
    ----------
    owner : transformer with ``cells``
    largest : int
        Largest side in pixels.
    """
    cells, name = owner.cells, type(owner).__name__
    if not isinstance(cells, tuple | list) or not cells:
        raise ValueError(
            f"cells of {name} must be a tuple of whole numbers. Got {cells!r} instead."
        )
    for cell in cells:
        check_range(owner, "each cell", cell, 1, largest)
    if len(set(cells)) < len(cells):
        raise ValueError(f"cells of {name} must differ. Got {cells!r}: remove one.")


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
        for row in range(_descriptors.SIDE)
        for column in range(_descriptors.SIDE)
        for o in range(_descriptors.ORIENTATIONS)
    )
