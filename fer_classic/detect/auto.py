"""The cheapest detector first, a dearer one only while no face is found.

The order is that of ``scripts/missed_faces.py`` (docs/detectors.md has its tables): ``hog``
with its further searches, then ``mtcnn`` where its extra is installed, then ``cnn``, which
takes a second. ``cascade`` has no place here: at its own threshold it takes other things
for faces where ``hog`` finds none.
Where the environment variable FER_CLASSIC_DETECTOR names a detector, such as
``yunet:weights.onnx``, that one comes first, and ``hog`` where it finds no face.
"""

from dataclasses import replace

from fer_classic.detect.names import steps_of_auto


class AutoDetector:
    """dlib's HOG detector, MTCNN where it is installed, dlib's convolutional detector.

    Or the detector that FER_CLASSIC_DETECTOR names, then dlib's HOG detector.

    Parameters
    ----------
    upsample : int
        Times the image is doubled before the search.
    threshold : float
        Least detection score of the first step; those after it keep their own.
    min_size : float
        Least width and height of a face in pixels.
    """

    name = "auto"

    def __init__(self, *, upsample=0, threshold=0.0, min_size=0):
        from fer_classic.detect import make_detector

        options = {"upsample": upsample, "min_size": min_size}
        first, *others = steps_of_auto()
        self.stages = (
            make_detector(first, threshold=threshold, **options),
            *(make_detector(name, **options) for name in others),
        )

    def detect(self, image):
        """Find faces.

        Parameters
        ----------
        image : ndarray of uint8, shape (H, W, 3) in RGB order or (H, W)

        Returns
        -------
        list of Face
            Those of a later step say so in ``note``.
        """
        for number, stage in enumerate(self.stages):
            if faces := stage.detect(image):
                note = f"found by {stage.name}" if number else ""
                return [replace(face, note=note) for face in faces]
        return []
