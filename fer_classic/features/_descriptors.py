"""Compiled SIFT-type descriptors at any points of crops (Numba, cached on disk).

As in ``_kernels``, plain loops without ``fastmath``: the processor does not matter.
"""

import numpy as np

from fer_classic.compute.compiled import compiled
from fer_classic.features.sift import ORIENTATIONS, SIDE, STEPS

#: Lines of a crop that are smoothed at a time.
LINES = 8


@compiled
def gradient_maps(crops, angles):
    """Gradient magnitude of each pixel, shared by its two nearest orientations.

    Parameters
    ----------
    crops : ndarray of uint8, shape (n, S, S)
    angles : ndarray of float32, shape (511, 511)
        From :func:`fer_classic.features.sift.orientation_shares`.

    Returns
    -------
    ndarray of int32, shape (n, S, S, 8)
        In steps of 1/16, so that the sums made of them are exact: a mirrored face then
        has the same descriptors in mirrored order, to the bit.
    """
    n, size, _ = crops.shape
    out = np.zeros((n, size, size, ORIENTATIONS), np.int32)
    for k in range(n):
        for r in range(size):
            above, below = crops[k, max(r - 1, 0)], crops[k, min(r + 1, size - 1)]
            for c in range(size):
                dr = np.int64(below[c]) - np.int64(above[c])
                right, left = crops[k, r, min(c + 1, size - 1)], crops[k, r, max(c - 1, 0)]
                dc = np.int64(right) - np.int64(left)
                magnitude = STEPS * np.sqrt(np.float32(dr * dr + dc * dc))
                angle = angles[255 + dr, 255 + dc]
                first = int(angle)
                share = angle - np.float32(first)
                here, next_ = first % ORIENTATIONS, (first + 1) % ORIENTATIONS
                out[k, r, c, here] = np.int32(magnitude * (1 - share) + np.float32(0.5))
                out[k, r, c, next_] = np.int32(magnitude * share + np.float32(0.5))
    return out


@compiled
def smooth(maps, cell):
    """Weighted sums of the neighbourhood of each pixel; weights fall linearly to 0.

    Computed as two running sums along each axis, at a cost that does not depend on
    ``cell``.

    Parameters
    ----------
    maps : ndarray of int32, shape (n, S, S, 8)
    cell : int
        Distance at which the weight is 0, in pixels, at most 24: neighbouring cells of
        this side then share a pixel by its distance to their centres.

    Returns
    -------
    ndarray of int32, shape (n, S, S, 8)
        ``cell ** 2`` times the sums. Pixels outside the crop count as 0.
    """
    n, size, _, _ = maps.shape
    out, across = np.empty_like(maps), np.empty((size, size * ORIENTATIONS), np.int32)
    # Before the lines, and after them, `cell` lines of zeros.
    shape = (size + 2 * cell, LINES * ORIENTATIONS)
    lines, once = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
    twice = np.zeros(shape, np.int32)
    end = 2 * cell - 1
    for k in range(n):
        # A few lines at a time: all that is summed then lies in the innermost cache.
        image = maps[k].reshape(size, size * ORIENTATIONS)
        for first in range(0, size, LINES):
            start = first * ORIENTATIONS
            width = min(LINES, size - first) * ORIENTATIONS
            for r in range(size):
                for c in range(width):
                    lines[cell + r, c] = image[r, start + c]
            _run(lines, once, cell)
            _run(once, twice, cell)
            for r in range(size):
                for c in range(width):
                    across[r, start + c] = twice[end + r, c]
        # Columns in place of lines, and back.
        for first in range(0, size, LINES):
            for r in range(min(LINES, size - first)):
                line = across[first + r]
                for c in range(size):
                    for o in range(ORIENTATIONS):
                        lines[cell + c, r * ORIENTATIONS + o] = line[c * ORIENTATIONS + o]
            _run(lines, once, cell)
            _run(once, twice, cell)
            for r in range(min(LINES, size - first)):
                line = out[k, first + r]
                for c in range(size):
                    for o in range(ORIENTATIONS):
                        line[c, o] = twice[end + c, r * ORIENTATIONS + o]
    return out


@compiled
def _run(lines, sums, cell):
    """From each line on, the sum of the ``cell`` lines that end with it."""
    for i in range(cell, len(lines)):
        before, above, below = sums[i - 1], lines[i], lines[i - cell]
        own = sums[i]
        for c in range(lines.shape[1]):
            own[c] = before[c] + above[c] - below[c]


@compiled
def descriptors(maps, points, cell):
    """Root SIFT (Arandjelović & Zisserman, CVPR 2012) around given points, upright.

    Parameters
    ----------
    maps : ndarray of int32, shape (n, S, S, 8)
        From :func:`smooth`, with the same ``cell``.
    points : ndarray of float32, shape (n, P, 2)
        x and y of each descriptor's centre in pixels.
    cell : int
        Side of a cell in pixels; a descriptor is 4 cells wide.

    Returns
    -------
    ndarray of float32, shape (n, P, 128)
        By cell row, cell column and orientation; the squares of each descriptor sum
        to 1, or are 0 where the crop is even.
    """
    n, size, _, orientations = maps.shape
    number = points.shape[1]
    out = np.zeros((n, number, SIDE * SIDE * orientations), np.float32)
    last = np.float32(size - 1)
    for k in range(n):
        for p in range(number):
            line = out[k, p]
            at = 0
            for i in range(SIDE):
                y = points[k, p, 1] + np.float32((i - 1.5) * cell)
                for j in range(SIDE):
                    x = points[k, p, 0] + np.float32((j - 1.5) * cell)
                    # A cell whose centre lies outside the crop is 0.
                    if 0 <= x <= last and 0 <= y <= last:
                        left, top = min(int(x), size - 2), min(int(y), size - 2)
                        fx, fy = x - np.float32(left), y - np.float32(top)
                        for o in range(orientations):
                            a = np.float32(maps[k, top, left, o])
                            b = np.float32(maps[k, top, left + 1, o])
                            d = np.float32(maps[k, top + 1, left, o])
                            e = np.float32(maps[k, top + 1, left + 1, o])
                            above, below = a + fx * (b - a), d + fx * (e - d)
                            line[at + o] = above + fy * (below - above)
                    at += orientations
            total = np.float32(0.0)
            for i in range(len(line)):
                total += line[i]
            if total > 0:
                for i in range(len(line)):
                    line[i] = np.sqrt(line[i] / total)
    return out
