"""Files of arrays, read as if a stranger had made them: .npz, .npy."""

import errno
import io
import os
import sys
import tokenize
import warnings
import zipfile
import zlib
from math import prod

import numpy as np
from numpy.lib.format import read_array, read_array_header_1_0, read_magic

from fer_classic.errors import FerClassicError

#: An .npz file of n bytes may hold arrays of EXPANSION * n + SPARE bytes; ours at most 2 n.
EXPANSION, SPARE = 16, 1 << 16
#: Arrays of an .npz file, and dimensions of an array, at most.
MOST_ARRAYS, MOST_DIMENSIONS = 1000, 8
#: What zipfile and NumPy raise about impossible content.
_DAMAGES = (
    *(ValueError, NotImplementedError, RuntimeError, EOFError, LookupError, TypeError),
    *(SyntaxError, tokenize.TokenError, OverflowError, MemoryError),
)


def read_npz(file, name=None):
    """The arrays of an .npz file, whose size bounds what they may take.

    Parameters
    ----------
    file : path-like or binary file object
    name : str, optional
        The file in messages; by default its path.

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    FerClassicError
        It is no .npz file, or an array in it is not what its header says, holds
        anything but numbers, or is larger than the file makes likely.
    OSError
        The file cannot be read.
    """
    name = name or getattr(file, "name", None) or os.path.basename(file)
    try:
        with zipfile.ZipFile(file) as archive:
            return _arrays(archive, name)
    except FerClassicError:
        raise
    except (*_DAMAGES, zipfile.BadZipFile, zlib.error, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise  # that is what a place before the file's beginning is
        raise FerClassicError(f"{name} is damaged ({error}).") from None


def _arrays(archive, name):
    parts = archive.infolist()
    archive.fp.seek(0, os.SEEK_END)
    size, whole = archive.fp.tell(), sum(part.file_size for part in parts)
    if len(parts) > MOST_ARRAYS or len({part.filename for part in parts}) < len(parts):
        raise FerClassicError(
            f"{name} holds {len(parts)} arrays: {MOST_ARRAYS} of different names are "
            "allowed."
        )
    if whole > EXPANSION * size + SPARE:
        raise FerClassicError(
            f"{name} of {size} bytes holds arrays of {whole} bytes: that is more than "
            f"{EXPANSION} times its size."
        )
    found = {}
    for part in parts:
        key, dot, kind = part.filename.rpartition(".")
        if not (key and dot and kind == "npy"):
            raise FerClassicError(
                f"{name} holds {part.filename[:60]!r}, which is no array."
            )
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FerClassicError(
                f"{name} holds {part.filename[:60]!r}, packed as NumPy packs no array."
            )
        with archive.open(part) as stream:
            _check_header(stream, part.file_size, f"{key} in {name}")
        with archive.open(part) as stream:
            found[key] = read_array(stream, allow_pickle=False)
    return found


def open_npy(path):
    """The array of an .npy file, read when it is used (``mmap_mode="r"``).

    Returns
    -------
    ndarray

    Raises
    ------
    FerClassicError
        The file is not an array of numbers that fills it.
    OSError
        The file cannot be read.
    """
    name = os.path.basename(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a header looks like one of Python 2
            with open(path, "rb") as file:
                _check_header(file, os.fstat(file.fileno()).st_size, name)
            return np.load(path, mmap_mode="r", allow_pickle=False)
    except FerClassicError:
        raise
    except _DAMAGES as error:
        raise FerClassicError(f"{name} is damaged ({error}).") from None


def _check_header(stream, size, name, kinds="biuf"):
    """Refuse an array of objects, or of another size than its file."""
    if (version := read_magic(stream)) != (1, 0):
        raise FerClassicError(f"{name} has NumPy's format {version}: read is (1, 0).")
    shape, _, dtype = read_array_header_1_0(stream)
    if dtype.hasobject:
        raise FerClassicError(
            f"{name} holds Python objects in dtype {dtype}: nothing is unpickled here."
        )
    if dtype.kind not in kinds or dtype.subdtype or len(shape) > MOST_DIMENSIONS:
        raise FerClassicError(
            f"{name} is an array of {str(dtype)[:60]} with {len(shape)} dimensions: only "
            f"numbers are read, with {MOST_DIMENSIONS} dimensions at most."
        )
    claimed = stream.tell() + dtype.itemsize * prod(shape)
    if claimed != size or not all(0 <= own < 2**40 for own in shape):
        raise FerClassicError(
            f"{name} says that it holds {dtype} of shape {shape}, which takes {claimed} "
            f"bytes; it has {size}."
        )


def check_array(array, dtype, shape, name):
    """Return an array if it is what is expected.

    Parameters
    ----------
    array : array-like or None
    dtype : str or type
    shape : int or tuple of int
    name : str
        The array in messages.

    Returns
    -------
    ndarray

    Raises
    ------
    FerClassicError
        It is missing or something else.
    """
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    wanted = f"{np.dtype(dtype)} of shape {shape}"
    if array is None:
        raise FerClassicError(f"{name} is missing; it must be {wanted}.")
    array = np.asanyarray(array)
    if array.dtype != dtype or array.shape != shape or not array.flags.c_contiguous:
        order = "" if array.flags.c_contiguous else " in Fortran order"
        raise FerClassicError(
            f"{name} is {array.dtype} of shape {array.shape}{order}; it must be {wanted}."
        )
    return array


def check_finite(array, name):
    """Return an array unless it holds NaN or infinity.

    Parameters
    ----------
    array : ndarray
    name : str
        The array in messages.

    Raises
    ------
    FerClassicError
        It does.
    """
    if not np.isfinite(array).all():
        raise FerClassicError(f"{name} holds a number that is not finite.")
    return array


def array_from_bytes(data, name):
    """The array of an .npy file that lies in memory, of numbers or of text.

    Parameters
    ----------
    data : bytes
    name : str
        The file in messages.

    Raises
    ------
    FerClassicError
        It is no such file, or its array is not what its header says.
    """
    stream = io.BytesIO(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a header looks like one of Python 2
            _check_header(stream, len(data), name, kinds="biufSU")
            stream.seek(0)
            array = read_array(stream, allow_pickle=False)
    except FerClassicError:
        raise
    except _DAMAGES as error:
        raise FerClassicError(f"{name} is damaged ({error}).") from None
    if array.dtype.kind == "U" and array.dtype.itemsize:
        codes = array.reshape(-1).view(array.dtype.str[0] + "u4")
        if (codes > sys.maxunicode).any():  # reading such a letter ends in a SystemError
            raise FerClassicError(f"{name} is damaged (a letter that there is not).")
    return array
