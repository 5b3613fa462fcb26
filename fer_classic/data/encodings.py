"""One reader for all text: its encoding is found by mark, form and content."""

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from pathlib import Path

from fer_classic.data.spelling import label_expression
from fer_classic.errors import FerClassicError

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
#: Tried where text is not UTF-8: code pages of Windows, the Mac, DOS and older Unix, the
#: likelier first.
LEGACY = (
    *("gb18030", "big5hkscs", "cp932", "cp949", "euc_jp", "cp1252", "cp1251", "cp1250"),
    *("cp1254", "mac_roman", "cp850", "cp866", "koi8_r"),
)
#: Whose letters look like those of others: labels must tell.
_BY_LABELS = frozenset(("cp949", "euc_jp", "koi8_r"))
#: A text is what it looks like to be if so much of it does.
_SURE = 0.6
#: Bytes that decide; more would take longer and tell nothing new.
_LOOKED_AT = 1 << 16
#: Control characters that no text has.
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0e-\x19\x1b-\x1f]")
_WORD = re.compile(r"[^\W\d_]+")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")

_WESTERN = frozenset("àâäáãåæçéèêëíìîïñóòôöõøœúùûüÿßÀÂÄÁÃÅÆÇÉÈÊËÍÎÏÑÓÔÖÕØŒÚÙÛÜ")
_CENTRAL = frozenset("ąćęłńóśźżáčďéěíňóřšťúůýžäôľĺŕőűăâîșțşţđ")
_TURKISH = frozenset("çğıöşüâîûİ")
_RUSSIAN = frozenset("абвгдежзийклмнопрстуфхцчшщъыьэюяё")
#: Signs around words, which tell little.
_SIGNS = frozenset("«»„“”‘’–—…°№§©®·¿¡º\u00a0")


def decode_text(data):
    """Text from bytes: UTF-8, UTF-16 or UTF-32, or the code page that it looks like.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    str
        Without a byte order mark.

    Raises
    ------
    ValueError
        It is no text, or its encoding cannot be told; the message says so.

    Examples
    --------
    >>> decode_text("愤怒,高兴".encode("gb18030")), decode_text("Chloé".encode("cp1252"))
    ('愤怒,高兴', 'Chloé')
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data.decode(name)
    if b"\x00" in data[:_LOOKED_AT]:
        return _without_mark(data)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        name = None if _is_damaged_utf_8(data) else legacy_encoding(data)
        if name is None:
            raise ValueError(
                f"byte 0x{data[error.start]:02x} at place {error.start} is not UTF-8, and "
                "no other encoding gives words: save it as UTF-8"
            ) from None
        return data.decode(name)


def _is_damaged_utf_8(data):
    """Whether most bytes beyond ASCII are UTF-8: then no other encoding is meant.

    Each word counts once, since one in every row may be UTF-8 by chance: 图片 in GB18030
    is.
    """
    words = b"\n".join(set(_BEYOND_ASCII.findall(data[: _LOOKED_AT << 4])))
    plain = words.count(b"\n")
    fitting = len(words.decode("utf-8", "ignore").encode()) - plain
    return fitting > 0.7 * (len(words) - plain)


def _without_mark(data):
    """UTF-16 that lacks its mark: every other byte of plain signs is 0."""
    for name in ("utf-16-le", "utf-16-be"):
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        plain = any(c < "\x80" for c in text)
        if plain and not _NO_TEXT.search(text) and _assigned(text[:4096]):
            return text
    raise ValueError("it holds bytes of value 0, as no text does")


def _assigned(text):
    return all(unicodedata.category(c) not in ("Cn", "Co", "Cs") for c in text)


def legacy_encoding(data):
    """The code page whose words some bytes are, or None.

    Parameters
    ----------
    data : bytes
        Not UTF-8.

    Returns
    -------
    str or None
    """
    some = data[:_LOOKED_AT]
    if _NO_TEXT.search(some.decode("latin-1")):
        return None
    # What is ASCII is the same in all of them.
    telling = b"\n".join(line for line in some.split(b"\n") if not line.isascii())
    best, score = None, _SURE
    for name in LEGACY:
        try:
            data.decode(name)
        except UnicodeDecodeError:
            continue
        own = _likelihood(telling.decode(name, "ignore"), name, score)
        if own > score:
            best, score = name, own
    return best


def _likelihood(text, name, least):
    """How much a text looks like words of the languages of a code page, 0 to 2.

    The mean over its letters beyond ASCII, and 1 more if all its words that have some are
    labels; without that where it would not be more than ``least`` anyway.
    """
    judge = _JUDGES.get(name, _of_western)
    words = Counter(word for word in _WORD.findall(text) if not word.isascii())
    # A sign that belongs to no word, such as half a Chinese letter read as Latin.
    count = sum(n for c, n in Counter(text).items() if c > "\x7f" and _is_stray(c))
    total = 0.0
    for word, times in words.items():
        values = judge(word)
        total += sum(values) * times
        count += len(values) * times
    if not count:
        return 0.0
    likely = total / count * (0.5 if name in _BY_LABELS else 1.0)
    if not words or likely + 1 <= least:
        return likely
    labels = sum(n for own, n in words.items() if label_expression(own) is not None)
    return likely + labels / words.total()


def _is_stray(c):
    return not (c.isalpha() or c in _SIGNS or _is_cjk_sign(c))


def _is_cjk_sign(c):
    return "\u3000" <= c <= "\u303f" or "\uff00" <= c <= "\uff65" or c in "×÷→←↑↓■□▲△○●◎★☆"


# A judge gives a value for each letter of a word that is beyond ASCII.
def _by_letter(value):
    """Judge of a code page whose letters tell by themselves."""
    value = lru_cache(maxsize=1 << 14)(value)
    return lambda word: [value(c) for c in word if c > "\x7f"]


def _two_bytes(name, common, others):
    """Judge of a code page whose common letters have a first byte in a range."""

    def value(c):
        own = c.encode(name, "ignore")
        if len(own) == 2 and common[0] <= own[0] <= common[1] and own[1] >= common[2]:
            return 1.0
        return others

    return _by_letter(value)


def _of_japanese(name, first, last):
    """Judge of a Japanese code page whose common signs have a first byte in a range."""

    def value(c):
        if "\u3040" <= c <= "\u30ff":
            return 1.0
        own = c.encode(name, "ignore")
        # Half-width kana are single bytes, which any text would be made of.
        return 0.9 if len(own) == 2 and first <= own[0] <= last else 0.1

    return _by_letter(value)


def _of_alphabet(letters):
    """Judge of accented letters: in their place, and between letters without accents."""

    def value(word, i, capitals):
        c = word[i]
        if c.lower() not in letters and c not in letters:
            return 0.0
        if i and not capitals and c.isupper():
            return 0.0
        around = word[max(i - 1, 0) : i] + word[i + 1 : i + 2]
        return 1.0 if any(own.isascii() for own in around) else 0.4

    def judge(word):
        capitals = word.isupper()
        return [value(word, i, capitals) for i, c in enumerate(word) if c > "\x7f"]

    return judge


def _of_russian(word):
    if min(word) < "\x80":
        return [0.0 for c in word if c > "\x7f"]
    if len(word) == 1:
        return [0.4 if word.lower() in _RUSSIAN else 0.0]
    capitals = word.isupper()
    return [
        1.0 if c.lower() in _RUSSIAN and (capitals or not i or not c.isupper()) else 0.0
        for i, c in enumerate(word)
    ]


_of_western = _of_alphabet(_WESTERN)
_JUDGES = {
    # Level 1 of GB 2312 and of Big5: the few thousand letters in use.
    "gb18030": _two_bytes("gb18030", (0xB0, 0xD7, 0xA1), 0.3),
    "big5hkscs": _two_bytes("big5hkscs", (0xA4, 0xC6, 0x40), 0.2),
    "cp949": _two_bytes("cp949", (0xB0, 0xC8, 0xA1), 0.2),
    "cp932": _of_japanese("cp932", 0x88, 0x98),
    "euc_jp": _of_japanese("euc_jp", 0xB0, 0xCF),
    "cp1251": _of_russian,
    "cp866": _of_russian,
    "koi8_r": _of_russian,
    "cp1250": _of_alphabet(_CENTRAL),
    "cp1254": _of_alphabet(_TURKISH),
}


def read_text(path, kind="text"):
    """The text of a file, in whatever encoding it is.

    Parameters
    ----------
    path : path-like
    kind : str
        What it should be, for messages.

    Returns
    -------
    str

    Raises
    ------
    FerClassicError
        It cannot be read, or is no text.
    """
    try:
        return decode_text(Path(path).read_bytes())
    except OSError as error:
        raise FerClassicError(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise FerClassicError(f"{path} is not {kind}: {error}.") from None
