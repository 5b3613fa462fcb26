"""Many images and many rows: whether memory stays bounded and the rate does not fall.

    python scripts/large.py [--images 100000] [--rows 1000000] [--jobs 2] [--work FOLDER]
        [--train]

Sends images through the command faces, and predictions made at random through score and
compare. With --train, the preset fast is trained on all of the faces too; as they are 160,
moved, its score means nothing. Prints one line a measurement; memory is that of all
processes together (Linux). The exit code is 1 where memory passes a limit or the rate of
the last tenth of the images is below 0.8 of the first one's.
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from memory import command, measure, write_images

from fer_classic.data.labels import FIVE

#: Most memory in MB that each command may take.
LIMITS = {"faces": 1500, "train": 8000, "score": 1500, "compare": 1500}
#: How uneven the classes are, and how often a made prediction is right at least.
SHARES, RIGHT = (1, 10, 10, 2, 2), (0.70, 0.71)


def rates(cache):
    """Images a second of each tenth of a run, from the times its chunks were written."""
    times = np.sort([path.stat().st_mtime for path in cache.rglob("*.chunk")])
    return 32 * (len(times) // 10) / np.diff(times[:: len(times) // 10])


def write_rows(number, folder):
    """Labels of images that need not exist, and two submissions that guess them."""
    random.seed(0)
    codes = random.choices(range(len(FIVE)), SHARES, k=number)
    files = [f"images/{i:07d}.jpg" for i in range(number)]
    with open(folder / "truth.csv", "w", encoding="utf-8") as file:
        file.write("file,label\n")
        for name, code in zip(files, codes, strict=True):
            file.write(f"{name},{FIVE.names[code]}\n")
    for name, share in zip("ab", RIGHT, strict=True):
        rows = [
            {
                "name": file,
                "label": code if random.random() < share else random.randrange(5),
            }
            for file, code in zip(files, codes, strict=True)
        ]
        (folder / f"{name}.json").write_text(json.dumps(rows), encoding="utf-8")


def main():
    """Measure, and judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--train", action="store_true", help="on the images, too")
    parser.add_argument("--work", type=Path, help="Folder for some gigabytes of files.")
    given = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="large-", dir=given.work))
    peaks = {}
    try:
        write_images(work / "images.zip", given.images, work)
        line = ("faces", work / "images.zip", "--detector", "none", "--jobs", given.jobs)
        line += ("--cache", work / "cache", "--out", work / "table")
        line += ("--groups", "_(p[0-9]+)_")
        peaks["faces"] = measure(f"faces, {given.images} images", command(*line))
        first, *others, last = rates(work / "cache").tolist()
        told = ", ".join(f"{rate:.0f}" for rate in (first, *others, last))
        print(f"images a second, by tenths: {told}")
        if given.train:
            line = ("train", work / "table", "--preset", "fast", "--out", work / "model")
            line += ("--jobs", given.jobs, "--cache", "none")
            peaks["train"] = measure(f"train, {given.images} faces", command(*line))
        write_rows(given.rows, work)
        truth = ("--truth", work / "truth.csv")
        for name, files in (("score", "a"), ("compare", "ab")):
            line = command(name, *(work / f"{file}.json" for file in files), *truth)
            peaks[name] = measure(f"{name}, {given.rows} rows", line)
    finally:
        shutil.rmtree(work)
    fine = all(peak <= LIMITS[name] for name, peak in peaks.items()) and last >= 0.8 * first
    sys.exit(not fine)


if __name__ == "__main__":
    main()
