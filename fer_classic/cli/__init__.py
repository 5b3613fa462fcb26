"""The command line: parse, call, print. One group of commands a file."""

from fer_classic.cli.app import main

__all__ = ["main"]
