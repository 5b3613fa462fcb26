"""Rates of the command video on made films of one face or two, for scripts/benchmark.py.

The films are 640 x 480 at 25 frames a second: public-domain portraits that move. Decoding,
searching, following, predicting and writing all count. The rate by processor time is that
of one core which does nothing else; the rate by the clock is lower beside other work.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

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


def film_rates(seconds, model="five-fast"):
    """Frames a second and most memory of films.

    Parameters
    ----------
    seconds : sequence of float
        Of films of one face; the first counts for two faces too.
    model : str

    Returns
    -------
    list of dict
        film, tracker, frames_a_second, frames_a_cpu_second and peak_mb (None for decoding
        alone).
    """
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    analyzer, rows = Analyzer(model, "all", jobs=1), []
    with tempfile.TemporaryDirectory() as folder:
        films = {
            f"one face, {own:g} s": made_film(Path(folder, f"one{own}.mp4"), own)
            for own in seconds
        }
        one = next(iter(films.values()))
        two = made_film(Path(folder, "two.mp4"), seconds[0], actors=2)
        films[f"two faces, {seconds[0]:g} s"] = two
        measure(one, analyzer)  # compiles, fills caches
        for name, path in films.items():
            for tracker in ("landmarks", "correlation"):
                rates = measure(path, analyzer, tracker=tracker)
                rows.append(_row(name, tracker, *rates))
        rows.append(_row("decoding alone", "", *decoding_rates(one), None))
    return rows


def decoding_rates(path):
    """Frames a second of reading a film, by the clock and by processor time."""
    clock, used = time.perf_counter(), time.process_time()
    with Film(path) as film:
        frames = sum(1 for _ in film.frames())
    return frames / (time.perf_counter() - clock), frames / (time.process_time() - used)


def _row(film, tracker, clock, used, most):
    rates = {"frames_a_second": clock, "frames_a_cpu_second": used}
    return {"film": film, "tracker": tracker, **rates, "peak_mb": most}
