"""The command run: the whole way from photographs to submission.json."""

from pathlib import Path
from typing import Annotated

import typer

from fer_classic.cli import options as o
from fer_classic.cli.app import app
from fer_classic.cli.console import Terminal, percent, say, scores_text
from fer_classic.cli.settings import refuse_for_faces, start_from
from fer_classic.errors import UsageError, check_range
from fer_classic.files.kept import cache_folder

TEST = "Images to predict, scored where their labels are known. Without it: the data's own "
Template = Annotated[
    Path | None,
    typer.Option(help="The contest's sample file, whose layout is then written."),
]
Prior = Annotated[
    str | None,
    typer.Option(
        help="Class frequencies that probabilities assume: uniform, for a score "
        "that weighs classes evenly; train, for photographs that come as the training set "
        "did; estimate, for plain accuracy: the test's predictions are moved to the shares "
        "that they tell of themselves.  [default: uniform]"
    ),
]


@app.command()
@o.shared(o.TRAINING | {"prior": Prior})
def run(
    train: Annotated[list[str], typer.Argument(metavar="TRAIN", help=o.DATA_OR_FACES)],
    out: Annotated[Path, typer.Option(help="Run directory to write.")],
    test: Annotated[
        list[str] | None,
        typer.Option(help=f"{TEST}test (or val) part, else a 5-fold cross-validation."),
    ] = None,
    template: Template = None,
    first_code: o.FirstCode = None,
    strength: Annotated[
        float | None,
        typer.Option(
            help="Of --prior estimate: 0 for nothing, 1 for all of it.  [default: 1]"
        ),
    ] = None,
    start: o.StartFrom = None,
    strict: o.Strict = False,
    cache: o.Cache = None,
    overwrite: o.Overwrite = False,
    jobs: o.Jobs = -1,
    cluster: o.Cluster = None,
    quiet: o.Quiet = False,
    given: dict | None = None,
):
    """Train, predict, score, write submission.json.

    The run directory also holds the model, the scores and all settings.

    Example: fer-classic run train/ --test test/ --out runs/first
    """
    given, strength = _with_strength(given, strength)
    start, settings = start_from(start, given)
    run_and_say(
        settings,
        given,
        train,
        test,
        start=start,
        out=out,
        template=template,
        first_code=first_code,
        strength=strength,
        strict=strict,
        cache=cache_folder(cache),
        overwrite=overwrite,
        jobs=jobs,
        cluster=cluster,
        watch=Terminal(quiet),
    )


def _with_strength(given, strength):
    """Shared options without --prior estimate, and its strength or 0."""
    if given["prior"] != "estimate":
        if strength is not None:
            raise UsageError("--strength is that of --prior estimate: give both.")
        return given, 0.0
    strength = 1.0 if strength is None else strength
    check_range("--strength", strength, 0, 1)
    return given | {"prior": None}, strength


def run_and_say(settings, given, train, test, **rest):
    """A run, its scores and the files it wrote; ``given`` are the shared options."""
    import fer_classic
    from fer_classic.pipeline.inputs import is_face_table

    if is_face_table(train):
        refuse_for_faces(given)
    chosen = {"classes": given["classes"], "votes": given.get("votes")}
    _say_result(fer_classic.run(train, test, settings=settings, **chosen, **rest))


def _say_result(done):
    metrics, tested = done.metrics, len(done.predictions.names) > 0
    if "test" in metrics and metrics["test"]["all"]["n"]:
        print(scores_text(metrics["test"]))
    elif tested:
        say("The test images have no labels, so there is no test score.")
    if "votes" in metrics:
        print("against the majority of the votes:")
        print(scores_text(metrics["votes"]))
    if "cross_validation" in metrics:
        own = metrics["cross_validation"]
        print(f"{own['folds']}-fold cross-validation on the training images:")
        print(f"balanced accuracy {percent(own['balanced_accuracy'])}")
    if tested:
        print(f"submission: {done.submission}")
    print(f"scores:     {done.folder / 'metrics.json'}")
    print(f"model:      {done.folder / 'model'}")
    if done.report:
        print(f"report:     {done.report}")
    if (
        "cross_validation" in metrics
        and not metrics.get("test", {"all": {"n": 1}})["all"]["n"]
    ):
        value = metrics["cross_validation"]["balanced_accuracy"]
        print(
            f"to expect:  balanced accuracy {percent(value)}, on images like those "
            "trained on"
        )
