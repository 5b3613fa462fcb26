"""Bootstrap samples of counts, and intervals from them."""

import numpy as np

#: Bootstrap repetitions.
REPEATS = 2000
#: Of fewer images no interval is shown: the bootstrap would pretend to know. The same
#: stands in cli/console.py, which does not wait for NumPy.
FEW = 10


def bootstrap_counts(cells, size, groups=None, random_state=0):
    """How often each kind of row stands in bootstrap samples.

    Drawing n rows with replacement is drawing n times from the shares of their kinds,
    so the cost does not depend on n. With groups, whole groups are drawn (the cluster
    bootstrap): images of one person are not independent.

    Parameters
    ----------
    cells : ndarray of int, shape (n,)
        Kind of each row, from 0 to ``size - 1``.
    size : int
        Number of kinds.
    groups : array, shape (n,), optional
        Rows with equal values are drawn together.
    random_state : int

    Returns
    -------
    ndarray of float64, shape (REPEATS, size)
    """
    random = np.random.default_rng(random_state)
    if groups is None:
        counts = np.bincount(cells, minlength=size)
        drawn = random.multinomial(len(cells), counts / len(cells), size=REPEATS)
        return drawn.astype(np.float64)
    names, index = np.unique(groups, return_inverse=True)
    table = np.zeros((len(names), size))
    np.add.at(table, (index, cells), 1)
    even = np.full(len(names), 1 / len(names))
    drawn = np.empty((REPEATS, size))
    for repeat in range(REPEATS):
        drawn[repeat] = random.multinomial(len(names), even) @ table
    return drawn


def with_interval(value, sample):
    """A value with the 95% percentile interval of its bootstrap sample.

    Parameters
    ----------
    value : float
    sample : ndarray of float, shape (REPEATS,)
        Repetitions in which the value has no meaning (NaN) are left out.

    Returns
    -------
    dict of str to (float or None)
        ``value``, ``low`` and ``high``; None where the value has no meaning.
    """
    if not np.isfinite(value):
        return {"value": None, "low": None, "high": None}
    sample = sample[np.isfinite(sample)]
    low, high = np.percentile(sample, [2.5, 97.5])
    return {"value": float(value), "low": float(low), "high": float(high)}


def wilson(hits, n):
    """95% interval of a share, sound for few images too (Wilson, JASA 1927)."""
    z = 1.959964
    share, extra = hits / n, z * z / n
    middle = share + extra / 2
    width = z * np.sqrt(share * (1 - share) / n + extra / (4 * n))
    low, high = (middle - width) / (1 + extra), (middle + width) / (1 + extra)
    return max(0.0, float(low)), min(1.0, float(high))
