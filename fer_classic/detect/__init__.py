"""Face detectors, one a file, behind one interface: ``detect(image) -> [Face]``."""

from fer_classic.detect.base import Face, whole_image
from fer_classic.detect.names import (
    BUILT_IN,
    detector_identity,
    parse_detector,
    third_parties,
    with_folder,
)
from fer_classic.errors import FerClassicError

__all__ = [
    "BUILT_IN",
    "Face",
    "detector_identity",
    "make_detector",
    "parse_detector",
    "third_parties",
    "whole_image",
    "with_folder",
]


def make_detector(name, *, upsample=0, threshold=0.0, min_size=0):
    """Make a detector by name.

    Parameters
    ----------
    name : str
        Of BUILT_IN, an installed third party's, ``path/to/detector.svm``, or
        ``KIND:path/to/weights.onnx``.
    upsample : int
        Times the image is doubled before the search.
    threshold : float
        Least detection score; 0 is each detector's own.
    min_size : float
        Least width and height of a face in pixels.

    Raises
    ------
    UsageError
        The name has none of these forms.
    FerClassicError
        A file or package is missing, or the file is not of its kind.
    """
    named = parse_detector(name)
    options = {"upsample": upsample, "threshold": threshold, "min_size": min_size}
    if named.kind == "trained":
        from fer_classic.detect.trained import TrainedDetector

        return TrainedDetector(named.file(), **options)
    if named.kind == "onnx":
        from fer_classic.detect.onnx import ONNXDetector

        return ONNXDetector(named.name, named.file(), given=named.given, **options)
    if named.kind == "third party":
        return _third_party(name, options)
    return _built_in(name, options)


def _built_in(name, options):
    # dlib takes a moment to import: load only the detector that is asked for.
    if name == "hog":
        from fer_classic.detect.hog import HOGDetector as Detector
    elif name == "cnn":
        from fer_classic.detect.cnn import CNNDetector as Detector
    elif name == "cascade":
        from fer_classic.detect.cascade import CascadeDetector as Detector
    elif name == "auto":
        from fer_classic.detect.auto import AutoDetector as Detector
    elif name == "mtcnn":
        from fer_classic.detect.mtcnn import MTCNNDetector as Detector
    else:
        from fer_classic.detect.none import NoDetector

        return NoDetector()
    return Detector(**options)


def _third_party(name, options):
    entry = third_parties()[name]
    try:
        made = entry.load()(**options)
    except Exception as error:  # the code of others
        raise FerClassicError(
            f"The detector {name!r} of the package {entry.dist.name} cannot be made: "
            f"{type(error).__name__}: {error}."
        ) from error
    if not callable(getattr(made, "detect", None)):
        raise FerClassicError(
            f"The detector {name!r} of the package {entry.dist.name} has no method "
            "detect(image)."
        )
    return made
