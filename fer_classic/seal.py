"""Folders whose files vouch for each other by checksums."""

import json
import os
from contextlib import contextmanager
from pathlib import Path

from fer_classic.errors import FerClassicError
from fer_classic.modelfiles import sha256

#: Raise when a written file changes its meaning; older readers then refuse it.
FORMAT = 1

#: File with the checksums of all others in its folder.
SEAL = "SHA256SUMS"


def write_seal(folder):
    """Write the checksums of all files, as ``sha256sum --check`` reads them.

    Parameters
    ----------
    folder : pathlib.Path
    """
    names = sorted(path.name for path in folder.iterdir() if path.name != SEAL)
    lines = [f"{sha256(folder / name)}  {name}\n" for name in names]
    (folder / SEAL).write_text("".join(lines), encoding="utf-8", newline="\n")


def _check_seal(folder, needed):
    seal = folder / SEAL
    if not seal.is_file():
        raise FerClassicError(f"{seal} is missing: copy the whole folder again.")
    lines = seal.read_text(encoding="utf-8", errors="replace").splitlines()
    sums = {Path(name).name: own for own, _, name in (s.partition("  ") for s in lines)}
    if absent := sorted(needed - set(sums)):
        raise FerClassicError(
            f"{seal} is damaged (it lacks {absent[0]}): copy the whole folder again."
        )
    for name, expected in sums.items():
        own = folder / name
        if not os.path.isfile(own):  # no error either where the name is too long
            raise FerClassicError(f"{own} is missing: copy the whole folder again.")
        if sha256(own) != expected:
            raise FerClassicError(
                f"{own} has been changed or damaged (its checksum is not the one in "
                f"{SEAL}): copy the whole folder again, or make it anew."
            )


def read_sealed(folder, name, kind, needed):
    """Parse the JSON file of a folder and check everything its seal vouches for.

    Parameters
    ----------
    folder : pathlib.Path
    name : str
        The JSON file.
    kind : str
        What the file must say it describes, such as "fer_classic model".
    needed : set of str, or callable
        Files that the seal must list, or what gives them from the description.

    Returns
    -------
    dict

    Raises
    ------
    FerClassicError
        A file is missing, changed, of another kind or of another format.
    """
    path = folder / name
    if not path.is_file():
        reason = f"no file {name} in it" if folder.is_dir() else "no such folder"
        raise FerClassicError(
            f"{folder} holds no {kind.split()[1]}: there is {reason}. Name the folder "
            "that fer-classic wrote."
        )
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
        found, own_kind = description["format"], description["kind"]
    except OSError as error:
        raise FerClassicError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise FerClassicError(f"{path} is damaged: copy the whole folder again.") from None
    if own_kind != kind:
        raise FerClassicError(f"{path} describes {own_kind!r}; expected is {kind!r}.")
    if found != FORMAT:
        raise FerClassicError(
            f"{path} has format {found!r}; this version of fer_classic reads format "
            f"{FORMAT}. Make it again with this version, or install the one that wrote it."
        )
    _check_seal(folder, needed(description) if callable(needed) else needed)
    return description


@contextmanager
def usable(folder, kind):
    """Explain what makes the content of a folder, whole by its seal, impossible.

    Parameters
    ----------
    folder : pathlib.Path
    kind : str
        "model", "faces" or "features".

    Raises
    ------
    FerClassicError
        The block raised any error: damaged content causes many kinds.
    """
    try:
        yield
    except FerClassicError as error:
        reason = str(error)
    except Exception as error:  # parsers raise many types on damaged files
        reason = f"{type(error).__name__}: {error}."
    else:
        return
    raise FerClassicError(f"The {kind} in {folder} cannot be used: {reason} Make it anew.")
