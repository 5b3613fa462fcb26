"""The cascade of local binary patterns that comes with scikit-image (Viola-Jones type)."""

from functools import lru_cache

import numpy as np

from fer_classic.data.image import to_gray
from fer_classic.detect.base import Face, most_confident_first, scale_to_side
from fer_classic.detect.nms import groups


@lru_cache(maxsize=1)
def _cascade():
    from skimage.data import lbp_frontal_face_cascade_filename
    from skimage.feature import Cascade

    return Cascade(lbp_frontal_face_cascade_filename())


class CascadeDetector:
    """Boosted cascade on multi-block LBP (Viola & Jones 2001; Liao et al. 2007).

    The window passes over the image at many scales; hits that overlap are one face, and
    its score is their number.

    Parameters
    ----------
    upsample : int
        Times the image is doubled before the search.
    threshold : float
        Least number of hits of a face; 0 for 4.
    min_size : float
        Least width and height of a face in pixels.
    max_side : int
        Images are shrunk for the search so that the shorter side is at most this.
    """

    name = "cascade"
    #: Smaller images are enlarged to this.
    min_side = 160
    #: Least window in pixels of the searched image, and its growth from scale to scale.
    window = 40
    growth = 1.2
    #: Least hits of a face, and the overlap of hits of one face.
    hits = 4
    overlap = 0.4

    def __init__(self, *, upsample=0, threshold=0.0, min_size=0, max_side=600):
        self.upsample = upsample
        self.threshold = threshold or self.hits
        self.min_size = min_size
        self.max_side = max_side

    def detect(self, image):
        """Find faces.

        Parameters
        ----------
        image : ndarray of uint8, shape (H, W, 3) in RGB order or (H, W)
        """
        double = 2**self.upsample
        largest = max(self.max_side, self.min_side) * double
        gray = to_gray(image)
        side = min(gray.shape) * double
        scaled, scale = scale_to_side(gray, min(max(side, self.min_side), largest), largest)
        if min(scaled.shape) < self.window:
            return []
        found = _cascade().detect_multi_scale(
            scaled,
            scale_factor=self.growth,
            step_ratio=1,
            min_size=(self.window, self.window),
            max_size=scaled.shape,
            # More than all can overlap: single hits, which are gathered and counted here.
            min_neighbor_number=1,
            intersection_score_threshold=2.0,
        )
        hits = np.array(
            [(h["c"], h["r"], h["c"] + h["width"], h["r"] + h["height"]) for h in found]
        ).reshape(-1, 4)
        means, counts = groups(hits, self.overlap)
        faces = [
            Face(*(np.array([x1, y1, x2 - x1, y2 - y1]) / scale).tolist(), float(n))
            for (x1, y1, x2, y2), n in zip(means, counts, strict=True)
            if n >= self.threshold
        ]
        return most_confident_first(faces, self.min_size)
