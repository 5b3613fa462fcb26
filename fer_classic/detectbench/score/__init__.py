"""Judging detectors on annotated pictures: ``score_detector`` gives all scores of one."""

import time
from functools import lru_cache, partial
from statistics import mean, median

import numpy as np

from fer_classic.compute.processes import each_chunk
from fer_classic.data.image import decode
from fer_classic.detect import make_detector
from fer_classic.detectbench.score.counts import HEIGHTS, count, recall, share
from fer_classic.detectbench.score.fddb import rate_at, roc_curves
from fer_classic.detectbench.score.mapping import Mapping, fit_mapping
from fer_classic.detectbench.score.wider import average_precision, read_split
from fer_classic.errors import FerClassicError, UnreadableImage

__all__ = [
    "HEIGHTS",
    "Mapping",
    "alarms",
    "average_precision",
    "count",
    "detect_all",
    "fit_mapping",
    "read_split",
    "roc_curves",
    "score_detections",
    "times",
]

#: Pictures of one task.
_CHUNK = 4


def detect_all(name, paths, *, options=None, jobs=1, progress=None):
    """The faces that a detector finds in many images, and the time that it takes.

    Parameters
    ----------
    name : str
        As :func:`fer_classic.detect.make_detector` takes it.
    paths : sequence of path-like
    options : dict, optional
        upsample, threshold, min_size.
    jobs : int
        Processes; more than one make the times longer.
    progress : callable, optional
        Called with the number of images done.

    Returns
    -------
    detections : list of list of Face
    milliseconds : list of float
        Of each image, without reading and decoding it.

    Raises
    ------
    FerClassicError
        An image cannot be read, or a file of the detector is missing.
    """
    options = tuple(sorted((options or {}).items()))
    make_detector(name, **dict(options))  # what is missing is told at once
    work = partial(_detect_chunk, name=name, options=options)
    made = [
        own
        for chunk in each_chunk(work, list(paths), _CHUNK, jobs=jobs, progress=progress)
        for own in chunk
    ]
    return [faces for faces, _ in made], [spent for _, spent in made]


@lru_cache(maxsize=2)
def _detector(name, options):
    detector = make_detector(name, **dict(options))
    # The first call of some detectors loads or compiles.
    detector.detect(np.zeros((160, 160, 3), np.uint8))
    return detector


def _detect_chunk(paths, name, options):
    detector = _detector(name, options)
    made = []
    for path in paths:
        try:
            image = decode(path.read_bytes())
        except (UnreadableImage, OSError) as error:
            raise FerClassicError(f"{path} cannot be read: {error}.") from None
        start = time.perf_counter()
        faces = detector.detect(image)
        made.append((faces, (time.perf_counter() - start) * 1000))
    return made


def score_detections(pictures, detections, *, iou=0.5, mapping=None, splits=None):
    """All scores of one detector's boxes on annotated pictures.

    Parameters
    ----------
    pictures : sequence of Picture
    detections : sequence of list of Face
    iou : float
        Least intersection over union of a face found.
    mapping : Mapping, optional
        Applied to the boxes first.
    splits : dict of str to list of ndarray of bool, optional
        Faces that count in the splits of WIDER FACE.

    Returns
    -------
    dict of JSON types
        ``recall`` with its interval, ``recall_by_height``, ``best_main``, ``best_any``,
        ``false_alarms``, ``average_precision`` (``all``, by height, by split), and
        FDDB's curves ``roc``, with ``rate_at_fp``, the rates at 1 false positive for
        every 2 pictures.
    """
    if mapping is not None:
        detections = [[mapping.apply(face) for face in found] for found in detections]
    counted = count(pictures, detections, iou=iou)
    curve = roc_curves(pictures, detections)
    few = len(pictures) // 2
    return {
        "recall": recall(pictures, counted),
        "recall_by_height": [
            {"from": low, "below": high} | recall(pictures, counted, low, high)
            for low, high in HEIGHTS
        ],
        "best_main": share(counted["best_main"]),
        "best_any": share(counted["best_any"]),
        "false_alarms": int(sum(counted["alarms"])),
        "average_precision": _precisions(pictures, detections, iou, splits or {}),
        "roc": curve,
        "rate_at_fp": {
            "false_positives": few,
            "discrete": rate_at(curve, "discrete", few),
            "continuous": rate_at(curve, "continuous", few),
        },
    }


def _precisions(pictures, detections, iou, splits):
    counting = {"all": [_faces(p) for p in pictures]}
    for low, high in HEIGHTS:
        counting[f"{low} to {high} px"] = [
            _faces(p) & np.array([low <= m.height < high for m in p.marks], dtype=bool)
            for p in pictures
        ]
    made = {}
    for name, counted in (counting | splits).items():
        value = average_precision(pictures, detections, counted, iou=iou)
        made[name] = None if np.isnan(value) else value
    return made


def _faces(picture):
    return np.array([not mark.ignored for mark in picture.marks], dtype=bool)


def times(milliseconds):
    """Mean and median of times, dict of str to float."""
    return {"mean": mean(milliseconds), "median": median(milliseconds)}


def alarms(detections):
    """False alarms on pictures without a face.

    Returns
    -------
    dict of str to (int, float or None)
        ``pictures``, those with an alarm as ``right``, their share with Wilson's
        interval, and ``boxes``.
    """
    told = share([float(bool(found)) for found in detections])
    return told | {"boxes": sum(len(found) for found in detections)}
