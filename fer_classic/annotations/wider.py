"""WIDER FACE's text file: name, number of faces, then one face a line.

``x y width height blur expression illumination invalid occlusion pose``; an image
without a face has the number 0 and, all the same, one line of zeros.
"""

from fer_classic.annotations.base import Mark, Picture, numbers, read_text
from fer_classic.errors import FerClassicError

#: Place of the flag that says a face is not to be counted.
_INVALID = 7


def read(path):
    """Read such a file. Faces marked invalid, and those without any size, are ignored.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    list of Picture
    """
    lines = read_text(path)
    pictures, at = [], 0
    while at < len(lines):
        name, at = lines[at].strip(), at + 1
        if not name:
            continue
        (count,) = numbers([lines[at].strip() if at < len(lines) else ""], path, at + 1, 1)
        # "0" is followed by a line of zeros.
        listed = int(count) or int(at + 1 < len(lines) and _zeros(lines[at + 1]))
        own = lines[at + 1 : at + 1 + listed]
        if len(own) < listed:
            raise FerClassicError(
                f"{path}, line {at + 1}: tells of {count:.0f} faces of {name}, and "
                f"{len(own)} follow."
            )
        marks = [
            _mark(numbers(text.split(), path, at + 2 + i, 4), at + 2 + i)
            for i, text in enumerate(own[: int(count)])
        ]
        pictures.append(Picture(name, at, tuple(marks)))
        at += 1 + listed
    return pictures


def _mark(values, line):
    x, y, width, height = values[:4]
    invalid = len(values) > _INVALID and values[_INVALID] != 0
    # The published file holds faces of no width or height.
    empty = width == 0 or height == 0
    return Mark(x, y, width, height, line, ignored=bool(invalid or empty))


def _zeros(text):
    words = text.split()
    return len(words) >= 4 and set(words) == {"0"}


def recognised(lines):
    """Whether a name, a number and a line of ten numbers come first."""
    if len(lines) < 3 or not lines[1].strip().isdigit():
        return False
    words = lines[2].split()
    return len(words) in (4, 10) and all(word.lstrip("-").isdigit() for word in words)
