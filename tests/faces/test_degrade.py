"""Crops made worse for training."""

import numpy as np
import pytest

from fer_classic.faces import degrade as module
from fer_classic.faces.degrade import degrade


@pytest.fixture
def crops():
    coarse = np.random.default_rng(0).integers(20, 236, (40, 8, 8))
    return np.kron(coarse, np.ones((8, 8))).astype(np.uint8)


@pytest.mark.parametrize(("share", "number"), [(0, 0), (0.2, 8), (1, 40)])
def test_a_share_of_the_crops_is_made_worse(crops, share, number):
    before = crops.copy()
    made = degrade(crops, share)
    assert made.shape == crops.shape and made.dtype == np.uint8
    changed = (made != crops).any(axis=(1, 2))
    assert changed.sum() == number
    np.testing.assert_array_equal(crops, before)


def test_the_seed_decides(crops):
    np.testing.assert_array_equal(degrade(crops, 0.5, 1), degrade(crops, 0.5, 1))
    assert (degrade(crops, 0.5, 1) != degrade(crops, 0.5, 2)).any()


@pytest.mark.parametrize("way", [module._blurred, module._reduced])
def test_edges_are_lost_and_the_light_is_not(crops, way):
    random = np.random.default_rng(0)
    for crop in crops:
        worse = np.asarray(way(crop, random), dtype=float)
        assert np.abs(np.diff(worse, axis=1)).max() < np.abs(np.diff(crop / 1.0)).max()
        assert abs(worse.mean() - crop.mean()) < 6


def test_gamma_bends_the_light_within_its_range(crops):
    random = np.random.default_rng(0)
    for crop in crops:
        dark, bright = module._dark(crop, random), module._bright(crop, random)
        assert dark.mean() < crop.mean() + 1 and bright.mean() >= crop.mean()
        assert bright.max() <= 255 and dark.min() >= 0
    # By hand: 255 * (51 / 255) ** 2 = 10.2.
    assert module.bend(np.array([[51]]), 2, 0) == 10


def test_any_side_is_possible():
    for side in (1, 2, 5):
        crops = np.full((8, side, side), 100, np.uint8)
        assert degrade(crops, 1).shape == crops.shape
