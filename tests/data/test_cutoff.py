"""Files without their last bytes, or with too much beside their pixels."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from fer_classic.data.image import decode, image_size
from fer_classic.errors import UnreadableImage


@pytest.fixture(scope="module")
def picture():
    y, x = np.mgrid[0:90, 0:120]
    gray = ((np.sin(y / 9) + np.cos(x / 7) + 2) * 60).astype(np.uint8)
    return np.stack([gray, gray[::-1], gray[:, ::-1]], axis=-1)


def encoded(picture, kind, **options):
    data = io.BytesIO()
    Image.fromarray(picture).save(data, kind, **options)
    return data.getvalue()


KINDS = [
    ("JPEG", {}, 12),
    ("JPEG", {"progressive": True}, 6),
    ("PNG", {}, 100),
    ("GIF", {}, 150),
    ("BMP", {}, 600),
    ("TIFF", {}, 600),
    ("PPM", {}, 600),
    ("WEBP", {}, 4),
]


@pytest.mark.parametrize(("kind", "options", "bytes_"), KINDS)
def test_the_last_bytes_may_be_missing(picture, kind, options, bytes_):
    whole = encoded(picture, kind, **options)
    expected = decode(whole).astype(int)
    for cut in (1, 2, bytes_):
        found = decode(whole[:-cut])
        assert (np.abs(found - expected) > 16).mean() <= 0.05
        assert image_size(whole[:-cut]) == (120, 90)
    with pytest.raises(UnreadableImage, match="damaged or truncated image"):
        decode(whole[: len(whole) // 2])


def test_a_damaged_header_is_called_so(picture):
    data = bytearray(encoded(picture, "PNG"))
    data[29] ^= 1  # the checksum of the header
    with pytest.raises(UnreadableImage, match=r"damaged or truncated .* header is no good"):
        decode(bytes(data))


def test_an_animation_that_ends_early_gives_its_first_picture(picture):
    first, second = Image.fromarray(picture), Image.fromarray(picture[::-1])
    data = io.BytesIO()
    first.save(data, "GIF", save_all=True, append_images=[second])
    whole = data.getvalue()
    assert (decode(whole[:-500]) == decode(whole)).all()


def test_a_gif_with_lies_in_it_is_no_trap():
    head = b"GIF89a" + struct.pack("<HHBBB", 60000, 60000, 0, 0, 0)
    with pytest.raises(UnreadableImage):
        decode(head + b"," + struct.pack("<HHHHB", 0, 0, 60000, 60000, 0) + b"\x08\xff\0")
    with pytest.raises(UnreadableImage):
        decode(head + b"!\xf9" + b"\x05" * 40)
