"""Failures that their message explains."""


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
    """Some lines of a message, indented, and how many more there are.

    Parameters
    ----------
    lines : sequence of str
    most : int

    Returns
    -------
    str
    """
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
