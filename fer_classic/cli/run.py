"""The command run: the whole way from photographs to submission.json."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from fer_classic.cli import options as o
from fer_classic.cli.app import app
from fer_classic.cli.console import percent, say, scores_text
from fer_classic.cli.extract import faces_with_bar, is_face_table, read_samples
from fer_classic.cli.predict import checked_template
from fer_classic.cli.report import write_page
from fer_classic.cli.run_tables import confusion_csv, curves_csv
from fer_classic.cli.train import (
    say_left_out,
    say_unused,
    table_for,
    train_with_bar,
    training_samples,
)
from fer_classic.cli.votes import joined, votes_from_option
from fer_classic.errors import UsageError


@app.command()
def run(
    train: Annotated[list[str], typer.Argument(metavar="TRAIN", help=o.DATA_OR_FACES)],
    out: Annotated[Path, typer.Option(help="Run directory to write.")],
    test: Annotated[
        list[str] | None,
        typer.Option(
            help="Images to predict, scored where their labels are known. Without it: the "
            "data's own test (or val) part, else a 5-fold cross-validation."
        ),
    ] = None,
    template: Annotated[
        Path | None,
        typer.Option(help="The contest's sample file, whose layout is then written."),
    ] = None,
    classes: o.Classes = None,
    labels: o.Labels = None,
    groups: o.Groups = None,
    detector: o.Detector = None,
    upsample: o.Upsample = None,
    threshold: o.Threshold = None,
    min_size: o.MinFace = None,
    align: o.Align = None,
    crop_size: o.CropSize = None,
    max_pixels: o.MaxPixels = None,
    votes: o.VotesFile = None,
    vote_share: o.VoteShare = None,
    preset: o.Preset = None,
    features: o.Features = None,
    balance: o.Balance = None,
    prior: o.Prior = None,
    folds: o.Folds = None,
    seed: o.Seed = None,
    settings_file: o.SettingsFile = None,
    strict: o.Strict = False,
    cache: o.Cache = None,
    overwrite: o.Overwrite = False,
    jobs: o.Jobs = -1,
    cluster: o.Cluster = None,
    quiet: o.Quiet = False,
):
    """Train, predict, score, write submission.json.

    The run directory also holds the model, the scores and all settings.

    Example: fer-classic run train/ --test test/ --out runs/first
    """
    whole_run(o.settings_from(locals()), locals(), train_with_bar)


def whole_run(settings, arguments, learn):
    """From the inputs to a run directory, whatever it is that learns.

    Parameters
    ----------
    settings : Settings
    arguments : dict
        The command's ``locals()``; ``train`` and ``test`` may be folders of the command
        faces.
    learn : callable
        Called as ``learn(faces, settings, jobs, strict, quiet, timer)`` for the model,
        with ``targets`` where there are votes.
    """
    from fer_classic.compute.cluster import on_cluster
    from fer_classic.compute.timer import Timer
    from fer_classic.data.voted import votes_without
    from fer_classic.files.atomic import check_new, new_directory
    from fer_classic.files.versions import versions
    from fer_classic.model.predict import predict_faces
    from fer_classic.scores.subsets import copies_of

    out, overwrite = arguments["out"], arguments["overwrite"]
    jobs, quiet, strict = (arguments[key] for key in ("jobs", "quiet", "strict"))
    check_new(out, overwrite=overwrite)
    timer = Timer()
    with timer("reading names"):
        votes = votes_from_option(arguments.get("votes"), arguments["train"])
        settings, training, tested, shares = _parts(settings, arguments, votes)
    layout = checked_template(arguments["template"], tested)
    kept = o.cache_folder_from(arguments["cache"])
    with on_cluster(arguments.get("cluster")):
        with timer("faces"):
            bars = {"training faces": training, "test faces": tested}
            faces, test_faces = (
                faces_with_bar(own, settings, jobs, quiet, title, kept)
                for title, own in bars.items()
            )
        given = {} if shares is None else {"targets": shares}
        model = learn(faces, settings, jobs, strict, quiet, timer, **given)
    with timer("prediction"):
        predictions = predict_faces(model, test_faces, jobs=jobs)
    with timer("judging"):
        copied = copies_of(faces, test_faces)
        left = votes and votes_without(votes, faces.names)
        metrics = _metrics(model, predictions, test_faces, copied, left)
    with timer("material of the report"):
        material = _material(model, faces, test_faces, predictions, copied)
    record = _record(arguments, faces, test_faces, copied, timer)
    if votes is not None:
        record["votes"] = votes.origin
    if settings.network:
        record["versions"] = versions("torch")
        record["training_seconds"] = model.classifier.seconds_
    with new_directory(out, overwrite=overwrite) as folder:
        _write(
            folder,
            model.settings,
            record,
            metrics,
            model,
            predictions,
            test_faces,
            layout,
        )
        if material:
            (folder / "material.npz").write_bytes(material)
    # Once the run is safe: what goes wrong in the report must not lose it.
    write_page(out)
    _say_result(out, metrics, len(tested) > 0)


def _material(model, faces, test_faces, predictions, copied):
    """What the report needs, as the bytes of a file; empty if that fails."""
    from fer_classic.report import collect, material_bytes

    try:
        return material_bytes(collect(model, faces, test_faces, predictions, copied))
    except Exception as error:  # whatever it is, the run is worth more
        say(f"the report will lack its pictures: {type(error).__name__}: {error}")
        return b""


def _metrics(model, predictions, test_faces, copied, votes=None):
    from fer_classic.scores.subsets import judge, judge_by_votes

    metrics = {}
    if len(test_faces):
        given = {"prior": model.classifier.prior, "copied": copied}
        metrics["test"] = judge(predictions, test_faces, **given)
        if votes and (found := judge_by_votes(predictions, test_faces, votes, **given)):
            metrics["votes"] = found
    if "cross_validation" in model.trained_on:
        metrics["cross_validation"] = model.trained_on["cross_validation"]
    return metrics


def _parts(settings, arguments, votes):
    """Settings, and what to train on and to test: samples, or finished face tables.

    Test images come from an input of their own, or from the data's own split; without
    either, the training images are cross-validated.
    """
    train, test = arguments["train"], arguments["test"]
    if is_face_table(train):
        training = table_for(train, arguments)
        training, shares = joined(training, votes, settings, strict=arguments["strict"])
        say_left_out(training)
        settings = replace(settings, faces=training.settings, classes=training.classes.key)
        tested = training.take([])
    else:
        training, shares, tested = training_samples(
            train, settings, arguments["strict"], votes
        )
        if test or "train" not in tested.splits:
            say_unused(tested, ("train",))
            tested = tested.take([])
        else:
            part = "test" if "test" in tested.splits else "val"
            say_unused(tested, ("train", part))
            tested = tested.in_split(part)
    if test and is_face_table(test):
        tested = table_for(test, {"classes": settings.classes})
        if tested.settings != settings.faces:
            raise UsageError(
                f"The faces in {test[0]} were made with other settings than the training "
                f"faces ({tested.settings} and {settings.faces}). Make both alike."
            )
    elif test:
        tested = read_samples(test, settings)
    if not len(tested) and not settings.network:
        settings = settings.with_changes(folds=settings.folds or 5)
        if arguments["template"]:
            raise UsageError("--template needs images to predict: name them with --test.")
    if not len(tested) and settings.network:
        raise UsageError("There are no images to test on: name them with --test.")
    return settings, training, tested, shares


def _record(arguments, faces, test_faces, copied, timer):
    from fer_classic.files.versions import versions

    def described(inputs, table):
        content = hashlib.sha256()
        for name, digest in zip(table.names, table.digests, strict=True):
            content.update(f"{name}\0{digest}\n".encode("utf-8", "surrogateescape"))
        return {
            "inputs": [str(i) for i in inputs or []],
            "images": len(table),
            "status": {s: table.status.count(s) for s in sorted(set(table.status))},
            # Of names and contents, equal for a folder and for a zip of it.
            "content_sha256": content.hexdigest(),
        }

    return {
        "versions": versions(),
        "train": described(arguments["train"], faces),
        "test": described(arguments["test"], test_faces)
        | {"copies_of_training_images": int(copied.sum())},
        "seconds": timer.seconds,
    }


def _write(folder, settings, record, metrics, model, predictions, faces, layout):
    from fer_classic.files.json import to_json
    from fer_classic.model.store import save_model
    from fer_classic.submissions.write import (
        default_submission,
        predictions_csv,
        templated_submission,
    )

    texts = {
        "settings.json": to_json(settings.to_dict()),
        "run.json": to_json(record),
        "metrics.json": to_json(metrics),
        "curves.csv": curves_csv(model.trained_on["curves"]),
    }
    if len(predictions.names):
        texts["predictions.csv"] = predictions_csv(predictions, faces)
        texts["submission.json"] = (
            default_submission(predictions)
            if layout is None
            else templated_submission(predictions, layout)
        )
    for part in metrics.values():
        scores = part.get("all", part)
        if scores["n"]:
            texts["confusion.csv"] = confusion_csv(scores)
            break
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    (folder / "model").mkdir()
    save_model(model, folder / "model")


def _say_result(out, metrics, tested):
    if "test" in metrics and metrics["test"]["all"]["n"]:
        say(scores_text(metrics["test"]))
    elif tested:
        say("The test images have no labels, so there is no test score.")
    if "votes" in metrics:
        say("against the majority of the votes:")
        say(scores_text(metrics["votes"]))
    if "cross_validation" in metrics:
        own = metrics["cross_validation"]
        say(f"{own['folds']}-fold cross-validation on the training images:")
        say(f"balanced accuracy {percent(own['balanced_accuracy'])}")
    if tested:
        print(f"submission: {out / 'submission.json'}")
    print(f"scores:     {out / 'metrics.json'}")
    print(f"model:      {out / 'model'}")
    if (out / "report.html").is_file():
        print(f"report:     {out / 'report.html'}")
