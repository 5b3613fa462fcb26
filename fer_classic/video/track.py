"""One face through time, and what is to be known of its boxes."""

from dataclasses import dataclass, field

import numpy as np

from fer_classic.detect import Face
from fer_classic.detect.nms import overlaps
from fer_classic.video.looks import Looks


@dataclass
class Track:
    """One face through time.

    Attributes
    ----------
    number : int
        From 1.
    box : Face
        Where it was last.
    time : float
        When that was, in seconds.
    speed : tuple of float
        Pixels a second of the box's centre, to the right and downwards.
    looks : Looks
        What it looks like.
    misses : int
        Searches since it was last found; ``lost`` once it is followed no more.
    """

    number: int
    box: Face
    time: float
    speed: tuple = (0.0, 0.0)
    looks: Looks = None
    misses: int = 0
    lost: bool = False
    follower: object = field(default=None, repr=False)

    def to_dict(self):
        """All but what follows it, as JSON types."""
        return {
            **{"number": self.number, "box": [*self.box.box, self.box.score]},
            **{"time": self.time, "speed": self.speed, "misses": self.misses},
            **{"lost": self.lost, "looks": self.looks.to_dict()},
        }

    @classmethod
    def from_dict(cls, values):
        """From what :meth:`to_dict` gave."""
        box, looks = Face(*values["box"]), Looks.from_dict(values["looks"])
        changed = {"box": box, "looks": looks, "speed": tuple(values["speed"])}
        return cls(**values | changed)


@dataclass(frozen=True)
class Seen:
    """A face in one frame.

    Attributes
    ----------
    track : int
    status : {"found", "followed"}
        The detector found it in this frame, or it was tracked.
    row : dict
        As of :func:`fer_classic.faces.row.face_row`; box and score are the frame's.
    """

    track: int
    status: str
    row: dict


def centre(face):
    """The middle of a box, x and y in pixels."""
    return (face.x + face.width / 2, face.y + face.height / 2)


def shifted(track, time):
    """Where a track's box is expected; what is long unseen is expected where it was."""
    passed = min(time - track.time, 0.2)
    dx, dy = (speed * passed for speed in track.speed)
    box = track.box
    return Face(box.x + dx, box.y + dy, box.width, box.height, box.score)


def outside(face, shape):
    """Whether the middle of a box lies beyond the picture."""
    x, y = centre(face)
    return not (0 <= x < shape[1] and 0 <= y < shape[0])


def plausible(track, face):
    """Whether a face's box did not suddenly grow or shrink."""
    return 0.6 < face.width / max(1.0, track.box.width) < 1.6


def overlap(one, other):
    """Intersection of two boxes over their union."""
    return float(overlaps(np.array(one.corners), np.array([other.corners]))[0])
