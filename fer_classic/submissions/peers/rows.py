"""What a package said of each photograph, kept as it comes."""

import json

from fer_classic.errors import FerClassicError
from fer_classic.files.atomic import write_file


class KeptRows:
    """A file of a line for each photograph, under a line that tells what answered.

    Parameters
    ----------
    path : pathlib.Path
        What it holds of the same tool is kept; a last line that a killed run left half
        written is not.
    asked : dict
        What was asked and in which way: rows of something else are dropped.

    Attributes
    ----------
    facts : dict
        Of the tool, such as its version; empty where nothing was answered yet.
    """

    def __init__(self, path, asked):
        self.path, self.asked = path, asked
        self.facts, self._rows = self._read()

    def names(self):
        """Of the photographs that have a row."""
        return set(self._rows)

    def of(self, name, digest):
        """The row of a photograph, if it is still the same one; else None."""
        row = self._rows.get(name)
        return row if row is not None and row["digest"] == digest else None

    def begin(self, facts):
        """Take up writing; of another version of the tool nothing is kept.

        Parameters
        ----------
        facts : dict
            With version.

        Returns
        -------
        bool
            Whether rows of another version were dropped.
        """
        other = bool(self._rows) and self.facts.get("version") != facts.get("version")
        if other:
            self._rows = {}
        self.facts = facts
        lines = [{"asked": self.asked, "facts": facts}, *self._rows.values()]
        write_file(self.path, "".join(map(_line, lines)), overwrite=True)
        return other

    def add(self, row):
        """Keep a row: name, digest, and what :class:`ToolProcess` answered."""
        self._rows[row["name"]] = row
        try:
            with open(self.path, "a", encoding="utf-8", newline="") as file:
                file.write(_line(row))
        except OSError as error:
            raise FerClassicError(
                f"{self.path} cannot be written: {error.strerror}."
            ) from None

    def _read(self):
        try:
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
            head, *rest = map(_parsed, lines)
        except (OSError, ValueError):  # none yet, or empty
            return {}, {}
        if head is None or head.get("asked") != self.asked:
            return {}, {}
        rows = {own["name"]: own for own in rest if own and {"name", "digest"} <= set(own)}
        return head.get("facts") or {}, rows


def _line(value):
    return json.dumps(value) + "\n"


def _parsed(line):
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
