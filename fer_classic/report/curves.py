"""Points of the calibration, ROC, precision-recall and coverage curves, few to draw."""

import warnings

import numpy as np

#: Bins of the calibration curve, and points of a curve at most.
BINS, POINTS = 10, 160
#: Images that a point of the coverage curve rests on at least, and shares told in a table.
FEWEST, SHARES = 10, (0.5, 0.8, 1.0)


def calibration_points(truth, probabilities, *, prior="uniform"):
    """Confidence against accuracy in bins of equal width (Guo et al., ICML 2017).

    Parameters
    ----------
    truth : ndarray of int, shape (n,)
    probabilities : ndarray of float, shape (n, k)
    prior : {"uniform", "train"}
        With "uniform", each class has the same total weight, as in the calibration error.

    Returns
    -------
    dict of str to list
        confidence (mean in the bin), accuracy, share (of the weight) and n (images), for
        bins that hold an image.
    """
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == truth
    weights = np.ones(len(truth))
    if prior == "uniform":
        weights = 1.0 / np.maximum(np.bincount(truth), 1)[truth]
    index = np.minimum((confidence * BINS).astype(int), BINS - 1)

    def summed(values):
        return np.bincount(index, values, minlength=BINS)

    total, number = summed(weights), np.bincount(index, minlength=BINS)
    used = number > 0
    return {
        "confidence": (summed(weights * confidence)[used] / total[used]).tolist(),
        "accuracy": (summed(weights * correct)[used] / total[used]).tolist(),
        "share": (total[used] / total.sum()).tolist(),
        "n": number[used].tolist(),
    }


def one_against_rest(truth, probabilities):
    """ROC and precision-recall curves of each class against all others.

    Parameters
    ----------
    truth : ndarray of int, shape (n,)
    probabilities : ndarray of float, shape (n, k)

    Returns
    -------
    list of (dict or None), length k
        ``roc`` and ``precision_recall`` as pairs of lists (x, y), ``auc``,
        ``average_precision`` and ``share`` of the class; None for a class that no image
        or every image has.
    """
    from sklearn.metrics import (
        average_precision_score,
        precision_recall_curve,
        roc_auc_score,
        roc_curve,
    )

    result = []
    for code in range(probabilities.shape[1]):
        wanted, score = truth == code, probabilities[:, code]
        if wanted.all() or not wanted.any():
            result.append(None)
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            false, true, _ = roc_curve(wanted, score)
            precision, recall, _ = precision_recall_curve(wanted, score)
        result.append(
            {
                "roc": thinned(false, true),
                "precision_recall": thinned(recall[::-1], precision[::-1]),
                "auc": float(roc_auc_score(wanted, score)),
                "average_precision": float(average_precision_score(wanted, score)),
                "share": float(wanted.mean()),
            }
        )
    return result


def coverage_points(truth, probabilities):
    """Accuracy of the surest answers, for each share of them that is kept.

    Parameters
    ----------
    truth : ndarray of int, shape (n,)
    probabilities : ndarray of float, shape (n, k)

    Returns
    -------
    dict of JSON types, or None
        ``accuracy`` and ``balanced_accuracy`` as pairs of lists (share kept, value), from
        10 images on; ``mean_accuracy`` over all shares; ``rows``, one for each of SHARES:
        share, images, least (the probability of the last one kept), accuracy and
        balanced_accuracy (over the classes among the images kept). None of fewer than 10
        images.
    """
    n, k = probabilities.shape
    if n < FEWEST:
        return None
    sure = probabilities.max(axis=1)
    order = np.argsort(-sure, kind="stable")
    right = (probabilities.argmax(axis=1) == truth)[order]
    kept = np.arange(1, n + 1)
    accuracy = np.cumsum(right) / kept
    total, present = np.zeros(n), np.zeros(n, dtype=int)
    for code in range(k):
        own = truth[order] == code
        seen = np.cumsum(own)
        total += np.cumsum(own & right) / np.maximum(seen, 1)
        present += seen > 0
    balanced = total / present
    rows = []
    for share in SHARES:
        last = max(round(share * n), FEWEST) - 1
        rows.append(
            {
                "share": share,
                "images": last + 1,
                "least": float(sure[order[last]]),
                "accuracy": float(accuracy[last]),
                "balanced_accuracy": float(balanced[last]),
            }
        )
    drawn = slice(FEWEST - 1, None)
    return {
        "accuracy": thinned(kept[drawn] / n, accuracy[drawn]),
        "balanced_accuracy": thinned(kept[drawn] / n, balanced[drawn]),
        "mean_accuracy": float(accuracy.mean()),
        "rows": rows,
    }


def thinned(x, y, points=POINTS):
    """Points of a curve spread evenly over its length, with both ends.

    Parameters
    ----------
    x, y : ndarrays of float, shape (n,)
    points : int
        Points kept at most.
    """
    if len(x) > points:
        way = np.concatenate([[0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
        keep = np.searchsorted(way, np.linspace(0, way[-1], points))
        keep[-1] = len(x) - 1
        x, y = x[np.unique(keep)], y[np.unique(keep)]
    return np.round(x, 5).tolist(), np.round(y, 5).tolist()
