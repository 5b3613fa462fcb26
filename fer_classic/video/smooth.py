"""Probabilities over time: a Gaussian mean of what the model says of each frame."""

from collections import deque
from dataclasses import dataclass, replace

import numpy as np

#: Standard deviations at which the Gaussian is cut off.
REACH = 3.0


@dataclass(frozen=True)
class FaceNow:
    """A face at a moment.

    Attributes
    ----------
    track : int
    status : str
        "found" or "followed".
    box : tuple of 4 float
        x, y, width and height in pixels.
    score : float
        The detector's, when it last found the face.
    probabilities : ndarray of float64, shape (k,)
    """

    track: int
    status: str
    box: tuple
    score: float
    probabilities: np.ndarray


@dataclass(frozen=True)
class Moment:
    """The faces of a frame.

    Attributes
    ----------
    index : int
    time : float
        In seconds.
    faces : tuple of FaceNow
    """

    index: int
    time: float
    faces: tuple


def smoothed(moments, sigma):
    """Smooth each track's probabilities over time.

    p(t) is the mean of the track's probabilities within 3 sigma of t, weighted by
    exp(-(t' - t)^2 / (2 sigma^2)). It looks both ways, so that nothing is late, and weighs
    by seconds, so that frames may come unevenly.

    Parameters
    ----------
    moments : iterable of Moment
        In order of time.
    sigma : float
        Seconds; 0 leaves the probabilities as they are.

    Yields
    ------
    Moment
        Those given, as soon as what follows is known; memory holds 6 sigma of them.
    """
    if sigma <= 0:
        yield from moments
        return
    window, waiting = deque(), deque()
    for moment in moments:
        window.append(moment)
        waiting.append(moment)
        while waiting and waiting[0].time < moment.time - REACH * sigma:
            yield _mean(waiting.popleft(), window, sigma)
            _forget(window, waiting, sigma)
    while waiting:
        yield _mean(waiting.popleft(), window, sigma)


def smoothed_now(moments, sigma):
    """The same for the last of some moments, where nothing later is known.

    Parameters
    ----------
    moments : sequence of Moment
        The latest last.
    sigma : float

    Returns
    -------
    Moment
    """
    return _mean(moments[-1], moments, sigma) if sigma > 0 else moments[-1]


def _forget(window, waiting, sigma):
    least = (waiting[0].time if waiting else window[-1].time) - REACH * sigma
    while window[0].time < least:
        window.popleft()


def _mean(moment, window, sigma):
    sums = {face.track: np.zeros_like(face.probabilities) for face in moment.faces}
    weights = dict.fromkeys(sums, 0.0)
    for other in window:
        away = abs(other.time - moment.time) / sigma
        if away > REACH:
            continue
        weight = float(np.exp(-0.5 * away * away))
        for face in other.faces:
            if face.track in sums:
                sums[face.track] += weight * face.probabilities
                weights[face.track] += weight
    faces = tuple(
        replace(face, probabilities=sums[face.track] / weights[face.track])
        for face in moment.faces
    )
    return replace(moment, faces=faces)
