"""The layout of a contest's sample file: its names, keys and spelling of labels."""

from dataclasses import dataclass

from fer_classic.data.labels import ALIASES, expression
from fer_classic.errors import FerClassicError
from fer_classic.submissions.names import ABSENT, NAME_KEYS, NameFinder


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
    names : sequence of str or NameFinder
        The images, which tell the key of the names from the other keys.
    what : str
        What has the layout, for messages.

    Raises
    ------
    FerClassicError
        The layout is not understood.
    """
    find = names if isinstance(names, NameFinder) else NameFinder(names)
    if isinstance(template, dict) and template:
        return _pairs([{key: value} for key, value in pairs_of(template)])
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
        if len(template) > 1 and len(only) == 1 and find.row(*only) == ABSENT:
            raise FerClassicError(
                f"The {what}'s records have the one key {only.pop()!r}: the key that "
                "holds the label is missing."
            )
        return _pairs(template)
    return _records(template, find, what)


def _pairs(template):
    pairs = [next(iter(one.items())) for one in template]
    return Layout([p[0] for p in pairs], [p[1] for p in pairs], template, None, None)


def _records(template, find, what):
    keys = list(template[0])
    for one in template:
        if one.keys() != template[0].keys():
            raise FerClassicError(
                f"The {what}'s records differ in their keys: {', '.join(keys)} and "
                f"{', '.join(one)}."
            )
    text = [k for k in keys if all(isinstance(one[k], str) for one in template)]
    some = template[:: 1 + len(template) // 1000] if len(text) > 1 else ()
    hits = {k: sum(find.row(one[k]) != ABSENT for one in some) for k in text}
    if not hits:
        raise FerClassicError(
            f"No key of the {what} ({', '.join(keys)}) holds file names as text."
        )
    name_key = max(hits, key=lambda k: (hits[k], k.strip().lower() in NAME_KEYS))
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


def pairs_of(parsed):
    """Keys and values of a parsed JSON object, also of keys that it has twice."""
    return getattr(parsed, "pairs", None) or parsed.items()


def speller(labels, class_names):
    """Function from a code to a label written as the template writes labels.

    Parameters
    ----------
    labels : list
        The labels of the template: text with numbers or words, or anything else, in
        whose place the code is written as a number.
    class_names : tuple of str
        ``class_names[code]`` is the expression.

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
