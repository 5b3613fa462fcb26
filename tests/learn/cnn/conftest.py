"""What the tests of the network share. They run in a process without LightGBM."""

import sys

import numpy as np
import pytest

pytest.importorskip("torch")


@pytest.fixture(scope="session", autouse=True)
def no_lightgbm():
    """Torch and LightGBM are never loaded together, not even by these tests."""
    yield
    assert "lightgbm" not in sys.modules


@pytest.fixture(autouse=True)
def one_thread():
    """The machines that test have few cores."""
    import torch

    torch.set_num_threads(1)


def pictures(counts, side=32, seed=0):
    """Noise with a bright spot whose place tells the class; crops and names."""
    random = np.random.default_rng(seed)
    codes = np.repeat(np.arange(len(counts)), counts)
    crops = random.integers(60, 140, (len(codes), side, side), dtype=np.uint8)
    for crop, code in zip(crops, codes, strict=True):
        # Along the middle column: a mirrored face keeps its expression.
        row = int((code + 0.5) * side / len(counts))
        crop[row - 3 : row + 3, side // 2 - 4 : side // 2 + 4] = 250
    order = random.permutation(len(codes))
    return crops[order], np.array(["low", "middle", "high"])[codes[order]]


@pytest.fixture(scope="session")
def toy():
    """Crops (150, 32, 32) and their classes, easy to tell apart."""
    return pictures([50, 50, 50])
