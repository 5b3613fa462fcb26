"""Folds that part no group, and scores of a cross-validation."""

import numpy as np


def grouped_folds(codes, groups=None, n_folds=5, random_state=0):
    """Stratified folds that never part a group.

    Parameters
    ----------
    codes : ndarray of int, shape (n,)
        Classes.
    groups : array, shape (n,), optional
        Rows with equal values stay together; each row by itself if None.
    n_folds : int
    random_state : int

    Returns
    -------
    list of (train, test), ndarrays of int
        Folds that no group falls into are left out.

    Raises
    ------
    ValueError
        There are fewer groups than folds.
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    rows = np.zeros((len(codes), 1))
    if groups is not None and len(np.unique(groups)) < n_folds:
        raise ValueError(
            f"The training images form {len(np.unique(groups))} group(s), too few for "
            f"{n_folds} folds. Add images of other groups or lower the folds."
        )
    if groups is None:
        splitter = StratifiedKFold(n_folds, shuffle=True, random_state=random_state)
    else:
        splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=random_state)
    folds = splitter.split(rows, codes, groups)
    return [(train, test) for train, test in folds if len(test)]


def check_folds(counts, names, n_folds):
    """Raise ValueError if a class has fewer rows than there are folds.

    Parameters
    ----------
    counts : ndarray of int, shape (n_classes,)
    names : sequence of str, length n_classes
    n_folds : int
    """
    if counts.min() < n_folds:
        raise ValueError(
            f"Class {str(names[counts.argmin()])!r} has {counts.min()} training "
            f"image(s), too few for {n_folds} folds. Add images or lower the folds."
        )


def cross_validate(classifier, X, y, groups=None, *, n_folds=5, random_state=0, **fit):
    """Out-of-fold probabilities of every row.

    Parameters
    ----------
    classifier : estimator
        Cloned for each fold; all balancing happens inside its ``fit``.
    X : ndarray, shape (n, d)
    y : ndarray of str or int, shape (n,)
    groups : array, shape (n,), optional
        Kept together, here and in the classifier's own held-out part.
    n_folds : int
    random_state : int
    **fit : arrays of length n, optional
        Passed to ``fit``, such as ``X_mirror``.

    Returns
    -------
    probabilities : ndarray of float64, shape (n, n_classes)
        Columns in sorted order of the classes.
    fold : ndarray of int, shape (n,)

    Raises
    ------
    ValueError
        A class has fewer rows than folds, or there are fewer groups than folds.
    """
    from sklearn.base import clone

    classes, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    check_folds(counts, classes, n_folds)
    out = np.zeros((len(y), len(classes)))
    fold = np.empty(len(y), dtype=np.int64)
    for number, (train, test) in enumerate(
        grouped_folds(codes, groups, n_folds, random_state)
    ):
        own = {key: value[train] for key, value in fit.items() if value is not None}
        within = None if groups is None else np.asarray(groups)[train]
        model = clone(classifier).fit(X[train], y[train], groups=within, **own)
        columns = np.searchsorted(classes, model.classes_)
        out[np.ix_(test, columns)] = model.predict_proba(X[test])
        fold[test] = number
    return out, fold
