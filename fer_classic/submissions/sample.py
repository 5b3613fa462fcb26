"""A contest's sample file: JSON, JSON lines or CSV, and its answer in the same form."""

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path

from fer_classic.data.encodings import decode_text
from fer_classic.data.tables import parted
from fer_classic.errors import FerClassicError
from fer_classic.files.text import writable

#: Endings of tables; anything else is JSON.
TABLES = (".csv", ".tsv", ".txt", ".lst", ".list")
#: A larger JSON file takes ten times its size in memory.
MAX_JSON = 1 << 30


@dataclass(frozen=True)
class Sample:
    """A sample file.

    Attributes
    ----------
    tree : object
        Parsed JSON; of JSON lines the list of them; of a table the list of its rows.
    form : {"json", "lines", "csv"}
    marked : bool
        Whether it begins with a byte order mark.
    delimiter, line_end : str
        Of a table.
    before : str
        Lines above a table.
    quoting : int
        Which cells of a table stand in quotes, as :mod:`csv` has it.
    first : {0, 1} or None
        Number of the first class; None for what the labels tell.
    """

    tree: object
    form: str = "json"
    marked: bool = False
    delimiter: str = ","
    line_end: str = "\n"
    before: str = ""
    quoting: int = csv.QUOTE_MINIMAL
    first: int | None = None

    @property
    def ending(self):
        """Ending of the file that an answer is written to."""
        return {"json": ".json", "lines": ".jsonl", "csv": ".csv"}[self.form]

    def text(self, tree):
        """A filled tree as text of this form.

        Parameters
        ----------
        tree : object

        Returns
        -------
        str
        """
        mark = "\ufeff" * self.marked
        if self.form == "csv":
            out = io.StringIO()
            writer = csv.writer(
                out,
                delimiter=self.delimiter,
                lineterminator=self.line_end,
                quoting=self.quoting,
            )
            writer.writerows(tree)
            return mark + self.before + out.getvalue()
        if self.form == "lines":
            lines = [json.dumps(one, ensure_ascii=False) for one in tree]
            return mark + writable("\n".join(lines) + "\n")
        return mark + json_text(tree)


def read_sample(path):
    """Read a contest's sample file.

    Parameters
    ----------
    path : path-like
        JSON, one value or one a line; with an ending of TABLES a table.

    Returns
    -------
    Sample

    Raises
    ------
    FerClassicError
        The file cannot be read or is not of its form.
    """
    ending = Path(path).suffix.lower()
    if ending in TABLES:
        return _read_table(path)
    text, marked = _text(path, "a JSON file")
    lines = _json_lines(text, path)
    if lines is not None:
        return Sample(lines, "lines", marked)
    return Sample(_parsed(text, path), "json", marked)


def _json_lines(text, path):
    """The values of JSON lines; None where it is not that.

    Some such files are called .json.
    """
    named = Path(path).suffix.lower() in (".jsonl", ".ndjson")
    first = text.lstrip().split("\n", 2)[:2]
    if not named and (len(first) < 2 or not all(map(_is_whole, first))):
        return None
    return [_parsed(line, path) for line in text.split("\n") if line.strip()]


def _is_whole(line):
    """Whether a line is an object or list by itself."""
    line = line.strip()
    return line[:1] + line[-1:] in ("{}", "[]") and len(line) > 2


def read_template(path):
    """Parse a JSON file, or one of JSON lines, keeping keys that an object has twice.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    object
        Parsed JSON; the list of the values of JSON lines.

    Raises
    ------
    FerClassicError
        The file cannot be read or is not JSON.
    """
    text = _text(path, "a JSON file")[0]
    lines = _json_lines(text, path)
    return _parsed(text, path) if lines is None else lines


def _text(path, kind):
    try:
        if (size := Path(path).stat().st_size) > MAX_JSON:
            raise FerClassicError(
                f"{path} has {size >> 20} MiB; JSON is read up to {MAX_JSON >> 20} MiB. "
                "Write a CSV file with the columns file and label, which has no limit."
            )
        data = Path(path).read_bytes()
        return decode_text(data), data.startswith(b"\xef\xbb\xbf")
    except OSError as error:
        raise FerClassicError(f"{path} cannot be read: {error.strerror}.") from None
    except FerClassicError:
        raise
    except ValueError as error:
        raise FerClassicError(f"{path} is not {kind}: {error}.") from None


def _parsed(text, path):
    try:
        return json.loads(text, object_pairs_hook=_object)
    except RecursionError:
        raise FerClassicError(
            f"{path} is not a JSON file: its lists and objects lie too deep in each other."
        ) from None
    except ValueError as error:
        raise FerClassicError(f"{path} is not a JSON file: {error}.") from None


class _Repeating(dict):
    """An object that has a key twice; as a dict it holds the last value."""

    pairs = ()


def _object(pairs):
    made = dict(pairs)
    if len(made) != len(pairs):
        made = _Repeating(made)
        made.pairs = pairs
    return made


def _read_table(path):
    text, marked = _text(path, "a table")
    blanks = Path(path).suffix.lower() != ".csv"
    before, text, delimiter = parted(text, blanks=blanks)
    try:
        reader = csv.reader(
            io.StringIO(text, newline=""),
            delimiter=delimiter,
            skipinitialspace=delimiter == " ",
        )
        rows = list(reader)
    except csv.Error as error:
        raise FerClassicError(f"{path} is not a table: {error}.") from None
    rows = [row for row in rows if row]
    if not rows:
        raise FerClassicError(f"{path} is empty: expected a table of names and labels.")
    line_end = "\r\n" if "\r\n" in text else "\n"
    quoting = csv.QUOTE_ALL if _is_quoted(text, rows) else csv.QUOTE_MINIMAL
    return Sample(rows, "csv", marked, delimiter, line_end, before, quoting)


def _is_quoted(text, rows):
    """Whether each cell of a table stands in quotes."""
    return text.count('"') >= 2 * sum(map(len, rows))


def json_text(tree):
    """JSON with one entry a line, so that it can be read and compared by line.

    Parameters
    ----------
    tree : object

    Returns
    -------
    str
    """
    if isinstance(tree, dict) and tree:
        lines = [
            f"{json.dumps(key, ensure_ascii=False)}: {_value(value)}"
            for key, value in tree.items()
        ]
        return writable("{\n" + ",\n".join(lines) + "\n}\n")
    return writable(_value(tree) + "\n")


def _value(value):
    """A list with an entry a line, if its entries are lists or objects."""
    if isinstance(value, list) and any(isinstance(one, list | dict) for one in value):
        lines = [json.dumps(one, ensure_ascii=False) for one in value]
        return "[\n" + ",\n".join(lines) + "\n]"
    return json.dumps(value, ensure_ascii=False)
