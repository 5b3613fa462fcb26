"""Face detectors, one a file, behind one interface: ``detect(image) -> [Face]``."""

from fer_classic.detect.base import Face, whole_image
from fer_classic.errors import one_of

DETECTORS = ("hog", "cnn", "none")

__all__ = ["DETECTORS", "Face", "make_detector", "whole_image"]


def make_detector(name, *, upsample=0, threshold=0.0, min_size=0):
    """Make a detector by name.

    Parameters
    ----------
    name : {"hog", "cnn", "none"}
    upsample : int
        Times the image is doubled before the search.
    threshold : float
        Least detection score.
    min_size : float
        Least width and height of a face in pixels.

    Returns
    -------
    object with ``name`` and ``detect(image)``, which returns a list of Face,
    the most confident first

    Raises
    ------
    UsageError
        No detector has this name.
    """
    one_of(name, DETECTORS, "detector")
    options = {"upsample": upsample, "threshold": threshold, "min_size": min_size}
    # dlib takes a moment to import: load only the detector that is asked for.
    if name == "hog":
        from fer_classic.detect.hog import HOGDetector

        return HOGDetector(**options)
    if name == "cnn":
        from fer_classic.detect.cnn import CNNDetector

        return CNNDetector(**options)
    from fer_classic.detect.none import NoDetector

    return NoDetector()
