"""Images as programs hold them: each kind is read alike, and what is none is told."""

import io

import numpy as np
import pytest
from PIL import Image

from fer_classic.data.held import encoded, is_collection, is_single, name_of
from fer_classic.data.pixels import pixels
from fer_classic.errors import UnreadableImage, UsageError

RGB = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    "given",
    [
        RGB,
        RGB / 255,
        (RGB / 255).astype(np.float32),
        RGB.astype(float),
        RGB.astype(np.int64),
        RGB.astype(np.uint16) << 8,
        np.dstack([RGB, np.full((6, 8), 255, np.uint8)]),
        Image.fromarray(RGB),
    ],
)
def test_all_kinds_of_pixels_are_the_same(given):
    np.testing.assert_array_equal(pixels(given), RGB)


def test_order_of_channels():
    np.testing.assert_array_equal(pixels(RGB[..., ::-1], color="bgr"), RGB)
    with pytest.raises(UsageError, match="rgb, bgr"):
        pixels(RGB, color="hsv")


def test_gray_and_alpha():
    gray = RGB[..., 0]
    for given in (gray, gray[..., None], Image.fromarray(gray)):
        np.testing.assert_array_equal(pixels(given), gray)
    clear = np.dstack([gray, np.zeros_like(gray)])
    assert (pixels(clear) == 255).all()


def test_what_white_is_can_be_said():
    np.testing.assert_array_equal(pixels(np.full((2, 2), 1.2), white=1), 255)
    np.testing.assert_array_equal(pixels(np.full((2, 2), 1.2), white=255), 1)
    with pytest.raises(UsageError, match="1 or 255"):
        pixels(np.ones((2, 2)), white=2)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (np.zeros((0, 5, 3), np.uint8), "empty: its shape is 0 x 5 x 3"),
        (np.zeros(5), "shape 5 is no image"),
        (np.zeros((2, 2, 2, 2)), "shape 2 x 2 x 2 x 2"),
        (np.zeros((3, 40, 50), np.uint8), r"transpose\(1, 2, 0\)"),
        (np.zeros((40, 50, 7), np.uint8), "1, 2, 3 or 4"),
        (np.full((4, 4), np.nan), "16 of the array's 16 values are NaN"),
        (np.array([[0, -1.5]]), "neither 0 to 1 nor 0 to 255"),
        (np.array([[0, 300.0]]), "white=1 or white=255"),
        (np.array([[0, 1.3]]), "floats up to 1.3"),
        (np.array([[0, -7]]), "values from -7 to 0"),
        (np.array([["a"]]), "<U1 is no image"),
        (np.zeros((4, 4), bool), "bool is no image"),
        (None, "NoneType is no image: give a path, bytes"),
        ({}, "dict is no image"),
    ],
)
def test_what_is_no_image_says_why(given, words):
    with pytest.raises(UnreadableImage, match=words):
        pixels(given)


def test_too_many_pixels():
    with pytest.raises(UnreadableImage, match="more than the limit of 9"):
        pixels(RGB, max_pixels=9)
    with pytest.raises(UnreadableImage, match="more than the limit of 9"):
        pixels(Image.fromarray(RGB), max_pixels=9)


def png(pixels=RGB):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format="PNG")
    return out.getvalue()


def test_bytes_of_files_paths_and_buffers(tmp_path):
    data, path = png(), tmp_path / "a.png"
    path.write_bytes(data)
    for given in (
        data,
        bytearray(data),
        memoryview(data),
        io.BytesIO(data),
        path,
        str(path),
    ):
        assert encoded(given) == data
    with open(path, "rb") as file:
        assert encoded(file) == data
    assert encoded(RGB) is None and encoded(Image.fromarray(RGB)) is None


def read_before():
    file = io.BytesIO(png())
    file.read()
    return file


def closed():
    file = io.BytesIO(png())
    file.close()
    return file


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (closed(), "closed file"),
        (read_before(), r"seek\(0\)"),
        (io.StringIO("text"), 'mode "rb"'),
        ("https://example.org/a.jpg", "nothing is downloaded"),
        ("no/such.jpg", "No such file"),
    ],
)
def test_what_cannot_be_read_says_why(given, words):
    with pytest.raises(UnreadableImage, match=words):
        encoded(given)


def test_a_closed_pillow_image(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(png())
    image = Image.open(path)
    image.close()
    with pytest.raises(UnreadableImage, match="Pillow image cannot be read"):
        pixels(image)


def test_one_or_several(tmp_path):
    for given in (RGB, RGB[..., 0], b"", "a.jpg", tmp_path, io.BytesIO(), None, 5, {}):
        assert is_single(given)
    for given in ([RGB], (RGB,), RGB[None], iter([])):
        assert not is_single(given)
    assert is_collection(tmp_path) and is_collection("a/*.jpg") and is_collection("a.zip")
    assert not is_collection("a.jpg") and not is_collection(RGB)


def test_names(tmp_path):
    assert name_of("x/a.jpg", 3) == "x/a.jpg"
    assert name_of(RGB, 3) == "image 3" and name_of(b"", 0) == "image 0"
    path = tmp_path / "a.png"
    path.write_bytes(png())
    with open(path, "rb") as file:
        assert name_of(file, 0) == "a.png"
    assert name_of(Image.open(path), 0) == "a.png"
