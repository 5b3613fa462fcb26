"""Training a face detector: dlib's HOG + SVM on the user's annotated photographs."""

import time
from dataclasses import replace

import numpy as np

from fer_classic.detectbench.score import detect_all, score_detections
from fer_classic.detectbench.train_job import (
    check_out,
    run_trainer,
    write_dataset,
    write_with_card,
)
from fer_classic.errors import FerClassicError, UsageError, first_few
from fer_classic.files.staging import scratch_folder
from fer_classic.files.versions import versions
from fer_classic.files.weights import sha256

#: Side of a cell of dlib's features in pixels, and the step of its pyramid.
_CELL, _STEP = 8, 5 / 6
#: Least overlap of a box with the window's best place, as dlib demands it; ours is a
#: little stricter, since the place is not searched but reckoned.
_LEAST = 0.55


def train_detector(
    annotations,
    out,
    *,
    C=5.0,
    window=80,
    upsample=1,
    mirror=True,
    epsilon=0.01,
    threads=1,
    quiet=False,
    overwrite=False,
    warn=None,
):
    """Train a detector and write it with its card.

    Parameters
    ----------
    annotations : Annotations
    out : path-like
        The .svm file; the card is written beside it as .json.
    C : float
        Weight of the errors against the size of the filter; larger fits the training
        pictures more closely.
    window : int
        Side of a square of the window's area in pixels; its shape is the faces' mean.
    upsample : int
        Times that dlib may double the pictures, from 0 to 2, so that small faces fill
        the window.
    mirror : bool
        Whether the pictures count mirrored too.
    epsilon : float
        The solver's tolerance.
    threads : int
    quiet : bool
        Whether dlib's progress is kept from stderr.
    overwrite : bool
    warn : callable, optional
        Called with a message that tells of faces that cannot be learned.

    Returns
    -------
    dict
        The card.

    Raises
    ------
    UsageError
        An option is impossible, or the file exists.
    FerClassicError
        Fewer than 2 faces can be learned, or dlib's trainer fails.
    """
    check_out(out, ".svm", "detector", overwrite=overwrite)
    _check_options(C, window, upsample, epsilon)
    pictures, impossible = possible_faces(annotations, window=window, upsample=upsample)
    if impossible and warn:
        warn(_impossible_message(impossible, window, upsample))
    faces = sum(len(picture.faces) for picture in pictures)
    if faces < 2:
        raise FerClassicError(
            f"{faces} face(s) of {annotations.path} can be learned with `window` {window} "
            f"and `upsample` {upsample}: at least 2 are needed. Lower `window`, or raise "
            "`upsample`."
        )
    options = {
        "C": float(C),
        "detection_window_size": int(window) ** 2,
        "upsample_limit": int(upsample),
        "add_left_right_image_flips": bool(mirror),
        "epsilon": float(epsilon),
        "num_threads": int(threads),
        "be_verbose": not quiet,
    }
    start = time.perf_counter()
    with scratch_folder(out) as folder:
        data = write_dataset(pictures, folder)
        made = folder / "detector.svm"
        run_trainer("simple_object_detector", data, made, options, quiet=quiet)
        seconds = time.perf_counter() - start
        scores = _training_scores(made, pictures)
        card = _card(annotations, pictures, impossible, options, seconds, scores)
        card["sha256"] = sha256(made)
        write_with_card(made, out, card, overwrite=overwrite)
    return card


def _check_options(C, window, upsample, epsilon):
    if not C > 0 or not epsilon > 0:
        raise UsageError(f"C and epsilon must be above 0. Got {C} and {epsilon}.")
    if not 24 <= window <= 400:
        raise UsageError(f"`window` must be from 24 to 400 pixels. Got {window}.")
    if not 0 <= upsample <= 2:
        raise UsageError(f"`upsample` must be 0, 1 or 2. Got {upsample}.")


def possible_faces(annotations, *, window, upsample):
    """Mark as ignored those faces that no place of the window covers.

    Parameters
    ----------
    annotations : Annotations
    window, upsample : int
        As in :func:`train_detector`.

    Returns
    -------
    pictures : list of Picture
    impossible : list of str
        What was marked, with file and line.
    """
    faces = [face for picture in annotations.pictures for face in picture.faces]
    # dlib's window has the mean shape of all boxes, and the area asked for.
    shape = sum(f.width for f in faces) / sum(f.height for f in faces)
    size = window * shape**0.5, window / shape**0.5
    pictures, told = [], []
    for picture in annotations.pictures:
        marks = []
        for mark in picture.marks:
            fits = mark.ignored or _best_overlap(mark, size, upsample) >= _LEAST
            if not fits:
                told.append(
                    f"{annotations.path}, line {mark.line}: {picture.name}: "
                    f"{mark.width:g} x {mark.height:g}"
                )
            marks.append(replace(mark, ignored=mark.ignored or not fits))
        pictures.append(replace(picture, marks=tuple(marks)))
    return pictures, told


def _best_overlap(mark, size, upsample):
    """Overlap of a face with the window at its best scale, a quarter of a cell off."""
    scales = 2.0**upsample * _STEP ** np.arange(40)
    width, height = mark.width * scales, mark.height * scales
    off = _CELL / 4  # the mean distance to the next cell
    wide = np.minimum(np.minimum(width, size[0]), (width + size[0]) / 2 - off)
    high = np.minimum(np.minimum(height, size[1]), (height + size[1]) / 2 - off)
    both = wide * high
    return float((both / (width * height + size[0] * size[1] - both)).max())


def _impossible_message(impossible, window, upsample):
    return (
        f"{len(impossible)} face(s) cannot be covered by a window of {window} pixels after "
        f"{upsample} doubling(s) and are ignored (lower `window` or raise `upsample` for "
        f"small ones):\n{first_few(impossible)}"
    )


def _training_scores(path, pictures):
    detections, _ = detect_all(str(path), [picture.path for picture in pictures])
    scores = score_detections(pictures, detections)
    kept = ("recall", "best_any", "false_alarms")
    told = {key: scores[key] for key in kept}
    return told | {"average_precision": scores["average_precision"]["all"]}


def _card(annotations, pictures, impossible, options, seconds, scores):
    marks = [mark for picture in pictures for mark in picture.marks]
    return {
        "kind": "fer_classic detector card",
        "trained_on": {
            "annotations": annotations.path.name,
            "format": annotations.format,
            "sha256": sha256(annotations.path) if annotations.path.is_file() else None,
            "images": len(pictures),
            "faces": sum(not mark.ignored for mark in marks),
            "ignored": sum(mark.ignored for mark in marks),
            "impossible": len(impossible),
        },
        "options": options,
        "training_scores": scores,
        "seconds": seconds,
        "versions": versions(),
        "licence": "what the pictures' licences allow",
    }
