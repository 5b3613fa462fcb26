"""The command landmarks train."""

from pathlib import Path
from typing import Annotated

import typer

from fer_classic.cli import options as o
from fer_classic.cli.app import app
from fer_classic.cli.console import say
from fer_classic.cli.detector import Format, Images

landmarks = typer.Typer(
    name="landmarks",
    help="Train a landmark file of your own.",
    epilog="Example: fer-classic landmarks train 300w/ --out my-landmarks.dat",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(landmarks)


@landmarks.callback()
def _group():
    """Train a landmark file of your own."""


@landmarks.command()
def train(
    annotations: Annotated[
        Path,
        typer.Argument(
            metavar="ANNOTATIONS",
            help="dlib's imglab XML with 68 parts a face, or a folder of 300-W .pts files.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="The landmark file to write, a .dat file.")],
    images: Images = None,
    format: Format = "auto",
    test: Annotated[
        Path | None, typer.Option(help="Other annotations, to measure the error on.")
    ] = None,
    test_images: Annotated[
        Path | None, typer.Option(help="Folder of the images of --test.")
    ] = None,
    depth: Annotated[int, typer.Option(help="Depth of the trees.")] = 4,
    nu: Annotated[float, typer.Option(help="Regularisation; larger fits closer.")] = 0.1,
    cascade: Annotated[int, typer.Option(help="Levels of the cascade.")] = 10,
    trees: Annotated[int, typer.Option(help="Trees a level.")] = 500,
    oversampling: Annotated[int, typer.Option(help="Starts from each face.")] = 20,
    jitter: Annotated[
        float, typer.Option(help="Random shift and scale of the boxes.")
    ] = 0.1,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all randomness.")] = 0,
    threads: Annotated[int, typer.Option(min=1, help="Threads.")] = 1,
    overwrite: o.Overwrite = False,
    quiet: o.Quiet = False,
):
    """Train a predictor of 68 landmarks.

    Name it in FER_CLASSIC_LANDMARKS to use it in the place of the shipped file.

    Example: fer-classic landmarks train 300w/ --out my-landmarks.dat
    """
    from fer_classic.detectbench.annotations import read_annotations
    from fer_classic.detectbench.train_landmarks import train_landmarks

    marked = read_annotations(annotations, format, images)
    others = read_annotations(test, images=test_images) if test is not None else None
    card = train_landmarks(
        marked,
        out,
        test=others,
        depth=depth,
        nu=nu,
        cascade=cascade,
        trees=trees,
        oversampling=oversampling,
        jitter=jitter,
        threads=threads,
        seed=seed,
        quiet=quiet,
        overwrite=overwrite,
    )
    told = card["trained_on"]
    line = (
        f"{told['faces']} faces in {told['images']} images, {card['seconds']:.0f} s; mean "
        f"error {card['training_error']:.4f} eye distances on them"
    )
    if test is not None:
        line += f", {card['test_error']:.4f} on the {card['tested_on']['faces']} others"
    say(line)
    print(out)
