"""Probable label errors, found by confident learning."""

import numpy as np


def label_errors(labels, probabilities):
    """Rows whose given label the out-of-fold probabilities contradict with confidence.

    Confident learning (Northcutt et al., JAIR 2021): the threshold of a class is the mean
    probability of that class over the rows labelled so. A row counts for the most probable
    class among those whose threshold it reaches, and is a candidate where that is not its
    label. Candidates are ranked by the margin of the given label below the best other.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        Given labels, codes from 0.
    probabilities : ndarray of float, shape (n, k)
        By models that have not seen the row.

    Returns
    -------
    rows : ndarray of int, shape (m,)
        Candidates, the most suspicious first.
    joint : ndarray of int64, shape (k, k)
        Rows by given label (rows) and confident class (columns).
    """
    k = probabilities.shape[1]
    everyone = np.arange(len(labels))
    own = probabilities[everyone, labels]
    counts = np.bincount(labels, minlength=k)
    sums = np.bincount(labels, own, minlength=k)
    # A class without rows has no threshold that a row could reach.
    threshold = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
    reached = probabilities >= threshold
    confident = np.where(reached, probabilities, -1.0).argmax(axis=1)
    known = reached.any(axis=1)
    joint = np.bincount(labels[known] * k + confident[known], minlength=k * k)
    suspects = np.flatnonzero(known & (confident != labels))
    others = probabilities.copy()
    others[everyone, labels] = -1.0
    margin = own - others.max(axis=1)
    order = np.argsort(margin[suspects], kind="stable")
    return suspects[order], joint.reshape(k, k).astype(np.int64)
