"""Faces of a camera, as they come: the newest frame counts, late ones are left out."""

import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from fer_classic.video.film import Film, Frame
from fer_classic.video.smooth import REACH, Moment, smoothed_now
from fer_classic.video.tracks import Tracker, face_now

#: FFmpeg's input format of cameras, and the usual camera, by platform.
CAMERAS = {
    "linux": ("v4l2", "/dev/video0"),
    "darwin": ("avfoundation", "default"),
    "win32": ("dshow", "video=Integrated Camera"),
}
#: Seconds from one search for faces to the next at most.
SEARCH_AFTER = 0.4
#: Seconds to wait for a frame before asking whether the source has ended.
PATIENCE = 0.5


@dataclass
class Second:
    """What was seen within about a second.

    Attributes
    ----------
    time : float
        Seconds since the start.
    frames : int
        Looked at.
    rate : float
        Frames a second that were looked at.
    latency, worst : float
        Milliseconds from a frame's arrival to its answer: the mean, and the longest.
    moment : Moment
        The faces of the last frame, smoothed.
    """

    time: float
    frames: int
    rate: float
    latency: float
    worst: float
    moment: Moment


@dataclass
class _Newest:
    """The newest frame, which a thread of its own reads."""

    film: Film
    paced: bool
    frame: object = None
    arrived: float = 0.0
    ended: bool = False
    stopped: bool = False
    ready: threading.Condition = field(default_factory=threading.Condition)

    def read(self):
        start = None
        try:
            for frame in self.film.frames():
                if start is None:
                    start = time.perf_counter() - frame.time
                if self.paced:  # a file plays as a camera would
                    time.sleep(max(0.0, start + frame.time - time.perf_counter()))
                with self.ready:
                    self.frame, self.arrived = frame, time.perf_counter()
                    self.ready.notify()
                if self.stopped:
                    return
        finally:
            with self.ready:
                self.ended = True
                self.ready.notify()

    def take(self):
        """The newest frame that was not taken yet and when it came; None at the end."""
        with self.ready:
            while self.frame is None:
                if self.ended:
                    return None
                self.ready.wait(PATIENCE)
            taken, self.frame = (self.frame, self.arrived), None
            return taken


def camera_source(name=None):
    """What is opened for a camera or the film in its place.

    Parameters
    ----------
    name : str, optional
        A film, or a device as FFmpeg calls it; by default the platform's first camera.

    Returns
    -------
    path : str
    format : str or None
        None of a film.
    """
    format, usual = CAMERAS.get(sys.platform, CAMERAS["linux"])
    if name is None:
        return usual, format
    return (str(name), None) if Path(name).is_file() else (str(name), format)


class LiveFaces:
    """Faces followed through pictures that come one after the other.

    Parameters
    ----------
    analyzer : Analyzer
        Or anything else with ``detector()``, ``settings`` and ``probabilities(rows)``.
    smooth : float
        Seconds of the Gaussian mean over the pictures so far; 0 for none.
    every, gap
        As :class:`fer_classic.video.tracks.Tracker` takes them; the detector searches
        sooner where pictures come slowly, or no face is followed.
    """

    def __init__(self, analyzer, *, smooth=0.3, every=8, gap=2.0):
        self.analyzer = analyzer
        self.smooth = smooth
        self._tracker = Tracker(
            analyzer.detector(), analyzer.settings, every=every, gap=gap
        )
        self._before, self._number = deque(), 0
        self._every, self._searched = every, (0, -1e9)

    def look(self, image, seconds):
        """The faces of the next picture.

        Parameters
        ----------
        image : ndarray of uint8, shape (H, W, 3)
        seconds : float
            When it was taken, by any clock.

        Returns
        -------
        Moment
            Its probabilities are smoothed.
        """
        # The tracker searches in the frame 0, and follows in the others.
        number = 0 if self._is_due(seconds) else 1
        seen = self._tracker.update(Frame(number, seconds, None, image))
        answers = self.analyzer.probabilities([own.row for own in seen])
        faces = tuple(map(face_now, seen, answers))
        self._before.append(Moment(self._number, seconds, faces))
        self._number += 1
        while self._before[0].time < seconds - REACH * self.smooth:
            self._before.popleft()
        return smoothed_now(self._before, self.smooth)

    def _is_due(self, seconds):
        """Whether to search: faces are lost quickly where pictures come slowly."""
        number, before = self._searched
        empty = not (self._before and self._before[-1].faces)
        due = empty or self._number - number >= self._every
        if due or seconds - before >= SEARCH_AFTER:
            self._searched = self._number, seconds
            return True
        return False


def watch(source, analyzer, *, seconds=None, smooth=0.3, every=8, gap=2.0, size=None):
    """Look at a camera and tell once a second what is seen.

    Parameters
    ----------
    source : str, optional
        As :func:`camera_source` takes it.
    analyzer : Analyzer
    seconds : float, optional
        When to stop; by default when the source ends.
    smooth : float
        Seconds of the Gaussian mean over the frames so far; 0 for none.
    every, gap
        As :class:`fer_classic.video.tracks.Tracker` takes them.
    size : str, optional
        Of the camera's picture, such as "640x480".

    Yields
    ------
    Second

    Raises
    ------
    FerClassicError
        There is no such camera or film.
    """
    path, format = camera_source(source)
    options = {"video_size": size} if size and format else {}
    with Film(path, format, options) as film:
        newest = _Newest(film, paced=format is None)
        thread = threading.Thread(target=newest.read, daemon=True)
        thread.start()
        try:
            faces = LiveFaces(analyzer, smooth=smooth, every=every, gap=gap)
            yield from _seconds(newest, faces, seconds)
        finally:
            newest.stopped = True
            thread.join()


def _seconds(newest, faces, seconds):
    start = told = time.perf_counter()
    delays, moment = [], None
    while taken := newest.take():
        frame, arrived = taken
        moment = faces.look(frame.image, frame.time)
        done = time.perf_counter()
        delays.append(1000 * (done - arrived))
        over = seconds is not None and done - start >= seconds
        if done - told >= 1 or over:
            yield _told(start, told, done, delays, moment)
            told, delays = done, []
        if over:
            return
    if delays:
        done = time.perf_counter()
        yield _told(start, told, done, delays, moment)


def _told(start, told, done, delays, moment):
    rate = len(delays) / max(done - told, 1e-6)
    mean = sum(delays) / len(delays)
    return Second(done - start, len(delays), rate, mean, max(delays), moment)
