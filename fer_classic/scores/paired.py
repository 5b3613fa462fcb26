"""Two sets of predictions of the same images: which is better, how alike are they.

Everywhere -1 stands for no answer, which is wrong.
"""

import numpy as np

from fer_classic.scores.intervals import bootstrap_counts, with_interval

#: From this many images on which one is right and one is wrong, McNemar's test takes
#: the chi-square distribution.
EXACT_BELOW = 25


def paired_difference(truth, a, b, n_classes, groups=None, random_state=0):
    """Balanced accuracy of a minus that of b, with interval and p-value.

    Both are scored on the same bootstrap samples, so what is hard for both cancels. With
    groups, whole groups are drawn.

    With d* the difference in a bootstrap sample, the two-sided p-value is
    ``min(1, 2 (1 + min(#(d* <= 0), #(d* >= 0))) / (REPEATS + 1))``: the percentile
    interval turned into a test. The 1 (Davison and Hinkley, *Bootstrap Methods and their
    Application*, 1997, chapter 4) keeps it from being 0, which no finite number of
    samples can show; the least is 2 / 2001.

    Parameters
    ----------
    truth : ndarray of int, shape (n,)
        Codes; rows whose truth is -1 are left out.
    a, b : ndarray of int, shape (n,)
        Predicted codes, -1 for no answer.
    n_classes : int
    groups : array, shape (n,), optional
    random_state : int

    Returns
    -------
    dict of str to float
        ``value``, ``low``, ``high`` (95%) and ``p``.

    Raises
    ------
    ValueError
        No row has a truth.
    """
    truth, a, b, known = _known(truth, a, b)
    groups = None if groups is None else np.asarray(groups)[known]
    cells = truth * 4 + (a == truth) * 2 + (b == truth)
    counts = np.bincount(cells, minlength=4 * n_classes)
    value = float(_difference(counts, n_classes))
    drawn = bootstrap_counts(cells, 4 * n_classes, groups, random_state)
    sample = _difference(drawn, n_classes)
    # Sums that differ only in rounding are equal.
    sample[np.abs(sample) < 1e-12] = 0
    rare = min((sample <= 0).sum(), (sample >= 0).sum())
    p = min(1.0, 2 * (1 + int(rare)) / (len(sample) + 1))
    return with_interval(value, sample) | {"p": p}


def _known(truth, *predicted):
    """The rows with a truth, and which they are."""
    truth = np.asarray(truth, dtype=np.int64)
    known = truth >= 0
    if not known.any():
        raise ValueError("No row has a true class, so nothing can be compared.")
    return truth[known], *(np.asarray(one)[known] for one in predicted), known


def _difference(counts, n_classes):
    """Balanced accuracy of a minus b from counts by class, a right, b right."""
    counts = counts.reshape(*counts.shape[:-1], n_classes, 2, 2)
    total = counts.sum(axis=(-2, -1))
    only = counts[..., 1, 0] - counts[..., 0, 1]
    number = np.maximum((total > 0).sum(axis=-1), 1)
    return (only / np.maximum(total, 1)).sum(axis=-1) / number


def mcnemar(right_a, right_b):
    """McNemar's test of whether both are right equally often.

    Below 25 discordant images the exact binomial test, two-sided; from there on the
    chi-square test with continuity correction, ``(|only_a - only_b| - 1)^2 / (only_a +
    only_b)`` (Edwards, Psychometrika 1948).

    Parameters
    ----------
    right_a, right_b : ndarray of bool, shape (n,)

    Returns
    -------
    dict
        ``only_a`` and ``only_b`` (images on which only that one is right), ``p``, and
        ``method``: "exact" or "chi-square".
    """
    from scipy.special import bdtr, chdtrc

    right_a, right_b = np.asarray(right_a, bool), np.asarray(right_b, bool)
    only_a = int((right_a & ~right_b).sum())
    only_b = int((right_b & ~right_a).sum())
    discordant = only_a + only_b
    if discordant < EXACT_BELOW:
        method, p = "exact", min(1.0, 2 * bdtr(min(only_a, only_b), discordant, 0.5))
    else:
        statistic = (abs(only_a - only_b) - 1) ** 2 / discordant
        method, p = "chi-square", chdtrc(1, statistic)
    return {"only_a": only_a, "only_b": only_b, "p": float(p), "method": method}


def holm(p_values):
    """Holm's step-down adjusted p-values (Scandinavian Journal of Statistics, 1979).

    The probability of calling any of the true null hypotheses false stays below the
    level, whatever the dependence between the tests.

    Parameters
    ----------
    p_values : array_like of float, shape (m,)
        NaN for a test that was not made; it counts for nothing and stays NaN.

    Returns
    -------
    ndarray of float64, shape (m,)
    """
    p_values = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(p_values.shape, np.nan)
    made = np.flatnonzero(~np.isnan(p_values))
    order = made[np.argsort(p_values[made], kind="stable")]
    steps = p_values[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted


def agreement(a, b):
    """Share of images with the same answer; two without any answer agree.

    Parameters
    ----------
    a, b : ndarray of int, shape (n,)
    """
    return float(np.mean(np.asarray(a) == np.asarray(b)))


def cohen_kappa(a, b):
    """Agreement beyond chance, ``(p_o - p_e) / (1 - p_e)`` (Cohen, 1960).

    No answer counts as a class of its own.

    Parameters
    ----------
    a, b : ndarray of int, shape (n,)

    Returns
    -------
    float
        NaN where both give one and the same answer everywhere.
    """
    a, b = np.asarray(a) + 1, np.asarray(b) + 1
    size = int(max(a.max(), b.max())) + 1
    share_a = np.bincount(a, minlength=size) / len(a)
    share_b = np.bincount(b, minlength=size) / len(b)
    chance = float(share_a @ share_b)
    if chance >= 1:
        return float("nan")
    return (agreement(a, b) - chance) / (1 - chance)


def oracle(truth, a, b, n_classes):
    """Accuracy of whoever always knew which of the two is right.

    Parameters
    ----------
    truth : ndarray of int, shape (n,)
        Codes; rows whose truth is -1 are left out.
    a, b : ndarray of int, shape (n,)
    n_classes : int

    Returns
    -------
    plain, balanced : float
        Share of images on which at least one is right, and its mean over the classes.
    """
    truth, a, b, _ = _known(truth, a, b)
    right = (a == truth) | (b == truth)
    total = np.bincount(truth, minlength=n_classes)
    hits = np.bincount(truth, right, minlength=n_classes)
    present = total > 0
    return float(right.mean()), float((hits[present] / total[present]).mean())
