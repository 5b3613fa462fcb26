"""Probable label errors, found by what models say that have not seen them."""

import numpy as np


def label_errors(labels, probabilities):
    """Rows whose given label the out-of-fold probabilities contradict with confidence.

    How many labels are probably wrong is told by confident learning (Northcutt et al., JAIR
    2021): the threshold of a class is the mean probability of that class over the rows
    labelled so, a row counts for the most probable class among those whose threshold it
    reaches, and stands off the diagonal where that is not its label. Which they are is told
    by the probability of the given label, the least first: of labels changed at random this
    finds a quarter more than the margin below the best other class (docs/mending.md).

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        Given labels, codes from 0.
    probabilities : ndarray of float, shape (n, k)
        By models that have not seen the row.

    Returns
    -------
    rows : ndarray of int, shape (m,)
        As many as the thresholds tell, the most suspicious first.
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
    number = int((known & (confident != labels)).sum())
    contradicted = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    order = np.argsort(own[contradicted], kind="stable")
    return contradicted[order[:number]], joint.reshape(k, k).astype(np.int64)
