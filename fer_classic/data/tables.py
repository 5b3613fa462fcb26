"""Rows of tables as people save them: any encoding, comma, semicolon, tab or blanks."""

import csv
import io
import re
from itertools import chain, islice

from fer_classic.data.encodings import decode_text
from fer_classic.data.headers import NAMES, first_of, header_key
from fer_classic.data.names import ends_as_image
from fer_classic.errors import FerClassicError

#: Rows that tell what a column holds.
LOOKED_AT = 50
#: Excel's line that says what parts cells.
_SEPARATOR = re.compile('"?sep=([^\r\n])"?', re.IGNORECASE)
_QUOTED = re.compile('"[^"]*"')


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
    before, text, delimiter = parted(text, blanks=blanks)
    above = before.count("\n")
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        skipinitialspace=delimiter == " ",
    )
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield above + reader.line_num, cells
    except csv.Error as error:
        line = above + reader.line_num
        raise FerClassicError(f"{origin}, line {line}: {error}.") from None


def parted(text, *, blanks=False):
    r"""What stands above a table, the table, and what parts its cells.

    Parameters
    ----------
    text : str
    blanks : bool
        Whether a blank may part cells.

    Returns
    -------
    before : str
        Lines of remarks, and Excel's ``sep=;``.
    text : str
    delimiter : str

    Examples
    --------
    >>> parted("# mine\nsep=;\nfile;label\n")
    ('# mine\nsep=;\n', 'file;label\n', ';')
    """
    at, said = 0, None
    while at < len(text):
        end = text.find("\n", at) + 1 or len(text)
        line = text[at:end].strip().lstrip("\ufeff")
        if match := _SEPARATOR.fullmatch(line):
            said = match.group(1)
        elif line and not _is_remark(line):
            break
        at = end
    if at == len(text):  # of remarks alone
        at = 0
    return text[:at], text[at:], said or delimiter_of(text[at:], blanks=blanks)


def _is_remark(line):
    """Whether a line above a table is none of its rows."""
    if not line.startswith("#"):
        return False
    cells = line.split(delimiter_of(line, blanks=True))
    named = any(header_key(own.strip('# "')) in NAMES for own in cells)
    return not named and not any(ends_as_image(own.strip('" ')) for own in cells)


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
        A comma, semicolon, tab, bar or blank; a Chinese comma where there is none of these.
    """
    first = _QUOTED.sub("", text.lstrip("\r\n").split("\n", 1)[0])
    for signs in (",;\t|", "，；"):
        if (found := max(signs, key=first.count)) and first.count(found):
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


def cells_under(header, cells, place):
    """The cells of a row, none of them without a name; an error where some are.

    Parameters
    ----------
    header : list of str
        Empty where the table has none.
    cells : list of str
    place : str
        For the message.

    Returns
    -------
    list of str

    Raises
    ------
    FerClassicError
    """
    if not header:
        return cells
    cells = without_trailing(cells, len(header))
    if len(cells) > len(header):
        raise FerClassicError(
            f"{place}: {len(cells)} cells under a header of {len(header)}; write a path "
            "that has a comma in quotes."
        )
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
    first = list(islice(rows, LOOKED_AT))
    header = []
    if first and not _is_row(first[0][1]):
        header = without_trailing(first[0][1], 1)
        first = first[1:]
    return header, first, chain(first, rows)


def _is_row(cells):
    """Whether a first line is a row already: it names an image, and no column of names."""
    image = any(ends_as_image(cell.strip()) for cell in cells)
    return image and first_of(cells, NAMES) is None
