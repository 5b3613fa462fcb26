"""A photograph, decoded as far as finding its face needs, and as wide as it was filmed.

A wide film on a disc is squeezed to 720 x 576 or 720 x 480. Detectors miss every sixth of
such faces, and all crops show them narrow. Nothing in the file tells the shape, so both
are searched, and the one in which the detector is surer of a face counts.
"""

from dataclasses import dataclass, replace

import numpy as np

from fer_classic.data.image import decode, decode_reduced, resize, to_gray
from fer_classic.faces.settings import chosen_faces, large_enough

#: Pixels of the shorter side from which a large face is sought first.
FIRST_SIDE = 480
#: A face must have this many times the pixels of its crop, or the whole is decoded.
SPARE = 2.5


@dataclass(frozen=True, eq=False, repr=False)
class Photograph:
    """An image, and where it was decoded at a part of its size, what to decode again.

    Attributes
    ----------
    image : ndarray of uint8, shape (H, W, 3) in RGB order or (H, W)
    gray : ndarray of uint8, shape (H, W)
    size : tuple of 2 int
        Height and width of the whole.
    factor : int
        Pixels of the whole for each of ``image``, along a side.
    data : bytes or None
        The file's content where ``factor`` is above 1.
    max_pixels : int or None
        As of :func:`fer_classic.data.image.decode`.
    """

    image: np.ndarray
    gray: np.ndarray
    size: tuple
    factor: int = 1
    data: bytes | None = None
    max_pixels: int | None = None

    @classmethod
    def of(cls, image):
        """One that is decoded whole already.

        Parameters
        ----------
        image : ndarray of uint8, shape (H, W, 3) in RGB order or (H, W)
        """
        return cls(image, to_gray(image), image.shape[:2])

    @property
    def nbytes(self):
        """Bytes that it holds in memory, save those of ``gray``."""
        return self.image.nbytes + len(self.data or b"")

    def with_side(self, least):
        """The same with a shorter side of at least so many pixels, if the whole has them.

        Parameters
        ----------
        least : int or None
            None for the whole.

        Raises
        ------
        UnreadableImage
        """
        if self.factor == 1 or (least is not None and min(self.gray.shape) >= least):
            return self
        return read_photograph(self.data, least, self.max_pixels)

    def own(self, face):
        """A face of the whole, in pixels of ``image``."""
        x, y, width, height = (value / self.factor for value in face.box)
        return replace(face, x=x, y=y, width=width, height=height)

    def whole(self, face):
        """A face of ``image``, in pixels of the whole."""
        x, y, width, height = (value * self.factor for value in face.box)
        return replace(face, x=x, y=y, width=width, height=height)


def read_photograph(data, least, max_pixels):
    """Decode an image, where its format can at a part of its size and then in gray.

    Parameters
    ----------
    data : bytes
    least : int or None
        Pixels of the shorter side that are enough; None for the whole image in colour.
    max_pixels : int
        As of :func:`fer_classic.data.image.decode`.

    Returns
    -------
    Photograph

    Raises
    ------
    UnreadableImage
    """
    if least is None:
        return Photograph.of(decode(data, max_pixels=max_pixels))
    image, size, factor = decode_reduced(data, least, max_pixels=max_pixels)
    if factor == 1:
        return Photograph.of(image)
    return Photograph(image, to_gray(image), size, factor, data, max_pixels)


def may_be_reduced(detector):
    """Whether a detector looks for large faces in a part of the pixels first.

    Parameters
    ----------
    detector : object with ``detect``
    """
    return hasattr(detector, "detect_large")


def find_faces(photograph, detector, settings):
    """The faces of a photograph; where the best one counts, a large one alone will do.

    Parameters
    ----------
    photograph : Photograph
    detector : object with ``detect``, and perhaps ``detect_large``
    settings : FaceSettings

    Returns
    -------
    photograph : Photograph
        With enough pixels for the crops.
    faces : list of Face
        In pixels of the whole photograph, the most confident first.

    Raises
    ------
    UnreadableImage
    """
    size, faces = photograph.size, []
    if settings.which == "best" and may_be_reduced(detector):
        faces = detector.detect_large(photograph.gray, size)
        faces = large_enough(faces, size, settings.min_size)
    if not faces:
        photograph = photograph.with_side(getattr(detector, "max_side", None))
        faces = [photograph.whole(face) for face in detector.detect(photograph.image)]
        faces = large_enough(faces, size, settings.min_size)
    sides = [max(own.width, own.height) for own in chosen_faces(faces, settings.which)]
    if sides and min(sides) / photograph.factor < SPARE * settings.crop_size:
        photograph = photograph.with_side(None)
    return photograph, faces


#: Width that a film of 16:9 has at the height of a squeezed picture, by its size.
WIDE = {
    **{(720, 576): 1024, (704, 576): 1024},
    **{(720, 480): 854, (704, 480): 854},
}


def widened(photograph):
    """A photograph as wide as it may have been filmed.

    Parameters
    ----------
    photograph : Photograph

    Returns
    -------
    Photograph or None
        None where its size is not that of a squeezed video.

    Raises
    ------
    UnreadableImage
    """
    height, width = photograph.size
    wide = WIDE.get((width, height))
    if wide is None:
        return None
    return Photograph.of(resize(photograph.with_side(None).image, wide, height))


def surer(faces, others):
    """Whether the detector is surer of the best of other faces.

    Faces of its first step, which have no note, stand above those of a later one.

    Parameters
    ----------
    faces, others : list of Face
    """
    sure = [
        max(((not f.note, f.score) for f in own), default=()) for own in (faces, others)
    ]
    return sure[1] > sure[0]


def narrowed(row, size, wide):
    """A row of a widened picture, its places in pixels of the picture as it is.

    Parameters
    ----------
    row : dict
        As of :func:`fer_classic.faces.row.face_row`.
    size, wide : tuple of 2 int
        Height and width of the picture as it is, and widened.

    Returns
    -------
    dict
        With a note in ``error``; the crops stay as wide as they are.
    """
    share, told = size[1] / wide[1], f"; {row['error']}" if row["error"] else ""
    x, y, width, height = row["box"]
    return row | {
        "box": (x * share, y, width * share, height),
        "points": (row["points"] * (share, 1)).astype(np.float32),
        "error": f"seen as wide as a film: {wide[1]} x {wide[0]} pixels{told}",
    }
