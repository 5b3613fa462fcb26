"""Pascal VOC XML: one file an image, or a folder of them."""

from pathlib import Path

from fer_classic.detectbench.annotations.base import (
    Mark,
    Picture,
    line_of,
    numbers,
    parse_xml,
)
from fer_classic.errors import FerClassicError

#: Names of objects that are faces; where a file has none of them, all objects are.
FACES = ("face", "head", "person_face")


def read(path):
    """Read a file, or all .xml files of a folder.

    Returns
    -------
    list of Picture
        Pixels are counted from 0, VOC's from 1. Objects marked difficult are ignored.
    """
    path = Path(path)
    files = sorted(path.glob("*.xml")) if path.is_dir() else [path]
    return [_picture(file) for file in files]


def _picture(path):
    root = parse_xml(path)
    name = root.findtext("filename")
    if root.tag != "annotation" or not name:
        raise FerClassicError(
            f"{path}, line {line_of(root)}: expected an annotation with a filename."
        )
    objects = list(root.iter("object"))
    faces = [own for own in objects if (own.findtext("name") or "").lower() in FACES]
    marks = tuple(_mark(own, path) for own in faces or objects)
    return Picture(name.strip(), line_of(root), marks)


def _mark(own, path):
    box = own.find("bndbox")
    if box is None:
        raise FerClassicError(f"{path}, line {line_of(own)}: an object without bndbox.")
    words = [box.findtext(key) or "" for key in ("xmin", "ymin", "xmax", "ymax")]
    x1, y1, x2, y2 = numbers(words, path, line_of(box), 4)
    difficult = (own.findtext("difficult") or "0").strip() == "1"
    size = (x2 - x1 + 1, y2 - y1 + 1) if x2 >= x1 and y2 >= y1 else (x2 - x1, y2 - y1)
    return Mark(x1 - 1, y1 - 1, *size, line_of(box), ignored=difficult)


def recognised(lines):
    """Whether an XML file's root is an annotation."""
    return "<annotation" in "\n".join(lines[:20])
