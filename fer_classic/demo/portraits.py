"""Portraits whose landmarks can be moved: what the demonstration set is made of.

Two public-domain portraits that come with installed packages are cut out and brought to
one scale. Facial action units (P. Ekman and W. V. Friesen, Facial Action Coding System,
1978) move some of their 68 landmarks, and a thin-plate spline (F. L. Bookstein, IEEE
PAMI 11(6), 1989) carries the pixels along.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from fer_classic.faces.landmarks import LEFT_EYE, MIRROR, RIGHT_EYE

#: Number of the unit: "landmark:outward,up ..." in hundredths of the distance between
#: the eyes. Only the left half and the middle are listed; the right half mirrors them.
ACTION_UNITS = {
    1: "19:0,5 20:0,13 21:0,18",  # inner brow raiser
    2: "17:0,10 18:0,16 19:0,13 20:0,6",  # outer brow raiser
    4: "17:0,2 18:-1,2 19:-3,-4 20:-5,-9 21:-8,-13",  # brow lowerer
    5: "37:0,6 38:0,6 40:0,-1 41:0,-1",  # upper lid raiser
    6: "37:0,-1 38:0,-1 40:0,3 41:0,3",  # cheek raiser
    7: "37:0,-2 38:0,-2 40:0,3 41:0,3",  # lid tightener
    12: "48:16,15 60:14,13 49:9,6 59:10,6 50:3,0 58:4,-2 57:0,-3 51:0,-1 61:6,1 67:6,1 "
    "31:3,2",  # lip corner puller
    15: "48:3,-16 60:3,-14 49:2,-8 59:0,-9 61:0,-3 67:0,-3 58:0,-1",  # its depressor
    17: "57:0,5 58:0,4 66:0,3 67:0,3 50:0,3 51:0,3 61:0,3 62:0,3 8:0,3",  # chin raiser
    23: "48:-8,0 60:-8,0 49:-5,-3 59:-5,4 50:-2,-4 51:0,-4 57:0,5 58:-2,5",  # tightener
    25: "61:0,2 62:0,2 66:0,-7 67:0,-7 57:0,-6 58:0,-6 59:0,-3",  # lips part
    26: "48:-10,-10 60:-9,-10 49:-5,0 59:-5,-26 50:0,3 51:0,2 61:0,3 62:0,2 57:0,-44 "
    "58:0,-42 66:0,-42 67:0,-40 8:0,-42 7:0,-38 6:0,-30 5:0,-20 4:0,-10",  # jaw drop
}
#: Outline of each person: x,y in pixels of the portrait.
OUTLINES = {
    "astronaut": "154,72 157,60 165,50 191,37 197,28 212,20 230,16 260,23 275,32 "
    "287,44 295,58 299,75 301,86 298,98 294,110 267,137 255,171 285,193 298,213 "
    "305,235 325,244 340,259 350,281 364,346 395,346 440,351 480,386 505,470 505,511 "
    "25,511 22,440 50,270 85,226 112,206 130,165 145,155 182,149 182,132 157,100",
    "grace_hopper": "148,178 152,115 160,95 172,86 185,60 197,48 218,40 225,30 258,23 "
    "275,25 290,32 299,41 315,44 330,53 343,66 353,86 361,86 367,95 371,140 370,182 "
    "375,190 375,205 355,285 345,300 331,303 331,314 345,331 365,343 480,386 500,410 "
    "508,450 511,599 20,599 35,392 160,347 185,332 200,318 203,311 197,298 180,290 "
    "168,280 162,262 165,245 153,210 157,185",
}
#: Portraits are kept with the eyes EYE pixels apart and level, their middle ORIGIN
#: such distances from the corner of a canvas that is CANVAS distances wide and high.
EYE, CANVAS, ORIGIN = 64, np.array((12, 13)), np.array((6.0, 3.5))
#: Colour of the line between closed lips.
LIPS = (88, 40, 34)


class Portrait(NamedTuple):
    """A person, cut out and brought to the common scale."""

    pixels: np.ndarray  # uint8, (5, H, W): red, green, blue, mask of the person, of all
    points: np.ndarray  # (68, 2), from the middle of the eyes, in distances between them
    smiles: bool  # with the teeth in view


@lru_cache(maxsize=1)
def read_portraits():
    """Two variants of each portrait by name: as it is, and with the mouth closed."""
    import skimage.data
    from matplotlib import cbook

    astronaut = _portrait("astronaut", skimage.data.astronaut(), smiles=True)
    with cbook.get_sample_data("grace_hopper.jpg") as file:
        picture = np.asarray(Image.open(file).convert("RGB"))
    hopper = _portrait("grace_hopper", picture, smiles=False)
    return {
        "astronaut": (astronaut, _close_mouth(astronaut)),
        "grace_hopper": (hopper, hopper),
    }


def _portrait(name, picture, *, smiles):
    from fer_classic.data.image import to_gray
    from fer_classic.detect.hog import HOGDetector
    from fer_classic.faces.landmarks import predict_landmarks

    face = HOGDetector().detect(picture)[0]
    points = predict_landmarks(to_gray(picture), face).astype(float) + 0.5
    left, right = points[LEFT_EYE].mean(0), points[RIGHT_EYE].mean(0)
    middle, (dx, dy) = (left + right) / 2, right - left
    axes = np.array([[dx, -dy], [dy, dx]])
    inverse = np.linalg.inv(axes).T
    # Below its lower border the picture goes on: the body must not end in the air.
    below, (height, width) = 1500, picture.shape[:2]
    long = Image.fromarray(np.pad(picture, ((0, below), (0, 0), (0, 0)), "edge"))
    start, step = middle - axes @ ORIGIN, axes / EYE
    matrix = (*step[0], start[0], *step[1], start[1])
    size, how = tuple((CANVAS * EYE).tolist()), Image.Resampling.BICUBIC
    color = long.transform(size, Image.Transform.AFFINE, matrix, how)
    person = np.array([xy.split(",") for xy in OUTLINES[name].split()], dtype=float)
    person[person[:, 1] == height - 1, 1] += below
    x0, x1, y1 = 12, width - 12, height + below
    picture_itself = np.array([(x0, 12), (x1, 12), (x1, y1), (x0, y1)])
    masks = []
    for outline, blur in ((person, 2), (picture_itself, 8)):
        mask = polygon(size, ((outline - middle) @ inverse + ORIGIN) * EYE)
        mask = mask.filter(ImageFilter.MinFilter(5))  # no rim of the old background
        masks.append(mask.filter(ImageFilter.GaussianBlur(blur)))
    pixels = np.stack([np.asarray(band) for band in (*color.split(), *masks)])
    return Portrait(pixels, (points - middle) @ inverse, smiles)


def polygon(size, corners, value=255):
    """Black image with one filled polygon.

    Parameters
    ----------
    size : (int, int)
        Width and height in pixels.
    corners : array of float, shape (n, 2)
        x and y in pixels.
    value : int
        Gray level of the polygon.
    """
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).polygon([tuple(xy) for xy in corners], fill=value)
    return mask


def _close_mouth(portrait):
    """The portrait with its lips together, for every expression but a smile.

    Above and below the line between the lips different splines hold: no smooth one
    makes the teeth vanish.
    """
    target = portrait.points + displacement({12: -1.0})
    upper, lower = [61, 62, 63], [67, 66, 65]
    line = 0.6 * target[upper] + 0.4 * target[lower]
    down, up = line - target[upper], line - target[lower]
    target[upper] = target[lower] = line
    target[[50, 51, 52]] += 0.8 * down
    target[[58, 57, 56]] += 0.9 * up
    target[[59, 55]] += 0.5 * up[[0, 2]]
    target[[7, 8, 9]] += 0.45 * up[1]
    size = width, _ = tuple((CANVAS * EYE).tolist())
    halves = []
    for hidden in ([*range(55, 60), *lower], [*range(49, 54), *upper]):
        seen = np.setdiff1d(np.arange(68), hidden)
        known = portrait.points[seen], target[seen]
        place = size, EYE * np.eye(2), EYE * ORIGIN
        halves.append(warp(portrait.pixels, *known, *place, cells=160))
    seam = [tuple(xy) for xy in (target[60:65] + ORIGIN) * EYE]
    rim = [(0, seam[0][1]), *seam, (width, seam[-1][1]), (width, 0), (0, 0)]
    above = np.asarray(polygon(size, rim).filter(ImageFilter.GaussianBlur(1.2))) / 255
    shadow = Image.new("L", size)
    ImageDraw.Draw(shadow).line(seam, fill=190, width=3, joint="curve")
    shadow = np.asarray(shadow.filter(ImageFilter.GaussianBlur(1))) / 255
    closed = above * halves[0] + (1 - above) * halves[1]
    closed[:3] += shadow * (np.array(LIPS)[:, None, None] - closed[:3])
    return Portrait(closed.astype(np.uint8), target, False)


def displacement(units, tilt=0.0):
    """Movement of the landmarks under facial action units.

    Parameters
    ----------
    units : dict of int to float
        Strength of each unit of ACTION_UNITS.
    tilt : float
        By which share the left side moves more.

    Returns
    -------
    ndarray of float, shape (68, 2), in distances between the eyes
    """
    moved = np.zeros((68, 2))
    for unit, strength in units.items():
        for entry in ACTION_UNITS[unit].split():
            landmark, step = entry.split(":")
            outward, up = (strength * float(part) / 100 for part in step.split(","))
            point, other = int(landmark), MIRROR[int(landmark)]
            moved[point] += np.array((-outward, -up)) * (1 + tilt * (point != other))
            if other != point:
                moved[other] += np.array((outward, -up)) * (1 - tilt)
    return moved


def warp(pixels, points, target, size, matrix, center, *, cells=40):
    """Move landmarks and place the face in a new image.

    Thin-plate splines (Bookstein, TPAMI 1989) on a coarse grid, interpolated between.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (channels, H, W)
    points, target : ndarray of float, shape (n, 2)
        Where points are and where they go, in distances between the eyes.
    size : (int, int)
        Width and height of the result in pixels.
    matrix : ndarray of float, shape (2, 2)
        Maps distances between the eyes to pixels of the result.
    center : array of float, shape (2,)
        Where the origin comes to lie, in pixels of the result.
    cells : int
        Cells of the grid a side.

    Returns
    -------
    ndarray of uint8, shape (channels, height, width)
    """
    from scipy.interpolate import RBFInterpolator
    from scipy.ndimage import map_coordinates

    axes = [(np.arange(cells) + 0.5) * (side / cells) for side in size]
    grid = np.stack(np.meshgrid(*axes), -1).reshape(-1, 2)
    places = (grid - center) @ np.linalg.inv(matrix).T
    # A ring of fixed points around the head; beyond it nothing moves.
    middle, radius = np.array((0, 0.7)), np.array((2.2, 2.6))
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ring = middle + radius * np.stack([np.cos(angles), np.sin(angles)], 1)
    known = np.concatenate([target, ring])
    shift = np.concatenate([points - target, np.zeros_like(ring)])
    inside = np.linalg.norm((places - middle) / radius, axis=1) < 1
    places[inside] += RBFInterpolator(known, shift, smoothing=1e-4)(places[inside])
    source = ((places + ORIGIN) * EYE - 0.5).reshape(cells, cells, 2)
    maps = [Image.fromarray(source[..., axis].astype(np.float32)) for axis in (1, 0)]
    where = np.stack([field.resize(size, Image.Resampling.BICUBIC) for field in maps])
    options = {"order": 1, "mode": "nearest", "output": np.uint8}
    return np.stack([map_coordinates(band, where, **options) for band in pixels])
