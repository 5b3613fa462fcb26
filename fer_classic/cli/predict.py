"""The command predict."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from fer_classic.cli import options as o
from fer_classic.cli.app import app
from fer_classic.cli.console import say, table
from fer_classic.cli.extract import extract_with_bar, read_samples, settings_to_predict
from fer_classic.errors import UnreadableImage, UsageError, one_of


@app.command()
def predict(
    inputs: Annotated[list[str], typer.Argument(metavar="IMAGES", help=o.DATA)],
    model: Annotated[
        Path | None,
        typer.Option(
            help="Folder of a trained model or of a run, or the name of a shipped model.  "
            "[default: five-fast]"
        ),
    ] = None,
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
    detector: Annotated[
        str | None,
        typer.Option(help="In the place of the model's own, as in the command train."),
    ] = None,
    max_pixels: o.MaxPixels = None,
    format: Annotated[
        str, typer.Option(help="What stdout gets without --out: text, csv or json.")
    ] = "text",
    cache: o.CacheIfNamed = None,
    overwrite: o.Overwrite = False,
    jobs: o.Jobs = -1,
    cluster: o.Cluster = None,
    quiet: o.Quiet = False,
):
    """Predict the expression in each image.

    The most confident face counts; without a face, the whole image.

    Example: fer-classic predict photo.jpg
    Example: fer-classic predict test/ --model runs/first --out submission.json
    """
    from fer_classic.compute.cluster import on_cluster
    from fer_classic.files.atomic import check_new, check_new_file, new_directory
    from fer_classic.model.predict import predict_faces
    from fer_classic.model.store import load_model

    one_of(format, ("text", "csv", "json"), "--format")
    if out is not None and out.suffix == ".csv":
        raise UsageError(
            f"--out names the submission, a .json file; the table goes beside it as .csv. "
            f"Got {out}."
        )
    if out is not None:
        check_new_file(out, overwrite=overwrite)
        check_new_file(out.with_suffix(".csv"), overwrite=overwrite)
    if overlay is not None:
        check_new(overlay, overwrite=overwrite)
    trained = load_model(model_folder(model))
    settings = settings_to_predict(trained.settings, max_pixels)
    if detector is not None:
        settings = settings.with_changes(detector=o.detector_from(detector))
    samples = read_samples(inputs, settings)
    layout = checked_template(template, samples)
    kept = o.cache_folder_from(cache, default=False)
    with on_cluster(cluster):
        faces = extract_with_bar(samples, settings, jobs, quiet, "faces", kept)
    predictions = predict_faces(trained, faces, jobs=jobs)
    if not faces.readable.all():
        say("unreadable images got the most frequent class of the training set")
    with new_directory(overlay, overwrite=overwrite) if overlay else nullcontext() as work:
        if overlay is not None:
            _write_overlays(samples, faces, predictions, work)
        # Within, so that files and folder come into their places one after the other.
        _write_predictions(predictions, faces, out, layout, format, overwrite)


def model_folder(model):
    """The folder named, or that of a shipped model.

    Parameters
    ----------
    model : pathlib.Path or None
        The option --model.
    """
    from fer_classic.model.shipped import shipped_model

    if model is None:
        return shipped_model()
    bare = len(model.parts) == 1 and not model.exists()
    return shipped_model(model.name) if bare else model


def checked_template(path, samples):
    """The parsed template, tried on dummy answers before any work is done."""
    import numpy as np

    from fer_classic.model.predictions import Predictions
    from fer_classic.submissions.write import read_template, templated_submission

    if path is None:
        return None
    layout = read_template(path)
    zeros = np.zeros(len(samples), dtype=np.int64)
    names = samples.classes.names
    templated_submission(Predictions(samples.names, zeros, None, names), layout)
    return layout


def _write_predictions(predictions, faces, out, layout, format, overwrite):
    from fer_classic.files.atomic import write_files
    from fer_classic.submissions.write import (
        default_submission,
        predictions_csv,
        templated_submission,
    )

    if layout is None:
        submission = default_submission(predictions)
    else:
        submission = templated_submission(predictions, layout)
    if out is not None:
        details = predictions_csv(predictions, faces)
        written = {out.with_suffix(".csv"): details, out: submission}
        write_files(written, overwrite=overwrite)
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


def _write_overlays(samples, faces, predictions, work):
    from fer_classic.data.image import decode
    from fer_classic.data.sources import read_same
    from fer_classic.faces.draw import overlay
    from fer_classic.files.text import file_stem, write_rows

    index = [["picture", "file"]]
    for i, file in enumerate(faces.names):
        if faces.status[i] == "unreadable":
            continue
        try:
            data = read_same(samples.sources[i], faces.digests[i])
            image = decode(data, max_pixels=faces.settings.max_pixels)
        except UnreadableImage as error:  # it vanished or changed meanwhile
            say(f"no picture of {file}: {error}")
            continue
        name = predictions.class_names[predictions.labels[i]]
        text = f"{name} {predictions.probabilities[i].max():.2f}"
        place = faces.boxes[i], faces.points[i]
        index.append([f"{i + 1:05d}_{file_stem(Path(file).stem)}.png", file])
        picture = overlay(image, *place, text, faces.status[i])
        (work / index[-1][0]).write_bytes(picture)
    with open(work / "index.csv", "w", encoding="utf-8", newline="") as out:
        write_rows(out, index)
