"""What decides the crop and landmarks of an image, and which of its faces count."""

from dataclasses import asdict, dataclass

from fer_classic.data.image import MAX_PIXELS
from fer_classic.detect import parse_detector
from fer_classic.errors import UsageError, check_keys, check_object, check_range, one_of
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


#: The contest's rule first.
WHICH = ("best", "largest", "all")


def chosen_faces(faces, which):
    """The faces that become rows.

    Parameters
    ----------
    faces : list of Face
        The most confident first.
    which : {"best", "largest", "all"}

    Returns
    -------
    list of Face
        The most confident first; empty only where ``faces`` is.
    """
    one_of(which, WHICH, "which")
    if which == "all" or not faces:
        return list(faces)
    if which == "largest":
        return [max(faces, key=lambda face: face.width * face.height)]
    return [faces[0]]


def large_enough(faces, shape, min_size):
    """The faces that are not smaller than a share of the picture.

    Parameters
    ----------
    faces : list of Face
    shape : tuple of int
        Height and width of the picture.
    min_size : float
        As in FaceSettings. Detectors see to sizes in pixels themselves.

    Returns
    -------
    list of Face
    """
    if not 0 < min_size < 1:
        return faces
    least = min_size * min(shape[:2])
    return [face for face in faces if min(face.width, face.height) >= least]


def least_face(text):
    """A least size of faces, as users write it: pixels, or a share of the picture.

    Parameters
    ----------
    text : str
        Such as "40" (pixels), "0.1" or "10%" (of the picture's shorter side).

    Returns
    -------
    float
        As ``min_size`` of FaceSettings.

    Raises
    ------
    UsageError
        It is neither.
    """
    plain = str(text).strip()
    try:
        value = float(plain.removesuffix("%"))
    except ValueError:
        value = -1.0
    if plain.endswith("%"):
        value = value / 100 if 0 <= value < 100 else -1.0
    if not 0 <= value <= 100_000:
        raise UsageError(
            f"The least size of a face must be in pixels, such as 40, or a share of the "
            f"picture's shorter side, such as 0.1 or 10%. Got {text!r} instead."
        )
    return value


def row_name(name, number, which):
    """Name of a face's row.

    Parameters
    ----------
    name : str
        Of the image.
    number : int or None
        Of the face, from 1, the most confident first; None where none was found.
    which : {"best", "largest", "all"}

    Returns
    -------
    str
        ``photo.jpg#1`` where all faces are rows, else the image's own name.
    """
    return f"{name}#{number}" if which == "all" and number else name


def rows_by_image(table):
    """Rows of each image of a face table, in order.

    Parameters
    ----------
    table : FaceTable

    Returns
    -------
    list of range
    """
    images, start = [], 0
    while start < len(table):
        every = table.settings.which == "all" and table.status[start] == "face"
        stop = start + (int(table.n_faces[start]) if every else 1)
        images.append(range(start, stop))
        start = stop
    return images
