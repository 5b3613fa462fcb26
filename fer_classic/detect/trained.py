"""dlib's HOG + SVM detector, trained by the user (``fer-classic detector train``)."""

from pathlib import Path

from fer_classic.compute.threads import kept_by_thread
from fer_classic.data.image import to_gray
from fer_classic.detect.base import (
    from_rectangle,
    most_confident_first,
    scale_to_side,
)
from fer_classic.errors import FerClassicError

#: A file of less cannot hold a filter; dlib takes some short files for empty detectors.
_LEAST_BYTES = 1000


@kept_by_thread(maxsize=4)
def open_detector(path):
    """Read a detector that dlib's trainer wrote.

    Returns
    -------
    detector : dlib.fhog_object_detector
    upsample : int
        Times that an image is doubled, as while it was trained.

    Raises
    ------
    FerClassicError
        The file is not such a detector.
    """
    import dlib

    size = Path(path).stat().st_size
    try:
        if size < _LEAST_BYTES:
            raise ValueError(f"it has {size} bytes only")
        doubled = dlib.simple_object_detector(path).upsampling_amount
        return dlib.fhog_object_detector(path), doubled
    except (RuntimeError, ValueError, MemoryError) as error:
        reason = " ".join(str(error).split())[:160]
        raise FerClassicError(
            f"{path} is not a detector of dlib's trainer ({reason}): make one with "
            "fer-classic detector train, or name another."
        ) from None


class TrainedDetector:
    """A detector of dlib's ``train_simple_object_detector`` (King, arXiv:1502.00046).

    Parameters
    ----------
    path : path-like
        The .svm file.
    upsample : int
        Times the image is doubled before the search, besides those of the training.
    threshold : float
        Least detection score.
    min_size : float
        Least width and height of a face in pixels.
    max_side : int
        Images are shrunk for the search so that the shorter side is at most this.
    """

    name = "trained"

    def __init__(self, path, *, upsample=0, threshold=0.0, min_size=0, max_side=1024):
        self.path = path
        self.threshold = threshold
        self.min_size = min_size
        self.max_side = max_side
        self.detector, doubled = open_detector(str(path))
        self.doublings = upsample + doubled

    def detect(self, image):
        """Find faces.

        Parameters
        ----------
        image : ndarray of uint8, shape (H, W, 3) in RGB order or (H, W)
        """
        window = self.detector.detection_window_width, self.detector.detection_window_height
        # Twice the window, so that a portrait that is cropped tightly has room.
        least = 2 * max(window) // 2**self.doublings
        scaled, scale = scale_to_side(to_gray(image), least, max(self.max_side, least))
        rectangles, scores, _ = self.detector.run(scaled, self.doublings, self.threshold)
        found = zip(rectangles, scores, strict=True)
        faces = [from_rectangle(box, score, scale) for box, score in found]
        return most_confident_first(faces, self.min_size)
