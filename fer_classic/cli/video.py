"""The command video."""

from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from fer_classic.cli import options as o
from fer_classic.cli.app import app
from fer_classic.cli.console import progress_bar, say, table
from fer_classic.files.kept import cache_folder

Model = Annotated[
    str,
    typer.Option(help="Name of a shipped model, or folder of a trained model or of a run."),
]
Every = Annotated[
    int,
    typer.Option(min=1, help="Frames from one search for faces to the next."),
]
Smooth = Annotated[
    float,
    typer.Option(
        min=0.0,
        max=10.0,
        help="Seconds of the Gaussian mean over time (its standard deviation); 0 for the "
        "model's own probabilities.",
    ),
]


@app.command()
def video(
    clip: Annotated[Path, typer.Argument(metavar="FILM", help="Anything FFmpeg reads.")],
    out: Annotated[Path, typer.Option(help="Folder to write tables and timeline to.")],
    annotate: Annotated[
        Path | None,
        typer.Option(help="Film to write with boxes and labels, such as out.mp4."),
    ] = None,
    model: Model = "five-fast",
    faces: Annotated[
        str, typer.Option(help="Which faces of a frame count: best, largest or all.")
    ] = "all",
    detector: o.Detector = None,
    min_face: o.MinFace = None,
    every: Every = 8,
    tracker: Annotated[
        str,
        typer.Option(
            help="How faces are followed between searches: landmarks, or correlation "
            "(dlib's tracker, slower)."
        ),
    ] = "landmarks",
    gap: Annotated[
        float,
        typer.Option(help="Seconds after which a face that comes back counts as new."),
    ] = 2.0,
    smooth: Smooth = 0.2,
    cache: o.Cache = None,
    overwrite: o.Overwrite = False,
    quiet: o.Quiet = False,
):
    """Follow the faces of a film through time.

    Writes frames.csv (a row a face and frame), tracks.csv (a row a face), timeline.png and
    film.json. A run that was killed goes on where it was.

    Example: fer-classic video clip.mp4 --out runs/clip --annotate clip-faces.mp4
    """
    from fer_classic.errors import UsageError, one_of
    from fer_classic.files.atomic import check_new, check_new_file, new_directory
    from fer_classic.model.analyzer import Analyzer
    from fer_classic.video.film import Film
    from fer_classic.video.films import analyze_film
    from fer_classic.video.tracks import TRACKERS

    one_of(tracker, TRACKERS, "--tracker")
    check_new(out, overwrite=overwrite)
    if annotate is not None:
        if annotate.absolute() == clip.absolute():
            raise UsageError("--annotate names the film itself: name another file.")
        check_new_file(annotate, overwrite=overwrite)
    with Film(clip) as film:  # what is no film is told before models are loaded
        total = film.n_frames
    analyzer = Analyzer(model, faces, detector=detector, min_face=min_face or 0, jobs=-1)
    kept = cache_folder(cache)
    with (
        new_directory(out, overwrite=overwrite) as folder,
        _new_film(annotate) as drawn,
        progress_bar("frames", total, quiet) as advance,
    ):
        summaries, facts = analyze_film(
            clip,
            analyzer,
            folder,
            annotate=drawn,
            smooth=smooth,
            work=kept,
            **{"every": every, "tracker": tracker, "gap": gap},
            progress=lambda done: advance(min(done, total) if total else done),
        )
    for note in facts["notes"]:
        say(note)
    print(_tracks_text(summaries, analyzer.class_names))
    speed = facts["frames_a_second"]
    say(f"{facts['frames']} frames" + (f", {speed:.0f} a second" if speed else ""))
    print(f"\n{out}")
    if annotate is not None:
        print(annotate)


@contextmanager
def _new_film(path):
    """A place for the film, which is renamed when it is whole; None where none is asked."""
    from fer_classic.files.staging import scratch_folder, settle

    if path is None:
        yield None
        return
    with scratch_folder(path) as folder:
        work = folder / path.name
        yield work
        settle(work)
        work.replace(path)


def _tracks_text(summaries, class_names):
    rows = [
        [own.track, f"{own.first:.1f}", f"{own.last:.1f}", f"{own.seconds:.1f}"]
        + [f"{share:.0%}" for share in own.shares]
        for own in summaries
    ]
    return table(rows, ["face", "from", "to", "seconds", *class_names])
