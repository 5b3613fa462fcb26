"""What decides the crop and landmarks of an image."""

from dataclasses import asdict, dataclass

from fer_classic.data.image import MAX_PIXELS
from fer_classic.detect import parse_detector
from fer_classic.errors import check_keys, check_object, check_range, one_of
from fer_classic.faces.align import METHODS as ALIGNMENTS
from fer_classic.faces.choose import WHICH


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
        Least width and height of a face in pixels; below 1, as a share of the picture's
        shorter side.
    align : {"68", "5", "none", "box"}
        Landmarks that the alignment is fitted to; with "box" none are located at all.
    crop_size : int
        Side of the aligned crop in pixels.
    max_pixels : int
        Larger images are not unpacked.
    which : {"best", "largest", "all"}
        Which of several faces are rows: the one that the detector is surest of, the one
        with the largest box, or every one.
    """

    detector: str = "hog"
    upsample: int = 0
    threshold: float = 0.0
    min_size: float = 0.0
    align: str = "68"
    crop_size: int = 64
    max_pixels: int = MAX_PIXELS
    which: str = "best"

    def __post_init__(self):
        parse_detector(self.detector)
        one_of(self.align, ALIGNMENTS, "align")
        check_range("upsample", self.upsample, 0, 4, kind=int)
        check_range("threshold", self.threshold, -100, 100)
        check_range("min_size", self.min_size, 0, 100_000)
        check_range("crop_size", self.crop_size, 32, 512, kind=int)
        check_range("max_pixels", self.max_pixels, 1, 10**10, kind=int)
        one_of(self.which, WHICH, "which")

    @property
    def min_pixels(self):
        """What the detector is told of ``min_size``: nothing of a share."""
        return self.min_size if self.min_size >= 1 else 0.0

    def to_dict(self):
        """The settings as plain JSON types; ``which`` only where it is not "best"."""
        values = asdict(self)
        if self.which == "best":
            del values["which"]
        return values


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
