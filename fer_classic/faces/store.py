"""Face and feature tables on disk: JSON and npy, written and read part by part."""

import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np

from fer_classic.data.labels import CLASS_SETS
from fer_classic.errors import FerClassicError
from fer_classic.faces.settings import face_settings
from fer_classic.faces.table import STATUSES, FaceTable
from fer_classic.files.arrays import check_array, open_npy
from fer_classic.files.checksums import FORMAT, read_sealed, usable, write_seal
from fer_classic.files.npy import NpyWriter
from fer_classic.files.text import write_json

#: Type, and shape of a row; crops have the side that the settings tell.
_FACE_ARRAYS = {
    **{"n_faces": ("i8", ()), "boxes": ("f4", (4,)), "scores": ("f4", ())},
    **{"points": ("f4", (68, 2)), "landmarks": ("f4", (68, 2))},
    **{"crops": ("u1", None), "upright": ("u1", None)},
    "hashes": ("u1", (32,)),
}
_FACE_LISTS = ("names", "status", "errors", "digests", "groups", "splits", "problems")

#: Files that a folder of each kind must hold.
_FACES_FILES = {"faces.json", *(f"{key}.npy" for key in _FACE_ARRAYS)}


def save_faces(table, folder):
    """Write a face table into an existing, empty folder."""
    write_faces([table], len(table), folder)


def write_faces(parts, n_rows, folder):
    """Write a face table that comes in parts into an existing, empty folder.

    Parameters
    ----------
    parts : iterable of FaceTable
        At least one.
    n_rows : int
        Rows of all parts together.
    folder : path-like

    Returns
    -------
    dict of str to list
        The columns of text, such as status, of all rows.
    """
    folder = Path(folder)
    rows, labels = {key: [] for key in _FACE_LISTS}, []
    with ExitStack() as opened:
        files = {
            key: opened.enter_context(NpyWriter(folder / f"{key}.npy", n_rows))
            for key in _FACE_ARRAYS
        }
        for part in parts:
            for key, file in files.items():
                file.append(getattr(part, key))
            for key, own in rows.items():
                own += getattr(part, key)
            labels += part.labels.tolist()
    description = {
        "format": FORMAT,
        "kind": "fer_classic faces",
        "classes": part.classes.key,
        "settings": part.settings.to_dict(),
        "labels": labels,
        "rows": rows,
    }
    write_json(description, folder / "faces.json")
    write_seal(folder)
    return rows


def load_faces(folder):
    """Read a face table that :func:`save_faces` or :func:`write_faces` wrote.

    Returns
    -------
    FaceTable
        Its arrays of pixels and numbers are read from the files when they are used
        (``mmap_mode="r"``), so the folder must stay as it is meanwhile.

    Raises
    ------
    FerClassicError
        A file is missing, changed, or of another format.
    """
    folder = Path(folder)
    description = read_sealed(folder, "faces.json", "fer_classic faces", _FACES_FILES)
    with usable(folder, "faces"):
        rows = {key: tuple(description["rows"].pop(key)) for key in _FACE_LISTS}
        classes = CLASS_SETS[description["classes"]]
        _check_rows(rows, description["labels"], len(classes))
        rows["status"] = tuple(map(sys.intern, rows["status"]))  # each text held once
        table = FaceTable(
            **_face_arrays(folder),
            **rows,
            labels=np.array(description["labels"], dtype=np.int64),
            classes=classes,
            settings=face_settings(description["settings"]),
        )
        for key, (dtype, row) in _FACE_ARRAYS.items():
            row = (table.settings.crop_size,) * 2 if row is None else row
            check_array(getattr(table, key), dtype, (len(table), *row), f"{key}.npy")
        return table


def load_face_parts(table, folder, size):
    """A face table on disk, some rows at a time.

    Parameters
    ----------
    table : FaceTable
        As :func:`load_faces` read it.
    folder : path-like
    size : int
        Rows of a part.

    Yields
    ------
    FaceTable
        In memory, whatever becomes of the folder.
    """
    for start in range(0, len(table), size):
        rows = np.arange(start, min(start + size, len(table)))
        # Opened anew each time: what a process has read of an open file counts as its own.
        yield replace(table, **_face_arrays(Path(folder))).take(rows)


def _face_arrays(folder):
    return {key: open_npy(folder / f"{key}.npy") for key in _FACE_ARRAYS}


def _check_rows(rows, labels, n_classes):
    """Refuse columns of different length, or with values that no table has."""
    wanted = dict.fromkeys(_FACE_LISTS, (str,))
    wanted |= dict.fromkeys(("groups", "splits", "problems"), (str, type(None)))
    for key, own in (rows | {"labels": labels}).items():
        if len(own) != len(rows["names"]):
            raise FerClassicError(
                f"faces.json has {len(own)} {key} for {len(rows['names'])} names."
            )
        if odd := [v for v in own if type(v) not in wanted.get(key, (int,))]:
            raise FerClassicError(f"faces.json has {str(odd[0])[:60]} among its {key}.")
    if odd := set(rows["status"]) - set(STATUSES):
        raise FerClassicError(f"faces.json has the status {min(odd)[:60]!r}.")
    if not all(-1 <= label < n_classes for label in labels):
        raise FerClassicError(f"faces.json has labels outside -1 to {n_classes - 1}.")
