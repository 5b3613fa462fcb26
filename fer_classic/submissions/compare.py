"""Comparing results on the same labelled images: scores, pairs, and where they differ."""

from itertools import combinations

import numpy as np

from fer_classic.data.names import NameFinder
from fer_classic.scores import paired
from fer_classic.scores.metrics import evaluate, probability_scores
from fer_classic.submissions.fusion import fused_result
from fer_classic.submissions.truth import match_result, result_names


def compare(paths, truth, *, show=20, fuse=False, fit_on=None):
    """Score result files on the same images, and test each pair.

    An image that a result lacks, or answers with no class of the set, counts as wrong.

    Parameters
    ----------
    paths : sequence of path-like
        Result files, see :mod:`fer_classic.submissions.read_table`.
    truth : Truth
    show : int
        Most images listed as differing.
    fuse : bool
        Whether a last result, "fused", averages the probabilities of the others.
    fit_on : Truth, optional
        Other images that the files name too, on which its weights are fitted; else they
        are fitted out of fold on the images compared.

    Returns
    -------
    dict of JSON types
        ``truth``: images, classes and unlabelled (not scored). ``results``: name, file,
        answered, missing, extra, double, outside, notes, scores, and confusion (true
        class by answer, of the images answered). ``pairs``: a, b, difference (balanced
        accuracy of a minus b), p_holm (adjusted over the pairs), mcnemar, agreement,
        kappa, oracle, oracle_balanced. ``differing_images``, and the first of them as
        ``differing``, in the order of :func:`differing`.

    Raises
    ------
    FerClassicError
        A file cannot be read, or names none of the images; or has no probabilities to
        be fused.
    """
    find = NameFinder(truth.names)
    names = result_names(paths)
    matched = [
        match_result(path, name, truth, find)
        for path, name in zip(paths, names, strict=True)
    ]
    if fuse:
        matched.append(fused_result(matched, truth, fit_on))
    scored, labels, _ = _scored(truth)
    counts = np.bincount(labels, minlength=len(truth.classes))
    pairs = _pairs(matched, truth)
    number, rows = differing(matched, truth, show)
    return {
        "truth": {
            "images": len(labels),
            "classes": dict(zip(truth.classes.names, counts.tolist(), strict=True)),
            "unlabelled": int((~scored).sum()),
        },
        "results": [
            {"name": own.name, "file": own.file, **own.told, **_scores(own, truth)}
            for own in matched
        ],
        "pairs": pairs,
        "differing_images": number,
        "differing": [_answers(row, matched, truth) for row in rows],
    }


def _scored(truth):
    """Which images have a true class, their labels, and their groups or None."""
    scored = truth.labels >= 0
    groups = None if truth.groups is None else truth.groups[scored]
    return scored, truth.labels[scored], groups


def _scores(result, truth):
    """Scores and confusion of one result; no answer counts as wrong."""
    scored, labels, groups = _scored(truth)
    codes, names, k = result.codes[scored], truth.classes.names, len(truth.classes)
    if (codes < 0).any():  # a class without images, which all means leave out
        codes, names = np.where(codes < 0, k, codes), (*names, "no answer")
    found = evaluate(labels, codes, names, groups=groups)
    scores = {key: found[key] for key in ("balanced_accuracy", "accuracy", "macro_f1")}
    if result.probabilities is not None:
        own = result.probabilities[scored]
        rows = np.isfinite(own).all(axis=1)
        if rows.any():
            scores |= probability_scores(labels[rows], own[rows])
    scores["per_class"] = {
        name: {key: found["per_class"][name][key] for key in ("n", "recall")}
        for name in truth.classes.names
    }
    confusion = [row[:k] for row in found["confusion"][:k]]
    return {"scores": scores, "confusion": confusion}


def _pairs(matched, truth):
    scored, labels, groups = _scored(truth)
    k, found = len(truth.classes), []
    for one, other in combinations(matched, 2):
        a, b = one.codes[scored], other.codes[scored]
        plain, balanced = paired.oracle(labels, a, b, k)
        kappa = paired.cohen_kappa(a, b)
        found.append(
            {
                "a": one.name,
                "b": other.name,
                "difference": paired.paired_difference(labels, a, b, k, groups),
                "mcnemar": paired.mcnemar(a == labels, b == labels),
                "agreement": paired.agreement(a, b),
                "kappa": kappa if np.isfinite(kappa) else None,
                "oracle": plain,
                "oracle_balanced": balanced,
            }
        )
    adjusted = paired.holm([pair["difference"]["p"] for pair in found])
    for pair, p in zip(found, adjusted.tolist(), strict=True):
        pair["p_holm"] = p
    return found


def differing(matched, truth, show):
    """The images on which results differ most.

    First those that split the results most evenly into right and wrong (most pairs of
    which one is right and one wrong), then those with more different answers, then those
    with the larger range of the probability that the results give to the true class
    (without probabilities: 1 if right, else 0), then in the order of the true labels.

    Parameters
    ----------
    matched : sequence of Matched
    truth : Truth
    show : int
        Most images returned.

    Returns
    -------
    number : int
        Images with a true label and not everywhere the same answer.
    rows : ndarray of int
        The first of them.
    """
    codes = np.stack([own.codes for own in matched])
    rows = np.flatnonzero((truth.labels >= 0) & (codes != codes[0]).any(axis=0))
    if not rows.size:
        return 0, rows
    codes, labels = np.sort(codes[:, rows], axis=0), truth.labels[rows]
    right = (codes == labels).sum(axis=0)
    split = right * (len(matched) - right)
    answers = 1 + (np.diff(codes, axis=0) != 0).sum(axis=0)
    sure = np.stack([_sureness(own, rows, labels) for own in matched])
    spread = sure.max(axis=0) - sure.min(axis=0)
    order = np.lexsort((rows, -spread, -answers, -split))
    return len(rows), rows[order[:show]]


def _sureness(result, rows, labels):
    """Probability of the true class; without any, 1 if right, else 0."""
    right = (result.codes[rows] == labels).astype(np.float64)
    if result.probabilities is None:
        return right
    own = result.probabilities[rows, labels]
    return np.where(np.isfinite(own), own, right)


def _answers(row, matched, truth):
    names = truth.classes.names
    codes = {own.name: int(own.codes[row]) for own in matched}
    return {
        "file": truth.names[row],
        "truth": names[truth.labels[row]],
        "answers": {key: names[code] if code >= 0 else None for key, code in codes.items()},
    }
