"""Alignment: transforms, resampling, and where landmarks come to lie."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data
from skimage.transform import AffineTransform
from skimage.transform import warp as skimage_warp

from fer_classic.data.image import to_gray
from fer_classic.detect import Face, make_detector
from fer_classic.errors import UsageError
from fer_classic.faces._warp import sample
from fer_classic.faces.align import (
    METHODS,
    _sample,
    alignment,
    canonical_shape,
    mean_shape,
    similarity,
    transform,
    upright,
    warp,
)
from fer_classic.faces.landmarks import MIRROR, predict_landmarks

GRAY = to_gray(data.astronaut())


@pytest.fixture(scope="module")
def astronaut():
    (face,) = make_detector("hog").detect(GRAY)
    return face, predict_landmarks(GRAY, face)


def _matrix(scale, degrees, shift):
    angle = np.deg2rad(degrees)
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[cos, -sin, shift[0]], [sin, cos, shift[1]]])


@given(
    scale=st.floats(0.01, 100),
    degrees=st.floats(-180, 180),
    x=st.floats(-1e4, 1e4),
    y=st.floats(-1e4, 1e4),
)
def test_similarity_recovers_a_known_transform(scale, degrees, x, y):
    points = np.random.default_rng(0).normal(0, 10, (7, 2))
    matrix = _matrix(scale, degrees, (x, y))
    found = similarity(points, transform(points, matrix))
    np.testing.assert_allclose(found, matrix, atol=1e-6 * (1 + scale))


def test_similarity_is_the_least_squares_fit():
    random = np.random.default_rng(1)
    source, target = random.normal(0, 1, (2, 20, 2))
    found = similarity(source, target)

    def error(matrix):
        return ((transform(source, matrix) - target) ** 2).sum()

    a, b = found[0, 0], found[1, 0]
    for step in (1e-3, -1e-3):
        for da, db, dx, dy in np.eye(4) * step:
            other = np.array(
                [[a + da, -b - db, found[0, 2] + dx], [b + db, a + da, found[1, 2] + dy]]
            )
            assert error(other) > error(found)


def test_similarity_does_not_reflect():
    source = np.random.default_rng(2).normal(0, 1, (9, 2))
    matrix = similarity(source, source * (-1, 1))
    assert np.linalg.det(matrix[:, :2]) >= 0


def test_points_that_coincide_are_only_shifted():
    matrix = similarity(np.full((5, 2), 3.0), np.full((5, 2), 8.0))
    np.testing.assert_allclose(matrix, [[1, 0, 5], [0, 1, 5]])


def test_the_mean_shape_is_symmetric_and_of_unit_eye_distance():
    shape = mean_shape()
    np.testing.assert_allclose(shape[MIRROR] * (-1, 1), shape, atol=1e-3)
    np.testing.assert_allclose(shape[[36, 45]], [[-0.5, 0], [0.5, 0]], atol=1e-3)
    assert not shape.flags.writeable


def test_the_canonical_shape_lies_in_the_crop_at_its_centre():
    shape = canonical_shape(96)
    # Jaw and chin may reach beyond the crop; brows, eyes, nose and mouth lie in it.
    assert shape[17:].min() > 0 and shape[17:].max() < 95
    np.testing.assert_allclose(shape[:, 0] + shape[MIRROR, 0], 95, atol=0.1)
    np.testing.assert_allclose((shape + 0.5) * 2 - 0.5, canonical_shape(192), atol=1e-9)


@pytest.mark.parametrize("degrees", [0, 17, -60])
@pytest.mark.parametrize("scale", [0.7, 1, 2.3])
def test_warp_equals_scikit_images(degrees, scale):
    # Turned about the face; 0.7 does not shrink by a whole factor yet.
    matrix = _matrix(scale, degrees, (0, 0))
    matrix[:, 2] = 48 - matrix[:, :2] @ (220.3, 120.8)
    ours = warp(GRAY, matrix, 96)
    inverse = AffineTransform(np.linalg.inv(np.vstack([matrix, [0, 0, 1]])))
    theirs = skimage_warp(
        *(GRAY.astype(float), inverse), output_shape=(96, 96), order=1, mode="edge"
    )
    assert np.abs(ours - theirs).max() <= 1


def test_warp_continues_the_border():
    matrix = _matrix(1, 10, (200, 150))  # most of the crop lies outside
    ours = warp(GRAY[:40, :60], matrix, 128)
    inverse = AffineTransform(np.linalg.inv(np.vstack([matrix, [0, 0, 1]])))
    theirs = skimage_warp(
        *(GRAY[:40, :60].astype(float), inverse),
        output_shape=(128, 128),
        order=1,
        mode="edge",
    )
    assert np.abs(ours - theirs).max() <= 1
    flat = warp(np.full((30, 30), 77, np.uint8), _matrix(1, 0, (10, 10)), 64)
    assert (flat == 77).all()


@pytest.mark.parametrize("scale", [1 / 2, 1 / 4, 1 / 7.5])
def test_large_faces_are_shrunk_without_aliasing(scale):
    checkerboard = np.indices((600, 600)).sum(axis=0) % 2 * 255
    crop = warp(checkerboard.astype(np.uint8), _matrix(scale, 0, (0.3, 0.2)), 64)
    assert np.abs(crop.astype(int) - 127).max() <= 4


def test_shrinking_keeps_the_place():
    # A bright square from 100 to 300 lands at a quarter of that.
    image = np.zeros((600, 600), np.uint8)
    image[100:300, 100:300] = 255
    crop = warp(image, _matrix(1 / 4, 0, (-3 / 8, -3 / 8)), 100)
    expected = np.zeros((100, 100))
    expected[25:75, 25:75] = 255
    assert np.abs(crop - expected)[:, [10, 50, 90]].max() <= 1
    assert np.abs(crop.astype(float) - expected).mean() < 1


@settings(max_examples=40, deadline=None)
@given(
    x=st.floats(-1e6, 1e6),
    y=st.floats(-1e6, 1e6),
    width=st.floats(0, 1e6),
    height=st.floats(0, 1e6),
)
def test_boxes_far_outside_neither_crash_nor_take_memory(x, y, width, height):
    face = Face(x, y, width, height, 0.0)
    matrix = alignment(face, np.zeros((68, 2)), method="none", size=64)
    tracemalloc.start()
    crop = warp(GRAY, matrix, 64)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert crop.shape == (64, 64) and crop.dtype == np.uint8
    assert peak < 5_000_000


def _between(places, length):
    places = np.clip(places, 0, length - 1)
    before = places.astype(np.intp)
    return before, np.minimum(before + 1, length - 1), places - before


def _sampled(gray, linear, shift, size):
    """What the compiled loop does, in numpy."""
    x = np.arange(size, dtype=np.float32)
    y = x[:, None]
    column = linear[0, 0] * x + linear[0, 1] * y + shift[0]
    row = linear[1, 0] * x + linear[1, 1] * y + shift[1]
    left, right, fx = _between(column, gray.shape[1])
    above, below, fy = _between(row, gray.shape[0])
    top = gray[above, left] * (1 - fx) + gray[above, right] * fx
    bottom = gray[below, left] * (1 - fx) + gray[below, right] * fx
    return np.rint(top * (1 - fy) + bottom * fy).astype(np.uint8)


@settings(max_examples=80, deadline=None)
@given(
    scale=st.floats(0.05, 20),
    degrees=st.one_of(st.just(0.0), st.floats(-180, 180)),
    x=st.floats(-300, 300),
    y=st.floats(-300, 300),
    height=st.integers(1, 300),
    width=st.integers(1, 300),
    size=st.integers(1, 80),
)
def test_the_compiled_samples_are_those_of_numpy(scale, degrees, x, y, height, width, size):
    gray = GRAY[:height, :width].copy()
    matrix = _matrix(scale, degrees, (x, y)).astype(np.float32)
    linear, shift = matrix[:, :2].copy(), matrix[:, 2].copy()
    expected = _sampled(gray, linear, shift, size)
    assert np.array_equal(sample(gray, linear, shift, size), expected)


@settings(max_examples=40, deadline=None)
@given(
    scale=st.floats(0.05, 20),
    x=st.floats(-300, 300),
    y=st.floats(-300, 300),
    size=st.integers(32, 80),
)
def test_upright_crops_are_those_of_the_general_way(scale, x, y, size):
    straight = _matrix(scale, 0, (x, y))
    turned = straight.copy()
    turned[0, 1] = turned[1, 0] = np.nextafter(0, 1)  # the slightest turn: no pixel moves
    crop = warp(GRAY, straight, size)
    assert np.array_equal(crop, warp(GRAY, turned, size))


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1)])
def test_tiny_images_are_warped(shape):
    face = Face(0.0, 0.0, float(shape[1]), float(shape[0]), 0.0)
    matrix = alignment(face, np.zeros((68, 2)), method="none", size=48)
    assert (warp(np.full(shape, 9, np.uint8), matrix, 48) == 9).all()


@pytest.mark.parametrize("method", ["5", "68"])
@pytest.mark.parametrize("size", [64, 96])
def test_aligned_landmarks_come_near_the_canonical_shape(astronaut, method, size):
    face, points = astronaut
    matrix = alignment(face, points, method=method, size=size)
    gap = np.linalg.norm(transform(points, matrix) - canonical_shape(size), axis=1)
    assert gap.mean() < 0.05 * size
    assert gap[[36, 39, 42, 45]].max() < 0.05 * size


def test_alignment_undoes_a_turn_of_the_landmarks(astronaut):
    face, points = astronaut
    turn = _matrix(1.7, 25, (30, -80))
    for method in ("5", "68"):
        here = alignment(face, points, method=method, size=64)
        there = alignment(face, transform(points, turn), method=method, size=64)
        aligned = transform(transform(points, turn), there)
        np.testing.assert_allclose(aligned, transform(points, here), atol=1e-6)


def test_alignment_none_keeps_the_photograph_upright(astronaut):
    face, points = astronaut
    matrix = alignment(face, points, method="none", size=96)
    assert matrix[0, 1] == matrix[1, 0] == 0
    assert matrix[0, 0] == matrix[1, 1] > 0
    # The landmarks play no part.
    assert np.array_equal(matrix, alignment(face, points + 9, method="none", size=96))
    inside = transform(points, matrix)
    assert inside.min() > -10 and inside.max() < 106


@pytest.mark.parametrize("method", ["none", "box"])
def test_an_upright_crop_shows_the_box_and_nothing_else(method):
    face = Face(100.0, 40.0, 64.0, 64.0, 0.0)
    matrix = alignment(face, np.zeros((68, 2)), method=method, size=64)
    assert np.array_equal(warp(GRAY, matrix, 64), GRAY[40:104, 100:164])
    assert np.array_equal(matrix, upright(face, 64))
    # The edges of the box are those of the crop; pixel centres are whole numbers.
    corners = [(99.5, 39.5), (163.5, 103.5)]
    np.testing.assert_allclose(
        transform(corners, upright(face, 32)), [(-0.5, -0.5), (31.5, 31.5)]
    )


def test_the_longer_side_of_a_box_is_that_of_the_upright_crop():
    corners = [(-0.5, -0.5), (199.5, 99.5)]
    matrix = upright(Face(0.0, 0.0, 200.0, 100.0, 0.0), 50)
    np.testing.assert_allclose(transform(corners, matrix), [(-0.5, 12), (49.5, 37)])


def test_upright_and_aligned_crops_show_regions_of_one_size(astronaut):
    face, points = astronaut
    both = alignment(face, points, method="68", size=64), upright(face, 64)
    aligned, straight = (np.hypot(*matrix[:, 0]) for matrix in both)
    assert 0.7 < straight / aligned < 1.1


def test_an_unknown_method_is_named():
    assert METHODS == ("box", "none", "5", "68")
    with pytest.raises(UsageError) as error:
        alignment(Face(0, 0, 1, 1, 0), np.zeros((68, 2)), method="3", size=64)
    assert str(error.value) == "align must be one of {box, none, 5, 68}. Got '3' instead."


POINTS = st.integers(0, 10**6).map(
    lambda seed: np.random.default_rng(seed).normal(0, 40, (68, 2)) + 200
)


@given(
    points=POINTS,
    scale=st.floats(0.05, 20),
    degrees=st.floats(-180, 180),
    x=st.floats(-1e4, 1e4),
)
def test_a_similarity_is_undone_by_that_of_the_way_back(points, scale, degrees, x):
    target = transform(points, _matrix(scale, degrees, (x, -x)))
    there, back = similarity(points, target), similarity(target, points)
    np.testing.assert_allclose(transform(transform(points, there), back), points, atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(points=POINTS, method=st.sampled_from(["5", "68"]), size=st.sampled_from([48, 64]))
def test_alignment_of_the_mirrored_face_is_the_mirrored_alignment(points, method, size):
    face = Face(150, 150, 100, 100, 1.0)
    # No larger than the crop: shrinking first would begin at the other edge.
    points = canonical_shape(size) * 1.2 + 150 + (points - 200) / 20
    other = points[MIRROR] * (-1, 1) + (GRAY.shape[1] - 1, 0)
    here, there = (alignment(face, p, method=method, size=size) for p in (points, other))
    mirrored = transform(other, there)[MIRROR] * (-1, 1) + (size - 1, 0)
    np.testing.assert_allclose(mirrored, transform(points, here), atol=1e-6)
    crop = warp(GRAY, here, size).astype(int)
    crop_there = warp(np.ascontiguousarray(GRAY[:, ::-1]), there, size)[:, ::-1]
    assert abs(crop - crop_there).max() <= 1  # rounding of a gray value


def test_without_numba_the_same_to_the_bit():
    random = np.random.default_rng(4)
    for _ in range(40):
        gray = random.integers(0, 256, random.integers(1, 90, 2), dtype=np.uint8)
        linear = random.normal(0, 2, (2, 2)).astype(np.float32)
        shift = random.uniform(-50, 120, 2).astype(np.float32)
        size = int(random.integers(1, 80))
        made = _sample(gray, linear, shift, size)
        assert np.array_equal(made, sample(gray, linear, shift, size))
