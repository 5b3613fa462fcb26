"""A film analyzed: tables, a timeline, an annotated film."""

import tempfile
from contextlib import nullcontext
from pathlib import Path

import numpy as np

from fer_classic.files.text import csv_text, to_json
from fer_classic.files.versions import versions
from fer_classic.video.annotate import annotate_film
from fer_classic.video.follow import film_print, follow_faces
from fer_classic.video.smooth import smoothed
from fer_classic.video.summary import Summaries, track_rows, write_frames
from fer_classic.video.timeline import Timeline, draw_timeline, longest

#: Seconds of the Gaussian that smooths the probabilities.
SIGMA = 0.2


def analyze_film(
    path,
    analyzer,
    out,
    *,
    annotate=None,
    smooth=SIGMA,
    work=None,
    every=8,
    tracker="landmarks",
    gap=2.0,
    progress=None,
    drawing=None,
):
    """Follow the faces of a film and write what they express, second by second.

    Parameters
    ----------
    path : path-like
        The film.
    analyzer : Analyzer
        Its ``faces`` tell which count in each frame.
    out : path-like
        An existing folder, for ``frames.csv`` (a row a face and frame), ``tracks.csv`` (a
        row a face), ``timeline.png``, ``film.json`` and a picture of each face.
    annotate : path-like, optional
        Film to write, with the faces drawn into it.
    smooth : float
        Seconds, see :func:`fer_classic.video.smooth.smoothed`; 0 for the model's own
        probabilities.
    work : path-like, optional
        Folder that keeps finished work, from which a killed run goes on.
    every, tracker, gap
        As :class:`fer_classic.video.tracks.Tracker` takes them (``how``).
    progress, drawing : callable, optional
        Called with the number of frames done, while looking and while drawing.

    Returns
    -------
    summaries : list of TrackSummary
    facts : dict
        What ``film.json`` holds.

    Raises
    ------
    FerClassicError
        The file is no film, holds no pictures, or cannot be written.
    """
    out = Path(out)
    with nullcontext(work) if work else tempfile.TemporaryDirectory() as folder:
        options = {"every": every, "how": tracker, "gap": gap, "progress": progress}
        found = follow_faces(path, analyzer, folder, **options)
        moments = _checked(smoothed(found.records, smooth))
        sums = Summaries(len(analyzer.class_names), found.film["rate"])
        with open(out / "frames.csv", "w", encoding="utf-8", newline="") as file:
            for moment in write_frames(file, moments, analyzer.class_names):
                sums.add(moment)
        summaries = sums.finished()
        rows = track_rows(summaries, analyzer.class_names)
        (out / "tracks.csv").write_text(csv_text(rows), encoding="utf-8", newline="")
        portraits = _portraits(found.records.folder, out)
        _write_timeline(
            out, Path(path).name, found, summaries, sums, analyzer, smooth, portraits
        )
        facts = _facts(path, analyzer, found, sums, smooth, every, tracker, gap)
        (out / "film.json").write_text(to_json(facts), encoding="utf-8")
        if annotate is not None:
            again = smoothed(found.records, smooth)
            annotate_film(path, annotate, again, analyzer.class_names, drawing)
    return summaries, facts


def _checked(moments):
    """The moments, whose times must not run backwards."""
    before = None
    for moment in moments:
        if before is not None and moment.time < before.time:
            continue
        before = moment
        yield moment


def _portraits(folder, out):
    portraits = {}
    for path in sorted(folder.glob("track_*.png")):
        from PIL import Image

        data = path.read_bytes()
        (out / path.name).write_bytes(data)
        with Image.open(path) as picture:
            portraits[int(path.stem.split("_")[1])] = np.asarray(picture.convert("RGB"))
    return portraits


def _write_timeline(out, name, found, summaries, sums, analyzer, smooth, portraits):
    shown = longest(summaries)
    line = Timeline(shown, sums.seconds, len(analyzer.class_names))
    for moment in smoothed(found.records, smooth):
        line.add(moment)
    how = f"smoothed over {smooth:g} s" if smooth else "not smoothed"
    title = f"{name[-80:]}: probability of each expression, {how}"
    left_out = len(summaries) - len(shown)
    picture = draw_timeline(line, analyzer.class_names, portraits, title, left_out)
    (out / "timeline.png").write_bytes(picture)


def _place(path):
    """Where the film is, and how it is known again."""
    return {"path": str(Path(path).absolute()), "print": film_print(path)}


def _facts(path, analyzer, found, sums, smooth, every, tracker, gap):
    notes = list(found.notes)
    if not sums.tracks:
        notes.append(f"No face was found in any of the {sums.frames} frames.")
    return {
        "film": {"name": Path(path).name, **_place(path), **found.film},
        "frames": sums.frames,
        "frames_without_face": sums.without_face,
        "faces": len(sums.tracks),
        "frames_a_second": round(found.frames_a_second, 1),
        "notes": notes,
        "model": analyzer.name,
        "settings": analyzer.settings.to_dict(),
        "smooth": smooth,
        **{"every": every, "tracker": tracker, "gap": gap},
        "versions": versions("av"),
    }
