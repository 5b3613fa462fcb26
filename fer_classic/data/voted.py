"""Data sets joined with votes: whose votes are whose, labels and shares of classes."""

from collections import Counter
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np

from fer_classic.data.votes import NO_EXPRESSION, TIE
from fer_classic.errors import FerClassicError


def rows_of_votes(names, votes):
    """Where each image stands among the votes.

    Names are compared whole, else without their folders. Where a table has one file name
    in several folders (FER2013's train and val), the folder counts that fits most images.

    Parameters
    ----------
    names : sequence of str
        Of images, as data sets have them.
    votes : Votes

    Returns
    -------
    ndarray of int64, shape (number of names,)
        -1 where the table has no votes for an image.

    Raises
    ------
    FerClassicError
        The table has votes for none of the images.
    """
    if not len(votes):
        return np.full(len(names), -1)
    whole = {name: row for row, name in enumerate(votes.names)}
    places = [whole.get(name, -1) for name in names]
    by_file = {}
    for row, name in enumerate(votes.names):
        path = PurePosixPath(name)
        by_file.setdefault(path.name, {})[str(path.parent)] = row
    found = [by_file.get(PurePosixPath(name).name, {}) for name in names]
    fitting = Counter(folder for own in found for folder in own)
    for i, own in enumerate(found):
        if places[i] < 0 and own:
            places[i] = own[max(own, key=lambda folder: fitting[folder])]
    if len(names) and max(places) < 0:
        raise FerClassicError(
            f"{votes.origin} has votes for none of the {len(names)} images: it names, for "
            f"example, {votes.names[0]!r} (line {votes.lines[0]}), the images are called, "
            f"for example, {names[0]!r}."
        )
    return np.array(places, dtype=np.int64)


def votes_without(votes, names):
    """The votes that are not for given images, such as those of a training set.

    Parameters
    ----------
    votes : Votes
    names : sequence of str

    Returns
    -------
    Votes
    """
    used = rows_of_votes(names, votes)
    return votes.take(np.setdiff1d(np.arange(len(votes)), used))


def shares_of(names, votes, classes):
    """Shares of the classes in the votes for each image.

    Parameters
    ----------
    names : sequence of str
        Of images, as data sets have them.
    votes : Votes
    classes : ClassSet

    Returns
    -------
    ndarray of float64, shape (number of names, n_classes)
        Rows of 0 where there are no votes for any of the classes.
    """
    places = rows_of_votes(names, votes)
    shares = np.zeros((len(names), len(classes)))
    shares[places >= 0] = votes.take(places[places >= 0]).shares(classes)
    return shares


def with_majority(rows, votes):
    """Data whose labels are the majorities of votes.

    Parameters
    ----------
    rows : Samples or FaceTable
        Images without votes keep their label.
    votes : Votes

    Returns
    -------
    Samples or FaceTable
        Where several answers share the most votes, or the most are for "unknown", "not a
        face" or a class outside the set, the label is -1 and the problem says so.
    """
    places = rows_of_votes(rows.names, votes)
    top = votes.top()
    labels, problems = np.array(rows.labels), list(rows.problems)
    for row in np.flatnonzero(places >= 0):
        best = top[places[row]]
        labels[row], problems[row] = _verdict(votes.answers, best, rows.classes)
    return replace(rows, labels=labels, problems=tuple(problems))


def _verdict(answers, best, classes):
    """Code and problem of an image whose most votes are for one answer."""
    if best < 0:
        return -1, TIE
    answer = answers[best]
    if answer in NO_EXPRESSION.values():
        return -1, f"majority {answer}"
    code = classes.code(answer)
    return (-1, f"class {answer}") if code is None else (code, None)


def training_shares(rows, votes, weight):
    """Labels and shares of classes to learn from, mixed of labels and votes.

    Parameters
    ----------
    rows : Samples or FaceTable
        With the labels of its own; -1 where they are of another class.
    votes : Votes
    weight : float
        What the votes count, from 0 to 1; the rest is the row's own label. A row that has
        only one of them learns from that.

    Returns
    -------
    rows : Samples or FaceTable
        The same, its labels the classes of the largest shares. Where the majority is
        "unknown" or "not a face", or less than half of the votes are for classes of the
        set, the label is -1 and the problem says so.
    shares : ndarray of float64, shape (n, n_classes)
        Rows sum to 1, or to 0 where the label is -1.
    """
    places = rows_of_votes(rows.names, votes)
    own = np.eye(len(rows.classes) + 1)[rows.labels][:, :-1]
    shares, problems = own.copy(), list(rows.problems)
    within, top = votes.shares(rows.classes), votes.top()
    known = [rows.classes.code(answer) is not None for answer in votes.answers]
    enough = votes.counts[:, known].sum(axis=1) >= votes.counts.sum(axis=1) / 2
    for row in np.flatnonzero(places >= 0):
        place = places[row]
        if problem := _unusable(votes.answers, top[place], enough[place]):
            shares[row], problems[row] = 0, problem
            continue
        mixed = weight * within[place] + (1 - weight) * own[row]
        total = mixed.sum()
        shares[row] = mixed / total if total else within[place]
        problems[row] = None
    labels = np.where(shares.any(axis=1), shares.argmax(axis=1), -1)
    return replace(rows, labels=labels, problems=tuple(problems)), shares


def _unusable(answers, best, enough):
    """Why nothing can be learned from an image's votes, or None."""
    if best >= 0 and answers[best] in NO_EXPRESSION.values():
        return f"majority {answers[best]}"
    return None if enough else "votes for other classes"


def about_votes(rows, votes):
    """What votes say of a data set.

    Parameters
    ----------
    rows : Samples or FaceTable
        With the labels of its own.
    votes : Votes

    Returns
    -------
    dict of JSON types
        images (with votes), majority (images by class, or reason why there is none of the
        set), ties, entropy (mean, in bits), agreement (share of the images with a label and
        a majority of the set in which both are the same; None without such images) and
        compared (their number).
    """
    places = rows_of_votes(rows.names, votes)
    voted = np.flatnonzero(places >= 0)
    judged = with_majority(rows, votes)
    names = rows.classes.names
    told = [
        names[judged.labels[row]] if judged.labels[row] >= 0 else judged.problems[row]
        for row in voted
    ]
    both = voted[(judged.labels[voted] >= 0) & (rows.labels[voted] >= 0)]
    same = judged.labels[both] == rows.labels[both]
    return {
        "images": len(voted),
        "majority": dict(Counter(told).most_common()),
        "ties": told.count(TIE),
        "entropy": float(votes.take(places[voted]).entropy().mean()),
        "agreement": float(same.mean()) if len(both) else None,
        "compared": len(both),
    }
