"""SIFT at the landmarks."""

import numpy as np
import pytest

from fer_classic.faces.align import canonical_shape
from fer_classic.faces.landmarks import mirror_landmarks
from fer_classic.features import SIFTFeatures, _descriptors, sift
from fer_classic.features.sift import POINTS, check_faces, describe, mirror_columns


@pytest.fixture
def faces():
    random = np.random.default_rng(0)
    crops = random.integers(0, 256, (5, 64, 64), dtype=np.uint8)
    points = canonical_shape(64) + random.normal(scale=2, size=(5, 68, 2))
    return crops, points.astype(np.float32)


def plain_descriptor(crop, x, y, cell):
    """The definition, pixel by pixel: triangular shares of cells and orientations."""
    image = crop.astype(float)
    rows, columns = np.arange(64), np.arange(64)
    dy = image[np.minimum(rows + 1, 63)] - image[np.maximum(rows - 1, 0)]
    dx = image[:, np.minimum(columns + 1, 63)] - image[:, np.maximum(columns - 1, 0)]
    magnitude = np.hypot(dx, dy)
    angle = np.arctan2(dy, dx) / (2 * np.pi) * 8 % 8
    out = np.zeros((4, 4, 8))
    for i in range(4):
        for j in range(4):
            across = np.clip(1 - np.abs(columns - (x + (j - 1.5) * cell)) / cell, 0, None)
            down = np.clip(1 - np.abs(rows - (y + (i - 1.5) * cell)) / cell, 0, None)
            weight = magnitude * np.outer(down, across)
            for o in range(8):
                gap = np.abs(angle - o)
                share = np.clip(1 - np.minimum(gap, 8 - gap), 0, None)
                out[i, j, o] = (weight * share).sum()
    return np.sqrt(out / out.sum()).ravel()


@pytest.mark.parametrize("cell", [3, 6])
def test_descriptors_at_whole_pixels_follow_the_definition(faces, cell):
    crops, _ = faces
    # Cell centres are whole pixels where 1.5 cells more or less are.
    place = 30.5 if cell % 2 else 30.0
    points = np.full((5, 1, 2), place, dtype=np.float32)
    made = describe(crops, points, (cell,))
    for crop, own in zip(crops, made[:, 0, 0], strict=True):
        expected = plain_descriptor(crop, place, place, cell)
        np.testing.assert_allclose(own, expected, atol=2e-3)


def test_smoothing_is_exact_and_weights_fall_linearly():
    maps = np.zeros((1, 9, 9, 8), dtype=np.int32)
    maps[0, 4, 4, 2] = 5
    out = _descriptors.smooth(maps, 3)
    weight = np.clip(3 - np.abs(np.arange(9) - 4), 0, None)
    np.testing.assert_array_equal(out[0, :, :, 2], 5 * np.outer(weight, weight))
    assert not out[..., [0, 1, 3, 4, 5, 6, 7]].any()


def test_the_largest_cell_does_not_overflow():
    black_and_white = np.zeros((1, 64, 64), dtype=np.uint8)
    black_and_white[:, :, ::2] = 255
    black_and_white[:, ::4] = 255
    maps = _descriptors.gradient_maps(black_and_white, sift.orientation_shares())
    made = _descriptors.smooth(maps, sift.LARGEST_CELL)
    assert made.min() >= 0


def test_descriptors_have_unit_length_or_are_zero(faces):
    crops, landmarks = faces
    even = np.concatenate([crops, np.full((1, 64, 64), 7, dtype=np.uint8)])
    points = np.concatenate([landmarks, landmarks[:1]])
    made = SIFTFeatures().fit_transform((even, points)).reshape(6, -1, 128)
    length = (made**2).sum(axis=2)
    whole = np.abs(length[:5] - 1) < 1e-5
    assert (whole | (length[:5] == 0)).all()  # the chin may lie outside the crop
    assert whole.mean() > 0.9
    np.testing.assert_array_equal(length[5], 0)


def test_a_mirrored_face_has_the_same_values_in_another_order(faces):
    crops, landmarks = faces
    extractor = SIFTFeatures(cells=(3, 6)).fit(faces)
    mirrored = np.ascontiguousarray(crops[:, :, ::-1]), mirror_landmarks(landmarks, 64)
    made, other = extractor.transform(faces), extractor.transform(mirrored)
    np.testing.assert_allclose(extractor.mirror(made), other, atol=1e-4)
    np.testing.assert_array_equal(extractor.mirror(extractor.mirror(made)), made)
    assert np.array_equal(mirror_columns()[mirror_columns()], np.arange(128))


def test_names_are_unique_and_say_where(faces):
    extractor = SIFTFeatures(cells=(3, 6)).fit(faces)
    names = extractor.get_feature_names_out()
    assert len(set(names)) == len(names) == 2 * len(POINTS) * 128
    assert extractor.transform(faces).shape == (5, len(names))
    assert names[0] == "sift__s3_p03_r0_c0_o0"


def test_wrong_input_is_named(faces):
    crops, landmarks = faces
    with pytest.raises(ValueError, match=r"pair of crops.*Got ndarray"):
        check_faces(crops)
    with pytest.raises(ValueError, match="4 for 5 crops"):
        check_faces((crops, landmarks[:4]))
    with pytest.raises(ValueError, match=r"crops of 64 pixels a side. Got 32"):
        SIFTFeatures().fit(faces).transform((crops[:, :32, :32], landmarks))
    with pytest.raises(ValueError, match="must differ"):
        SIFTFeatures(cells=(3, 3)).fit(faces)
    with pytest.raises(ValueError, match=r"from 1 to 24. Got 25"):
        SIFTFeatures(cells=(25,)).fit(faces)
    with pytest.raises(ValueError, match=r"tuple of whole numbers. Got 3"):
        SIFTFeatures(cells=3).fit(faces)


@pytest.mark.parametrize("cell", [1, 3, 6, 24])
def test_without_numba_the_same_to_the_bit(faces, cell):
    shares = sift.orientation_shares()
    crops = np.concatenate([faces[0], np.full((1, 64, 64), 7, np.uint8)])
    points = np.concatenate([faces[1], faces[1][:1] * 3 - 70])  # also far outside
    maps = _descriptors.gradient_maps(crops, shares)
    own = sift._gradient_maps(crops, shares)
    assert np.array_equal(own, maps)
    smooth = _descriptors.smooth(maps, cell)
    assert np.array_equal(sift._smooth(own, cell), smooth)
    expected = _descriptors.descriptors(smooth, points, cell)
    made = sift._descriptors(smooth, points, cell)
    assert made.dtype == np.float32 and made.tobytes() == expected.tobytes()
