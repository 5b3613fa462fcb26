"""The command ``fer-classic``: errors, exit codes, and the list of commands."""

import os
import signal
import sys

import typer

from fer_classic.errors import FerClassicError

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


def main():
    """Run the command line; exit 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    from fer_classic.cli import data, inspect, predict, run, train  # noqa: F401  they register commands

    # LightGBM's threads otherwise spin while they wait, which makes training ten times
    # slower on a machine that does something else too. Read when OpenMP is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        app()
    except FerClassicError as error:
        fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        fail("interrupted; nothing half-written was left behind", 130)
    except BrokenPipeError:  # the reader of our output, such as head, went away
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def fail(message, code):
    """Print an error and leave with an exit code."""
    print(f"fer-classic: error: {message}", file=sys.stderr)
    sys.exit(code)


def _interrupted(number, frame):
    raise KeyboardInterrupt
