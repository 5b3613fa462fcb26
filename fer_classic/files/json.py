"""JSON files: numbers unrounded, errors that name the file."""

import json
from pathlib import Path

from fer_classic.errors import FerClassicError
from fer_classic.files.text import writable


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
