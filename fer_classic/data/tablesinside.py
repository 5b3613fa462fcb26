"""Which table of a folder or archive tells of its images, if any does."""

import os

from fer_classic.data.headers import (
    GROUPS,
    PREDICTED,
    RESULTS,
    SPLITS,
    TRUE,
    first_of,
    header_key,
    label_column,
    name_column,
)
from fer_classic.data.names import ABSENT, NameFinder, NumberedNames
from fer_classic.data.sources import is_image_name
from fer_classic.data.tables import header_and_rows, table_rows
from fer_classic.errors import FerClassicError

#: Endings of lists of names and labels, as RAF-DB and ExpW have them.
LISTS = (".txt", ".lst", ".list")
#: Parts of the name of a table that is an answer, or a sample of one.
_ANSWERS = ("sample", "submission", "submit", "predict", "result", "answer")
#: A table is a manifest if so many of its names are there, and so many images in it.
_SHARE = 0.5


def table_inside(holding, convention=None):
    """The table that lists the images of a folder or archive.

    Parameters
    ----------
    holding : Folder or Zip
    convention : Convention, optional
        With it, plain lists are looked at too.

    Returns
    -------
    name : str or None
    notes : list of str
        One for the tables that were left aside, with the reason.
    """
    endings = (".csv", ".tsv", *(LISTS if convention is not None else ()))
    names = [n for n in holding.names if os.path.splitext(n)[1].lower() in endings]
    if not names:
        return None, []
    images = NameFinder([n for n in holding.names if is_image_name(n)])
    reasons = {name: _why_not(holding, name, NumberedNames(images)) for name in names}
    good = [name for name, reason in reasons.items() if not reason]
    if len(good) == 1:
        return good[0], []
    if good:
        reasons |= dict.fromkeys(good, "one of several that list images")
    shown = ", ".join(f"{name} ({reason})" for name, reason in list(reasons.items())[:3])
    more = f", and {len(names) - 3} more" if len(names) > 3 else ""
    return None, [f"{holding.given}: left aside, as no table of its images: {shown}{more}"]


def _why_not(holding, name, find):
    """Why a table is none of the holding's images; nothing if it is."""
    data = holding.read(name)
    try:
        rows = table_rows(data, name, blanks=not name.lower().endswith(".csv"))
        header, first, rows = header_and_rows(rows)
    except FerClassicError:
        return "no table"
    keys = {header_key(text) for text in header}
    if "pixels" in keys:
        return "images of its own beside those of files" if find.count() else ""
    place = name_column(header, first)
    if place is None:
        return "no column of image paths"
    if not find.count():
        return ""
    if keys & RESULTS or any(part in name.rpartition("/")[2].lower() for part in _ANSWERS):
        return "it looks like answers"
    told = first_of(header, (*SPLITS, *GROUPS))
    if told is None:
        told = label_column(header, first, (*TRUE, *PREDICTED), place)
    if told is None and len(header) > 1:
        return "no column of labels"
    cells = [own[place].strip() for _, own in rows if place < len(own)]
    found = {find.row(cell) for cell in cells} - {ABSENT}
    images = find.count()
    if len(found) < _SHARE * len(cells) or len(found) < _SHARE * images:
        return f"it lists {len(found)} of {images} images"
    return ""
