"""Folders whose files vouch for each other by checksums."""

import hashlib
import json
import os
import re
from contextlib import contextmanager

from fer_classic.errors import FerClassicError
from fer_classic.files.weights import sha256

#: Raise when a written file changes its meaning; older readers then refuse it.
FORMAT = 1

#: File with the checksums of all others in its folder, and the one that signs it.
SEAL, SIGNATURE = "SHA256SUMS", "SHA256SUMS.sig"

#: Larger files hold no text.
_MOST_TEXT = 1 << 28
_LINE = re.compile(r"([0-9a-f]{64})  ([^/\\]+)")


def write_seal(folder):
    """Write the checksums of all files, as ``sha256sum --check`` reads them."""
    names = sorted({path.name for path in folder.iterdir()} - {SEAL, SIGNATURE})
    lines = [f"{sha256(folder / name)}  {name}\n" for name in names]
    (folder / SEAL).write_text("".join(lines), encoding="utf-8", newline="\n")


def sealed_files(folder):
    """The checksums that a folder's SHA256SUMS tells.

    Returns
    -------
    dict of str to str
        By file name.

    Raises
    ------
    FerClassicError
        It is missing, or a line of it is no checksum of a file in the folder.
    """
    seal = folder / SEAL
    if not seal.is_file():
        raise FerClassicError(f"{seal} is missing: copy the whole folder again.")
    lines = seal.read_text(encoding="utf-8", errors="replace").splitlines()
    sums = {}
    for line in lines:
        found = _LINE.fullmatch(line)
        if not found or found[2] in sums:
            raise FerClassicError(
                f"{seal} is damaged ({line[:80]!r} is no checksum, or one of a file it "
                "has told already): copy the whole folder again."
            )
        sums[found[2]] = found[1]
    return sums


def _check_seal(folder, needed):
    seal, sums = folder / SEAL, sealed_files(folder)
    if absent := sorted(needed - set(sums)):
        raise FerClassicError(
            f"{seal} is damaged or of an earlier version (it lacks {absent[0]}): copy the "
            "whole folder again, or make it anew."
        )
    for name, expected in sums.items():
        own = folder / name
        if not os.path.isfile(own):  # no error either where the name is too long
            raise FerClassicError(f"{own} is missing: copy the whole folder again.")
        if sha256(own) != expected:
            if _has_other_line_ends(own, expected):
                raise FerClassicError(
                    f"{own} has other line endings than when it was made, as Git for "
                    "Windows leaves them (core.autocrlf): clone again with git -c "
                    "core.autocrlf=false clone, or copy the whole folder again."
                )
            raise FerClassicError(
                f"{own} has been changed or damaged (its checksum is not the one in "
                f"{SEAL}): copy the whole folder again, or make it anew."
            )


def _has_other_line_ends(path, expected):
    """Whether a file is what it was but for a carriage return before each line end."""
    if path.stat().st_size > _MOST_TEXT:
        return False
    plain = path.read_bytes().replace(b"\r\n", b"\n")
    return hashlib.sha256(plain).hexdigest() == expected


def read_sealed(folder, name, kind, needed, largest=None):
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
    largest : int, optional
        Bytes of the JSON file at most.

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
    if largest is not None and path.stat().st_size > largest:
        raise FerClassicError(
            f"{path} has {path.stat().st_size} bytes; {largest} are allowed. It is none "
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


#: What impossible content raises.
_DAMAGES = (
    *(LookupError, TypeError, ValueError, AttributeError, OverflowError),
    *(RecursionError, OSError),
)


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
        The block raised an error that damaged content causes.
    """
    try:
        yield
    except FerClassicError as error:
        reason = str(error)
    except _DAMAGES as error:
        reason = f"{type(error).__name__}: {str(error).rstrip('.')}."
    else:
        return
    raise FerClassicError(f"The {kind} in {folder} cannot be used: {reason} Make it anew.")
