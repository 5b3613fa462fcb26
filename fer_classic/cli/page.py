"""The command page."""

from pathlib import Path
from typing import Annotated

import typer

from fer_classic.cli import options as o
from fer_classic.cli import until_ctrl_c
from fer_classic.cli.app import app
from fer_classic.cli.console import say
from fer_classic.files.kept import cache_folder


@app.command()
def page(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN | DATA]",
            help="A run directory, the folder that fer-classic video wrote, or "
            "photographs: folder, zip, CSV manifest, FER2013 CSV, image or glob. Without "
            "any, photographs are shown one at a time, and the camera.",
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            help="Folder of a trained model or of a run, or the name of a shipped model.  "
            "[default: the run's own, else five-fast]"
        ),
    ] = None,
    film: Annotated[
        Path | None,
        typer.Option(
            help="The film of such a folder, if it was moved.  [default: where it was, or "
            "beside the folder]"
        ),
    ] = None,
    labels: o.Labels = None,
    groups: o.Groups = None,
    journal: Annotated[
        Path | None,
        typer.Option(
            help="File that keeps what is decided about labels.  [default: beside the "
            "photographs, such as train.labels.jsonl]"
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of this machine; 0 for any.")
    ] = 0,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open it in the browser.")
    ] = True,
    cache: o.Cache = None,
    jobs: o.Jobs = -1,
):
    """Look at photographs, runs, films and labels in the browser.

    Only this machine can open the page, and no photograph leaves it. Ctrl-C ends it.

    Example: fer-classic page
    Example: fer-classic page runs/first
    Example: fer-classic page runs/clip --film clip.mp4
    Example: fer-classic page train/ --groups '_(p[0-9]+)_'
    """
    from fer_classic.model.shipped import model_named
    from fer_classic.page.server import Server, check_packages

    check_packages()
    from fer_classic.page.starting import make_workspace

    inputs = inputs or []
    workspace = make_workspace(
        inputs,
        model and model_named(model),
        film=film,
        labels=labels,
        groups=groups,
        journal=journal,
        jobs=jobs,
        cache=cache_folder(cache),
    )
    server = Server(workspace, port)
    if workspace.journal is not None:
        say(f"labels are kept in {workspace.journal.path}")
    say("Open this address; Ctrl-C ends the page.")
    print(server.address, flush=True)
    if browser:
        import webbrowser

        webbrowser.open(server.address)
    with until_ctrl_c():
        server.run()
