"""Face and feature tables on disk: JSON and npy, written and read part by part."""

import json
import sys
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from fer_classic.facetable import STATUSES, FaceTable
from fer_classic.features import FeatureTable
from fer_classic.labels import CLASS_SETS
from fer_classic.npy import NpyWriter
from fer_classic.seal import FORMAT, read_sealed, usable, write_seal
from fer_classic.settings import face_settings

#: Type of number, and shape of a row; a crop's is a matter of the settings.
_FACE_ARRAYS = {
    "n_faces": (np.int64, ()),
    "boxes": (np.float32, (4,)),
    "scores": (np.float32, ()),
    "points": (np.float32, (68, 2)),
    "landmarks": (np.float32, (68, 2)),
    "crops": (np.uint8, None),
    "hashes": (np.uint8, (32,)),
}
#: Columns of text; the last may lack it in some rows.
_FACE_LISTS = ("names", "status", "errors", "digests", "groups", "splits", "problems")
_OPTIONAL = ("groups", "splits", "problems")

#: Files that a folder of each kind must hold.
_FACES_FILES = {"faces.json", *(f"{key}.npy" for key in _FACE_ARRAYS)}
_FEATURES_FILES = {"features.json", "X.npy"}


def save_faces(table, folder):
    """Write a face table into an existing, empty folder.

    Parameters
    ----------
    table : FaceTable
    folder : path-like
    """
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
        "settings": asdict(part.settings),
        "labels": labels,
        "rows": rows,
    }
    _write_json(description, folder / "faces.json")
    write_seal(folder)
    return rows


def _write_json(value, path):
    """The text of :func:`fer_classic.runs.to_json`, which is never whole in memory."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        json.dump(value, file, indent=2, ensure_ascii=False, allow_nan=False)
        file.write("\n")


def load_faces(folder):
    """Read a face table that :func:`save_faces` or :func:`write_faces` wrote.

    Parameters
    ----------
    folder : path-like

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
        rows["status"] = tuple(map(sys.intern, rows["status"]))  # each text held once
        table = FaceTable(
            **_face_arrays(folder),
            **rows,
            labels=np.array(description["labels"], dtype=np.int64),
            classes=CLASS_SETS[description["classes"]],
            settings=face_settings(description["settings"]),
        )
        _check_faces(table)
        return table


def _check_faces(table):
    """Raise ValueError unless every column has a row for each name."""
    size, n = table.settings.crop_size, len(table)
    for key, (kind, row) in _FACE_ARRAYS.items():
        _check_array(
            key, getattr(table, key), kind, (n, *((size, size) if row is None else row))
        )
    for key in _FACE_LISTS:
        kinds = (str, type(None)) if key in _OPTIONAL else str
        _check_column(key, getattr(table, key), n, kinds)
    if (
        table.labels.shape != (n,)
        or not np.isin(table.labels, range(-1, len(table.classes))).all()
    ):
        raise ValueError("labels must be a code of the classes, or -1, for each name")
    if not set(table.status) <= set(STATUSES):
        raise ValueError(f"each status must be one of {', '.join(STATUSES)}")


def _check_array(name, array, kind, shape):
    if array.dtype != kind or array.shape != shape:
        raise ValueError(
            f"{name}.npy must hold {np.dtype(kind)} of the shape {shape}. Got "
            f"{array.dtype} of the shape {array.shape} instead"
        )


def _check_column(name, column, n_rows, kinds):
    if len(column) != n_rows or not all(isinstance(own, kinds) for own in column):
        raise ValueError(
            f"{name} must be {n_rows} texts, one a row. Got {len(column)} values instead, "
            "or some that are no text"
        )


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
    return {key: _open_array(folder / f"{key}.npy") for key in _FACE_ARRAYS}


def _open_array(path):
    return np.load(path, mmap_mode="r", allow_pickle=False)


def save_features(table, rows, folder):
    """Write a feature table into an existing, empty folder.

    Parameters
    ----------
    table : FeatureTable
    rows : dict of str to list
        Further columns of the rows, such as file names and labels, as JSON types.
    folder : path-like
    """
    write_features([(table, rows)], len(table), folder)


def write_features(parts, n_rows, folder):
    """Write a feature table that comes in parts into an existing, empty folder.

    Parameters
    ----------
    parts : iterable of (FeatureTable, dict of str to list)
        At least one, as :func:`save_features` takes them.
    n_rows : int
        Rows of all parts together.
    folder : path-like

    Returns
    -------
    names : tuple of str
        Name of each column.
    rows : dict of str to list
        The further columns of all rows.
    """
    folder = Path(folder)
    rows = defaultdict(list)
    with NpyWriter(folder / "X.npy", n_rows) as file:
        for table, own in parts:
            file.append(table.X)
            for key, values in own.items():
                rows[key] += values
    description = {
        "format": FORMAT,
        "kind": "fer_classic features",
        "columns": list(table.names),
        "rows": rows,
    }
    _write_json(description, folder / "features.json")
    write_seal(folder)
    return table.names, rows


def load_features(folder):
    """Read a feature table that :func:`save_features` wrote.

    Parameters
    ----------
    folder : path-like

    Returns
    -------
    table : FeatureTable
        Read from the file when it is used (``mmap_mode="r"``).
    rows : dict of str to list

    Raises
    ------
    FerClassicError
        A file is missing, changed, or of another format.
    """
    folder = Path(folder)
    description = read_sealed(
        folder, "features.json", "fer_classic features", _FEATURES_FILES
    )
    with usable(folder, "features"):
        X = _open_array(folder / "X.npy")
        names, rows = tuple(description["columns"]), description["rows"]
        _check_array("X", X, np.float32, (len(X), len(names)))
        _check_column("columns", names, X.shape[1], str)
        for key, own in rows.items():
            _check_column(key, own, len(X), object)
        return FeatureTable(X, names), rows
