"""The modules that import torch: documented, and their examples run."""

import doctest
from importlib import import_module

import pytest

from fer_classic.learn.cnn.networks import Network
from tests.test_layers import OF_TORCH, undocumented


def test_everything_public_has_a_docstring():
    # torch's own methods are named forward and need no more words.
    assert not {n for n in undocumented(OF_TORCH) if not n.endswith(".forward")}


@pytest.mark.parametrize("path", OF_TORCH, ids=lambda path: path.stem)
def test_doctests(path):
    name = f"fer_classic.learn.cnn.{path.stem}".removesuffix(".__init__")
    assert doctest.testmod(import_module(name)).failed == 0


@pytest.mark.parametrize(("name", "most"), [("default", 1_000_000), ("mini", 60_000)])
def test_the_networks_are_small(name, most):
    assert sum(own.numel() for own in Network(name, 7, 44).parameters()) < most
