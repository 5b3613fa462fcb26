"""Decoding: every format and mode against the picture itself; damage; limits."""

import io
import struct
import time
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fer_classic.data.image import EXTENSIONS, decode, image_size, resize, to_gray, to_rgb
from fer_classic.errors import UnreadableImage

UNKNOWN = "not an image of a known format (JPEG, PNG, BMP, TIFF, WebP, GIF, AVIF)"


def smooth(height=40, width=56):
    """A picture without edges, so that lossy formats stay close to it; no symmetry."""
    y, x = np.mgrid[0:height, 0:width]
    bands = (4 * x, 5 * y, 255 - 2 * x - 2 * y)
    return np.stack([np.clip(band, 0, 255) for band in bands], -1).astype(np.uint8)


def encode(image, kind, **options):
    out = io.BytesIO()
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    image.save(out, format=kind, **options)
    return out.getvalue()


def png_header(width, height, body=b"\0"):
    def chunk(name, data):
        length, check = struct.pack(">I", len(data)), zlib.crc32(name + data)
        return length + name + data + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(body)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def reason(data, **options):
    with pytest.raises(UnreadableImage) as error:
        decode(data, **options)
    return str(error.value)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "tiff_adobe_deflate"}),
        ("WEBP", {"lossless": True}),
        ("PPM", {}),
    ],
)
@pytest.mark.parametrize("gray", [False, True])
def test_lossless_formats_come_back_exactly(kind, options, gray):
    picture = smooth()[:, :, 0] if gray else smooth()
    decoded = decode(encode(picture, kind, **options))
    assert decoded.dtype == np.uint8
    if kind == "WEBP":  # knows no gray
        picture = to_rgb(picture)
    np.testing.assert_array_equal(decoded, picture)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
@pytest.mark.parametrize("gray", [False, True])
def test_lossy_formats_come_back_nearly(kind, gray):
    picture = smooth()[:, :, 0] if gray else smooth()
    options = {"subsampling": 0} if kind == "JPEG" and not gray else {}
    decoded = to_rgb(decode(encode(picture, kind, quality=95, **options))).astype(int)
    assert decoded.shape == (40, 56, 3)
    assert abs(decoded - to_rgb(picture)).max() <= 14
    assert abs(decoded - to_rgb(picture)).mean() <= 3


def test_progressive_jpeg():
    picture = smooth()
    plain = decode(encode(picture, "JPEG", quality=90))
    progressive = decode(encode(picture, "JPEG", quality=90, progressive=True))
    np.testing.assert_array_equal(plain, progressive)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_first_frame_of_an_animation(kind):
    frames = [Image.new("RGB", (12, 8), colour) for colour in ("red", "lime", "blue")]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encode(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    with Image.open(io.BytesIO(data)) as image:
        assert image.n_frames == 3
    np.testing.assert_array_equal(decode(data), np.full((8, 12, 3), (255, 0, 0)))


def test_first_picture_of_a_phone_s_mpo():
    first, second = Image.new("L", (16, 8), 40), Image.new("L", (16, 8), 200)
    data = encode(first, "MPO", save_all=True, append_images=[second])
    assert decode(data).shape == (8, 16)
    assert abs(decode(data).astype(int) - 40).max() <= 2


def sideways(picture, orientation):
    """How a camera stores the upright picture for an EXIF orientation (the inverse)."""
    flip, turn = np.fliplr, np.rot90
    return {
        1: picture,
        2: flip(picture),
        3: turn(picture, 2),
        4: np.flipud(picture),
        5: np.swapaxes(picture, 0, 1),
        6: turn(picture, 1),  # is to be turned clockwise for viewing
        7: np.swapaxes(turn(picture, 2), 0, 1),
        8: turn(picture, -1),
    }[orientation]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG", "WEBP"])
def test_exif_orientation_gives_the_upright_picture(kind, orientation):
    upright = smooth()
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"PNG": {}, "TIFF": {}, "JPEG": {"quality": 98}, "WEBP": {"lossless": True}}
    stored = np.ascontiguousarray(sideways(upright, orientation))
    decoded = decode(encode(stored, kind, exif=exif, **options[kind]))
    assert decoded.shape == upright.shape
    assert abs(decoded.astype(int) - upright).mean() < (4 if kind == "JPEG" else 1e-9)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_impossible_orientation_is_no_orientation(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    np.testing.assert_array_equal(decode(encode(smooth(), "PNG", exif=exif)), smooth())


@pytest.mark.parametrize("exif", [b"Exif\0\0II*\0garbage!!!", b"Exif\0\0" + b"\xff" * 30])
def test_damaged_exif_leaves_the_picture_as_it_is(exif):
    assert decode(encode(smooth(), "JPEG", exif=exif)).shape == (40, 56, 3)


def test_one_bit():
    bits = np.random.default_rng(0).random((9, 13)) < 0.5
    for kind in ("PNG", "TIFF", "BMP"):
        decoded = decode(encode(Image.fromarray(bits), kind))
        np.testing.assert_array_equal(to_gray(decoded), 255 * bits)


def test_sixteen_bits_keep_their_high_byte():
    samples = np.random.default_rng(0).integers(0, 65536, (11, 7), dtype=np.uint16)
    for kind in ("PNG", "TIFF"):
        decoded = decode(encode(Image.fromarray(samples), kind))
        np.testing.assert_array_equal(decoded, samples >> 8)
    pgm = b"P5 7 11 65535\n" + samples.astype(">u2").tobytes()
    np.testing.assert_array_equal(decode(pgm), samples >> 8)


@pytest.mark.parametrize("scale", [1.0, 255.0])
def test_float_tiff(scale):
    samples = (smooth()[:, :, 0] / 255 * scale).astype(np.float32)
    decoded = decode(encode(Image.fromarray(samples), "TIFF"))
    assert abs(decoded.astype(int) - smooth()[:, :, 0]).max() <= 1


def test_float_tiff_without_numbers():
    samples = np.array([[np.nan, np.inf], [-np.inf, 0.0]], np.float32)
    np.testing.assert_array_equal(
        decode(encode(Image.fromarray(samples), "TIFF")), [[0, 255], [0, 0]]
    )


def test_palette():
    picture = np.repeat(np.repeat(smooth(4, 5), 3, axis=0), 3, axis=1)
    indexed = Image.fromarray(picture).quantize(32, dither=Image.Dither.NONE)
    for kind in ("PNG", "GIF", "BMP", "TIFF"):
        np.testing.assert_array_equal(
            decode(encode(indexed, kind)), np.asarray(indexed.convert("RGB"))
        )


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_transparent_palette_entry_lies_over_white(kind):
    indexed = Image.new("P", (6, 4), 0)
    indexed.putpalette([200, 0, 0, 0, 0, 90])
    indexed.paste(1, (0, 0, 3, 4))
    decoded = decode(encode(indexed, kind, transparency=1))
    np.testing.assert_array_equal(decoded[:, :3], np.full((4, 3, 3), 255))
    np.testing.assert_array_equal(decoded[:, 3:], np.full((4, 3, 3), (200, 0, 0)))


@pytest.mark.parametrize(("alpha", "expected"), [(0, 255), (255, 100), (51, 224)])
def test_alpha_lies_over_white(alpha, expected):
    rgba = Image.new("RGBA", (5, 4), (100, 100, 100, alpha))
    gray_alpha = Image.new("LA", (5, 4), (100, alpha))
    for data in (
        encode(rgba, "PNG"),
        encode(rgba, "TIFF"),
        encode(rgba, "WEBP", lossless=True, exact=True),
        encode(gray_alpha, "PNG"),
    ):
        np.testing.assert_array_equal(decode(data), np.full((4, 5, 3), expected))


def test_cmyk():
    for colour, rgb in (((0, 255, 255, 0), (255, 0, 0)), ((0, 0, 0, 255), (0, 0, 0))):
        inks = Image.new("CMYK", (16, 16), colour)
        for kind in ("TIFF", "JPEG"):
            decoded = decode(encode(inks, kind)).astype(int)
            assert decoded.shape == (16, 16, 3)
            assert abs(decoded - rgb).max() <= 3


def test_one_pixel():
    np.testing.assert_array_equal(decode(encode(np.array([[7]], np.uint8), "PNG")), [[7]])
    assert decode(encode(np.zeros((1, 1, 3), np.uint8), "JPEG")).shape == (1, 1, 3)


def test_empty_file():
    assert reason(b"") == "empty file (0 bytes)"


@pytest.mark.parametrize(
    "data",
    [b"no image at all", b"\0", b"%PDF-1.7", b"<svg/>", b"\x89PNG", "你好".encode()],
)
def test_other_files(data):
    assert reason(data).endswith(UNKNOWN)


def test_formats_beyond_the_list_are_not_parsed():
    assert reason(encode(smooth(), "EPS")) == UNKNOWN
    assert reason(encode(smooth(), "ICO")) == UNKNOWN


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_truncated_in_the_middle(kind):
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 3), dtype=np.uint8)
    data = encode(noise, kind)
    assert reason(data[: len(data) // 2]).startswith("damaged or truncated image: ")


def test_png_with_a_flipped_bit():
    data = bytearray(encode(smooth(), "PNG"))
    data[len(data) // 2] ^= 1
    assert reason(bytes(data)).startswith("damaged or truncated image: ")


def test_too_many_pixels_are_refused_before_they_are_unpacked():
    start = time.perf_counter()
    message = reason(png_header(20_000, 20_000))
    assert time.perf_counter() - start < 1
    assert message == (
        "20000 x 20000 pixels are more than the limit of 100000000 "
        "(raise it with `max_pixels`)"
    )


def test_a_real_bomb_is_refused():
    """A whole file: 400 megapixels of zeros in 400 kB."""
    packer, body = zlib.compressobj(9), []
    for _ in range(200):
        body.append(packer.compress(bytes(20_001 * 100)))
    body.append(packer.flush())
    data = png_header(20_000, 20_000)
    start, end = data.index(b"IDAT") - 4, data.index(b"IEND") - 4
    packed = b"".join(body)
    chunk = struct.pack(">I", len(packed)) + b"IDAT" + packed
    chunk += struct.pack(">I", zlib.crc32(b"IDAT" + packed))
    start_time = time.perf_counter()
    message = reason(data[:start] + chunk + data[end:])
    assert time.perf_counter() - start_time < 1
    assert "20000 x 20000 pixels are more than the limit" in message


def test_the_limit_is_exact_and_an_option():
    data = encode(np.zeros((10, 20), np.uint8), "PNG")
    assert decode(data, max_pixels=200).shape == (10, 20)
    assert reason(data, max_pixels=199).startswith("20 x 10 pixels are more than")


def test_a_raised_limit_counts_above_pillow_s_own(monkeypatch):
    """--max-pixels has to work where Pillow alone would refuse."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 50)
    data = encode(np.zeros((10, 20), np.uint8), "PNG")
    assert decode(data).shape == (10, 20)
    assert Image.MAX_IMAGE_PIXELS == 50
    assert reason(b"no image") == UNKNOWN
    assert Image.MAX_IMAGE_PIXELS == 50


def test_nothing_is_printed_or_warned():
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\xff\0\0\0\0\0\0\0"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decode(encode(smooth(), "JPEG", exif=exif))


SEEDS = {
    kind: encode(np.random.default_rng(1).integers(0, 256, (9, 8, 3), dtype=np.uint8), kind)
    for kind in ("JPEG", "PNG", "BMP", "TIFF", "WEBP", "GIF", "PPM")
}


def check_decode(data):
    try:
        image = decode(data, max_pixels=10**6)
    except UnreadableImage as error:
        assert str(error) and "\n" not in str(error)
    else:
        assert image.dtype == np.uint8
        assert image.ndim == 2 or image.shape[2] == 3
        assert min(image.shape) > 0


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_never_raise_anything_else(data):
    check_decode(data)
    check_decode(b"P5 4 4 255\n" + data)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(list(SEEDS)),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=6),
    st.integers(0, 40),
)
def test_mutated_files_never_raise_anything_else(kind, changes, cut):
    data = bytearray(SEEDS[kind])
    for place, value in changes:
        data[place % len(data)] = value
    check_decode(bytes(data[: len(data) - cut]))


def test_gray_has_the_luma_of_itu_601():
    colours = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]]], np.uint8)
    np.testing.assert_array_equal(to_gray(colours), [[76, 150, 29, 9]])
    gray = np.array([[3, 4]], np.uint8)
    np.testing.assert_array_equal(to_gray(gray), gray)
    np.testing.assert_array_equal(to_rgb(gray), [[[3, 3, 3], [4, 4, 4]]])
    np.testing.assert_array_equal(to_rgb(colours), colours)


@pytest.mark.parametrize("shape", [(7, 5), (7, 5, 3)])
def test_resize(shape):
    flat = np.full(shape, 77, np.uint8)
    assert resize(flat, 5, 7) is flat
    for width, height in ((1, 1), (2, 9), (30, 20)):
        resized = resize(flat, width, height)
        assert resized.shape == (height, width, *shape[2:])
        assert (resized == 77).all()


def test_resize_is_antialiased():
    stripes = np.tile(np.array([0, 255], np.uint8), (8, 32))
    assert abs(resize(stripes, 8, 8).astype(int) - 127).max() <= 20


def test_endings_are_lower_case_with_a_dot():
    assert {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".gif"} <= EXTENSIONS
    assert all(e.startswith(".") and e == e.lower() for e in EXTENSIONS)


@pytest.mark.parametrize("orientation", [0, 5, 8, 9, 65535])
def test_the_size_of_the_header_is_that_of_the_picture(orientation):
    exif = Image.Exif()
    exif[274] = orientation
    data = encode(smooth(), "JPEG", exif=exif)
    assert image_size(data) == decode(data).shape[1::-1]


def test_the_size_of_a_picture_with_damaged_exif_is_told_without_a_warning():
    whole = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x04\0\x09\0\0\0"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert image_size(encode(smooth(), "JPEG", exif=whole)) == (56, 40)
