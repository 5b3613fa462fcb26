"""The class index that every file of this package uses, and how labels are read."""

import re
from dataclasses import dataclass

from fer_classic.errors import one_of

#: Names accepted on input for each expression, in any case.
ALIASES = {
    "anger": ("anger", "angry", "愤怒", "生气"),
    "contempt": ("contempt", "contemptuous", "蔑视", "轻蔑"),
    "disgust": ("disgust", "disgusted", "厌恶"),
    "fear": ("fear", "fearful", "afraid", "scared", "恐惧", "害怕"),
    "happiness": ("happiness", "happy", "joy", "高兴", "开心", "快乐"),
    "neutral": ("neutral", "neutrality", "calm", "中性", "平静", "自然"),
    "sadness": ("sadness", "sad", "悲伤", "难过", "伤心"),
    "surprise": ("surprise", "surprised", "惊讶", "惊喜"),
}
_EXPRESSION = {alias: name for name, many in ALIASES.items() for alias in many}

_LETTERS = re.compile(r"[^\W\d_]+")


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
    """The expression that a single word means, or None.

    Parameters
    ----------
    text : str
        A name or alias in any case, such as "Happy".
    """
    return _EXPRESSION.get(text.strip().lower())


def expressions_in(text):
    """Expressions named in a file name, in order of appearance, each once.

    Parameters
    ----------
    text : str
        Such as ``"0001-anger"``; every run of letters is looked up as a word.
    """
    words = (expression(word) for word in _LETTERS.findall(text))
    return list(dict.fromkeys(word for word in words if word))


def folder_expression(folder):
    """The expression a folder is named after ("3_sadness", "Happy"), or None.

    A folder counts only if all its words are labels: "sad songs" is not a class.
    """
    words = [expression(word) for word in _LETTERS.findall(folder)]
    return words[0] if words and all(w == words[0] for w in words) else None
