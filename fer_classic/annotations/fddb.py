"""FDDB's ellipses: name, number of faces, then one ellipse a line.

``half-axis half-axis angle x y 1``, the angle between the first axis and the horizontal in
radians (Jain & Learned-Miller, UM-CS-2010-009).
"""

from math import cos, hypot, sin

from fer_classic.annotations.base import Mark, Picture, numbers, read_text
from fer_classic.annotations.plain import is_number
from fer_classic.errors import FerClassicError


def read(path):
    """Read such a file; a name without an ending means a .jpg.

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
        own = lines[at + 1 : at + 1 + int(count)]
        if len(own) < count:
            raise FerClassicError(
                f"{path}, line {at + 1}: tells of {count:.0f} faces of {name}, and "
                f"{len(own)} follow."
            )
        marks = [
            _mark(numbers(text.split(), path, at + 2 + i, 5), at + 2 + i)
            for i, text in enumerate(own)
        ]
        ending = "" if "." in name.rsplit("/", 1)[-1] else ".jpg"
        pictures.append(Picture(name + ending, at, tuple(marks)))
        at += 1 + int(count)
    return pictures


def _mark(values, line):
    a, b, angle, x, y = values[:5]
    wide = hypot(a * cos(angle), b * sin(angle))
    high = hypot(a * sin(angle), b * cos(angle))
    if a <= 0 or b <= 0:  # told as an impossible box by the common checks
        wide, high = min(a, b), min(a, b)
    box = (x - wide, y - high, 2 * wide, 2 * high)
    return Mark(*box, line, ellipse=(a, b, angle, x, y))


def recognised(lines):
    """Whether a name, a number and a line of five or six numbers come first."""
    if len(lines) < 3 or not lines[1].strip().isdigit():
        return False
    words = lines[2].split()
    return len(words) in (5, 6) and all(is_number(word) for word in words)
