"""The command line: parse, call, print. One group of commands a file."""

from fer_classic.cli.interrupts import interruptible

__all__ = ["main"]


def main():
    """Run the command line; exit 0 done, 1 failed, 2 wrong usage, 128 + n by signal n."""
    with interruptible():
        from fer_classic.cli.app import run_command

        run_command()
