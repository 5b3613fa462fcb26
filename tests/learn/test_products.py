"""Products with small whole numbers."""

import numpy as np
import pytest

from fer_classic.learn._products import BLOCK, Halves, multiply


@pytest.mark.parametrize("shape", [(1, 3), (21, 40), (8, BLOCK + 5), (19, 300)])
def test_products_are_exact_however_the_numbers_are_held(shape):
    random = np.random.default_rng(0)
    columns = random.integers(-8, 8, shape).astype(np.int8)
    columns[::5] *= 15  # these rows do not fit four bits
    rows = random.integers(-999, 999, (3, len(columns))).astype(np.float32)
    out = np.empty((3, shape[1]), np.float32)
    multiply(rows, columns, out)
    np.testing.assert_array_equal(out, rows.astype(int) @ columns.astype(int))
    np.testing.assert_array_equal(Halves(columns).multiply(rows), out)


def test_most_numbers_take_half_a_byte():
    columns = np.random.default_rng(0).integers(-8, 8, (100, 50)).astype(np.int8)
    columns[7] = 100
    held = Halves(columns)
    assert held.pairs.shape == (49, 50)
    assert held.wide.shape == (2, 50)
