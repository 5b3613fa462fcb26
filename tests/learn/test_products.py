"""Products with small whole numbers."""

import numpy as np
import pytest

from fer_classic.learn._halves import LANES, Halves
from fer_classic.learn._products import BLOCK, multiply
from fer_classic.learn.packed_columns import PackedColumns

SHAPES = [(1, 3), (21, 40), (8, BLOCK + 5), (19, 300), (4 * LANES, 7), (700, 65)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("number", [1, 3])
def test_products_are_exact_however_the_numbers_are_held(shape, number):
    random = np.random.default_rng(0)
    columns = random.integers(-8, 8, shape).astype(np.int8)
    columns[::5] *= 16  # these rows do not fit four bits
    columns[-1:, 0] = 127
    rows = random.integers(-9999, 9999, (number, len(columns))).astype(np.float32)
    rows[:, ::5] *= 20
    expected = rows.astype(int) @ columns.astype(int)
    assert np.abs(expected).max() < 2**31
    held = Halves(columns)
    np.testing.assert_array_equal(held.multiply(rows), expected.astype(np.float32))


@pytest.mark.parametrize("shape", SHAPES)
def test_products_are_the_same_the_first_time_and_later(shape):
    random = np.random.default_rng(0)
    columns = random.integers(-8, 8, shape).astype(np.int8)
    columns[::5] *= 15
    rows = random.integers(-99, 99, (2, len(columns))).astype(np.float32)
    packed, out = PackedColumns(columns), np.empty((2, shape[1]), np.float32)
    multiply(rows, columns, out)
    for _ in range(3):
        np.testing.assert_array_equal(packed.times(rows), out)


@pytest.mark.parametrize("value", [0.5, 32768.0, 1e7, -1e30, np.nan])
@pytest.mark.parametrize("place", [0, 7, 8])
def test_numbers_that_do_not_fit_are_multiplied_all_the_same(value, place):
    columns = np.random.default_rng(0).integers(-8, 8, (9, 50)).astype(np.int8)
    columns[7] = 100
    rows = np.ones((1, 9), np.float32)
    rows[0, place] = value
    out = np.empty((1, 50), np.float32)
    multiply(rows, columns, out)
    np.testing.assert_array_equal(Halves(columns).multiply(rows), out)


def test_most_numbers_take_half_a_byte():
    columns = np.random.default_rng(0).integers(-8, 8, (100, 50)).astype(np.int8)
    columns[7] = 100
    assert Halves(columns).lines.shape == (50, 2 * LANES + LANES)
