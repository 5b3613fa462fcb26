"""Where the film of an analyzed film's folder is, and whether it is the same still."""

import os
from pathlib import Path

from fer_classic.errors import FerClassicError


def film_place(folder, about, named=None):
    """Where a film is to be read.

    Parameters
    ----------
    folder : pathlib.Path
        That the command video wrote.
    about : dict
        What its record says of the film: name, path and print.
    named : path-like, optional
        Where the user says that it is.

    Returns
    -------
    path : pathlib.Path
    missing : dict or None
        Why it cannot be shown: a ``kind`` ("gone", "changed" or "other"), the ``path``
        and a ``text``.
    """
    beside = folder.absolute().parent / Path(str(about["name"])).name
    places = [Path(named)] if named else [_recorded(about) or beside, beside]
    there = [path for path in places if path.is_file()]
    if not there:
        return places[0], _missing("gone", places[0], "it is not there any more")
    same = [path for path in there if _is_same(path, about.get("print"))]
    if not same:
        return there[0], _missing("changed", there[0], "it is another film now")
    return same[0], _without_reader(same[0])


def _recorded(about):
    path = about.get("path")
    return Path(path) if isinstance(path, str) and "\0" not in path else None


def _is_same(path, known):
    from fer_classic.video.follow import film_print

    if not os.access(path, os.R_OK):
        return False
    return known is None or known == film_print(path)


def _missing(kind, path, reason):
    text = f"The film {str(path)!r} cannot be shown: {reason}."
    return {"kind": kind, "path": str(path), "text": text}


def _without_reader(path):
    """Why no film can be read here; None where one can."""
    from fer_classic.video.film import import_av

    try:
        import_av()
    except FerClassicError as error:
        return {"kind": "other", "path": str(path), "text": str(error)}
    return None
