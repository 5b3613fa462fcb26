"""Names, labels and scores of a result file, JSON or CSV, before classes are chosen."""

import csv
from array import array
from pathlib import Path

import numpy as np

from fer_classic.errors import FerClassicError
from fer_classic.files.text import cell_text
from fer_classic.submissions import other_tools as d
from fer_classic.submissions.layout import pairs_of, read_layout
from fer_classic.submissions.names import NAME_KEYS, NameFinder
from fer_classic.submissions.write import read_template

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
    if Path(path).suffix.lower() == ".csv":
        return _read_csv(path, true)
    return _read_json(path, names)


def _read_json(path, names):
    """Names, labels and scores (or None) of a JSON file."""
    parsed = read_template(path)
    pairs = _named_answers(parsed)
    if pairs is None:
        find = names if isinstance(names, NameFinder) else NameFinder(names)
        layout = read_layout(parsed, find, "submission")
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
    key = _first(folded, NAME_KEYS)
    if key is None:
        raise FerClassicError(
            f"The records have no key of file names: they have {', '.join(sorted(keys))}; "
            f"expected is one such as {', '.join(NAME_KEYS[:3])}."
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
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = next(reader, [])
            place, label, columns, confidence = _columns(header, path, true)
            for row in filter(None, reader):
                row += [""] * (len(header) - len(row))
                names.append(cell_text(row[place]))
                labels.append(row[label] if label is not None else None)
                scores.extend([float(row[i] or "nan") for i, _ in columns])
                if confidence is not None:
                    sure.append(float(row[confidence] or "nan"))
    except FerClassicError:
        raise
    except OSError as error:
        raise FerClassicError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise FerClassicError(f"{path} is not UTF-8 text: save it as UTF-8.") from None
    except csv.Error as error:
        raise FerClassicError(f"{path}, line {reader.line_num}: {error}.") from None
    except ValueError as error:
        raise FerClassicError(
            f"{path} has a probability that is no number. Line {reader.line_num}: {error}."
        ) from None
    if not columns:
        return names, labels, None
    full = np.full((len(names), len(d.EXPRESSIONS)), np.nan)
    full[:, [place for _, place in columns]] = np.array(scores).reshape(-1, len(columns))
    if confidence is None:
        return names, labels, full
    keep = _most_confident(names, np.nan_to_num(np.array(sure), nan=-np.inf))
    return [names[i] for i in keep], [labels[i] for i in keep], full[keep]


def _columns(header, path, true):
    """Places of the name, the label, the scores and the confidence of the face."""
    folded = {}
    for place, text in enumerate(header):
        folded.setdefault(text.strip().lower(), place)
    name = _first(folded, NAME_KEYS)
    wanted = d.LABELS[::-1] if true else d.LABELS
    label = _first(folded, wanted)
    scores = {d.column(t): i for t, i in folded.items() if d.column(t) is not None}
    if name is None or (label is None and not scores):
        raise FerClassicError(
            f"{path} must have the columns file and label. Got "
            f"{', '.join(header) or 'an empty file'}. Instead of label there may be a "
            "column of scores for each class, such as anger or happy."
        )
    confidence = _first(folded, _CSV_CONFIDENCE)
    return name, label, [(i, place) for place, i in scores.items()], confidence


def _most_confident(names, sure):
    """Rows of the surest face of each image, in the order of the images."""
    best = {}
    for row, name in enumerate(names):
        if name not in best or sure[row] > sure[best[name]]:
            best[name] = row
    return list(best.values())
