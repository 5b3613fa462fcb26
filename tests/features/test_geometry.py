"""Geometry: invariances, mirror symmetry and values worked by hand."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.transform import SimilarityTransform

from fer_classic.faces.align import mean_shape
from fer_classic.faces.landmarks import MIRROR, mirror_landmarks
from fer_classic.features import GeometryFeatures
from fer_classic.features import geometry as module
from fer_classic.features.geometry import ANGLES, KEY_POINTS, RATIOS, procrustes


def _faces(number=4, seed=0):
    """Mean faces with every point moved a little, in pixels."""
    random = np.random.default_rng(seed)
    moved = mean_shape() + random.normal(0, 0.03, (number, 68, 2))
    return moved * 120 + 200


def _named(faces):
    features = GeometryFeatures()
    values = features.fit_transform(faces)
    return dict(zip(features.get_feature_names_out(), values.T, strict=True))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    scale=st.floats(0.05, 50),
    degrees=st.floats(-180, 180),
    shift=st.tuples(st.floats(-5000, 5000), st.floats(-5000, 5000)),
)
def test_shift_size_and_rotation_do_not_matter(seed, scale, degrees, shift):
    faces = _faces(2, seed)
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = scale * faces @ turn.T + shift
    before = GeometryFeatures().fit_transform(faces)
    after = GeometryFeatures().fit_transform(moved)
    np.testing.assert_allclose(after, before, atol=1e-4)


def test_a_mirrored_face_gives_the_mirrored_columns():
    faces = _faces()
    here, there = _named(faces), _named(mirror_landmarks(faces, 400))

    def other(name):
        if re.fullmatch(r"geo__[xy]\d\d", name):
            return f"{name[:6]}{MIRROR[int(name[6:])]:02d}"
        if name.startswith("geo__dist_"):
            ends = [MIRROR[int(part)] for part in name.split("_")[-2:]]
            ends.sort(key=KEY_POINTS.index)
            return "geo__dist_{:02d}_{:02d}".format(*ends)
        swap = {"left": "right", "right": "left"}
        return "_".join(swap.get(part, part) for part in name.split("_"))

    for name, values in here.items():
        sign = -1 if name.startswith("geo__x") else 1
        np.testing.assert_allclose(there[other(name)], sign * values, atol=2e-4)


def test_key_points_are_symmetric():
    assert sorted(MIRROR[list(KEY_POINTS)]) == sorted(KEY_POINTS)


def test_coordinates_equal_a_similarity_fitted_by_scikit_image():
    faces = _faces()
    named = _named(faces)
    for k, face in enumerate(faces):
        if hasattr(SimilarityTransform, "from_estimate"):
            fitted = SimilarityTransform.from_estimate(face, mean_shape())
        else:  # scikit-image below 0.26
            fitted = SimilarityTransform()
            fitted.estimate(face, mean_shape())
        expected = fitted(face)
        for i in (0, 8, 30, 36, 48, 67):
            assert named[f"geo__x{i:02d}"][k] == pytest.approx(expected[i, 0], abs=1e-5)
            assert named[f"geo__y{i:02d}"][k] == pytest.approx(expected[i, 1], abs=1e-5)
        own = np.linalg.norm(expected[36] - expected[48])
        assert named["geo__dist_36_48"][k] == pytest.approx(own, abs=1e-5)


def _made_face():
    """A face drawn on squared paper; only the points that ratios read are placed."""
    points = np.zeros((68, 2))
    places = {
        **{36: (0, 0), 37: (1, -1), 38: (2, -1), 39: (3, 0), 40: (2, 1), 41: (1, 1)},
        **{42: (7, 0), 43: (8, -2), 44: (9, -2), 45: (10, 0), 46: (9, 1), 47: (8, 1)},
        **{17: (-1, -3), 18: (0, -3), 19: (1, -4), 20: (2, -5), 21: (3, -5)},
        **{22: (7, -5), 23: (8, -5), 24: (9, -5), 25: (10, -5), 26: (11, -5)},
        **{33: (5, 5), 8: (5, 14), 48: (2, 8), 54: (8, 10), 51: (5, 7), 57: (5, 11)},
        **{60: (3, 9), 64: (7, 9), 62: (5, 8), 66: (5, 10)},
    }
    for i, place in places.items():
        points[i] = place
    return points


def test_ratios_worked_by_hand():
    values = module._ratios(*module._planes(_made_face()[None]))[:, 0]
    ratio = dict(zip(RATIOS, values, strict=True))
    assert ratio == pytest.approx(
        {
            "left_eye_aspect": (2 + 2) / (2 * 3),
            "right_eye_aspect": (3 + 3) / (2 * 3),
            "mouth_aspect": 4 / np.hypot(6, 2),
            "inner_mouth_aspect": 2 / 4,
            "mouth_width": np.hypot(6, 2),
            "left_brow_height": 0 - (-4),
            "right_brow_height": 0 - (-5),
            "brow_gap": 4,
            "left_brow_slope": -2 / 4,
            "right_brow_slope": 0,
            "left_corner_lift": 9 - 8,  # the mouth's middle is at (7 + 11) / 2
            "right_corner_lift": 9 - 10,
            "jaw_drop": 14 - 5,
            "upper_lip_height": 7 - 5,
        }
    )


def test_angles_worked_by_hand():
    values = module._angles(*module._planes(_made_face()[None]))[:, 0]
    angle = dict(zip(ANGLES, values, strict=True))
    # At 48 (2, 8): to 51 (3, -1) and to 57 (3, 3).
    expected = np.arccos((9 - 3) / (np.hypot(3, 1) * np.hypot(3, 3)))
    assert angle["mouth_left"] == pytest.approx(expected)
    # At 36 (0, 0): to 37 (1, -1) and to 41 (1, 1), a right angle.
    assert angle["left_eye_outer"] == pytest.approx(np.pi / 2)
    assert angle["right_brow"] == pytest.approx(np.pi)  # a straight line


def test_a_smile_lifts_the_corners_and_widens_the_mouth():
    smile = mean_shape().copy()
    smile[[48, 60]] += (-0.08, -0.08)
    smile[[54, 64]] += (0.08, -0.08)
    surprise = mean_shape().copy()
    surprise[[56, 57, 58, 65, 66, 67]] += (0, 0.3)
    surprise[17:27] -= (0, 0.1)
    named = _named(np.stack([mean_shape(), smile, surprise]))
    neutral = 0
    for name in ("geo__left_corner_lift", "geo__right_corner_lift", "geo__mouth_width"):
        assert named[name][1] > named[name][neutral]
    for name in ("geo__mouth_aspect", "geo__inner_mouth_aspect", "geo__left_brow_height"):
        assert named[name][2] > named[name][neutral]


def test_names_are_unique_and_as_many_as_columns():
    features = GeometryFeatures()
    values = features.fit_transform(_faces(1))
    names = features.get_feature_names_out()
    assert len(names) == values.shape[1] == len(set(names)) == 539
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in names)
    assert values.dtype == np.float32


def test_degenerate_faces_give_finite_values():
    random = np.random.default_rng(0)
    point = np.full((68, 2), 33.0)
    line = np.stack([np.arange(68), np.arange(68)], axis=1)
    upright = np.stack([np.full(68, 5), np.arange(68)], axis=1)
    far = random.normal(0, 1e6, (68, 2))
    faces = np.stack([point, line, upright, far, -mean_shape()])
    values = GeometryFeatures().fit_transform(faces)
    assert np.isfinite(values).all()
    assert np.abs(values).max() <= 100


def test_procrustes_keeps_points_that_coincide_at_the_centre():
    laid = procrustes(np.full((1, 68, 2), 7.0))
    assert np.allclose(laid, mean_shape().mean(axis=0))


def test_input_is_not_changed():
    faces = _faces()
    before = faces.copy()
    GeometryFeatures().fit_transform(faces)
    assert np.array_equal(faces, before)


@pytest.mark.parametrize(
    "faces, text",
    [
        (np.zeros((68, 2)), r"Landmarks must have shape \(n, 68, 2\). Got \(68, 2\)"),
        (np.zeros((3, 5, 2)), r"Landmarks must have shape .* Got \(3, 5, 2\) instead."),
        (np.zeros((0, 68, 2)), "at least one face is required"),
        (np.full((1, 68, 2), np.nan), "Landmarks must be finite. Got NaN or infinity."),
        (np.full((1, 68, 2), np.inf), "Landmarks must be finite. Got NaN or infinity."),
    ],
)
def test_wrong_input_is_named(faces, text):
    with pytest.raises(ValueError, match=text):
        GeometryFeatures().fit(faces)
