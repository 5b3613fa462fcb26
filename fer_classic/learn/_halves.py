"""Products of a few vectors with many small whole numbers, most of them of four bits.

A matrix of some ten thousand rows does not fit the processor's cache: reading it takes longer
than what is done with it, so it is held in half bytes. The sums are those of whole numbers,
exact in any order.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from fer_classic.compute.compiled import compiled
from fer_classic.learn._products import multiply

#: Bytes that are multiplied at a time: one or two registers of the processor.
LANES = 32
#: Vectors are taken apart into digits of this base where the numbers need a whole byte.
BASE = 2048
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
        out = np.empty((number, len(self.lines)), np.float32)
        digits = np.zeros((4, number, width), np.int16)
        surplus = np.zeros(number, np.int32)
        order = self.low, self.high, self.wide
        if take_apart(rows, *order, self.tail, digits, surplus):
            multiply_halves(*digits, surplus, self.lines, self.tail, out)
        else:  # numbers of older models are not whole
            multiply(rows, self.columns, out)
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
            if not abs(value) < BASE * BASE // 4 or value != np.rint(value):
                return False
            above = np.int64(np.rint(value / BASE))
            for digit, one in ((0, np.int64(value) - BASE * above), (2, above)):
                digits[digit, i, head + k] = one
                digits[digit + 1, i, head + k] = 16 * one
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
    for j in range(len(lines)):
        for i in range(number):
            start, line = i * width, j * width
            # Modulo 2 ** 32, so that only the result must fit.
            total = np.int64(dot(low, high, start, lines, line, width)) - surplus[i]
            if tail:
                at = width - tail
                above = dot(low_above, high_above, start + at, lines, line + at, tail)
                total += BASE * above
            out[i, j] = np.float32(np.int32(total))


@intrinsic
def dot(typing, low, high, start, lines, line, number):
    """The product of some bytes' lower and upper halves with numbers, modulo 2 ** 32.

    In numba's own loops the compiler multiplies half as many numbers at a time. Nothing
    here is of one kind of processor.

    Parameters
    ----------
    low, high : ndarrays of int16, contiguous
        Factors of the halves, from the number ``start`` on.
    start : int
    lines : ndarray of int8, contiguous
        From the byte ``line`` on.
    line, number : int
        ``number`` is a multiple of LANES.

    Returns
    -------
    int32
    """

    def generate(context, builder, signature, arguments):
        low, high, lines = (
            context.make_array(signature.args[i])(context, builder, arguments[i]).data
            for i in (0, 1, 3)
        )
        start, line, number = (arguments[i] for i in (2, 4, 5))
        sums = [cgutils.alloca_once_value(builder, _lanes(32, 0)) for _ in range(2)]
        first, step = (ir.Constant(number.type, value) for value in (0, LANES))
        with cgutils.for_range_slice(builder, first, number, step, number.type) as (k, _):
            both = builder.sext(_load(builder, lines, builder.add(line, k), 8), _type(16))
            halves = builder.and_(both, _lanes(16, 15)), builder.ashr(both, _lanes(16, 4))
            for total, half, factors in zip(sums, halves, (low, high), strict=True):
                factor = _load(builder, factors, builder.add(start, k), 16)
                factor, half = (builder.sext(own, _type(32)) for own in (factor, half))
                product = builder.mul(factor, half)
                builder.store(builder.add(builder.load(total), product), total)
        both = builder.add(*map(builder.load, sums))
        kind = ir.FunctionType(ir.IntType(32), [_type(32)])
        name = f"llvm.vector.reduce.add.v{LANES}i32"
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [both])

    return types.int32(low, high, start, lines, line, number), generate


def _type(bits):
    return ir.VectorType(ir.IntType(bits), LANES)


def _lanes(bits, value):
    return ir.Constant(_type(bits), [value] * LANES)


def _load(builder, data, at, bits):
    """LANES numbers from one on, wherever they lie."""
    place = builder.bitcast(builder.gep(data, [at]), _type(bits).as_pointer())
    return builder.load(place, align=bits // 8)
