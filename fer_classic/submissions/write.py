"""submission.json: the contest's own layout, and the table beside it."""

import json
from pathlib import Path

import numpy as np

from fer_classic.errors import FerClassicError
from fer_classic.files.text import csv_text
from fer_classic.model.predictions import Predictions
from fer_classic.submissions.layout import read_layout, speller
from fer_classic.submissions.names import match_names

#: A larger JSON file takes ten times its size in memory.
MAX_JSON = 1 << 30


def default_submission(predictions):
    """A list of records ``{"filename": "0001.jpg", "label": 3}``, as JSON text."""
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
        if (size := Path(path).stat().st_size) > MAX_JSON:
            raise FerClassicError(
                f"{path} has {size >> 20} MiB; JSON is read up to {MAX_JSON >> 20} MiB. "
                "Write a CSV file with the columns file and label, which has no limit."
            )
        text = Path(path).read_text(encoding="utf-8-sig")
        return json.loads(text, object_pairs_hook=_object)
    except OSError as error:
        raise FerClassicError(f"{path} cannot be read: {error.strerror}.") from None
    except RecursionError:
        raise FerClassicError(
            f"{path} is not a JSON file: its lists and objects lie too deep in each other."
        ) from None
    except FerClassicError:
        raise
    except ValueError as error:
        raise FerClassicError(f"{path} is not a JSON file: {error}.") from None


def checked_template(path, samples):
    """The parsed template, tried on dummy answers before any work is done."""
    if path is None:
        return None
    layout = read_template(path)
    zeros = np.zeros(len(samples), dtype=np.int64)
    names = samples.classes.names
    templated_submission(Predictions(samples.names, zeros, None, names), layout)
    return layout


class _Repeating(dict):
    """An object that has a key twice; as a dict it holds the last value."""

    pairs = ()


def _object(pairs):
    made = dict(pairs)
    if len(made) != len(pairs):
        made = _Repeating(made)
        made.pairs = pairs
    return made


def _json_lines(records):
    """JSON with one record a line, so that it can be read and compared by line."""
    if isinstance(records, dict):
        lines = [
            f"{json.dumps(key, ensure_ascii=False)}: {json.dumps(value)}"
            for key, value in records.items()
        ]
        return _utf_8("{\n" + ",\n".join(lines) + "\n}\n")
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    return _utf_8("[\n" + ",\n".join(lines) + "\n]\n")


def _utf_8(text):
    """JSON that can be written: half a surrogate pair becomes its escape."""
    return text.encode("utf-8", "backslashreplace").decode()


def predictions_csv(predictions, faces):
    """One line an image: file, status, faces, box, score, probabilities, label, error.

    Parameters
    ----------
    predictions : Predictions
    faces : FaceTable
        The rows that were predicted.
    """
    rows = [
        ["file", "status", "n_faces", "x", "y", "width", "height", "score"]
        + [*predictions.class_names, "label", "error"]
    ]
    for i, name in enumerate(predictions.names):
        box = [f"{value:.1f}" for value in faces.boxes[i]]
        probabilities = [repr(float(p)) for p in predictions.probabilities[i]]
        rows.append(
            [name, faces.status[i], faces.n_faces[i], *box, f"{faces.scores[i]:.4f}"]
            + probabilities
            + [predictions.class_names[predictions.labels[i]], faces.errors[i]]
        )
    return csv_text(rows)
