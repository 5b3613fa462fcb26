"""The networks: shapes, and what does not change an answer."""

import pytest
import torch

from fer_classic.learn.cnn.networks import Network
from fer_classic.learn.cnn.scoring import logits_of


@pytest.fixture(params=["default", "mini"])
def network(request):
    torch.manual_seed(0)
    return Network(request.param, 5, 44).eval()


@pytest.mark.parametrize("side", [32, 44, 64, 97])
def test_crops_of_any_size_give_a_logit_for_each_class(network, side):
    crops = torch.randint(0, 256, (3, side, side), dtype=torch.uint8)
    assert logits_of(network, crops).shape == (3, 5)


@pytest.mark.parametrize("size", [24, 37, 48])
def test_any_size_of_the_network_works(size):
    for name in ("default", "mini"):
        faces = torch.rand(2, 1, 64, 64) * 255
        assert Network(name, 3, size).eval()(faces).shape == (2, 3)


def test_an_even_picture_has_finite_logits(network):
    assert logits_of(network, torch.zeros(1, 64, 64, dtype=torch.uint8)).isfinite().all()


def test_light_and_contrast_hardly_matter(network):
    faces = torch.rand(4, 1, 64, 64) * 100 + 50
    with torch.no_grad():
        plain, other = network(faces), network(faces * 1.5 - 20)
    torch.testing.assert_close(plain, other, atol=0.05, rtol=0.05)


def test_with_its_mirror_a_face_and_its_mirror_get_the_same_logits(network):
    crops = torch.randint(0, 256, (3, 64, 64), dtype=torch.uint8)
    torch.testing.assert_close(
        logits_of(network, crops, mirror=True),
        logits_of(network, crops.flip(2), mirror=True),
        atol=1e-5,
        rtol=1e-5,
    )
