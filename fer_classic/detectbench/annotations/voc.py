"""Pascal VOC XML: one file an image, or a folder of them."""

from pathlib import Path

from fer_classic.detectbench.annotations.base import (
    Mark,
    Picture,
    face_names,
    files_below,
    line_of,
    numbers,
    parse_xml,
)
from fer_classic.errors import FerClassicError


def read(path):
    """Read a file, or all .xml files of a folder.

    Objects named face (or head, or an expression) count; all, where none has a name.

    Returns
    -------
    list of Picture
        Pixels are counted from 0, VOC's from 1. Objects marked difficult are ignored.
    """
    path = Path(path)
    files = files_below(path, ".xml") if path.is_dir() else [path]
    roots = [(file, parse_xml(file)) for file in files]
    names = {_name(own) for _, root in roots for own in root.iter("object")}
    faces = face_names(names, f"{path}, line 1")
    return [_picture(file, root, faces) for file, root in roots]


def _name(own):
    return (own.findtext("name") or "").strip().lower()


def _picture(path, root, faces):
    name = root.findtext("filename") or root.findtext("path")
    if not (name or "").strip() and root.find("object") is not None:
        name = path.stem
    if root.tag != "annotation" or not name:
        raise FerClassicError(
            f"{path}, line {line_of(root)}: expected an annotation with a filename."
        )
    marks = tuple(_mark(own, path) for own in root.iter("object") if _name(own) in faces)
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
