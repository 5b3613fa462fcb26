"""Scores of predictions on all images, and on parts that tell more than the whole."""

from dataclasses import replace

import numpy as np

from fer_classic.data.duplicates import duplicate_groups, merge_groups
from fer_classic.data.voted import rows_of_votes, shares_of, with_majority
from fer_classic.errors import FerClassicError
from fer_classic.scores.metrics import distribution_scores, evaluate


def judge(predictions, faces, *, prior="uniform", copied=None):
    """Scores on all labelled rows and on telling parts of them.

    Parameters
    ----------
    predictions : Predictions
    faces : FaceTable
        The rows predicted, with their true labels.
    prior : {"uniform", "train"}
        What the probabilities assume.
    copied : ndarray of bool, shape (n,), optional
        Rows that are copies of training images.

    Returns
    -------
    dict of JSON types
        ``all``, and where they differ from it ``duplicate_free``, ``covered`` (a face
        was found) and ``uncovered``; ``coverage``, the share of images with a face.
    """
    known = faces.labels >= 0
    everyone = np.ones(len(faces), dtype=bool)
    groups = None
    if any(group is not None for group in faces.groups):
        groups = merge_groups(np.arange(len(faces)), faces.groups)

    def scores(rows):
        return evaluate(
            faces.labels[rows],
            predictions.labels[rows],
            faces.classes.names,
            predictions.probabilities[rows],
            groups=None if groups is None else groups[rows],
            prior=prior,
        )

    result = {"all": scores(everyone)}
    if copied is not None and (copied & known).any():
        result["duplicate_free"] = scores(~copied)
    if faces.settings.detector != "none":
        result["coverage"] = float(faces.covered.mean())
        if not faces.covered[known].all():
            result["covered"] = scores(faces.covered)
            result["uncovered"] = scores(~faces.covered)
    return result


def judge_by_votes(predictions, faces, votes, *, prior="uniform", copied=None):
    """Scores against the majority of votes, and against their distribution.

    Parameters
    ----------
    predictions, faces, prior, copied
        As in :func:`judge`.
    votes : Votes

    Returns
    -------
    dict of JSON types or None
        As :func:`judge` gives it, with ``distribution``; None where there are votes for
        none of the images.
    """
    try:
        places = rows_of_votes(faces.names, votes)
    except FerClassicError:
        return None
    if (places < 0).all():
        return None
    labels = np.where(places >= 0, with_majority(faces, votes).labels, -1)
    judged = replace(faces, labels=labels)
    shares = shares_of(faces.names, votes, faces.classes)
    scores = judge(predictions, judged, prior=prior, copied=copied)
    return scores | {"distribution": distribution_scores(shares, predictions.probabilities)}


def copies_of(training, tested):
    """Which tested images are exact or near copies of training images.

    Returns
    -------
    ndarray of bool, shape (number of tested images,)
    """
    sets = duplicate_groups(
        training.digests + tested.digests,
        np.concatenate([training.hashes, tested.hashes]),
        np.concatenate([training.readable, tested.readable]),
    )
    return np.isin(sets[len(training) :], sets[: len(training)])
