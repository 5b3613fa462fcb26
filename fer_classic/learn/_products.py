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


class Halves:
    """Whole numbers of which most fit half a byte, held so.

    A matrix of many rows and few columns does not fit the processor's cache: reading it
    takes longer than what is done with it.

    Parameters
    ----------
    columns : ndarray of int8, shape (d, n)
    """

    def __init__(self, columns):
        narrow = (columns.min(axis=1) >= -8) & (columns.max(axis=1) <= 7)
        small = np.flatnonzero(narrow)
        small = small[: len(small) // 2 * 2]
        self.low, self.high = small[0::2], small[1::2]
        self.rest = np.setdiff1d(np.arange(len(columns)), small)
        self.wide = columns[self.rest]
        self.pairs = (columns[self.low] & 15) | (columns[self.high] << 4)

    def multiply(self, rows):
        """``rows @ columns``.

        Parameters
        ----------
        rows : ndarray of float32, shape (m, d)

        Returns
        -------
        ndarray of float32, shape (m, n)
        """
        out = np.empty((len(rows), self.pairs.shape[1]), np.float32)
        multiply(rows[:, self.rest], self.wide, out)
        add_halves(rows[:, self.low], rows[:, self.high], self.pairs, out)
        return out


@fused
def add_halves(lows, highs, pairs, out):
    """Add ``lows @ low + highs @ high`` to ``out``.

    Parameters
    ----------
    lows, highs : ndarrays of float32, shape (m, d)
    pairs : ndarray of int8, shape (d, n)
        ``low`` in the lower four bits, ``high`` in the upper ones.
    out : ndarray of float32, shape (m, n)
    """
    number, depth = lows.shape
    for start in range(0, pairs.shape[1], BLOCK):
        stop = min(start + BLOCK, pairs.shape[1])
        for i in range(number):
            sums, low, high = out[i, start:stop], lows[i], highs[i]
            for c in range(0, depth - 3, 4):
                q, r, s, t = low[c], low[c + 1], low[c + 2], low[c + 3]
                u, v, w, x = high[c], high[c + 1], high[c + 2], high[c + 3]
                a, b = pairs[c, start:stop], pairs[c + 1, start:stop]
                d, e = pairs[c + 2, start:stop], pairs[c + 3, start:stop]
                for k in range(stop - start):
                    one = sums[k] + q * np.float32(np.int8(a[k] << 4) >> 4)
                    one = one + r * np.float32(np.int8(b[k] << 4) >> 4)
                    one = one + s * np.float32(np.int8(d[k] << 4) >> 4)
                    one = one + t * np.float32(np.int8(e[k] << 4) >> 4)
                    two = u * np.float32(a[k] >> 4) + v * np.float32(b[k] >> 4)
                    two = two + w * np.float32(d[k] >> 4) + x * np.float32(e[k] >> 4)
                    sums[k] = one + two
            for c in range(depth - depth % 4, depth):
                q, u, a = low[c], high[c], pairs[c, start:stop]
                for k in range(stop - start):
                    one = q * np.float32(np.int8(a[k] << 4) >> 4)
                    sums[k] += one + u * np.float32(a[k] >> 4)
