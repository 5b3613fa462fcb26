"""The command train."""

from pathlib import Path
from typing import Annotated

import typer

from fer_classic.cli import options as o
from fer_classic.cli.app import app
from fer_classic.cli.console import Terminal, say, scores_text
from fer_classic.cli.settings import refuse_for_faces, start_from
from fer_classic.files.kept import cache_folder


@app.command()
@o.shared(o.TRAINING)
def train(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="DATA", help=o.DATA_OR_FACES),
    ],
    out: Annotated[Path, typer.Option(help="Folder to write the model to.")],
    start: o.StartFrom = None,
    strict: o.Strict = False,
    cache: o.Cache = None,
    overwrite: o.Overwrite = False,
    jobs: o.Jobs = -1,
    cluster: o.Cluster = None,
    quiet: o.Quiet = False,
    given: dict | None = None,
):
    """Train a model on labelled photographs.

    Example: fer-classic train train.zip --out my-model --cv 5
    """
    from fer_classic.compute.cluster import on_cluster
    from fer_classic.files.atomic import check_new, new_directory
    from fer_classic.model.store import save_model
    from fer_classic.pipeline.faces import faces_of
    from fer_classic.pipeline.inputs import is_face_table, say_unused, training_inputs
    from fer_classic.pipeline.training import train_watched
    from fer_classic.pipeline.votes import votes_of

    watch, (start, settings) = Terminal(quiet), start_from(start, given)
    check_new(out, overwrite=overwrite)
    if is_face_table(inputs):
        refuse_for_faces(given)
    found = training_inputs(
        inputs,
        settings,
        strict=strict,
        classes=settings.classes if start else given["classes"],
        votes=votes_of(given["votes"], inputs),
        watch=watch,
    )
    say_unused(found.tested, ("train",), watch)
    settings, shares = found.settings, found.shares
    kept = cache_folder(cache)
    with on_cluster(cluster):
        faces = faces_of(found.training, settings, jobs=jobs, cache=kept, watch=watch)
        model = train_watched(
            faces,
            settings,
            jobs=jobs,
            strict=strict,
            targets=shares,
            start=start,
            watch=watch,
        )
    with new_directory(out, overwrite=overwrite) as folder:
        save_model(model, folder)
    if "cross_validation" in model.trained_on:
        say(scores_text({"all": model.trained_on["cross_validation"]}))
    print(out)
