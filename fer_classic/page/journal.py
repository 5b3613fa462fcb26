"""Decisions about labels on disk: one line each, only ever appended, at once."""

import errno
import io
import json
import os
import threading
from dataclasses import dataclass, field
from datetime import datetime, timezone

from fer_classic.errors import FerClassicError, UsageError
from fer_classic.page.requests import is_box

#: The first line of the file.
HEAD = {"kind": "fer_classic labels", "format": 1}
#: Bytes of a line; no decision has nearly as many.
LINE_BYTES = 1 << 20


class Conflict(FerClassicError):
    """The picture was decided in another window since it was looked at there."""


@dataclass(frozen=True)
class Decision:
    """What was decided about a picture.

    Attributes
    ----------
    label : str or None
        The expression in the place of the given one.
    confirmed, excluded : bool
    face : tuple of 4 float, or None
        Box of the face that is meant, in pixels of the picture.
    number : int
        Of the last entry that concerns the picture; 0 for none.
    """

    label: str | None = None
    confirmed: bool = False
    excluded: bool = False
    face: tuple | None = None
    number: int = 0

    @property
    def made(self):
        """Whether anything is decided."""
        return self.confirmed or self.excluded or self.label is not None or bool(self.face)


@dataclass
class Journal:
    """All decisions about one set of pictures, in the order in which they were made.

    A picture is known by its name and the SHA-256 of its bytes. A line that a crash cut
    off is dropped when the file is opened again; a damaged line elsewhere is an error.

    Attributes
    ----------
    path : pathlib.Path
    entries : list of dict
        As they stand in the file, without its first line.
    """

    path: object
    entries: list = field(default_factory=list)

    def __post_init__(self):
        self._lock = threading.Lock()
        self._of, self._undone = {}, set()
        self._file = _opened(self.path)
        try:
            self._read()
        except BaseException:
            self.close()
            raise

    def close(self):
        """Let go of the file."""
        self._file.close()

    def decision(self, name, digest):
        """What holds for a picture.

        Parameters
        ----------
        name, digest : str

        Returns
        -------
        Decision
        """
        numbers = self._of.get((name, digest), ())
        made = {"number": numbers[-1] if numbers else 0}
        for number in numbers:
            if self._holds(number):
                made |= _effect(self.entries[number - 1])
        return Decision(**made)

    def decide(self, pictures, do, value, *, seen, window):
        """Write one decision about some pictures, all or none.

        Parameters
        ----------
        pictures : list of (str, str)
            Name and digest of each.
        do : {"confirm", "label", "exclude", "face"}
        value : str, list of 4 float, or None
            The expression of "label", the box of "face".
        seen : list of int
            ``number`` of each picture's decision when the person saw it.
        window : str
            Which window asks, for undo.

        Raises
        ------
        Conflict
            Another window was faster.
        """
        with self._lock:
            for (name, digest), number in zip(pictures, seen, strict=True):
                if self.decision(name, digest).number != number:
                    raise Conflict(f"{name} was decided in another window meanwhile.")
            self._write(do, value, window, pictures)

    def undo(self, window):
        """Take back the last decision of a window that still holds.

        Parameters
        ----------
        window : str

        Returns
        -------
        list of (str, str)
            The pictures concerned; empty where there is nothing to take back.

        Raises
        ------
        Conflict
            One of the pictures was decided in another window since.
        """
        with self._lock:
            last = self._last_of(window)
            if last is None:
                return []
            pictures = [tuple(picture) for picture in last["pictures"]]
            for picture in pictures:
                holding = [n for n in self._of[picture] if self._holds(n)]
                if holding[-1] != last["n"]:
                    raise Conflict(
                        f"{picture[0]} was decided in another window since: undo it there."
                    )
            self._write("undo", last["n"], window, pictures)
            return pictures

    def _last_of(self, window):
        for entry in reversed(self.entries):
            if entry["window"] == window and self._holds(entry["n"]):
                return entry
        return None

    def _holds(self, number):
        return number not in self._undone and self.entries[number - 1]["do"] != "undo"

    def _write(self, do, value, window, pictures):
        """Append a line, and return when it is on the disk."""
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        entry = {"n": len(self.entries) + 1, "at": now, "do": do, "value": value}
        entry |= {"window": window, "pictures": [list(own) for own in pictures]}
        end = self._file.seek(0, os.SEEK_END)
        line = json.dumps(entry).encode() + b"\n"
        try:
            if self._file.write(line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(self._file.fileno())
        except OSError as error:
            self._file.truncate(end)
            raise FerClassicError(
                f"{self.path} cannot be written: {error.strerror}. Free space; what was "
                "decided before is kept."
            ) from None
        self._take(entry)

    def _take(self, entry):
        self.entries.append(entry)
        for picture in entry["pictures"]:
            self._of.setdefault(tuple(picture), []).append(entry["n"])
        if entry["do"] == "undo":
            self._undone.add(entry["value"])

    def _read(self):
        self._file.seek(0)
        whole = self._file.read()
        end = whole.rfind(b"\n") + 1
        lines = whole[:end].split(b"\n")[:-1]
        head = json.dumps(HEAD).encode() + b"\n"
        if _parsed(lines[0]) != HEAD if lines else not head.startswith(whole):
            raise UsageError(
                f"{self.path} is no journal of labels, or of another version: name "
                "another file with `journal`."
            )
        for number, line in enumerate(lines[1:], start=1):
            entry = _parsed(line)
            if not _sound(entry, number):
                raise FerClassicError(
                    f"{self.path}, line {number + 1}, is damaged: remove it and all lines "
                    "after it, or name another file with `journal`."
                )
            self._take(entry)
        if end < len(whole):  # cut off by a crash, before anybody was told that it is kept
            self._file.truncate(end)
        if not lines:
            self._file.write(head)
            os.fsync(self._file.fileno())


def _effect(entry):
    """What an entry changes in a decision."""
    if entry["do"] == "confirm":
        return {"confirmed": True, "excluded": False, "label": None}
    if entry["do"] == "label":
        return {"confirmed": True, "excluded": False, "label": entry["value"]}
    if entry["do"] == "exclude":
        return {"excluded": True}
    return {"face": tuple(entry["value"]) if entry["value"] else None}


def _sound(entry, number):
    """Whether a line is what :meth:`Journal._write` writes."""
    if not isinstance(entry, dict) or "value" not in entry:
        return False
    if not _is_number(entry.get("n"), number, number):
        return False
    do, value, pictures = (entry.get(key) for key in ("do", "value", "pictures"))
    if not isinstance(entry.get("window"), str) or not isinstance(pictures, list):
        return False
    if not all(_is_pair_of_text(own) for own in pictures):
        return False
    return {
        "confirm": value is None,
        "exclude": value is None,
        "label": isinstance(value, str),
        "face": value is None or is_box(value),
        "undo": _is_number(value, 1, number - 1),
    }.get(do if isinstance(do, str) else "", False)


def _is_number(value, least, most):
    return type(value) is int and least <= value <= most


def _is_pair_of_text(value):
    right = isinstance(value, list) and len(value) == 2
    return right and all(isinstance(own, str) for own in value)


def _parsed(line):
    try:
        return json.loads(line) if len(line) <= LINE_BYTES else None
    except (ValueError, RecursionError):
        return None


def _opened(path):
    """The file, for this process alone."""
    try:
        file = io.FileIO(path, "a+")
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}. Name another file with `journal`."
        ) from None
    try:
        _lock(file)
    except OSError:
        file.close()
        raise UsageError(
            f"{path} is open in another page already: use that one, or end it first."
        ) from None
    return file


def _lock(file):
    """Take the file for this process, until it ends however it may."""
    if os.name == "nt":
        import msvcrt

        file.seek(1 << 30)  # beyond the content, which others may read
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
