"""Reading and evaluating landmark forests, compiled (Numba, cached on disk).

Whole numbers in dlib's files: a byte with the sign (bit 7) and the number of bytes that
follow (bits 0 to 3), the lowest first. Floats: mantissa and exponent of 2, whole numbers.
"""

import numpy as np

from fer_classic.compute.compiled import compiled

#: 2.0 ** n at place n + LARGEST. A larger exponent would be no 32-bit float.
LARGEST = 255
POWERS = 2.0 ** np.arange(-LARGEST, LARGEST + 1)


@compiled
def read_whole(data, at):
    """A whole number and the place after it.

    Parameters
    ----------
    data : ndarray of uint8, shape (n,)
    at : int

    Returns
    -------
    value : int
    at : int
        -1 where no whole number lies.
    """
    if at < 0 or at >= len(data):
        return 0, -1
    size = np.int64(data[at] & 15)
    if size == 0 or size > 8 or data[at] & 112 or at + size >= len(data):
        return 0, -1
    value = np.int64(0)
    for i in range(size):
        value |= np.int64(data[at + 1 + i]) << (8 * i)
    return (-value if data[at] & 128 else value), at + 1 + size


@compiled
def read_floats(data, at, powers, out):
    """Fill ``out`` with floats; returns the place after them, -1 where they are none.

    Parameters
    ----------
    data : ndarray of uint8, shape (n,)
    at : int
    powers : ndarray of float64, shape (2 * LARGEST + 1,)
    out : ndarray of float32, shape (m,)
    """
    middle = len(powers) // 2
    for i in range(len(out)):
        if at < 0:
            return -1
        size = np.int64(data[at] & 15) if at + 6 < len(data) else 0
        if 0 < size <= 3 and data[at + size + 1] & 127 == 1:  # nearly all are so short
            value = np.int64(data[at + 1]) | np.int64(data[at + 2]) << 8
            value |= np.int64(data[at + 3]) << 16
            value &= (np.int64(1) << (8 * size)) - 1
            power = np.int64(data[at + size + 2])
            power = -power if data[at + size + 1] & 128 else power
            value = -value if data[at] & 128 else value
            at += size + 3
        else:
            value, at = read_whole(data, at)
            power, at = read_whole(data, at)
            if at < 0 or abs(power) > middle:
                return -1
        out[i] = value * powers[middle + power]
    return at


@compiled
def read_trees(data, at, powers, pairs, thresholds, leaves):
    """Fill the arrays of all trees; returns the place after them, or -1.

    Parameters
    ----------
    data, at, powers
        As of :func:`read_floats`.
    pairs : ndarray of int32, shape (cascades, trees, splits, 2)
    thresholds : ndarray of float32, shape (cascades, trees, splits)
    leaves : ndarray of float32, shape (cascades, trees, splits + 1, length)
    """
    cascades, trees, splits, length = *thresholds.shape, leaves.shape[3]
    for cascade in range(cascades):
        number, at = read_whole(data, at)
        if number != trees:
            return -1
        for tree in range(trees):
            number, at = read_whole(data, at)
            if number != splits:
                return -1
            for split in range(splits):
                for side in range(2):
                    number, at = read_whole(data, at)
                    pairs[cascade, tree, split, side] = number
                own = thresholds[cascade, tree, split : split + 1]
                at = read_floats(data, at, powers, own)
            number, at = read_whole(data, at)
            if number != splits + 1:
                return -1
            for leaf in range(splits + 1):
                rows, at = read_whole(data, at)
                columns, at = read_whole(data, at)
                if rows != -length or columns != -1:
                    return -1
                at = read_floats(data, at, powers, leaves[cascade, tree, leaf])
            if at < 0:
                return -1
    return at


@compiled
def locate(patch, low, span, mean, anchors, deltas, pairs, thresholds, leaves):
    """Move the mean shape by all trees (Kazemi & Sullivan, CVPR 2014).

    Parameters
    ----------
    patch : ndarray of uint8, shape (H, W)
    low, span : float
        The face's box in the patch: pixel of its corner, and pixels to the opposite one.
    mean : ndarray of float32, shape (2 * points,)
        x and y of each point in units of the box.
    anchors : ndarray of int32, shape (cascades, pixels)
        Point that each pixel of a cascade is fixed to.
    deltas : ndarray of float32, shape (cascades, pixels, 2)
        Its place beside that point in the mean shape.
    pairs, thresholds, leaves : ndarrays
        As of :func:`read_trees`.

    Returns
    -------
    ndarray of float32, shape (2 * points,)
    """
    shape = mean.copy()
    values = np.empty(anchors.shape[1], np.float32)
    trees, splits = thresholds.shape[1:]
    chosen = np.empty(trees, np.int64)
    for cascade in range(len(anchors)):
        _look(patch, low, span, mean, shape, anchors[cascade], deltas[cascade], values)
        for tree in range(trees):
            own, threshold = pairs[cascade, tree], thresholds[cascade, tree]
            at = 0
            while at < splits:
                left = values[own[at, 0]] - values[own[at, 1]] > threshold[at]
                at = 2 * at + 2 - left
            chosen[tree] = at - splits
        # Leaves lie all over the memory: once all are known, they are fetched side by side.
        for tree in range(0, trees - 3, 4):
            a, b = leaves[cascade, tree], leaves[cascade, tree + 1]
            d, e = leaves[cascade, tree + 2], leaves[cascade, tree + 3]
            a, b = a[chosen[tree]], b[chosen[tree + 1]]
            d, e = d[chosen[tree + 2]], e[chosen[tree + 3]]
            for i in range(len(shape)):
                shape[i] = shape[i] + a[i] + b[i] + d[i] + e[i]
        for tree in range(trees - trees % 4, trees):
            shape += leaves[cascade, tree, chosen[tree]]
    return shape


@compiled
def _look(patch, low, span, mean, shape, anchors, deltas, values):
    """Read the pixels of a cascade, which turn and grow with the shape."""
    cos, sin = _turn(mean, shape)
    height, width = patch.shape
    for i in range(len(anchors)):
        x, y = deltas[i]
        u = cos * x - sin * y + shape[2 * anchors[i]]
        v = sin * x + cos * y + shape[2 * anchors[i] + 1]
        column = np.int64(np.floor(low + span * np.float64(u) + 0.5))
        row = np.int64(np.floor(low + span * np.float64(v) + 0.5))
        inside = 0 <= column < width and 0 <= row < height
        values[i] = patch[row, column] if inside else 0


@compiled
def _turn(mean, shape):
    """Scaled cosine and sine of the similarity that turns one shape into another."""
    points = len(mean) // 2
    centre = np.zeros(4)
    for i in range(points):
        for side in range(2):
            centre[side] += mean[2 * i + side] / points
            centre[2 + side] += shape[2 * i + side] / points
    total = dot = cross = 0.0
    for i in range(points):
        x, y = mean[2 * i] - centre[0], mean[2 * i + 1] - centre[1]
        u, v = shape[2 * i] - centre[2], shape[2 * i + 1] - centre[3]
        total += x * x + y * y
        dot += x * u + y * v
        cross += x * v - y * u
    return np.float32(dot / total), np.float32(cross / total)
