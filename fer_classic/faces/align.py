"""Alignment: a similarity transform that puts every face in the same place."""

from functools import lru_cache
from importlib.resources import files
from math import ceil, floor

import numpy as np
from PIL import Image

from fer_classic.compute.compiled import are_first
from fer_classic.errors import one_of

#: Landmarks that move little with expression; the transform is fitted to these.
STABLE = {
    "5": (36, 39, 42, 45, 33),  # corners of the eyes, base of the nose
    "68": (*range(0, 17), *range(27, 48)),  # all but brows and mouth
}
METHODS = ("box", "none", *STABLE)

#: Place of the mean face in the crop: distance of the outer eye corners and the
#: height of their midpoint, over the side of the crop.
EYE_DISTANCE = 0.70
EYE_HEIGHT = 0.28


@lru_cache(maxsize=1)
def mean_shape():
    """Mean of the 68 landmarks, symmetric, over the faces of FER2013's training part.

    Returns
    -------
    ndarray of float64, shape (68, 2)
        The outer eye corners are at (-0.5, 0) and (0.5, 0); y grows downwards.
    """
    text = (files("fer_classic.faces") / "mean_shape.csv").read_text()
    shape = np.loadtxt(text.splitlines(), delimiter=",", skiprows=1)
    shape.setflags(write=False)
    return shape


def canonical_shape(size):
    """The mean shape as it lies in an aligned crop.

    Parameters
    ----------
    size : int
        Side of the crop in pixels.

    Returns
    -------
    ndarray of float64, shape (68, 2), in pixels
    """
    return (mean_shape() * EYE_DISTANCE + (0.5, EYE_HEIGHT)) * size - 0.5


def similarity(source, target):
    """Least-squares similarity transform (Umeyama, TPAMI 1991, without reflection).

    Parameters
    ----------
    source, target : array of float, shape (n, 2)

    Returns
    -------
    ndarray of float64, shape (2, 3)
        ``M`` with ``target ≈ source @ M[:, :2].T + M[:, 2]``. If all source points
        coincide, a mere shift.
    """
    source = np.asarray(source, dtype=np.float64)
    target = np.asarray(target, dtype=np.float64)
    a, b = source - source.mean(axis=0), target - target.mean(axis=0)
    total = (a * a).sum()
    if total < 1e-12:
        scale_cos, scale_sin = 1.0, 0.0
    else:
        scale_cos = (a * b).sum() / total
        scale_sin = (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / total
    linear = np.array([[scale_cos, -scale_sin], [scale_sin, scale_cos]])
    shift = target.mean(axis=0) - linear @ source.mean(axis=0)
    return np.column_stack([linear, shift])


def transform(points, matrix):
    """Apply a 2x3 transform to points.

    Parameters
    ----------
    points : array of float, shape (n, 2)
    matrix : array of float, shape (2, 3)

    Returns
    -------
    ndarray of float64, shape (n, 2)
    """
    return np.asarray(points, dtype=np.float64) @ matrix[:, :2].T + matrix[:, 2]


def alignment(face, points, *, method, size):
    """Transform from the photograph to the aligned crop.

    Parameters
    ----------
    face : Face
        Used by methods "box" and "none", as :func:`upright` does.
    points : array of float, shape (68, 2)
        Landmarks in pixels of the photograph; not used by "box" and "none".
    method : {"box", "none", "5", "68"}
        Which landmarks the transform is fitted to.
    size : int
        Side of the crop in pixels.

    Returns
    -------
    ndarray of float64, shape (2, 3)

    Raises
    ------
    UsageError
        The method is unknown.
    """
    one_of(method, METHODS, "align")
    if method not in STABLE:
        return upright(face, size)
    stable = list(STABLE[method])
    return similarity(np.asarray(points)[stable], canonical_shape(size)[stable])


def upright(face, size):
    """Transform from the photograph to a crop that shows a box as it is.

    Parameters
    ----------
    face : Face
        Its longer side becomes that of the crop.
    size : int
        Side of the crop in pixels.

    Returns
    -------
    ndarray of float64, shape (2, 3)
    """
    scale = size / max(face.width, face.height, 1.0)
    x, y = face.x + face.width / 2 - 0.5, face.y + face.height / 2 - 0.5
    centre = (size - 1) / 2
    return np.array([[scale, 0.0, centre - scale * x], [0.0, scale, centre - scale * y]])


def warp(gray, matrix, size):
    """Resample the square that a transform maps to the crop.

    Bilinear after reduction by whole factors, so that large faces do not alias; beyond
    its edges the image is continued by its border.

    Parameters
    ----------
    gray : ndarray of uint8, shape (H, W)
    matrix : ndarray of float64, shape (2, 3)
        From pixels of the image to pixels of the crop, centres at whole numbers.
    size : int
        Side of the crop in pixels.

    Returns
    -------
    ndarray of uint8, shape (size, size)
    """
    square = np.eye(3)
    square[:2] = matrix
    inverse = np.linalg.inv(square)[:2]
    low, high = -0.5, size - 0.5
    corners = transform([(low, low), (low, high), (high, low), (high, high)], inverse)
    shrink = max(1, int(np.hypot(*inverse[:, 0])))
    # Cut what lies in the image, shrink it, and only then repeat the border, so that
    # the work depends on the crop and the image, never on how far the square reaches.
    (left, right), (top, bottom) = (
        _cut(places, 2 * shrink, length)
        for places, length in zip(corners.T.tolist(), gray.shape[::-1], strict=True)
    )
    part = gray[top:bottom, left:right]
    if shrink > 1:
        part = Image.fromarray(part).reduce(shrink)
    linear = (inverse[:, :2] / shrink).astype(np.float32)
    shift = ((inverse[:, 2] + 0.5 - (left, top)) / shrink - 0.5).astype(np.float32)
    # A copy, contiguous and writable: for other arrays the loop would be compiled anew.
    part = np.array(part)
    if are_first("warp"):
        return _sample(part, linear, shift, size)
    from fer_classic.faces._warp import sample

    return sample(part, linear, shift, size)


def _sample(gray, linear, shift, size):
    """As :func:`fer_classic.faces._warp.sample`, without numba."""
    y, x = np.indices((size, size), np.float32)
    last = np.array(gray.shape[::-1], np.float32) - 1
    places = [
        np.clip(own[0] * x + own[1] * y + offset, 0, end)
        for own, offset, end in zip(linear, shift, last, strict=True)
    ]
    (c, r), (end, bottom) = (own.astype(np.int64) for own in places), last.astype(int)
    fx, fy = (place - np.floor(place).astype(np.float64) for place in places)
    after, below = np.minimum(c + 1, end), np.minimum(r + 1, bottom)
    upper = gray[r, c] * (1 - fx) + gray[r, after] * fx
    lower = gray[below, c] * (1 - fx) + gray[below, after] * fx
    return np.rint(upper * (1 - fy) + lower * fy).astype(np.uint8)


def _cut(places, margin, length):
    """First pixel, and the one after the last, of those along an axis that are needed."""
    first = min(max(floor(min(places)) - margin, 0), length - 1)
    return first, min(max(ceil(max(places)) + margin + 1, first + 1), length)
