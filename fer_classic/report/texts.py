"""The report's words, from one text table a language."""

import json
from functools import lru_cache
from importlib.resources import files

from fer_classic.scores.intervals import FEW

LANGUAGES = ("en", "zh")


@lru_cache(maxsize=4)
def text_table(language):
    """All texts of a language.

    Parameters
    ----------
    language : {"en", "zh"}

    Returns
    -------
    dict of str to str
        With places such as ``{images}`` to fill in.
    """
    path = files("fer_classic.report") / "texts" / f"{language}.json"
    return json.loads(path.read_text(encoding="utf-8"))


class Texts:
    """Texts of a language, filled in: ``texts("data.imbalance", ratio="9.1")``.

    Parameters
    ----------
    language : {"en", "zh"}
    """

    def __init__(self, language):
        self.language = language
        self._table = text_table(language)

    def __call__(self, key, **values):
        """The text of a key.

        Parameters
        ----------
        key : str
        **values
            What its places are filled with.
        """
        return self._table[key].format(**values)

    def name(self, group, word):
        """The word for a class, status, family and so on; the word itself if unknown."""
        return self._table.get(f"{group}.{word}", str(word))


def number(value, digits=3):
    """A number as text; a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def percent(value, digits=1):
    """A share as a percentage; a dash where there is none."""
    return "–" if value is None else f"{100 * value:.{digits}f}%"


def interval(score, images=None):
    """A score with its 95% interval, such as ``0.701 (0.680–0.721)``.

    Parameters
    ----------
    score : dict
        With value, low and high.
    images : int, optional
        Of how many it is; of few the interval is left out.
    """
    if score["value"] is None:
        return "–"
    if images is not None and images < FEW:
        return number(score["value"])
    return f"{score['value']:.3f} ({score['low']:.3f}–{score['high']:.3f})"


def drawn(name, score, images):
    """A line of a chart of intervals: name, value, low and high."""
    value = score["value"]
    ends = (value, value) if images < FEW else (score["low"], score["high"])
    return name, value, *ends
