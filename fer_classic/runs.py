"""Results that appear whole or not at all."""

import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from fer_classic.errors import FerClassicError, UsageError


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
    work = None
    try:
        parent = path.absolute().parent
        parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(parent, path.name)
        prefix = f".{path.name}.partial-{os.getpid()}-"
        work = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        yield work
        umask = os.umask(0)
        os.umask(umask)
        work.chmod(0o777 & ~umask)  # mkdtemp makes it private
        if path.exists():
            old = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
            path.rename(old / "old")
            work.rename(path)
            shutil.rmtree(old, ignore_errors=True)
        else:
            work.rename(path)
    except OSError as error:
        raise FerClassicError(_cannot_write(path, error)) from None
    finally:
        if work is not None and work.exists():
            shutil.rmtree(work, ignore_errors=True)


def check_new(path, *, overwrite=False):
    """Refuse an output that exists already, before any work is done.

    Parameters
    ----------
    path : path-like
    overwrite : bool

    Raises
    ------
    UsageError
        The path exists and ``overwrite`` is not given, or it is a folder that no
        fer-classic command made.
    """
    path = Path(path)
    if not os.path.lexists(path):
        return
    if not overwrite:
        raise UsageError(
            f"{path} exists already: name another place with --out, or give --overwrite."
        )
    ours = ("settings.json", "model.json", "faces.json", "features.json", "index.csv")
    foreign = path.is_dir() and not any((path / name).is_file() for name in ours)
    if foreign and any(path.iterdir()):
        raise UsageError(
            f"{path} is a folder that fer-classic did not make: it is not "
            "overwritten. Name another place with --out."
        )


def write_file(path, text, *, overwrite=False):
    """Write a text file beside its place and rename it when it is complete.

    Parameters
    ----------
    path : path-like
    text : str
    overwrite : bool

    Raises
    ------
    UsageError
        The file exists and ``overwrite`` is not given.
    FerClassicError
        The file cannot be written.
    """
    path = Path(path)
    if os.path.lexists(path) and not overwrite:
        raise UsageError(
            f"{path} exists already: name another place with --out, or give --overwrite."
        )
    work = None
    try:
        path.absolute().parent.mkdir(parents=True, exist_ok=True)
        number, work = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.absolute().parent)
        with open(number, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(work, 0o666 & ~umask)
        os.replace(work, path)
    except OSError as error:
        raise FerClassicError(_cannot_write(path, error)) from None
    finally:
        if work is not None and os.path.exists(work):
            os.unlink(work)


def to_json(value):
    """Indented JSON text of plain types, numbers unrounded.

    Parameters
    ----------
    value : object

    Returns
    -------
    str
    """
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def versions():
    """Versions of Python and of the packages that decide a result.

    Returns
    -------
    dict of str to str
    """
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    names = ("fer_classic", "numpy", "scipy", "scikit-learn", "scikit-image")
    for name in (*names, "imbalanced-learn", "lightgbm", "pillow", "numba", "joblib"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    for name in ("dlib-bin", "dlib"):
        try:
            found["dlib"] = f"{version(name)} ({name})"
            break
        except PackageNotFoundError:
            continue
    return found


def _cannot_write(path, error):
    reason = error.strerror or str(error)
    return f"{path} cannot be written: {reason}. Free space or name another --out."


def _remove_abandoned(parent, name):
    """Remove what killed runs left behind; those of living processes stay."""
    for old in parent.glob(f".{name}.partial-*"):
        process = old.name.rsplit("partial-", 1)[1].split("-")[0]
        if process.isdigit() and not _alive(int(process)):
            shutil.rmtree(old, ignore_errors=True)


def _alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
