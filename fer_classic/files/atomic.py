"""Results that appear whole or not at all."""

import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from fer_classic.errors import FerClassicError, UsageError
from fer_classic.files.staging import (
    OLD,
    clear,
    hidden_prefix,
    partial_file,
    partial_folder,
    put_back,
    settle,
)

#: Files that stand together only in folders that this package wrote.
_MARKS = (
    {"run.json", "settings.json", "metrics.json"},
    {"SHA256SUMS", "model.json"},
    {"SHA256SUMS", "faces.json"},
    {"SHA256SUMS", "features.json"},
    {"film.json", "frames.csv", "tracks.csv"},
)


@contextmanager
def new_directory(path, *, overwrite=False):
    """Write a folder beside its place and rename it when it is complete.

    Parameters
    ----------
    path : path-like
        The folder to make.
    overwrite : bool
        Whether an existing folder may be replaced; it stays until the new one is whole.

    Yields
    ------
    pathlib.Path
        A folder to write into. It is removed if the block raises.

    Raises
    ------
    UsageError
        ``path`` exists and ``overwrite`` is not given.
    FerClassicError
        The folder cannot be written.
    """
    path = Path(path)
    check_new(path, overwrite=overwrite)
    work = old = None
    try:
        work = partial_folder(path)
        yield work
        settle(work)
        if os.path.lexists(path):
            old = partial_folder(path)
            path.rename(old / OLD)
        work.rename(path)
    except OSError as error:
        raise FerClassicError(_cannot_write(path, error)) from None
    finally:
        if old is not None:
            put_back(old, path)
        for left in (work, old):
            if left is not None:
                shutil.rmtree(left, ignore_errors=True)


def check_new(path, *, overwrite=False):
    """Refuse a folder that exists already or cannot be made, before any work is done.

    Raises
    ------
    UsageError
        The path exists and ``overwrite`` is not given, or it is a file, or a folder
        that no fer-classic command made.
    FerClassicError
        Nothing can be written there.
    """
    path = Path(path)
    clear(path)
    _refuse_existing(path, overwrite)
    if os.path.lexists(path):
        if not path.is_dir():
            raise UsageError(
                f"{path} is a file, and a folder is to be written: name another place."
            )
        if any(path.iterdir()) and not _made_here(path):
            raise UsageError(
                f"{path} is a folder that fer-classic did not make: it is not "
                "overwritten. Name another place."
            )
    _check_writable(path)


def check_new_file(path, *, overwrite=False):
    """Refuse a file that exists already or cannot be made, before any work is done.

    Raises
    ------
    UsageError
        The path exists and ``overwrite`` is not given, or it is a folder.
    FerClassicError
        Nothing can be written there.
    """
    path = Path(path)
    clear(path)
    if path.is_dir():
        raise UsageError(f"{path} is a folder, and a file is to be written: name a file.")
    _refuse_existing(path, overwrite)
    _check_writable(path)


def _refuse_existing(path, overwrite):
    if os.path.lexists(path) and not overwrite:
        raise UsageError(f"{path} exists already: name another place, or give `overwrite`.")


def _made_here(folder):
    """Whether the names in a folder show that a command of this package made it."""
    names = {own.name for own in folder.iterdir()}
    if any(marks <= names for marks in _MARKS):
        return True
    pictures = names - {"index.csv"}  # overlays
    return names != pictures and all(re.match(r"\d{5}_.*\.png$", n) for n in pictures)


def _check_writable(path):
    """Try to write where the path will be, without making its parent folders."""
    parent = path.absolute().parent
    while not os.path.lexists(parent):
        parent = parent.parent
    try:
        os.rmdir(tempfile.mkdtemp(prefix=hidden_prefix(path), dir=parent))
    except OSError as error:
        raise FerClassicError(_cannot_write(path, error)) from None


def write_file(path, content, *, overwrite=False):
    """Write a file beside its place and rename it when it is complete.

    Parameters
    ----------
    path : path-like
    content : str or bytes
        Text is written as UTF-8.
    overwrite : bool

    Raises
    ------
    UsageError
        The file exists and ``overwrite`` is not given.
    FerClassicError
        The file cannot be written.
    """
    write_files({path: content}, overwrite=overwrite)


def write_files(contents, *, overwrite=False):
    """Write files that belong together; none is renamed before all are complete.

    Parameters
    ----------
    contents : dict of path-like to (str or bytes)
        As :func:`write_file` takes them.
    overwrite : bool

    Raises
    ------
    UsageError
        A file exists and ``overwrite`` is not given.
    FerClassicError
        A file cannot be written.
    """
    for path in contents:
        check_new_file(path, overwrite=overwrite)
    works = []
    try:
        for path, content in contents.items():
            number, work = partial_file(path)
            works.append(work)
            with open(number, "wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
            settle(work)
        for path, work in zip(contents, works, strict=True):
            os.replace(work, path)
    except OSError as error:
        raise FerClassicError(_cannot_write(path, error)) from None
    finally:
        for work in works:
            work.unlink(missing_ok=True)


def _cannot_write(path, error):
    reason = error.strerror or str(error)
    return f"{path} cannot be written: {reason}. Free space, or name another place."
