"""True labels, and results put in their order."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer_classic.data.conventions import codes_of, outside_codes
from fer_classic.data.dataset import group_finder
from fer_classic.data.labels import ClassSet, labels_from
from fer_classic.data.manifest import label_of
from fer_classic.data.names import SEVERAL, listed
from fer_classic.errors import FerClassicError
from fer_classic.submissions.read import read_answers
from fer_classic.submissions.read_table import decided, read_result


@dataclass(frozen=True)
class Truth:
    """Images with their true classes.

    Attributes
    ----------
    names : tuple of str
        Distinct.
    labels : ndarray of int64, shape (n,)
        Codes of ``classes``; -1 for an image that is not scored.
    groups : ndarray of str, shape (n,), or None
        Images of one group are drawn together for intervals.
    classes : ClassSet
    notes : tuple of str
        What is to be known of labels that were left out.
    """

    names: tuple
    labels: np.ndarray
    groups: np.ndarray | None
    classes: ClassSet
    notes: tuple = ()


@dataclass(frozen=True)
class Matched:
    """A result in the order of the true labels.

    Attributes
    ----------
    name, file : str
    codes : ndarray of int64, shape (n,)
        -1 for no answer.
    probabilities : ndarray of float64, shape (n, k), or None
    told : dict
        answered, missing, extra, double, outside and notes, as :func:`compare` gives them.
    """

    name: str
    file: str
    codes: np.ndarray
    probabilities: np.ndarray | None
    told: dict


def read_truth(path, classes, group_pattern=None, labels="auto"):
    """True labels from a table: JSON in any layout of a submission, or CSV file, label.

    Parameters
    ----------
    path : path-like
    classes : ClassSet
    group_pattern, labels : str, optional
        See :func:`fer_classic.data.dataset.read_dataset`.

    Raises
    ------
    FerClassicError
        The file cannot be read, names an image twice, gives no image a class, or holds a
        number that is the code of none.
    """
    names, given, scores = read_answers(path, true=True)
    names = list(map(str, names))  # JSON may number its images: 1 and "1" are one
    codes, problems, numbered = _true_codes(
        given, scores, classes, labels_from(labels)[1], path
    )
    told = [f"{own} ({number})" for own, number in problems.most_common(8)]
    notes = [f"{path}: not scored, {', '.join(told)}"] if told else []
    if numbered:
        own = codes_of(classes).told()
        notes.append(
            f"{path}: numbers are read as the codes of {own}; `labels` names others"
        )
    rows = _first_rows(names, codes, path)
    if len(rows) < len(names):
        notes.append(f"{path}: {len(names) - len(rows)} row(s) name an image again")
    names, codes = [names[row] for row in rows], codes[rows]
    if not (codes >= 0).any():
        raise FerClassicError(
            f"{path} gives no image a class of {', '.join(classes.names)}"
            + (f": {', '.join(told)}." if told else ".")
        )
    group = group_finder(group_pattern)
    groups = _distinct([group(name) for name in names])
    return Truth(tuple(names), codes, groups, classes, tuple(notes))


def _first_rows(names, codes, path):
    """The first row of each image; an error where rows of one have different labels."""
    first, opposed = {}, {}
    for row, name in enumerate(names):
        if codes[first.setdefault(name, row)] != codes[row]:
            opposed[name] = None
    if opposed:
        raise FerClassicError(
            f"{path} names images twice, with different labels: {listed(list(opposed))}."
        )
    return list(first.values())


def _true_codes(given, scores, classes, convention, path):
    """Code of each true label, -1 for none; labels that are not understood; numbers."""
    known, problems, numbers = {}, Counter(), set()
    codes = np.full(len(given), -1, dtype=np.int64)
    for row, label in enumerate(given):
        text = "" if label is None or label != label else str(label)
        if text not in known:
            known[text] = label_of(text, str(path), convention)
        told = known[text]
        if "code" in told:
            numbers.add(told["code"])
            if 0 <= told["code"] < len(classes):  # others are refused below
                codes[row] = told["code"]
        elif told["expression"]:
            code = classes.code(told["expression"])
            codes[row] = -1 if code is None else code
            problems[f"class {told['expression']}"] += code is None
        elif "problem" in told:
            problems[told["problem"]] += 1
    if numbers and not all(0 <= number < len(classes) for number in numbers):
        raise outside_codes(numbers, classes, path)
    if scores is not None:  # one-hot, or the share of votes
        best = decided([None] * len(given), [None] * len(given), scores, classes).codes
        unsaid = np.array([not own for own in given], dtype=bool)
        codes = np.where((codes < 0) & unsaid, best, codes)
    return codes, +problems, numbers


def truth_of(samples):
    """True labels of labelled images.

    Raises
    ------
    FerClassicError
        No image has a label.
    """
    samples.training_part()  # says so if there is no label at all
    groups = _distinct(samples.groups)
    return Truth(samples.names, samples.labels, groups, samples.classes)


def _distinct(groups):
    """Groups as an array in which images without one have their own; None if none has."""
    if not any(groups):
        return None
    return np.array([group or f"row {i}" for i, group in enumerate(groups)])


def match_result(path, name, truth, find):
    """Read a result file and put its answers in the order of the true labels.

    The first answer counts where a file names an image twice.

    Parameters
    ----------
    path : path-like
    name : str
        What to call it.
    truth : Truth
    find : NameFinder
        Of ``truth.names``.

    Raises
    ------
    FerClassicError
        The file cannot be read, or names none of the images.
    """
    found = read_result(path, truth.classes, find)
    rows = np.array([find.row(own) for own in found.names], dtype=np.int64)
    known = np.flatnonzero(rows >= 0)
    places, first, counts = np.unique(rows[known], return_index=True, return_counts=True)
    _check_useful(found, truth, places, path)
    taken = known[first]
    codes = np.full(len(truth.names), -1, dtype=np.int64)
    codes[places] = found.codes[taken]
    probabilities = None
    if found.probabilities is not None:
        probabilities = np.full((len(codes), len(truth.classes)), np.nan)
        probabilities[places] = found.probabilities[taken]
    scored = truth.labels >= 0
    missing = scored.copy()
    missing[places] = False
    told = {
        "answered": int((codes[scored] >= 0).sum()),
        "missing": [truth.names[i] for i in np.flatnonzero(missing)],
        "extra": [str(found.names[i]) for i in np.flatnonzero(rows < 0)],
        "double": [truth.names[i] for i in places[counts > 1]],
        "outside": int((found.outside[taken] & scored[places]).sum()),
        "notes": [*found.notes, *_unclear(found.names, rows)],
    }
    return Matched(name, str(path), codes, probabilities, told)


def _check_useful(found, truth, places, path):
    """Refuse a result that has nothing to score."""
    if not (truth.labels[places] >= 0).any():
        raise FerClassicError(
            f"{path} names none of the images with a true label. It names "
            f"{listed(found.names) or 'no image'}; the truth names {listed(truth.names)}."
        )
    if not (found.outside | (found.codes >= 0)).any():
        raise FerClassicError(
            f"{path} holds no answer that is understood: neither labels nor scores. The "
            "shapes that are read stand in the README."
        )


def _unclear(names, rows):
    """A note on the names that fit several images, if there are any."""
    several = np.flatnonzero(rows == SEVERAL)
    if several.size:
        yield (
            f"{several.size} name(s) fit several images, such as {names[several[0]]}: "
            "write them with folder and extension"
        )


def result_names(paths):
    """Short distinct names for result files.

    The stem; with its folder where stems are equal; with a number where that is equal too.
    """
    names = [Path(path).stem for path in paths]
    count = Counter(names)
    for i, path in enumerate(paths):
        if count[names[i]] > 1 and (folder := Path(path).absolute().parent.name):
            names[i] = f"{folder}/{names[i]}"
    made = []
    for name in names:
        number = 2
        unique = name
        while unique in made:
            unique, number = f"{name} ({number})", number + 1
        made.append(unique)
    return made
