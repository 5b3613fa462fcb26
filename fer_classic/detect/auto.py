"""The cheapest detector first, a dearer one only while no face is found."""

from fer_classic.detect.cnn import CNNDetector
from fer_classic.detect.hog import HOGDetector


class AutoDetector:
    """dlib's HOG detector, its further searches, then its convolutional detector.

    Parameters
    ----------
    upsample : int
        Times the image is doubled before the search.
    threshold : float
        Least detection score of the first search.
    min_size : float
        Least width and height of a face in pixels.
    """

    name = "auto"

    def __init__(self, *, upsample=0, threshold=0.0, min_size=0):
        options = {"upsample": upsample, "min_size": min_size}
        self.stages = (
            HOGDetector(threshold=threshold, **options),
            CNNDetector(threshold=threshold, **options),
        )

    def detect(self, image):
        """Find faces.

        Parameters
        ----------
        image : ndarray of uint8, shape (H, W, 3) in RGB order or (H, W)

        Returns
        -------
        list of Face, the most confident first
        """
        for stage in self.stages:
            if faces := stage.detect(image):
                return faces
        return []
