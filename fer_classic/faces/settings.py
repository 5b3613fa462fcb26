"""What decides the crop and landmarks of an image."""

from dataclasses import dataclass

from fer_classic.data.image import MAX_PIXELS
from fer_classic.detect import parse_detector
from fer_classic.errors import check_keys, check_object, check_range, one_of
from fer_classic.faces.align import METHODS as ALIGNMENTS


@dataclass(frozen=True)
class FaceSettings:
    """What decides the crop and landmarks of an image.

    Attributes
    ----------
    detector : str
        As :func:`fer_classic.detect.make_detector` takes it.
    upsample : int
        Times the image is doubled before the search.
    threshold : float
        Least detection score.
    min_size : float
        Least width and height of a face in pixels.
    align : {"68", "5", "none", "box"}
        Landmarks that the alignment is fitted to; with "box" none are located at all.
    crop_size : int
        Side of the aligned crop in pixels.
    max_pixels : int
        Larger images are not unpacked.
    """

    detector: str = "hog"
    upsample: int = 0
    threshold: float = 0.0
    min_size: float = 0.0
    align: str = "68"
    crop_size: int = 64
    max_pixels: int = MAX_PIXELS

    def __post_init__(self):
        parse_detector(self.detector)
        one_of(self.align, ALIGNMENTS, "align")
        check_range("upsample", self.upsample, 0, 4, kind=int)
        check_range("threshold", self.threshold, -100, 100)
        check_range("min_size", self.min_size, 0, 100_000)
        check_range("crop_size", self.crop_size, 32, 512, kind=int)
        check_range("max_pixels", self.max_pixels, 1, 10**10, kind=int)


def face_settings(values):
    """FaceSettings from plain JSON types.

    Raises
    ------
    UsageError
        A key is unknown or a value impossible.
    """
    check_object("faces", values)
    check_keys(values, FaceSettings, "settings of faces")
    return FaceSettings(**values)
