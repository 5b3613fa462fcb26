"""Late fusion: one answer from the probabilities of several results."""

import numpy as np

from fer_classic.data.names import NameFinder
from fer_classic.errors import FerClassicError
from fer_classic.learn.calibrate import class_importance
from fer_classic.scores.folds import grouped_folds
from fer_classic.submissions.truth import Matched, match_result

#: Steps at most, and the change of a weight below which fitting ends.
STEPS, SMALL = 2000, 1e-7


def fit_weights(probabilities, labels):
    """Weights of the mean that give the least log loss, each class weighed evenly.

    The loss is convex in the weights; each step of expectation maximisation (Dempster et
    al. 1977) lowers it and keeps them positive with sum 1.

    Parameters
    ----------
    probabilities : ndarray of float, shape (m, n, k)
        Of m results; finite.
    labels : ndarray of int, shape (n,)

    Returns
    -------
    ndarray of float64, shape (m,)
        Sum 1.

    Examples
    --------
    >>> import numpy as np
    >>> sure = [[0.9, 0.1], [0.1, 0.9]]
    >>> blind = [[0.5, 0.5], [0.5, 0.5]]
    >>> fit_weights(np.array([sure, blind]), np.array([0, 1])).round(3).tolist()
    [1.0, 0.0]
    """
    true = np.maximum(probabilities[:, np.arange(len(labels)), labels], 1e-15)
    k = probabilities.shape[2]
    importance = class_importance(labels, np.full(k, 1 / k)) / len(labels)
    weights = np.full(len(true), 1 / len(true))
    for _ in range(STEPS):
        before = weights
        weights = weights * (true / (weights @ true) @ importance)
        weights /= weights.sum()
        if np.abs(weights - before).max() < SMALL:
            break
    return weights


def fuse(probabilities, weights):
    """The weighted mean; where some results have nothing to say, that of the others.

    Parameters
    ----------
    probabilities : ndarray of float, shape (m, n, k)
        NaN where a result says nothing.
    weights : ndarray of float, shape (m,) or (m, n)

    Returns
    -------
    ndarray of float64, shape (n, k)
        NaN where no result of a positive weight says anything.
    """
    there = np.isfinite(probabilities).all(axis=2)
    weights = np.broadcast_to(np.asarray(weights).reshape(len(there), -1), there.shape)
    weights = np.where(there, weights, 0.0)
    total = weights.sum(axis=0)
    total[total <= 0] = np.nan
    own = np.where(there[:, :, None], probabilities, 0.0)
    return np.einsum("mn,mnk->nk", weights / total, own)


def fuse_out_of_fold(probabilities, labels, groups=None, *, folds=5, seed=0):
    """Fuse labelled images, each by weights fitted on other folds.

    Parameters
    ----------
    probabilities : ndarray of float, shape (m, n, k)
        NaN where a result says nothing; such images are not fitted on.
    labels : ndarray of int, shape (n,)
    groups : ndarray, shape (n,), optional
        Kept in one fold.
    folds : int
        At most; fewer where a class has fewer images.
    seed : int

    Returns
    -------
    fused : ndarray of float64, shape (n, k)
    weights : ndarray of float64, shape (m,)
        Their mean over the folds.

    Raises
    ------
    FerClassicError
        There are too few images, or groups of them, for two folds.
    """
    _, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    some = counts.min() if groups is None else min(counts.min(), len(np.unique(groups)))
    if some < 2:
        raise FerClassicError(
            "Weights are fitted out of fold, which needs 2 images of each class (and 2 "
            "groups). Name other labelled images with `fit_on`, or leave out `fuse`."
        )
    folds = min(folds, int(some))
    whole = np.isfinite(probabilities).all(axis=(0, 2))
    by_image, means = np.empty(probabilities.shape[:2]), []
    for fitted, held in grouped_folds(codes, groups, folds, seed):
        rows = fitted[whole[fitted]]
        weights = fit_weights(probabilities[:, rows], labels[rows])
        by_image[:, held] = weights[:, None]
        means.append(weights)
    return fuse(probabilities, by_image), np.mean(means, axis=0)


def fused_result(matched, truth, fit_on=None):
    """Results averaged into one more.

    Parameters
    ----------
    matched : sequence of Matched
    truth : Truth
        In whose order they are.
    fit_on : Truth, optional
        Other images that the files name too, to fit the weights on; else they are fitted
        out of fold on those of ``truth``.

    Returns
    -------
    Matched
        Named "fused"; its notes tell the weights.

    Raises
    ------
    FerClassicError
        A result has no probabilities, or names none of the images to fit on.
    """
    own = _probabilities(matched)
    scored = truth.labels >= 0
    if fit_on is None:
        groups = None if truth.groups is None else truth.groups[scored]
        fused = np.full(own.shape[1:], np.nan)
        fused[scored], weights = fuse_out_of_fold(
            own[:, scored], truth.labels[scored], groups
        )
        where = "out of fold on the images compared (mean of the folds)"
    else:
        find = NameFinder(fit_on.names)
        others = [match_result(r.file, r.name, fit_on, find) for r in matched]
        probabilities = _probabilities(others)
        rows = (fit_on.labels >= 0) & np.isfinite(probabilities).all(axis=(0, 2))
        weights = fit_weights(probabilities[:, rows], fit_on.labels[rows])
        fused = fuse(own, weights)
        where = f"on {rows.sum()} other images"
    answered = np.isfinite(fused).all(axis=1)
    codes = np.where(answered, np.nan_to_num(fused).argmax(axis=1), -1)
    terms = [f"{w:.3f} {r.name}" for w, r in zip(weights, matched, strict=True)]
    told = {key: [] for key in ("missing", "extra", "double")} | {
        "answered": int((codes[scored] >= 0).sum()),
        "outside": 0,
        "notes": [f"{' + '.join(terms)}; weights fitted {where} by log loss"],
    }
    names = [result.name for result in matched]
    name = "fused" if "fused" not in names else f"fused ({len(names) + 1})"
    return Matched(name, "", codes, fused, told)


def _probabilities(matched):
    for own in matched:
        if own.probabilities is None or not np.isfinite(own.probabilities).any():
            raise FerClassicError(
                f"{own.file} holds no probabilities, and only those can be fused. Name "
                "the predictions.csv that lies beside a submission."
            )
    return np.stack([own.probabilities for own in matched])
