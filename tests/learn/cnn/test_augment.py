"""Faces changed at random: the same for a seed, within bounds, and each part by itself."""

import pytest
import torch
from torch.nn import functional as F

from fer_classic.learn.cnn import augment
from fer_classic.learn.cnn.augment import random_views

CROPS = torch.randint(
    0, 256, (200, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
)


def views(crops=CROPS, size=44, seed=0):
    return random_views(crops, size, torch.Generator().manual_seed(seed))


@pytest.fixture
def still(monkeypatch):
    """No change but the mirror."""
    for name, value in {
        "SHIFT": 0,
        "TURN": 0,
        "SCALE": 1,
        "GAMMA": 1,
        "CONTRAST": 1,
    }.items():
        monkeypatch.setattr(augment, name, value)
    monkeypatch.setattr(augment, "ERASED", 0)
    return monkeypatch


def test_a_seed_gives_the_same_faces_and_another_gives_others():
    first = views()
    assert first.shape == (200, 1, 44, 44) and first.dtype == torch.float32
    assert first.min() >= 0 and first.max() <= 255
    assert torch.equal(first, views()) and not torch.equal(first, views(seed=1))


def test_without_change_a_face_or_its_mirror_is_reduced(still):
    plain = F.interpolate(CROPS[:, None].float(), (44, 44), mode="bilinear")
    found = views()
    same = (found - plain).abs().amax(dim=(1, 2, 3)) < 0.05
    mirrored = (found - plain.flip(3)).abs().amax(dim=(1, 2, 3)) < 0.05
    assert (same | mirrored).all() and 70 < same.sum() < 130


def test_a_rectangle_is_erased_in_some_faces(still):
    still.setattr(augment, "ERASED", 0.4)
    white = torch.zeros(500, 64, 64, dtype=torch.uint8)
    white[:, :, ::2] = 255  # stripes, whose mean is no stripe
    flat = (views(white, 64) - 127.5).abs() < 1
    share = flat.float().mean(dim=(1, 2, 3))
    assert 0.3 < (share > 0).float().mean() < 0.5
    assert share[share > 0].min() > 0.15**2 * 0.7 and share.max() < 0.45**2 * 1.2


def test_a_spot_moves_no_further_than_the_largest_shift(still):
    still.setattr(augment, "SHIFT", 0.1)
    spot = torch.zeros(300, 64, 64, dtype=torch.uint8)
    spot[:, 30:34, 30:34] = 255
    found = views(spot, 64)[:, 0]
    places = torch.arange(64) + 0.5
    mass = found.sum(dim=(1, 2))
    across = (found.sum(dim=1) * places).sum(dim=1) / mass - 32
    assert 5.5 < across.abs().max() < 6.6  # a tenth of 64 pixels


def test_gamma_and_contrast_change_light_and_keep_places(still):
    still.setattr(augment, "GAMMA", 1.6)
    ramp = torch.arange(64).mul(4).to(torch.uint8).expand(100, 64, 64)
    rows = views(ramp, 64)[:, 0, 10]
    rising = rows.diff(dim=1)
    assert ((rising >= -1e-3).all(dim=1) | (rising <= 1e-3).all(dim=1)).all()
    assert rows.mean(dim=1).std() > 5
