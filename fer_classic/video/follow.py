"""From a film to the faces of every frame."""

import hashlib
import io
import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

from fer_classic.errors import FerClassicError
from fer_classic.faces.cutout import cut_out
from fer_classic.video.film import Film
from fer_classic.video.records import Records
from fer_classic.video.smooth import Moment
from fer_classic.video.tracks import Tracker, face_now

#: Faces whose expressions are predicted together.
TOGETHER = 64
#: Searches between two states that are kept.
KEEP_AFTER = 40
#: Bytes at either end of a film that tell it from others.
ENDS = 1 << 16
#: Side of the picture of a track's face, and how much surer the detector must be of a
#: later one to take its place.
PORTRAIT, SURER = 96, 0.1


@dataclass
class FilmFaces:
    """What was found in a film.

    Attributes
    ----------
    film : dict
        What the film is: width, height, codec, rate, seconds.
    records : Records
        The faces of each frame.
    notes : list of str
        What went wrong, each a sentence.
    frames : int
    frames_a_second : float
        How fast, of those that were looked at in this run; 0 if none was.
    """

    film: dict
    records: Records
    notes: list = field(default_factory=list)
    frames: int = 0
    frames_a_second: float = 0.0


def follow_faces(
    path, analyzer, folder, *, every=8, how="landmarks", gap=2.0, progress=None
):
    """Find and follow the faces of a film, and tell their expressions in every frame.

    Parameters
    ----------
    path : path-like
    analyzer : Analyzer
    folder : path-like
        Keeps what is done. A run that was killed goes on from there.
    every, how, gap
        As :class:`fer_classic.video.tracks.Tracker` takes them.
    progress : callable, optional
        Called with the number of frames done.

    Returns
    -------
    FilmFaces

    Raises
    ------
    FerClassicError
        The file is no film that can be read, or has no frame that can.
    """
    with Film(path) as film:
        records = Records(Path(folder) / film_key(path, analyzer, every, how, gap))
        state = records.state()
        tracker = Tracker(
            analyzer.detector(), analyzer.settings, every=every, how=how, gap=gap
        )
        if state and not state["done"]:
            tracker.restore(state["tracker"])
        if state is None or not state["done"]:
            found = _follow(film, analyzer, tracker, records, state, progress)
        else:
            found = FilmFaces({}, records, state["notes"], state["frames"])
            if progress is not None:
                progress(found.frames)
        found.film = _facts(film)
        if found.frames == 0:
            why = film.trouble or "it holds no frame"
            raise FerClassicError(f"{path} has no picture that can be read: {why}.")
        return found


def film_key(path, analyzer, *options):
    """What decides the faces of a film, as a name of a folder.

    Parameters
    ----------
    path : path-like
    analyzer : Analyzer
    *options
        JSON types.

    Returns
    -------
    str
    """
    from fer_classic.compute.surroundings import code_checksums
    from fer_classic.faces.cache import open_cache

    recipe = {
        "film": film_print(path),
        "model": analyzer.identity(),
        "faces": open_cache(".", analyzer.settings).recipe,
        "code": code_checksums(),
        "options": options,
    }
    text = json.dumps(recipe, sort_keys=True)
    return "film-" + hashlib.sha256(text.encode()).hexdigest()[:32]


def film_print(path):
    """Size and checksum of both ends, which tell a film from others.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    list of int and str
    """
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        ends = file.read(ENDS)
        file.seek(max(0, size - ENDS))
        ends += file.read(ENDS)
    return [size, hashlib.sha256(ends).hexdigest()]


def _follow(film, analyzer, tracker, records, state, progress):
    records.begin(state)
    after, first = (state["stamp"], state["frames"]) if state else (None, 0)
    start, done, batch, kept = time.perf_counter(), first, [], first
    portraits = _Portraits(records.folder, state)
    stamp = after
    for frame in film.frames(after, first):
        if frame.index - kept >= KEEP_AFTER * tracker.every and _may_stop(frame, tracker):
            _write(batch, analyzer, records)
            batch, kept = [], frame.index
            if stamp is not None:
                records.keep(
                    **{"done": False, "stamp": stamp, "frames": frame.index},
                    **{"tracker": tracker.state(), "portraits": portraits.scores},
                )
        seen = tracker.update(frame)
        portraits.look(frame, seen)
        batch.append((frame.index, frame.time, seen))
        if sum(len(own) for *_, own in batch) >= TOGETHER or len(batch) >= TOGETHER:
            _write(batch, analyzer, records)
            batch = []
        done, stamp = frame.index + 1, frame.stamp
        if progress is not None:
            progress(done)
    _write(batch, analyzer, records)
    notes = [_sentence(film.trouble)] if film.trouble else []
    if done:
        records.keep(done=True, notes=notes, frames=done)
    seconds = time.perf_counter() - start
    return FilmFaces({}, records, notes, done, (done - first) / max(seconds, 1e-9))


def _may_stop(frame, tracker):
    """Whether the next frame is searched, so that nothing between is needed to go on."""
    return frame.index % tracker.every == 0


def _write(batch, analyzer, records):
    """Predict the faces of some frames together, and write them."""
    rows = [own.row for *_, seen in batch for own in seen]
    answers = iter(analyzer.probabilities(rows))
    records.add(
        [
            Moment(index, seconds, tuple(face_now(own, next(answers)) for own in seen))
            for index, seconds, seen in batch
        ]
    )


class _Portraits:
    """The picture of each track in which the detector was surest."""

    def __init__(self, folder, state):
        self.folder = folder
        self.scores = dict(state.get("portraits", {})) if state else {}

    def look(self, frame, seen):
        from PIL import Image

        for own in seen:
            key, score = str(own.track), float(own.row["score"])
            if own.status != "found" or score <= self.scores.get(key, -99) + SURER:
                continue
            self.scores[key] = score
            face = cut_out(frame.image, own.row["box"], own.row["points"], side=PORTRAIT)
            out = io.BytesIO()
            Image.fromarray(face).save(out, format="PNG")
            (self.folder / f"track_{own.track:04d}.png").write_bytes(out.getvalue())


def _sentence(text):
    return text[:1].upper() + text[1:] + "."


def _facts(film):
    frames = film._stream.codec_context
    return {
        **{"width": frames.width, "height": frames.height, "codec": film.codec},
        **{"rate": round(film.rate, 4), "seconds": round(film.seconds, 3)},
    }
