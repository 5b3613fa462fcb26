"""Bilinear sampling, compiled (Numba, cached on disk; no ``fastmath``)."""

import numpy as np

from fer_classic.compute.compiled import compiled


@compiled
def sample(gray, linear, shift, size):
    """Bilinear samples at ``linear @ (x, y) + shift``, clamped to the image.

    Parameters
    ----------
    gray : ndarray of uint8, shape (H, W)
    linear : ndarray of float32, shape (2, 2)
    shift : ndarray of float32, shape (2,)
    size : int
        Side of the result in pixels.

    Returns
    -------
    ndarray of uint8, shape (size, size)
    """
    last_row, last_column = np.uint64(gray.shape[0] - 1), np.uint64(gray.shape[1] - 1)
    columns, rows = np.empty(size, np.float32), np.empty(size, np.float32)
    zero, one = np.float32(0), np.uint64(1)
    out = np.empty((size, size), np.uint8)
    for i in range(size):
        y = np.float32(i)
        for j in range(size):  # apart from the next loop, for this one takes vectors
            x = np.float32(j)
            column = linear[0, 0] * x + linear[0, 1] * y + shift[0]
            row = linear[1, 0] * x + linear[1, 1] * y + shift[1]
            columns[j] = min(max(column, zero), np.float32(last_column))
            rows[j] = min(max(row, zero), np.float32(last_row))
        for j in range(size):
            # Unsigned, so that no index is asked whether it is negative.
            c, r = np.uint64(np.int32(columns[j])), np.uint64(np.int32(rows[j]))
            after, below = min(c + one, last_column), min(r + one, last_row)
            fx, fy = np.float64(columns[j]) - c, np.float64(rows[j]) - r
            upper = gray[r, c] * (1 - fx) + gray[r, after] * fx
            lower = gray[below, c] * (1 - fx) + gray[below, after] * fx
            out[i, j] = np.uint8(np.rint(upper * (1 - fy) + lower * fy))
    return out
