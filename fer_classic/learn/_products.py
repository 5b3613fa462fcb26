"""Compiled products of a few vectors with many small whole numbers (Numba, cached on disk).

As in ``features/_kernels.py``, plain loops without ``fastmath``: the processor
does not matter.
"""

import numpy as np

from fer_classic.compute.compiled import compiled

#: Rows up to which this is faster than unpacking the whole numbers for BLAS.
FEW = 8
#: Columns of which the sums stay in the innermost cache.
BLOCK = 4096


@compiled
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
            for c in range(0, depth - 3, 4):
                q, r, s, t = row[c], row[c + 1], row[c + 2], row[c + 3]
                a, b = columns[c, start:stop], columns[c + 1, start:stop]
                d, e = columns[c + 2, start:stop], columns[c + 3, start:stop]
                for k in range(stop - start):
                    first = q * np.float32(a[k]) + r * np.float32(b[k])
                    sums[k] += first + (s * np.float32(d[k]) + t * np.float32(e[k]))
            for c in range(depth - depth % 4, depth):
                q, a = row[c], columns[c, start:stop]
                for k in range(stop - start):
                    sums[k] += q * np.float32(a[k])
