"""Class shares of the images at hand, found from the predictions themselves."""

import numpy as np

#: Steps of the estimate at most, and the change of a share that ends it.
STEPS, TOLERANCE = 1000, 1e-6


def estimated_shares(probabilities, assumed=None):
    """Class shares that make predictions most likely (Saerens et al., 2002).

    Expectation maximisation: the shares are the mean of the probabilities, these are
    moved to the new shares, and so on. Needs calibrated probabilities, and images that
    differ from the training set in their class shares and in nothing else.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n, k)
    assumed : ndarray of float, shape (k,), optional
        Shares that the probabilities assume; even ones by default.

    Returns
    -------
    ndarray of float64, shape (k,), of sum 1

    Examples
    --------
    >>> import numpy as np
    >>> sure = np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.1, 0.9]])
    >>> estimated_shares(sure).round(2).tolist()
    [0.81, 0.19]
    """
    probabilities = np.asarray(probabilities, dtype=np.float64)
    shares = assumed = _assumed(probabilities, assumed)
    for _ in range(STEPS):
        moved = with_shares(probabilities, shares, assumed)
        before, shares = shares, moved.mean(axis=0)
        if np.abs(shares - before).max() < TOLERANCE:
            break
    return shares / shares.sum()


def with_shares(probabilities, shares, assumed=None, strength=1.0):
    """Probabilities moved from some class shares to others.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n, k)
    shares : ndarray of float, shape (k,)
        Shares to move to.
    assumed : ndarray of float, shape (k,), optional
        Shares that the probabilities assume; even ones by default.
    strength : float
        From 0 (no change) to 1: power of the ratio of the shares.

    Returns
    -------
    ndarray of float64, shape (n, k)
        Rows sum to 1.
    """
    probabilities = np.asarray(probabilities, dtype=np.float64)
    ratio = np.maximum(shares, 1e-12) / _assumed(probabilities, assumed)
    moved = probabilities * ratio**strength
    return moved / moved.sum(axis=1, keepdims=True)


def _assumed(probabilities, assumed):
    if assumed is not None:
        return np.asarray(assumed, dtype=np.float64)
    return np.full(probabilities.shape[1], 1 / probabilities.shape[1])
