"""Which table of a folder or archive tells of its images, if any does."""

import os

from fer_classic.data.conventions import whole_number
from fer_classic.data.find import LISTS
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
from fer_classic.data.labels import LARGEST_CODE
from fer_classic.data.names import ABSENT, NameFinder, NumberedNames
from fer_classic.data.sources import is_image_name
from fer_classic.data.spelling import label_expression
from fer_classic.data.tables import header_and_rows, table_rows
from fer_classic.errors import FerClassicError

#: Parts of the name of a table that is an answer, or a sample of one.
_ANSWERS = ("sample", "submission", "submit", "predict", "result", "answer")
_NUMBERS = "its labels are numbers: `labels` says whose"
#: Where there are more lists than that, each tells of one image.
_MOST_LISTS = 20
#: A table is a manifest if so many of its names are there, and so many images in it.
_SHARE = 0.5


def table_inside(holding, convention=None):
    """The table that lists the images of a folder or archive.

    Parameters
    ----------
    holding : Folder or Zip
    convention : Convention, optional
        With it, plain lists that are none are named too.

    Returns
    -------
    name : str or None
    notes : list of str
        One for the tables that were left aside, with the reason.
    """
    lists = [n for n in holding.names if n.lower().endswith(LISTS)]
    names = [n for n in holding.names if n.lower().endswith((".csv", ".tsv"))]
    images = NameFinder([n for n in holding.names if is_image_name(n)])
    reasons = _reasons(holding, names, images, convention)
    if convention is not None:
        reasons |= _reasons(holding, lists, images, convention)
    elif all(reasons.values()) and len(lists) <= _MOST_LISTS:
        # Most texts tell something else, and are no matter then.
        found = _reasons(holding, lists, images, convention)
        told = ("", _NUMBERS)
        reasons |= {name: reason for name, reason in found.items() if reason in told}
    if not reasons:
        return None, []
    good = [name for name, reason in reasons.items() if not reason]
    if len(good) == 1:
        return good[0], []
    if good:
        reasons |= dict.fromkeys(good, "one of several that list images")
    shown = ", ".join(f"{name} ({reason})" for name, reason in list(reasons.items())[:3])
    more = f", and {len(reasons) - 3} more" if len(reasons) > 3 else ""
    return None, [f"{holding.given}: left aside, as no table of its images: {shown}{more}"]


def variants(name, convention):
    """Other names of a file in a known data set.

    Parameters
    ----------
    name : str
    convention : Convention or None
    """
    if convention is not None and convention.key == "rafdb":
        stem, ending = os.path.splitext(name)
        yield f"{stem}_aligned{ending}"


def _reasons(holding, names, images, convention):
    """Why each of some tables is none of the holding's images."""
    find = NumberedNames(images)
    return {name: _why_not(holding, name, find, convention) for name in names}


def _why_not(holding, name, find, convention):
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
    label = label_column(header, first, (*TRUE, *PREDICTED), place)
    told = first_of(header, (*SPLITS, *GROUPS)) if label is None else label
    if told is None and (len(header) > 1 or name.lower().endswith(LISTS)):
        return "no column of labels"
    cells = [own[place].strip() for _, own in rows if place < len(own)]
    found = {_row(cell, find, convention) for cell in cells} - {ABSENT}
    images = find.count()
    if len(found) < _SHARE * len(cells) or len(found) < _SHARE * images:
        return f"it lists {len(found)} of {images} images"
    unnamed = convention is None and name.lower().endswith(LISTS)
    return _about_list(first, told) if unnamed else ""


def _about_list(rows, place):
    """Why a list that nobody named gives no labels: numbers may be anything, boxes too."""
    cells = [cells[place].strip() for _, cells in rows if place < len(cells)]
    if any(label_expression(cell) for cell in cells):
        return ""
    codes = [whole_number(cell) for cell in cells]
    few = all(code is not None and 0 <= code <= LARGEST_CODE for code in codes)
    return _NUMBERS if few else "no column of labels"


def _row(cell, find, convention):
    """Row of the image that a cell names, in any of the ways of a data set."""
    for own in (cell, *variants(cell, convention)):
        if (row := find.row(own)) != ABSENT:
            return row
    return ABSENT
