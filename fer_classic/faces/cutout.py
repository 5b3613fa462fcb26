"""Faces cut out of a photograph, in its own colours."""

import numpy as np
from PIL import Image

from fer_classic.data.image import to_rgb
from fer_classic.detect import Face
from fer_classic.errors import one_of
from fer_classic.faces.align import alignment, warp

#: "aligned": turned and scaled as the model sees it; "boxed": what the box shows.
HOW = ("aligned", "boxed")
#: Side of an aligned face in pixels.
SIDE = 224


def cut_out(image, box, points, how="aligned", side=SIDE):
    """One face as a picture.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3) or (H, W)
    box : sequence of 4 float
        x, y (top left), width and height in pixels.
    points : ndarray of float, shape (68, 2)
        Landmarks in pixels; where they are NaN, "aligned" shows the box, upright.
    how : {"aligned", "boxed"}
    side : int
        Of an aligned face in pixels. A boxed one keeps the photograph's resolution.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3) or (h, w)
    """
    one_of(how, HOW, "crops")
    x, y, width, height = map(float, box)
    if how == "boxed":
        corners = (round(x), round(y), round(x + width), round(y + height))
        left, top, right, bottom = corners
        size = (max(left + 1, right), max(top + 1, bottom))
        return np.asarray(Image.fromarray(image).crop((left, top, *size)))
    method = "68" if np.isfinite(points).all() else "none"
    matrix = alignment(Face(x, y, width, height, 0.0), points, method=method, size=side)
    if image.ndim == 2:
        return warp(image, matrix, side)
    bands = np.ascontiguousarray(to_rgb(image).transpose(2, 0, 1))
    return np.stack([warp(band, matrix, side) for band in bands], axis=-1)
