"""Pixels of all kinds, and files that are damaged or odd besides their pixels."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

#: Part of the pixels that may be missing at the end of a file that was cut off.
MISSING = 0.05

_PNG = b"\x89PNG\r\n\x1a\n"
#: Chunks that the picture needs; text and colour profiles may be of any size.
_NEEDED = frozenset((b"IHDR", b"PLTE", b"tRNS", b"eXIf", b"IDAT", b"IEND"))
#: Samples a pixel by colour type.
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_MOST_DATA = 1 << 30

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
        value = value[0] if isinstance(value, tuple) else value
        value = int(value)
    except Exception:  # other tags may be damaged in many ways
        return 1
    return value if value in _TURNS else 1


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
    """Take the low byte of 16-bit colour samples where all high bytes are 0.

    Pillow keeps the high byte of a sample; some programs write 0 to 255 in 16 bits.

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
    if image.mode not in ("RGB", "RGBA", "LA") or image.format not in (
        "PNG",
        "TIFF",
        "PPM",
    ):
        return image
    colours = np.asarray(image)[..., : 1 if image.mode == "LA" else 3]
    if colours.any():
        return image
    other = Image.open(io.BytesIO(data), formats=(image.format,))
    swapped = {"B": "L", "L": "B"}
    tiles, changed = [], False
    for tile in other.tile:
        raw = tile[3] if isinstance(tile[3], str) else tile[3][0]
        if ";16" not in raw or raw[-1] not in swapped:
            return image
        raw = raw[:-1] + swapped[raw[-1]]
        tiles.append((*tile[:3], raw if isinstance(tile[3], str) else (raw, *tile[3][1:])))
        changed = True
    if not changed:
        return image
    other.tile = [type(old)(*new) for old, new in zip(other.tile, tiles, strict=True)]
    other.load()
    return other


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
        scale = 255.0 if samples.max(initial=0.0) <= 1.0 else 1.0
        return Image.fromarray(np.clip(samples * scale, 0, 255).astype(np.uint8))
    if image.mode == "1":
        return image.convert("L")
    if "A" in image.getbands() or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")


def mended(data, max_pixels):
    """The same picture without what keeps it from being read, or None.

    Parameters
    ----------
    data : bytes
        A file that cannot be decoded.
    max_pixels : int

    Returns
    -------
    bytes or None
        None where pixels are missing or damaged, or nothing can be done.
    """
    try:
        if data.startswith(_PNG):
            return _needed_png(data, max_pixels)
        if data.startswith(b"\xff\xd8"):
            return _ended_jpeg(data, max_pixels)
    except Exception:  # what is damaged otherwise stays so
        return None
    return None


def _needed_png(data, max_pixels):
    """A PNG of its needed chunks alone, with the end of its pixels if little is missing."""
    chunks, packed, at = [], [], len(_PNG)
    while at + 8 <= len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        kind, own = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        checksum = data[at + 8 + size : at + 12 + size]
        at += 12 + size
        whole = len(checksum) == 4
        if kind in _NEEDED and whole and _checksum(kind, own) != checksum:
            return None
        if kind == b"IDAT":
            packed.append(own)
        elif kind in _NEEDED and kind != b"IEND":
            if not whole:
                return None
            chunks.append((kind, own))
        if kind == b"IEND" or not whole:
            break
    header = chunks[0][1]
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    if width * height > max_pixels or not packed:
        return None
    line = 1 + (width * depth * _SAMPLES[colour] + 7) // 8
    unpacker = zlib.decompressobj()
    pixels = unpacker.decompress(b"".join(packed), min(line * height, _MOST_DATA))
    if not unpacker.eof:
        if interlaced or len(pixels) < (1 - MISSING) * line * height:
            return None
        lines = len(pixels) // line
        # Lines that equal the last whole one.
        pixels = pixels[: lines * line] + (b"\2" + bytes(line - 1)) * (height - lines)
        packed = [zlib.compress(pixels, 1)]
    chunks += [(b"IDAT", b"".join(packed)), (b"IEND", b"")]
    return _PNG + b"".join(
        struct.pack(">I", len(own)) + kind + own + _checksum(kind, own)
        for kind, own in chunks
    )


def _checksum(kind, own):
    return struct.pack(">I", zlib.crc32(kind + own))


def _ended_jpeg(data, max_pixels):
    """A JPEG with an end, if its end does not decide many pixels.

    What is missing is what changes when other bytes stand in its place.
    """
    cut = data.rstrip(b"\xff")
    noise = np.random.default_rng(0).integers(0, 255, 1 << 16, dtype=np.uint8).tobytes()
    ends = (cut + b"\xff\xd9", cut + noise + b"\xff\xd9")
    pictures = []
    for own in ends:
        with Image.open(io.BytesIO(own), formats=("JPEG",)) as image:
            if image.width * image.height > max_pixels:
                return None
            image.draft("L", image.size)
            pictures.append(np.asarray(image))
    changed = (pictures[0] != pictures[1]).mean()
    return ends[0] if changed <= MISSING else None
