"""The table of frames, read back."""

import csv
from array import array

import numpy as np

from fer_classic.errors import FerClassicError
from fer_classic.video.smooth import FaceNow, Moment
from fer_classic.video.summary import FRAMES

#: Columns before the classes, and the label after them.
BEFORE, AFTER = len(FRAMES), 1


class KeptMoments:
    """The frames of a film, of which hours take little memory.

    Parameters
    ----------
    n_classes : int

    Attributes
    ----------
    times : array of float
        Seconds of each frame.
    """

    def __init__(self, n_classes):
        self.times = array("d")
        self._indices, self._starts = array("q"), array("q", [0])
        self._tracks, self._found = array("q"), array("b")
        self._values, self._width = array("f"), 5 + n_classes

    def append(self, moment):
        """Keep one more.

        Parameters
        ----------
        moment : Moment
        """
        self.times.append(moment.time)
        self._indices.append(moment.index)
        for face in moment.faces:
            self._tracks.append(face.track)
            self._found.append(face.status == "found")
            self._values.extend([*face.box, face.score, *face.probabilities])
        self._starts.append(len(self._tracks))

    def __len__(self):
        return len(self.times)

    def __getitem__(self, position):
        """The moment at a place from 0."""
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
        return Moment(self._indices[position], self.times[position], faces)


def read_moments(path):
    """The frames that :func:`fer_classic.video.summary.write_frames` has written.

    Parameters
    ----------
    path : path-like
        ``frames.csv`` of an analyzed film.

    Returns
    -------
    class_names : tuple of str
    moments : iterator of Moment

    Raises
    ------
    FerClassicError
        It cannot be read, or is no such table; later rows are checked as they come.
    """
    rows = _rows(path)
    _, header = next(rows, (1, []))
    names = tuple(header[BEFORE:-AFTER])
    if tuple(header[:BEFORE]) != FRAMES or header[-AFTER:] != ["label"] or not names:
        raise FerClassicError(
            f"{path} is no table of a film's frames: its columns begin "
            f"{', '.join(header[:4]) or '(nothing)'}, expected {', '.join(FRAMES)}, "
            "the classes, label."
        )
    return names, _moments(path, rows, len(header))


def _rows(path):
    """Pairs of a line's number and its cells."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            for cells in reader:
                yield reader.line_num, cells
    except OSError as error:
        raise FerClassicError(f"{path} cannot be read: {error.strerror}.") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise FerClassicError(f"{path} is no table: {error}.") from None


def _moments(path, rows, width):
    """Faces of one frame after the other, those of a frame together."""
    index, time, faces = None, 0.0, []
    for line, cells in rows:
        try:
            own, seconds, face = _row(cells, width)
        except ValueError as error:
            raise FerClassicError(f"{path}, line {line}: {error}.") from None
        if own != index:
            if index is not None:
                yield Moment(index, time, tuple(faces))
            if index is not None and (own < index or seconds < time):
                raise FerClassicError(f"{path}, line {line}: time runs backwards.")
            index, time, faces = own, seconds, []
        if face is not None:
            faces.append(face)
    if index is not None:
        yield Moment(index, time, tuple(faces))


def _row(cells, width):
    """Frame, seconds, and the face or None."""
    if len(cells) != width:
        raise ValueError(f"{len(cells)} cells, expected {width}")
    index, seconds = int(cells[0]), float(cells[1])
    if not 0 <= index < 1 << 53 or not 0 <= seconds < 1e7:
        raise ValueError("a frame that cannot be")
    if cells[3] == "no_face":
        return index, seconds, None
    values = np.array(cells[4:-AFTER], dtype=np.float64)
    track = int(cells[2])
    if not (abs(values) < 1e9).all() or not 0 <= track < 1 << 31:
        raise ValueError("numbers that cannot be")
    face = FaceNow(track, cells[3], tuple(values[:4].tolist()), values[4], values[5:])
    return index, seconds, face
