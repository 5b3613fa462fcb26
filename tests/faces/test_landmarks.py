"""Landmarks on skimage's astronaut, at several sizes and mirrored."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from fer_classic.data.image import resize, to_gray
from fer_classic.detect import Face, make_detector
from fer_classic.faces import landmarks as module
from fer_classic.faces.landmarks import MIRROR, cut, mirror_landmarks, predict_landmarks

GRAY = to_gray(data.astronaut())


@pytest.fixture(scope="module")
def astronaut():
    (face,) = make_detector("hog").detect(GRAY)
    return face, predict_landmarks(GRAY, face)


def _gap(a, b, face):
    """Mean distance of landmarks over the width of the face."""
    return np.linalg.norm(a - b, axis=1).mean() / face.width


def test_mirroring_twice_changes_nothing():
    assert sorted(MIRROR) == list(range(68))
    assert np.array_equal(MIRROR[MIRROR], np.arange(68))


def test_mirroring_swaps_the_sides():
    def indices(part):
        return np.arange(68)[part]

    assert set(MIRROR[module.LEFT_BROW]) == set(indices(module.RIGHT_BROW))
    assert set(MIRROR[module.LEFT_EYE]) == set(indices(module.RIGHT_EYE))
    for part in (module.JAW, module.NOSE, module.MOUTH):
        assert set(MIRROR[part]) == set(indices(part))
    middle = (8, 27, 28, 29, 30, 33, 51, 57, 62, 66)
    assert np.flatnonzero(np.arange(68) == MIRROR).tolist() == list(middle)
    # Outer corners of eyes and mouth, inner corners, ends of brows and jaw.
    pairs = {36: 45, 39: 42, 48: 54, 60: 64, 17: 26, 21: 22, 0: 16, 31: 35, 37: 44, 41: 46}
    assert {left: MIRROR[left] for left in pairs} == pairs


@given(st.integers(1, 5000), st.integers(0, 1000))
def test_mirrored_landmarks_lie_in_the_mirrored_image(width, seed):
    points = np.random.default_rng(seed).uniform(0, 100, (2, 68, 2)).astype(np.float32)
    before = points.copy()
    mirrored = mirror_landmarks(points, width)
    assert mirrored.dtype == np.float32
    assert mirrored[0, 0, 0] == pytest.approx(width - 1 - points[0, 16, 0], abs=1e-3)
    assert np.array_equal(mirrored[:, 0, 1], points[:, 16, 1])
    np.testing.assert_allclose(mirror_landmarks(mirrored, width), points, atol=2e-3)
    assert np.array_equal(points, before)


def test_landmarks_lie_in_the_face_and_in_order(astronaut):
    face, points = astronaut
    assert points.shape == (68, 2) and points.dtype == np.float32
    low = np.array([face.x, face.y]) - 0.3 * face.width
    high = np.array([face.x + face.width, face.y + face.height]) + 0.3 * face.width
    assert (points > low).all() and (points < high).all()
    eyes = points[36:48]
    assert points[17:27, 1].max() < eyes[:, 1].min() + 0.1 * face.width
    assert eyes[:, 1].max() < points[33, 1] < points[module.MOUTH, 1].min()
    assert points[module.MOUTH, 1].max() < points[8, 1]
    assert points[module.LEFT_EYE, 0].max() < points[module.RIGHT_EYE, 0].min()
    assert points[48, 0] < points[54, 0]
    # Read off the photograph: pupils, corners of the mouth, chin.
    for part, place in (
        (module.LEFT_EYE, (202.5, 101)),
        (module.RIGHT_EYE, (245.5, 103.5)),
        (slice(48, 49), (203, 140)),
        (slice(54, 55), (245, 139)),
        (slice(8, 9), (225, 178)),
    ):
        np.testing.assert_allclose(points[part].mean(axis=0), place, atol=6)


@pytest.mark.parametrize("scale", [0.5, 2, 3.3])
def test_the_size_of_the_photograph_does_not_matter(astronaut, scale):
    face, points = astronaut
    side = round(512 * scale)
    gray = resize(GRAY, side, side)
    scale = side / 512
    scaled = Face(*(value * scale for value in face.box), face.score)
    found = (predict_landmarks(gray, scaled) + 0.5) / scale - 0.5
    assert _gap(found, points, face) < 0.02


@pytest.mark.parametrize("scale", [0.5, 2])
def test_detected_again_at_another_size(astronaut, scale):
    face, points = astronaut
    gray = resize(GRAY, round(512 * scale), round(512 * scale))
    found = predict_landmarks(gray, make_detector("hog").detect(gray)[0])
    assert _gap((found + 0.5) / scale - 0.5, points, face) < 0.02


def test_a_mirrored_photograph_gives_mirrored_landmarks(astronaut):
    face, points = astronaut
    gray = np.ascontiguousarray(GRAY[:, ::-1])
    mirrored = Face(512 - face.x - face.width, face.y, face.width, face.height, 0.0)
    found = mirror_landmarks(predict_landmarks(gray, mirrored), 512)
    assert _gap(found, points, face) < 0.03
    # Without the swap of names the gap is as wide as the face.
    assert _gap(found[MIRROR], points, face) > 0.3


def test_a_shift_of_the_photograph_shifts_the_landmarks(astronaut):
    face, points = astronaut
    moved = Face(face.x - 100, face.y - 40, face.width, face.height, 0.0)
    found = predict_landmarks(np.ascontiguousarray(GRAY[40:, 100:]), moved)
    assert _gap(found + (100, 40), points, face) < 0.001


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (60, 60)])
def test_any_image_gives_finite_landmarks(shape):
    face = Face(0.0, 0.0, float(shape[1]), float(shape[0]), 0.0)
    assert np.isfinite(predict_landmarks(np.zeros(shape, np.uint8), face)).all()


@pytest.mark.parametrize("box", [(-1e5, -1e5, 50, 50), (0, 0, 1e5, 1e5), (5, 5, 0, 0)])
def test_any_box_gives_finite_landmarks(box):
    assert np.isfinite(predict_landmarks(GRAY, Face(*box, 0.0))).all()


def test_a_cut_is_exact_where_nothing_is_resampled():
    assert np.array_equal(cut(GRAY, 100, 50, 64, 64), GRAY[50:114, 100:164])


def test_a_cut_shrinks_without_aliasing_and_is_black_outside():
    checkerboard = (np.indices((512, 512)).sum(axis=0) % 2 * 255).astype(np.uint8)
    half = cut(checkerboard, 0, 0, 512, 128)
    assert np.abs(half[1:-1, 1:-1].astype(int) - 127).max() <= 2
    outside = cut(GRAY, -64, 0, 64, 32)
    assert not outside[:, :-1].any()
    twice = cut(GRAY, 100, 50, 32, 64).astype(float)
    mean = twice.reshape(32, 2, 32, 2).mean(axis=(1, 3))
    assert np.abs(mean - GRAY[50:82, 100:132]).mean() < 4
