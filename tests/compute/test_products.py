"""Products in blocks: the same bytes on any number of threads, and no crash."""

import subprocess
import sys

import numpy as np
import pytest

from fer_classic.compute.products import (
    gram,
    in_threads,
    one_blas_thread,
    product,
    slices,
    times_transposed,
)


@pytest.fixture
def rows():
    return np.random.default_rng(0).normal(size=(5000, 20)).astype(np.float32)


def test_slices_cover_all():
    assert slices(0) == [] and slices(5, 2) == [slice(0, 2), slice(2, 4), slice(4, 5)]


def test_results_come_in_order():
    for jobs in (-1, 1, 3):
        assert in_threads(lambda i: i * i, range(50), jobs) == [i * i for i in range(50)]


def test_products_are_those_of_numpy(rows):
    other = rows[:20].copy()
    np.testing.assert_allclose(product(rows, other), rows @ other, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(gram(rows), rows.T @ rows.copy(), rtol=1e-3, atol=1e-2)
    few = rows[:100]
    np.testing.assert_allclose(times_transposed(few, few), few @ few.copy().T, rtol=1e-5)
    square = rows[:20]
    np.testing.assert_allclose(product(square, square), square @ square.copy(), rtol=1e-4)


def test_threads_do_not_change_a_bit(rows):
    with one_blas_thread():
        for function in (gram, lambda A, jobs: product(A.T, A, jobs)):
            np.testing.assert_array_equal(function(rows, 1), function(rows, 3))


#: OpenBLAS 0.3.31 crashes on these with two threads, where NumPy is given the whole.
CRASHING = """
import numpy as np
from fer_classic.compute.products import gram, product
from fer_classic.learn.kernel_blocks import KernelBlocks
for n, d in ((36_000, 256), (30_294, 320)):
    A = np.random.default_rng(0).normal(size=(n, d)).astype(np.float32)
    assert np.isfinite(gram(A)).all() and np.isfinite(gram(A.T[:, :9000])).all()
    assert np.isfinite(product(A[:3000], A.T)).all()
    del A
rows = np.random.default_rng(0).integers(-9, 9, (36_000, 256)).astype(np.float32)
lines = np.ones((1, 36_000), np.float32)
kernel = KernelBlocks(rows, 1e-4)
assert np.isfinite(kernel.times(lines)).all()
print("whole")
"""


@pytest.mark.slow
def test_sizes_that_crashed_do_not():
    done = subprocess.run(
        [sys.executable, "-c", CRASHING], capture_output=True, text=True, timeout=1200
    )
    assert (done.returncode, done.stdout) == (0, "whole\n"), done.stderr
