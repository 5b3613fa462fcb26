"""The command line: parse, call, print. One group of commands a file."""

import re
import signal
import sys
from contextlib import contextmanager

from fer_classic.compute.threads import sleep_while_waiting
from fer_classic.files.text import visible

__all__ = ["main"]

#: Numbers of the signals that came.
received = []


@contextmanager
def interruptible():
    """Let a block end with the exit code 128 + the signal's number, as shells have it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        yield
    # C extensions turn an interrupt into errors of their own, typer into an exit code.
    except BaseException:
        if received:
            fail("interrupted; nothing half-written was left behind", 128 + received[0])
        raise


@contextmanager
def until_ctrl_c():
    """A block that Ctrl-C ends as it is meant to end, without an error."""
    try:
        yield
    except BaseException:
        if received != [signal.SIGINT]:
            raise
        received.clear()


def _interrupt(number, frame):
    received.append(number)
    for other in (signal.SIGINT, signal.SIGTERM):  # let the cleaning up be whole
        signal.signal(other, signal.SIG_IGN)
    raise KeyboardInterrupt


def with_flags(message):
    """A message of the library with the options of the command line in it.

    Parameters
    ----------
    message : str
        It names parameters in backticks, such as ```max_pixels```.

    Examples
    --------
    >>> with_flags("Raise `max_pixels`, or run without `strict`.")
    'Raise --max-pixels, or run without --strict.'
    """
    return re.sub(
        r"`([a-z][a-z_]+)`", lambda found: "--" + found[1].replace("_", "-"), message
    )


def fail(message, code):
    """Print an error and leave with an exit code."""
    print(f"fer-classic: error: {visible(with_flags(message))}", file=sys.stderr)
    sys.exit(code)


def main():
    """Run the command line; exit 0 done, 1 failed, 2 wrong usage, 128 + n by signal n."""
    for stream in (sys.stdout, sys.stderr):
        # What a terminal or a file cannot show becomes an escape, after all the work.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    with interruptible():
        sleep_while_waiting()
        from fer_classic.cli.app import run_command

        run_command()
