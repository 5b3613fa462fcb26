"""The command ``fer-classic``: errors, exit codes, and the list of commands."""

import os
import sys
from typing import Annotated

import typer

from fer_classic.cli.interrupts import fail, received
from fer_classic.errors import FerClassicError

#: The order of the help page: the whole job first, then its steps.
_ORDER = (
    *("run", "demo", "audit", "faces", "features", "train", "train_cnn", "predict", "page"),
    *("video", "live"),
    *("score", "compare", "explain", "report", "ablate", "info", "export", "doctor"),
)

app = typer.Typer(
    name="fer-classic",
    help="Facial expression recognition without deep learning: photographs in, "
    "submission.json out.",
    epilog="Example: fer-classic run train/ --test test/ --out runs/first",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)


def _say_version(asked):
    if asked:
        import fer_classic

        print(f"fer-classic {fer_classic.__version__}")
        raise typer.Exit


def register():
    """Load the modules whose commands then belong to ``app``."""
    from fer_classic.cli import (  # noqa: F401
        ablate,
        compare,
        data,
        detector,
        explain,
        inspect,
        landmarks,
        live,
        model,
        page,
        predict,
        report,
        run,
        train,
        train_cnn,
        video,
    )


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_say_version, is_eager=True, help="Its version."
        ),
    ] = False,
):
    """Read the options of the program itself."""


def run_command():
    """Run the command that ``sys.argv`` names, and explain its errors."""
    register()
    app.registered_commands.sort(key=lambda own: _ORDER.index(own.callback.__name__))
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except BaseException as error:
        if not received:  # an interrupt has many faces by now
            _explain(error)
        raise


def _explain(error):
    """Leave with one clear sentence, if the error is of a kind that allows it."""
    if isinstance(error, FerClassicError):
        fail(str(error), error.exit_code)
    if isinstance(error, MemoryError):
        fail("not enough memory; give fewer images at a time, or --jobs 1", 1)
    if isinstance(error, OSError):
        # What stdout still holds cannot be written: let the interpreter not try again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # the reader, such as head, went away
            sys.exit(0)
        fail(f"{error.filename or 'the output'}: {error.strerror or error}", 1)
