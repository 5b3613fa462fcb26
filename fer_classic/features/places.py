"""Where in the face a named column looks, and what it is called in words."""

import re
from functools import lru_cache

import numpy as np

from fer_classic.faces.align import canonical_shape
from fer_classic.faces.landmarks import (
    JAW,
    LEFT_BROW,
    LEFT_EYE,
    MOUTH,
    NOSE,
    RIGHT_BROW,
    RIGHT_EYE,
)
from fer_classic.features import FAMILIES, family_class
from fer_classic.features.geometry import ANGLES

#: Regions and their landmarks. The cheeks have none: they are what lies between.
REGIONS = {
    "brows": range(LEFT_BROW.start, RIGHT_BROW.stop),
    "eyes": range(LEFT_EYE.start, RIGHT_EYE.stop),
    "nose": range(NOSE.start, NOSE.stop),
    "cheeks": range(0),
    "mouth": range(MOUTH.start, MOUTH.stop),
    "jaw": range(JAW.start, JAW.stop),
}
#: Landmarks that the ratios of the geometry are made of.
RATIO_POINTS = {
    "left_eye_aspect": range(36, 42),
    "right_eye_aspect": range(42, 48),
    "mouth_aspect": (48, 51, 54, 57),
    "inner_mouth_aspect": (60, 62, 64, 66),
    "mouth_width": (48, 54),
    "left_brow_height": range(17, 22),
    "right_brow_height": range(22, 27),
    "brow_gap": (21, 22),
    "left_brow_slope": (17, 21),
    "right_brow_slope": (22, 26),
    "left_corner_lift": (48,),
    "right_corner_lift": (54,),
    "jaw_drop": (8,),
    "upper_lip_height": (51, 33),
}
#: Families by the prefix of their columns; an expert's scores are a family of their own.
PREFIXES = {family_class(name).family: name for name in FAMILIES} | {"expert": "expert"}
#: A pixel belongs to the region of a landmark nearer than this, over the crop's side.
NEAR = 0.09
#: Radius of a landmark on a heat map, over the crop's side.
SPREAD = 0.035

_CELL = re.compile(r"(?:hog|lbp__d[0-9p]+)_+r(\d+)_c(\d+)_[ou]\d+")
_POINTS = re.compile(r"geo__(?:[xy](\d\d)|dist_(\d\d)_(\d\d))$|sift__s\d+_p(\d\d)_")


def family_of(column):
    """The feature family of a column.

    Parameters
    ----------
    column : str
        Such as ``hog__r03_c05_o7_b01``.

    Returns
    -------
    str
        "hog", "lbp", "geometry", "sift", "fisher" or "expert".
    """
    return PREFIXES.get(column.split("__")[0], "other")


def place_of(column):
    """Where a column looks.

    Returns
    -------
    tuple or None
        ``(family, row, column)`` of a cell, or a tuple of landmarks (ints) only. None of a
        column without a place, such as an expert's score.
    """
    if found := _CELL.match(column):
        return (family_of(column), int(found[1]), int(found[2]))
    if found := _POINTS.match(column):
        return tuple(int(point) for point in found.groups() if point)
    name = column.removeprefix("geo__")
    if name.startswith("angle_"):
        return (ANGLES[name.removeprefix("angle_")][1],)
    if column != name and name in RATIO_POINTS:
        return tuple(RATIO_POINTS[name])
    return None


def heat_map(columns, values, features, size):
    """Sum values of columns over the places where they look.

    Parameters
    ----------
    columns : sequence of str
    values : ndarray of float, shape (d,)
    features : dict of str to dict
        Parameters by family, which tell the size of cells.
    size : int
        Side of the crop in pixels.

    Returns
    -------
    ndarray of float64, shape (size, size)
        Its sum is that of the values whose columns have a place.
    """
    by_place = _by_place(columns, values)
    total = np.zeros((size, size))
    for place, value in by_place.items():
        total += value * _spread(place, _cell_sides(features, size), size)
    return total


def region_sums(columns, values, features, size):
    """Sum values of columns by region of the face.

    Parameters
    ----------
    columns, values, features, size
        As :func:`heat_map` takes them.

    Returns
    -------
    dict of str to float
        By name of REGIONS. A cell counts for each region by the share of its pixels.
    """
    sums = dict.fromkeys(REGIONS, 0.0)
    for place, value in _by_place(columns, values).items():
        for region, share in _shares(place, _cell_sides(features, size), size).items():
            sums[region] += value * share
    return sums


def columns_in(columns, region):
    """Which columns look at landmarks or cells of a region, at least in part.

    Parameters
    ----------
    columns : sequence of str
        Of geometry and SIFT; others are never in a region.
    region : str

    Returns
    -------
    ndarray of bool, shape (d,)
    """
    own = set(REGIONS[region])
    places = [place_of(column) for column in columns]
    return np.array([bool(own & _landmarks(place)) for place in places], dtype=bool)


def region_map(size):
    """The region of every pixel of an aligned crop.

    Returns
    -------
    ndarray of int, shape (size, size)
        Index into REGIONS.
    """
    return _region_map(size)


def in_words(column):
    """What a column measures, in a few plain words."""
    family, place = family_of(column), place_of(column)
    name = column.split("__", 1)[-1]
    if family == "expert":
        return f"what the experts say of {name}"
    if place is None:
        return column
    where = ", ".join(_regions_of(place))
    if family in ("hog", "lbp"):
        what = {"hog": "edges", "lbp": "texture"}[family]
        return f"{what} in cell row {place[1] + 1}, column {place[2] + 1}"
    if family == "sift":
        return f"edges around landmark {place[0]} ({where})"
    if name.startswith("dist_"):
        return f"distance {place[0]} to {place[1]} ({where})"
    if name[0] in "xy" and name[1:].isdigit():
        axis = "left-right" if name[0] == "x" else "up-down"
        return f"{axis} place of landmark {place[0]} ({where})"
    return name.replace("angle_", "angle at ").replace("_", " ")


def _by_place(columns, values):
    sums = {}
    for column, value in zip(columns, np.asarray(values).tolist(), strict=True):
        if value and (place := place_of(column)) is not None:
            sums[place] = sums.get(place, 0.0) + value
    return sums


def _is_cell(place):
    return isinstance(place[0], str)


def _landmarks(place):
    return set() if place is None or _is_cell(place) else set(place)


def _regions_of(place):
    landmarks = _landmarks(place)
    return [name for name, own in REGIONS.items() if landmarks & set(own)]


def _cell_sides(features, size):
    """Side of a cell in pixels, by family."""
    hog = family_class("hog")(**features.get("hog", {}))
    lbp = family_class("lbp")(**features.get("lbp", {}))
    return (("hog", float(hog.cell)), ("lbp", size / lbp.grid))


@lru_cache(maxsize=4096)
def _spread(place, sides, size):
    """Weights over the crop that sum to 1."""
    weights = np.zeros((size, size))
    if _is_cell(place):
        side = dict(sides)[place[0]]
        rows, columns = (slice(round(i * side), round((i + 1) * side)) for i in place[1:])
        weights[rows, columns] = 1.0
    else:
        y, x = np.mgrid[:size, :size]
        for px, py in canonical_shape(size)[list(place)]:
            # Landmarks beyond the crop, such as the chin's, show at its border.
            px, py = np.clip((px, py), 0, size - 1)
            power = ((x - px) ** 2 + (y - py) ** 2) / (2 * (SPREAD * size) ** 2)
            own = np.exp(-power)
            weights += own / own.sum()
    weights /= max(weights.sum(), 1e-12)
    weights.setflags(write=False)
    return weights


def _shares(place, sides, size):
    """Share of each region in a place."""
    if not _is_cell(place):
        return {
            region: sum(point in own for point in place) / len(place)
            for region, own in REGIONS.items()
        }
    weights = _spread(place, sides, size)
    counts = np.bincount(_region_map(size).ravel(), weights.ravel(), len(REGIONS))
    return dict(zip(REGIONS, counts.tolist(), strict=True))


@lru_cache(maxsize=8)
def _region_map(size):
    shape = canonical_shape(size)
    y, x = np.mgrid[:size, :size]
    distance = np.hypot(x[..., None] - shape[:, 0], y[..., None] - shape[:, 1])
    owner = np.empty(68, dtype=int)
    for index, own in enumerate(REGIONS.values()):
        owner[list(own)] = index
    result = owner[distance.argmin(axis=2)]
    names = list(REGIONS)
    far = distance.min(axis=2) > NEAR * size
    result[far] = names.index("cheeks")
    inner, outer = shape[48:68], shape[17:27]
    within = (x > inner[:, 0].min()) & (x < inner[:, 0].max())
    mouth = (y > inner[:, 1].min()) & (y < inner[:, 1].max())
    result[within & mouth] = names.index("mouth")
    result[far & (y < outer[:, 1].max())] = names.index("brows")
    result[far & within & (y > inner[:, 1].max())] = names.index("jaw")
    result.setflags(write=False)
    return result
