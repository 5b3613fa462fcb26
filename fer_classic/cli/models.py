"""Commands around a model: train, predict, score, info, doctor."""

import json
from pathlib import Path
from typing import Annotated

import typer

from fer_classic.cli import options as o
from fer_classic.cli.app import app
from fer_classic.cli.console import percent, progress_bar, say, scores_text, table
from fer_classic.cli.data import read_faces, read_samples
from fer_classic.errors import FerClassicError, UsageError, one_of


def train_with_bar(faces, settings, jobs, strict, quiet, timer=None):
    """Train a model under a progress bar of boosting rounds."""
    from fer_classic.classify import ExpressionClassifier
    from fer_classic.pipeline import train_model

    rounds = ExpressionClassifier(**settings.classifier).n_estimators
    with progress_bar("training", rounds, quiet) as advance:

        def progress(done, loss):
            advance(done, f"held-out log loss {loss:.3f}" if loss == loss else "")

        return train_model(
            faces, settings, jobs=jobs, strict=strict, progress=progress, timer=timer
        )


def say_left_out(samples):
    """Say which images of a training set have no label of the class set."""
    for reason, number in samples.left_out().items():
        first = samples.names[samples.problems.index(reason)]
        say(f"left out of training: {number} image(s), {reason} (for example {first})")


@app.command()
def train(
    inputs: Annotated[
        list[str], typer.Argument(help=f"{o.DATA} Or a folder of the command faces.")
    ],
    out: Annotated[Path, typer.Option(help="Folder to write the model to.")],
    classes: o.Classes = None,
    labels: o.Labels = None,
    groups: o.Groups = None,
    detector: o.Detector = None,
    upsample: o.Upsample = None,
    threshold: o.Threshold = None,
    min_size: o.MinSize = None,
    align: o.Align = None,
    crop_size: o.CropSize = None,
    max_pixels: o.MaxPixels = None,
    features: o.Features = None,
    balance: o.Balance = None,
    prior: o.Prior = None,
    folds: o.Folds = None,
    seed: o.Seed = None,
    settings_file: o.SettingsFile = None,
    strict: o.Strict = False,
    overwrite: o.Overwrite = False,
    jobs: o.Jobs = -1,
    quiet: o.Quiet = False,
):
    """Train a model on labelled photographs.

    Example: fer-classic train train.zip --out my-model --cv 5
    """
    from dataclasses import replace

    from fer_classic.faces import extract_faces
    from fer_classic.persist import save_model
    from fer_classic.runs import check_new, new_directory

    settings = o.settings_from(
        settings_file,
        features,
        classes=classes,
        labels=labels,
        groups=groups,
        detector=detector,
        upsample=upsample,
        threshold=threshold,
        min_size=min_size,
        align=align,
        crop_size=crop_size,
        max_pixels=max_pixels,
        balance=balance,
        prior=prior,
        folds=folds,
        seed=seed,
    )
    check_new(out, overwrite=overwrite)
    if len(inputs) == 1 and Path(inputs[0], "faces.json").is_file():
        found = read_faces(inputs, settings, jobs, quiet)
        settings = replace(settings, faces=found.settings, classes=found.classes.key)
    else:
        from fer_classic.cli.data import extract_with_bar

        samples = read_samples(inputs, settings)
        say_left_out(samples)
        samples = samples.training_part(strict=strict)
        found = extract_with_bar(samples, settings, jobs, quiet, "faces", extract_faces)
    model = train_with_bar(found, settings, jobs, strict, quiet)
    with new_directory(out, overwrite=overwrite) as folder:
        save_model(model, folder)
    if "cross_validation" in model.trained_on:
        say(scores_text({"all": model.trained_on["cross_validation"]}))
    print(out)


@app.command()
def predict(
    inputs: Annotated[list[str], typer.Argument(help="Images, folders, zips or globs.")],
    model: Annotated[Path, typer.Option(help="Folder of a trained model, or of a run.")],
    out: Annotated[
        Path | None,
        typer.Option(help="submission.json to write; a .csv with all details beside it."),
    ] = None,
    template: Annotated[
        Path | None,
        typer.Option(help="The contest's sample file, whose layout is then written."),
    ] = None,
    overlay: Annotated[
        Path | None,
        typer.Option(help="Folder for pictures with box, landmarks and label."),
    ] = None,
    format: Annotated[
        str, typer.Option(help="What stdout gets without --out: text, csv or json.")
    ] = "text",
    overwrite: o.Overwrite = False,
    jobs: o.Jobs = -1,
    quiet: o.Quiet = False,
):
    """Predict the expression of the most confident face in each image.

    Example: fer-classic predict test/ --model runs/first --out submission.json
    """
    from fer_classic.faces import extract_faces
    from fer_classic.persist import load_model
    from fer_classic.pipeline import predict_faces
    from fer_classic.runs import check_new

    one_of(format, ("text", "csv", "json"), "--format")
    if out is not None and out.suffix == ".csv":
        raise UsageError(
            f"--out names the submission, a .json file; the table goes beside it as .csv. "
            f"Got {out}."
        )
    for path in (out, out and out.with_suffix(".csv"), overlay):
        if path is not None:
            check_new(path, overwrite=overwrite)
    trained = load_model(model)
    samples = read_samples(inputs, trained.settings)
    layout = _checked_template(template, samples)
    with progress_bar("faces", len(samples), quiet) as advance:
        faces = extract_faces(samples, trained.settings.faces, jobs=jobs, progress=advance)
    predictions = predict_faces(trained, faces, jobs=jobs)
    _report_unreadable(faces)
    if overlay is not None:
        _write_overlays(samples, faces, predictions, overlay, overwrite)
    _write_predictions(predictions, faces, out, layout, format, overwrite)


def _checked_template(path, samples):
    """The parsed template, tried on dummy answers before any work is done."""
    import numpy as np

    from fer_classic.submission import Predictions, read_template, templated_submission

    if path is None:
        return None
    layout = read_template(path)
    zeros = np.zeros(len(samples), dtype=np.int64)
    names = samples.classes.names
    templated_submission(Predictions(samples.names, zeros, None, names), layout)
    return layout


def _report_unreadable(faces):
    bad = [i for i, status in enumerate(faces.status) if status == "unreadable"]
    if len(bad) == len(faces):
        raise FerClassicError(
            f"None of the {len(faces)} image(s) could be read; the first, "
            f"{faces.names[0]!r}: {faces.errors[0]}."
        )
    for i in bad[:5]:
        say(f"unreadable: {faces.names[i]}: {faces.errors[i]}")
    if bad:
        say(
            f"{len(bad)} of {len(faces)} images could not be read; they got the most "
            "frequent class of the training set"
        )


def _write_predictions(predictions, faces, out, layout, format, overwrite):
    from fer_classic.runs import write_file
    from fer_classic.submission import (
        default_submission,
        predictions_csv,
        templated_submission,
    )

    if layout is None:
        submission = default_submission(predictions)
    else:
        submission = templated_submission(predictions, layout)
    if out is not None:
        details = out.with_suffix(".csv")
        write_file(details, predictions_csv(predictions, faces), overwrite=overwrite)
        write_file(out, submission, overwrite=overwrite)
        print(out)
    elif format == "json" or layout is not None:
        print(submission, end="")
    elif format == "csv":
        print(predictions_csv(predictions, faces), end="")
    else:
        print(_predictions_text(predictions, faces))


def _predictions_text(predictions, faces):
    rows = [
        [
            name,
            predictions.class_names[predictions.labels[i]],
            f"{predictions.probabilities[i].max():.3f}",
            faces.status[i],
            faces.n_faces[i],
        ]
        for i, name in enumerate(predictions.names)
    ]
    return table(rows, ["file", "expression", "probability", "status", "faces"])


def _write_overlays(samples, faces, predictions, folder, overwrite):
    import re

    from fer_classic.image import decode
    from fer_classic.overlay import overlay
    from fer_classic.runs import new_directory

    with new_directory(folder, overwrite=overwrite) as work:
        for i in range(len(faces)):
            if faces.status[i] == "unreadable":
                continue
            image = decode(samples.sources[i].read(), max_pixels=faces.settings.max_pixels)
            name = predictions.class_names[predictions.labels[i]]
            text = f"{name} {predictions.probabilities[i].max():.2f}"
            picture = overlay(image, faces.boxes[i], faces.points[i], text, faces.status[i])
            # Names come from strangers' archives: nothing but a plain file name is used.
            stem = re.sub(r"[^\w.-]", "_", Path(faces.names[i]).stem)[:80]
            (work / f"{i + 1:05d}_{stem}.png").write_bytes(picture)
        (work / "settings.json").write_text("{}\n")


@app.command()
def score(
    submission: Annotated[
        Path, typer.Argument(help="submission.json of any layout, or predictions.csv.")
    ],
    truth: Annotated[
        list[str], typer.Option(help="Labelled images: folder, zip or CSV manifest.")
    ],
    classes: o.Classes = None,
    labels: o.Labels = None,
    groups: o.Groups = None,
    format: Annotated[str, typer.Option(help="text or json")] = "text",
):
    """Score predictions against labelled images.

    Example: fer-classic score submission.json --truth val.zip
    """
    from fer_classic.evaluate import evaluate
    from fer_classic.runs import to_json
    from fer_classic.submission import read_predictions

    one_of(format, ("text", "json"), "--format")
    settings = o.settings_from(classes=classes, labels=labels, groups=groups)
    samples = read_samples(truth, settings)
    samples.training_part()  # says so if there is no label at all
    predictions = read_predictions(submission, samples.names, samples.classes)
    grouped = any(group is not None for group in samples.groups)
    result = evaluate(
        samples.labels,
        predictions.labels,
        samples.classes.names,
        predictions.probabilities,
        groups=[g or f"row {i}" for i, g in enumerate(samples.groups)] if grouped else None,
    )
    print(to_json(result) if format == "json" else scores_text({"all": result}))


@app.command()
def info(
    model: Annotated[Path, typer.Argument(help="Folder of a model or run.")],
    format: Annotated[str, typer.Option(help="text or json")] = "text",
):
    """Show what a model is and what it was trained on.

    Example: fer-classic info runs/first
    """
    from fer_classic.persist import load_model
    from fer_classic.runs import to_json

    one_of(format, ("text", "json"), "--format")
    loaded = load_model(model)
    trained = {k: v for k, v in loaded.trained_on.items() if k != "curves"}
    if format == "json":
        told = {"settings": loaded.settings.to_dict(), "trained_on": trained}
        print(to_json(told | {"columns": len(loaded.feature_names)}), end="")
        return
    counts = ", ".join(f"{name} {n}" for name, n in trained["classes"].items())
    print(f"classes:     {', '.join(loaded.settings.class_set.names)}")
    print(f"trained on:  {trained['images']} images ({counts})")
    print(f"faces found: {trained['faces_found']}")
    print(f"columns:     {len(loaded.feature_names)}")
    print(f"trees:       {trained['best_iteration']} rounds of {len(trained['classes'])}")
    print(f"settings:    {json.dumps(loaded.settings.to_dict())}")
    if "cross_validation" in trained:
        own = trained["cross_validation"]
        print(f"{own['folds']}-fold balanced accuracy: {percent(own['balanced_accuracy'])}")


@app.command()
def doctor():
    """Check the installation: versions, model files, checksums, and a self-test.

    Example: fer-classic doctor
    """
    from fer_classic.doctor import checks

    failed = 0
    for name, fine, detail in checks():
        print(f"{'ok ' if fine else 'BAD'}  {name}: {detail}")
        failed += not fine
    if failed:
        raise FerClassicError(f"{failed} check(s) failed; see the lines marked BAD.")
