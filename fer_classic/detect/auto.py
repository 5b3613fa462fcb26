"""The cheapest detector first, a dearer one only while no face is found.

Measured on 2,618 web photographs of one face each (median times on one core of a two-core
AMD EPYC virtual machine): one pass of ``hog``, 18 ms, leaves 204 without a face. Its two
further searches, 64 ms, find 134 of them; of the last 70 ``cnn``, 960 ms, finds 57. So 2.7%
of the images pay for it. ``cascade`` has no place here: at its own threshold it finds none
of those 70 faces and takes two other things for one. On 50 pictures without a face neither
``hog`` nor ``cnn`` finds any at its own threshold, which is why no other is used.
Where the environment variable FER_CLASSIC_DETECTOR names a detector, such as
``yunet:weights.onnx``, that one comes first, and ``hog`` where it finds no face.
"""

from fer_classic.detect.cnn import CNNDetector
from fer_classic.detect.hog import HOGDetector
from fer_classic.detect.names import first_of_auto


class AutoDetector:
    """dlib's HOG detector, its further searches, then its convolutional detector.

    Or the detector that FER_CLASSIC_DETECTOR names, then dlib's HOG detector.

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
        first = first_of_auto()
        if first:
            from fer_classic.detect import make_detector

            named = make_detector(first, threshold=threshold, **options)
            self.stages = (named, HOGDetector(**options))
        else:
            self.stages = (
                HOGDetector(threshold=threshold, **options),
                CNNDetector(threshold=threshold, **options),
            )

    def detect(self, image):
        """Find faces.

        Parameters
        ----------
        image : ndarray of uint8, shape (H, W, 3) in RGB order or (H, W)
        """
        for stage in self.stages:
            if faces := stage.detect(image):
                return faces
        return []
