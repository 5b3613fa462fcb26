"""What decides a result besides images and settings: versions, code, model files."""

import os
from functools import lru_cache
from pathlib import Path

from fer_classic.files.versions import versions
from fer_classic.files.weights import MODEL_FILES, model_file, sha256

#: Folders and modules of this package that make faces of images.
OF_FACES = ("errors.py", "files", "compute", "data", "detect", "faces")


def surroundings():
    """Everything that decides a result here, to be compared with another machine's.

    Returns
    -------
    dict
        Of JSON types.

    Raises
    ------
    FerClassicError
        A model file is missing.
    """
    return {
        "versions": versions(),
        "machine": machine(),
        "code": code_checksums(),
        "models": [sha256(model_file(kind)) for kind in MODEL_FILES],
    }


def machine():
    """Type of the processor, such as "x86_64"."""
    return os.uname().machine if hasattr(os, "uname") else os.name


@lru_cache
def code_checksums(parts=None):
    """Checksums of this package's own files: a version may cover several states.

    Parameters
    ----------
    parts : tuple of str, optional
        Folders and modules at the top of the package that count; all of them if None.

    Returns
    -------
    list of [str, str]
        Path within the package and SHA-256, sorted by path.
    """
    root = Path(__file__).parents[1]
    files = sorted(path for path in root.rglob("*") if path.suffix in (".py", ".csv"))
    names = [path.relative_to(root) for path in files]
    return [
        [name.as_posix(), sha256(root / name)]
        for name in names
        if parts is None or name.parts[0] in parts
    ]
