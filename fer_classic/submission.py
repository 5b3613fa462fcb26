"""submission.json: the contest's own layout, and the table beside it."""

import csv
import io
import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from fer_classic.errors import FerClassicError
from fer_classic.labels import ALIASES, expression

#: Names or aliases listed in an error before "…".
_SHOWN = 10


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
    layout = _layout(template, predictions.names)
    rows = _match(layout.names, predictions.names)
    spell = _speller(layout.labels, predictions.class_names)
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
        raise FerClassicError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise FerClassicError(f"{path} is not a JSON file: {error}") from None


@dataclass(frozen=True)
class _Layout:
    names: list
    labels: list
    records: list  # the original objects
    name_key: str | None  # None: the name is itself the key
    label_key: str | None

    def record(self, i, answer):
        if self.name_key is None:
            return {self.names[i]: answer}
        return {**self.records[i], self.label_key: answer}


def _layout(template, names):
    if isinstance(template, dict) and template:
        return _pairs([{key: value} for key, value in template.items()])
    if not isinstance(template, list) or not template:
        raise FerClassicError(
            "The template must be a JSON list of records, a list of one-pair objects, or "
            f"an object of name to label. Got {_kind(template)} instead."
        )
    if not all(isinstance(one, dict) and one for one in template):
        bad = next(one for one in template if not isinstance(one, dict) or not one)
        raise FerClassicError(
            f"Every entry of the template must be an object. Got {_kind(bad)} instead."
        )
    if all(len(one) == 1 for one in template):
        return _pairs(template)
    return _records(template, names)


def _pairs(template):
    pairs = [next(iter(one.items())) for one in template]
    return _Layout([p[0] for p in pairs], [p[1] for p in pairs], template, None, None)


def _records(template, names):
    keys = list(template[0])
    for one in template:
        if list(one) != keys:
            raise FerClassicError(
                f"The template's records differ in their keys: {', '.join(keys)} and "
                f"{', '.join(one)}."
            )
    known = _spellings(names)
    text = [k for k in keys if all(isinstance(one[k], str) for one in template)]
    hits = {k: sum(one[k] in known for one in template) for k in text}
    if not hits:
        raise FerClassicError(
            f"No key of the template ({', '.join(keys)}) holds file names as text."
        )
    name_key = max(hits, key=hits.get)
    rest = [k for k in keys if k != name_key]
    words = ("label", "class", "emotion", "expression", "category", "type", "pred")
    likely = [k for k in rest if any(word in k.lower() for word in words)]
    if len(rest) != 1 and len(likely) != 1:
        raise FerClassicError(
            f"The template's records have the keys {', '.join(keys)}: it is unclear "
            "which one holds the label. Name it 'label' or leave the others out."
        )
    label_key = rest[0] if len(rest) == 1 else likely[0]
    return _Layout(
        [one[name_key] for one in template],
        [one[label_key] for one in template],
        template,
        name_key,
        label_key,
    )


def _kind(value):
    if value in ({}, []):
        return "an empty object" if isinstance(value, dict) else "an empty list"
    names = {dict: "an object", list: "a list", str: "text", type(None): "null"}
    return names.get(type(value), "a number")


def _spellings(names):
    """Row of each way to write a name: whole, without folder, extension, or both."""
    found = {}
    for row, name in enumerate(names):
        path = PurePosixPath(name)
        for text in {name, path.name, str(path.with_suffix("")), path.stem}:
            found.setdefault(text, set()).add(row)
    return found


def _match(asked, names, what="template"):
    """Row of each name asked for; every row exactly once."""
    exact = {name: row for row, name in enumerate(names)}
    known = _spellings(names)
    rows, absent, unclear = [], [], []
    for name in asked:
        path = PurePosixPath(str(name).replace("\\", "/"))
        options = {exact[name]} if name in exact else None
        for text in (name, path.name, path.stem):
            options = options or known.get(text)
        if not options:
            absent.append(name)
        elif len(options) > 1:
            unclear.append(name)
        else:
            rows.append(next(iter(options)))
    if absent:
        raise FerClassicError(
            f"The {what} names {len(absent)} image(s) that are not in the input: "
            f"{_listed(absent)}."
        )
    if unclear:
        raise FerClassicError(
            f"{len(unclear)} name(s) of the {what} fit several images: "
            f"{_listed(unclear)}. Write them with folder and extension."
        )
    count = Counter(rows)
    if lacking := [name for row, name in enumerate(names) if row not in count]:
        raise FerClassicError(
            f"The {what} lacks {len(lacking)} image(s) of the input: {_listed(lacking)}."
        )
    if twice := [names[row] for row, number in count.items() if number > 1]:
        raise FerClassicError(f"The {what} names images twice: {_listed(twice)}.")
    return rows


def _listed(names):
    shown = ", ".join(map(str, names[:_SHOWN]))
    return shown + (", …" if len(names) > _SHOWN else "")


def _speller(labels, class_names):
    """Function from a code to a label written as the template writes labels."""
    texts = [label for label in labels if isinstance(label, str) and label.strip()]
    if not texts:
        return lambda code: code
    if all(text.strip().lstrip("-").isdigit() for text in texts):
        return str
    unknown = [text for text in texts if expression(text) is None]
    if unknown:
        raise FerClassicError(
            f"The template's label {unknown[0]!r} is neither a number nor an expression "
            f"such as {', '.join(class_names)}."
        )
    seen = {expression(text): text for text in texts}
    sample = texts[0]
    # "Happy" in the sample means that the class it does not show is "Sad", not "sadness".
    place = max(ALIASES[expression(t)].index(t.strip().lower()) for t in texts)
    style = (str.upper if sample.isupper() else str.title) if sample[0].isupper() else str

    def spell(code):
        name = class_names[code]
        if name in seen:
            return seen[name]
        aliases = ALIASES[name]
        return style(aliases[place] if place == 1 and name != "neutral" else name)

    return spell


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
        layout = _layout(read_template(path), names)
        asked, labels, probabilities = layout.names, layout.labels, None
    rows = np.array(_match(asked, names, what="submission"), dtype=np.int64)
    order = np.argsort(rows)
    codes = np.array([_code(label, classes, path) for label in labels], dtype=np.int64)
    if probabilities is not None:
        probabilities = probabilities[order]
    return Predictions(tuple(names), codes[order], probabilities, classes.names)


def _read_csv(path, classes):
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FerClassicError(f"{path} cannot be read: {error}") from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if not {"file", "label"} <= set(reader.fieldnames or []):
        raise FerClassicError(
            f"{path} must have the columns file and label. Got "
            f"{', '.join(reader.fieldnames or []) or 'an empty file'}."
        )
    rows = list(reader)
    probabilities = None
    if set(classes.names) <= set(reader.fieldnames):
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
    elif not isinstance(label, bool):
        with suppress(TypeError, ValueError):
            code = int(label)
    if code is None or not 0 <= code < len(classes):
        raise FerClassicError(
            f"{path} has the label {label!r}; allowed are 0 to {len(classes) - 1} or "
            f"{', '.join(classes.names)}."
        )
    return code
