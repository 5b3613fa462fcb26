"""How far detected boxes and marked faces agree, and which belongs to which."""

import numpy as np

from fer_classic.detect.nms import overlaps

#: Corners of the polygon that stands for an ellipse.
_CORNERS = 360


def corners_of(faces):
    """Corners of boxes as an array.

    Returns
    -------
    ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 in pixels.
    """
    return np.array([face.corners for face in faces], dtype=float).reshape(-1, 4)


def overlap_matrix(boxes, marks, *, ellipses=False):
    """Intersection over union of every detected box with every marked face.

    Parameters
    ----------
    boxes : ndarray of float, shape (n, 4)
        x1, y1, x2, y2 in pixels.
    marks : sequence of Mark
    ellipses : bool
        Whether a face marked by an ellipse is that ellipse rather than its box.

    Returns
    -------
    ndarray of float64, shape (n, len(marks))
    """
    made = np.zeros((len(boxes), len(marks)))
    for j, mark in enumerate(marks):
        if ellipses and mark.ellipse is not None:
            polygon = ellipse_polygon(*mark.ellipse)
            own = _area(polygon)
            both = np.array([_area(clipped(polygon, box)) for box in boxes])
            areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
            made[:, j] = both / np.maximum(areas + own - both, 1e-12)
        else:
            made[:, j] = overlaps(np.array(mark.corners), boxes)
    return made


def ellipse_polygon(a, b, angle, x, y):
    """An ellipse as a polygon of the same area to 1 part in 20,000.

    Parameters
    ----------
    a, b : float
        Half axes.
    angle : float
        Of the first axis against the horizontal, in radians.
    x, y : float
        Centre.

    Returns
    -------
    ndarray of float64, shape (360, 2)
    """
    turn = np.arange(_CORNERS) * (2 * np.pi / _CORNERS)
    along, across = a * np.cos(turn), b * np.sin(turn)
    cos, sin = np.cos(angle), np.sin(angle)
    return np.stack([x + along * cos - across * sin, y + along * sin + across * cos], 1)


def clipped(polygon, box):
    """The part of a convex polygon within a box (Sutherland & Hodgman 1974).

    Parameters
    ----------
    polygon : ndarray of float, shape (n, 2)
    box : sequence of 4 float
        x1, y1, x2, y2.

    Returns
    -------
    ndarray of float64, shape (m, 2)
        May be empty.
    """
    for axis, limit, sign in (
        (0, box[0], 1),
        (1, box[1], 1),
        (0, box[2], -1),
        (1, box[3], -1),
    ):
        if not len(polygon):
            break
        inside = sign * (polygon[:, axis] - limit)
        made = []
        for i in range(len(polygon)):
            before, here = inside[i - 1], inside[i]
            if (before >= 0) != (here >= 0):
                share = before / (before - here)
                made.append(polygon[i - 1] + share * (polygon[i] - polygon[i - 1]))
            if here >= 0:
                made.append(polygon[i])
        polygon = np.array(made).reshape(-1, 2)
    return polygon


def _area(polygon):
    """Shoelace formula."""
    if len(polygon) < 3:
        return 0.0
    x, y = polygon[:, 0], polygon[:, 1]
    return abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def assign(overlaps):
    """Pairs of box and face, each at most once, with the largest sum of overlaps.

    Parameters
    ----------
    overlaps : ndarray of float, shape (n, m)

    Returns
    -------
    boxes, marks : ndarrays of int
        Only pairs that overlap.
    """
    from scipy.optimize import linear_sum_assignment

    boxes, marks = linear_sum_assignment(overlaps, maximize=True)
    touching = overlaps[boxes, marks] > 0
    return boxes[touching], marks[touching]
