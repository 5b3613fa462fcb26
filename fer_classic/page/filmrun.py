"""A film that was analyzed, as the page shows it: its faces over time, and any frame."""

import os
import threading
from array import array
from functools import lru_cache
from pathlib import Path

import numpy as np

from fer_classic.errors import FerClassicError, UnreadableImage
from fer_classic.page.pictures import THUMBNAIL, jpeg
from fer_classic.page.requests import tenths

FILM_FILES = ("film.json", "frames.csv")
#: Longest side of a frame that is sent, in pixels, and frames held.
SIDE, HELD = 1280, 32
#: Faces told of in words at most; the table of tracks has all.
MOST = 200
#: Frames between two reports of how far the reading is.
TOLD_EVERY = 2000


def is_film_run(path):
    """Whether a path is a folder that the command video wrote.

    Parameters
    ----------
    path : path-like
    """
    return all((Path(path) / name).is_file() for name in FILM_FILES)


class FilmRun:
    """The folder of an analyzed film.

    Parameters
    ----------
    folder : path-like
    film : path-like, optional
        Where the film is now; by default where it was, or beside the folder.

    Attributes
    ----------
    facts : dict
        What ``film.json`` says.
    name : str
        Of the film.
    missing : dict or None
        Why no frame can be shown: a ``kind`` ("gone", "changed" or "other"), the
        ``path`` and a ``text``; None where frames can be shown.
    size : tuple of 2 int or None
        Width and height of its frames, upright; None where none can be shown.

    Raises
    ------
    FerClassicError
        The folder's record is damaged.
    """

    def __init__(self, folder, film=None):
        from fer_classic.files.json import read_json

        self.folder = Path(folder)
        self.facts = read_json(self.folder / "film.json")
        self._about = self.facts.get("film") if isinstance(self.facts, dict) else None
        if not isinstance(self._about, dict) or "name" not in self._about:
            raise FerClassicError(f"{folder}/film.json does not say which film it is of.")
        self.name = str(self._about["name"])
        self.path, self.missing = self._place(film)
        self._begin(0)
        self.classes, self.size = (), None
        self._reader, self._opening = None, threading.Lock()
        self.frame = lru_cache(HELD)(self._frame)

    @property
    def model(self):
        """Name of the model that has answered, or the folder it had; str or None."""
        model = self.facts.get("model")
        return model if isinstance(model, str) else None

    def load(self, say=None):
        """Read the table of frames.

        Parameters
        ----------
        say : callable, optional
            Called as ``say(step, done, total)``.
        """
        from fer_classic.video.readback import read_moments
        from fer_classic.video.summary import Summaries
        from fer_classic.video.timeline import Timeline, longest

        total = _number(self.facts.get("frames"))
        classes, moments = read_moments(self.folder / "frames.csv")
        sums = Summaries(len(classes), max(1e-3, _number(self._about.get("rate")) or 25.0))
        self._begin(len(classes))
        for moment in moments:
            sums.add(moment)
            self._keep(moment)
            if say is not None and len(self._times) % TOLD_EVERY == 0:
                say("film", len(self._times), int(total))
        if not self._times:
            raise FerClassicError(f"{self.folder}/frames.csv holds no frame.")
        self.summaries = sums.finished()
        line = Timeline(longest(self.summaries), sums.seconds, len(classes))
        for position in range(len(self._times)):
            line.add(self.moment(position))
        self.line = line
        self.size = self._size()
        self.classes = classes

    def _size(self):
        """That of the first frame, which also tells whether the film can be decoded."""
        if self.missing:
            return None
        try:
            height, width = self._picture(0).shape[:2]
        except FerClassicError as error:
            self.missing = {"kind": "other", "path": "", "text": str(error)}
            return None
        return width, height

    def _begin(self, k):
        self._times, self._indices, self._starts = array("d"), array("q"), array("q", [0])
        self._tracks, self._found = array("q"), array("b")
        self._values, self._width = array("f"), 5 + k

    def _keep(self, moment):
        self._times.append(moment.time)
        self._indices.append(moment.index)
        for face in moment.faces:
            self._tracks.append(face.track)
            self._found.append(face.status == "found")
            self._values.extend([*face.box, face.score, *face.probabilities])
        self._starts.append(len(self._tracks))

    def moment(self, position):
        """The faces of a frame, smoothed as the table has them.

        Parameters
        ----------
        position : int
            Of the frame in the table, from 0.

        Returns
        -------
        Moment
        """
        from fer_classic.video.smooth import FaceNow, Moment

        first, last = self._starts[position], self._starts[position + 1]
        width = self._width
        values = np.array(self._values[first * width : last * width]).reshape(-1, width)
        faces = tuple(
            FaceNow(
                self._tracks[first + i],
                "found" if self._found[first + i] else "followed",
                tuple(map(float, own[:4])),
                float(own[4]),
                own[5:],
            )
            for i, own in enumerate(values)
        )
        return Moment(self._indices[position], self._times[position], faces)

    def __len__(self):
        return len(self._times)

    def told(self):
        """What the page draws of the whole film, as JSON types."""
        means = self.line.means()
        return {
            "name": self.name,
            "missing": self.missing,
            "size": self.size,
            "classes": list(self.classes),
            "seconds": round(self.line.seconds, 3),
            "times": [round(1000 * seconds) for seconds in self._times],
            "smooth": _number(self.facts.get("smooth")),
            "notes": [str(own) for own in self._notes()][:20],
            "faces": len(self.summaries),
            "tracks": [self._track(own) for own in self.summaries[:MOST]],
            "bands": [
                {"track": track, "shares": _percents(own)}
                for track, own in zip(self.line.tracks, means, strict=True)
            ],
        }

    def _notes(self):
        """What the record notes, but for what the page says in its own words."""
        notes = self.facts.get("notes")
        notes = notes if isinstance(notes, list) else []
        return [own for own in notes if not str(own).startswith("No face was found")]

    def _track(self, own):
        return {
            "track": own.track,
            "first": round(own.first, 3),
            "last": round(own.last, 3),
            "seconds": round(own.seconds, 3),
            "shares": [round(float(value), 4) for value in own.shares],
            "portrait": self._portrait(own.track).is_file(),
        }

    def at(self, position):
        """What is known of one frame, as JSON types."""
        moment = self.moment(position)
        return {
            "frame": moment.index,
            "faces": faces_told(moment),
        }

    def _frame(self, position):
        """A frame as JPEG.

        Parameters
        ----------
        position : int

        Returns
        -------
        bytes

        Raises
        ------
        FerClassicError
            The film is gone, or cannot be decoded there.
        """
        if self.missing:
            raise FerClassicError(self.missing["text"])
        return jpeg(self._picture(position), SIDE)

    def _picture(self, position):
        from fer_classic.video.reader import FilmReader

        with self._opening:
            if self._reader is None:
                self._reader = FilmReader(self.path)
        return self._reader.at(self._times[position]).image

    def portrait(self, track):
        """The picture of a track's face as JPEG, made anew from the file.

        Parameters
        ----------
        track : int

        Returns
        -------
        bytes

        Raises
        ------
        UnreadableImage
            There is none.
        """
        from fer_classic.data.image import decode

        try:
            data = self._portrait(track).read_bytes()
        except OSError:
            raise UnreadableImage(f"face {track} has no picture") from None
        return jpeg(decode(data, max_pixels=1 << 20), THUMBNAIL)

    def _portrait(self, track):
        return self.folder / f"track_{track:04d}.png"

    def close(self):
        """Let go of the film."""
        if self._reader is not None:
            self._reader.close()

    def _place(self, named):
        """The film's path, and why it cannot be shown or ""."""
        beside = self.folder.absolute().parent / Path(self.name).name
        places = [Path(named)] if named else [self._recorded() or beside, beside]
        there = [path for path in places if path.is_file()]
        if not there:
            return places[0], _missing("gone", places[0], "it is not there any more")
        same = [path for path in there if self._is_same(path)]
        if not same:
            return there[0], _missing("changed", there[0], "it is another film now")
        return same[0], _without_reader(same[0])

    def _recorded(self):
        path = self._about.get("path")
        return Path(path) if isinstance(path, str) and "\0" not in path else None

    def _is_same(self, path):
        from fer_classic.video.follow import film_print

        known = self._about.get("print")
        if not os.access(path, os.R_OK):
            return False
        return known is None or known == film_print(path)


def faces_told(moment):
    """The faces of a moment as JSON types.

    Parameters
    ----------
    moment : Moment

    Returns
    -------
    list of dict
    """
    return [
        {
            "track": int(own.track),
            "status": own.status,
            "box": tenths(own.box),
            "probabilities": [round(float(p), 5) for p in own.probabilities],
        }
        for own in moment.faces
    ]


def _missing(kind, path, reason):
    text = f"The film {str(path)!r} cannot be shown: {reason}."
    return {"kind": kind, "path": str(path), "text": text}


def _without_reader(path):
    """Why no film can be read here; None where one can."""
    from fer_classic.video.film import import_av

    try:
        import_av()
    except FerClassicError as error:
        return {"kind": "other", "path": str(path), "text": str(error)}
    return None


def _number(value):
    known = isinstance(value, int | float) and np.isfinite(value)
    return value if known else 0


def _percents(means):
    """Whole percents by class and step; -1 where the face is not seen."""
    return np.rint(np.nan_to_num(100 * means, nan=-1.0)).astype(int).T.tolist()
