"""The class index that every file of this package uses, and how labels are read."""

from dataclasses import dataclass

from fer_classic.errors import one_of

#: What "auto" and the others read labels from; the rest names a data set or codes.
PLACES = ("auto", "name", "folder", "none")
#: No code of a class is larger, in any data set; numbers of persons are.
LARGEST_CODE = 10


@dataclass(frozen=True)
class ClassSet:
    """Expressions in the order of their codes.

    Attributes
    ----------
    key : str
        Name of the set, as ``--classes`` takes it.
    names : tuple of str
        ``names[code]`` is the expression with that code.
    """

    key: str
    names: tuple

    def __len__(self):
        return len(self.names)

    def code(self, expression):
        """Code of an expression, or None if the set lacks it."""
        return self.names.index(expression) if expression in self.names else None


FIVE = ClassSet("five", ("anger", "happiness", "neutral", "sadness", "surprise"))
#: In the order of FER2013's own codes.
SEVEN = ClassSet(
    "seven",
    ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"),
)
#: In the order of FER+'s own columns (Barsoum et al. 2016).
EIGHT = ClassSet(
    "eight",
    (
        *("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear"),
        "contempt",
    ),
)
CLASS_SETS = {"five": FIVE, "seven": SEVEN, "eight": EIGHT}


def class_set(key):
    """The class set called ``key`` ("five", "seven" or "eight").

    Raises
    ------
    UsageError
        There is no such set.
    """
    return CLASS_SETS[one_of(key, CLASS_SETS, "classes")]


def labels_from(text):
    """What the option ``labels`` names.

    Parameters
    ----------
    text : str
        One of PLACES, a key of :data:`fer_classic.data.conventions.CONVENTIONS`, or a
        mapping such as "1=anger,2=happiness".

    Returns
    -------
    place : str
        Of PLACES.
    convention : Convention or None

    Raises
    ------
    UsageError
        It is none of that.
    """
    if text in PLACES:
        return text, None
    from fer_classic.data.conventions import convention_named

    return "auto", convention_named(text if isinstance(text, str) else repr(text))
