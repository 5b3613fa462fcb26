"""Compiled loops for HOG and LBP over a batch of crops (Numba, cached on disk).

Plain loops without ``fastmath``: results do not depend on the processor, and they equal
scikit-image's.
"""

import numpy as np

from fer_classic.compute.compiled import compiled


def orientation_table(orientations, signed):
    """Orientation bin of every gradient that 8-bit images can have.

    Parameters
    ----------
    orientations : int
        Number of bins.
    signed : bool
        Whether the bins span 360 degrees instead of 180.

    Returns
    -------
    ndarray of uint8, shape (511, 511)
        Indexed by 255 + row difference, 255 + column difference.
    """
    difference = np.arange(-255, 256, dtype=np.float64)
    rows, columns = np.meshgrid(difference, difference, indexing="ij")
    span = 360.0 if signed else 180.0
    degrees = np.rad2deg(np.arctan2(rows, columns)) % span
    # Bins as scikit-image bounds them: [i, i + 1) * span / orientations, in float64.
    edges = span / orientations * np.arange(1, orientations)
    return np.searchsorted(edges, degrees, side="right").astype(np.uint8)


def cell_shares(size, cell, bilinear):
    """To which two cells each pixel of a line belongs, and how much to the second.

    Parameters
    ----------
    size, cell : int
        Side of the crop and of a cell in pixels.
    bilinear : bool
        Whether pixels are shared by their distance to the centres of the two nearest
        cells; else each belongs to its own cell alone.

    Returns
    -------
    first : ndarray of int64, shape (size // cell * cell,)
        The first cell, counted from 1: cell 0 and the one after the last take what falls
        off the edges. The second is the next one.
    share : ndarray of float32, same shape
        Share of the second cell, from 0 to 1.
    """
    pixel = np.arange(size // cell * cell)
    if not bilinear:
        return pixel // cell + 1, np.zeros(len(pixel), np.float32)
    position = (pixel + 0.5) / cell - 0.5
    first = np.floor(position)
    return first.astype(np.int64) + 1, (position - first).astype(np.float32)


@compiled
def cell_histograms(crops, bins, orientations, cell, first, share):
    """Orientation histograms of square cells, weighted by gradient magnitude.

    Parameters
    ----------
    crops : ndarray of uint8, shape (n, S, S)
    bins : ndarray of uint8, shape (511, 511)
        From :func:`orientation_table`.
    orientations, cell : int
        Bins; side of a cell in pixels.
    first, share : ndarrays, shape (S // cell * cell,)
        From :func:`cell_shares`.

    Returns
    -------
    ndarray of float32, shape (n, S // cell, S // cell, orientations)
    """
    n, size, _ = crops.shape
    cells, used = size // cell, len(first)
    out = np.empty((n, cells, cells, orientations), np.float32)
    padded = np.empty((cells + 2, cells + 2, orientations), np.float32)
    line = np.empty((cells + 2, orientations), np.float32)
    dr, dc = np.empty(size, np.int64), np.empty(size, np.int64)
    magnitude = np.empty(size, np.float32)
    scale = np.float32(1.0 / (cell * cell))
    for k in range(n):
        padded[:] = 0
        for r in range(used):
            # At the edges a difference is 0, as in scikit-image.
            inner = 0 < r < size - 1
            above, below = crops[k, r - inner], crops[k, r + inner]
            for c in range(size):
                dr[c] = np.int64(below[c]) - np.int64(above[c])
            dc[0] = dc[size - 1] = 0
            for c in range(1, size - 1):
                dc[c] = np.int64(crops[k, r, c + 1]) - np.int64(crops[k, r, c - 1])
            for c in range(size):
                magnitude[c] = np.sqrt(np.float32(dr[c] * dr[c] + dc[c] * dc[c])) * scale
            line[:] = 0
            for c in range(used):
                bin_ = bins[255 + dr[c], 255 + dc[c]]
                second = magnitude[c] * share[c]
                line[first[c], bin_] += magnitude[c] - second
                line[first[c] + 1, bin_] += second
            for i in range(cells + 2):
                for o in range(orientations):
                    second = line[i, o] * share[r]
                    padded[first[r], i, o] += line[i, o] - second
                    padded[first[r] + 1, i, o] += second
        out[k] = padded[1 : cells + 1, 1 : cells + 1]
    return out


@compiled
def normalise_blocks(cells, block):
    """L2-Hys normalisation of overlapping blocks of cells (Dalal & Triggs 2005).

    Parameters
    ----------
    cells : ndarray of float32, shape (n, R, C, O)
    block : int
        Side of a block in cells.

    Returns
    -------
    ndarray of float32, shape (n, (R - block + 1) * (C - block + 1) * block² * O)
        Ordered by block row, block column, cell row, cell column, orientation.
    """
    n, rows, columns, bins = cells.shape
    size = block * block * bins
    out = np.empty((n, (rows - block + 1) * (columns - block + 1) * size), np.float32)
    values = np.empty(size, np.float64)
    eps = 1e-10  # scikit-image's 1e-5, squared
    for k in range(n):
        at = 0
        for r in range(rows - block + 1):
            for c in range(columns - block + 1):
                i, total = 0, eps
                for dr in range(block):
                    for dc in range(block):
                        for o in range(bins):
                            v = float(cells[k, r + dr, c + dc, o])
                            values[i] = v
                            total += v * v
                            i += 1
                first = 1.0 / np.sqrt(total)
                total = eps
                for i in range(size):
                    values[i] = min(values[i] * first, 0.2)
                    total += values[i] * values[i]
                second = 1.0 / np.sqrt(total)
                for i in range(size):
                    out[k, at + i] = values[i] * second
                at += size
    return out


def uniform_codes(points):
    """Code of each binary pattern under "non-rotation-invariant uniform" LBP.

    Codes are numbered as scikit-image's ``method="nri_uniform"`` numbers them.

    Parameters
    ----------
    points : int
        Number of neighbours P.

    Returns
    -------
    ndarray of uint8 or uint16, shape (2 ** P,)
        From 0 to P (P - 1) + 2, the last for all patterns that are not uniform.
    """
    number = points * (points - 1) + 3
    codes = np.empty(2**points, dtype=np.uint8 if number <= 256 else np.uint16)
    for pattern in range(2**points):
        bits = [(pattern >> i) & 1 for i in range(points)]
        ones = sum(bits)
        changes = sum(bits[i] != bits[i + 1] for i in range(points - 1))
        if changes > 2:
            codes[pattern] = number - 1
        elif ones == 0:
            codes[pattern] = 0
        elif ones == points:
            codes[pattern] = points * (points - 1) + 1
        else:
            first_one, first_zero = bits.index(1), bits.index(0)
            rotation = points - first_one if first_one else ones - first_zero
            codes[pattern] = 1 + (ones - 1) * points + rotation
    return codes


@compiled
def lbp_codes(crops, offsets, codes):
    """LBP code of every pixel, with neighbours interpolated bilinearly.

    Outside the crop is 0, as in scikit-image, whose order of operations is kept so that
    rounding is equal. A row is handled at a time, which the compiler turns into vector
    instructions.

    Parameters
    ----------
    crops : ndarray of uint8, shape (n, S, S)
    offsets : ndarray of float64, shape (P, 2)
        Row and column of each neighbour, relative to the pixel.
    codes : ndarray, shape (2 ** P,)

    Returns
    -------
    ndarray with the dtype of ``codes``, shape (n, S, S)
    """
    n, size, _ = crops.shape
    points = len(offsets)
    out = np.empty((n, size, size), codes.dtype)
    pad = 1 + int(np.ceil(np.abs(offsets).max()))
    image = np.zeros((size + 2 * pad, size + 2 * pad), np.float64)
    share = np.empty((points, size))
    for i in range(points):
        for c in range(size):
            share[i, c] = (c + offsets[i, 1]) - np.floor(c + offsets[i, 1])
    pattern = np.empty(size, np.float64)
    for k in range(n):
        image[pad : pad + size, pad : pad + size] = crops[k]
        for r in range(size):
            centre = image[r + pad, pad : pad + size]
            pattern[:] = 0.0
            for i in range(points):
                weight = float(1 << i)
                y = r + offsets[i, 0]
                down = y - np.floor(y)
                top, bottom = int(np.floor(y)) + pad, int(np.ceil(y)) + pad
                left = int(np.floor(offsets[i, 1])) + pad
                right = int(np.ceil(offsets[i, 1])) + pad
                a, b = image[top, left : left + size], image[top, right : right + size]
                d, e = (
                    image[bottom, left : left + size],
                    image[bottom, right : right + size],
                )
                if top == bottom and left == right:
                    for c in range(size):
                        pattern[c] += weight if a[c] - centre[c] >= 0 else 0.0
                    continue
                for c in range(size):
                    above = (1 - share[i, c]) * a[c] + share[i, c] * b[c]
                    below = (1 - share[i, c]) * d[c] + share[i, c] * e[c]
                    value = (1 - down) * above + down * below
                    pattern[c] += weight if value - centre[c] >= 0 else 0.0
            for c in range(size):
                out[k, r, c] = codes[int(pattern[c])]
    return out


@compiled
def grid_histograms(codes, grid, number):
    """Relative frequency of each code in the cells of a grid.

    Parameters
    ----------
    codes : ndarray of integers, shape (n, S, S)
    grid : int
        Cells a side; pixel r belongs to cell row r * grid // S.
    number : int
        Number of codes.

    Returns
    -------
    ndarray of float32, shape (n, grid * grid * number)
    """
    n, size, _ = codes.shape
    out = np.zeros((n, grid, grid, number), np.float32)
    column = np.arange(size) * grid // size
    for k in range(n):
        for r in range(size):
            line = out[k, column[r]]
            for c in range(size):
                line[column[c], codes[k, r, c]] += 1
        for i in range(grid):
            for j in range(grid):
                total = np.float32(0.0)
                for b in range(number):
                    total += out[k, i, j, b]
                for b in range(number):
                    out[k, i, j, b] /= total
    return out.reshape(n, grid * grid * number)
