"""Images a second of the command faces by number of processes, here and on a cluster.

    python scripts/scaling.py [DATA] [--images 2000] [--most 2] [--repeats 3]

Without DATA it makes synthetic photographs. One line a kind and number of processes, the
median of some runs that take turns; the share is of what as many single processes would do.
The start of the processes is in it, so give enough images for half a minute.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fer_classic.data.dataset import read_dataset


def command(*arguments):
    """The line of a fer-classic command."""
    return [sys.executable, "-m", "fer_classic.cli", *map(str, arguments)]


def seconds(images, work, options):
    """Duration of a command, and the bytes of the table it wrote."""
    out = work / "faces"
    line = command("faces", images, "--out", out, "--cache", "none", "-q", *options)
    start = time.perf_counter()
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    spent = time.perf_counter() - start
    made = {path.name: path.read_bytes() for path in sorted(out.iterdir())}
    shutil.rmtree(out)
    return spent, made


def main():
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", help="zip or folder of images")
    parser.add_argument("--images", type=int, default=2000, help="synthetic photographs")
    parser.add_argument("--most", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--work", type=Path)
    given = parser.parse_args()
    counts = [n for n in (1, 2, 4, 8, 16, 32, 64) if n <= given.most]
    ways = {("jobs", n): ("--jobs", n) for n in counts}
    ways |= {("cluster", n): ("--cluster", f"local:{n}") for n in counts}
    work = Path(tempfile.mkdtemp(prefix="scaling-", dir=given.work))
    try:
        images, table = given.data, None
        if images is None:
            images = work / "demo" / "train"
            subprocess.run(
                command("demo", work / "demo", "--train", given.images), check=True
            )
        number = len(read_dataset(images))
        times = {way: [] for way in ways}
        for _ in range(given.repeats):
            for way, options in ways.items():
                spent, made = seconds(images, work, options)
                times[way].append(spent)
                assert table in (None, made), f"{way} made another table"
                table = made
    finally:
        shutil.rmtree(work)
    print(f"{number} images, median of {given.repeats}")
    print("place    processes  seconds  images/s  share of ideal")
    single = statistics.median(times["jobs", 1])
    for (place, n), own in times.items():
        spent = statistics.median(own)
        rate, share = number / spent, single / spent / n
        print(f"{place:9}{n:9}{spent:9.1f}{rate:10.1f}{share:16.0%}")


if __name__ == "__main__":
    main()
