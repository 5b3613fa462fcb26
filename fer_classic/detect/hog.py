"""dlib's HOG + linear SVM detector of upright frontal faces."""

import dlib

from fer_classic.compute.threads import kept_by_thread
from fer_classic.data.image import to_gray
from fer_classic.detect.base import (
    from_rectangle,
    most_confident_first,
    pad_edges,
    scale_to_side,
)


@kept_by_thread(maxsize=1)
def _dlib_detector():
    return dlib.get_frontal_face_detector()


class HOGDetector:
    """dlib's frontal face detector (King, arXiv:1502.00046).

    The image is searched in gray. Where nothing is found and ``escalate`` is set, it is
    searched again twice as large, for small faces in a group; and if that is in vain,
    with its border repeated outwards and at a lower threshold, for faces that the
    photograph cuts tightly.

    Parameters
    ----------
    upsample : int
        Times the image is doubled before the search; each finds faces half as
        large (without, about 80 pixels) at four times the cost.
    threshold : float
        Least detection score; the last search accepts 0.5 less.
    min_size : float
        Least width and height of a face in pixels.
    max_side : int
        Images are shrunk for the search so that the shorter side is at most this.
    escalate : bool
        Whether to search again where nothing was found.
    """

    name = "hog"
    #: dlib's smallest window is 80 pixels; smaller images are enlarged to this.
    min_side = 160
    #: The last search: border over the side, and drop of the threshold.
    last_border = 0.15
    last_drop = 0.5

    def __init__(
        self, *, upsample=0, threshold=0.0, min_size=0, max_side=1024, escalate=True
    ):
        self.upsample = upsample
        self.threshold = threshold
        self.min_size = min_size
        self.max_side = max_side
        self.escalate = escalate

    def detect(self, image):
        """Find faces.

        Parameters
        ----------
        image : ndarray of uint8, shape (H, W, 3) in RGB order or (H, W)
        """
        gray = to_gray(image)
        faces = self._search(gray, self.upsample, self.threshold)
        if faces or not self.escalate:
            return faces
        if min(gray.shape) >= self.min_side:  # smaller ones were enlarged already
            faces = self._search(gray, self.upsample + 1, self.threshold)
        if not faces:
            lower = self.threshold - self.last_drop
            faces = self._search(gray, self.upsample, lower, self.last_border)
        return faces

    def _search(self, gray, upsample, threshold, border=0.0):
        scaled, scale = scale_to_side(
            gray, self.min_side, max(self.max_side, self.min_side)
        )
        padded, border = pad_edges(scaled, border)
        rectangles, scores, _ = _dlib_detector().run(padded, upsample, threshold)
        found = zip(rectangles, scores, strict=True)
        faces = [from_rectangle(r, score, scale, border) for r, score in found]
        return most_confident_first(faces, self.min_size)
