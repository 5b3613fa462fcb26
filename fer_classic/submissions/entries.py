"""Where a sample or result file names its images: the rows in any wrapping of JSON.

A file is looked at as rows of fields: a list of records, an object of name to label or to
an object, a list of one-pair objects, a list of lists, or an object of parallel lists; at
the top, or inside an object.
"""

from dataclasses import dataclass

from fer_classic.data.headers import NAMES, header_key
from fer_classic.data.spelling import label_expression
from fer_classic.errors import FerClassicError

#: The field of a row that is the key of an object.
KEY = "(key)"
#: The one field of a row that is no record.
VALUE = "(value)"
#: Objects around the rows, and inside a row, that are looked through.
_DEPTH = 6
#: Keys at most of an object that may wrap rows although its keys are rows themselves.
_WRAPPING = 8
#: Rows that are asked whether they name images.
_ASKED = 1000


@dataclass(frozen=True)
class Rows:
    """Rows of fields within a parsed file.

    Attributes
    ----------
    place : tuple
        Keys and numbers that lead to them from the top.
    rows : list of dict
        Field to (place of the value from the top, value).
    name : str or int
        Field that holds the names.
    named : float
        Images that the first rows name.
    """

    place: tuple
    rows: list
    name: object
    named: float


def shown(place):
    """A place in a parsed file, as a person writes it.

    Parameters
    ----------
    place : tuple

    Examples
    --------
    >>> shown(("predictions", 0, "label"))
    'predictions[0].label'
    """
    text = ""
    for key in place:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else str(key)
    return text or "the top"


def find_rows(tree, find, what):
    """The rows of a parsed file that name the images.

    Parameters
    ----------
    tree : object
        Parsed JSON.
    find : NumberedNames
    what : str
        What the file is, for messages.

    Returns
    -------
    Rows or None
        None where no field holds names of the images.

    Raises
    ------
    FerClassicError
        Several lists do, or an object around them has their key twice.
    """
    found = _search(tree, (), find, None)
    if len(found) > 1:
        places = " and ".join(shown(own.place) for own in found[:3])
        raise FerClassicError(
            f"The {what} names images at {places}: it is unclear which of them is to be "
            "filled. Leave only that one in the file."
        )
    if found:
        _check_keys(tree, found[0].place, what)
    return found[0] if found else None


def _check_keys(node, place, what):
    """Refuse a place that leads through a key that its object has twice."""
    for depth, key in enumerate(place):
        if isinstance(node, dict) and [own for own, _ in pairs_of(node)].count(key) > 1:
            raise FerClassicError(
                f"The {what} has the key {key!r} twice at {shown(place[:depth])}: it is "
                "unclear which of them is meant. Leave only one in the file."
            )
        node = node[key]


def unwrapped(parsed, found):
    """The list or object inside a parsed file that names the images.

    Parameters
    ----------
    parsed : object
    found : Rows or None
        What :func:`find_rows` found in it.

    Returns
    -------
    node : object
        The file itself where nothing in it names any.
    plain : bool
        Whether it is records, or an object by name.
    """
    if found is None:
        return parsed, True
    node = parsed
    for key in found.place:
        node = node[key]
    of_lists = isinstance(node, list) and isinstance(node[0], list)
    return node, not of_lists and (isinstance(node, list) or found.name == KEY)


def _search(node, place, find, columns):
    made = [_named(rows, place, find) for rows in _rows_of(node, place, columns)]
    best = max(filter(None, made), key=lambda own: own.named, default=None)
    inside, wraps = [], isinstance(node, dict) and len(place) < _DEPTH
    if wraps and (best is None or len(node) <= _WRAPPING):
        header = _header(node)
        for key, value in pairs_of(node):
            if isinstance(value, dict | list):
                inside += _search(value, (*place, key), find, header)
    if best is None or (len(inside) == 1 and inside[0].named > best.named):
        return inside
    return [best]


def _header(node):
    """Names of the columns of a table as pandas splits it."""
    named = node.get("columns", node.get("header"))
    fine = isinstance(named, list) and all(isinstance(one, str) for one in named)
    return named if fine else None


def _rows_of(node, place, columns):
    """The ways in which a list or an object is rows."""
    if isinstance(node, list) and node:
        if all(isinstance(one, dict) and one for one in node):
            yield from _records(node, place)
        if all(isinstance(one, list) and one for one in node):
            yield _lists(node, place, columns)
    if isinstance(node, dict) and node:
        pairs = list(pairs_of(node))
        yield [{KEY: (None, key)} | _fields(v, (*place, key)) for key, v in pairs]
        yield from _columns(pairs, place)


def _records(node, place):
    yield [_fields(one, (*place, i)) for i, one in enumerate(node)]
    if all(len(one) == 1 for one in node):
        yield [
            {KEY: (None, key)} | _fields(value, (*place, i, key))
            for i, one in enumerate(node)
            for key, value in one.items()
        ]


def _lists(node, place, columns):
    return [
        {
            (columns[j] if columns and len(columns) == len(one) else j): ((*place, i, j), v)
            for j, v in enumerate(one)
        }
        for i, one in enumerate(node)
    ]


def _columns(pairs, place):
    """Rows of parallel lists, or of objects with the same keys (pandas writes both)."""
    if len(pairs) < 2 or all(label_expression(str(key)) for key, _ in pairs):
        return  # what lies below each class is no column
    for kind, inner in ((list, range), (dict, list)):
        own = [(key, value) for key, value in pairs if isinstance(value, kind) and value]
        if len(own) < 2 or len({len(value) for _, value in own}) > 1:
            continue
        keys = list(inner(len(own[0][1])) if kind is list else inner(own[0][1]))
        if kind is dict and any(value.keys() != own[0][1].keys() for _, value in own):
            continue
        yield [{key: ((*place, key, k), v[k]) for key, v in own} for k in keys]


def _fields(value, place, prefix=""):
    """The fields of a record, those of objects inside it with their key before a point."""
    if not isinstance(value, dict):
        return {prefix or VALUE: (place, value)}
    fields = {}
    for key, own in value.items():
        name = f"{prefix}.{key}" if prefix else key
        if isinstance(own, dict) and own and prefix.count(".") < 2:
            fields.update(_fields(own, (*place, key), name))
        else:
            fields[name] = ((*place, key), own)
    return fields


def _named(rows, place, find):
    """The rows with the field that names most images; None if no field names any."""
    some = rows[:: 1 + len(rows) // _ASKED]
    fields = [key for key in rows[0] if all(key in row for row in some)]
    hits = {key: find.weight([row[key][1] for row in some]) for key in fields}
    if not hits:
        return None
    best = max(hits, key=lambda key: (hits[key], header_key(str(key)) in NAMES))
    return Rows(place, rows, best, hits[best]) if hits[best] else None


def pairs_of(parsed):
    """Keys and values of a parsed JSON object, also of keys that it has twice.

    Parameters
    ----------
    parsed : dict

    Returns
    -------
    iterable of (str, object)
    """
    return getattr(parsed, "pairs", None) or parsed.items()
