"""What a detector is: a plain object with ``name`` and ``detect(image)``."""

from dataclasses import dataclass

import numpy as np

from fer_classic.data.image import resize


@dataclass(frozen=True)
class Face:
    """One detected face.

    Attributes
    ----------
    x, y : float
        Top left corner of the box in pixels of the image.
    width, height : float
        Size of the box in pixels.
    score : float
        The detector's confidence, larger is surer; scales differ by detector.
    note : str
        What its row should tell of how it was found.
    """

    x: float
    y: float
    width: float
    height: float
    score: float
    note: str = ""

    @property
    def box(self):
        """x, y, width and height, tuple of float."""
        return (self.x, self.y, self.width, self.height)

    @property
    def corners(self):
        """x1, y1, x2 and y2 in pixels, tuple of float."""
        return (self.x, self.y, self.x + self.width, self.y + self.height)


def whole_image(image):
    """The face of an image in which none was looked for or found: all of it.

    Parameters
    ----------
    image : ndarray, shape (H, W[, C])

    Returns
    -------
    Face
        Its ``score`` is 0.
    """
    height, width = image.shape[:2]
    return Face(0.0, 0.0, float(width), float(height), 0.0)


def scale_to_side(image, smallest, largest):
    """Resize so that the shorter side lies between two limits.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W[, C])
    smallest, largest : int
        Limits for the shorter side in pixels.

    Returns
    -------
    image : ndarray of uint8
    scale : float
        New size over old size.
    """
    height, width = image.shape[:2]
    side = min(height, width)
    scale = min(max(side, smallest), largest) / side
    # A 1 x 5000 strip must not grow to 160 x 800,000 pixels.
    scale = min(scale, max(1.0, 4 * largest / max(height, width)))
    if scale == 1.0:
        return image, 1.0
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return resize(image, *size), scale


def pad_edges(image, share):
    """Repeat the border outwards, for faces cut by the image's edge.

    Parameters
    ----------
    image : ndarray, shape (H, W[, C])
    share : float
        Width of the new border over the image's shorter side.

    Returns
    -------
    image : ndarray
    border : int
        Pixels added on each side.
    """
    border = round(min(image.shape[:2]) * share)
    widths = [(border, border)] * 2 + [(0, 0)] * (image.ndim - 2)
    return np.pad(image, widths, mode="edge"), border


def from_rectangle(rectangle, score, scale, border=0):
    """Map a dlib rectangle on a padded, scaled image back to the image's own pixels.

    Parameters
    ----------
    rectangle : dlib.rectangle
    score : float
    scale : float
        Size of the searched image over the image's own.
    border : int
        Pixels by which the searched image was padded on each side.
    """
    return Face(
        x=(rectangle.left() - border) / scale,
        y=(rectangle.top() - border) / scale,
        width=rectangle.width() / scale,
        height=rectangle.height() / scale,
        score=float(score),
    )


def most_confident_first(faces, min_size=0):
    """Sort faces by falling score.

    Parameters
    ----------
    faces : list of Face
    min_size : float
        Faces of less width or height in pixels are left out.
    """
    large = [f for f in faces if min(f.width, f.height) >= min_size]
    return sorted(large, key=lambda f: -f.score)
