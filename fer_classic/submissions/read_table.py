"""Reading anybody's result file: names, answers, and probabilities where there are any.

Understood are, for JSON and for CSV:

- our ``submission.json`` in every layout (list of records, object of name to label, list
  of one-pair objects), and ``predictions.csv``;
- CSV with a column of file names (file, filename, image, input, path, …) and a column label
  (class, emotion, dominant_emotion, …), one column of scores per class under any alias
  (anger, Angry, 愤怒), or both; JSON records with such keys;
- ``fer``: ``{"a.jpg": [{"box": [x, y, w, h], "emotions": {"angry": 0.02, …}}, …], …}``,
  what ``detect_emotions`` gives for each file, or records with a file key and
  ``emotions``; also ``["happy", 0.98]``, what ``top_emotion`` gives;
- ``deepface``: ``{"a.jpg": [{"emotion": {"angry": 1.5, …}, "dominant_emotion": "happy",
  "face_confidence": 0.9, "region": {"x", "y", "w", "h"}}], …}``, what ``analyze`` gives, in
  percent;
- ``py-feat``: the CSV of a Fex, a row a face, with the columns FaceScore, anger, disgust,
  fear, happiness, sadness, surprise, neutral and input; empty or NaN where no face is;
- ``hsemotion``: ``{"a.jpg": ["Happiness", [s1, …, s8]], …}``, what ``predict_emotions``
  gives: 8 scores in the order Anger, Contempt, Disgust, Fear, Happiness, Neutral, Sadness,
  Surprise, or 7 without Contempt; valence and arousal at the end are left out.

Of several faces in an image the most confident counts, else the one with the largest box.
Scores that do not sum to 1 or 100 are taken for logits. A class outside the set is left
out: the best class within it counts, and its probabilities are divided by their sum.
"""

from dataclasses import dataclass

import numpy as np

from fer_classic.data.conventions import whole_number
from fer_classic.data.manifest import NO_LABEL
from fer_classic.data.names import match_names
from fer_classic.data.spelling import label_expression
from fer_classic.errors import FerClassicError
from fer_classic.model.predict import Predictions
from fer_classic.submissions.other_tools import EXPRESSIONS
from fer_classic.submissions.read import read_answers

#: How far the sum of probabilities that were rounded may be from 1.
_TOLERANCE = 0.05


@dataclass(frozen=True)
class Result:
    """What a file answers, a row for each name in it.

    Attributes
    ----------
    names : list of str
        As written; a name may occur twice.
    codes : ndarray of int64, shape (n,)
        Of the class set; -1 for no answer, or one outside the set.
    outside : ndarray of bool, shape (n,)
        Rows whose answer is no class of the set.
    probabilities : ndarray of float64, shape (n, k), or None
        NaN in rows that have none.
    labels : list
        The labels as written, None where only scores are.
    notes : list of str
        What a reader of the scores should know.
    """

    names: list
    codes: np.ndarray
    outside: np.ndarray
    probabilities: np.ndarray | None
    labels: list
    notes: list


def read_result(path, classes, names=(), true=False):
    """Read a result file of any shape that this module lists.

    Parameters
    ----------
    path : path-like
    classes : ClassSet
    names : sequence of str or NameFinder
        The images, which help to tell the key of file names.
    true : bool
        Whether the true labels are asked for, where a table has predicted ones too.

    Raises
    ------
    FerClassicError
        The file cannot be read, or is of no known shape.
    """
    found = decided(*read_answers(path, names, true), classes)
    _check_numbering(found, classes, path)
    if len(found.codes) and found.outside.all():
        raise FerClassicError(
            f"{path}: none of {len(found.codes)} labels, such as {found.labels[0]!r}, is "
            f"a class of the set; allowed are 0 to {len(classes) - 1} or "
            f"{', '.join(classes.names)}."
        )
    return found


def _check_numbering(found, classes, path):
    """Refuse numbers that begin at 1: each would be taken for the next class."""
    if not found.outside.any():
        return
    numbers = {whole_number(str(own)) for own in found.labels} - {None}
    if 1 in numbers and 0 not in numbers and max(numbers) >= len(classes):
        own = ", ".join(f"{i} {name}" for i, name in enumerate(classes.names))
        raise FerClassicError(
            f"{path} has the labels {min(numbers)} to {max(numbers)}, and the classes are "
            f"{own}: its numbers seem to begin at 1 or to be those of another data set. "
            "Write its labels as words, or as these numbers."
        )


def read_predictions(path, names, classes):
    """Read a result file that answers for each of given images exactly once.

    Returns
    -------
    Predictions
        In the order of ``names``; ``probabilities`` is None where the file has none.

    Raises
    ------
    FerClassicError
        The file cannot be read, lacks images or names others, or has an unknown label.
    """
    found = decided(*read_answers(path, names), classes)
    rows = np.array(match_names(found.names, names, what="submission"), dtype=np.int64)
    if (found.codes < 0).any():
        label = found.labels[int(np.argmax(found.codes < 0))]
        raise FerClassicError(
            f"{path} has the label {label!r}; allowed are 0 to {len(classes) - 1} or "
            f"{', '.join(classes.names)}."
        )
    order = np.argsort(rows)
    probabilities = found.probabilities
    if probabilities is not None:
        probabilities = probabilities[order]
    return Predictions(tuple(names), found.codes[order], probabilities, classes.names)


#: Codes of labels that are no class of the set, and of none at all.
_OUTSIDE, _NONE = -2, -1


def decided(names, labels, scores, classes):
    """The answer of each row: its label if that is a class of the set, else its scores.

    Parameters
    ----------
    names, labels : list
    scores : ndarray of float64, shape (n, 8), or None
        As :func:`fer_classic.submissions.read.read_answers` gives them.
    classes : ClassSet

    Returns
    -------
    Result
    """
    known, notes = {}, []
    codes = np.empty(len(labels), dtype=np.int64)
    for row, label in enumerate(labels):
        key = (label.__class__, label) if label.__hash__ else repr(label)
        if key not in known:
            known[key] = _code(label, classes)
        codes[row] = known[key]
    probabilities = None
    outside = codes == _OUTSIDE
    if scores is not None:
        probabilities, best = _within(scores, classes, notes)
        unscored = ~np.isfinite(scores).any(axis=1)
        outside |= ~unscored & (best < 0)
        codes = np.where(codes >= 0, codes, best)
        outside &= codes < 0
        probabilities[codes < 0] = np.nan
    if outside.any():
        shown = dict.fromkeys(repr(labels[i]) for i in np.flatnonzero(outside)[:1000])
        notes.append(
            f"{int(outside.sum())} answer(s) are no class of the set ("
            f"{', '.join(list(shown)[:5])}) and count as wrong"
        )
    return Result(names, np.maximum(codes, -1), outside, probabilities, labels, notes)


def _within(scores, classes, notes):
    """Probabilities of the set's classes, and the best class or -1."""
    given = np.isfinite(scores)
    rows = given.any(axis=1)
    if rows.any() and not _are_probabilities(scores[rows]):
        notes.append("its scores are not probabilities: the softmax of them is taken")
        top = np.where(given, scores, -np.inf).max(axis=1, initial=-1e300, keepdims=True)
        scores = np.where(given, np.exp(np.where(given, scores - top, 0)), np.nan)
    own = scores[:, [EXPRESSIONS.index(name) for name in classes.names]]
    if lacking := [
        n for n, c in zip(classes.names, own.T, strict=True) if np.isnan(c).all()
    ]:
        notes.append(f"it has no scores for {', '.join(lacking)}")
    own = np.nan_to_num(own, nan=0.0, posinf=0.0, neginf=0.0)
    total = own.sum(axis=1)
    fine = rows & (total > 0)
    total[np.abs(total - 1) < 1e-9] = 1  # leave what is written as it is
    probabilities = np.full(own.shape, np.nan)
    np.divide(own, total[:, None], out=probabilities, where=fine[:, None])
    return probabilities, np.where(fine, own.argmax(axis=1), -1)


def _are_probabilities(scores):
    """Whether all rows sum to 1 or to 100, and none is below 0."""
    total = np.nansum(scores, axis=1)
    one = np.abs(total - 1) < _TOLERANCE
    hundred = np.abs(total - 100) < 100 * _TOLERANCE
    return not (scores < 0).any() and bool((one | hundred).all())


def _code(label, classes):
    """Code of a label as written, _OUTSIDE, or _NONE."""
    if label is None or label == "" or label != label:
        return _NONE
    if label == -1:
        return _NONE
    if isinstance(label, bool) or not isinstance(label, str | int | float):
        return _OUTSIDE
    if isinstance(label, str):
        if name := label_expression(label):
            code = classes.code(name)
            return _OUTSIDE if code is None else code
        if label.strip().lower() in NO_LABEL:
            return _NONE
    code = whole_number(str(label))
    return _OUTSIDE if code is None or not 0 <= code < len(classes) else code
