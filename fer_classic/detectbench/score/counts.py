"""Faces found, best faces, misses and false alarms at one overlap, with intervals."""

import numpy as np

from fer_classic.detectbench.score.overlap import assign, corners_of, overlap_matrix
from fer_classic.scores.intervals import REPEATS, wilson, with_interval

#: Heights of marked faces in pixels that are told apart: from, and below.
HEIGHTS = ((0, 24), (24, 48), (48, 96), (96, 100_000))


def count(pictures, detections, *, iou=0.5):
    """What became of every marked face and of every box.

    Boxes and faces of an image are paired as in FDDB's protocol; a pair of at least
    ``iou`` is a face found. A box that lies on an ignored face by as much is no alarm.

    Parameters
    ----------
    pictures : sequence of Picture
    detections : sequence of list of Face
        The most confident first.
    iou : float
        Least intersection over union.

    Returns
    -------
    dict of str to ndarray or list
        ``found``, of each picture an array of bool for its faces; ``alarms``, of each
        picture the number of boxes on no face; ``best_any`` and ``best_main``, whether
        the most confident box is a face, and the largest one (NaN without faces).
    """
    made = {key: [] for key in ("found", "alarms", "best_any", "best_main")}
    for picture, boxes in zip(pictures, detections, strict=True):
        corners = corners_of(boxes)
        faces = picture.faces
        overlaps = overlap_matrix(corners, faces)
        rows, columns = assign(np.where(overlaps >= iou, overlaps, 0))
        found = np.zeros(len(faces), dtype=bool)
        found[columns] = True
        ignored = [mark for mark in picture.marks if mark.ignored]
        excused = (overlap_matrix(corners, ignored) >= iou).any(axis=1)
        alarm = ~excused
        alarm[rows] = False
        best = overlaps[0] if len(boxes) else np.zeros(len(faces))
        areas = [face.width * face.height for face in faces]
        made["found"].append(found)
        made["alarms"].append(int(alarm.sum()))
        told = float((best >= iou).any()) if faces else np.nan
        made["best_any"].append(told)
        main = float(best[int(np.argmax(areas))] >= iou) if faces else np.nan
        made["best_main"].append(main)
    return made


def recall(pictures, counted, low=0, high=np.inf, *, random_state=0):
    """Share of the faces of some height that were found.

    Parameters
    ----------
    pictures : sequence of Picture
    counted : dict
        From :func:`count`.
    low, high : float
        Heights in pixels: from, and below.
    random_state : int

    Returns
    -------
    dict of str to (int, float or None)
        ``faces``, ``found``, and ``value`` with its 95% interval ``low`` and ``high``: a
        bootstrap over pictures, because faces of one picture are not independent.
    """
    pairs = np.zeros((len(pictures), 2))
    for i, (picture, found) in enumerate(zip(pictures, counted["found"], strict=True)):
        own = np.array([low <= face.height < high for face in picture.faces], dtype=bool)
        pairs[i] = found[own].sum(), own.sum()
    found, faces = pairs.sum(axis=0)
    if not faces:
        return {"faces": 0, "found": 0, "value": None, "low": None, "high": None}
    random = np.random.default_rng(random_state)
    n = len(pictures)
    drawn = random.multinomial(n, np.full(n, 1 / n), size=REPEATS) @ pairs
    sample = np.divide(
        drawn[:, 0], drawn[:, 1], out=np.full(REPEATS, np.nan), where=drawn[:, 1] > 0
    )
    told = {"faces": int(faces), "found": int(found)}
    return told | with_interval(found / faces, sample)


def share(values):
    """Share of pictures for which something holds, with Wilson's 95% interval.

    Parameters
    ----------
    values : sequence of float
        1 or 0; NaN where the question has no meaning.

    Returns
    -------
    dict of str to (int, float or None)
        ``pictures``, ``right``, ``value``, ``low`` and ``high``.
    """
    known = [value for value in values if not np.isnan(value)]
    told = {"pictures": len(known), "right": int(sum(known))}
    if not known:
        return told | {"value": None, "low": None, "high": None}
    low, high = wilson(told["right"], len(known))
    return told | {"value": sum(known) / len(known), "low": low, "high": high}
