"""Labels as people write them: any language, case and accent, with words around them.

``words.csv`` has a line for each language and expression. The first word is the noun and
the second the adjective, or what stands for it: a template that shows one of them is
answered in the same language and form. Words of the column "alone" are labels only as the
name of a folder or as a cell: in a file name they may mean something else. ``~`` stands for
the endings of a German or French adjective, ``@`` for o, a, os, as.
"""

import csv
import difflib
import re
import unicodedata
from functools import lru_cache
from itertools import groupby
from pathlib import Path

_ENDINGS = {"German": ("", "e", "er", "es", "en", "em"), "French": ("", "e", "s", "es")}
_NOTHING = "nothing"
_LETTERS = re.compile(r"[^\W\d_]+")
#: A word after one of these does not mean what it says.
_NOT = re.compile(
    r"(?:^|[\W\d_])(not?|non|without|nicht|kein|keine|ohne|pas|sans|senza|sin|sem|nao|não|не|без)"
    r"[\W_]+$",
    re.IGNORECASE,
)
_EASTERN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7a3々]")
#: Katakana as hiragana.
_HIRAGANA = {c: c - 0x60 for c in range(0x30A1, 0x30F7)}
#: English words that stand around a label without a blank.
_GLUED = ("faces", "face", "images", "image", "imgs", "img", "photos", "pics")


def _read_words():
    """Words that count anywhere and alone by language and expression, and fillers."""
    words, fillers = {}, {}
    path = Path(__file__).with_name("words.csv")
    with open(path, encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            own = line["anywhere"].split(), line["alone"].split()
            if line["meaning"] == _NOTHING:
                fillers[line["language"]] = own[1]
            else:
                words.setdefault(line["language"], {})[line["meaning"]] = own
    return words, fillers


_WORDS, _FILLERS = _read_words()
_LATIN_FILLERS = frozenset(_FILLERS["Latin and Cyrillic"])
#: Where no blank parts words, longer ones go first.
_EASTERN_FILLERS = sorted(_FILLERS["Chinese Japanese and Korean"], key=len, reverse=True)
#: In the order of the table.
EXPRESSIONS = tuple(_WORDS["English"])


def folded(text):
    """A text as labels are compared: case, width, accents and kind of kana do not count.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> folded("Colère"), folded("ＨＡＰＰＹ"), folded("Удивлённый"), folded("ビックリ")
    ('colere', 'happy', 'удивленныи', 'びっくり')
    """
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).casefold()
    if _EASTERN.search(text):  # the marks of kana are no accents
        return text.translate(_HIRAGANA)
    parts = unicodedata.normalize("NFKD", text)
    return "".join(c for c in parts if not unicodedata.combining(c))


def _forms(word, language):
    """All forms of a word of the table."""
    if "@" in word:
        return [word.replace("@", ending) for ending in ("o", "a", "os", "as")]
    if word.endswith("~"):
        return [word[:-1] + ending for ending in _ENDINGS[language]]
    return [word]


def _plain(word):
    """The form of a word of the table that a dictionary lists."""
    return word.replace("@", "o").removesuffix("~")


def _by_word(column):
    """Expressions by folded word, of the words that count anywhere (0) or alone (1)."""
    return {
        folded(form): name
        for language, own in _WORDS.items()
        for name, words in own.items()
        for word in words[column]
        for form in _forms(word, language)
    }


_ANYWHERE = _by_word(0)
_ALONE = _by_word(1) | _ANYWHERE
_OF_LENGTH = {n: list(own) for n, own in groupby(sorted(_ALONE, key=len), key=len)}


def words_of(expression):
    """All words that mean an expression wherever they stand.

    Parameters
    ----------
    expression : str

    Returns
    -------
    tuple of str
    """
    listed = (own[expression][0] for own in _WORDS.values())
    return tuple(dict.fromkeys(_plain(word) for words in listed for word in words))


#: Names accepted on input for each expression, in any case; see words.csv.
ALIASES = {name: words_of(name) for name in EXPRESSIONS}


@lru_cache(maxsize=1 << 14)
def word_expression(word):
    """The expression that a word of a file name means, or None.

    Parameters
    ----------
    word : str
        A run of letters; "HappyFace" and "生气的脸" count too.
    """
    return _ANYWHERE.get(folded(word)) or _meant([word], _ANYWHERE)


@lru_cache(maxsize=1 << 14)
def label_expression(text):
    """The expression that a whole label means, or None.

    Numbers, signs and words such as "faces" around it do not count.

    Parameters
    ----------
    text : str
        A cell of a table or the name of a folder.

    Examples
    --------
    >>> [label_expression(t) for t in ("Happy Faces", "SAD (2)", "生气的脸", "sad songs")]
    ['happiness', 'sadness', 'anger', None]
    """
    found = _ALONE.get(folded(text.strip()))
    return found or _meant(_LETTERS.findall(text), _ALONE)


def is_word(text):
    """Whether a label is a word of the table and nothing else.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> is_word(" Happy"), is_word("1_happy")
    (True, False)
    """
    return folded(text.strip()) in _ALONE


def _meant(words, table):
    """The one expression that some words mean once those that say nothing are gone."""
    parts = [part for word in words for part in _humps(word)]
    found = {_glued(part, table) for part in parts if not _says_nothing(part)} - {""}
    return found.pop() if len(found) == 1 else None


def _humps(word):
    """The parts of HappyFaces."""
    starts = [i for i in range(1, len(word)) if word[i].isupper() and word[i - 1].islower()]
    return [word[a:b] for a, b in zip([0, *starts], [*starts, len(word)], strict=True)]


def _says_nothing(word):
    """Whether a word, or a single Latin letter, is no part of a label."""
    return folded(word) in _LATIN_FILLERS or (len(word) == 1 and word.isascii())


def _glued(word, table):
    """The expression of a word with others around it; "" if none is left of it."""
    word = folded(word)
    if found := table.get(word):
        return found
    if _EASTERN.search(word):
        for filler in _EASTERN_FILLERS:
            word = word.replace(filler, "")
        return table.get(word) if word else ""
    rests = [word.removesuffix(own) for own in (*_GLUED, "es", "s")]
    rests += [word.removeprefix(own) for own in _GLUED]
    return next((table[rest] for rest in rests if rest in table), None)


@lru_cache(maxsize=1 << 14)
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


def nearest_expression(text):
    """The expression whose word a text resembles most, or None.

    Parameters
    ----------
    text : str
        What is no label.

    Examples
    --------
    >>> nearest_expression("hapinness"), nearest_expression("unknown")
    ('happiness', None)
    """
    best, nearest = 0.0, None
    words = {folded(own)[:40] for own in _LETTERS.findall(text)[:8]}
    for word in sorted(words - _LATIN_FILLERS):
        # Comparing is slow, and a table may have a million words that are no labels.
        alike = [
            own
            for length in range(len(word) - 2, len(word) + 3)
            for own in _OF_LENGTH.get(length, ())
            if own[0] == word[0] or own[-1] == word[-1]
        ]
        for near in difflib.get_close_matches(word, alike, n=1, cutoff=0.75):
            ratio = difflib.SequenceMatcher(None, word, near).ratio()
            if ratio > best:
                best, nearest = ratio, _ALONE[near]
    return nearest


def spelling_like(texts):
    """Function from an expression to a word of the language and form of some labels.

    Parameters
    ----------
    texts : sequence of str
        Labels that are understood.

    Returns
    -------
    callable
    """
    shown = {label_expression(text): text for text in texts}
    language, form = max(
        ((language, form) for language in _WORDS for form in (0, 1)),
        key=lambda own: _likeness(shown, *own),
    )
    style = _case_of(texts[0].strip(), language)

    def spell(name):
        return shown.get(name) or style(_plain(_WORDS[language][name][0][form]))

    return spell


def _likeness(shown, language, form):
    """How many labels are words of a language, and how many of them in its form."""
    of_language = of_form = 0
    for name, text in shown.items():
        words = [word for column in _WORDS[language][name] for word in column]
        of_language += folded(text) in {
            folded(f) for w in words for f in _forms(w, language)
        }
        of_form += folded(text) == folded(_plain(words[form]))
    return of_language, of_form


def _case_of(sample, language):
    """What writes a word of the table in the case of a sample."""
    if sample.isupper():
        return str.upper
    if sample[:1].isupper():
        return str.capitalize
    return str.lower if language != "German" or len(sample) > 1 else str
