"""The command line: parse, call, print. One group of commands a file."""

from fer_classic.cli.interrupts import interruptible
from fer_classic.compute.openmp import sleep_while_waiting

__all__ = ["main"]


def main():
    """Run the command line; exit 0 done, 1 failed, 2 wrong usage, 128 + n by signal n."""
    with interruptible():
        sleep_while_waiting()
        from fer_classic.cli.app import run_command

        run_command()
