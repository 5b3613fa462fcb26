"""dlib's convolutional (MMOD) face detector: slower, finds turned faces too."""

import dlib

from fer_classic.compute.threads import kept_by_thread
from fer_classic.data.image import to_rgb
from fer_classic.detect.base import (
    from_rectangle,
    most_confident_first,
    scale_to_side,
)
from fer_classic.files.weights import model_file


@kept_by_thread(maxsize=2)
def _dlib_detector(path):
    return dlib.cnn_face_detection_model_v1(path)


class CNNDetector:
    """dlib's max-margin convolutional detector (King, arXiv:1502.00046).

    About a hundred times slower on a CPU than :class:`HOGDetector`.

    Parameters
    ----------
    upsample : int
        Times the image is doubled before the search; each finds faces half as
        large (without, about 80 pixels) at four times the cost.
    threshold : float
        Least detection score. The network reports none below its own threshold.
    min_size : float
        Least width and height of a face in pixels.
    max_side : int
        Images are shrunk for the search so that the shorter side is at most this.
    """

    name = "cnn"
    #: dlib's smallest window is 80 pixels; smaller images are enlarged to this.
    min_side = 160

    def __init__(self, *, upsample=0, threshold=0.0, min_size=0, max_side=600):
        self.upsample = upsample
        self.threshold = threshold
        self.min_size = min_size
        self.max_side = max_side

    def detect(self, image):
        """Find faces.

        Parameters
        ----------
        image : ndarray of uint8, shape (H, W, 3) in RGB order or (H, W)
        """
        largest = max(self.max_side, self.min_side)
        scaled, scale = scale_to_side(to_rgb(image), self.min_side, largest)
        found = _dlib_detector(str(model_file("cnn_detector")))(scaled, self.upsample)
        faces = [
            from_rectangle(hit.rect, hit.confidence, scale)
            for hit in found
            if hit.confidence >= self.threshold
        ]
        return most_confident_first(faces, self.min_size)
