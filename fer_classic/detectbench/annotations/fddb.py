"""FDDB's ellipses: name, number of faces, then one ellipse a line.

``half-axis half-axis angle x y 1``, the angle between the first axis and the horizontal in
radians (Jain & Learned-Miller, UM-CS-2010-009).
"""

from math import cos, hypot, sin

from fer_classic.detectbench.annotations.base import Mark, Picture, counted_faces
from fer_classic.detectbench.annotations.plain import is_number


def read(path):
    """Read such a file; a name without an ending means a .jpg."""
    pictures = []
    for name, line, faces in counted_faces(path, 5):
        ending = "" if "." in name.rsplit("/", 1)[-1] else ".jpg"
        marks = tuple(_mark(*face) for face in faces)
        pictures.append(Picture(name + ending, line, marks))
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
