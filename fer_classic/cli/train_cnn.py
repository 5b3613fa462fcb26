"""The commands of the small network: train-cnn and export."""

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from fer_classic.cli import options as o
from fer_classic.cli.app import app
from fer_classic.cli.console import progress_bar, say
from fer_classic.cli.run import whole_run


@app.command()
def train_cnn(
    train: Annotated[list[str], typer.Argument(metavar="TRAIN", help=o.DATA_OR_FACES)],
    out: Annotated[Path, typer.Option(help="Run directory to write.")],
    test: Annotated[
        list[str] | None,
        typer.Option(
            help="Images to predict, scored where their labels are known. Without it: the "
            "data's own test (or val) part."
        ),
    ] = None,
    network: Annotated[
        str | None,
        typer.Option(
            help="default (residual, 608,000 weights) or mini (mini-Xception, 57,000).  "
            "[default: default]"
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(help="Times each face is seen.  [default: 20 on a CPU, 60 on a GPU]"),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(help="auto (a GPU if there is one), cpu or cuda.  [default: auto]"),
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(help="Faces of a step.  [default: 64]")
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="The highest.  [default: 0.05]")
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(help="Side in pixels that the network reads.  [default: 44]"),
    ] = None,
    compile: Annotated[
        bool | None,
        typer.Option("--compile", help="Let torch compile it; needs a C++ compiler."),
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
    balance: Annotated[
        str | None,
        typer.Option(help="logit, weights, oversample or none.  [default: logit]"),
    ] = None,
    prior: o.Prior = None,
    seed: o.Seed = None,
    settings_file: o.SettingsFile = None,
    strict: o.Strict = False,
    cache: o.Cache = None,
    overwrite: o.Overwrite = False,
    jobs: o.Jobs = -1,
    quiet: o.Quiet = False,
):
    """Train a small neural network, to compare with.

    The same faces, scores and run directory as of the command run. Needs PyTorch.

    Example: fer-classic train-cnn train/ --test test/ --out runs/cnn
    """
    from fer_classic.learn.cnn.device import chosen_device

    settings = o.network_settings_from(locals())
    chosen_device(settings.network.get("device", "auto"))  # before any work is done
    kept = o.cache_folder_from(cache)
    checkpoints = []

    def learn(faces, settings, jobs, strict, quiet, timer):
        if kept is not None:
            checkpoints.append(_checkpoint(kept, faces, settings, jobs))
        place = checkpoints[-1] if checkpoints else None
        return _train_with_bar(faces, settings, jobs, strict, quiet, timer, place)

    whole_run(settings, locals(), learn)
    for path in checkpoints:
        with suppress(OSError):  # it never was there, or its disk is read-only
            path.unlink()


def _checkpoint(folder, faces, settings, jobs):
    """File of a training, found by all that decides it."""
    import json

    import torch

    from fer_classic.faces.cache import surroundings

    made_of = [settings.to_dict(), surroundings(), torch.__version__, jobs]
    digest = hashlib.sha256(json.dumps(made_of, sort_keys=True).encode())
    digest.update("".join(faces.digests).encode())
    digest.update(faces.labels.tobytes())
    return folder / "networks" / f"{digest.hexdigest()}.checkpoint"


def _train_with_bar(faces, settings, jobs, strict, quiet, timer, checkpoint):
    """Say how long it will take, then train under a bar of faces seen."""
    from fer_classic.learn.cnn.classifier import SmallCNNClassifier
    from fer_classic.learn.cnn.files import epochs_kept
    from fer_classic.learn.cnn.start import planned_epochs
    from fer_classic.model.train import train_model

    classifier = SmallCNNClassifier(**settings.network, n_jobs=jobs)
    epochs, first = planned_epochs(classifier), epochs_kept(checkpoint)
    say(_estimate(classifier, faces, epochs - first))
    if first:
        say(f"a training that was stopped goes on after epoch {first}")
    n = len(faces)
    with progress_bar("training", (epochs - first) * n, quiet) as advance:

        def progress(done, note):
            advance(round((done - first) * n), note)

        model = train_model(
            faces,
            settings,
            jobs=jobs,
            strict=strict,
            progress=progress,
            timer=timer,
            checkpoint=checkpoint,
        )
    for note in (*model.classifier.notes_, model.classifier.unkept_):
        if note:
            say(f"warning: {note}")
    return model


def _estimate(classifier, faces, epochs):
    from fer_classic.learn.cnn.start import speed_of

    some = faces.crops[: classifier.batch_size]
    weights, seconds, share = speed_of(classifier, some, len(faces.classes))
    minutes = max(1, round(seconds * len(faces) * epochs / 60))
    return (
        f"{weights:,} weights, {1 / seconds:,.0f} faces a second, {share:.0%} of the time "
        f"in the network: about {minutes} min for {epochs} epochs, as busy as this machine "
        "is now"
    )


@app.command()
def export(
    model: Annotated[Path, typer.Argument(help="Folder of a network's model or run.")],
    out: Annotated[Path, typer.Option(help="ONNX file to write.")],
    overwrite: o.Overwrite = False,
):
    """Write a trained network as ONNX, checked against it.

    The file turns gray crops, uint8 of shape (n, side, side), into probabilities.

    Example: fer-classic export runs/cnn --out cnn.onnx
    """
    from fer_classic.errors import UsageError
    from fer_classic.files.atomic import check_new_file, write_file
    from fer_classic.learn.cnn.device import check_torch
    from fer_classic.model.store import load_model

    check_torch("torch", "safetensors", "onnx", "onnxruntime")
    check_new_file(out, overwrite=overwrite)
    loaded = load_model(model)
    if not loaded.settings.network:
        raise UsageError(f"{model} is no network; only the command train-cnn makes those.")
    from fer_classic.learn.cnn.export import onnx_bytes

    content, difference = onnx_bytes(loaded.classifier, loaded.settings.class_set.names)
    write_file(out, content, overwrite=overwrite)
    say(f"onnxruntime gives the same probabilities (largest difference {difference:.1e})")
    print(out)
