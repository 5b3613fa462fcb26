"""Geometry of the 68 landmarks."""

from functools import lru_cache
from itertools import combinations

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from fer_classic.align import mean_shape

#: Points whose mutual distances are measured: brows, eyes, nose, mouth.
KEY_POINTS = (
    *(17, 19, 21, 22, 24, 26),
    *(36, 37, 39, 41, 42, 44, 45, 46),
    *(27, 31, 33, 35),
    *(48, 50, 51, 52, 54, 56, 57, 58, 62, 66),
)
#: Corners: the angle at the middle point.
ANGLES = {
    "left_brow": (17, 19, 21),
    "right_brow": (22, 24, 26),
    "left_eye_outer": (37, 36, 41),
    "right_eye_outer": (44, 45, 46),
    "mouth_left": (51, 48, 57),
    "mouth_right": (51, 54, 57),
    "upper_lip": (48, 51, 54),
    "lower_lip": (48, 57, 54),
    "left_fold": (31, 48, 8),
    "right_fold": (35, 54, 8),
    "chin": (48, 8, 54),
}
_PAIRS = np.array(list(combinations(KEY_POINTS, 2))).T
_CORNERS = np.array(list(ANGLES.values())).T
RATIOS = (
    "left_eye_aspect",
    "right_eye_aspect",
    "mouth_aspect",
    "inner_mouth_aspect",
    "mouth_width",
    "left_brow_height",
    "right_brow_height",
    "brow_gap",
    "left_brow_slope",
    "right_brow_slope",
    "left_corner_lift",
    "right_corner_lift",
    "jaw_drop",
    "upper_lip_height",
)


class GeometryFeatures(TransformerMixin, BaseEstimator):
    """Shape of a face from its landmarks, free of position, size and rotation.

    The 68 points are laid over the mean face by a similarity transform (ordinary
    Procrustes analysis). Columns: the 136 aligned coordinates, distances between 28
    key points, 11 angles and 14 ratios such as the eye aspect ratio (Soukupová & Čech
    2016). Lengths are in units of the distance between the outer eye corners of the
    mean face, angles in radians.

    Attributes
    ----------
    n_landmarks_ : int
        Always 68.

    Examples
    --------
    >>> from fer_classic import GeometryFeatures
    >>> from fer_classic.align import mean_shape
    >>> GeometryFeatures().fit_transform(mean_shape()[None]).shape
    (1, 539)
    """

    family = "geo"
    reads = "landmarks"

    def fit(self, X, y=None):
        """Check the input; nothing is learned.

        Parameters
        ----------
        X : ndarray of float, shape (n, 68, 2)
            Landmarks, x and y in pixels.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            ``X`` has another shape or is not finite.
        """
        self.n_landmarks_ = check_landmarks(X).shape[1]
        return self

    def transform(self, X):
        """Compute the features.

        Parameters
        ----------
        X : ndarray of float, shape (n, 68, 2)
            Landmarks, x and y in pixels.

        Returns
        -------
        ndarray of float32, shape (n, 539)
        """
        check_is_fitted(self)
        points = procrustes(check_landmarks(X))
        parts = [
            points.reshape(len(points), -1),
            _distances(points),
            _angles(points),
            _ratios(points),
        ]
        return np.concatenate(parts, axis=1).astype(np.float32)

    def get_feature_names_out(self, input_features=None):
        """Names of the columns.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        ndarray of object (str), shape (539,)
        """
        check_is_fitted(self)
        return np.array(_column_names(), dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags


@lru_cache(maxsize=1)
def _column_names():
    names = [f"geo__{axis}{i:02d}" for i in range(68) for axis in "xy"]
    names += [f"geo__dist_{a:02d}_{b:02d}" for a, b in combinations(KEY_POINTS, 2)]
    names += [f"geo__angle_{name}" for name in ANGLES]
    return tuple(names + [f"geo__{name}" for name in RATIOS])


def check_landmarks(points):
    """Return landmarks as float64, shape (n, 68, 2), or raise ValueError.

    Parameters
    ----------
    points : array-like
    """
    points = np.asarray(points)
    if points.ndim != 3 or points.shape[1:] != (68, 2):
        raise ValueError(
            f"Landmarks must have shape (n, 68, 2). Got {points.shape} instead."
        )
    points = points.astype(np.float64)
    if len(points) == 0:
        raise ValueError("Found array with 0 sample(s): at least one face is required.")
    if not np.isfinite(points).all():
        raise ValueError("Landmarks must be finite. Got NaN or infinity.")
    return points


def procrustes(points):
    """Lay each face over the mean face (ordinary Procrustes analysis, no reflection).

    Parameters
    ----------
    points : ndarray of float64, shape (n, 68, 2)

    Returns
    -------
    ndarray of float64, shape (n, 68, 2)
        Faces whose points all coincide stay at the centre of the mean face.
    """
    target = mean_shape() - mean_shape().mean(axis=0)
    source = points - points.mean(axis=1, keepdims=True)
    x, y = source[..., 0], source[..., 1]
    total = np.maximum((source * source).sum(axis=(1, 2)), 1e-12)
    cos = (x @ target[:, 0] + y @ target[:, 1]) / total
    sin = (x @ target[:, 1] - y @ target[:, 0]) / total
    turned = np.empty_like(source)
    turned[..., 0] = cos[:, None] * x - sin[:, None] * y
    turned[..., 1] = sin[:, None] * x + cos[:, None] * y
    return turned + mean_shape().mean(axis=0)


def _distances(points):
    first, second = _PAIRS
    x = points[:, first, 0] - points[:, second, 0]
    y = points[:, first, 1] - points[:, second, 1]
    return np.sqrt(x * x + y * y)


def _angles(points):
    first, middle, last = _CORNERS
    a, b = points[:, first] - points[:, middle], points[:, last] - points[:, middle]
    cross = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return np.abs(np.arctan2(cross, (a * b).sum(axis=2)))


def _ratios(points):
    """The columns of RATIOS, in that order."""

    def length(i, j):
        return np.linalg.norm(points[:, i] - points[:, j], axis=1)

    def ratio(above, below):
        return above / np.maximum(below, 1e-6)

    def height(*indices):
        return points[:, list(indices), 1].mean(axis=1)

    def slope(i, j):
        run = np.maximum(points[:, j, 0] - points[:, i, 0], 1e-6)
        return np.clip((points[:, j, 1] - points[:, i, 1]) / run, -10, 10)

    lips = height(51, 57)
    columns = [
        ratio(length(37, 41) + length(38, 40), 2 * length(36, 39)),
        ratio(length(43, 47) + length(44, 46), 2 * length(42, 45)),
        ratio(length(51, 57), length(48, 54)),
        ratio(length(62, 66), length(60, 64)),
        length(48, 54),
        height(36, 39) - height(17, 18, 19, 20, 21),
        height(42, 45) - height(22, 23, 24, 25, 26),
        length(21, 22),
        slope(17, 21),
        -slope(22, 26),
        lips - height(48),
        lips - height(54),
        height(8) - height(33),
        height(51) - height(33),
    ]
    return np.minimum(np.stack(columns, axis=1), 100.0)
