"""Pixels of all kinds as 8 bits, and upright."""

import io
import re
import sys

import numpy as np
from PIL import Image

#: What a byte of 16-bit samples is called that lies beside the one that Pillow keeps.
_OTHER = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
#: Samples whose high bytes are not larger may use 12 of their 16 bits.
_DARK = 16
_PPM_HEAD = re.compile(rb"P6\s+(?:#[^\n]*\n\s*)*(\d+)\s+(\d+)\s+65535\s")

#: EXIF's tag of the orientation, and what makes a picture upright.
_ORIENTATION = 274
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
#: Values of the orientation that exchange width and height.
TURNED = range(5, 9)


def orientation(image):
    """EXIF's orientation of an opened image, 1 where it has none that makes sense.

    Parameters
    ----------
    image : PIL.Image.Image

    Returns
    -------
    int
    """
    try:
        value = image.getexif().get(_ORIENTATION, 1)
        if isinstance(value, tuple) or (isinstance(value, bytes) and not value.isdigit()):
            value = value[0]
        value = int(value)
    except Exception:  # other tags may be damaged in many ways
        return 1
    return value if value in _TURNS else 1


def size_turned(image):
    """Whether Pillow gives the size of a TIFF as it is once the picture is upright.

    Parameters
    ----------
    image : PIL.Image.Image
        Opened.

    Returns
    -------
    bool
    """
    if image.format != "TIFF":
        return False
    return image.size == (image.tag_v2.get(257), image.tag_v2.get(256))


def upright(image):
    """The picture as it was taken, whatever its other tags hold.

    Parameters
    ----------
    image : PIL.Image.Image
        Loaded.

    Returns
    -------
    PIL.Image.Image
    """
    turn = _TURNS.get(orientation(image))
    if turn is None:
        return image
    turned = image.transpose(turn)
    turned.info = {k: v for k, v in image.info.items() if k == "transparency"}
    return turned


def low_bytes(image, data):
    """16-bit colours of which less than 16 bits are in use, by those that are.

    Pillow keeps the high byte of a sample; cameras write 10 or 12 bits, some programs 8.

    Parameters
    ----------
    image : PIL.Image.Image
        Loaded.
    data : bytes
        What it was opened from.

    Returns
    -------
    PIL.Image.Image
    """
    kinds = ("PNG", "TIFF", "PPM")
    if image.mode not in ("RGB", "RGBA", "LA") or image.format not in kinds:
        return image
    high = np.asarray(image)
    colours = slice(0, 1 if image.mode == "LA" else 3)
    if high[::16, ::16, colours].max() > _DARK or high[..., colours].max() > _DARK:
        return image
    if image.format == "PPM":
        samples = _ppm_samples(data, high)
    else:
        samples = _both_bytes(image, data, high)
    if samples is None:
        return image
    made = high.copy()
    made[..., colours] = eight_bits(samples[..., colours])
    if image.mode != "RGB":
        made[..., -1] = eight_bits(samples[..., -1])
    return Image.fromarray(made, image.mode)


def _both_bytes(image, data, high):
    """16-bit samples whose high bytes are known; None where an image has none."""
    other = Image.open(io.BytesIO(data), formats=(image.format,))
    tiles, gray = [], False
    for tile in other.tile:
        text = isinstance(tile[3], str)
        raw = tile[3] if text else tile[3][0]
        if raw == "LA;16B":  # Pillow has no name for its low bytes: four of 8 bits
            raw, gray = "RGBA", True
        elif ";16" in raw and raw[-1] in _OTHER:
            raw = raw[:-1] + _OTHER[raw[-1]]
        else:
            return None
        tiles.append((*tile[:3], raw if text else (raw, *tile[3][1:])))
    other.tile = [type(old)(*new) for old, new in zip(other.tile, tiles, strict=True)]
    other.load()
    low = np.asarray(other)
    return high.astype(np.int64) * 256 + (low[..., [1, 1, 1, 3]] if gray else low)


def _ppm_samples(data, high):
    """The samples of a binary PPM of 16 bits, or None."""
    match = _PPM_HEAD.match(data)
    if match is None or len(data) < match.end() + 2 * high.size:
        return None
    return np.frombuffer(data, ">u2", high.size, match.end()).reshape(high.shape)


def eight_bits(samples):
    """16-bit gray samples as 8 bits, by the number of bits that they use.

    Cameras write 10, 12 or all 16 bits, some programs 8.

    Parameters
    ----------
    samples : ndarray of int

    Returns
    -------
    ndarray of uint8
    """
    samples = samples.astype(np.int64)
    largest = samples.max(initial=0)
    used = next(bits for bits in (8, 10, 12, 16, 64) if largest < 1 << bits)
    return np.clip(samples >> min(used - 8, 8), 0, 255).astype(np.uint8)


def to_8_bit(image):
    """An image of any mode as gray or RGB.

    Parameters
    ----------
    image : PIL.Image.Image
        Loaded.

    Returns
    -------
    PIL.Image.Image
    """
    if image.mode in ("L", "RGB"):
        return image
    if image.mode.startswith("I;16") or image.mode == "I":
        return Image.fromarray(eight_bits(np.asarray(image)))
    if image.mode == "F":
        samples = np.nan_to_num(np.asarray(image, dtype=np.float64))
        largest = samples.max(initial=0.0)
        if 256 <= largest < 1 << 16:
            return Image.fromarray(eight_bits(np.clip(samples, 0, None)))
        scale = 255.0 if largest <= 1.0 else 1.0
        return Image.fromarray(np.clip(samples * scale, 0, 255).astype(np.uint8))
    if image.mode == "1":
        return image.convert("L")
    if "A" in image.getbands() or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")
