"""How known data sets number and name their labels, which no one can guess.

The codes of RAF-DB, AffectNet, ExpW, FER2013, CK+ and the names of KDEF, JAFFE and RaFD are
those of the documentation that comes with each set.
"""

import re
from dataclasses import dataclass, field

from fer_classic.data.labels import CLASS_SETS, PLACES
from fer_classic.data.spelling import EXPRESSIONS, label_expression
from fer_classic.errors import UsageError

_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]*)?(e[+-]?[0-9]{1,2})?", re.IGNORECASE)


@dataclass(frozen=True)
class Convention:
    """The labels of a data set.

    Attributes
    ----------
    key : str
        As ``--labels`` takes it.
    title : str
        What it is, for messages.
    codes : dict of str to (str or None)
        Expressions by code; None for codes that are none of them.
    name : re.Pattern or None
        Finds ``label`` and, where names tell it, ``person`` in the name of an image.
    """

    key: str
    title: str
    codes: dict = field(default_factory=dict)
    name: re.Pattern | None = None

    def expression(self, text):
        """The expression of a code or word, or None.

        Parameters
        ----------
        text : str
        """
        code = whole_number(text)
        if code is not None and str(code) in self.codes:
            return self.codes[str(code)]
        own = self.codes.get(text.strip().upper())
        return own or (label_expression(text) if code is None else None)

    def told(self):
        """Its name and codes, for messages."""
        pairs = ", ".join(f"{code} {name or 'none'}" for code, name in self.codes.items())
        return f"{self.title} ({pairs})" if pairs else self.title

    def knows(self, text):
        """Whether a text is a code of this data set, of an expression or of none.

        Parameters
        ----------
        text : str
        """
        code = whole_number(text)
        return str(code) in self.codes or text.strip().upper() in self.codes

    def of_name(self, stem):
        """Label and person that the name of an image tells, or None for each.

        Parameters
        ----------
        stem : str
            The name without folder and ending.

        Returns
        -------
        tuple of (str or None)
        """
        match = self.name.search(stem) if self.name else None
        if not match:
            return None, None
        own = match.groupdict()
        label = own.get("label")
        return (self.expression(label) if label else None), own.get("person")


def whole_number(text):
    """The whole number that a text is ("3", " 3.0", "3,0", "3.0000000e+00"), or None.

    Parameters
    ----------
    text : str

    Returns
    -------
    int or None
    """
    text = text.strip().replace(",", ".")
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return int(value) if value.is_integer() else None


def _numbered(names, first=0, none=()):
    """Codes of expressions in their order, and of those after them that are none."""
    known = {str(i): name for i, name in enumerate(names.split(), first)}
    return known | {str(i): None for i in none}


_LETTERS = {
    "AF": "fear",
    "AN": "anger",
    "DI": "disgust",
    "FE": "fear",
    "HA": "happiness",
    "NE": "neutral",
    "SA": "sadness",
    "SU": "surprise",
}


def _named(pattern):
    return re.compile(pattern, re.IGNORECASE)


CONVENTIONS = {
    own.key: own
    for own in (
        Convention(
            "rafdb",
            "RAF-DB",
            _numbered("surprise fear disgust happiness sadness anger neutral", 1),
        ),
        Convention(
            "fer2013",
            "FER2013",
            _numbered("anger disgust fear happiness sadness surprise neutral"),
        ),
        Convention(
            "affectnet",
            "AffectNet",
            _numbered(
                "neutral happiness sadness surprise fear disgust anger contempt",
                none=(8, 9, 10),
            ),
        ),
        Convention(
            "expw",
            "ExpW",
            _numbered("anger disgust fear happiness sadness surprise neutral"),
        ),
        Convention(
            "ck",
            "CK+",
            _numbered("neutral anger contempt disgust fear happiness sadness surprise"),
            _named(r"^(?P<person>S\d{3})_\d{3}_\d{8}"),
        ),
        Convention(
            "kdef",
            "KDEF",
            {key: _LETTERS[key] for key in ("AF", "AN", "DI", "HA", "NE", "SA", "SU")},
            _named(
                r"^[AB](?P<person>[FM]\d\d)(?P<label>AF|AN|DI|HA|NE|SA|SU)(S|H[LR]|F[LR])"
            ),
        ),
        Convention(
            "jaffe",
            "JAFFE",
            {key: _LETTERS[key] for key in ("AN", "DI", "FE", "HA", "NE", "SA", "SU")},
            _named(r"^(?P<person>[A-Z]{2})[.-](?P<label>AN|DI|FE|HA|NE|SA|SU)\d"),
        ),
        Convention(
            "rafd",
            "RaFD",
            {},
            _named(r"^Rafd\d{3}_(?P<person>\d\d)_\w+?_\w+?_(?P<label>[a-z]+)_"),
        ),
    )
}


def convention_named(text):
    """The data set, or the codes, that the option ``labels`` names.

    Parameters
    ----------
    text : str
        A key of CONVENTIONS, or a mapping such as "1=anger,2=happiness".

    Returns
    -------
    Convention

    Raises
    ------
    UsageError
        It is none of that.
    """
    if text in CONVENTIONS:
        return CONVENTIONS[text]
    if "=" in text:
        return Convention("given", "`labels`", _mapping(text))
    raise UsageError(
        f"labels must be one of {{{', '.join((*PLACES, *CONVENTIONS))}}} or pairs such as "
        f"1=anger,2=happiness. Got {text!r} instead."
    )


def _mapping(text):
    codes = {}
    for pair in filter(str.strip, text.split(",")):
        code, _, word = pair.partition("=")
        name = label_expression(word)
        if name is None and word.strip().lower() not in ("", "none"):
            raise UsageError(
                f"labels: {word.strip()!r} of {pair.strip()!r} is no expression; known are "
                f"{', '.join(EXPRESSIONS)}."
            )
        number = whole_number(code)
        codes[code.strip().upper() if number is None else str(number)] = name
    return codes


def codes_of(classes):
    """The numbering of a class set of this package, as a convention.

    Parameters
    ----------
    classes : ClassSet

    Returns
    -------
    Convention
    """
    return _OWN[classes.key]


_OWN = {
    key: Convention(
        "codes",
        f"`classes` {key}",
        {str(i): name for i, name in enumerate(own.names)},
    )
    for key, own in CLASS_SETS.items()
}


def fitting(numbers):
    """Keys of the data sets all of whose labels could be some numbers.

    Parameters
    ----------
    numbers : iterable of int

    Returns
    -------
    list of str
    """
    texts = {str(number) for number in numbers}
    return [key for key, own in CONVENTIONS.items() if texts <= own.codes.keys()]


def outside_codes(numbers, classes, where):
    """The error of numbers that are no codes of a class set.

    Parameters
    ----------
    numbers : iterable of int
        All numbers that occur.
    classes : ClassSet
    where : str
        The file, for the message.

    Returns
    -------
    UsageError
    """
    numbers = sorted(set(numbers))
    bad = [n for n in numbers if not 0 <= n < len(classes)]
    told = ", ".join(map(str, bad[:5])) + (", …" if len(bad) > 5 else "")
    own = ", ".join(f"{i} {name}" for i, name in enumerate(classes.names))
    named = fitting(numbers)
    known = " or ".join(CONVENTIONS[key].told() for key in named)
    if numbers[0] == 1 and numbers[-1] == len(classes):
        pairs = ",".join(f"{i}={n}" for i, n in enumerate(classes.names, 1))
        named.append(f"{pairs} (the same order from 1)")
    return UsageError(
        f"{where} has the label {told}; `classes` {classes.key} has the codes {own}. "
        + (f"They may be those of {known}. " if known else "")
        + "Say whose they are with `labels` "
        + (" or `labels` ".join(named) if named else "1=anger,2=happiness,…")
        + "."
    )
