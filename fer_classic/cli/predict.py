"""The command predict."""

from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from fer_classic.cli import options as o
from fer_classic.cli.app import app
from fer_classic.cli.console import Terminal, say, table
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
    from fer_classic.files.kept import cache_folder
    from fer_classic.model.predict import predict_faces
    from fer_classic.model.shipped import SHIPPED
    from fer_classic.model.store import load_model
    from fer_classic.pipeline.faces import faces_of, read_samples

    one_of(format, ("text", "csv", "json"), "--format")
    one_of(crop_as, ("aligned", "boxed"), "--crop-as")
    one_of(prior or "estimate", ("estimate",), "--prior")
    check_range("--strength", strength, 0, 1)
    check_range("--min-probability", min_probability, 0, 1)
    if which == "all" and template is not None:
        raise UsageError(
            "--template writes one answer an image, and --faces all gives several: leave "
            "one of them out."
        )
    _check_places(out, template, overlay, crops, overwrite)
    trained = load_model(model or SHIPPED)
    chosen = {"which": which or "best", "min_size": min_size}
    chosen |= {"upsample": upsample, "threshold": threshold}
    settings = _settings(trained.settings, max_pixels, detector, chosen)
    samples = read_samples(inputs, settings, Terminal())
    layout = _layout(template, samples, first_code)
    kept = cache_folder(cache, default=False)
    with o.on_cluster(cluster):
        faces = faces_of(samples, settings, jobs=jobs, cache=kept, watch=Terminal(quiet))
    predictions = predict_faces(trained, faces, jobs=jobs)
    if prior is not None:
        from fer_classic.cli.sureness import estimated_prior

        predictions = estimated_prior(trained, predictions, faces, strength)
    _say_guesses(faces)
    if which in (None, "best", "largest"):
        _say_others(faces)
    shown = predictions
    if min_probability:
        from fer_classic.cli.sureness import named_where_sure

        shown = named_where_sure(predictions, faces, min_probability)
    with _pictures(samples, faces, shown, overlay, crops, crop_as, overwrite):
        # Within, so that files and folders come into their places one after the other.
        _write_predictions(predictions, shown, faces, out, layout, format, overwrite)


def _check_places(out, template, overlay, crops, overwrite):
    """What shall be written can be, and nothing is there that would be lost."""
    if crops is not None and crops == overlay:
        raise UsageError(f"--crops and --overlay both name {crops}: give two folders.")
    if out is not None and out.suffix.lower() == ".csv" and template is None:
        raise UsageError(
            f"--out names the submission, a .json file; the table goes beside it as .csv. "
            f"Got {out}."
        )
    if out is overlay is crops is None:
        return
    from fer_classic.files.atomic import check_new, check_new_file

    if out is not None:
        check_new_file(out, overwrite=overwrite)
        check_new_file(_details_file(out), overwrite=overwrite)
    for folder in (overlay, crops):
        if folder is not None:
            check_new(folder, overwrite=overwrite)


def _settings(trained, max_pixels, detector, chosen):
    """Those of the model, with what the options change."""
    from fer_classic.pipeline.faces import settings_to_predict

    if detector is not None:
        from fer_classic.cli.settings import detector_from

        chosen = chosen | {"detector": detector_from(detector)}
    return settings_to_predict(trained, max_pixels).with_changes(**chosen)


def _layout(template, samples, first_code):
    """The layout of the contest's sample file, if one is given."""
    if template is None:
        return None
    from fer_classic.submissions.write import checked_template

    return checked_template(template, samples, first_code, Terminal())


@contextmanager
def _pictures(samples, faces, shown, overlay, crops, crop_as, overwrite):
    """Write overlays and crops; they come into their places after the block."""
    pictures = {}
    if overlay is not None:
        pictures[overlay] = "write_overlays", ()
    if crops is not None:
        pictures[crops] = "write_crops", (crop_as,)
    if not pictures:
        yield
        return
    from fer_classic.cli import pictures as writers
    from fer_classic.files.atomic import new_directory

    with ExitStack() as written:
        for folder, (writer, more) in pictures.items():
            work = written.enter_context(new_directory(folder, overwrite=overwrite))
            getattr(writers, writer)(samples, faces, shown, work, *more)
        yield


def _say_guesses(faces):
    """Say how many answers of the submission are no expression of a face."""
    from fer_classic.faces.table import has_face

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


def _details_file(out):
    """The table beside a submission."""
    is_table = out.suffix.lower() == ".csv"
    return out.with_suffix(".details.csv" if is_table else ".csv")


def _write_predictions(predictions, shown, faces, out, layout, format, overwrite):
    if out is None and layout is None and format == "text":
        print(_predictions_text(shown, faces))
        return
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
        from fer_classic.files.atomic import write_files

        details = predictions_csv(shown, faces)
        written = {_details_file(out): details, out: submission}
        write_files(written, overwrite=overwrite)
        print(out)
    elif layout is not None:
        print(submission, end="")
    elif format == "json":
        print(predictions_json(shown, faces), end="")
    else:
        print(predictions_csv(shown, faces), end="")


def _predictions_text(predictions, faces):
    from fer_classic.faces.table import has_face

    rows = []
    for i, name in enumerate(predictions.names):
        told = ["-", "-"]
        if has_face(faces.status[i]):
            told = [
                predictions.label_name(i) or "-",
                f"{predictions.probabilities[i].max():.3f}",
            ]
        rows.append([name, *told, faces.status[i], faces.n_faces[i]])
    return table(rows, ["file", "expression", "probability", "status", "faces"])
