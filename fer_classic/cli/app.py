"""The command ``fer-classic``: errors, exit codes, and the list of commands."""

import os
import sys
from importlib import import_module
from typing import Annotated

import typer

from fer_classic.cli import fail, received
from fer_classic.errors import FerClassicError

#: Modules by command, in the order of the help page: the whole job first, then its steps.
_COMMANDS = {
    "run": "run",
    **dict.fromkeys(("demo", "audit", "faces", "features"), "data"),
    "train": "train",
    "train-cnn": "train_cnn",
    **{name: name for name in ("predict", "page", "video", "live")},
    "score": "inspect",
    **{name: name for name in ("compare", "bench", "explain", "report", "ablate")},
    "info": "inspect",
    "export": "train_cnn",
    "doctor": "inspect",
    **{name: name for name in ("detector", "landmarks", "model")},
}

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


def register(command=None):
    """Load the module of a command, or those of all where it is none of them."""
    named = _COMMANDS.get(command)
    for module in [named] if named else sorted(set(_COMMANDS.values())):
        import_module(f"fer_classic.cli.{module}")


def place_in_help(command):
    """Where a registered command stands on the help page."""
    return list(_COMMANDS).index(command.callback.__name__.replace("_", "-"))


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
    register(*sys.argv[1:2])
    app.registered_commands.sort(key=place_in_help)
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
