"""HOG against scikit-image, against a slow reference, and column by column."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data
from skimage.feature import hog
from skimage.transform import resize

from fer_classic.errors import UsageError
from fer_classic.features import HOGFeatures


def _crops(size):
    """Noise, smooth, flat, saturated and natural crops."""
    random = np.random.default_rng(0)
    noise = random.integers(0, 256, (2, size, size))
    y, x = np.mgrid[:size, :size] / size
    smooth = [255 * x, 127 * (np.sin(6 * x) * np.cos(4 * y) + 1)]
    flat = np.full((1, size, size), 77)
    stripes = np.where(np.arange(size) % 2, 255, 0) * np.ones((1, size, 1))
    face = data.astronaut()[:220, 120:340].mean(axis=2)
    man = data.camera()[60:260, 160:360]
    natural = [resize(photo / 255.0, (size, size)) * 255 for photo in (face, man)]
    return np.concatenate([noise, smooth, flat, stripes, natural]).astype(np.uint8)


@pytest.mark.parametrize("size, cell", [(64, 8), (96, 8), (50, 7), (33, 16)])
@pytest.mark.parametrize("block", [1, 2, 3])
@pytest.mark.parametrize("orientations", [9, 6])
def test_equals_scikit_image_without_interpolation(size, cell, block, orientations):
    if size // cell < block:
        block = size // cell
    crops = _crops(size)
    ours = HOGFeatures(
        cell=cell, block=block, orientations=orientations, interpolation="none"
    ).fit_transform(crops)
    for row, crop in zip(ours, crops, strict=True):
        theirs = hog(
            crop,
            orientations=orientations,
            pixels_per_cell=(cell, cell),
            cells_per_block=(block, block),
            block_norm="L2-Hys",
        )
        np.testing.assert_allclose(row, theirs, atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.integers(16, 40), cell=st.integers(2, 8))
def test_equals_scikit_image_on_any_noise(seed, size, cell):
    random = np.random.default_rng(seed)
    crop = random.integers(0, random.integers(2, 256), (1, size, size)).astype(np.uint8)
    ours = HOGFeatures(cell=cell, interpolation="none").fit_transform(crop)[0]
    theirs = hog(crop[0], pixels_per_cell=(cell, cell), cells_per_block=(2, 2))
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def _slow_hog(crop, cell, block, bins, signed, bilinear):
    """Dalal and Triggs in plain loops and float64."""
    image = crop.astype(np.float64)
    dy, dx = np.zeros_like(image), np.zeros_like(image)
    dy[1:-1] = image[2:] - image[:-2]
    dx[:, 1:-1] = image[:, 2:] - image[:, :-2]
    span = 360.0 if signed else 180.0
    magnitude = np.hypot(dy, dx) / cell**2
    angle = np.rad2deg(np.arctan2(dy, dx)) % span / (span / bins)
    number = len(crop) // cell
    cells = np.zeros((number, number, bins))

    def shares(position, share):
        """The two whole numbers around a position and their weights."""
        if not share:
            return [(int(position), 1.0)]
        low = int(np.floor(position - 0.5))
        weight = position - 0.5 - low
        return [(low, 1 - weight), (low + 1, weight)]

    for r in range(number * cell):
        for c in range(number * cell):
            for i, wi in shares((r + 0.5) / cell, bilinear):
                for j, wj in shares((c + 0.5) / cell, bilinear):
                    if not (0 <= i < number and 0 <= j < number):
                        continue
                    cells[i, j, int(angle[r, c])] += wi * wj * magnitude[r, c]
    blocks = []
    for r in range(number - block + 1):
        for c in range(number - block + 1):
            values = cells[r : r + block, c : c + block].ravel()
            values = np.minimum(values / np.sqrt((values**2).sum() + 1e-10), 0.2)
            blocks.append(values / np.sqrt((values**2).sum() + 1e-10))
    return np.concatenate(blocks)


@pytest.mark.parametrize("interpolation", ["none", "bilinear"])
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("size, cell, bins", [(32, 8, 9), (26, 5, 8)])
def test_equals_a_slow_reference(interpolation, signed, size, cell, bins):
    crops = _crops(size)
    ours = HOGFeatures(
        cell=cell, orientations=bins, signed=signed, interpolation=interpolation
    ).fit_transform(crops)
    for row, crop in zip(ours, crops, strict=True):
        slow = _slow_hog(crop, cell, 2, bins, signed, interpolation == "bilinear")
        np.testing.assert_allclose(row, slow, atol=1e-5)


def _line(size, row, column):
    """A flat crop with one upright line, three pixels long."""
    crop = np.full((1, size, size), 100, dtype=np.uint8)
    crop[0, row : row + 3, column] = 160
    return crop


def test_a_name_says_which_cell_and_orientation_its_column_measures():
    # Cell row 3, column 5 of 8-pixel cells is pixels 24-31 by 40-47.
    features = HOGFeatures(cell=8, block=1, interpolation="none")
    values = features.fit_transform(_line(64, 27, 44))[0]
    names = features.get_feature_names_out()
    reacting = names[values > 0]
    assert all(name.startswith("hog__r03_c05_") for name in reacting)
    # The line's sides face left and right (angle 0), its ends up and down (90 degrees).
    assert set(reacting) == {f"hog__r03_c05_o{o}_b00" for o in (0, 4)}
    ramp = np.tile(np.arange(64, dtype=np.uint8), (64, 1))
    for crop, orientation in ((ramp, 0), (ramp.T, 4)):
        values = features.fit_transform(crop[None])[0]
        inner = [f"hog__r03_c05_o{orientation}_b00"]
        assert [n for n in names[values > 0] if "_r03_c05_" in n] == inner


def test_a_name_says_where_the_cell_lies_in_its_block():
    features = HOGFeatures(cell=8, block=2, interpolation="none")
    values = features.fit_transform(_line(64, 27, 44))[0]
    names = features.get_feature_names_out()
    reacting = names[values > 0]
    assert all(name.startswith("hog__r03_c05_") for name in reacting)
    places = {f"hog__r03_c05_o0_b{place}" for place in ("00", "01", "10", "11")}
    assert places <= set(reacting)
    # b10: the block begins one cell above, at row 2. A line there changes this column's
    # norm but not that of b00, whose block begins at row 3.
    both = _line(64, 27, 44)
    both[0, 18:21, 44] = 160  # cell row 2, column 5
    changed = dict(zip(names, features.fit_transform(both)[0] - values, strict=True))
    assert changed["hog__r03_c05_o0_b10"] < -0.01
    assert changed["hog__r03_c05_o0_b00"] == 0


def test_signed_bins_part_opposite_gradients():
    ramp = np.tile(np.arange(0, 128, 2, dtype=np.uint8), (64, 1))[None]
    for signed, differ in ((False, False), (True, True)):
        features = HOGFeatures(signed=signed, orientations=8).fit(ramp)
        up, down = features.transform(ramp), features.transform(ramp[:, :, ::-1])
        assert (np.abs(up - down).max() > 0.1) == differ


@settings(max_examples=30, deadline=None)
@given(
    cell=st.integers(2, 12),
    block=st.integers(1, 10),
    orientations=st.integers(1, 12),
    size=st.integers(20, 48),
)
def test_names_are_unique_and_as_many_as_columns(cell, block, orientations, size):
    block = min(block, size // cell)
    crops = np.zeros((1, size, size), dtype=np.uint8)
    features = HOGFeatures(cell=cell, block=block, orientations=orientations)
    values = features.fit_transform(crops)
    names = features.get_feature_names_out()
    assert len(names) == values.shape[1] == len(set(names))
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in names)
    assert values.dtype == np.float32


def test_blocks_too_wide_for_unique_names_are_refused():
    crops = np.zeros((1, 96, 96), dtype=np.uint8)
    with pytest.raises(ValueError, match=r"block of HOGFeatures must be .* from 1 to 10"):
        HOGFeatures(cell=4, block=12).fit(crops)


def test_flat_crops_give_zeros():
    crops = np.full((1, 64, 64), 200, dtype=np.uint8)
    assert not HOGFeatures().fit_transform(crops).any()


def test_rows_do_not_depend_on_each_other():
    crops = _crops(64)
    together = HOGFeatures().fit_transform(crops)
    for row, crop in zip(together, crops, strict=True):
        assert np.array_equal(HOGFeatures().fit_transform(crop[None])[0], row)


def test_interpolation_makes_a_shift_matter_less():
    face = data.astronaut()[:220, 120:340].mean(axis=2).astype(np.uint8)
    crops = np.stack([face[50:146, 50:146], face[50:146, 52:148]])
    change = {}
    for interpolation in ("none", "bilinear"):
        values = HOGFeatures(interpolation=interpolation).fit_transform(crops)
        change[interpolation] = np.linalg.norm(values[0] - values[1])
    assert change["bilinear"] < change["none"]


@pytest.mark.parametrize(
    "parameters, text",
    [
        ({"cell": 1}, "cell of HOGFeatures must be of type int, from 2 to 64. Got 1"),
        ({"cell": 65}, "from 2 to 64. Got 65 instead."),
        ({"cell": 8.0}, "cell of HOGFeatures must be of type int, .* Got 8.0 instead."),
        ({"cell": True}, "Got True instead."),
        ({"block": 0}, "block of HOGFeatures must be of type int, from 1 to 8. Got 0"),
        ({"block": 9}, "from 1 to 8. Got 9 instead."),
        ({"orientations": 0}, "orientations of HOGFeatures .* from 1 to 180. Got 0"),
    ],
)
def test_impossible_parameters_are_named(parameters, text):
    with pytest.raises(ValueError, match=text):
        HOGFeatures(**parameters).fit(np.zeros((1, 64, 64), dtype=np.uint8))


def test_unknown_interpolation_is_named():
    text = r"interpolation must be one of \{none, bilinear\}. Got 'cubic'"
    with pytest.raises(UsageError, match=text):
        HOGFeatures(interpolation="cubic").fit(np.zeros((1, 64, 64), dtype=np.uint8))
