"""Films of moving public-domain faces, whose expressions are known at every second."""

from fractions import Fraction
from functools import lru_cache

import av
import numpy as np
from PIL import Image

from fer_classic.demo.generate import EXPRESSIONS, _open_mouth
from fer_classic.demo.portraits import displacement, read_portraits, warp

SIZE = (640, 480)


@lru_cache(maxsize=64)
def person(name, label, width=110):
    """A portrait with an expression, cut out, as RGBA."""
    portrait = read_portraits()[name][int(label != "happiness")]
    units = dict(EXPRESSIONS[label])
    if portrait.smiles:
        units[12] = units.get(12, 0) - 0.9
    side = width / 2.4
    size = (round(5.2 * side), round(6 * side))
    middle, matrix = np.array((2.6 * side, 2.3 * side)), side * np.eye(2)
    target = portrait.points + displacement(units)
    pixels = warp(
        portrait.pixels[[0, 1, 2, 3]], portrait.points, target, size, matrix, middle
    )
    colour = Image.merge("RGB", [Image.fromarray(band) for band in pixels[:3]])
    if not portrait.smiles:
        lips = target[60:68] @ matrix.T + middle
        colour = _open_mouth(colour, lips, float(side))
    colour.putalpha(Image.fromarray(pixels[3]))
    return colour


def background(size=SIZE):
    """Something that moves no face detector."""
    y, x = np.mgrid[: size[1], : size[0]]
    pixels = np.stack([90 + 40 * x / size[0], 110 + 30 * y / size[1], 120 + 0 * x], -1)
    return Image.fromarray(pixels.astype(np.uint8))


def frame_of(actors, seconds, size=SIZE):
    """One picture of the film.

    Parameters
    ----------
    actors : list of (name, place, acts)
        ``place(seconds)`` gives the middle of the face in pixels, or None; ``acts`` is a
        list of (from second, expression).
    seconds : float
    """
    picture = background(size)
    for name, place, acts in actors:
        where = place(seconds)
        if where is None:
            continue
        label = [own for start, own in acts if start <= seconds][-1]
        sprite = person(name, label)
        x, y = where[0] - sprite.width / 2, where[1] - 0.38 * sprite.height
        picture.paste(sprite, (round(x), round(y)), sprite)
    return np.asarray(picture)


def write_film(path, frames, *, rate=25, stamps=None, codec="libx264", **options):
    """Encode pictures; ``stamps`` are their seconds where they do not come evenly."""
    with av.open(str(path), "w", **options) as container:
        stream = None
        for number, pixels in enumerate(frames):
            if stream is None:
                stream = container.add_stream(codec, rate=rate)
                stream.height, stream.width = pixels.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.options = {"crf": "18", "preset": "ultrafast"}
                stream.time_base = Fraction(1, 1000)
                stream.codec_context.time_base = Fraction(1, 1000)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            seconds = number / rate if stamps is None else stamps[number]
            frame.pts, frame.time_base = round(seconds * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        if stream is not None:
            container.mux(stream.encode())
    return path


def group_film(path, seconds=9.0, rate=25):
    """Two persons who move and change their expression every three seconds."""
    return write_film(path, group_frames(seconds, rate), rate=rate)


def write_camera(path, frames):
    """Pictures as a stream of JPEG files, which Chromium takes for a camera's."""
    with open(path, "wb") as file:
        for pixels in frames:
            Image.fromarray(np.asarray(pixels)).save(file, format="JPEG", quality=92)
    return path


def group_frames(seconds=9.0, rate=25):
    """The frames of :func:`group_film`, one after the other."""
    return (frame_of(GROUP, t) for t in np.arange(round(seconds * rate)) / rate)


def _left(t):
    return 170 + 40 * np.sin(1.7 * t), 200 + 25 * np.cos(1.3 * t)


def _right(t):
    # Out of the picture for a second.
    if 4.0 <= t < 5.0:
        return None
    return 460 + 30 * np.cos(1.1 * t), 210 + 30 * np.sin(0.9 * t)


GROUP = [
    ("astronaut", _left, [(0, "happiness"), (3, "surprise"), (6, "happiness")]),
    ("grace_hopper", _right, [(0, "neutral"), (3, "happiness"), (6, "neutral")]),
]
