"""The commands of the small network: train-cnn and export."""

from pathlib import Path
from typing import Annotated

import typer

from fer_classic.cli import options as o
from fer_classic.cli.app import app
from fer_classic.cli.console import Terminal, say
from fer_classic.cli.run import TEST, Template, run_and_say
from fer_classic.cli.settings import network_settings_from
from fer_classic.files.kept import cache_folder


@app.command()
@o.shared(
    o.FACES
    | {"prior": o.Prior, "seed": o.Seed, "votes": o.VotesFile, "vote_share": o.VoteShare}
    | o.FILE
)
def train_cnn(
    train: Annotated[list[str], typer.Argument(metavar="TRAIN", help=o.DATA_OR_FACES)],
    out: Annotated[Path, typer.Option(help="Run directory to write.")],
    test: Annotated[
        list[str] | None,
        typer.Option(help=f"{TEST}test (or val) part."),
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
    template: Template = None,
    balance: Annotated[
        str | None,
        typer.Option(help="logit, weights, oversample or none.  [default: logit]"),
    ] = None,
    strict: o.Strict = False,
    cache: o.Cache = None,
    overwrite: o.Overwrite = False,
    jobs: o.Jobs = -1,
    quiet: o.Quiet = False,
    given: dict | None = None,
):
    """Train a small neural network, to compare with.

    The same faces, scores and run directory as of the command run. Needs PyTorch.

    Example: fer-classic train-cnn train/ --test test/ --out runs/cnn
    """
    from fer_classic.learn.cnn.parameters import chosen_device

    own = {
        "network": network,
        "epochs": epochs,
        "device": device,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "size": size,
        "compile": compile,
        "balance": balance,
        "prior": given["prior"],
    }
    own = {key: value for key, value in own.items() if value is not None}
    settings = network_settings_from(given, own)
    chosen_device(settings.network.get("device", "auto"))  # before any work is done
    run_and_say(
        settings,
        given,
        train,
        test,
        out=out,
        template=template,
        strict=strict,
        cache=cache_folder(cache),
        overwrite=overwrite,
        jobs=jobs,
        watch=Terminal(quiet),
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
    from fer_classic.learn.cnn.parameters import check_torch
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
