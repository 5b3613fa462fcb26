"""dlib's HOG + linear SVM detector of upright frontal faces."""

from functools import lru_cache

import dlib

from fer_classic.detect.base import (
    from_rectangle,
    most_confident_first,
    pad_edges,
    scale_to_side,
)
from fer_classic.image import to_gray


@lru_cache(maxsize=1)
def _dlib_detector():
    return dlib.get_frontal_face_detector()


class HOGDetector:
    """dlib's frontal face detector (King, arXiv:1502.00046).

    The image is searched in gray. If nothing is found, it is searched once
    more with its border repeated outwards, enlarged, and at a lower threshold:
    web photographs are often cut tightly around the face.

    Parameters
    ----------
    upsample : int
        Times the image is doubled before the search; each finds faces half as
        large (without, about 80 pixels) at four times the cost.
    threshold : float
        Least detection score.
    min_size : float
        Least width and height of a face in pixels.
    max_side : int
        Images are shrunk for the search so that the shorter side is at most this.
    second_look : bool
        Whether to search a second time where nothing was found.
    """

    name = "hog"
    #: dlib's smallest window is 80 pixels; smaller images are enlarged to this.
    min_side = 160
    second_look_drop = 0.5
    second_look_pad = 0.25
    second_look_side = 320

    def __init__(
        self, *, upsample=0, threshold=0.0, min_size=0, max_side=1024, second_look=True
    ):
        self.upsample = upsample
        self.threshold = threshold
        self.min_size = min_size
        self.max_side = max_side
        self.second_look = second_look

    def detect(self, image):
        """Find faces.

        Parameters
        ----------
        image : ndarray of uint8, shape (H, W, 3) in RGB order or (H, W)

        Returns
        -------
        list of Face, the most confident first
        """
        gray = to_gray(image)
        faces = self._search(gray, self.min_side, 0.0, self.threshold)
        if not faces and self.second_look:
            lower = self.threshold - self.second_look_drop
            faces = self._search(gray, self.second_look_side, self.second_look_pad, lower)
        return faces

    def _search(self, gray, min_side, pad, threshold):
        scaled, scale = scale_to_side(gray, min_side, max(self.max_side, min_side))
        padded, border = pad_edges(scaled, pad)
        rectangles, scores, _ = _dlib_detector().run(padded, self.upsample, threshold)
        found = zip(rectangles, scores, strict=True)
        faces = [from_rectangle(r, score, scale, border) for r, score in found]
        return most_confident_first(faces, self.min_size)
