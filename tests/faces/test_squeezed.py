"""Pictures of a video's size."""

from dataclasses import replace

import numpy as np
import pytest
import skimage.data
from PIL import Image

from fer_classic.data.image import resize
from fer_classic.detect import Face, make_detector
from fer_classic.faces.photograph import Photograph, surer, widened
from fer_classic.faces.row import find_rows
from fer_classic.faces.settings import FaceSettings

HOG = make_detector("hog")


@pytest.fixture(scope="module")
def film():
    """A portrait in a wide picture, 1024 x 576."""
    face = Image.fromarray(skimage.data.astronaut()[:300, 60:390])
    wide = Image.new("RGB", (1024, 576), (90, 80, 70))
    wide.paste(face.resize((440, 400)), (300, 100))
    return np.asarray(wide)


def rows(image, detector="hog", **settings):
    settings = FaceSettings(detector=detector, **settings)
    return find_rows(Photograph.of(image), make_detector(detector), settings)


def test_a_squeezed_face_is_seen_as_it_was_filmed(film):
    (true,), (seen,) = rows(film), rows(resize(film, 720, 576))
    assert seen["status"] == "face"
    assert seen["error"] == "seen as wide as a film: 1024 x 576 pixels"
    share = 720 / 1024
    x, y, width, height = true["box"]
    np.testing.assert_allclose(seen["box"], (x * share, y, width * share, height), atol=8)
    np.testing.assert_allclose(seen["points"], true["points"] * (share, 1), atol=8)
    difference = seen["crop"].astype(float) - true["crop"]
    assert np.abs(difference).mean() < 12


def test_a_picture_of_that_size_with_square_pixels_stays_as_it_is(film):
    (seen,) = rows(np.ascontiguousarray(film[:, 150:870]))
    assert not seen.get("error")
    assert seen["box"][2] == pytest.approx(seen["box"][3], rel=0.05)


def test_other_sizes_and_ready_faces_are_left_alone(film):
    assert widened(Photograph.of(film)) is None
    squeezed = resize(film, 720, 576)
    assert widened(Photograph.of(squeezed)).size == (576, 1024)
    assert widened(Photograph.of(resize(film, 720, 480))).size == (480, 854)
    (whole,) = rows(squeezed, "none")
    assert whole["status"] == "whole" and not whole.get("error")


def test_without_a_face_it_is_the_picture_as_it_is():
    (none,) = rows(np.full((576, 720, 3), 90, np.uint8))
    assert none["status"] == "no_face" and not none.get("error")


def test_a_face_of_the_first_step_stands_above_one_of_a_later():
    sure, unsure = Face(0, 0, 9, 9, 0.2), Face(0, 0, 9, 9, 0.9, "found by mtcnn")
    assert surer([unsure], [sure]) and not surer([sure], [unsure])
    assert surer([], [unsure]) and not surer([sure], []) and not surer([], [])
    assert surer([sure], [Face(0, 0, 9, 9, 0.3)]) and not surer([sure], [sure])


def test_a_row_tells_which_step_found_its_face(film):
    class Later:
        name = "auto"

        def detect(self, image):
            return [replace(own, note="found by cnn") for own in HOG.detect(image)]

    for picture, note in ((film, ""), (resize(film, 720, 576), "seen as wide as")):
        (seen,) = find_rows(Photograph.of(picture), Later(), FaceSettings(detector="auto"))
        assert seen["status"] == "face"
        assert seen["error"].startswith(note) and seen["error"].endswith("found by cnn")
