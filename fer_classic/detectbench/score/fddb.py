"""FDDB's two ROC curves (Jain & Learned-Miller 2010, UM-CS-2010-009)."""

import numpy as np

from fer_classic.detectbench.score.overlap import assign, corners_of, overlap_matrix


def roc_curves(pictures, detections):
    """Discrete and continuous true positive rate over the number of false positives.

    At each threshold the boxes of an image are paired with its faces so that the sum of
    overlaps is largest (Hungarian method). A pair counts 1 in the discrete score if it
    overlaps by more than 0.5, and its overlap in the continuous one; both are divided by
    the number of faces. False positives are the boxes that do not count in the discrete
    score; faces marked by ellipses are ellipses.

    Parameters
    ----------
    pictures : sequence of Picture
        Ignored marks are faces like the others: FDDB has none.
    detections : sequence of list of Face
        For each picture.

    Returns
    -------
    dict of str to list
        ``threshold``, falling; ``false_positives``; ``discrete`` and ``continuous``.
    """
    # Of each image only its own scores change what it gives.
    steps, faces = [], 0
    for picture, found in zip(pictures, detections, strict=True):
        faces += len(picture.marks)
        scores = np.array([face.score for face in found])
        overlaps = overlap_matrix(corners_of(found), picture.marks, ellipses=True)
        before = np.zeros(3)
        for threshold in sorted(set(scores.tolist()), reverse=True):
            own = overlaps[scores >= threshold]
            rows, columns = assign(own)
            values = own[rows, columns]
            hits = float((values > 0.5).sum())
            now = np.array([len(own) - hits, hits, values.sum()])
            steps.append((threshold, now - before))
            before = now
    steps.sort(key=lambda step: -step[0])
    curve = {key: [] for key in ("threshold", "false_positives", "discrete", "continuous")}
    total = np.zeros(3)
    for i, (threshold, change) in enumerate(steps):
        total = total + change
        if i + 1 < len(steps) and steps[i + 1][0] == threshold:
            continue
        curve["threshold"].append(threshold)
        curve["false_positives"].append(int(total[0]))
        curve["discrete"].append(float(total[1] / faces))
        curve["continuous"].append(float(total[2] / faces))
    return curve


def rate_at(curve, kind, false_positives):
    """True positive rate where at most so many false positives are accepted.

    Parameters
    ----------
    curve : dict
        From :func:`roc_curves`.
    kind : {"discrete", "continuous"}
    false_positives : int
    """
    pairs = zip(curve["false_positives"], curve[kind], strict=True)
    return max((rate for wrong, rate in pairs if wrong <= false_positives), default=0.0)
