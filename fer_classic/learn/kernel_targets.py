"""What a kernel is solved for: shares of classes as codes, classes balanced."""

import numpy as np


def balanced_targets(y, targets=None, sample_weight=None):
    """What is solved for: weights and codes of rows, each class of the same weight in all.

    Parameters
    ----------
    y, targets, sample_weight
        As :meth:`KernelRidgeScores.fit` takes them.

    Returns
    -------
    weights : ndarray of float64, shape (n,)
    codes : ndarray of float32, shape (n, n_classes)
        1 for the class and -1 / (k - 1) for the others, or a mean of such codes.
    """
    weights, shares = _balanced(checked_shares(y, targets), sample_weight)
    number = shares.shape[1]
    return weights, ((shares * number - 1) / (number - 1)).astype(np.float32)


def checked_shares(y, targets=None):
    """Shares of the classes in each row; all of one class where none are given.

    Parameters
    ----------
    y : ndarray of int, shape (n,)
        Classes.
    targets : array of float, shape (n, n_classes), optional

    Returns
    -------
    ndarray of float64, shape (n, n_classes)

    Raises
    ------
    ValueError
        The shape is another, or a row is not of shares that sum to 1.
    """
    number = int(y.max()) + 1
    if targets is None:
        return np.eye(number)[y]
    shares = np.asarray(targets, dtype=np.float64)
    if shares.ndim != 2 or shares.shape[0] != len(y) or shares.shape[1] < number:
        raise ValueError(
            f"targets have shape {shares.shape}; they must have a row for each of the "
            f"{len(y)} faces and a column for each of the {number} classes."
        )
    sums = shares.sum(axis=1)
    if not (shares.min() >= 0 and np.allclose(sums, 1, atol=1e-4)):
        wrong = int(np.argmax(~((shares.min(axis=1) >= 0) & (np.abs(sums - 1) <= 1e-4))))
        raise ValueError(
            f"Row {wrong} of targets is {shares[wrong].tolist()}; shares of classes are "
            "at least 0 and sum to 1. Divide each row by its sum."
        )
    return shares


def _balanced(shares, sample_weight):
    """Weights of the rows and their shares, where each class counts the same in all.

    A row of several classes is as many rows of one class each, with its shares as their
    weights; after these have been balanced it is one row again. Shares that were left as
    they are would make the scores of a frequent class high everywhere.

    Returns
    -------
    weights : ndarray of float64, shape (n,)
    shares : ndarray of float64, shape (n, n_classes)
    """
    n, number = shares.shape
    own = np.ones(n) if sample_weight is None else np.asarray(sample_weight, np.float64)
    if own.shape != (n,) or not (np.isfinite(own).all() and own.min() >= 0):
        raise ValueError(
            f"sample_weight must be {n} finite numbers of at least 0, one for each face. "
            f"Got shape {own.shape}, least {own.min() if own.size else 'none'}."
        )
    masses = own @ shares
    if not masses.min() > 0:
        raise ValueError(
            f"Class {int(masses.argmin())} has no weight in the training set: no target "
            "names it, or all rows that do have weight 0."
        )
    balanced = shares * (own.sum() / number / masses)
    total = balanced.sum(axis=1)
    return own * total, balanced / total[:, None]
