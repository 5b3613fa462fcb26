"""Rates of the command video: frames a second and memory on a made film of one face.

Usage: python scripts/film.py [--seconds 20] [--long 120] [--model five-fast]

The film is 640 x 480 at 25 frames a second: a public-domain portrait that moves. Decoding,
searching, following, predicting and writing all count. The rate by processor time is that
of one core which does nothing else; the rate by the clock is lower beside other work.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import psutil

from fer_classic.model.analyzer import Analyzer
from fer_classic.video.film import Film
from fer_classic.video.films import analyze_film
from tests.video.madefilm import GROUP, frame_of, write_film


def measure(path, analyzer, **options):
    """Frames a second by the clock and by processor time, and the most memory in MB."""
    process, most, frames = psutil.Process(), 0, 0

    def progress(done):
        nonlocal most, frames
        frames = done
        if done % 50 == 0:
            most = max(most, process.memory_info().rss)

    with tempfile.TemporaryDirectory() as folder:
        clock, used = time.perf_counter(), time.process_time()
        analyze_film(path, analyzer, folder, progress=progress, **options)
        clock, used = time.perf_counter() - clock, time.process_time() - used
    return frames / clock, frames / used, most / 1e6


def made_film(path, seconds, actors=1):
    """A film of one person or two."""
    times = np.arange(round(seconds * 25)) / 25
    return write_film(path, (frame_of(GROUP[:actors], t % 9) for t in times))


def main():
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--long", type=float, default=0, help="seconds of a longer film")
    parser.add_argument("--model", default="five-fast")
    given = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    analyzer = Analyzer(given.model, "all", jobs=1)
    print("film             tracker      frames/s  by processor time  MB")
    with tempfile.TemporaryDirectory() as folder:
        one = made_film(Path(folder, "one.mp4"), given.seconds)
        two = made_film(Path(folder, "two.mp4"), given.seconds, actors=2)
        measure(one, analyzer)  # compiles, fills caches
        films = [("one face", one), ("two faces", two)]
        if given.long:
            long = made_film(Path(folder, "long.mp4"), given.long)
            films.append((f"one face, {given.long:g} s", long))
        for name, path in films:
            for tracker in ("landmarks", "correlation"):
                clock, used, most = measure(path, analyzer, tracker=tracker)
                print(f"{name:16} {tracker:12} {clock:8.1f} {used:18.1f} {most:4.0f}")
        start, used = time.perf_counter(), time.process_time()
        with Film(one) as film:
            frames = sum(1 for _ in film.frames())
        clock = frames / (time.perf_counter() - start)
        used = frames / (time.process_time() - used)
        print(f"{'decoding alone':29} {clock:8.1f} {used:18.1f}")


if __name__ == "__main__":
    main()
