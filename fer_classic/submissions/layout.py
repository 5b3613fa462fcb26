"""The layout of a contest's sample file: its names, keys, wrapping and labels."""

import copy
from dataclasses import dataclass

from fer_classic.data.conventions import whole_number
from fer_classic.data.headers import NAMES, PREDICTED, TRUE, header_key
from fer_classic.data.names import NumberedNames
from fer_classic.data.spelling import label_expression
from fer_classic.errors import FerClassicError
from fer_classic.submissions.entries import KEY, VALUE, find_rows, pairs_of, shown

#: Parts of a key that holds labels, and of one that holds how sure a label is.
_LABEL_WORDS = ("label", "class", "emotion", "expression", "category", "type", "pred")
#: Rows that tell what a field holds.
_LOOKED_AT = 50
_SURE_WORDS = ("confidence", "probability", "prob", "score", "conf", "certainty")


@dataclass(frozen=True)
class Layout:
    """Names and labels of a sample, and where in it labels are to be written.

    Attributes
    ----------
    names, labels : list
        As written in the sample, one an image; names that are numbers stand as the name
        of the image. A label is None where there are only columns of classes.
    tree : object
        The sample as parsed.
    places : list of tuple, or None
        Place of each label in the tree.
    classes : list of dict, or None
        Of each row, expression to (place, value) of the columns of classes.
    sure : list of tuple, or None
        Of each row, place and value of the confidence.
    """

    names: list
    labels: list
    tree: object
    places: list | None
    classes: list | None = None
    sure: list | None = None

    def filled(self, changes):
        """A copy of the sample with other values.

        Parameters
        ----------
        changes : iterable of (tuple, object)
            Places in the tree, and what to put there.

        Returns
        -------
        object
        """
        made = copy.deepcopy(self.tree)
        for place, value in changes:
            node = made
            for key in place[:-1]:
                node = node[key]
            node[place[-1]] = value
        return made


def read_layout(template, names, what="template", *, check=True, found=None):
    """Find out how a template names images and labels.

    Parameters
    ----------
    template : object
        Parsed JSON, or a table as a list of lists.
    names : sequence of str or NameFinder
        The images, which tell the names from the other values.
    what : str
        What has the layout, for messages.
    check : bool
        Whether something else than a number or text in place of a label is refused.
    found : Rows, optional
        Where :func:`find_rows` has found its rows before.

    Returns
    -------
    Layout

    Raises
    ------
    FerClassicError
        The layout is not understood; the message tells the place.
    """
    find = names if isinstance(names, NumberedNames) else NumberedNames(names)
    if not isinstance(template, dict | list) or not template:
        raise FerClassicError(
            f"The {what} must be a JSON list of records, a list of one-pair objects, or "
            f"an object of name to label. Got {_kind(template)} instead."
        )
    found = found or find_rows(template, find, what)
    if found is None:
        return _without_known_names(template, what, check)
    rows = found.rows
    fields = list(rows[0])
    for row in rows:
        if row.keys() != rows[0].keys():
            raise FerClassicError(
                f"The {what}'s records differ in their keys: "
                f"{_listed(fields)} and {_listed(row)}."
            )
    values = [row[found.name][1] for row in rows]
    if odd := [own for own in values if not isinstance(own, str | int)]:
        raise FerClassicError(
            f"The {what}'s names must be text or numbers. Got {str(odd[0])[:60]!r}."
        )
    named = [find.name(own) for own in values]
    return _laid_out(template, rows, found.name, named, what, check)


def _laid_out(template, rows, name, names, what, check):
    """The layout of rows whose field of names is known."""
    rest = [key for key in rows[0] if key not in (name, KEY)]
    classes = {key: label_expression(str(key).rsplit(".", 1)[-1]) for key in rest}
    classes = {key: own for key, own in classes.items() if own}
    if len(classes) < 2 or len(set(classes.values())) < len(classes):
        classes = {}
    rest = [key for key in rest if key not in classes]
    sure = [key for key in rest if _has_word(key, _SURE_WORDS)]
    label = _label_field([key for key in rest if key not in sure], rows, classes, what)
    if label is None and not classes:
        label, sure = (sure[0], sure[1:]) if len(sure) == 1 else (None, sure)
    if label is None and not classes:
        raise FerClassicError(
            f"The {what}'s records have the one key {name!r}: the key that holds the "
            "label is missing."
        )
    places = labels = None
    if label is not None:
        places, labels = zip(
            *(_label_at(row[label], what, check) for row in rows), strict=True
        )
    told = check and label is not None
    if told and (other := _other_labels(rest, label, rows)):
        raise FerClassicError(
            f"The {what} seems to hold labels at {shown(rows[0][label][0])} and at "
            f"{shown(rows[0][other][0])}: it is unclear which of them is to be filled. "
            "Leave only that one in it."
        )
    for key in rest:
        if (
            check
            and key != label
            and _is_numbers(rows[0][key][1])
            and len(rows[0][key][1]) in (5, 7)
        ):
            raise FerClassicError(
                f"The {what} has a list of numbers at {shown(rows[0][key][0])} that may "
                "stand for the classes: their order is not told. Leave it out."
            )
    return Layout(
        names,
        list(labels) if labels else [None] * len(rows),
        template,
        list(places) if places else None,
        [{own: row[key] for key, own in classes.items()} for row in rows]
        if classes
        else None,
        [row[sure[0]] for row in rows] if sure else None,
    )


def _label_field(rest, rows, classes, what):
    """The field of the labels, or None where there are only columns of classes."""
    likely = [key for key in rest if _has_word(key, _LABEL_WORDS)]
    exact = [key for key in rest if header_key(str(key)) in (*TRUE, *PREDICTED)]
    if len(likely) != 1 and len(exact) == 1:
        likely = exact
    if not likely:  # what holds words for expressions, whatever its name
        texts = {key: rows[0][key][1] for key in rest}
        likely = [k for k, v in texts.items() if isinstance(v, str) and label_expression(v)]
    if len(rest) == 1 and (likely or not classes):
        return rest[0]
    if len(likely) == 1:
        return likely[0]
    if (classes and not likely) or not rest:
        return None
    raise FerClassicError(
        f"The {what}'s records have the keys {_listed(rows[0])}: it is unclear "
        "which one holds the label. Name it 'label' or leave the others out."
    )


def _other_labels(rest, label, rows):
    """A field besides that of the labels which holds labels too, or None."""
    for key in rest:
        values = [row[key][1] for row in rows[:_LOOKED_AT]]
        words = all(isinstance(v, str) and label_expression(v) for v in values)
        codes = all(whole_number(str(v)) is not None for v in values)
        if key != label and (words or (codes and _has_word(key, _LABEL_WORDS))):
            return key
    return None


def _label_at(field, what, check):
    """Place and value of a label; a list of one label counts as it."""
    place, value = field
    if isinstance(value, list) and len(value) == 1:
        place, value = (*place, 0), value[0]
    if check and isinstance(value, list | dict | bool):
        one_hot = " as one-hot or scores; the order of the classes is not told" * (
            _is_numbers(value)
        )
        raise FerClassicError(
            f"The {what} has {_kind(value)} in place of a label at {shown(place)}"
            f"{one_hot}. Expected is a number or text."
        )
    return place, value


def _is_numbers(value):
    return (
        isinstance(value, list)
        and len(value) > 1
        and all(isinstance(one, int | float) for one in value)
    )


def _has_word(key, words):
    return any(word in str(key).lower() for word in words)


def _without_known_names(template, what, check):
    """The layout of what names no image, where its form tells which the names are."""
    if isinstance(template, dict):
        return _pairs(
            [{key: value} for key, value in pairs_of(template)], template, what, check
        )
    if not all(isinstance(one, dict) and one for one in template):
        bad = next(one for one in template if not isinstance(one, dict) or not one)
        raise FerClassicError(
            f"Every entry of the {what} must be an object. Got {_kind(bad)} instead."
        )
    keys = list(template[0])
    if all(len(one) == 1 for one in template):
        only = {key for one in template for key in one}
        if len(template) > 1 and len(only) == 1:
            raise FerClassicError(
                f"The {what}'s records have the one key {only.pop()!r}: the key that "
                "holds the label is missing."
            )
        return _pairs(template, template, what, check)
    text = [k for k in keys if all(isinstance(one.get(k), str) for one in template)]
    text.sort(key=lambda key: header_key(key) not in NAMES)
    if not text:
        raise FerClassicError(
            f"No key of the {what} ({', '.join(keys)}) holds names of the images."
        )
    rows = [
        {key: ((i, key), own) for key, own in one.items()} for i, one in enumerate(template)
    ]
    if odd := next((row for row in rows if row.keys() != rows[0].keys()), None):
        raise FerClassicError(
            f"The {what}'s records differ in their keys: "
            f"{_listed(rows[0])} and {_listed(odd)}."
        )
    names = [one[text[0]] for one in template]
    return _laid_out(template, rows, text[0], names, what, check)


def _pairs(pairs, template, what, check):
    """Names as keys; what is no label is refused where it stands."""
    names, places, labels = [], [], []
    for i, one in enumerate(pairs):
        (name, value) = next(iter(one.items()))
        place = (name,) if isinstance(template, dict) else (i, name)
        place, value = _label_at((place, value), what, check)
        names.append(name)
        places.append(place)
        labels.append(value)
    return Layout(names, labels, template, places)


def _listed(keys):
    told = {KEY: "the name", VALUE: "the value"}
    return ", ".join(told.get(key, str(key)) for key in keys)


def _kind(value):
    if value in ({}, []):
        return "an empty object" if isinstance(value, dict) else "an empty list"
    if isinstance(value, bool):
        return str(value).lower()
    names = {dict: "an object", list: "a list", str: "text", type(None): "null"}
    return names.get(type(value), "a number")
