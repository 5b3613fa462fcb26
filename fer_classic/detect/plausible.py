"""Whether a network's boxes look like faces' boxes at all."""

import warnings

import numpy as np

#: Boxes that are looked at before anything is said, and the share that must be odd.
ENOUGH, MOST = 12, 0.5
#: A face's longer side over its shorter; and over the image's longer side.
LONGEST, LARGEST = 3.0, 1.5


class BoxWatch:
    """Warns once where most boxes of a network are none that a face has.

    Parameters
    ----------
    name : str
        Of the detector, for the message.
    """

    def __init__(self, name):
        self.name = name
        self.seen = self.odd = 0
        self.warned = False

    def look(self, boxes, height, width):
        """Count some boxes.

        Parameters
        ----------
        boxes : ndarray of float, shape (n, 4)
            x1, y1, x2, y2 in pixels of the input.
        height, width : int
            Of the input in pixels.

        Warns
        -----
        UserWarning
            Most boxes so far are odd.
        """
        self.seen += len(boxes)
        self.odd += int(odd_boxes(boxes, height, width).sum())
        if self.warned or self.seen < ENOUGH or self.odd <= MOST * self.seen:
            return
        self.warned = True
        warnings.warn(
            f"{self.odd} of {self.seen} boxes of the detector {self.name} are of no face's "
            "shape or outside the image: it is another kind of network, or was trained "
            "with other priors or input values. Name them after the file, such as "
            "retinaface:net.onnx?min_sizes=10,20;32,64;128,256 (docs/detectors.md).",
            stacklevel=3,
        )


def odd_boxes(boxes, height, width):
    """Which boxes no face has: long, empty, enormous, or beyond the image.

    Parameters
    ----------
    boxes : ndarray of float, shape (n, 4)
    height, width : int

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    sides = boxes[:, 2:] - boxes[:, :2]
    centres = (boxes[:, 2:] + boxes[:, :2]) / 2
    least, most = sides.min(axis=1), sides.max(axis=1)
    beyond = ((centres < 0) | (centres > np.array([width, height]))).any(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        long = (least <= 0) | (most > LONGEST * least)
    return long | (most > LARGEST * max(height, width)) | beyond
