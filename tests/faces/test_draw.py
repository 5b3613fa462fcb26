"""Overlay pictures: box, landmarks and caption stand where they should."""

import io

import numpy as np
import pytest
from PIL import Image

from fer_classic.faces.draw import LARGEST_SIDE, overlay

GREEN, ORANGE, BLUE, RED = (0, 220, 90), (255, 160, 0), (60, 160, 255), (255, 0, 0)
YELLOW = (255, 255, 0)


def drawn(image, box, points=(), text="", status="face"):
    points = np.asarray(points, dtype=float).reshape(-1, 2)
    data = overlay(image, box, points, text, status)
    assert data.startswith(b"\x89PNG")
    return np.asarray(Image.open(io.BytesIO(data)))


def places(picture, colour):
    return np.argwhere((picture == colour).all(-1))[:, ::-1]


@pytest.mark.parametrize(
    ("status", "colour"),
    [("face", GREEN), ("no_face", ORANGE), ("whole", BLUE), ("unreadable", RED)],
)
@pytest.mark.parametrize("shape", [(200, 300), (200, 300, 3)])
def test_box_in_its_colour(shape, status, colour):
    picture = drawn(np.full(shape, 50, np.uint8), (40, 60, 120, 100), status=status)
    assert picture.shape == (200, 300, 3)
    frame = picture[60:161, 40:161]
    for side in (frame[0], frame[-1], frame[:, 0], frame[:, -1]):
        assert (side == colour).all()
    assert (picture[110, 100] == 50).all()  # not filled
    assert (picture[170:] == 50).all()


def test_landmarks_are_dots_at_their_places():
    points = np.array([[50, 80], [100, 90], [150, 150]])
    picture = drawn(np.zeros((200, 300), np.uint8), (40, 60, 120, 100), points)
    found = places(picture, YELLOW)
    assert all((np.abs(found - point).max(1) <= 1).sum() >= 5 for point in points)
    assert all(np.abs(points - place).max(1).min() <= 1 for place in found)


def test_landmarks_that_were_not_located_are_not_drawn():
    picture = drawn(np.zeros((200, 300), np.uint8), (40, 60, 120, 100), [[np.nan, 80]])
    assert not len(places(picture, YELLOW))


def test_large_photographs_are_shrunk_with_what_is_drawn():
    points = [[1600, 800]]
    picture = drawn(np.zeros((1600, 3200), np.uint8), (800, 400, 1200, 1000), points)
    assert picture.shape == (800, LARGEST_SIDE, 3)
    np.testing.assert_allclose(places(picture, YELLOW).mean(0), (800, 400), atol=0.6)
    box = places(picture[400:], GREEN) + (0, 400)
    assert box.min(0).tolist() == [400, 400]
    assert box.max(0).tolist() == [1000, 700]


@pytest.mark.parametrize("corner", [(0, 0), (250, 0), (0, 150), (250, 160)])
def test_the_caption_stays_inside(corner):
    """Its background touches no border that the box does not, and text is on it."""
    picture = drawn(np.full((200, 300), 128, np.uint8), (*corner, 50, 40), (), "happiness")
    black = np.argwhere(picture.sum(-1) < 200)[:, ::-1]
    assert len(black) > 20
    (x0, y0), (x1, y1) = black.min(0), black.max(0)
    assert x0 > 0 and x1 < 299 and y0 > 0 and y1 < 199
    assert x1 - x0 > 40  # the whole word


def test_the_caption_is_above_the_box_where_there_is_room():
    picture = drawn(np.full((200, 300), 128, np.uint8), (40, 100, 90, 90), (), "sadness")
    assert 0 < np.argwhere(picture.sum(-1) < 200)[:, 0].max() < 100
    assert (places(picture, GREEN)[:, 1] < 100).any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (3, 2, 3)])
@pytest.mark.parametrize("text", ["", "surprise 1.00", "愤怒 😀"])
def test_tiny_and_thin_pictures(shape, text):
    box = (0, 0, shape[1], shape[0])
    picture = drawn(np.zeros(shape, np.uint8), box, np.zeros((68, 2)), text)
    assert picture.ndim == 3 and picture.shape[2] == 3
    assert max(picture.shape) <= max(LARGEST_SIDE, 3)


def test_a_box_beyond_the_picture():
    picture = drawn(np.zeros((60, 80), np.uint8), (-20, -10, 200, 90), [[500, 500]], "x")
    assert picture.shape == (60, 80, 3)


def test_the_photograph_is_not_changed():
    image = np.full((50, 60, 3), 9, np.uint8)
    drawn(image, (5, 5, 30, 30), [[9, 9]], "sad")
    assert (image == 9).all()
