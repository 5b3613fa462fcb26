"""One fixed shift and scale from a detector's boxes to the way faces are marked.

Detectors frame a face in their own ways, and so do the people who mark them. FDDB's
protocol lets a detector's boxes be brought to the marks' way by one fixed rule; it must be
fitted on other pictures than those that are scored.
"""

from dataclasses import asdict, dataclass, replace

import numpy as np

from fer_classic.detectbench.score.overlap import assign, corners_of, overlap_matrix

#: Pairs of less overlap are no evidence.
_LEAST = 0.2


@dataclass(frozen=True)
class Mapping:
    """Shift and scale of a box, in shares of its own size.

    Attributes
    ----------
    x, y : float
        Shift of the centre, over width and height.
    width, height : float
        New size over old size.
    pairs : int
        Pairs it was fitted to.
    """

    x: float = 0.0
    y: float = 0.0
    width: float = 1.0
    height: float = 1.0
    pairs: int = 0

    def apply(self, face):
        """The face with its box mapped."""
        x = face.x + face.width * (0.5 + self.x - self.width / 2)
        y = face.y + face.height * (0.5 + self.y - self.height / 2)
        return replace(
            face, x=x, y=y, width=face.width * self.width, height=face.height * self.height
        )

    def to_dict(self):
        """The numbers by name, as JSON types."""
        return asdict(self)


def fit_mapping(pictures, detections):
    """Median shift and scale over pairs of box and marked face.

    Returns
    -------
    Mapping
        The identity where fewer than 5 pairs overlap.
    """
    rows = []
    for picture, found in zip(pictures, detections, strict=True):
        overlaps = overlap_matrix(corners_of(found), picture.faces)
        for i, j in zip(*assign(np.where(overlaps >= _LEAST, overlaps, 0)), strict=True):
            face, mark = found[i], picture.faces[j]
            dx = mark.x + mark.width / 2 - face.x - face.width / 2
            dy = mark.y + mark.height / 2 - face.y - face.height / 2
            size = mark.width / face.width, mark.height / face.height
            rows.append((dx / face.width, dy / face.height, *size))
    if len(rows) < 5:
        return Mapping(pairs=len(rows))
    return Mapping(*np.median(rows, axis=0).tolist(), pairs=len(rows))
