"""Stills of films: pictures of a video's size, whose pixels may not be square.

A wide film on a disc is squeezed to 720 x 576 or 720 x 480. Detectors miss every sixth of
such faces, and all crops show them narrow. Nothing in the file tells the shape, so both
are searched, and the one in which the detector is surer of a face counts.
"""

import numpy as np

from fer_classic.data.image import resize
from fer_classic.faces.photograph import Photograph

#: Width that a film of 16:9 has at the height of a squeezed picture, by its size.
WIDE = {
    **{(720, 576): 1024, (704, 576): 1024},
    **{(720, 480): 854, (704, 480): 854},
}


def widened(photograph):
    """A photograph as wide as it may have been filmed.

    Parameters
    ----------
    photograph : Photograph

    Returns
    -------
    Photograph or None
        None where its size is not that of a squeezed video.

    Raises
    ------
    UnreadableImage
    """
    height, width = photograph.size
    wide = WIDE.get((width, height))
    if wide is None:
        return None
    return Photograph.of(resize(photograph.with_side(None).image, wide, height))


def surer(faces, others):
    """Whether the detector is surer of the best of other faces.

    Parameters
    ----------
    faces, others : list of Face
    """
    scores = [max((face.score for face in own), default=None) for own in (faces, others)]
    return scores[1] is not None and (scores[0] is None or scores[1] > scores[0])


def narrowed(row, size, wide):
    """A row of a widened picture, its places in pixels of the picture as it is.

    Parameters
    ----------
    row : dict
        As of :func:`fer_classic.faces.row.face_row`.
    size, wide : tuple of 2 int
        Height and width of the picture as it is, and widened.

    Returns
    -------
    dict
        With a note in ``error``; the crops stay as wide as they are.
    """
    share = size[1] / wide[1]
    x, y, width, height = row["box"]
    return row | {
        "box": (x * share, y, width * share, height),
        "points": (row["points"] * (share, 1)).astype(np.float32),
        "error": f"seen as wide as a film: {wide[1]} x {wide[0]} pixels",
    }
