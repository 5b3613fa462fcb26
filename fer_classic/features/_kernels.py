"""Compiled loops for HOG and LBP over a batch of crops (Numba, cached on disk).

Plain loops without ``fastmath``: results do not depend on the processor, and they equal
scikit-image's.
"""

import numpy as np
from numba import njit


def gradient_table(orientations, signed):
    """Magnitude and orientation of every gradient that 8-bit images can have.

    Parameters
    ----------
    orientations : int
        Number of orientation bins.
    signed : bool
        Whether the bins span 360 degrees instead of 180.

    Returns
    -------
    magnitude : ndarray of float32, shape (511, 511)
        Indexed by 255 + row difference, 255 + column difference.
    position : ndarray of float32, shape (511, 511)
        Angle in bins; its floor is the bin.
    """
    difference = np.arange(-255, 256, dtype=np.float64)
    rows, columns = np.meshgrid(difference, difference, indexing="ij")
    span = 360.0 if signed else 180.0
    degrees = np.rad2deg(np.arctan2(rows, columns)) % span
    # Bins as scikit-image bounds them: [i, i + 1) * span / orientations, in float64.
    edges = span / orientations * np.arange(1, orientations + 1)
    whole = np.minimum(np.searchsorted(edges, degrees, side="right"), orientations - 1)
    share = np.clip(degrees / (span / orientations) - whole, 0.0, 1.0 - 1e-6)
    position = (whole + share).astype(np.float32)
    return np.hypot(rows, columns).astype(np.float32), position


@njit(cache=True, nogil=True)
def cell_histograms(crops, magnitude, position, orientations, cell, spatial, angular):
    """Orientation histograms of square cells.

    Parameters
    ----------
    crops : ndarray of uint8, shape (n, S, S)
    magnitude, position : ndarrays of float32, shape (511, 511)
        From :func:`gradient_table`.
    orientations, cell : int
        Bins; side of a cell in pixels.
    spatial : bool
        Share each pixel among the four nearest cells (bilinear).
    angular : bool
        Share each pixel between the two nearest bins.

    Returns
    -------
    ndarray of float32, shape (n, S // cell, S // cell, orientations)
    """
    n, height, width = crops.shape
    rows, columns = height // cell, width // cell
    out = np.zeros((n, rows, columns, orientations), dtype=np.float32)
    scale = np.float32(1.0 / (cell * cell))
    half = np.float32(0.5)
    for k in range(n):
        for r in range(rows * cell):
            # Position of the pixel in units of cells, from the centre of the first.
            y = (np.float32(r) + half) / np.float32(cell) - half
            r0 = int(np.floor(y))
            fy = y - np.float32(r0)
            for c in range(columns * cell):
                dr, dc = 0, 0
                if 0 < r < height - 1:
                    dr = np.int64(crops[k, r + 1, c]) - np.int64(crops[k, r - 1, c])
                if 0 < c < width - 1:
                    dc = np.int64(crops[k, r, c + 1]) - np.int64(crops[k, r, c - 1])
                if dr == 0 and dc == 0:
                    continue
                m = magnitude[255 + dr, 255 + dc] * scale
                o = position[255 + dr, 255 + dc]
                o0 = int(o)
                o1, fo = o0, np.float32(0.0)
                if angular:
                    o = o - half
                    o0 = int(np.floor(o))
                    fo = o - np.float32(o0)
                    o1 = (o0 + 1) % orientations
                    o0 = (o0 + orientations) % orientations
                if not spatial:
                    out[k, r // cell, c // cell, o0] += m * (np.float32(1.0) - fo)
                    out[k, r // cell, c // cell, o1] += m * fo
                    continue
                x = (np.float32(c) + half) / np.float32(cell) - half
                c0 = int(np.floor(x))
                fx = x - np.float32(c0)
                for i in range(2):
                    ri = r0 + i
                    if ri < 0 or ri >= rows:
                        continue
                    wy = fy if i else np.float32(1.0) - fy
                    for j in range(2):
                        cj = c0 + j
                        if cj < 0 or cj >= columns:
                            continue
                        w = m * wy * (fx if j else np.float32(1.0) - fx)
                        out[k, ri, cj, o0] += w * (np.float32(1.0) - fo)
                        if angular:
                            out[k, ri, cj, o1] += w * fo
    return out


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def lbp_codes(crops, offsets, codes):
    """LBP code of every pixel, with neighbours interpolated bilinearly.

    Outside the crop is 0, as in scikit-image.

    Parameters
    ----------
    crops : ndarray of uint8, shape (n, H, W)
    offsets : ndarray of float64, shape (P, 2)
        Row and column of each neighbour, relative to the pixel.
    codes : ndarray, shape (2 ** P,)

    Returns
    -------
    ndarray with the dtype of ``codes``, shape (n, H, W)
    """
    n, height, width = crops.shape
    points = offsets.shape[0]
    out = np.empty((n, height, width), codes.dtype)
    pad = 1 + int(np.ceil(np.abs(offsets).max()))
    image = np.zeros((height + 2 * pad, width + 2 * pad), np.float64)
    for k in range(n):
        image[pad : pad + height, pad : pad + width] = crops[k]
        for r in range(height):
            for c in range(width):
                centre = image[r + pad, c + pad]
                pattern = 0
                for i in range(points):
                    # scikit-image's own order of operations, for equal rounding.
                    y, x = r + offsets[i, 0], c + offsets[i, 1]
                    y0, x0 = int(np.floor(y)), int(np.floor(x))
                    y1, x1 = int(np.ceil(y)) + pad, int(np.ceil(x)) + pad
                    fy, fx = y - y0, x - x0
                    y0 += pad
                    x0 += pad
                    top = (1 - fx) * image[y0, x0] + fx * image[y0, x1]
                    bottom = (1 - fx) * image[y1, x0] + fx * image[y1, x1]
                    if (1 - fy) * top + fy * bottom - centre >= 0:
                        pattern |= 1 << i
                out[k, r, c] = codes[pattern]
    return out


@njit(cache=True, nogil=True)
def grid_histograms(codes, grid, number):
    """Relative frequency of each code in the cells of a grid.

    Parameters
    ----------
    codes : ndarray of integers, shape (n, H, W)
    grid : int
        Cells a side; pixel r belongs to cell row r * grid // H.
    number : int
        Number of codes.

    Returns
    -------
    ndarray of float32, shape (n, grid * grid * number)
    """
    n, height, width = codes.shape
    out = np.zeros((n, grid, grid, number), np.float32)
    for k in range(n):
        for r in range(height):
            i = r * grid // height
            for c in range(width):
                out[k, i, c * grid // width, codes[k, r, c]] += 1
        for i in range(grid):
            for j in range(grid):
                total = np.float32(0.0)
                for b in range(number):
                    total += out[k, i, j, b]
                for b in range(number):
                    out[k, i, j, b] /= total
    return out.reshape(n, grid * grid * number)
