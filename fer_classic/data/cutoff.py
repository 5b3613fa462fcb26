"""Files that were cut off, or are damaged besides their pixels, made readable."""

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
        None where nothing can be done; what can may still lack too much to be read.
    """
    try:
        if data.startswith(_PNG):
            return _needed_png(data, max_pixels)
        if data.startswith(b"\xff\xd8"):
            return _ended_jpeg(data, max_pixels)
        if data.startswith(b"GIF8"):
            return _ended_gif(data, max_pixels)
        return data + bytes(int(len(data) * MISSING / (1 - MISSING)))
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


def _ended_gif(data, max_pixels):
    """A GIF whose first picture goes on with its first colour for 5% of the pixels."""
    width, height, flags = struct.unpack("<HHB", data[6:11])
    at = 13 + _colours(flags)
    while data[at] == 0x21:  # extensions
        at = _after_blocks(data, at + 2)
    width, height, flags = struct.unpack("<HHB", data[at + 5 : at + 10])
    start = at = at + 10 + _colours(flags) + 1
    while at < len(data) and data[at]:
        at += 1 + data[at]
    if at < len(data) or width * height > max_pixels:
        return None
    kept = data if at == len(data) else data + bytes(at - len(data))
    # A code of zeros is one pixel, of 9 to 12 bits mostly.
    more = bytes([255]) + bytes(255)
    blocks = int(MISSING * width * height * 9 / 8) // 255 + 1
    return kept + more * blocks + b"\0;" if at > start else None


def _colours(flags):
    """Bytes of a table of colours."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(data, at):
    """The place after a chain of blocks."""
    while data[at]:
        at += 1 + data[at]
    return at + 1
