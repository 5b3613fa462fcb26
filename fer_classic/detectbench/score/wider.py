"""WIDER FACE's average precision (Yang et al. 2016), as its evaluation tools compute it."""

from pathlib import Path

import numpy as np

from fer_classic.detectbench.score.overlap import corners_of
from fer_classic.errors import FerClassicError

#: Thresholds of the precision-recall curve.
_STEPS = 1000


def average_precision(pictures, detections, counted, *, iou=0.5):
    """Average precision over the faces that count.

    Scores are scaled to 0 to 1 over all images. In each image the boxes come by falling
    score; each looks at the face it overlaps most, pixels counted inclusively. From
    ``iou`` on: if that face does not count, neither does the box; else the face is
    found. A box beside all faces, or on one found already, is a false alarm. Precision
    is made monotone before it is summed (Pascal VOC 2010).

    Parameters
    ----------
    pictures : sequence of Picture
    detections : sequence of list of Face
    counted : sequence of ndarray of bool
        For each picture, which of its marks count.
    iou : float
        Least intersection over union.

    Returns
    -------
    float
        NaN without a face that counts.
    """
    total = int(sum(own.sum() for own in counted))
    every = [face.score for found in detections for face in found]
    if not total:
        return float("nan")
    if not every:
        return 0.0
    low, high = min(every), max(every)
    thresholds = 1 - np.arange(1, _STEPS + 1) / _STEPS
    sums = np.zeros((_STEPS, 2))
    for picture, found, own in zip(pictures, detections, counted, strict=True):
        found = sorted(found, key=lambda face: -face.score)
        scores = np.array([face.score for face in found])
        scores = (scores - low) / (high - low) if high > low else np.ones(len(found))
        proposed, recalled = _walk(picture.marks, found, own, iou)
        # Boxes at least as sure as each threshold.
        n = np.searchsorted(-scores, -thresholds, side="right")
        sums[:, 0] += np.append(0, np.cumsum(proposed))[n]
        sums[:, 1] += np.append(0, recalled)[n]
    precision = np.divide(
        sums[:, 1], sums[:, 0], out=np.zeros(_STEPS), where=sums[:, 0] > 0
    )
    return voc_area(sums[:, 1] / total, precision)


def _walk(marks, found, counted, iou):
    """For each box whether it is a proposal, and how many faces are found by then."""
    proposed = np.ones(len(found), dtype=bool)
    recalled, hit = [], set()
    corners = corners_of(marks)
    for i, face in enumerate(found):
        own = _inclusive(face, corners)
        if len(own) and own.max() >= iou:
            best = int(own.argmax())
            if counted[best]:
                hit.add(best)
            else:
                proposed[i] = False
        recalled.append(len(hit))
    return proposed, np.array(recalled, dtype=np.int64)


def _inclusive(face, corners):
    """Overlaps with the last pixel counted in, as bbox_overlaps of the published tools."""
    x1, y1, x2, y2 = face.corners
    wide = np.minimum(x2, corners[:, 2]) - np.maximum(x1, corners[:, 0]) + 1
    high = np.minimum(y2, corners[:, 3]) - np.maximum(y1, corners[:, 1]) + 1
    both = np.maximum(wide, 0) * np.maximum(high, 0)
    own = (face.width + 1) * (face.height + 1)
    areas = np.prod(corners[:, 2:] - corners[:, :2] + 1, axis=1)
    return both / (own + areas - both)


def voc_area(recall, precision):
    """Area under the precision-recall curve, precision made monotone.

    Parameters
    ----------
    recall, precision : ndarray of float, shape (n,)
        By falling threshold.
    """
    recall = np.concatenate([[0.0], recall, [1.0]])
    precision = np.concatenate([[0.0], precision, [0.0]])
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    steps = np.flatnonzero(recall[1:] != recall[:-1])
    return float(np.sum((recall[steps + 1] - recall[steps]) * precision[steps + 1]))


def read_split(path, pictures):
    """Which faces count in a published split: ``wider_easy_val.mat`` and its like.

    Parameters
    ----------
    path : path-like
    pictures : sequence of Picture
        Named ``event/image.jpg``.

    Returns
    -------
    list of ndarray of bool
        For each picture; none counts where the file does not name it.

    Raises
    ------
    FerClassicError
        The file is not one of these.
    """
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        tables = loadmat(Path(path))
        events, files, kept = (tables[k] for k in ("event_list", "file_list", "gt_list"))
        counting = {}
        for event, names, lists in zip(events[:, 0], files[:, 0], kept[:, 0], strict=True):
            for name, own in zip(names[:, 0], lists[:, 0], strict=True):
                places = np.asarray(own, dtype=np.int64).ravel() - 1
                counting[f"{event.item()}/{name.item()}"] = places
    except (OSError, ValueError, LookupError, TypeError, MatReadError) as e:
        raise FerClassicError(
            f"{path} is not a split of WIDER FACE (wider_easy_val.mat, ...): {e}."
        ) from None
    made = []
    for picture in pictures:
        own = np.zeros(len(picture.marks), dtype=bool)
        places = counting.get(picture.name.rsplit(".", 1)[0], np.zeros(0, dtype=np.int64))
        if len(places) and not 0 <= places.min() <= places.max() < len(own):
            raise FerClassicError(
                f"{path} names face {places.max() + 1} of {picture.name}, which has "
                f"{len(own)}: split and annotations are of different editions."
            )
        own[places] = True
        made.append(own)
    return made
