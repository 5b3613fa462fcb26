"""The command line: parse, call, print. One group of commands a file."""

import sys

from fer_classic.cli.interrupts import interruptible
from fer_classic.compute.openmp import sleep_while_waiting

__all__ = ["main"]


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
