"""What the packages of an environment take on disk, for the table of the README.

Usage: venvs/fer/bin/python scripts/peers.py

Scores, coverage, milliseconds and memory of other packages on the same photographs are
what the command bench measures:

    fer-classic bench val.zip --against fer --python venvs/fer/bin/python --out runs/bench
"""

import sysconfig
from pathlib import Path

if __name__ == "__main__":
    folder = Path(sysconfig.get_path("purelib"))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{folder}: {size / 1e6:.0f} MB")
