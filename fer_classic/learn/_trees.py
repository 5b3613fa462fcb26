"""Walking through LightGBM's trees, compiled (Numba, cached on disk)."""

import numpy as np

from fer_classic.compute.compiled import compiled
from fer_classic.learn.trees import LEFT, MISSING_NAN, MISSING_ZERO, ZERO


@compiled
def add_leaves(X, leaves, features, thresholds, decisions, lefts, rights, values, out):
    """Add to ``out`` the value of the leaf that each row falls into, tree by tree.

    Parameters
    ----------
    X : ndarray of float32, shape (n, d)
    leaves : ndarray of int64, shape (t,)
        Leaves of each tree.
    features, decisions, lefts, rights : ndarrays of int64, shape (m,)
        Of the inner nodes of all trees; a child below 0 is a leaf, -1 the first.
    thresholds : ndarray of float64, shape (m,)
    values : ndarray of float64, shape (m + t,)
        Of all leaves.
    out : ndarray of float64, shape (n, k)
        The trees are of each column in turn.
    """
    for row in range(len(X)):
        node, leaf = 0, 0
        for tree in range(len(leaves)):
            at = 0 if leaves[tree] > 1 else -1
            while at >= 0:
                own = node + at
                value = np.float64(X[row, features[own]])
                missing = decisions[own] & 12
                if abs(value) <= ZERO or (np.isnan(value) and missing != MISSING_NAN):
                    value = 0.0
                lost = missing == MISSING_NAN and np.isnan(value)
                lost |= missing == MISSING_ZERO and value == 0.0
                left = decisions[own] & LEFT != 0 if lost else value <= thresholds[own]
                at = lefts[own] if left else rights[own]
            out[row, tree % out.shape[1]] += values[leaf - at - 1]
            node += leaves[tree] - 1
            leaf += leaves[tree]
