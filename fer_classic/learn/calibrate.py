"""Calibration: probabilities that mean what they say."""

import numpy as np

from fer_classic.learn.balance import check_weighed
from fer_classic.learn.trees import softmax


def class_codes(y):
    """The classes of training rows.

    Parameters
    ----------
    y : array, shape (n,)

    Returns
    -------
    classes : ndarray, shape (n_classes,)
    codes : ndarray of int, shape (n,)
    counts : ndarray of int64, shape (n_classes,)

    Raises
    ------
    ValueError
        There is a single class, or ``y`` holds no classes.
    """
    from sklearn.utils.multiclass import check_classification_targets

    check_classification_targets(y)
    classes, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    if len(classes) < 2:
        raise ValueError(
            "Training needs at least 2 classes. Got one class: "
            f"{str(classes[0])!r}. Add labelled images of another class."
        )
    return classes, codes, counts.astype(np.int64)


def class_shares(prior, counts):
    """Share of each class that the probabilities assume.

    Parameters
    ----------
    prior : {"uniform", "train"}
    counts : ndarray of int, shape (n_classes,)
        Training rows of each class.

    Returns
    -------
    ndarray of float64, shape (n_classes,), of sum 1
    """
    target = np.ones(len(counts)) if prior == "uniform" else counts
    return target / target.sum()


def row_weights(weights, n, balance):
    """Checked weights of training rows, 1 where none are given.

    Parameters
    ----------
    weights : array of float, shape (n,), or None
    n : int
    balance : str
        How classes are balanced: weights cannot follow rows that are added or removed.

    Returns
    -------
    ndarray of float64, shape (n,)

    Raises
    ------
    ValueError
        A weight is impossible, or the balance is of that kind.
    """
    if weights is None:
        return np.ones(n)
    check_weighed(balance)
    weights = np.asarray(weights, dtype=np.float64)
    if weights.shape != (n,) or not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError(
            f"weights must be {n} finite numbers of at least 0, one for each row."
        )
    return weights


def class_importance(codes, target, weights=None):
    """Weights that give each class its share of the total; a part may lack a class.

    Parameters
    ----------
    codes : ndarray of int, shape (n,)
    target : ndarray of float, shape (n_classes,)
        Share of each class.
    weights : ndarray of float, shape (n,), optional
        What each row counts within its class.

    Returns
    -------
    ndarray of float64, shape (n,), of mean 1
    """
    weights = np.ones(len(codes)) if weights is None else weights
    totals = np.bincount(codes, weights, minlength=len(target))
    weights = weights * (target / np.where(totals > 0, totals, 1))[codes]
    return weights / weights.mean()


def best_temperature(scores, codes, target, weights=None):
    """Divisor of the scores with the least log loss (Guo et al., ICML 2017).

    Parameters
    ----------
    scores : ndarray of float, shape (n, k)
        Log probabilities of images that were not learned from.
    codes : ndarray of int, shape (n,)
    target : ndarray of float, shape (k,)
        Share of each class in the loss.
    """
    from scipy.optimize import minimize_scalar

    importance = class_importance(codes, target, weights)
    own = np.arange(len(codes)), codes

    def loss(log_temperature):
        probability = softmax(scores / np.exp(log_temperature))[own]
        return -(importance * np.log(probability + 1e-300)).sum()

    return float(np.exp(minimize_scalar(loss, bounds=(-2.0, 2.0), method="bounded").x))
