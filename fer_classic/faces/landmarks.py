"""The 68 facial landmarks of a face (iBUG 300-W scheme), by dlib's shape predictor."""

import os
from functools import lru_cache
from math import ceil, floor

import numpy as np
from PIL import Image

from fer_classic.detect.base import Face
from fer_classic.errors import FerClassicError
from fer_classic.files.weights import MODEL_FILES, model_file

#: Index ranges of the scheme, sides as the viewer sees them.
JAW = slice(0, 17)
LEFT_BROW = slice(17, 22)
RIGHT_BROW = slice(22, 27)
NOSE = slice(27, 36)
LEFT_EYE = slice(36, 42)
RIGHT_EYE = slice(42, 48)
MOUTH = slice(48, 68)

#: MIRROR[i] is the landmark that point i becomes when the image is mirrored.
MIRROR = np.array(
    [*range(16, -1, -1), *range(26, 16, -1), *range(27, 31), *range(35, 30, -1)]
    + [45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40]
    + [54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55]
    + [64, 63, 62, 61, 60, 67, 66, 65]
)

#: dlib answers in whole pixels, so small faces are enlarged until the box is this wide.
FACE_PIXELS = 256
#: Pixels around the box that the predictor may look at, over the box's size.
MARGIN = 0.25
#: dlib's HOG box from the box of the landmarks, in units of that box's mean side: shift of
#: the centre and size, medians over 384 web photographs.
_DETECTOR_BOX = (0.014, -0.061, 1.038)


@lru_cache(maxsize=2)
def _forest(path):
    from fer_classic.faces.forest import kept_forest

    forest = kept_forest(path)
    if forest.points != len(MIRROR):
        raise FerClassicError(
            f"{path} predicts {forest.points} landmarks: a file of the {len(MIRROR)} of "
            "300-W is needed. Correct or unset FER_CLASSIC_LANDMARKS."
        )
    return forest


@lru_cache(maxsize=2)
def _known_file(own):
    """The landmark file, sought once for each value of the variable that names another."""
    return str(model_file("landmarks"))


def predict_landmarks(gray, face, path=None):
    """Locate the 68 landmarks of one face.

    The face with a margin is resampled so that its box is 256 pixels wide, which makes
    the result independent of the size of the photograph.

    Parameters
    ----------
    gray : ndarray of uint8, shape (H, W)
    face : Face
        Box in pixels, as dlib's HOG detector gives it.
    path : path-like, optional
        Landmark file; by default the installed one, or that which
        FER_CLASSIC_LANDMARKS names.

    Returns
    -------
    ndarray of float32, shape (68, 2)
        x and y in pixels of ``gray``; the centre of the top left pixel is (0, 0).

    Raises
    ------
    FerClassicError
        The file is missing or is not one of 68 landmarks.
    """
    side = max(face.width, face.height, 1.0)
    scale = FACE_PIXELS / side
    left = face.x + face.width / 2 - side * (0.5 + MARGIN)
    top = face.y + face.height / 2 - side * (0.5 + MARGIN)
    size = int(FACE_PIXELS * (1 + 2 * MARGIN))
    patch = cut(gray, left, top, size / scale, size)
    start = int(FACE_PIXELS * MARGIN)
    own = os.environ.get(MODEL_FILES["landmarks"][1])
    forest = _forest(str(path or _known_file(own)))
    points = forest.locate(patch, start, start + FACE_PIXELS - 1)
    return ((points + 0.5) / scale + (left - 0.5, top - 0.5)).astype(np.float32)


def detector_box(points):
    """The box that dlib's HOG detector would give around some landmarks.

    Parameters
    ----------
    points : ndarray of float, shape (68, 2)
        x and y in pixels.
    """
    (x1, y1), (x2, y2) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    side = ((x2 - x1) * (y2 - y1)) ** 0.5
    dx, dy, size = _DETECTOR_BOX
    x, y = (x1 + x2) / 2 + dx * side, (y1 + y2) / 2 + dy * side
    return Face(x - size * side / 2, y - size * side / 2, size * side, size * side, 0.0)


def cut(gray, left, top, side, size):
    """Cut a square and resample it, with antialiasing; black outside the image.

    Parameters
    ----------
    gray : ndarray of uint8, shape (H, W)
    left, top, side : float
        The square in pixels, measured from the image's corner.
    size : int
        Side of the result in pixels.

    Returns
    -------
    ndarray of uint8, shape (size, size)
    """
    image = Image.fromarray(gray)
    shrink = max(1, int(side / size))
    if shrink > 1:  # what is cut below is then never larger than twice the result
        image = image.reduce(shrink)
        left, top, side = left / shrink, top / shrink, side / shrink
    x, y = floor(left), floor(top)
    part = image.crop((x, y, ceil(left + side), ceil(top + side)))
    box = (left - x, top - y, left - x + side, top - y + side)
    return np.asarray(part.resize((size, size), Image.Resampling.BILINEAR, box=box))


def mirror_landmarks(points, width):
    """Landmarks of the mirrored image.

    Parameters
    ----------
    points : ndarray of float, shape (..., 68, 2)
        x and y in pixels.
    width : float
        Width of the image in pixels.

    Returns
    -------
    ndarray of float32, shape (..., 68, 2)
    """
    mirrored = np.array(points, dtype=np.float32)[..., MIRROR, :]
    mirrored[..., 0] = width - 1 - mirrored[..., 0]
    return mirrored
