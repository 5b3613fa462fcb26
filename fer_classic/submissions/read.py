"""Names, labels and scores of a result file, JSON or CSV, before classes are chosen."""

from array import array
from pathlib import Path

import numpy as np

from fer_classic.data.headers import (
    NAMES,
    PREDICTED,
    TRUE,
    first_of,
    label_column,
    name_column,
)
from fer_classic.data.names import NumberedNames
from fer_classic.data.tables import cells_under, header_and_rows, table_rows
from fer_classic.errors import FerClassicError
from fer_classic.files.text import cell_text
from fer_classic.submissions import other_tools as d
from fer_classic.submissions.entries import find_rows, pairs_of, unwrapped
from fer_classic.submissions.layout import read_layout
from fer_classic.submissions.sample import TABLES, read_template

_CSV_CONFIDENCE = ("facescore", "face_confidence")


def read_answers(path, names=(), true=False):
    """Read a result file of any shape that :mod:`fer_classic.submissions.read_table` lists.

    Parameters
    ----------
    path : path-like
    names : sequence of str or NameFinder
        The images, which help to tell the key of file names.
    true : bool
        Whether the true labels are asked for, where a table has predicted ones too.

    Returns
    -------
    names : list of str
    labels : list of object
        As written; None where there is no label.
    scores : ndarray of float64, shape (n, 8), or None
        By ``detections.EXPRESSIONS``; NaN where there is none.

    Raises
    ------
    FerClassicError
        The file cannot be read, or is of no known shape.
    """
    if Path(path).suffix.lower() in TABLES:
        return _read_csv(path, true)
    return _read_json(path, names)


def _read_json(path, names):
    """Names, labels and scores (or None) of a JSON file."""
    find = NumberedNames(names)
    whole = read_template(path)
    found = find_rows(whole, find, "file")
    parsed, plain = unwrapped(whole, found)
    pairs = _named_answers(parsed) if plain else None
    if pairs is None:
        layout = read_layout(parsed, find, "submission", check=False, found=found)
        return layout.names, layout.labels, None
    asked, labels, scores = [], [], array("d")
    nothing = [float("nan")] * len(d.EXPRESSIONS)
    for name, value in pairs:
        label, row = d.answer(value, name)
        asked.append(name)
        labels.append(label)
        scores.extend(row or nothing)
    return asked, labels, np.array(scores).reshape(-1, len(d.EXPRESSIONS))


def _named_answers(parsed):
    """Pairs of name and value where a value is more than a label; else None."""
    if isinstance(parsed, dict):
        pairs = list(pairs_of(parsed))
        return pairs if any(isinstance(v, list | dict) for _, v in pairs) else None
    if not isinstance(parsed, list) or not all(isinstance(r, dict) and r for r in parsed):
        return None
    if all(len(record) == 1 for record in parsed):
        pairs = [next(iter(record.items())) for record in parsed]
        return pairs if any(isinstance(v, list | dict) for _, v in pairs) else None
    keys = set().union(*parsed)
    rich = any(
        isinstance(record.get(key), dict | list)
        for key in keys & {*d.SCORES, *d.FACES}
        for record in parsed
    )
    if not rich and sum(d.column(key) is not None for key in keys) < 2:
        return None
    folded = {key.strip().lower(): key for key in keys}
    key = _first(folded, NAMES)
    if key is None:
        raise FerClassicError(
            f"The records have no key of file names: they have {', '.join(sorted(keys))}; "
            f"expected is one such as {', '.join(NAMES[:3])}."
        )
    return _joined([(str(record.get(key)), record) for record in parsed])


def _first(folded, keys):
    """What the first of some keys that is there stands for, or None."""
    return next((folded[key] for key in keys if key in folded), None)


def _joined(pairs):
    """Records of one image are its faces."""
    faces = {}
    for name, record in pairs:
        faces.setdefault(name, []).append(record)
    return list(faces.items())


def _read_csv(path, true):
    """The same of a CSV file."""
    names, labels, scores, sure = [], [], array("d"), []
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise FerClassicError(f"{path} cannot be read: {error.strerror}.") from None
    blanks = Path(path).suffix.lower() != ".csv"
    header, first, rows = header_and_rows(table_rows(data, str(path), blanks=blanks))
    place, label, columns, confidence = _columns(header, first, path, true)
    width = max([len(header), *(len(cells) for _, cells in first)], default=0)
    line = 1
    try:
        for line, row in rows:
            row = cells_under(header, row, f"{path}, line {line}")
            row += [""] * (width - len(row))
            names.append(cell_text(row[place]))
            labels.append(row[label].strip() if label is not None else None)
            scores.extend([_score(row[i]) for i, _ in columns])
            if confidence is not None:
                sure.append(_score(row[confidence]))
    except FerClassicError:
        raise
    except ValueError as error:
        raise FerClassicError(
            f"{path} has a probability that is no number. Line {line}: {error}."
        ) from None
    if not columns:
        return names, labels, None
    full = np.full((len(names), len(d.EXPRESSIONS)), np.nan)
    full[:, [place for _, place in columns]] = np.array(scores).reshape(-1, len(columns))
    if confidence is None:
        return names, labels, full
    keep = _most_confident(names, np.nan_to_num(np.array(sure), nan=-np.inf))
    return [names[i] for i in keep], [labels[i] for i in keep], full[keep]


def _score(cell):
    """A number of a table; 0,5 is what a German spreadsheet writes for 0.5."""
    return float(cell.replace(",", ".") or "nan")


def _columns(header, rows, path, true):
    """Places of the name, the label, the scores and the confidence of the face."""
    name = name_column(header, rows)
    wanted = (*TRUE, *PREDICTED) if true else d.LABELS
    label = label_column(header, rows, wanted, name)
    scores = {}
    for place, text in enumerate(header):
        if (column := d.column(text)) is not None:
            scores.setdefault(column, place)
    if not header and label is None and name is not None and len(rows[0][1]) == 2:
        label = 1 - name
    if name is None or (label is None and not scores):
        raise FerClassicError(
            f"{path} must have the columns file and label. Got "
            f"{', '.join(header) or 'an empty file'}. Instead of label there may be a "
            "column of scores for each class, such as anger or happy."
        )
    columns = [(place, column) for column, place in scores.items()]
    return name, label, columns, first_of(header, _CSV_CONFIDENCE)


def _most_confident(names, sure):
    """Rows of the surest face of each image, in the order of the images."""
    best = {}
    for row, name in enumerate(names):
        if name not in best or sure[row] > sure[best[name]]:
            best[name] = row
    return list(best.values())
