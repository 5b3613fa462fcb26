"""Pictures that show what was found: boxes, landmarks and labels on the photograph."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fer_classic.data.image import to_rgb
from fer_classic.faces.labelplaces import label_places

#: Larger photographs are shrunk to this many pixels a side for the picture.
LARGEST_SIDE = 1600
#: Pixels between a label's text and its edge.
PADDING = 3

_COLOURS = {"face": (0, 220, 90), "no_face": (255, 160, 0), "whole": (60, 160, 255)}
_OTHER, _DOTS = (255, 0, 0), (255, 255, 0)


@dataclass(frozen=True)
class Mark:
    """What is drawn of one face.

    Attributes
    ----------
    box : sequence of 4 float
        x, y (top left), width and height in pixels.
    points : ndarray of float, shape (n, 2)
        x and y in pixels; NaN where none was located.
    text : str
        Label, such as "happiness 0.93".
    status : str
        Decides the colour: "face" green, "no_face" orange, "whole" blue.
    colour : tuple of int, optional
        Red, green and blue in place of that.
    """

    box: tuple
    points: np.ndarray = ()
    text: str = ""
    status: str = "face"
    colour: tuple | None = None


def overlay(image, box, points, text, status="face"):
    """Draw the box, the 68 landmarks and a caption on a photograph.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3) or (H, W)
    box, points, text, status
        As in :class:`Mark`.

    Returns
    -------
    bytes
        A PNG file.
    """
    return overlay_faces(image, [Mark(box, points, text, status)])


def overlay_faces(image, marks):
    """Draw several faces on a photograph; their labels do not overlap.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3) or (H, W)
    marks : list of Mark

    Returns
    -------
    bytes
        A PNG file.
    """
    picture = Image.fromarray(to_rgb(image))
    scale = min(1.0, LARGEST_SIDE / max(picture.size))
    if scale < 1.0:
        picture = picture.resize([max(1, round(side * scale)) for side in picture.size])
    draw_marks(picture, marks, scale)
    out = io.BytesIO()
    picture.save(out, format="PNG")
    return out.getvalue()


def draw_marks(picture, marks, scale=1.0):
    """Draw faces on a picture in its place.

    Parameters
    ----------
    picture : PIL.Image.Image, mode "RGB"
    marks : list of Mark
    scale : float
        Size of the picture over that of the photograph whose pixels the marks count.
    """
    draw = ImageDraw.Draw(picture)
    boxes = [[float(value) * scale for value in mark.box] for mark in marks]
    for mark, box in zip(marks, boxes, strict=True):
        _draw_face(draw, mark, box, scale)
    _draw_labels(draw, marks, boxes, picture.size)


def colour_of(mark):
    """The colour of a face's box and label.

    Parameters
    ----------
    mark : Mark

    Returns
    -------
    tuple of 3 int
    """
    return mark.colour or _COLOURS.get(mark.status, _OTHER)


def _draw_face(draw, mark, box, scale):
    x, y, width, height = box
    line = max(1, round(max(width, height) / 120))
    draw.rectangle((x, y, x + width, y + height), outline=colour_of(mark), width=line)
    points = np.asarray(mark.points, dtype=float).reshape(-1, 2) * scale
    for px, py in points[np.isfinite(points).all(axis=1)]:
        draw.ellipse((px - line, py - line, px + line, py + line), fill=_DOTS)


def _draw_labels(draw, marks, boxes, limits):
    fonts = [ImageFont.load_default(_letters(box, limits)) for box in boxes]
    inks = [
        draw.textbbox((0, 0), mark.text, font=font)
        for mark, font in zip(marks, fonts, strict=True)
    ]
    sizes = [
        (right - left + 2 * PADDING, bottom - top + 2 * PADDING)
        for left, top, right, bottom in inks
    ]
    places = label_places(boxes, sizes, limits)
    for mark, font, ink, size, (x, y) in zip(
        marks, fonts, inks, sizes, places, strict=True
    ):
        if not mark.text and len(marks) > 1:
            continue
        draw.rectangle((x, y, x + size[0], y + size[1]), fill=colour_of(mark))
        place = x + PADDING - ink[0], y + PADDING - ink[1]
        draw.text(place, mark.text, font=font, fill=(0, 0, 0))


def _letters(box, limits):
    """Height of the letters in pixels: by the box, within those of the picture."""
    return max(12, min(round(box[2] / 9), limits[1] // 16))
