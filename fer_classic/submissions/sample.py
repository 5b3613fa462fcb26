"""A contest's sample file: JSON, JSON lines or CSV, and its answer in the same form."""

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path

from fer_classic.data.encodings import decode_text
from fer_classic.data.tables import delimiter_of
from fer_classic.errors import FerClassicError
from fer_classic.files.text import writable

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
    first : {0, 1} or None
        Number of the first class; None for what the labels tell.
    """

    tree: object
    form: str = "json"
    marked: bool = False
    delimiter: str = ","
    line_end: str = "\n"
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
            writer = csv.writer(out, delimiter=self.delimiter, lineterminator=self.line_end)
            writer.writerows(tree)
            return mark + out.getvalue()
        if self.form == "lines":
            lines = [json.dumps(one, ensure_ascii=False) for one in tree]
            return mark + writable("\n".join(lines) + "\n")
        return mark + json_text(tree)


def read_sample(path):
    """Read a contest's sample file.

    Parameters
    ----------
    path : path-like
        JSON; with the ending .jsonl or .ndjson a value a line; with .csv, .tsv or .txt a
        table.

    Returns
    -------
    Sample

    Raises
    ------
    FerClassicError
        The file cannot be read or is not of its form.
    """
    ending = Path(path).suffix.lower()
    if ending in (".csv", ".tsv", ".txt"):
        return _read_table(path)
    text, marked = _text(path, "a JSON file")
    if ending in (".jsonl", ".ndjson"):
        lines = [_parsed(line, path) for line in text.splitlines() if line.strip()]
        return Sample(lines, "lines", marked)
    return Sample(_parsed(text, path), "json", marked)


def read_template(path):
    """Parse a JSON file, keeping keys that an object has twice.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    object
        Parsed JSON.

    Raises
    ------
    FerClassicError
        The file cannot be read or is not JSON.
    """
    return _parsed(_text(path, "a JSON file")[0], path)


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
    delimiter = delimiter_of(text)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise FerClassicError(f"{path} is not a table: {error}.") from None
    rows = [row for row in rows if row]
    if not rows:
        raise FerClassicError(f"{path} is empty: expected a table of names and labels.")
    line_end = "\r\n" if "\r\n" in text else "\n"
    return Sample(rows, "csv", marked, delimiter, line_end)


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
