"""submission.json: the contest's own layout, and the table beside it."""

import numpy as np

from fer_classic.files.text import csv_text
from fer_classic.model.predictions import Predictions
from fer_classic.submissions.fill import filled
from fer_classic.submissions.sample import Sample, json_text, read_sample


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
    names with or without folder and extension.

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
        The layout is not understood, or its names are not exactly the images.
    """
    sample = template if isinstance(template, Sample) else Sample(template)
    return filled(sample, predictions, first)


def checked_template(path, samples, first=None):
    """The sample file, tried on dummy answers before any work is done.

    Parameters
    ----------
    path : path-like or None
    samples : Samples
    first : {0, 1}, optional
        Number of the first class in the sample.

    Returns
    -------
    Sample or None
    """
    if path is None:
        return None
    sample = read_sample(path)
    zeros = np.zeros(len(samples), dtype=np.int64)
    names = samples.classes.names
    even = np.full((len(samples), len(names)), 1 / len(names))
    templated_submission(Predictions(samples.names, zeros, even, names), sample, first)
    return sample


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
            + [predictions.label_name(i), faces.errors[i]]
        )
    return csv_text(rows)
