"""Ctrl-C and SIGTERM: what was begun is removed, and one sentence says so."""

import signal
import sys
from contextlib import contextmanager

from fer_classic.files.text import visible

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


def _interrupt(number, frame):
    received.append(number)
    for other in (signal.SIGINT, signal.SIGTERM):  # let the cleaning up be whole
        signal.signal(other, signal.SIG_IGN)
    raise KeyboardInterrupt


def fail(message, code):
    """Print an error and leave with an exit code."""
    print(f"fer-classic: error: {visible(message)}", file=sys.stderr)
    sys.exit(code)
