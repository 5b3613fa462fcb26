"""``python -m fer_classic``, for where the command is not on the path."""

from fer_classic.cli import main

main()
