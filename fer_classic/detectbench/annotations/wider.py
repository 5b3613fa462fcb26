"""WIDER FACE's text file: name, number of faces, then one face a line.

``x y width height blur expression illumination invalid occlusion pose``; an image
without a face has the number 0 and, all the same, one line of zeros.
"""

from fer_classic.detectbench.annotations.base import Mark, Picture, counted_faces

#: Place of the flag that says a face is not to be counted.
_INVALID = 7


def read(path):
    """Read such a file. Faces marked invalid, and those without any size, are ignored."""
    return [
        Picture(name, line, tuple(_mark(*face) for face in faces))
        for name, line, faces in counted_faces(path, 4, _zeros)
    ]


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
