"""Finding images by their names, however a file writes them."""

from collections import Counter
from functools import cached_property
from pathlib import PurePosixPath

from fer_classic.errors import FerClassicError

#: Keys and columns that hold file names, the likeliest first.
NAME_KEYS = (
    *("file", "filename", "file_name", "image", "img", "path", "input", "image_path"),
    *("img_path", "image_name", "img_name", "file_path", "filepath", "name", "id"),
)

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

    def row(self, name):
        """Row of the image that a name means, or ABSENT or SEVERAL.

        The name itself counts first, then its longest ending that fits an ending of an
        image's path, with extension before without.
        """
        if (row := self._exact.get(name)) is not None:
            return row
        path = _tidy(str(name).replace("\\", "/"))
        for text in (path, _stem(path)):
            while text:
                if (row := self._spellings.get(text)) is not None:
                    return row
                text = text.partition("/")[2]
        return ABSENT

    @cached_property
    def _spellings(self):
        found = dict(self._exact)
        for row, name in enumerate(self.names):
            path = _tidy(name)
            for text in (path, _stem(path)):
                while text:
                    if found.setdefault(text, row) != row:
                        found[text] = SEVERAL
                    text = text.partition("/")[2]
        return found


def _tidy(path):
    """A path without empty parts and parts that are a dot."""
    odd = "//" in path or "./" in path
    return str(PurePosixPath(path)) if odd else path


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
