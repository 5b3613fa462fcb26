"""Training a landmark predictor that takes the place of dlib's 68-point file."""

import time
from dataclasses import replace

import numpy as np

from fer_classic.data.image import decode, to_gray
from fer_classic.detect import Face
from fer_classic.detectbench.train_job import (
    check_out,
    run_trainer,
    write_dataset,
    write_with_card,
)
from fer_classic.errors import FerClassicError, UsageError
from fer_classic.faces.landmarks import detector_box, predict_landmarks
from fer_classic.files.staging import scratch_folder
from fer_classic.files.versions import versions
from fer_classic.files.weights import sha256

#: Outer corners of the eyes, whose distance 300-W's errors are measured in.
_EYES = (36, 45)
POINTS = 68


def train_landmarks(
    annotations,
    out,
    *,
    test=None,
    depth=4,
    nu=0.1,
    cascade=10,
    trees=500,
    oversampling=20,
    jitter=0.1,
    threads=1,
    seed=0,
    quiet=False,
    overwrite=False,
):
    """Train a predictor of 68 landmarks and write it with its card.

    Parameters
    ----------
    annotations : Annotations
        Faces without landmarks are left out.
    out : path-like
        The .dat file; the card is written beside it as .json.
    test : Annotations, optional
        Others, whose error stands in the card too.
    depth, nu, cascade, trees, oversampling, jitter
        dlib's tree_depth, nu, cascade_depth, num_trees_per_cascade_level,
        oversampling_amount and oversampling_translation_jitter.
    threads : int
    seed : int
    quiet : bool
        Whether dlib's progress is kept from stderr.
    overwrite : bool

    Returns
    -------
    dict
        The card.

    Raises
    ------
    UsageError
        An option is impossible, or the file exists.
    FerClassicError
        A face has other than 68 points, there is none, or dlib's trainer fails.
    """
    check_out(out, ".dat", "landmark file", overwrite=overwrite)
    options = {
        "tree_depth": int(depth),
        "nu": float(nu),
        "cascade_depth": int(cascade),
        "num_trees_per_cascade_level": int(trees),
        "oversampling_amount": int(oversampling),
        "oversampling_translation_jitter": float(jitter),
        "num_threads": int(threads),
        "random_seed": str(seed),
        "be_verbose": not quiet,
    }
    _check_options(options)
    pictures = _with_points(annotations)
    others = _with_points(test) if test is not None else None
    start = time.perf_counter()
    with scratch_folder(out) as folder:
        made = folder / "landmarks.dat"
        run_trainer(
            "shape_predictor", write_dataset(pictures, folder), made, options, quiet=quiet
        )
        card = {
            "kind": "fer_classic landmark card",
            "trained_on": _told(annotations, pictures),
            "options": options,
            "training_error": landmark_error(pictures, made),
            "seconds": time.perf_counter() - start,
            "versions": versions(),
            "sha256": sha256(made),
        }
        if test is not None:
            card["tested_on"] = _told(test, others)
            card["test_error"] = landmark_error(others, made)
        write_with_card(made, out, card, overwrite=overwrite)
    return card


def _check_options(options):
    for name, low, high in (
        ("tree_depth", 1, 8),
        ("nu", 1e-6, 1),
        ("cascade_depth", 1, 50),
        ("num_trees_per_cascade_level", 1, 5000),
        ("oversampling_amount", 1, 1000),
        ("oversampling_translation_jitter", 0, 0.5),
    ):
        if not low <= options[name] <= high:
            raise UsageError(
                f"{name} must be from {low:g} to {high:g}. Got {options[name]:g} instead."
            )


def _with_points(annotations):
    """Pictures whose marks have landmarks; .pts get the box that a detector would give."""
    made = []
    for picture in annotations.pictures:
        marks = []
        for mark in picture.faces:
            if mark.points is None:
                continue
            if len(mark.points) != POINTS:
                raise FerClassicError(
                    f"{annotations.path}, line {mark.line}: {picture.name}: a face with "
                    f"{len(mark.points)} landmarks; all must have the {POINTS} of 300-W."
                )
            if annotations.format == "pts":
                face = detector_box(mark.points)
                x, y, width, height = face.box
                mark = replace(mark, x=x, y=y, width=width, height=height)
            marks.append(mark)
        if marks:
            made.append(replace(picture, marks=tuple(marks)))
    if not made:
        raise FerClassicError(
            f"{annotations.path} holds no landmarks: name dlib XML with parts, or a folder "
            "of .pts files."
        )
    return made


def _told(annotations, pictures):
    return {
        "annotations": annotations.path.name,
        "format": annotations.format,
        "images": len(pictures),
        "faces": sum(len(picture.marks) for picture in pictures),
    }


def landmark_error(pictures, path=None):
    """Mean distance of predicted from marked landmarks, in eye distances.

    Parameters
    ----------
    pictures : sequence of Picture
        All marks with 68 points.
    path : path-like, optional
        Landmark file; by default the one in use.

    Returns
    -------
    float
        Mean over faces; the distance is that of the eyes' outer corners (300-W).
    """
    errors = []
    for picture in pictures:
        gray = to_gray(decode(picture.path.read_bytes()))
        for mark in picture.marks:
            face = Face(mark.x, mark.y, mark.width, mark.height, 0.0)
            found = predict_landmarks(gray, face, path=path)
            eyes = np.linalg.norm(mark.points[_EYES[0]] - mark.points[_EYES[1]])
            errors.append(np.linalg.norm(found - mark.points, axis=1).mean() / eyes)
    return float(np.mean(errors))
