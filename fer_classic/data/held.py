"""Images as Python programs hold them: paths, bytes, files, arrays, Pillow's images."""

import os

import numpy as np

from fer_classic.data.pixels import is_pillow, pixels
from fer_classic.data.sources import BytesSource, FileSource, MissingSource, ZipSource
from fer_classic.errors import UnreadableImage

SOURCES = (FileSource, ZipSource, BytesSource, MissingSource)


def is_single(given):
    """Whether an argument is one image and not several.

    Parameters
    ----------
    given : object

    Returns
    -------
    bool
        Also of what is no image at all; an array of four dimensions is several.
    """
    if isinstance(given, np.ndarray):
        return given.ndim != 4
    if isinstance(given, str | os.PathLike | bytes | bytearray | memoryview):
        return True
    if hasattr(given, "read") or is_pillow(given) or isinstance(given, dict):
        return True
    return not hasattr(given, "__iter__")


def is_collection(given):
    """Whether a path names a folder, an archive, a table or a pattern of images.

    Parameters
    ----------
    given : object

    Returns
    -------
    bool
    """
    if not isinstance(given, str | os.PathLike):
        return False
    path = os.fsdecode(given)
    if os.path.isdir(path) or path.lower().endswith((".zip", ".csv")):
        return True
    return not os.path.lexists(path) and any(letter in path for letter in "*?[")


def name_of(given, number):
    """What an image is called in a result.

    Parameters
    ----------
    given : object
    number : int
        Of the image, from 0, for those without a name.

    Returns
    -------
    str
    """
    if isinstance(given, str | os.PathLike):
        return os.fsdecode(given)
    name = getattr(given, "name", None) or getattr(given, "filename", None)
    if isinstance(name, str) and name and not isinstance(given, np.ndarray):
        return os.path.basename(name)
    return f"image {number}"


def encoded(given):
    """Bytes of an image file, where the argument is or holds one.

    Parameters
    ----------
    given : object

    Returns
    -------
    bytes or None
        None of arrays and Pillow images.

    Raises
    ------
    UnreadableImage
        The file cannot be read, or it is a web address.
    """
    if isinstance(given, bytes | bytearray | memoryview):
        return bytes(given)
    if isinstance(given, str | os.PathLike):
        return _bytes_of_path(os.fsdecode(given))
    if hasattr(given, "read") and not is_pillow(given):
        return _bytes_of_file(given)
    return None


def read_held(given, **options):
    """What an image is made of, whatever holds it, and what it can be drawn from later.

    Parameters
    ----------
    given : object
        As :data:`fer_classic.data.pixels.KINDS` tells, or a source of
        :mod:`fer_classic.data.sources`.
    **options
        As :func:`fer_classic.data.pixels.pixels` takes them.

    Returns
    -------
    held : bytes of an image file, or ndarray of uint8, shape (H, W, 3) or (H, W)
    source : object with ``read()``, or the same array

    Raises
    ------
    UnreadableImage
        It cannot be read, or is no image.
    """
    if isinstance(given, SOURCES):
        return given.read(), given
    data = encoded(given)
    if data is None:
        image = pixels(given, **options)
        return image, image
    if isinstance(given, str | os.PathLike):
        return data, FileSource(os.path.abspath(os.fsdecode(given)))
    return data, BytesSource(data)


def _bytes_of_path(path):
    if "://" in path[:10]:
        raise UnreadableImage(
            f"{path[:60]} is a web address, and nothing is downloaded: fetch it, and give "
            "its bytes"
        )
    return FileSource(os.path.abspath(path)).read()


def _bytes_of_file(file):
    try:
        data = file.read()
    except Exception as error:  # files of others raise what they like
        raise UnreadableImage(f"the file cannot be read: {error}") from None
    if isinstance(data, str):
        raise UnreadableImage(
            'the file is open as text: open it with mode "rb", for the bytes of an image'
        )
    if not isinstance(data, bytes | bytearray | memoryview):
        raise UnreadableImage(f"the file gave {type(data).__name__} in place of bytes")
    if not data and getattr(file, "tell", None) and _is_at_its_end(file):
        raise UnreadableImage(
            "nothing is left to read in the file: it is empty, or was read before (seek(0) "
            "goes back to its start)"
        )
    return bytes(data)


def _is_at_its_end(file):
    try:
        return file.tell() >= 0
    except Exception:  # as above
        return False
