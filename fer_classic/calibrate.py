"""Calibration: probabilities that mean what they say."""

import numpy as np
from scipy.optimize import minimize_scalar


def class_importance(codes, target):
    """Weights that give each class its share of the total; a part may lack a class.

    Parameters
    ----------
    codes : ndarray of int, shape (n,)
    target : ndarray of float, shape (n_classes,)
        Share of each class.

    Returns
    -------
    ndarray of float64, shape (n,), of mean 1
    """
    counts = np.bincount(codes, minlength=len(target))
    weights = (target / np.maximum(counts, 1))[codes]
    return weights / weights.mean()


def best_temperature(scores, codes, target):
    """Divisor of the scores with the least log loss (Guo et al., ICML 2017).

    Parameters
    ----------
    scores : ndarray of float, shape (n, k)
        Log probabilities of images that were not learned from.
    codes : ndarray of int, shape (n,)
    target : ndarray of float, shape (k,)
        Share of each class in the loss.

    Returns
    -------
    float, from exp(-2) to exp(2)
    """
    importance = class_importance(codes, target)
    own = np.arange(len(codes)), codes

    def loss(log_temperature):
        probability = softmax(scores / np.exp(log_temperature))[own]
        return -(importance * np.log(probability + 1e-300)).sum()

    return float(np.exp(minimize_scalar(loss, bounds=(-2.0, 2.0), method="bounded").x))


def softmax(scores):
    """Probabilities from scores, row by row.

    Parameters
    ----------
    scores : ndarray of float, shape (n, k)

    Returns
    -------
    ndarray of float64, shape (n, k)
    """
    power = np.exp(scores - scores.max(axis=1, keepdims=True))
    return power / power.sum(axis=1, keepdims=True)
