"""The class index that every file of this package uses, and how labels are read."""

import re
from dataclasses import dataclass

from fer_classic.data.spelling import (
    EXPRESSIONS,
    label_expression,
    word_expression,
    words_of,
)
from fer_classic.errors import one_of

#: Names accepted on input for each expression, in any case; see data/words.csv.
ALIASES = {name: words_of(name) for name in EXPRESSIONS}

#: No code of a class is larger, in any data set; numbers of persons are.
LARGEST_CODE = 10
_LETTERS = re.compile(r"[^\W\d_]+")
#: A word after one of these does not mean what it says.
_NOT = re.compile(
    r"(?:^|[\W\d_])(not?|non|without|nicht|kein|keine|ohne|pas|sans|sin|sem|nao|não|не|без)"
    r"[\W_]+$",
    re.IGNORECASE,
)


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


def expression(text):
    """The expression that a label means, or None.

    Parameters
    ----------
    text : str
        A name or alias in any case and language of data/words.csv, such as "Happy".
    """
    return label_expression(text)


def expressions_in(text):
    """Expressions named in a file name, in order of appearance, each once.

    Parameters
    ----------
    text : str
        Such as ``"0001-anger"``; every run of letters is looked up as a word. One behind
        "not" or "non" tells nothing.

    Returns
    -------
    list of str
    """
    found = {}
    for match in _LETTERS.finditer(text):
        name = word_expression(match.group())
        if name and not _NOT.search(text[: match.start()]):
            found[name] = None
    return list(found)


def folder_expression(folder):
    """The expression a folder is named after ("3_sadness", "Happy Faces"), or None.

    A folder counts only if all its words are one label, or say nothing: "sad songs" is
    not a class.
    """
    return label_expression(folder)
