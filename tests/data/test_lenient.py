"""Files whose pixels are there though something else of them is damaged or odd."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from fer_classic.data.filekinds import begins_as_image, kind_of
from fer_classic.data.image import decode, image_size
from fer_classic.data.pixels import pixels
from fer_classic.errors import UnreadableImage


def smooth(height=240, width=320):
    y, x = np.mgrid[:height, :width]
    return np.stack([x % 256, y % 256, (x + y) % 256], axis=2).astype(np.uint8)


def encode(image, kind, **options):
    out = io.BytesIO()
    Image.fromarray(image).save(out, format=kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("cut", [1, 2, 3, 40])
def test_a_jpeg_without_its_last_bytes(cut):
    data = encode(smooth(), "JPEG", quality=90)
    whole, found = decode(data), decode(data[:-cut])
    assert found.shape == whole.shape
    assert (found != whole).any(axis=2).mean() < 0.05
    assert image_size(data[:-cut]) == (320, 240)


@pytest.mark.parametrize("share", [0.5, 0.8])
@pytest.mark.parametrize("size", [(60, 80), (1200, 1600)])
def test_a_jpeg_without_many_of_its_bytes_is_unreadable(share, size):
    noise = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    data = encode(noise, "JPEG")
    with pytest.raises(UnreadableImage, match="damaged or truncated"):
        decode(data[: int(len(data) * share)])


def test_a_png_with_long_texts_and_profiles():
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "x" * 3_000_000, zip=True)
    data = encode(smooth(), "PNG", pnginfo=info, icc_profile=bytes(4_000_000))
    np.testing.assert_array_equal(decode(data), smooth())
    assert image_size(data) == (320, 240)


@pytest.mark.parametrize("cut", [4, 12, 20])
def test_a_png_without_its_end(cut):
    data = encode(smooth(), "PNG")
    found = decode(data[:-cut])
    assert found.shape == (240, 320, 3)
    np.testing.assert_array_equal(found[:200], smooth()[:200])


def test_sixteen_bits_that_hold_eight():
    gray = smooth()[:, :, 0]
    np.testing.assert_array_equal(decode(encode(gray.astype(np.uint16), "PNG")), gray)
    twelve = encode(gray.astype(np.uint16) * 16, "PNG")
    np.testing.assert_array_equal(decode(twelve), gray)
    np.testing.assert_array_equal(decode(deep_png(smooth(), "RGB")), smooth())
    np.testing.assert_array_equal(
        decode(deep_png(smooth().astype(np.uint16) * 257, "RGB")), smooth()
    )


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_odd_tags_beside_the_orientation(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x829A] = (3, 7)  # two numbers where a fraction should be
    exif[0x9000] = b"\xff\xfe\0\0"
    exif[0x010F] = "maker\0\0x"
    data = encode(smooth(), "JPEG", exif=exif)
    size = (320, 240) if orientation == 3 else (240, 320)
    assert image_size(data) == size
    assert decode(data).shape[1::-1] == size


def test_avif():
    features = pytest.importorskip("PIL.features")
    if not features.check("avif"):
        pytest.skip("this Pillow reads no AVIF")
    data = encode(smooth(), "AVIF", quality=90)
    assert kind_of(data) == "an AVIF picture" and begins_as_image(data)
    assert abs(decode(data).astype(int) - smooth()).mean() < 12


def test_heic_is_read_or_what_it_takes_is_said(monkeypatch):
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200)
    with pytest.raises(UnreadableImage, match=r"damaged or truncated|pip install"):
        decode(heic)
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    with pytest.raises(
        UnreadableImage, match=r"a HEIC picture: reading it takes pip install"
    ):
        decode(heic)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"%PDF-1.7 ...", "a PDF document, not an image"),
        (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2", "a film (MP4 or QuickTime), not an image"),
        (b"RIFF\0\0\0\0AVI LIST", "a film (AVI), not an image"),
        (b"Rar!\x1a\7", "a RAR archive, not an image"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000 picture, not an image of a known"),
    ],
)
def test_other_files_are_called_what_they_are(data, told):
    assert not begins_as_image(data)
    with pytest.raises(UnreadableImage) as error:
        decode(data)
    assert str(error.value).startswith(told)


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
@pytest.mark.parametrize("kind", ["gray", "RGB", "RGBA", "LA", "PPM", "array"])
def test_sixteen_bits_keep_the_highest_in_use(bits, kind):
    """Some cameras and programs fill 16 bits with 10, 12 or 8."""
    picture = smooth(60, 80)
    picture[0, 0] = 255
    samples = (picture.astype(int) << bits) >> 8
    if kind == "array":
        found = pixels(samples.astype(np.uint16))
    elif kind == "PPM":
        found = decode(b"P6\n# x\n80 60 65535\n" + samples.astype(">u2").tobytes())
    else:
        found = decode(deep_png(samples, kind))
    expected = picture[..., 0] if kind == "gray" else picture
    if kind == "LA":
        expected = np.repeat(picture[..., :1], 3, axis=2)
    assert np.abs(found.astype(int) - expected).max() <= 1


def deep_png(samples, kind):
    """A PNG of 16 bits a sample; what has a fourth is opaque."""
    opaque = np.full((*samples.shape[:2], 1), 65535)
    gray = samples[..., :1]
    planes, colour = {
        "gray": ([gray], 0),
        "RGB": ([samples], 2),
        "LA": ([gray, opaque], 4),
        "RGBA": ([samples, opaque], 6),
    }[kind]
    lines = np.concatenate(planes, axis=2).astype(">u2")
    height, width = samples.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, 0)
    packed = zlib.compress(b"".join(b"\0" + line.tobytes() for line in lines))
    chunks = ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(own)) + name + own + struct.pack(">I", zlib.crc32(name + own))
        for name, own in chunks
    )


def test_floats_of_any_range():
    gray = smooth(30, 40)[..., 0]
    for scale in (1 / 255, 1.0, 257.0):
        found = decode(encode((gray * scale).astype(np.float32), "TIFF"))
        assert np.abs(found.astype(int) - gray).max() <= 1


def test_the_size_of_a_tiff_that_lies_on_its_side():
    data = encode(smooth(30, 40), "TIFF", tiffinfo={274: 6})
    assert decode(data).shape[:2] == (40, 30)
    assert image_size(data) == (30, 40)


@pytest.mark.parametrize("kind", [1, 7])
def test_an_orientation_of_another_type(kind):
    """As a byte, or as bytes without a type."""
    tags = b"II*\0\x08\0\0\0\1\0" + struct.pack("<HHI4sI", 274, kind, 1, b"\6\0\0\0", 0)
    exif = b"Exif\0\0" + tags
    data = encode(smooth(30, 40), "JPEG")
    data = data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:]
    assert decode(data).shape == (40, 30, 3)
