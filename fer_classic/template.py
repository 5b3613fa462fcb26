"""The layout of a contest's sample file: its names, keys and spelling of labels."""

from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath

from fer_classic.errors import FerClassicError
from fer_classic.labels import ALIASES, expression

#: Names listed in an error before "…".
_SHOWN = 10


@dataclass(frozen=True)
class Layout:
    """Names and labels of a template, and how it writes them.

    Attributes
    ----------
    names, labels : list
        As written in the template, one an image.
    records : list of dict
        The template's own objects.
    name_key, label_key : str or None
        Keys of the name and the label; None where the name is itself the key.
    """

    names: list
    labels: list
    records: list
    name_key: str | None
    label_key: str | None

    def record(self, i, answer):
        """The i-th object of the template with another label.

        Parameters
        ----------
        i : int
        answer : int or str
            The label, as the template writes labels.

        Returns
        -------
        dict
        """
        if self.name_key is None:
            return {self.names[i]: answer}
        return {**self.records[i], self.label_key: answer}


def read_layout(template, names, what="template"):
    """Find out how a template names images and labels.

    Parameters
    ----------
    template : object
        Parsed JSON.
    names : sequence of str
        The images, which tell the key of the names from the other keys.
    what : str
        What has the layout, for messages.

    Returns
    -------
    Layout

    Raises
    ------
    FerClassicError
        The layout is not understood.
    """
    if isinstance(template, dict) and template:
        return _pairs([{key: value} for key, value in template.items()])
    if not isinstance(template, list) or not template:
        raise FerClassicError(
            f"The {what} must be a JSON list of records, a list of one-pair objects, or "
            f"an object of name to label. Got {_kind(template)} instead."
        )
    if not all(isinstance(one, dict) and one for one in template):
        bad = next(one for one in template if not isinstance(one, dict) or not one)
        raise FerClassicError(
            f"Every entry of the {what} must be an object. Got {_kind(bad)} instead."
        )
    if all(len(one) == 1 for one in template):
        only = {key for one in template for key in one}
        if len(template) > 1 and len(only) == 1 and not _finder(names)(*only):
            raise FerClassicError(
                f"The {what}'s records have the one key {only.pop()!r}: the key that "
                "holds the label is missing."
            )
        return _pairs(template)
    return _records(template, names, what)


def _pairs(template):
    pairs = [next(iter(one.items())) for one in template]
    return Layout([p[0] for p in pairs], [p[1] for p in pairs], template, None, None)


def _records(template, names, what):
    keys = list(template[0])
    for one in template:
        if set(one) != set(keys):
            raise FerClassicError(
                f"The {what}'s records differ in their keys: {', '.join(keys)} and "
                f"{', '.join(one)}."
            )
    find = _finder(names)
    text = [k for k in keys if all(isinstance(one[k], str) for one in template)]
    hits = {k: sum(bool(find(one[k])) for one in template) for k in text}
    if not hits:
        raise FerClassicError(
            f"No key of the {what} ({', '.join(keys)}) holds file names as text."
        )
    name_key = max(hits, key=hits.get)
    rest = [k for k in keys if k != name_key]
    words = ("label", "class", "emotion", "expression", "category", "type", "pred")
    likely = [k for k in rest if any(word in k.lower() for word in words)]
    if len(rest) != 1 and len(likely) != 1:
        raise FerClassicError(
            f"The {what}'s records have the keys {', '.join(keys)}: it is unclear "
            "which one holds the label. Name it 'label' or leave the others out."
        )
    label_key = rest[0] if len(rest) == 1 else likely[0]
    return Layout(
        [one[name_key] for one in template],
        [one[label_key] for one in template],
        template,
        name_key,
        label_key,
    )


def _kind(value):
    if value in ({}, []):
        return "an empty object" if isinstance(value, dict) else "an empty list"
    if isinstance(value, bool):
        return str(value).lower()
    names = {dict: "an object", list: "a list", str: "text", type(None): "null"}
    return names.get(type(value), "a number")


def _spellings(names):
    """Row of each way to write a name: whole, without folder, extension, or both."""
    found = {}
    for row, name in enumerate(names):
        path = PurePosixPath(name)
        for text in {name, path.name, str(path.parent / path.stem), path.stem}:
            found.setdefault(text, set()).add(row)
    return found


def _finder(names):
    """Function from a name, however spelled, to the rows that it may mean."""
    exact = {name: {row} for row, name in enumerate(names)}
    known = _spellings(names)

    def find(name):
        path = PurePosixPath(str(name).replace("\\", "/"))
        if name in exact:
            return exact[name]
        texts = (name, str(path), path.name, path.stem)
        return next((known[text] for text in texts if text in known), set())

    return find


def match_names(asked, names, what="template"):
    """Find the image of each name asked for; every image exactly once.

    Parameters
    ----------
    asked : sequence
        Names with or without folder and extension.
    names : sequence of str
        The images.
    what : str
        What asks, for messages.

    Returns
    -------
    list of int
        Rows of ``names``.

    Raises
    ------
    FerClassicError
        A name fits no image or several, an image is not named, or is named twice.
    """
    find = _finder(names)
    rows, absent, unclear = [], [], []
    for name in asked:
        options = find(name)
        if not options:
            absent.append(name)
        elif len(options) > 1:
            unclear.append(name)
        else:
            rows.append(next(iter(options)))
    if absent:
        raise FerClassicError(
            f"The {what} names {len(absent)} image(s) that are not in the input: "
            f"{_listed(absent)}."
        )
    if unclear:
        raise FerClassicError(
            f"{len(unclear)} name(s) of the {what} fit several images: "
            f"{_listed(unclear)}. Write them with folder and extension."
        )
    count = Counter(rows)
    if lacking := [name for row, name in enumerate(names) if row not in count]:
        raise FerClassicError(
            f"The {what} lacks {len(lacking)} image(s) of the input: {_listed(lacking)}."
        )
    if twice := [names[row] for row, number in count.items() if number > 1]:
        raise FerClassicError(f"The {what} names images twice: {_listed(twice)}.")
    return rows


def _listed(names):
    shown = ", ".join(map(str, names[:_SHOWN]))
    return shown + (", …" if len(names) > _SHOWN else "")


def speller(labels, class_names):
    """Function from a code to a label written as the template writes labels.

    Parameters
    ----------
    labels : list
        The labels of the template: text with numbers or words, or anything else, in
        whose place the code is written as a number.
    class_names : tuple of str
        ``class_names[code]`` is the expression.

    Returns
    -------
    callable

    Raises
    ------
    FerClassicError
        A label is text, but neither a number nor an expression.
    """
    texts = [label for label in labels if isinstance(label, str) and label.strip()]
    if not texts:
        return lambda code: code
    if all(text.strip().lstrip("-").isdigit() for text in texts):
        return str
    unknown = [text for text in texts if expression(text) is None]
    if unknown:
        raise FerClassicError(
            f"The template's label {unknown[0]!r} is neither a number nor an expression "
            f"such as {', '.join(class_names)}."
        )
    seen = {expression(text): text for text in texts}
    sample = texts[0].strip()
    style = (str.upper if sample.isupper() else str.title) if sample[0].isupper() else str
    # "Happy" in the sample means that the class it does not show is "Sad", not "sadness".
    adjectives = any(_adjective(expression(t)) == t.strip().lower() for t in texts)

    def spell(code):
        name = class_names[code]
        if name in seen:
            return seen[name]
        if not sample.isascii():
            return next(alias for alias in ALIASES[name] if not alias.isascii())
        return style(_adjective(name) or name if adjectives else name)

    return spell


def _adjective(name):
    """The adjective of an expression ("happy"); None for neutral, which is one itself."""
    return None if name == "neutral" else ALIASES[name][1]
