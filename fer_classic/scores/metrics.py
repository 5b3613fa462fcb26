"""Judging: scores that weigh classes evenly, with intervals, and grouped folds."""

import numpy as np

from fer_classic.scores.intervals import bootstrap_counts, with_interval

#: Bins of the calibration error.
BINS = 15


def confusion_matrix(truth, predicted, n_classes):
    """Counts of true class (rows) against predicted class (columns).

    Parameters
    ----------
    truth, predicted : ndarray of int, shape (n,)
        Codes from 0 to ``n_classes - 1``.
    n_classes : int

    Returns
    -------
    ndarray of int64, shape (n_classes, n_classes)
    """
    cells = np.bincount(truth * n_classes + predicted, minlength=n_classes**2)
    return cells.reshape(n_classes, n_classes).astype(np.int64)


def scores_of_confusion(confusion):
    """Scores that follow from confusion counts.

    Classes without any true image are left out of the means.

    Parameters
    ----------
    confusion : ndarray of number, shape (..., k, k)

    Returns
    -------
    dict of str to ndarray
        balanced_accuracy, accuracy and macro_f1 of shape (...); precision, recall and
        f1 of shape (..., k). 0 / 0 counts as 0, a recall without images as NaN.
    """
    confusion = np.asarray(confusion, dtype=np.float64)
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    actual, predicted = confusion.sum(axis=-1), confusion.sum(axis=-2)
    present = actual > 0
    recall = np.where(present, hits / np.maximum(actual, 1e-300), np.nan)
    precision = hits / np.where(predicted > 0, predicted, 1)
    f1 = 2 * hits / np.where(actual + predicted > 0, actual + predicted, 1)
    number = np.maximum(present.sum(axis=-1), 1)
    return {
        "balanced_accuracy": np.where(present, recall, 0).sum(axis=-1) / number,
        "accuracy": hits.sum(axis=-1) / np.maximum(actual.sum(axis=-1), 1),
        "macro_f1": np.where(present, f1, 0).sum(axis=-1) / number,
        "precision": precision,
        "recall": recall,
        "f1": f1,
    }


def bootstrap_confusions(truth, predicted, n_classes, groups=None, random_state=0):
    """Confusion counts of bootstrap samples.

    See :func:`fer_classic.scores.intervals.bootstrap_counts`.

    Parameters
    ----------
    truth, predicted : ndarray of int, shape (n,)
    n_classes : int
    groups : array, shape (n,), optional
    random_state : int

    Returns
    -------
    ndarray of float64, shape (REPEATS, n_classes, n_classes)
    """
    cells = truth * n_classes + predicted
    drawn = bootstrap_counts(cells, n_classes**2, groups, random_state)
    return drawn.reshape(-1, n_classes, n_classes)


def expected_calibration_error(confidence, correct, weights=None, bins=BINS):
    """Mean gap between confidence and accuracy over equal-width bins.

    Guo et al., ICML 2017, equation 3.

    Parameters
    ----------
    confidence : ndarray of float, shape (n,)
        Probability of the predicted class.
    correct : ndarray of bool, shape (n,)
    weights : ndarray of float, shape (n,), optional
    bins : int
    """
    weights = np.ones(len(confidence)) if weights is None else weights
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    total = np.bincount(index, weights, minlength=bins)
    gap = np.bincount(index, weights * (correct - confidence), minlength=bins)
    return float(np.abs(gap).sum() / total.sum())


def evaluate(truth, predicted, class_names, probabilities=None, groups=None, prior=None):
    """All scores of one set of predictions.

    Parameters
    ----------
    truth, predicted : ndarray of int, shape (n,)
        Codes; rows whose truth is -1 are left out.
    class_names : sequence of str
    probabilities : ndarray of float, shape (n, k), optional
        Needed for log loss and calibration error.
    groups : array, shape (n,), optional
        For the intervals, see :func:`bootstrap_confusions`.
    prior : {"uniform", None}
        With "uniform", log loss and calibration error weigh classes evenly, as the
        probabilities do that assume even classes.

    Returns
    -------
    dict of JSON types
        n, balanced_accuracy, accuracy and macro_f1 as ``{"value", "low", "high"}``
        (95% bootstrap percentiles), log_loss, calibration_error, per_class, confusion.
        With no labelled row, ``{"n": 0}``.
    """
    known = np.asarray(truth) >= 0
    truth, predicted = np.asarray(truth)[known], np.asarray(predicted)[known]
    k = len(class_names)
    if len(truth) == 0:
        return {"n": 0}
    if groups is not None:
        groups = np.asarray(groups)[known]
    confusion = confusion_matrix(truth, predicted, k)
    values = scores_of_confusion(confusion)
    sample = scores_of_confusion(bootstrap_confusions(truth, predicted, k, groups))
    result = {"n": len(truth)}
    for name in ("balanced_accuracy", "accuracy", "macro_f1"):
        result[name] = with_interval(values[name], sample[name])
    if probabilities is not None:
        result |= probability_scores(truth, probabilities[known], prior)
    result["per_class"] = {
        class_names[i]: {
            "n": int(confusion[i].sum()),
            "precision": float(values["precision"][i]),
            "recall": with_interval(values["recall"][i], sample["recall"][:, i]),
            "f1": float(values["f1"][i]),
        }
        for i in range(k)
    }
    result["confusion"] = confusion.tolist()
    return result


def probability_scores(truth, probabilities, prior=None):
    """Log loss and expected calibration error.

    Parameters
    ----------
    truth : ndarray of int, shape (n,)
    probabilities : ndarray of float, shape (n, k)
    prior : {"uniform", None}
        See :func:`evaluate`.

    Returns
    -------
    dict of str to float
        log_loss and calibration_error.
    """
    weights = np.ones(len(truth))
    if prior == "uniform":
        weights = (1 / np.maximum(np.bincount(truth), 1))[truth]
    weights = weights / weights.sum()
    own = probabilities[np.arange(len(truth)), truth]
    correct = probabilities.argmax(axis=1) == truth
    return {
        "log_loss": float(-(weights * np.log(np.maximum(own, 1e-15))).sum()),
        "calibration_error": expected_calibration_error(
            probabilities.max(axis=1), correct, weights
        ),
    }


def distribution_scores(shares, probabilities):
    """How well probabilities meet the shares of the classes among votes.

    Parameters
    ----------
    shares : ndarray of float, shape (n, k)
        Of sum 1; rows of sum 0 are left out.
    probabilities : ndarray of float, shape (n, k)

    Returns
    -------
    dict of JSON types
        images, log_loss (cross-entropy, in nats), least_log_loss (that of the shares
        themselves) and brier (mean squared distance). Without a row, ``{"images": 0}``.
    """
    voted = shares.sum(axis=1) > 0
    shares, probabilities = shares[voted], probabilities[voted]
    if not len(shares):
        return {"images": 0}

    def cross_entropy(given):
        return float(-(shares * np.log(np.maximum(given, 1e-15))).sum(axis=1).mean())

    return {
        "images": len(shares),
        "log_loss": cross_entropy(probabilities),
        "least_log_loss": cross_entropy(shares),
        "brier": float(((probabilities - shares) ** 2).sum(axis=1).mean()),
    }
