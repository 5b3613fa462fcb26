"""Results that appear whole or not at all."""

import glob
import json
import os
import re
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from fer_classic.errors import FerClassicError, UsageError

#: Files that stand together only in folders that this package wrote.
_MARKS = (
    {"run.json", "settings.json", "metrics.json"},
    {"SHA256SUMS", "model.json"},
    {"SHA256SUMS", "faces.json"},
    {"SHA256SUMS", "features.json"},
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
    work = None
    try:
        parent, prefix = _place(path)
        work = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        yield work
        umask = os.umask(0)
        os.umask(umask)
        work.chmod(0o777 & ~umask)  # mkdtemp makes it private
        if os.path.lexists(path):
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
    """Refuse a folder that exists already or cannot be made, before any work is done.

    Parameters
    ----------
    path : path-like
    overwrite : bool

    Raises
    ------
    UsageError
        The path exists and ``overwrite`` is not given, or it is a file, or a folder
        that no fer-classic command made.
    FerClassicError
        Nothing can be written there.
    """
    path = Path(path)
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

    Parameters
    ----------
    path : path-like
    overwrite : bool

    Raises
    ------
    UsageError
        The path exists and ``overwrite`` is not given, or it is a folder.
    FerClassicError
        Nothing can be written there.
    """
    path = Path(path)
    if path.is_dir():
        raise UsageError(f"{path} is a folder, and a file is to be written: name a file.")
    _refuse_existing(path, overwrite)
    _check_writable(path)


def _refuse_existing(path, overwrite):
    if os.path.lexists(path) and not overwrite:
        raise UsageError(f"{path} exists already: name another place, or give --overwrite.")


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
        os.rmdir(tempfile.mkdtemp(prefix=f".{path.name}.partial-", dir=parent))
    except OSError as error:
        raise FerClassicError(_cannot_write(path, error)) from None


def _place(path):
    """Make the parent folder, clear it of what killed runs left, and choose a prefix."""
    parent = path.absolute().parent
    parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(parent, path.name)
    return parent, f".{path.name}.partial-{os.getpid()}-"


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
    path = Path(path)
    check_new_file(path, overwrite=overwrite)
    work = None
    try:
        parent, prefix = _place(path)
        number, work = tempfile.mkstemp(prefix=prefix, dir=parent)
        with open(number, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
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
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode("utf-8", "backslashreplace").decode()  # half a surrogate pair


def read_json(path):
    """Parse a JSON file; a FerClassicError says why it cannot be.

    Parameters
    ----------
    path : path-like
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise FerClassicError(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise FerClassicError(f"{path} is not JSON: {error}.") from None


def versions(*more):
    """Versions of Python and of the packages that decide a result.

    Parameters
    ----------
    *more : str
        Further packages.

    Returns
    -------
    dict of str to str
    """
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    names = ("fer_classic", "numpy", "scipy", "scikit-learn", "scikit-image")
    names += ("imbalanced-learn", "lightgbm", "pillow", "numba", "joblib", *more)
    for name in names:
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
    return f"{path} cannot be written: {reason}. Free space, or name another place."


def _remove_abandoned(parent, name):
    """Remove what killed runs left behind; those of living processes stay."""
    for old in parent.glob(f".{glob.escape(name)}.partial-*"):
        process = old.name.rsplit("partial-", 1)[1].split("-")[0]
        if process.isdigit() and not _alive(int(process)):
            if old.is_dir():
                shutil.rmtree(old, ignore_errors=True)
            else:
                old.unlink(missing_ok=True)


def _alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


class Timer:
    """Seconds spent by step, in the order of first use: ``with timer("faces"): …``.

    Attributes
    ----------
    seconds : dict of str to float
    """

    def __init__(self):
        self.seconds = {}

    @contextmanager
    def __call__(self, step):
        """Add the time of the block to a step."""
        start = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - start
            self.seconds[step] = self.seconds.get(step, 0.0) + spent
