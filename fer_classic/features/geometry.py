"""Geometry of the 68 landmarks."""

from functools import lru_cache
from itertools import combinations

import numpy as np

from fer_classic.faces.align import mean_shape
from fer_classic.features.base import CountedColumns, Transformer, check_fitted

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
#: What the ratios measure: eyes (two heights and a width each), mouth, inner mouth, brows.
_MEASURES = np.array(
    [
        *((37, 41), (38, 40), (36, 39), (43, 47), (44, 46), (42, 45)),
        *((51, 57), (48, 54), (62, 66), (60, 64), (21, 22)),
    ]
).T
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


class GeometryFeatures(CountedColumns, Transformer):
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
    >>> from fer_classic.faces.align import mean_shape
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
        check_fitted(self, "n_landmarks_")
        x, y = _planes(procrustes(check_landmarks(X)))
        columns = np.empty((len(_column_names()), x.shape[1]), np.float32)
        columns[0:136:2], columns[1:136:2] = x, y
        parts = (_lengths(x, y, *_PAIRS), _angles(x, y), _ratios(x, y))
        np.concatenate(parts, out=columns[136:], casting="same_kind")
        return np.ascontiguousarray(columns.T)

    def _validate(self, size):
        """Nothing can be wrong: there are no parameters."""

    def _number(self, size):
        return len(_column_names())

    def get_feature_names_out(self, input_features=None):
        """Names of the columns.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        ndarray of object (str), shape (539,)
        """
        check_fitted(self)
        return np.array(_column_names(), dtype=object)


@lru_cache(maxsize=1)
def _column_names():
    names = [f"geo__{axis}{i:02d}" for i in range(68) for axis in "xy"]
    names += [f"geo__dist_{a:02d}_{b:02d}" for a, b in combinations(KEY_POINTS, 2)]
    names += [f"geo__angle_{name}" for name in ANGLES]
    return tuple(names + [f"geo__{name}" for name in RATIOS])


def check_landmarks(points):
    """Return landmarks as float64, shape (n, 68, 2), or raise ValueError."""
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
    target, centre = _target()
    x, y = _planes(points)
    source = points - np.stack([x.mean(axis=0), y.mean(axis=0)], axis=1)[:, None]
    total = np.maximum((source * source).sum(axis=(1, 2)), 1e-12)
    x, y = source[..., 0], source[..., 1]
    cos = (x @ target[:, 0] + y @ target[:, 1]) / total
    sin = (x @ target[:, 1] - y @ target[:, 0]) / total
    x, y = _planes(source)
    turned = np.stack([cos * x - sin * y, sin * x + cos * y])
    return turned.transpose(2, 1, 0) + centre


@lru_cache(maxsize=1)
def _target():
    """The mean face around its centre, and that."""
    centre = mean_shape().mean(axis=0)
    return mean_shape() - centre, centre


def _planes(points):
    """Return x and y, shape (68, n) each: a loop over faces is several times as fast."""
    return np.ascontiguousarray(points.transpose(2, 1, 0))


def _lengths(x, y, first, second):
    across, down = x[first] - x[second], y[first] - y[second]
    return np.sqrt(across * across + down * down)


def _angles(x, y):
    first, middle, last = _CORNERS
    ax, ay = x[first] - x[middle], y[first] - y[middle]
    bx, by = x[last] - x[middle], y[last] - y[middle]
    return np.abs(np.arctan2(ax * by - ay * bx, ax * bx + ay * by))


def _ratios(x, y):
    """The columns of RATIOS, in that order, as rows."""

    def ratio(above, below):
        return above / np.maximum(below, 1e-6)

    def height(*indices):
        return sum(y[i] for i in indices) / len(indices)

    def slope(i, j):
        run = np.maximum(x[j] - x[i], 1e-6)
        return np.minimum(np.maximum((y[j] - y[i]) / run, -10), 10)

    left, left2, left_width, right, right2, right_width, *rest = _lengths(x, y, *_MEASURES)
    mouth, mouth_width, inner_mouth, inner_mouth_width, brow_gap = rest
    lips = height(51, 57)
    columns = [
        ratio(left + left2, 2 * left_width),
        ratio(right + right2, 2 * right_width),
        ratio(mouth, mouth_width),
        ratio(inner_mouth, inner_mouth_width),
        mouth_width,
        height(36, 39) - height(17, 18, 19, 20, 21),
        height(42, 45) - height(22, 23, 24, 25, 26),
        brow_gap,
        slope(17, 21),
        -slope(22, 26),
        lips - y[48],
        lips - y[54],
        y[8] - y[33],
        y[51] - y[33],
    ]
    return np.minimum(columns, 100.0)
