"""The worked example of an ablation: one plan on two sets, as docs/ablation.md shows it.

Usage: python scripts/ablate.py DATA --out runs/ablation [--images 7500] [--jobs 2]

DATA holds ``fer2013/train.zip`` (5 of its 7 classes) and ``webfaces/train.zip`` (whose
persons are never parted). Each gets a folder in --out. A killed run continues when it is
started again. The plan: scripts/plans/families.toml.
"""

import argparse
import subprocess
import sys
from pathlib import Path

PLAN = Path(__file__).parent / "plans" / "families.toml"
#: Lines that a set adds at the top of the plan.
SETS = {
    "fer2013": "",
    "webfaces": "groups = '_(p[0-9]+)_'\n",
}


def main():
    """Run the command on both sets."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--images", type=int, help="At most, in place of the plan's.")
    parser.add_argument("--jobs", default="-1")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    text = PLAN.read_text(encoding="utf-8")
    if given.images:
        text = text.replace("images = 7500", f"images = {given.images}")
    for name, first in SETS.items():
        plan = given.out / f"{name}.toml"
        plan.write_text(first + text, encoding="utf-8")
        line = [sys.executable, "-m", "fer_classic.cli", "ablate", plan]
        line += ["--train", given.data / name / "train.zip"]
        line += ["--out", given.out / name, "--jobs", given.jobs]
        if code := subprocess.run([str(part) for part in line], check=False).returncode:
            sys.exit(code)


if __name__ == "__main__":
    main()
