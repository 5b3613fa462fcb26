"""COCO JSON: images, annotations with ``bbox``, categories."""

from pathlib import Path

from fer_classic.data.encodings import decode_text
from fer_classic.detectbench.annotations.base import (
    Mark,
    Picture,
    face_names,
    is_face,
    numbers,
)
from fer_classic.errors import FerClassicError
from fer_classic.files.text import read_json


def read(path):
    """Read such a file. The categories named face count; all, where none has a name.

    Returns
    -------
    list of Picture
        ``line`` of a mark is that of its ``bbox`` in the JSON text, or 1.
        Crowds (``iscrowd``) are ignored.
    """
    values = read_json(path)
    images = values.get("images") if isinstance(values, dict) else None
    marked = values.get("annotations") if isinstance(values, dict) else None
    if not isinstance(images, list) or not isinstance(marked, list):
        raise FerClassicError(
            f"{path}, line 1: expected a COCO object with images and annotations."
        )
    faces = _categories(values, path)
    lines = _lines(path)
    found = {}
    for own in images:
        if not isinstance(own, dict) or not isinstance(own.get("file_name"), str):
            raise FerClassicError(f"{path}, line 1: an image without file_name: {own!r}.")
        key = _key(own, "id")
        if key is None or key in found:
            raise FerClassicError(
                f"{path}, line 1: the id of an image must be a number that no other image "
                f"has. Got {own.get('id')!r} for {own['file_name']!r}."
            )
        found[key] = (own["file_name"], [])
    for number, own in enumerate(marked):
        _add(own, found, faces, path, lines[number] if number < len(lines) else 1)
    return [Picture(name, 1, tuple(marks)) for name, marks in found.values()]


def _add(own, found, faces, path, line):
    if not isinstance(own, dict) or _key(own, "image_id") not in found:
        raise FerClassicError(
            f"{path}, line {line}: an annotation of an image that is not listed: {own!r}."
        )
    if faces is not None and _key(own, "category_id") not in faces:
        return
    box = own.get("bbox")
    x, y, width, height = numbers(box if isinstance(box, list) else [], path, line, 4)[:4]
    ignored = bool(own.get("iscrowd", 0) or own.get("ignore", 0))
    found[own["image_id"]][1].append(Mark(x, y, width, height, line, ignored))


def _key(own, name):
    """A number or text that something is known by; None for anything else."""
    key = own.get(name)
    return key if isinstance(key, int | float | str) else None


def _categories(values, path):
    """Ids of the categories that are faces; None where none has a name."""
    listed = values.get("categories")
    listed = listed if isinstance(listed, list) else []
    named = [own for own in listed if isinstance(own, dict)]
    if not named:
        return None
    called = {_key(own, "id"): str(own.get("name") or "").strip() for own in named}
    above = {_key(own, "id"): own.get("supercategory") for own in named}
    if not any(map(is_face, called.values())) and any(map(is_face, above.values())):
        return {key for key, name in above.items() if is_face(name)}
    faces = face_names(called.values(), f"{path}, line 1")
    return {key for key, name in called.items() if name in faces}


def _lines(path):
    """The line of each ``bbox`` of the text, in their order."""
    lines = decode_text(Path(path).read_bytes()).split("\n")
    return [i for i, text in enumerate(lines, 1) for _ in range(text.count('"bbox"'))]


def recognised(lines):
    """Whether the file is JSON."""
    return bool(lines) and lines[0].lstrip().startswith("{")
