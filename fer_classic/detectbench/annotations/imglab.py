"""dlib's imglab XML: boxes with optional parts (landmarks)."""

import numpy as np

from fer_classic.detectbench.annotations.base import (
    Mark,
    Picture,
    line_of,
    numbers,
    parse_xml,
)
from fer_classic.errors import FerClassicError


def read(path):
    """Read such a file. Boxes with ``ignore='1'`` are ignored.

    Returns
    -------
    list of Picture
        Parts are ordered by their names.
    """
    root = parse_xml(path)
    pictures = []
    for image in root.iter("image"):
        name = image.get("file")
        if not name:
            raise FerClassicError(f"{path}, line {line_of(image)}: an image without file.")
        marks = tuple(_mark(box, path) for box in image.iter("box"))
        pictures.append(Picture(name, line_of(image), marks))
    return pictures


def _mark(box, path):
    line = line_of(box)
    keys = ("left", "top", "width", "height")
    x, y, width, height = numbers([box.get(key, "") for key in keys], path, line, 4)
    parts = sorted(box.iter("part"), key=lambda part: part.get("name", ""))
    points = [
        numbers([part.get("x", ""), part.get("y", "")], path, line_of(part), 2)
        for part in parts
    ]
    return Mark(
        *(x, y, width, height, line),
        ignored=box.get("ignore", "0") not in ("0", "false"),
        points=np.array(points, dtype=np.float32) if points else None,
    )


def recognised(lines):
    """Whether an XML file's root is a data set of dlib's."""
    head = "\n".join(lines[:200])
    return "<dataset" in head and "<images" in head
