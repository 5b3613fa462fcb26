"""Finding images by their names, however a file writes them."""

import re
import unicodedata
from collections import Counter
from functools import cached_property
from pathlib import PurePosixPath

from fer_classic.data.image import EXTENSIONS
from fer_classic.errors import FerClassicError

_DIGITS = re.compile(r"[0-9]+")
#: Names listed in an error before "…".
_SHOWN = 10

#: What NameFinder.row answers where there is no such image, or more than one.
ABSENT, SEVERAL = -1, -2


class NameFinder:
    """Finds images by names that may lack folders or the extension, or have others.

    Parameters
    ----------
    names : sequence of str
        The images.
    """

    def __init__(self, names):
        self.names = names
        self._exact = {name: row for row, name in enumerate(names)}

    @classmethod
    def of(cls, names):
        """Names as a finder, if they are none yet.

        Parameters
        ----------
        names : sequence of str or NameFinder
        """
        return names if isinstance(names, NameFinder) else cls(names)

    def row(self, name):
        """Row of the image that a name means, or ABSENT or SEVERAL.

        The name itself counts first, then its longest ending that fits an ending of an
        image's path, with extension before without.
        """
        if (row := self._exact.get(name)) is not None:
            return row
        for text in _spelled(name_key(str(name))):
            while text:
                if (row := self._spellings.get(text)) is not None:
                    return row
                text = text.partition("/")[2]
        return ABSENT

    @cached_property
    def _spellings(self):
        found = {}
        for row, name in enumerate(self.names):
            if found.setdefault(name_key(name), row) != row:
                found[name_key(name)] = SEVERAL
        for row, name in enumerate(self.names):
            for text in _spelled(name_key(name)):
                while text:
                    if found.setdefault(text, row) != row:
                        found[text] = SEVERAL
                    text = text.partition("/")[2]
        return found


class NumberedNames:
    """Finds images as NameFinder does, and by their number: 1 is ``0001.jpg``.

    Where no image is known, text that ends as images do is a name.

    Parameters
    ----------
    names : sequence of str or NameFinder
    """

    def __init__(self, names):
        self._find = NameFinder.of(names)

    def row(self, value):
        """Row of the image that a value names, or ABSENT or SEVERAL.

        Parameters
        ----------
        value : str or int
        """
        row = ABSENT if isinstance(value, int) else self._find.row(value)
        if row == ABSENT and str(value).isascii() and str(value).isdigit():
            return self._numbers.get(int(value), ABSENT)
        return row

    def count(self):
        """Number of images."""
        return len(self._find.names)

    def name_of(self, row):
        """The name of a row.

        Parameters
        ----------
        row : int
        """
        return self._find.names[row]

    def weight(self, values):
        """How many different images some values name; by their number only, half.

        Parameters
        ----------
        values : list of object

        Returns
        -------
        float
        """
        names = {own for own in values if isinstance(own, str)}
        if not self._find.names:
            return len([own for own in names if ends_as_image(own)])
        rows = {self._find.row(name) for name in names} - {ABSENT}
        numbers = {own for own in values if isinstance(own, str | int) and own is not True}
        return len(rows) or len({self.row(own) for own in numbers} - {ABSENT}) / 2

    def name(self, value):
        """The image's own name where only its number is given; else what is given.

        Parameters
        ----------
        value : str or int
        """
        if not isinstance(value, int) and self._find.row(value) != ABSENT:
            return value
        row = self.row(value)
        return self._find.names[row] if row >= 0 else value

    @cached_property
    def _numbers(self):
        """Rows by the only number that a name has; without numbers that several have."""
        found = {}
        for row, name in enumerate(self._find.names):
            path = PurePosixPath(name)
            runs = _DIGITS.findall(path.stem)
            if len(runs) == 1 and len(runs[0]) < 16:
                number = int(runs[0])
                found[number] = SEVERAL if number in found else row
        return found


def name_key(path):
    r"""A name as names are compared: composed letters, ``/``, no empty parts, no dots.

    Parameters
    ----------
    path : str

    Examples
    --------
    >>> name_key("a\\.//Zoe\u0308.jpg") == "a/Zo\u00eb.jpg"
    True
    """
    if not path.isascii():
        path = unicodedata.normalize("NFC", path)
    path = path.replace("\\", "/")
    odd = "//" in path or "./" in path
    return str(PurePosixPath(path)) if odd else path


def ends_as_image(name):
    """Whether a name ends as image files do.

    Parameters
    ----------
    name : str
    """
    name = name.replace("\\", "/")
    stem, _, ending = name.rpartition(".")
    if not ending or "/" in ending:  # "a.jpg/" and "a.jpg/." are a.jpg
        return PurePosixPath(name).suffix.lower() in EXTENSIONS
    return f".{ending.lower()}" in EXTENSIONS and stem[-1:] not in ("", "/")


def _spelled(path):
    """A path with and without its ending and the blanks around it."""
    bare = path.strip()
    if bare == path:
        return path, _stem(path)
    return path, _stem(path), bare, _stem(bare)


def _stem(path):
    """A path without the extension of its file; empty if it has none."""
    start, dot = path.rfind("/") + 1, path.rfind(".")
    return path[:dot] if start < dot < len(path) - 1 else ""


def match_names(asked, names, what="template"):
    """Find the image of each name asked for; every image exactly once.

    Parameters
    ----------
    asked : sequence
        Names with or without folder and extension.
    names : sequence of str
        The images.
    what : str
        What asks, for messages.

    Returns
    -------
    list of int
        Rows of ``names``.

    Raises
    ------
    FerClassicError
        A name fits no image or several, an image is not named, or is named twice.
    """
    find = NameFinder(names)
    rows = [find.row(name) for name in asked]
    absent = [name for name, row in zip(asked, rows, strict=True) if row == ABSENT]
    unclear = [name for name, row in zip(asked, rows, strict=True) if row == SEVERAL]
    if absent:
        raise FerClassicError(
            f"The {what} names {len(absent)} image(s) that are not in the input: "
            f"{listed(absent)}."
        )
    if unclear:
        raise FerClassicError(
            f"{len(unclear)} name(s) of the {what} fit several images: "
            f"{listed(unclear)}. Write them with folder and extension."
        )
    count = Counter(rows)
    if lacking := [name for row, name in enumerate(names) if row not in count]:
        raise FerClassicError(
            f"The {what} lacks {len(lacking)} image(s) of the input: {listed(lacking)}."
        )
    if twice := [names[row] for row, number in count.items() if number > 1]:
        raise FerClassicError(f"The {what} names images twice: {listed(twice)}.")
    return rows


def listed(names):
    """The first names of a list, for a message."""
    shown = ", ".join(map(str, names[:_SHOWN]))
    return shown + (", …" if len(names) > _SHOWN else "")
