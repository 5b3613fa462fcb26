"""Peak memory of the commands faces and features, and a run that is killed twice.

    python scripts/memory.py [--small 2000] [--large 50000] [--jobs 2] [--work FOLDER]

Makes different images by shifting and mirroring crops of the demonstration set, and prints
one line a measurement. Memory is that of all processes of a command together, each page
counted once (Pss), so it needs Linux. The exit code is 1 where a result is wrong.
"""

import argparse
import io
import itertools
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from fer_classic.faces.cache import usage
from fer_classic.faces.store import load_faces

#: Pixels by which a picture is moved at most, and the side of what is left of the crop.
SHIFTS, CROP = 18, 96
#: What a further image may take: names, checksums, its place in the archive.
KILOBYTES = 2.0


def command(*arguments):
    """The line of a fer-classic command."""
    return [sys.executable, "-m", "fer_classic.cli", *map(str, arguments)]


def write_images(path, number, folder):
    """A zip of different images, made from crops of the demonstration set.

    Names are ``LABEL_pCROP_NUMBER.jpg``: images of one crop are one person's.
    """
    if not (folder / "crops").exists():
        subprocess.run(command("demo", folder / "demo", "--train", 160), check=True)
        made = ("--out", folder / "crops", "--crop-size", CROP, "--cache", "none", "-q")
        subprocess.run(command("faces", folder / "demo" / "train", *made), check=True)
    faces = load_faces(folder / "crops")
    labels = [faces.classes.names[label] for label in faces.labels]
    moves = itertools.product(range(SHIFTS), range(SHIFTS), (1, -1), range(len(faces)))
    side = CROP - SHIFTS
    with zipfile.ZipFile(path, "w") as archive:
        for i, (x, y, step, crop) in enumerate(itertools.islice(moves, number)):
            pixels = faces.crops[crop, y : y + side, x : x + side][:, ::step]
            stream = io.BytesIO()
            Image.fromarray(pixels).save(stream, "JPEG", quality=90)
            name = f"images/{labels[crop]}_p{crop:03d}_{i:06d}.jpg"
            archive.writestr(name, stream.getvalue())
    assert i == number - 1, f"only {i + 1} different images can be made"


def processes_of(root):
    """Process numbers of a process and all that descend from it."""
    children = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it ended meanwhile
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    found = [root]
    for process in found:  # grows while it is read
        found += children.get(process, [])
    return found


def memory_of(processes):
    """Megabytes that processes hold: in all, and of it what is backed by no file."""
    sums = {"Pss": 0, "Pss_Anon": 0}
    for process in processes:
        try:
            text = Path(f"/proc/{process}/smaps_rollup").read_text()
        except OSError:
            continue
        for name, kilobytes in re.findall(r"^(Pss|Pss_Anon): +(\d+) kB$", text, re.M):
            sums[name] += int(kilobytes)
    return np.array([sums["Pss"], sums["Pss_Anon"]]) / 1024


def measure(title, line):
    """Run a command; print and return its peak memory in MB."""
    start, peak = time.monotonic(), np.zeros(2)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(line, **quiet) as run:
        while run.poll() is None:
            peak = np.maximum(peak, memory_of(processes_of(run.pid)))
            time.sleep(0.2)
    assert run.returncode == 0, f"{title} ended with {run.returncode}"
    seconds = time.monotonic() - start
    print(f"{title}: peak {peak[0]:.0f} MB ({peak[1]:.0f} MB anonymous), {seconds:.0f} s")
    sys.stdout.flush()
    return peak[0]


def kill_twice(line, cache, chunks):
    """Kill a command with all its processes, twice, at random moments; then run it."""
    for share in (random.uniform(0.1, 0.4), random.uniform(0.5, 0.9)):
        streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        run = subprocess.Popen(line, start_new_session=True, **streams)
        while run.poll() is None and usage(cache)[0] < share * chunks:
            time.sleep(0.1)
        os.killpg(run.pid, signal.SIGKILL)
        assert run.wait() == -signal.SIGKILL, "the run ended before it was killed"
        print(f"killed with {usage(cache)[0]} of {chunks} chunks done", flush=True)
    start = time.monotonic()
    subprocess.run(line, check=True, **streams)
    print(f"finished in another {time.monotonic() - start:.0f} s")


def same_files(one, other):
    """Whether two folders hold the same bytes under the same names."""
    names = sorted(os.listdir(one))
    return names == sorted(os.listdir(other)) and all(
        (one / name).read_bytes() == (other / name).read_bytes() for name in names
    )


def main():
    """Measure, kill, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", type=int, default=2000)
    parser.add_argument("--large", type=int, default=50_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--work", type=Path, help="Folder for some gigabytes of files.")
    given = parser.parse_args()
    if given.work:
        Path(given.work).mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="memory-", dir=given.work))
    options = ("--detector", "none", "--jobs", given.jobs)
    peaks = {}
    try:
        for number in (given.small, given.large):
            images, table = work / f"{number}.zip", work / f"faces-{number}"
            write_images(images, number, work)
            faces = ("faces", images, *options, "--cache", work / f"cache-{number}")
            peaks["faces", number] = measure(
                f"faces, {number} images", command(*faces, "--out", table)
            )
            peaks["features", number] = measure(
                f"features, {number} images",
                command("features", table, "--out", work / f"features-{number}"),
            )
        again, cache = work / "killed", work / "cache-of-killed"
        faces = ("faces", images, *options, "--cache", cache, "--out", again)
        kill_twice(command(*faces), cache, usage(work / f"cache-{number}")[0])
        same = same_files(table, again)
        print(f"tables of the killed and the undisturbed run: {'equal' if same else 'NOT'}")
    finally:
        shutil.rmtree(work)
    fine = same
    for name in ("faces", "features"):
        small, large = peaks[name, given.small], peaks[name, given.large]
        more = 1000 * (large - small) / (given.large - given.small)
        fine &= large < 1500 and more < KILOBYTES
        print(f"{name}: {more:.1f} KB more for each further image")
    sys.exit(not fine)


if __name__ == "__main__":
    main()
