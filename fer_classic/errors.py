"""Failures that their message explains."""

import json
from dataclasses import fields


class FerClassicError(ValueError):
    """Something the user can mend: the message says what is wrong and what to do.

    Commands print the message alone and end with ``exit_code``.
    """

    exit_code = 1


class UsageError(FerClassicError):
    """A wrong option or argument (exit code 2)."""

    exit_code = 2


class UnreadableImage(FerClassicError):
    """A file that cannot be decoded; the message is the reason shown in its row."""


def first_few(lines, most=5):
    """Some lines of a message, indented, and how many more there are."""
    shown = [f"  {line}" for line in lines[:most]]
    if len(lines) > most:
        shown.append(f"  and {len(lines) - most} more")
    return "\n".join(shown)


def one_of(value, allowed, what):
    """Return ``value`` if it is among ``allowed``, else raise ``UsageError``.

    Parameters
    ----------
    value : object
    allowed : iterable of str
    what : str
        Name of the parameter, as the user knows it.
    """
    allowed = list(allowed)
    if value not in allowed:
        names = ", ".join(map(str, allowed))
        raise UsageError(f"{what} must be one of {{{names}}}. Got {value!r} instead.")
    return value


def check_keys(values, cls, what):
    """Refuse keys that are no fields of a dataclass."""
    allowed = [f.name for f in fields(cls)]
    for key in values:
        one_of(key, allowed, f"key of the {what}")


def check_object(name, value):
    """Refuse what is no JSON object."""
    if not isinstance(value, dict):
        raise UsageError(f"{name} must be an object {{…}}. Got {value!r} instead.")


def check_finite(name, values):
    """Refuse plain JSON types that hold NaN or infinity, which JSON has no word for."""
    try:
        json.dumps(values, allow_nan=False)
    except ValueError:
        raise UsageError(
            f"{name} must be of finite numbers. Got NaN or Infinity among them: write a "
            "number, or leave the key out."
        ) from None


def check_range(name, value, low, high, kind=int | float):
    """Refuse what is no number from ``low`` to ``high``."""
    if isinstance(value, bool) or not isinstance(value, kind):
        what = "a whole number" if kind is int else "a number"
        raise UsageError(f"{name} must be {what}. Got {value!r} instead.")
    if not low <= value <= high:
        raise UsageError(f"{name} must be from {low} to {high}. Got {value} instead.")
