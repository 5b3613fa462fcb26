"""Pictures that show what was found: box, landmarks and label on the photograph."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fer_classic.data.image import to_rgb

#: Larger photographs are shrunk to this many pixels a side for the picture.
LARGEST_SIDE = 1600

_COLOURS = {"face": (0, 220, 90), "no_face": (255, 160, 0), "whole": (60, 160, 255)}


def overlay(image, box, points, text, status="face"):
    """Draw the box, the 68 landmarks and a caption on a photograph.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3) or (H, W)
    box : sequence of 4 float
        x, y (top left), width and height in pixels.
    points : ndarray of float, shape (68, 2)
        x and y in pixels; NaN where none was located.
    text : str
        Caption, such as "happiness 0.93".
    status : str
        Decides the colour: "face" green, "no_face" orange, "whole" blue.

    Returns
    -------
    bytes
        A PNG file.
    """
    picture = Image.fromarray(to_rgb(image))
    scale = min(1.0, LARGEST_SIDE / max(picture.size))
    if scale < 1.0:
        picture = picture.resize([max(1, round(side * scale)) for side in picture.size])
    draw = ImageDraw.Draw(picture)
    colour = _COLOURS.get(status, (255, 0, 0))
    x, y, width, height = (value * scale for value in box)
    line = max(1, round(max(width, height) / 120))
    draw.rectangle((x, y, x + width, y + height), outline=colour, width=line)
    points = np.asarray(points, dtype=float) * scale
    for px, py in points[np.isfinite(points).all(axis=1)]:
        draw.ellipse((px - line, py - line, px + line, py + line), fill=(255, 255, 0))
    _caption(
        draw,
        text,
        x,
        y,
        max(12, min(round(width / 9), picture.height // 16)),
        colour,
        picture.size,
    )
    out = io.BytesIO()
    picture.save(out, format="PNG")
    return out.getvalue()


def _caption(draw, text, x, y, size, colour, limits):
    font = ImageFont.load_default(size)
    left, top, right, bottom = draw.textbbox((0, 0), text, font=font)
    width, height = right - left + 6, bottom - top + 6
    # Above the box where there is room, else inside it; never beyond the picture.
    x = min(max(0, x), max(0, limits[0] - width))
    y = y - height if y >= height else y
    y = min(max(0, y), max(0, limits[1] - height))
    draw.rectangle((x, y, x + width, y + height), fill=colour)
    draw.text((x + 3 - left, y + 3 - top), text, font=font, fill=(0, 0, 0))
