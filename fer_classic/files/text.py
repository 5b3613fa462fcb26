"""Text: from strangers, safe in a spreadsheet, a file name, on a terminal; JSON."""

import csv
import io
import json
import re
from pathlib import Path

from fer_classic.errors import FerClassicError

#: Text that a spreadsheet takes for a formula. Apostrophes before it are an escape.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
#: Control characters, which could move the cursor or colour a terminal, save line and tab.
_CONTROL = {c: f"\\x{c:02x}" for c in (*range(32), *range(127, 160)) if c not in (9, 10)}
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")


def write_rows(file, rows):
    """Write rows of CSV whose cells are no formulas.

    Names of files come from strangers, and ``=HYPERLINK(…)`` runs when a spreadsheet
    opens the table. Text that begins so gets an apostrophe before it, as does such
    text behind apostrophes, so that :func:`cell_text` gives what was written.

    Parameters
    ----------
    file : text file
        Opened with ``newline=""``.
    rows : iterable of sequence
        Cells as :func:`csv.writer` takes them.

    Examples
    --------
    >>> import sys
    >>> write_rows(sys.stdout, [["file", "x"], ["=1+1.jpg", -0.5], ["a.jpg", "-0.5"]])
    file,x
    '=1+1.jpg,-0.5
    a.jpg,-0.5
    """
    plain = csv.writer(file, lineterminator="\n")
    # Before Python 3.13 a lone carriage return is not quoted, and would end the line.
    quoted = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for row in rows:
        cells = [_harmless(cell) if isinstance(cell, str) else cell for cell in row]
        broken = any(isinstance(cell, str) and "\r" in cell for cell in cells)
        (quoted if broken else plain).writerow(cells)


def csv_text(rows):
    """The text that :func:`write_rows` writes."""
    out = io.StringIO()
    write_rows(out, rows)
    return out.getvalue()


def cell_text(cell):
    """What was written, from a cell as it was read.

    Examples
    --------
    >>> cell_text("'=1+1.jpg"), cell_text("'tis.jpg")
    ('=1+1.jpg', "'tis.jpg")
    """
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _harmless(text):
    formula = _FORMULA.match(text) and not _NUMBER.fullmatch(text)
    return f"'{text}" if formula else text


def file_stem(text, most=80):
    """A part of a file name that is harmless on any system.

    Parameters
    ----------
    text : str
        Such as the name of an image, without its folder.
    most : int
        Bytes that are kept: systems allow 255 for the whole name.

    Returns
    -------
    str
        Letters, digits, ``_``, ``.`` and ``-``.

    Examples
    --------
    >>> file_stem("<img src=x>/../a b")
    '_img_src_x__.._a_b'
    """
    return re.sub(r"[^\w.-]", "_", text).encode()[:most].decode("utf-8", "ignore")


def visible(text):
    r"""A text whose control characters are shown, so that a terminal does not obey them.

    Examples
    --------
    >>> print(visible("a\x1b[2J.jpg"))
    a\x1b[2J.jpg
    """
    return str(text).translate(_CONTROL)


def _escaped(cell):
    return cell.replace("<", "&lt;").replace("\n", " ")


def markdown_table(header, rows):
    """A table as Markdown writes it.

    Returns
    -------
    str
        Without a line end.
    """
    lines = [header, ["---"] * len(header), *rows]
    cells = [[str(cell).replace("|", "\\|") for cell in row] for row in lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def writable(text):
    """Text that can be written as UTF-8: half a surrogate pair becomes its escape."""
    return text.encode("utf-8", "backslashreplace").decode()


def to_json(value):
    """Indented JSON text of plain types, numbers unrounded."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return writable(text)


def read_json(path):
    """Parse a JSON file; a FerClassicError says why it cannot be."""
    try:
        return json.loads(
            Path(path).read_bytes()
        )  # UTF-8, UTF-16 or UTF-32, with or without mark
    except OSError as error:
        raise FerClassicError(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise FerClassicError(f"{path} is not JSON: {error}.") from None


def write_json(value, path):
    """The text of :func:`to_json`, which is never whole in memory."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        json.dump(value, file, indent=2, ensure_ascii=False, allow_nan=False)
        file.write("\n")
