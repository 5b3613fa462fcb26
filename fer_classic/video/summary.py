"""Tables of a film: a row for each face and frame, and one for each face."""

from dataclasses import dataclass, field

import numpy as np

from fer_classic.files.text import write_rows

#: Columns of the table of frames before the classes.
FRAMES = ("frame", "time", "track", "status", "x", "y", "width", "height", "score")


@dataclass
class TrackSummary:
    """One face of a film.

    Attributes
    ----------
    track : int
    first, last : float
        Seconds at which it is seen first and last.
    frames : int
        Frames in which it is seen, and those in which the detector itself ``found`` it.
    seconds : float
        For how long it is seen, gaps left out.
    width : float
        Mean width of its box in pixels.
    mean : ndarray of float64, shape (k,)
        Mean probabilities.
    shares : ndarray of float64, shape (k,)
        Share of its time in which each expression is the most probable.
    """

    track: int
    first: float
    last: float
    frames: int = 0
    found: int = 0
    seconds: float = 0.0
    width: float = 0.0
    mean: np.ndarray = field(default=None)
    shares: np.ndarray = field(default=None)


class Summaries:
    """Sums that grow with the faces of a film, not with its length.

    Parameters
    ----------
    n_classes : int
    rate : float
        Frames a second, for the length of the last frame.
    """

    def __init__(self, n_classes, rate):
        self.n_classes = n_classes
        self.step = 1 / rate
        self.tracks = {}
        self.frames = self.without_face = 0
        self.seconds = 0.0
        self._before = None

    def add(self, moment):
        """Count a frame.

        Parameters
        ----------
        moment : Moment
        """
        passed = self.step
        if self._before is not None:
            passed = min(max(0.0, moment.time - self._before), 1.0)
        self._before = moment.time
        self.frames += 1
        self.seconds = moment.time + self.step
        self.without_face += not moment.faces
        for face in moment.faces:
            own = self.tracks.get(face.track)
            if own is None:
                own = TrackSummary(face.track, moment.time, moment.time)
                own.mean = np.zeros(self.n_classes)
                own.shares = np.zeros(self.n_classes)
                self.tracks[face.track] = own
            own.last = moment.time
            own.frames += 1
            own.found += face.status == "found"
            own.seconds += passed
            own.width += face.box[2]
            own.mean += face.probabilities
            own.shares[face.probabilities.argmax()] += 1

    def finished(self):
        """The summaries, in order of the tracks' numbers.

        Returns
        -------
        list of TrackSummary
        """
        for own in self.tracks.values():
            own.width /= own.frames
            own.mean = own.mean / own.frames
            own.shares = own.shares / own.frames
        return [self.tracks[number] for number in sorted(self.tracks)]


def frame_rows(moment, class_names):
    """Rows of a frame: one a face, or one that says that there is none.

    Parameters
    ----------
    moment : Moment
    class_names : tuple of str

    Yields
    ------
    list
    """
    start = [moment.index, f"{moment.time:.3f}"]
    if not moment.faces:
        yield start + ["", "no_face"] + [""] * (5 + len(class_names) + 1)
    for face in moment.faces:
        box = [f"{value:.1f}" for value in face.box]
        values = [f"{p:.6f}" for p in face.probabilities]
        label = class_names[int(face.probabilities.argmax())]
        yield [*start, face.track, face.status, *box, f"{face.score:.3f}", *values, label]


def write_frames(file, moments, class_names):
    """Write the table of frames while it comes.

    Parameters
    ----------
    file : text file
    moments : iterable of Moment
    class_names : tuple of str

    Yields
    ------
    Moment
        Each, once it is written.
    """
    write_rows(file, [[*FRAMES, *class_names, "label"]])
    for moment in moments:
        write_rows(file, frame_rows(moment, class_names))
        yield moment


def track_rows(summaries, class_names):
    """The table of faces, its header first.

    Parameters
    ----------
    summaries : list of TrackSummary
    class_names : tuple of str

    Returns
    -------
    list of list
    """
    rows = [
        ["track", "first", "last", "seconds", "frames", "found", "mean_width", "label"]
        + [f"mean_{name}" for name in class_names]
        + [f"share_{name}" for name in class_names]
    ]
    for own in summaries:
        rows.append(
            [own.track, f"{own.first:.3f}", f"{own.last:.3f}", f"{own.seconds:.3f}"]
            + [own.frames, own.found, f"{own.width:.1f}"]
            + [class_names[int(own.shares.argmax())]]
            + [f"{value:.4f}" for value in (*own.mean, *own.shares)]
        )
    return rows
