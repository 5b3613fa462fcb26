"""LBP against scikit-image and numpy."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data
from skimage.feature import local_binary_pattern

from fer_classic.features import LBPFeatures, _kernels


def _crops(size=40):
    random = np.random.default_rng(1)
    noise = random.integers(0, 256, (2, size, size))
    few = random.integers(100, 103, (1, size, size))  # many ties
    flat = np.stack([np.full((size, size), value) for value in (0, 9, 255)])
    ramp = np.tile(np.arange(size) * 3, (1, size, 1))
    natural = data.astronaut()[100 : 100 + size, 200 : 200 + size].mean(axis=2)[None]
    brick = data.brick()[:size, :size][None]
    return np.concatenate([noise, few, flat, ramp, natural, brick]).astype(np.uint8)


def _codes(crops, points, radius):
    features = LBPFeatures(points=points, radii=(radius,))
    codes = _kernels.uniform_codes(points)
    return _kernels.lbp_codes(crops, features._offsets(radius), codes)


@pytest.mark.parametrize(
    "points, radius", [(8, 1), (8, 2), (8, 3), (8, 1.5), (12, 2), (5, 2.7), (16, 2)]
)
def test_codes_equal_scikit_image_exactly(points, radius):
    crops = _crops()
    ours = _codes(crops, points, radius)
    for codes, crop in zip(ours, crops, strict=True):
        theirs = local_binary_pattern(crop, points, radius, method="nri_uniform")
        assert np.array_equal(codes, theirs)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    levels=st.integers(1, 256),
    size=st.integers(3, 20),
    radius=st.sampled_from([0.5, 1, 1.5, 2, 3.3]),
)
def test_codes_equal_scikit_image_on_any_noise(seed, levels, size, radius):
    random = np.random.default_rng(seed)
    crop = random.integers(0, levels, (1, size, size)).astype(np.uint8)
    theirs = local_binary_pattern(crop[0], 8, radius, method="nri_uniform")
    assert np.array_equal(_codes(crop, 8, radius)[0], theirs)


@pytest.mark.parametrize("grid", [1, 4, 7])
def test_histograms_equal_numpys_and_sum_to_one(grid):
    crops = _crops()
    features = LBPFeatures(radii=(1, 2), grid=grid)
    values = features.fit_transform(crops)
    cells = values.reshape(len(crops), 2, grid, grid, 59)
    np.testing.assert_allclose(cells.sum(axis=-1), 1, atol=1e-5)
    place = np.arange(40) * grid // 40
    for k, crop in enumerate(crops):
        for which, radius in enumerate((1, 2)):
            codes = local_binary_pattern(crop, 8, radius, method="nri_uniform")
            for r in range(grid):
                for c in range(grid):
                    own = codes[np.ix_(place == r, place == c)]
                    counts = np.histogram(own, bins=np.arange(60))[0]
                    np.testing.assert_allclose(
                        cells[k, which, r, c], counts / own.size, atol=1e-6
                    )


def test_a_name_says_which_radius_cell_and_code_its_column_counts():
    features = LBPFeatures(radii=(1, 1.5), grid=4)
    flat = np.full((1, 40, 40), 90, dtype=np.uint8)
    values = features.fit_transform(flat)[0]
    names = list(features.get_feature_names_out())
    # All neighbours of an inner pixel are as bright as it: all bits set, code 57.
    assert values[names.index("lbp__d1_r01_c02_u57")] == 1
    dotted = flat.copy()
    dotted[0, 15, 25] = 91  # cell row 1, column 2
    changed = np.flatnonzero(features.transform(dotted)[0] != values)
    assert {names[i][:14] for i in changed} == {"lbp__d1_r01_c0", "lbp__d1p5_r01_"}
    assert all("_r01_c02_" in names[i] for i in changed)
    # The dot alone exceeds its neighbours: no bit set, code 0, one pixel of 100.
    after = dict(zip(names, features.transform(dotted)[0], strict=True))
    assert after["lbp__d1_r01_c02_u0"] == pytest.approx(0.01)


@pytest.mark.parametrize("points", [4, 8, 12])
def test_every_pattern_has_a_code_of_its_name(points):
    codes = _kernels.uniform_codes(points)
    number = points * (points - 1) + 3
    assert set(codes.tolist()) == set(range(number))
    # Each uniform code belongs to one pattern alone.
    assert (np.bincount(codes, minlength=number)[:-1] == 1).all()


@settings(max_examples=20, deadline=None)
@given(
    radii=st.lists(st.sampled_from([1, 1.25, 2, 2.5, 12]), min_size=1, unique=True),
    points=st.integers(4, 12),
    grid=st.integers(1, 12),
)
def test_names_are_unique_and_as_many_as_columns(radii, points, grid):
    features = LBPFeatures(radii=tuple(radii), points=points, grid=grid)
    values = features.fit_transform(np.zeros((1, 16, 16), dtype=np.uint8))
    names = features.get_feature_names_out()
    assert len(names) == values.shape[1] == len(set(names))
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in names)
    assert values.dtype == np.float32


def test_brightness_and_contrast_do_not_matter():
    random = np.random.default_rng(4)
    crop = random.integers(1, 60, (1, 30, 30)).astype(np.uint8)
    brighter = crop * 4 + 10
    assert np.array_equal(_codes(crop, 4, 1)[0], _codes(brighter, 4, 1)[0])


def test_radii_from_json_may_be_a_list():
    crops = _crops()
    listed = LBPFeatures(radii=[1, 2]).fit_transform(crops)
    assert np.array_equal(listed, LBPFeatures(radii=(1, 2)).fit_transform(crops))


@pytest.mark.parametrize(
    "parameters, text",
    [
        ({"radii": ()}, r"radii of LBPFeatures must be a tuple of numbers. Got \(\)"),
        ({"radii": 2}, "radii of LBPFeatures must be a tuple of numbers. Got 2 instead"),
        ({"radii": (2, "3")}, "each radius of LBPFeatures must be of type float.*'3'"),
        ({"radii": (0.1,)}, "each radius of LBPFeatures .* from 0.5 to 32. Got 0.1"),
        ({"radii": (2, 2.0)}, r"radii of LBPFeatures must differ. Got \(2, 2.0\)"),
        ({"points": 3}, "points of LBPFeatures must be of type int, from 4 to 16. Got 3"),
        ({"points": 17}, "from 4 to 16. Got 17 instead."),
        ({"grid": 0}, "grid of LBPFeatures must be of type int, from 1 to 32. Got 0"),
        ({"grid": 33}, "from 1 to 32. Got 33 instead."),
    ],
)
def test_impossible_parameters_are_named(parameters, text):
    with pytest.raises(ValueError, match=text):
        LBPFeatures(**parameters).fit(np.zeros((1, 32, 32), dtype=np.uint8))
