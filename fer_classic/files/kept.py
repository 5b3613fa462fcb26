"""The user's cache folder, and small files in it that take long to make."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

#: Environment variable that names the folder, or says "none".
VARIABLE = "FER_CLASSIC_CACHE"
#: Bytes of the checksum that a file begins with.
_HEAD = hashlib.sha256().digest_size


def cache_folder(given=None, *, default=True):
    """Where finished work is kept.

    Parameters
    ----------
    given : str, optional
        A folder, or "none".
    default : bool
        Whether the user's own cache folder is meant where neither ``given`` nor the
        environment variable FER_CLASSIC_CACHE says anything.

    Returns
    -------
    pathlib.Path or None
        None for no cache; also where the environment names no home folder.
    """
    named = given or os.environ.get(VARIABLE)
    if named:
        return None if named == "none" else Path(named)
    if not default:
        return None
    homes = {"XDG_CACHE_HOME": "", "LOCALAPPDATA": "", "HOME": ".cache"}
    for variable, below in homes.items():
        if os.path.isabs(os.environ.get(variable, "")):
            return Path(os.environ[variable], below, "fer_classic")
    return None


def kept_bytes(name, make):
    """What ``make()`` gives, from the cache folder where it is there and whole.

    Parameters
    ----------
    name : str
        Of the file; it must tell all that decides the content.
    make : callable
        Gives bytes.

    Returns
    -------
    bytes
    """
    folder = cache_folder()
    if folder is None:
        return make()
    path = folder / name
    with suppress(OSError):
        with open(path, "rb") as file:
            head, content = file.read(_HEAD), file.read()
        if head == _digest(name, content):
            return content
    content = make()
    with suppress(OSError):  # a full disk, or a folder for reading only: made every time
        _write(path, _digest(name, content) + content)
    return content


def _digest(name, content):
    digest = hashlib.sha256(name.encode())
    digest.update(content)
    return digest.digest()


def _write(path, content):
    from fer_classic.files.staging import partial_file

    number, work = partial_file(path)
    try:
        with open(number, "wb") as file:
            file.write(content)
        os.replace(work, path)
    finally:
        work.unlink(missing_ok=True)
