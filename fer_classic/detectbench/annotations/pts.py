"""300-W's .pts files: 68 landmarks of the one face in the image beside each."""

from pathlib import Path

import numpy as np

from fer_classic.data.image import EXTENSIONS
from fer_classic.detectbench.annotations.base import (
    Mark,
    Picture,
    files_below,
    numbers,
    read_text,
)
from fer_classic.errors import FerClassicError


def read(path):
    """Read a file, or all .pts files of a folder.

    Returns
    -------
    list of Picture
        The box is that of the landmarks; pixels are counted from 0, 300-W's from 1.
    """
    path = Path(path)
    files = files_below(path, ".pts") if path.is_dir() else [path]
    top = path if path.is_dir() else path.parent
    return [_picture(file, top) for file in files]


def _picture(path, top):
    lines = read_text(path)
    try:
        first = next(i for i, text in enumerate(lines) if text.strip() == "{")
        last = next(i for i, text in enumerate(lines) if text.strip() == "}")
    except StopIteration:
        raise FerClassicError(f"{path}, line 1: expected points in braces.") from None
    points = [numbers(lines[i].split(), path, i + 1, 2)[:2] for i in range(first + 1, last)]
    told = [text.partition(":")[2].strip() for text in lines[:first] if "n_points" in text]
    if not points or (told and told[0] != str(len(points))):
        raise FerClassicError(
            f"{path}, line {first + 1}: {len(points)} points between the braces, "
            f"{told[0] if told else 'some'} expected."
        )
    points = np.array(points, dtype=np.float32) - 1
    (x1, y1), (x2, y2) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    mark = Mark(x1, y1, x2 - x1, y2 - y1, first + 1, points=points)
    return Picture(_image(path).relative_to(top).as_posix(), 1, (mark,))


def _image(path):
    """The image beside a .pts file; where there is none, the name that is missing."""
    endings = sorted(EXTENSIONS)
    beside = [path.with_suffix(ending) for ending in endings]
    return next((own for own in beside if own.is_file()), path.with_suffix(".jpg"))


def recognised(lines):
    """Whether a file begins as 300-W's do."""
    return bool(lines) and lines[0].strip().startswith(("version:", "n_points:"))
