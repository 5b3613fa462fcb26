"""What a report needs of the data, kept in the run directory: a few hundred kilobytes."""

import io
import json

import numpy as np
from PIL import Image

from fer_classic.data.duplicates import duplicate_groups
from fer_classic.errors import FerClassicError
from fer_classic.files.arrays import read_npz
from fer_classic.learn.calibrate import best_temperature
from fer_classic.learn.experts import add_scores
from fer_classic.learn.trees import softmax
from fer_classic.model.train import training_rows
from fer_classic.report.curves import (
    calibration_points,
    coverage_points,
    one_against_rest,
)
from fer_classic.report.labelerrors import label_errors
from fer_classic.scores.subsets import copies_of

MATERIAL = "material.npz"
FORMAT = 1
#: Side of stored faces at most, in pixels; faces of a class; mistakes; suspected labels.
SIDE, SAMPLES, MISTAKES, SUSPECTS = 96, 8, 24, 24
#: Faces that a mean face is made of, at most.
MEAN_OF = 2000


def collect(model, faces, tested, predictions, copied=None, *, prior=None, seed=0):
    """Gather the faces, curves and probabilities that a report shows.

    Parameters
    ----------
    model : Model
        As :func:`fer_classic.model.train.train_model` gives it: what it learned from is in
        memory.
    faces : FaceTable
        The training images.
    tested : FaceTable
        The test images; may be empty.
    predictions : Predictions
        Of ``tested``.
    copied : ndarray of bool, shape (number of tested images,), optional
        Copies of training images; found here if not given.
    prior : {"uniform", "train"}, optional
        What the probabilities of the test images assume; by default what the model's do.
    seed : int

    Returns
    -------
    arrays : dict of str to ndarray
        As :func:`material_bytes` takes it.
    """
    faces = faces.take(training_rows(faces))
    if copied is None:
        copied = copies_of(faces, tested)
    arrays, notes = {}, {"format": FORMAT, "classes": list(faces.classes.names)}
    rows = _sample_rows(faces, seed)
    _add_faces(arrays, notes, "samples", faces, rows)
    notes["samples"]["labels"] = faces.labels[rows].tolist()
    _add_means(arrays, faces, seed)
    notes["duplicates"] = _duplicates(faces)
    notes["test"] = {
        "labelled": int((tested.labels >= 0).sum()),
        "counts": _counts(tested.labels, tested.classes),
        "predicted": _counts(predictions.labels, tested.classes),
        "copies": int(copied.sum()),
    }
    _add_out_of_fold(arrays, notes, model, faces)
    _add_judged(arrays, notes, model, faces, tested, predictions, prior)
    arrays["notes"] = np.frombuffer(json.dumps(notes).encode(), dtype=np.uint8)
    return arrays


def material_bytes(arrays):
    """The material as the content of the file MATERIAL in a run directory.

    Parameters
    ----------
    arrays : dict of str to ndarray
        As :func:`collect` gives it.
    """
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def load_material(path):
    """Read what :func:`material_bytes` made.

    Returns
    -------
    arrays : dict of str to ndarray
    notes : dict of JSON types

    Raises
    ------
    FerClassicError
        The file is damaged, or of another version.
    """
    try:
        arrays = read_npz(path)
        notes = json.loads(arrays.pop("notes").tobytes())
        kind = notes["format"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise FerClassicError(f"{path} is damaged: {error}.") from None
    if kind != FORMAT:
        raise FerClassicError(
            f"{path} has format {kind}, and this version reads {FORMAT}: make the report "
            "with the version that made the run."
        )
    return arrays, notes


def _counts(codes, classes):
    return np.bincount(codes[codes >= 0], minlength=len(classes)).tolist()


def _of_class(faces, code):
    """Rows of a class in which a face was found; all of them where none was."""
    own = np.flatnonzero(faces.labels == code)
    found = own[faces.covered[own]]
    return found if len(found) else own


def _sample_rows(faces, seed):
    """Some faces of each class, drawn among those that were found."""
    random = np.random.default_rng(seed)
    rows = []
    for code in range(len(faces.classes)):
        own = _of_class(faces, code)
        rows += np.sort(random.permutation(own)[:SAMPLES]).tolist()
    return np.array(rows, dtype=np.int64)


def _add_faces(arrays, notes, key, faces, rows):
    """Crops and landmarks of some rows, and what is told of them."""
    size = faces.crops.shape[1]
    side = min(size, SIDE)
    crops = [np.asarray(faces.crops[row]) for row in rows]
    if side < size:
        crops = [np.asarray(Image.fromarray(c).resize((side, side))) for c in crops]
    arrays[f"{key}_crops"] = np.array(crops, dtype=np.uint8).reshape(-1, side, side)
    points = np.asarray(faces.landmarks[rows], dtype=np.float32).reshape(-1, 68, 2)
    # Pixel centres are at whole numbers, so the corner is at -0.5.
    points = (points + 0.5) * (side / size) - 0.5
    arrays[f"{key}_points"] = points.astype(np.float16)
    notes[key] = {
        "names": [faces.names[row] for row in rows],
        "status": [faces.status[row] for row in rows],
    }


def _add_means(arrays, faces, seed):
    """The mean face, and that of each class."""
    random = np.random.default_rng(seed)
    means = []
    for code in range(len(faces.classes)):
        own = _of_class(faces, code)
        some = np.sort(random.permutation(own)[:MEAN_OF])
        means.append(np.asarray(faces.crops[some], dtype=np.float32).mean(axis=0))
    means = np.array([*means, np.mean(means, axis=0)])
    arrays["means"] = np.rint(means).astype(np.uint8)


def _duplicates(faces):
    sets = duplicate_groups(faces.digests, faces.hashes, faces.readable)
    numbers, sizes = np.unique(sets, return_counts=True)
    copies = set(numbers[sizes > 1].tolist())
    seen = {}
    for number, label in zip(sets.tolist(), faces.labels.tolist(), strict=True):
        if number in copies:
            seen.setdefault(number, set()).add(label)
    return {
        "sets": len(copies),
        "images": int(sizes[sizes > 1].sum()),
        "conflicting": sum(len(labels) > 1 for labels in seen.values()),
    }


def out_of_fold(model, labels):
    """Probabilities of training rows by models that have not seen them.

    Parameters
    ----------
    model : Model
        Just trained.
    labels : ndarray of int, shape (n,)
        Of the rows that it was trained on.

    Returns
    -------
    source : str or None
        "cross_validation", "held_out" or "experts"; None if there are none.
    rows : ndarray of int, shape (m,)
    probabilities : ndarray of float64, shape (m, k)
    """
    if model.out_of_fold is not None:
        return "cross_validation", np.arange(len(labels)), model.out_of_fold
    rows, probabilities = getattr(model.classifier, "held_out_", (np.empty(0, int), None))
    scores = [getattr(expert.ridge, "out_of_fold_", None) for expert in model.experts]
    if len(rows) * 2 < len(labels) and scores and scores[0] is not None:
        total = add_scores(scores, model.settings.experts).astype(np.float64)
        k = total.shape[1]
        temperature = best_temperature(total, labels, np.full(k, 1 / k))
        return "experts", np.arange(len(labels)), softmax(total / temperature)
    if not len(rows):
        return None, rows, np.empty((0, 0))
    names = model.classifier.classes_.tolist()
    order = [names.index(name) for name in model.settings.class_set.names]
    return "held_out", rows, probabilities[:, order]


def _add_out_of_fold(arrays, notes, model, faces):
    source, rows, probabilities = out_of_fold(model, faces.labels)
    notes["out_of_fold"] = {"source": source, "images": len(rows), "of": len(faces)}
    if source is None:
        return
    if curve := coverage_points(faces.labels[rows], probabilities):
        notes["sureness"] = {"part": source, **curve}
    suspects, joint = label_errors(faces.labels[rows], probabilities)
    arrays["out_of_fold"] = probabilities.astype(np.float16)
    arrays["out_of_fold_rows"] = rows.astype(np.int32)
    arrays["out_of_fold_labels"] = faces.labels[rows].astype(np.int8)
    notes["out_of_fold"] |= {"suspects": len(suspects), "joint": joint.tolist()}
    shown = suspects[:SUSPECTS]
    _add_answers(arrays, notes, "suspects", faces, rows[shown], probabilities[shown])


def _add_answers(arrays, notes, key, faces, rows, probabilities):
    """Faces with their labels and what was predicted."""
    _add_faces(arrays, notes, key, faces, rows)
    notes[key]["labels"] = faces.labels[rows].tolist()
    arrays[f"{key}_probabilities"] = probabilities.astype(np.float32)


def _add_judged(arrays, notes, model, faces, tested, predictions, prior):
    """Curves and mistakes: of the test if it has labels, else of the cross-validation."""
    own = model.classifier.prior
    if (tested.labels >= 0).any():
        own = prior or own
        rows = np.flatnonzero(tested.labels >= 0)
        part, table, probabilities = "test", tested, predictions.probabilities[rows]
    elif model.out_of_fold is not None:
        rows = np.arange(len(faces))
        part, table, probabilities = "cross_validation", faces, model.out_of_fold
    else:
        return
    truth = table.labels[rows]
    if curve := coverage_points(truth, probabilities):
        notes["sureness"] = {"part": part, **curve}
    answers = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(answers != truth)
    worst = wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")][:MISTAKES]
    notes["judged"] = {
        "part": part,
        "images": len(rows),
        "wrong": len(wrong),
        "calibration": calibration_points(truth, probabilities, prior=own),
        "curves": one_against_rest(truth, probabilities),
    }
    _add_answers(arrays, notes, "mistakes", table, rows[worst], probabilities[worst])


def image_bytes(pixels):
    """A gray or colour picture as a PNG file.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W), (H, W, 3) or (H, W, 4)
    """
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format="PNG")
    return out.getvalue()
