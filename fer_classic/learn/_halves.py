"""Products of a few vectors with many small whole numbers, most of them of four bits.

A matrix of some ten thousand rows does not fit the processor's cache: reading it takes
longer than what is done with it, so it is held in half bytes. The sums are those of whole
numbers, exact in any order.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from fer_classic.compute.compiled import compiled
from fer_classic.learn._products import times

#: Bytes that are multiplied at a time: one or two registers of the processor.
LANES = 32
#: Places of the matrix that are read in turn, which a processor fetches side by side.
STREAMS = 8
#: Where numbers need a whole byte, vectors are taken apart into two digits, the second of
#: which counts 2 ** SHIFT.
SHIFT = 7
#: Largest number that a digit of 16 bits may be.
LARGEST = 32767


class Halves:
    """Whole numbers of which most fit half a byte, held so; a line for each column.

    A column's line holds first its narrow numbers, two to a byte, then its wide ones.

    Parameters
    ----------
    columns : ndarray of int8, shape (d, n)
    """

    def __init__(self, columns):
        self.columns = columns
        fits = (columns.min(axis=1) >= -8) & (columns.max(axis=1) <= 7)
        narrow, self.wide = np.flatnonzero(fits), np.flatnonzero(~fits)
        self.low, self.high = np.array_split(narrow, 2)
        self.tail = _padded(len(self.wide))
        head = _padded(len(self.low))
        self.lines = np.zeros((columns.shape[1], head + self.tail), np.int8)
        # The lower half of a byte is read without a sign.
        self.lines[:, : len(self.low)] = columns[self.low].T + 8
        self.lines[:, : len(self.high)] |= columns[self.high].T << 4
        self.lines[:, head : head + len(self.wide)] = columns[self.wide].T

    def multiply(self, rows):
        """``rows @ columns``, to the bit as in float32.

        Parameters
        ----------
        rows : ndarray of float32, shape (m, d)

        Returns
        -------
        ndarray of float32, shape (m, n)
        """
        number, width = len(rows), self.lines.shape[1]
        digits = np.zeros((4, number, width), np.int16)
        surplus = np.zeros(number, np.int32)
        order = self.low, self.high, self.wide
        if not take_apart(rows, *order, self.tail, digits, surplus):
            return times(rows, self.columns)  # numbers of older models are not whole
        out = np.empty((number, len(self.lines)), np.float32)
        multiply_halves(*digits, surplus, self.lines, self.tail, out)
        return out


def _padded(number):
    return -(-number // LANES) * LANES


@compiled
def take_apart(rows, low, high, wide, tail, digits, surplus):
    """What the two halves of each byte are multiplied with.

    Parameters
    ----------
    rows : ndarray of float32, shape (m, d)
    low, high, wide : ndarrays of int64
        Numbers of a row that belong to lower halves, upper halves and whole bytes.
    tail : int
        Bytes of a line that hold whole ones.
    digits : ndarray of int16, shape (4, m, width)
        Filled: factors of lower and upper halves, and those of their second digits.
    surplus : ndarray of int32, shape (m,)
        Filled: what the product is too large by, as lower halves are 8 too large.

    Returns
    -------
    bool
        Whether all numbers are whole and small enough.
    """
    head = digits.shape[2] - tail
    for i in range(len(rows)):
        total, row = np.int64(0), rows[i]
        for half, own in enumerate((low, high)):
            for k in range(len(own)):
                value = row[own[k]]
                if not abs(value) <= LARGEST or value != np.rint(value):
                    return False
                digits[half, i, k] = np.int16(value)
                total += 0 if half else np.int64(value)
        surplus[i] = np.int32(8 * total)
        for k in range(len(wide)):
            value = row[wide[k]]
            above = np.rint(value / 2**SHIFT)
            if not abs(above) <= LARGEST // 16 or value != np.rint(value):
                return False
            for digit, one in ((0, value - above * 2**SHIFT), (2, above)):
                digits[digit, i, head + k] = np.int16(one)
                digits[digit + 1, i, head + k] = np.int16(16 * one)
    return True


@compiled
def multiply_halves(low, high, low_above, high_above, surplus, lines, tail, out):
    """Multiply numbers with columns that are held in halves.

    Parameters
    ----------
    low, high, low_above, high_above : ndarrays of int16, shape (m, width)
    surplus : ndarray of int32, shape (m,)
        As :func:`take_apart` fills them.
    lines : ndarray of int8, shape (n, width)
    tail : int
    out : ndarray of float32, shape (m, n)
        Filled.
    """
    number, width = low.shape
    part = -(-len(lines) // STREAMS)
    for k in range(part * STREAMS):
        j = k % STREAMS * part + k // STREAMS
        for i in range(number if j < len(lines) else 0):
            total = dot(low, high, low_above, high_above, i, lines, j, width, tail)
            # Modulo 2 ** 32, so that only the result must fit.
            out[i, j] = np.float32(np.int32(np.int64(total) - surplus[i]))


@intrinsic
def dot(typing, low, high, low_above, high_above, row, lines, line, width, tail):
    """The product of a row and a line, as of :func:`multiply_halves`, modulo 2 ** 32.

    In numba's own loops the compiler multiplies half as many numbers at a time. Nothing
    here is of one kind of processor.

    Parameters
    ----------
    low, high, low_above, high_above, lines : ndarrays
        Contiguous.
    row, line, width, tail : int

    Returns
    -------
    int32
    """

    def generate(context, builder, signature, arguments):
        arrays = [
            context.make_array(signature.args[i])(context, builder, arguments[i]).data
            for i in (0, 1, 2, 3, 5)
        ]
        row, line, width, tail = (arguments[i] for i in (4, 6, 7, 8))
        places = builder.mul(row, width), builder.mul(line, width)
        sums = [cgutils.alloca_once_value(builder, _lanes(32, 0)) for _ in range(2)]
        first, start = ir.Constant(width.type, 0), builder.sub(width, tail)
        _add(builder, sums, *arrays[:2], arrays[4], places, (first, width))
        _add(builder, sums, *arrays[2:], places, (start, width), SHIFT)
        kind = ir.FunctionType(ir.IntType(32), [_type(32)])
        name = f"llvm.vector.reduce.add.v{LANES}i32"
        function = cgutils.get_or_insert_function(builder.module, kind, name)
        return builder.call(function, [builder.add(*map(builder.load, sums))])

    given = low, high, low_above, high_above, row, lines, line, width, tail
    return types.int32(*given), generate


def _add(builder, sums, low, high, lines, places, limits, shift=0):
    """Add the products of the bytes between two limits to LANES sums of each half."""
    first, end = limits
    step = ir.Constant(first.type, LANES)
    with cgutils.for_range_slice(builder, first, end, step, first.type) as (k, _):
        at, line = (builder.add(own, k) for own in places)
        both = builder.sext(_load(builder, lines, line, 8), _type(16))
        halves = builder.and_(both, _lanes(16, 15)), builder.ashr(both, _lanes(16, 4))
        for total, half, factors in zip(sums, halves, (low, high), strict=True):
            half = builder.sext(builder.shl(half, _lanes(16, shift)), _type(32))
            factor = builder.sext(_load(builder, factors, at, 16), _type(32))
            product = builder.mul(factor, half)
            builder.store(builder.add(builder.load(total), product), total)


def _type(bits):
    return ir.VectorType(ir.IntType(bits), LANES)


def _lanes(bits, value):
    return ir.Constant(_type(bits), [value] * LANES)


def _load(builder, data, at, bits):
    """LANES numbers from one on, wherever they lie."""
    place = builder.bitcast(builder.gep(data, [at]), _type(bits).as_pointer())
    return builder.load(place, align=bits // 8)
