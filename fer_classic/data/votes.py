"""Votes of several annotators for each image: one column of counts or shares a class."""

from collections import Counter
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

import numpy as np

from fer_classic.data.headers import NAMES, TRUE, first_of, header_key, name_column
from fer_classic.data.spelling import label_expression
from fer_classic.data.tables import LOOKED_AT, cells_under, table_rows, without_trailing
from fer_classic.errors import FerClassicError
from fer_classic.files.text import cell_text

#: Answers that name no expression, by how a header writes them. FER+ says NF.
NO_EXPRESSION = {
    "unknown": "unknown",
    "not_a_face": "not a face",
    "not a face": "not a face",
    "nf": "not a face",
}
#: What becomes of an image whose top votes are shared by several answers.
TIE = "tie of votes"


@dataclass(frozen=True)
class Votes:
    """Votes by file name.

    Attributes
    ----------
    origin : str
        The table they came from.
    names : tuple of str
        Paths as the table has them, with ``/``.
    lines : tuple of int
        Line of each in the table.
    answers : tuple of str
        Expressions, and "unknown" or "not a face" where the table has such columns.
    counts : ndarray of float64, shape (n, number of answers)
        Counts or shares, at least 0, never all 0.
    """

    origin: str
    names: tuple
    lines: tuple
    answers: tuple
    counts: np.ndarray

    def __len__(self):
        return len(self.names)

    def take(self, rows):
        """The votes of some rows, in the order asked for.

        Parameters
        ----------
        rows : array of int
        """
        rows = np.asarray(rows, dtype=int)
        names, lines = (tuple(own[r] for r in rows) for own in (self.names, self.lines))
        return replace(self, names=names, lines=lines, counts=self.counts[rows])

    def top(self):
        """Index of the answer with most votes in each row; -1 where several have them."""
        best = self.counts.max(axis=1, keepdims=True)
        alone = (self.counts == best).sum(axis=1) == 1
        return np.where(alone, self.counts.argmax(axis=1), -1)

    def shares(self, classes):
        """Shares of the classes among the votes for them.

        Parameters
        ----------
        classes : ClassSet

        Returns
        -------
        ndarray of float64, shape (n, n_classes)
            Rows sum to 1, or to 0 where no vote is for any of the classes.
        """
        own = np.zeros((len(self), len(classes)))
        for column, answer in enumerate(self.answers):
            if (code := classes.code(answer)) is not None:
                own[:, code] = self.counts[:, column]
        total = own.sum(axis=1, keepdims=True)
        return own / np.where(total > 0, total, 1)

    def entropy(self):
        """Entropy of the votes of each row in bits, over all answers."""
        p = self.counts / self.counts.sum(axis=1, keepdims=True)
        return -(p * np.log2(np.where(p > 0, p, 1))).sum(axis=1)


def is_votes_header(header):
    """Whether a table's header names images and at least two expressions.

    Parameters
    ----------
    header : iterable of str
    """
    named = first_of(header, NAMES) is not None
    return named and sum(map(_names_class, header)) > 1


def is_votes_table(path):
    """Whether a file is a CSV table of votes and names no labels.

    Parameters
    ----------
    path : path-like
    """
    if not str(path).lower().endswith((".csv", ".tsv")):
        return False
    try:
        _, header = next(table_rows(Path(path).read_bytes(), str(path)), (0, []))
    except (OSError, FerClassicError):
        return False
    keys = {header_key(name) for name in header}
    return keys.isdisjoint((*TRUE, "pixels")) and is_votes_header(header)


def majorities(votes):
    """Expression of each image, or None and why it has none.

    Parameters
    ----------
    votes : Votes

    Returns
    -------
    list of dict
        With ``expression``, and ``problem`` where that is None.
    """
    told = []
    for best in votes.top():
        answer = votes.answers[best] if best >= 0 else None
        if answer is None or answer in NO_EXPRESSION.values():
            problem = TIE if answer is None else f"majority {answer}"
            told.append({"expression": None, "problem": problem})
        else:
            told.append({"expression": answer})
    return told


def _tidy(name):
    return str(name or "").strip().lower()


def _names_class(name):
    return label_expression(name) is not None


def read_votes(path):
    """Votes from a table.

    Its header has a column of image paths (path, file, image, FER+'s "Image name" or
    another of :data:`fer_classic.data.headers.NAMES`) and a column for each answer:
    expressions by any of their names, "unknown" and "not_a_face" (FER+'s NF). Other
    columns are ignored. FER+ leaves the name empty where
    it has removed an image: such lines are skipped.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    Votes

    Raises
    ------
    FerClassicError
        The file cannot be read, is no such table, or a line has no usable votes; names
        file and line.
    """
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise FerClassicError(
            f"The votes {path} cannot be read: {error.strerror}."
        ) from None
    return votes_from(data, str(path))


def votes_from(data, origin):
    """Votes from the bytes of a CSV table; see :func:`read_votes`.

    Parameters
    ----------
    data : bytes
    origin : str
        Name of the table, for messages.

    Returns
    -------
    Votes
    """
    names, lines, counts, seen = [], [], [], {}
    table = table_rows(data, origin)
    _, header = next(table, (0, []))
    header = without_trailing(header, 1)
    first = list(islice(table, LOOKED_AT))
    at, columns = _columns(header, first, origin)
    for line, cells in chain(first, table):
        place = f"{origin}, line {line}"
        cells = cells_under(header, cells, place)
        if len(cells) < len(header):
            raise FerClassicError(
                f"{place}: {len(cells)} cells under a header of {len(header)}."
            )
        name = cell_text(cells[at].strip()).replace("\\", "/")
        if not name and header_key(header[at]) == "image_name":
            continue
        row = _row(cells, name, place, columns)
        if name in seen:
            raise FerClassicError(
                f"{place}: {name} has votes in line {seen[name]} already; keep one."
            )
        seen[name] = line
        names.append(name)
        lines.append(line)
        counts.append(row)
    if not names:
        raise FerClassicError(f"{origin} has votes for no image: a header and no rows.")
    answers = tuple(dict.fromkeys(columns.values()))
    return Votes(origin, tuple(names), tuple(lines), answers, np.array(counts))


def _columns(header, first, origin):
    """Index of the column of names, and the answer of each column of votes."""
    tidy = [_tidy(name) for name in header]
    named = first_of(header, NAMES) is not None
    found = name_column(header, first) if named else None  # as a manifest has it
    answers = {
        i: NO_EXPRESSION.get(name) or label_expression(name) for i, name in enumerate(tidy)
    }
    answers = {i: answer for i, answer in answers.items() if answer}
    expressions = [a for a in answers.values() if a not in NO_EXPRESSION.values()]
    told = ", ".join(map(str, header))[:200] or "empty"
    if found is None:
        raise FerClassicError(
            f"{origin} has no column of image paths: its header is {told}; expected path "
            "and one column of votes for each class."
        )
    if len(expressions) < 2:
        raise FerClassicError(
            f"{origin} has votes for {' and '.join(expressions) or 'no class'}: its header "
            f"is {told}; at least two columns must be named after expressions, such as "
            "anger, happiness, neutral."
        )
    if twice := [a for a, n in Counter(answers.values()).items() if n > 1]:
        raise FerClassicError(f"{origin} has two columns for {twice[0]}: keep one.")
    return found, answers


def _row(cells, name, place, columns):
    if not name:
        raise FerClassicError(f"{place}: the path is empty.")
    row = []
    for column, answer in columns.items():
        text = cells[column].strip()
        try:
            value = float(text.replace(",", ".") or 0)
        except ValueError:
            value = -1.0
        if not 0 <= value < 1e9:
            raise FerClassicError(
                f"{place}: the votes for {answer} must be a number of at least 0. Got "
                f"{text[:40]!r} instead."
            )
        row.append(value)
    if not any(row):
        raise FerClassicError(
            f"{place}: {name} has no vote at all; write its votes, or remove the line."
        )
    return row
