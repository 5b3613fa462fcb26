"""A film that was analyzed, as the page shows it: its faces over time, and any frame."""

import threading
from functools import lru_cache
from pathlib import Path

import numpy as np

from fer_classic.errors import FerClassicError, UnreadableImage
from fer_classic.page.filmplace import film_place
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
        from fer_classic.files.text import read_json

        self.folder = Path(folder)
        self.facts = read_json(self.folder / "film.json")
        self._about = self.facts.get("film") if isinstance(self.facts, dict) else None
        if not isinstance(self._about, dict) or "name" not in self._about:
            raise FerClassicError(f"{folder}/film.json does not say which film it is of.")
        self.name = str(self._about["name"])
        self.path, self.missing = film_place(self.folder, self._about, film)
        self._moments = ()
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
        from fer_classic.video.readback import KeptMoments, read_moments
        from fer_classic.video.summary import Summaries
        from fer_classic.video.timeline import Timeline, longest

        total = _number(self.facts.get("frames"))
        classes, moments = read_moments(self.folder / "frames.csv")
        sums = Summaries(len(classes), max(1e-3, _number(self._about.get("rate")) or 25.0))
        kept = KeptMoments(len(classes))
        for moment in moments:
            sums.add(moment)
            kept.append(moment)
            if say is not None and len(kept) % TOLD_EVERY == 0:
                say("film", len(kept), int(total))
        if not len(kept):
            raise FerClassicError(f"{self.folder}/frames.csv holds no frame.")
        self._moments, self.summaries = kept, sums.finished()
        self.line = Timeline(longest(self.summaries), sums.seconds, len(classes))
        for position in range(len(kept)):
            self.line.add(kept[position])
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

    def __len__(self):
        return len(self._moments)

    def told(self):
        """What the page draws of the whole film, as JSON types."""
        means = self.line.means()
        return {
            "name": self.name,
            "missing": self.missing,
            "size": self.size,
            "classes": list(self.classes),
            "seconds": round(self.line.seconds, 3),
            "times": [round(1000 * seconds) for seconds in self._moments.times],
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
        moment = self._moments[position]
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
        return self._reader.at(self._moments.times[position]).image

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


def _number(value):
    """A number of the record; 0 in the place of anything else."""
    known = isinstance(value, int | float) and abs(value) < 1e12
    return value if known else 0


def _percents(means):
    """Whole percents by class and step; -1 where the face is not seen."""
    return np.rint(np.nan_to_num(100 * means, nan=-1.0)).astype(int).T.tolist()
