"""Rows of tables as people save them: any encoding, comma, semicolon, tab or blanks."""

import csv
import io
from itertools import chain, islice

from fer_classic.data.encodings import decode_text
from fer_classic.data.headers import NAMES, first_of, header_key
from fer_classic.data.names import ends_as_image
from fer_classic.errors import FerClassicError

#: Rows that tell what a column holds.
_LOOKED_AT = 50


def table_rows(data, origin, *, blanks=False):
    """The rows of a table that have a cell with something in it.

    Cells that are empty at the end of all rows, as spreadsheets leave them, are left out.

    Parameters
    ----------
    data : bytes
    origin : str
        Name of the table, for messages.
    blanks : bool
        Whether blanks part cells where no other sign does.

    Yields
    ------
    line : int
    cells : list of str
        The first is the header, if the table has one.

    Raises
    ------
    FerClassicError
        It is no text, or no table; names the line.
    """
    try:
        text = decode_text(data)
    except ValueError as error:
        raise FerClassicError(f"{origin} is no table of text: {error}.") from None
    csv.field_size_limit(1 << 24)
    delimiter = delimiter_of(text, blanks=blanks)
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        skipinitialspace=delimiter == " ",
    )
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise FerClassicError(f"{origin}, line {reader.line_num}: {error}.") from None


def delimiter_of(text, *, blanks=False):
    """What parts the cells of a table: that which its first line holds most often.

    Parameters
    ----------
    text : str
    blanks : bool
        Whether a blank may.

    Returns
    -------
    str
        A comma, semicolon, tab, bar or blank.
    """
    first = text.lstrip("\r\n").split("\n", 1)[0]
    if (found := max(",;\t|", key=first.count)) and first.count(found):
        return found
    return " " if blanks and " " in first.strip() else ","


def without_trailing(cells, count):
    """Cells without the empty ones beyond some number.

    Parameters
    ----------
    cells : list of str
    count : int

    Returns
    -------
    list of str
    """
    while len(cells) > count and not cells[-1].strip():
        cells = cells[:-1]
    return cells


def header_and_rows(rows):
    """The header of a table, its first rows, and all of its rows.

    Parameters
    ----------
    rows : iterable of (int, list of str)
        Of :func:`table_rows`.

    Returns
    -------
    header : list of str
        Empty where the table has none.
    first : list of (int, list of str)
        What tells the meaning of a column.
    rows : iterator of (int, list of str)
    """
    rows = iter(rows)
    first = list(islice(rows, _LOOKED_AT))
    header = []
    if first and not _is_row(first[0][1]):
        header = without_trailing(first[0][1], 1)
        first = first[1:]
    return header, first, chain(first, rows)


def _is_row(cells):
    """Whether a first line is a row already: it names an image, and no column of names."""
    image = any(ends_as_image(cell.strip()) for cell in cells)
    return image and first_of(cells, NAMES) is None


def name_column(header, rows):
    """Place of the column of file names, or None.

    Of those that the header names so, that whose cells end as images do; else the likeliest
    by its name; else any whose cells do.

    Parameters
    ----------
    header : list of str
        May be empty.
    rows : list of (int, list of str)
        The first ones.

    Returns
    -------
    int or None
    """
    some = [cells for _, cells in rows]
    width = max([len(header), *map(len, some)], default=0)

    def share(place):
        cells = [own[place].strip() for own in some if place < len(own)]
        return sum(map(ends_as_image, cells)) / max(len(some), 1)

    named = [i for i, text in enumerate(header) if header_key(text) in NAMES]
    if good := [i for i in named if share(i) > 0.5]:
        return good[0] if len(good) == 1 else first_of(header, NAMES)
    if named:
        return first_of(header, NAMES)
    return next((i for i in range(width) if share(i) > 0.5), None)
