"""The command predict."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from fer_classic.cli import options as o
from fer_classic.cli.app import app
from fer_classic.cli.console import Terminal, say, table
from fer_classic.cli.pictures import write_crops, write_overlays
from fer_classic.cli.settings import cache_folder_from, detector_from
from fer_classic.cli.sureness import estimated_prior, named_where_sure
from fer_classic.errors import UsageError, check_range, one_of


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
    first_code: o.FirstCode = None,
    overlay: Annotated[
        Path | None,
        typer.Option(help="Folder for pictures with box, landmarks and label."),
    ] = None,
    detector: Annotated[
        str | None,
        typer.Option(help="In the place of the model's own, as in the command train."),
    ] = None,
    upsample: o.Upsample = None,
    threshold: o.Threshold = None,
    which: o.Which = None,
    min_size: o.MinFace = None,
    crops: Annotated[
        Path | None, typer.Option(help="Folder for the faces, each cut out as a picture.")
    ] = None,
    crop_as: Annotated[
        str,
        typer.Option(help="How faces are cut out: aligned, 224 pixels a side, or boxed."),
    ] = "aligned",
    prior: Annotated[
        str | None,
        typer.Option(
            help="estimate: find the class shares of these images from the predictions, "
            "and move the probabilities to them.  [default: the model's]"
        ),
    ] = None,
    strength: Annotated[
        float, typer.Option(help="Of --prior estimate: 0 for nothing, 1 for all of it.")
    ] = 1.0,
    min_probability: Annotated[
        float,
        typer.Option(
            help="Below it, and where no face was found, tables and pictures name no "
            "expression; submission.json always does."
        ),
    ] = 0.0,
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

    The most confident face counts, or with --faces all each; without a face, the whole
    image.

    Example: fer-classic predict photo.jpg
    Example: fer-classic predict group.jpg --faces all --overlay seen/
    Example: fer-classic predict test/ --model runs/first --out submission.json
    """
    from fer_classic.compute.cluster import on_cluster
    from fer_classic.faces.cutout import HOW
    from fer_classic.files.atomic import check_new, check_new_file, new_directory
    from fer_classic.model.predict import predict_faces
    from fer_classic.model.store import load_model
    from fer_classic.pipeline.faces import faces_of
    from fer_classic.pipeline.inputs import read_samples, settings_to_predict
    from fer_classic.submissions.write import checked_template

    one_of(format, ("text", "csv", "json"), "--format")
    if out is not None and out.suffix.lower() == ".csv" and template is None:
        raise UsageError(
            f"--out names the submission, a .json file; the table goes beside it as .csv. "
            f"Got {out}."
        )
    if out is not None:
        check_new_file(out, overwrite=overwrite)
        check_new_file(_details_file(out), overwrite=overwrite)
    one_of(crop_as, HOW, "--crop-as")
    if prior is not None:
        one_of(prior, ("estimate",), "--prior")
    check_range("--strength", strength, 0, 1)
    check_range("--min-probability", min_probability, 0, 1)
    if which == "all" and template is not None:
        raise UsageError(
            "--template writes one answer an image, and --faces all gives several: leave "
            "one of them out."
        )
    if crops is not None and crops == overlay:
        raise UsageError(f"--crops and --overlay both name {crops}: give two folders.")
    for folder in (overlay, crops):
        if folder is not None:
            check_new(folder, overwrite=overwrite)
    trained = load_model(model_folder(model))
    settings = settings_to_predict(trained.settings, max_pixels).with_changes(
        which=which or "best", min_size=min_size, upsample=upsample, threshold=threshold
    )
    if detector is not None:
        settings = settings.with_changes(detector=detector_from(detector))
    samples = read_samples(inputs, settings, Terminal())
    layout = checked_template(template, samples, first_code, Terminal())
    kept = cache_folder_from(cache, default=False)
    with on_cluster(cluster):
        faces = faces_of(samples, settings, jobs=jobs, cache=kept, watch=Terminal(quiet))
    predictions = predict_faces(trained, faces, jobs=jobs)
    if prior is not None:
        predictions = estimated_prior(trained, predictions, faces, strength)
    _say_guesses(faces)
    if settings.faces.which != "all":
        _say_others(faces)
    shown = named_where_sure(predictions, faces, min_probability)
    pictures = [(overlay, write_overlays, ()), (crops, write_crops, (crop_as,))]
    with ExitStack() as written:
        for folder, write, more in pictures:
            if folder is not None:
                work = written.enter_context(new_directory(folder, overwrite=overwrite))
                write(samples, faces, shown, work, *more)
        # Within, so that files and folders come into their places one after the other.
        _write_predictions(predictions, shown, faces, out, layout, format, overwrite)


def _say_guesses(faces):
    """Say how many answers of the submission are no expression of a face."""
    from fer_classic.submissions.write import has_face

    number = sum(not has_face(status) for status in faces.status)
    if number:
        say(
            f"{number} of {len(faces)} image(s) have no face or are unreadable: a "
            "submission has a guess there, the table none"
        )


def _say_others(faces):
    """Say that other faces were found too, and which was taken."""
    number = int((faces.n_faces > 1).sum())
    if number:
        rule = {"best": "the one that the detector is surest of", "largest": "the largest"}
        say(
            f"several faces in {number} of {len(faces)} images: "
            f"{rule[faces.settings.which]} counts (--faces all: each)"
        )


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


def _details_file(out):
    """The table beside a submission."""
    is_table = out.suffix.lower() == ".csv"
    return out.with_suffix(".details.csv" if is_table else ".csv")


def _write_predictions(predictions, shown, faces, out, layout, format, overwrite):
    from fer_classic.files.atomic import write_files
    from fer_classic.submissions.write import (
        default_submission,
        predictions_csv,
        predictions_json,
        templated_submission,
    )

    if layout is None:
        submission = default_submission(predictions)
    else:
        submission = templated_submission(predictions, layout)
    if out is not None:
        details = predictions_csv(shown, faces)
        written = {_details_file(out): details, out: submission}
        write_files(written, overwrite=overwrite)
        print(out)
    elif layout is not None:
        print(submission, end="")
    elif format == "json":
        print(predictions_json(shown, faces), end="")
    elif format == "csv":
        print(predictions_csv(shown, faces), end="")
    else:
        print(_predictions_text(shown, faces))


def _predictions_text(predictions, faces):
    from fer_classic.submissions.write import has_face

    rows = []
    for i, name in enumerate(predictions.names):
        told = ["-", "-"]
        if has_face(faces.status[i]):
            told = [predictions.label_name(i), f"{predictions.probabilities[i].max():.3f}"]
        rows.append([name, *told, faces.status[i], faces.n_faces[i]])
    return table(rows, ["file", "expression", "probability", "status", "faces"])
