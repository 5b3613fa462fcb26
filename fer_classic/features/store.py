"""Feature tables on disk: JSON and npy, written and read part by part."""

from collections import defaultdict
from pathlib import Path

from fer_classic.errors import FerClassicError
from fer_classic.features import FeatureTable
from fer_classic.files.arrays import check_array, open_npy
from fer_classic.files.checksums import FORMAT, read_sealed, usable, write_seal
from fer_classic.files.npy import NpyWriter
from fer_classic.files.text import write_json

_FEATURES_FILES = {"features.json", "X.npy"}


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
    write_json(description, folder / "features.json")
    write_seal(folder)
    return table.names, rows


def load_features(folder):
    """Read a feature table that :func:`save_features` wrote.

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
        X, columns = open_npy(folder / "X.npy"), tuple(description["columns"])
        rows = description["rows"]
        check_array(X, "f4", (len(X), len(columns)), "X.npy")
        if any(len(own) != len(X) for own in rows.values()):
            raise FerClassicError(f"features.json has other rows than X.npy ({len(X)}).")
        return FeatureTable(X, columns), rows
