"""The hidden names that results have until they are whole, and what killed runs left."""

import glob
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

#: Name that a folder has, within a hidden one, while another takes its place.
OLD = "old"


def partial_file(path):
    """Make a hidden file beside a path, to be renamed to it.

    Returns
    -------
    number : int
        The open file's.
    work : pathlib.Path
    """
    number, work = tempfile.mkstemp(prefix=hidden_prefix(path), dir=_parent(path))
    return number, Path(work)


def partial_folder(path):
    """Make a hidden folder beside a path, to be renamed to it."""
    return Path(tempfile.mkdtemp(prefix=hidden_prefix(path), dir=_parent(path)))


@contextmanager
def scratch_folder(path):
    """A hidden folder beside a path, for the work that leads to it.

    It is removed at the end; by the next run, if this one is killed.
    """
    work = partial_folder(path)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _parent(path):
    parent = Path(path).absolute().parent
    parent.mkdir(parents=True, exist_ok=True)
    return parent


def hidden_prefix(path):
    """How hidden names beside a path begin, in this process."""
    return f".{Path(path).name}.partial-{os.getpid()}-"


def settle(work):
    """Give a finished file or folder the usual permissions, and write it to the disk.

    A full disk, or one in the network, may say only now that it lacks the space; and after
    a power cut a name must not stand for content that never was written.
    """
    umask = os.umask(0)
    os.umask(umask)
    # tempfile makes both private
    work.chmod((0o777 if work.is_dir() else 0o666) & ~umask)
    for path in work.rglob("*") if work.is_dir() else [work]:
        if path.is_file():
            with open(path, "rb+") as file:
                os.fsync(file.fileno())


def clear(path):
    """Remove what killed runs left beside a path; that of living ones stays.

    A folder that was being replaced when its run was killed gets its name back.
    """
    path = Path(path).absolute()
    for left in path.parent.glob(f".{glob.escape(path.name)}.partial-*"):
        process = left.name.rsplit("partial-", 1)[1].split("-")[0]
        if not process.isdigit() or _alive(int(process)):
            continue
        if left.is_dir():
            put_back(left, path)
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def put_back(left, path):
    """Give a folder its name back, if nothing has taken it.

    Parameters
    ----------
    left : pathlib.Path
        The hidden folder that may hold it.
    path : pathlib.Path
    """
    if (left / OLD).is_dir() and not os.path.lexists(path):
        (left / OLD).rename(path)


def _alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
