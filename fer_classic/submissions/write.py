"""submission.json: the contest's own layout, and the table beside it."""

from dataclasses import replace

import numpy as np

from fer_classic.compute.processes import SILENT
from fer_classic.faces.table import has_face
from fer_classic.files.text import csv_text
from fer_classic.model.predict import Predictions
from fer_classic.submissions.excerpt import completed
from fer_classic.submissions.fill import filled, layout_of
from fer_classic.submissions.sample import Sample, json_text, read_sample
from fer_classic.submissions.spell_labels import assumed_first, guessed_words


def default_submission(predictions):
    """A list of records ``{"filename": "0001.jpg", "label": 3}``, as JSON text."""
    records = [
        {"filename": name, "label": int(code)}
        for name, code in zip(predictions.names, predictions.labels, strict=True)
    ]
    return json_text(records)


def templated_submission(predictions, template, first=None):
    """The predictions in the layout of a contest's sample file.

    Kept are its form, wrapping, order, keys and other values, number or text labels, and
    names with or without folder and extension. Images that the sample, an excerpt, does not
    name are written after those that it names.

    Parameters
    ----------
    predictions : Predictions
    template : Sample, or parsed JSON
    first : {0, 1}, optional
        Number of the first class in the sample; by default what its labels tell.

    Returns
    -------
    str
        JSON or CSV text.

    Raises
    ------
    FerClassicError
        The layout is not understood, or it names something that is no image.
    """
    sample = template if isinstance(template, Sample) else Sample(template)
    return filled(sample, predictions, sample.first if first is None else first)


def checked_template(path, samples, first=None, watch=SILENT):
    """The sample file, tried on dummy answers before any work is done.

    Parameters
    ----------
    path : path-like or None
    samples : Samples
    first : {0, 1}, optional
        Number of the first class in the sample.
    watch : Silent
        Told where the sample names some of the images only; where its numbers begin, and
        which words stand for classes, if its labels do not tell.

    Returns
    -------
    Sample or None
        With a row for every image.
    """
    if path is None:
        return None
    sample, added = completed(read_sample(path), samples.names)
    if added:
        watch.say(
            f"{path} names {len(samples) - added} of {len(samples)} images: the others are "
            "written after them, in its layout"
        )
    sample = replace(sample, first=first)
    zeros = np.zeros(len(samples), dtype=np.int64)
    names = samples.classes.names
    even = np.full((len(samples), len(names)), 1 / len(names))
    templated_submission(Predictions(samples.names, zeros, even, names), sample)
    labels = layout_of(sample, samples.names).labels
    if first is None and assumed_first(labels, len(names)):
        watch.say(
            f"note: no label of {path} is 0, 1 or {len(names)}: its numbers are taken to "
            "begin at 0"
        )
    if words := guessed_words(labels, names):
        watch.say(
            f"note: no label of {path} shows how these classes are written; they will be: "
            f"{', '.join(words)}"
        )
    return sample


def answer_of(predictions, faces, row):
    """The expression of a row's face, and the guess where it has no face.

    Parameters
    ----------
    predictions : Predictions
    faces : FaceTable
    row : int

    Returns
    -------
    label, guess : str
        One of them is empty; both where a face is there and no class is probable enough.
    """
    if has_face(faces.status[row]):
        return predictions.label_name(row), ""
    return "", predictions.class_names[int(np.argmax(predictions.probabilities[row]))]


def predictions_csv(predictions, faces):
    """One line an image: file, status, faces, box, score, probabilities, label, error.

    Where there is no face, label is empty, and what the submission says is the guess.

    Parameters
    ----------
    predictions : Predictions
    faces : FaceTable
        The rows that were predicted.
    """
    rows = [
        ["file", "status", "n_faces", "x", "y", "width", "height", "score"]
        + [*predictions.class_names, "label", "error", "guess"]
    ]
    for i, name in enumerate(predictions.names):
        box = [f"{value:.1f}" for value in faces.boxes[i]]
        probabilities = [repr(float(p)) for p in predictions.probabilities[i]]
        label, guess = answer_of(predictions, faces, i)
        rows.append(
            [name, faces.status[i], faces.n_faces[i], *box, f"{faces.scores[i]:.4f}"]
            + probabilities
            + [label, faces.errors[i], guess]
        )
    return csv_text(rows)


def predictions_json(predictions, faces):
    """All that the table of :func:`predictions_csv` tells, as JSON.

    Parameters
    ----------
    predictions : Predictions
    faces : FaceTable

    Returns
    -------
    str
        A list of objects with filename, label (null without a face), guess, status, faces,
        box (x, y, width, height), score, probabilities by class, and error.
    """
    records = []
    for i, name in enumerate(predictions.names):
        label, guess = answer_of(predictions, faces, i)
        shares = map(float, predictions.probabilities[i])
        records.append(
            {
                "filename": name,
                "label": label or None,
                "guess": guess or None,
                "status": faces.status[i],
                "faces": int(faces.n_faces[i]),
                "box": [round(float(value), 1) for value in faces.boxes[i]],
                "score": round(float(faces.scores[i]), 4),
                "probabilities": dict(zip(predictions.class_names, shares, strict=True)),
                "error": faces.errors[i] or None,
            }
        )
    return json_text(records)
