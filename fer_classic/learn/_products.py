"""Compiled products of a few vectors with many small whole numbers (Numba, cached on disk).

Products and sums may be fused: those of whole numbers below 2 ** 24 are exact either way,
so that the processor does not matter.
"""

from functools import partial

import numpy as np

from fer_classic.compute.compiled import compiled

#: Columns of which the sums stay in the innermost cache.
BLOCK = 4096

fused = partial(compiled, fastmath={"contract"})


def times(rows, columns):
    """``rows @ columns``, float32 of shape (m, n), as of :func:`multiply`."""
    out = np.empty((len(rows), columns.shape[1]), np.float32)
    multiply(rows, columns, out)
    return out


@fused
def multiply(rows, columns, out):
    """``rows @ columns``; reads the whole numbers as they are, a fourth of the bytes.

    Parameters
    ----------
    rows : ndarray of float32, shape (m, d)
    columns : ndarray of int8, shape (d, n)
    out : ndarray of float32, shape (m, n)
        Filled.
    """
    number, depth = rows.shape
    for start in range(0, columns.shape[1], BLOCK):
        stop = min(start + BLOCK, columns.shape[1])
        for i in range(number):
            sums, row = out[i, start:stop], rows[i]
            sums[:] = 0
            for c in range(0, depth - 7, 8):
                q, r, s, t = row[c], row[c + 1], row[c + 2], row[c + 3]
                a, b = columns[c, start:stop], columns[c + 1, start:stop]
                d, e = columns[c + 2, start:stop], columns[c + 3, start:stop]
                u, v, w, x = row[c + 4], row[c + 5], row[c + 6], row[c + 7]
                f, g = columns[c + 4, start:stop], columns[c + 5, start:stop]
                h, j = columns[c + 6, start:stop], columns[c + 7, start:stop]
                for k in range(stop - start):
                    one = sums[k] + q * np.float32(a[k]) + r * np.float32(b[k])
                    one = one + s * np.float32(d[k]) + t * np.float32(e[k])
                    two = u * np.float32(f[k]) + v * np.float32(g[k])
                    two = two + w * np.float32(h[k]) + x * np.float32(j[k])
                    sums[k] = one + two
            for c in range(depth - depth % 8, depth):
                q, a = row[c], columns[c, start:stop]
                for k in range(stop - start):
                    sums[k] += q * np.float32(a[k])
