"""Pictures of faces, and of what the features see of them, as ``data:`` addresses."""

import base64

import numpy as np

from fer_classic.features import family_class
from fer_classic.features.sift import POINTS
from fer_classic.report.material import image_bytes

#: Runs of landmarks that are joined by lines.
LINES = (
    *(range(0, 17), range(17, 22), range(22, 27), range(27, 31), range(31, 36)),
    *([*range(36, 42), 36], [*range(42, 48), 42], [*range(48, 60), 48]),
    [*range(60, 68), 60],
)
#: Pixels of a drawn crop for each of its own.
ZOOM = 5


def data_address(pixels):
    """A picture as the address of an image in the page itself.

    Parameters
    ----------
    pixels : ndarray of uint8
    """
    return "data:image/png;base64," + base64.b64encode(image_bytes(pixels)).decode()


def dots(points):
    """Landmarks as a path of SVG: lines of no length with round ends.

    Parameters
    ----------
    points : ndarray of float, shape (68, 2)
        In pixels of the crop, whose first pixel's centre is (0, 0); NaN where none was
        located.
    """
    points = np.asarray(points, float) + 0.5
    points = points[np.isfinite(points).all(axis=1)]
    return "".join(f"M{x:.1f} {y:.1f}h0" for x, y in points)


def seen_by(family, crop, points, parameters):
    """Draw what a feature family sees of a face.

    Parameters
    ----------
    family : {"hog", "lbp", "geometry", "sift"}
    crop : ndarray of uint8, shape (S, S)
    points : ndarray of float, shape (68, 2)
        In pixels of the crop.
    parameters : dict
        Of the family.

    Returns
    -------
    ndarray of uint8, shape (S * ZOOM, S * ZOOM, 3)
    """
    draw = {"hog": _hog, "lbp": _lbp, "geometry": _geometry, "sift": _sift}[family]
    return draw(crop, np.asarray(points, dtype=np.float64), parameters)


def _canvas(crop, dark=1.0):
    from PIL import Image, ImageDraw

    side = crop.shape[0] * ZOOM
    image = Image.fromarray((crop * dark).astype(np.uint8))
    image = image.resize((side, side), Image.Resampling.BICUBIC).convert("RGB")
    return image, ImageDraw.Draw(image)


def _at(point):
    return tuple(((np.asarray(point) + 0.5) * ZOOM).tolist())


def _hog(crop, points, parameters):
    """Strokes along the edges in each cell, as bright as the model's columns are large."""
    extractor = family_class("hog")(**parameters)
    values = extractor.fit_transform(crop[None])[0]
    cell, bins = extractor.cell, extractor.orientations
    cells = crop.shape[0] // cell
    sums = np.zeros((cells, cells, bins))
    for name, value in zip(extractor.get_feature_names_out(), values, strict=True):
        row, column, bin_ = name.split("__")[1].split("_")[:3]
        sums[int(row[1:]), int(column[1:]), int(bin_[1:])] += value
    image, draw = _canvas(crop, dark=0.25)
    strength = np.sqrt(sums / max(sums.max(), 1e-9))
    span = 360 if extractor.signed else 180
    for row, column, bin_ in np.argwhere(strength > 0.2):
        share = strength[row, column, bin_]
        # An edge runs across its gradient.
        angle = np.deg2rad((bin_ + 0.5) * span / bins)
        half = 0.48 * cell * share * np.array([np.sin(angle), -np.cos(angle)])
        centre = np.array([column + 0.5, row + 0.5]) * cell - 0.5
        shine = round(255 * share)
        ends = [_at(centre - half), _at(centre + half)]
        draw.line(ends, fill=(shine, shine, round(shine * 0.55)), width=2)
    return np.asarray(image)


def _lbp(crop, points, parameters):
    """The code of each pixel as a gray value, with the cells whose histograms count."""
    extractor = family_class("lbp")(**parameters)
    extractor.fit(crop[None])
    codes = extractor.codes(crop[None])[0]
    gray = (codes / max(codes.max(), 1) * 255).astype(np.uint8)
    image, draw = _canvas(gray)
    side = image.size[0]
    for i in range(1, extractor.grid):
        place = i * side / extractor.grid
        draw.line([(place, 0), (place, side)], fill=(90, 170, 255), width=2)
        draw.line([(0, place), (side, place)], fill=(90, 170, 255), width=2)
    return np.asarray(image)


def _geometry(crop, points, parameters):
    """The outline that the landmarks draw, and some of the distances."""
    image, draw = _canvas(crop, dark=0.6)
    for a, b in ((48, 54), (51, 57), (19, 37), (24, 44), (37, 41), (44, 46), (21, 22)):
        draw.line([_at(points[a]), _at(points[b])], fill=(255, 190, 60), width=2)
    for run in LINES:
        draw.line([_at(points[i]) for i in run], fill=(90, 200, 255), width=2)
    for x, y in map(_at, points):
        draw.ellipse((x - 3, y - 3, x + 3, y + 3), fill=(255, 255, 255))
    return np.asarray(image)


def _sift(crop, points, parameters):
    """The window around each landmark whose edges are counted, at the smallest size."""
    extractor = family_class("sift")(**parameters)
    image, draw = _canvas(crop, dark=0.6)
    half = 2 * min(extractor.cells)
    for i in POINTS:
        (left, top), (right, bottom) = _at(points[i] - half), _at(points[i] + half)
        draw.rectangle((left, top, right, bottom), outline=(70, 140, 200), width=1)
    for i in POINTS:
        x, y = _at(points[i])
        draw.ellipse((x - 3, y - 3, x + 3, y + 3), fill=(255, 220, 80))
    return np.asarray(image)


def heat(mean_face, values):
    """A mean face with a heat map over it: dark is little, yellow is much.

    Parameters
    ----------
    mean_face : ndarray of uint8, shape (S, S)
    values : ndarray of float, shape (S, S)
        Not negative.

    Returns
    -------
    ndarray of uint8, shape (S * ZOOM, S * ZOOM, 3)
    """
    import matplotlib

    image, _ = _canvas(mean_face)
    gray = np.asarray(image, dtype=np.float64)
    share = values / max(values.max(), 1e-12)
    smooth, _ = _canvas((share * 255).astype(np.uint8))
    share = np.asarray(smooth, dtype=np.float64)[..., 0] / 255
    colour = matplotlib.colormaps["inferno"](share)[..., :3] * 255
    weight = (0.35 + 0.4 * share)[..., None]
    return np.rint(gray * (1 - weight) + colour * weight).astype(np.uint8)
