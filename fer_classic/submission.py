"""submission.json: the contest's own layout, and the table beside it."""

import csv
import io
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer_classic.errors import FerClassicError
from fer_classic.labels import expression
from fer_classic.template import match_names, read_layout, speller


@dataclass(frozen=True)
class Predictions:
    """What was predicted for each image, in input order.

    Attributes
    ----------
    names : tuple of str
    labels : ndarray of int64, shape (n,)
        Codes of ``class_names``.
    probabilities : ndarray of float64, shape (n, k)
    class_names : tuple of str
    """

    names: tuple
    labels: np.ndarray
    probabilities: np.ndarray
    class_names: tuple


def default_submission(predictions):
    """A list of records ``{"filename": "0001.jpg", "label": 3}``, as JSON text.

    Parameters
    ----------
    predictions : Predictions

    Returns
    -------
    str
    """
    records = [
        {"filename": name, "label": int(code)}
        for name, code in zip(predictions.names, predictions.labels, strict=True)
    ]
    return _json_lines(records)


def templated_submission(predictions, template):
    """The predictions in the layout of a contest's sample file.

    Kept are its order, key names, number or text labels, and names with or without
    folder and extension.

    Parameters
    ----------
    predictions : Predictions
    template : object
        The sample as parsed JSON: a list of records, an object of name to label, or a
        list of one-pair objects.

    Returns
    -------
    str
        JSON text.

    Raises
    ------
    FerClassicError
        The layout is not understood, or its names are not exactly the images.
    """
    layout = read_layout(template, predictions.names)
    rows = match_names(layout.names, predictions.names)
    spell = speller(layout.labels, predictions.class_names)
    answers = [spell(int(predictions.labels[row])) for row in rows]
    made = [layout.record(i, answer) for i, answer in enumerate(answers)]
    if isinstance(template, dict):
        return _json_lines({key: value for one in made for key, value in one.items()})
    return _json_lines(made)


def read_template(path):
    """Parse a contest's sample file.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    object
        Parsed JSON.

    Raises
    ------
    FerClassicError
        The file cannot be read or is not JSON.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise FerClassicError(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise FerClassicError(f"{path} is not a JSON file: {error}.") from None


def _json_lines(records):
    """JSON with one record a line, so that it can be read and compared by line."""
    if isinstance(records, dict):
        lines = [
            f"{json.dumps(key, ensure_ascii=False)}: {json.dumps(value)}"
            for key, value in records.items()
        ]
        return "{\n" + ",\n".join(lines) + "\n}\n"
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def predictions_csv(predictions, faces):
    """One line an image: file, status, faces, box, score, probabilities, label, error.

    Parameters
    ----------
    predictions : Predictions
    faces : FaceTable
        The rows that were predicted.

    Returns
    -------
    str
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ["file", "status", "n_faces", "x", "y", "width", "height", "score"]
        + [*predictions.class_names, "label", "error"]
    )
    for i, name in enumerate(predictions.names):
        box = [f"{value:.1f}" for value in faces.boxes[i]]
        probabilities = [repr(float(p)) for p in predictions.probabilities[i]]
        writer.writerow(
            [name, faces.status[i], faces.n_faces[i], *box, f"{faces.scores[i]:.4f}"]
            + probabilities
            + [predictions.class_names[predictions.labels[i]], faces.errors[i]]
        )
    return out.getvalue()


def read_predictions(path, names, classes):
    """Read a submission of any layout, or a predictions.csv, for given images.

    Parameters
    ----------
    path : path-like
    names : sequence of str
        The images, each of which must be named once.
    classes : ClassSet

    Returns
    -------
    Predictions
        In the order of ``names``; ``probabilities`` is None for a submission.

    Raises
    ------
    FerClassicError
        The file cannot be read, lacks images or names others, or has an unknown label.
    """
    if Path(path).suffix.lower() == ".csv":
        asked, labels, probabilities = _read_csv(path, classes)
    else:
        layout = read_layout(read_template(path), names, "submission")
        asked, labels, probabilities = layout.names, layout.labels, None
    rows = np.array(match_names(asked, names, what="submission"), dtype=np.int64)
    order = np.argsort(rows)
    codes = np.array([_code(label, classes, path) for label in labels], dtype=np.int64)
    if probabilities is not None:
        probabilities = probabilities[order]
    return Predictions(tuple(names), codes[order], probabilities, classes.names)


def _read_csv(path, classes):
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FerClassicError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise FerClassicError(f"{path} is not UTF-8 text: save it as UTF-8.") from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        header, rows = reader.fieldnames or [], list(reader)
    except csv.Error as error:
        raise FerClassicError(f"{path}, line {reader.reader.line_num}: {error}.") from None
    if not {"file", "label"} <= set(header):
        raise FerClassicError(
            f"{path} must have the columns file and label. Got "
            f"{', '.join(header) or 'an empty file'}."
        )
    probabilities = None
    if set(classes.names) <= set(header):
        try:
            cells = [[float(row[name]) for name in classes.names] for row in rows]
        except (TypeError, ValueError):
            raise FerClassicError(f"{path} has a probability that is no number.") from None
        probabilities = np.array(cells, dtype=np.float64).reshape(-1, len(classes))
    return [row["file"] for row in rows], [row["label"] for row in rows], probabilities


def _code(label, classes, path):
    code = None
    if isinstance(label, str) and (name := expression(label)):
        code = classes.code(name)
    elif isinstance(label, str | int | float) and not isinstance(label, bool):
        with suppress(ValueError, OverflowError):
            code = int(label)
            code = code if isinstance(label, str) or code == label else None
    if code is None or not 0 <= code < len(classes):
        raise FerClassicError(
            f"{path} has the label {label!r}; allowed are 0 to {len(classes) - 1} or "
            f"{', '.join(classes.names)}."
        )
    return code
