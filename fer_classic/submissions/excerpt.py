"""A contest's sample that shows a few images only: completed to all of them."""

import copy
import re
from dataclasses import replace
from pathlib import PurePosixPath

from fer_classic.data.names import NameFinder, NumberedNames, listed
from fer_classic.errors import FerClassicError
from fer_classic.submissions.entries import KEY, find_rows, shown
from fer_classic.submissions.layout import read_layout

#: Ways in which samples write the name of an image.
_SPELLINGS = (
    lambda name: name,
    lambda name: PurePosixPath(name).name,
    lambda name: str(PurePosixPath(name).with_suffix("")),
    lambda name: PurePosixPath(name).stem,
    lambda name: _number(name),
    lambda name: str(_number(name)),
)


def completed(sample, names):
    """A sample with a row for every image, where it has rows for some of them.

    Rows are added after those of the sample, in the order of the images, like its first
    row: names as it spells them, running numbers continued, other values kept where all
    of its rows have the same.

    Parameters
    ----------
    sample : Sample
    names : sequence of str
        The images.

    Returns
    -------
    sample : Sample
        As it was, where it names all images, or others than these, or none.
    added : int
        Rows that were added.

    Raises
    ------
    FerClassicError
        It names some of the images, and what the others' rows would hold is not clear.
    """
    rows, header = _rows(sample, names)
    if rows is None:
        return sample, 0
    written = [own[rows.name][1] for own in rows.rows]
    find = NumberedNames(NameFinder(names))
    places = [find.row(own) for own in written]
    if len(set(places)) != len(places) or min(places) < 0 or len(places) >= len(names):
        return sample, 0  # as it should be, or what is wrong is told elsewhere
    taken = set(places)
    lacking = [name for row, name in enumerate(names) if row not in taken]
    spell = _spelling(written, [names[row] for row in places], names)
    fillers = _fillers(rows, sample, names, header)
    tree = copy.deepcopy(sample.tree)
    for number, name in enumerate(lacking, len(written)):
        values = {key: fill(number) for key, fill in fillers.items()}
        _append(tree, rows, values | {rows.name: spell(name)}, number, header)
    return replace(sample, tree=tree), len(lacking)


def _rows(sample, names):
    """The rows that name images, or None; and the header of a table, or None."""
    tree, header, find = sample.tree, None, NumberedNames(NameFinder(names))
    if not isinstance(tree, dict | list) or not tree:
        return None, None
    if sample.form == "csv" and find.weight(tree[0]) < 1:
        header, *rows = tree
        if not rows or any(len(row) != len(header) for row in rows):
            return None, None
        tree = [dict(zip(header, row, strict=True)) for row in rows]
    found = find_rows(tree, find, "template")
    if found is None or any(own.keys() != found.rows[0].keys() for own in found.rows):
        return None, None
    values = [own[found.name][1] for own in found.rows]
    if not all(isinstance(own, str | int) for own in values):
        return None, None
    return found, header


def _spelling(written, meant, names):
    """The way in which the sample writes names, which tells all images apart."""
    for spell in _SPELLINGS:
        fits = all(spell(name) == own for name, own in zip(meant, written, strict=True))
        if fits and len({spell(name) for name in names}) == len(names):
            return spell
    raise FerClassicError(
        f"The template names {len(written)} of {len(names)} images, as {listed(written)}: "
        "how it would write the others is not clear. Give a sample that names all of them."
    )


def _number(name):
    runs = re.findall("[0-9]+", PurePosixPath(name).stem)
    return int(runs[0]) if len(runs) == 1 else None


def _fillers(rows, sample, names, header):
    """Of each field but the name, a function from the number of a row to its value."""
    tree = sample.tree
    if header is not None:
        tree = [dict(zip(header, row, strict=True)) for row in sample.tree[1:]]
    layout = read_layout(tree, names)
    answers = set(layout.places or ()) | {place for place, _ in layout.sure or ()}
    for row in layout.classes or ():
        answers |= {place for place, _ in row.values()}
    fillers = {}
    for key, (place, value) in rows.rows[0].items():
        if key in (rows.name, KEY):
            continue
        values = [own[key][1] for own in rows.rows]
        if any(place == own[: len(place)] for own in answers):
            values = [value]
        elif len(values) == 1 and _whole(value) is not None:
            values = [value, None]  # a number that only one row has tells nothing
        fillers[key] = _filler(values, key, place)
    return fillers


def _filler(values, key, place):
    """What continues some values."""
    if all(own == values[0] for own in values):
        return lambda _: copy.deepcopy(values[0])
    numbers = [_whole(own) for own in values]
    if None not in numbers and numbers == list(
        range(numbers[0], numbers[0] + len(numbers))
    ):
        kind = type(values[0])
        return lambda number: kind(numbers[0] + number)
    raise FerClassicError(
        f"The template has rows for some of the images, and what the others' {key!r} is "
        f"(at {shown(place)}) is not clear. Give a sample that names all images."
    )


def _whole(value):
    """A whole number, also as text; None for what is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    plain = isinstance(value, str) and re.fullmatch("0|[1-9][0-9]{0,15}", value)
    return int(value) if plain else None


def _append(tree, rows, values, number, header):
    """Add a row to a tree, in the form of its first one."""
    if header is not None:
        tree.append([values[column] for column in header])
        return
    node = tree
    for key in rows.place:
        node = node[key]
    name = values.pop(rows.name)
    own = {key: place for key, (place, _) in rows.rows[0].items() if key != KEY}
    first = len(rows.place)
    if isinstance(node, dict) and KEY not in rows.rows[0]:  # parallel lists or objects
        _append_columns(node, rows, values | {rows.name: name}, number)
        return
    if isinstance(node, dict):
        key = name
        if rows.name != KEY:  # records by their number
            key, values[rows.name] = _next_key(node, rows.place), name
        node[key] = copy.deepcopy(next(iter(node.values())))
        step = (key,)
    elif rows.name == KEY:  # objects of one pair
        node.append({name: copy.deepcopy(next(iter(node[0].values())))})
        step = (len(node) - 1, name)
    else:
        node.append(copy.deepcopy(node[0]))
        step = (len(node) - 1,)
        values[rows.name] = name
    for key, value in values.items():
        _put(node, (*step, *own[key][first + len(step) :]), value)


def _next_key(node, place):
    """The key after those of an object, which must be running numbers."""
    numbers = [_whole(key) for key in node]
    if None in numbers or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        raise FerClassicError(
            f"The template has rows for some of the images, and what the others' keys at "
            f"{shown(place)} are is not clear: give a sample that names all."
        )
    return str(numbers[-1] + 1)


def _append_columns(node, rows, values, number):
    """Add a row to lists, or objects by running number, that lie side by side."""
    first = len(rows.place)
    for key, (place, _) in rows.rows[0].items():
        column = node[place[first]]
        if isinstance(column, list):
            column.append(values[key])
        elif list(column)[: number + 1] == [str(i) for i in range(number)]:
            column[str(number)] = values[key]
        else:
            raise FerClassicError(
                f"The template has rows for some of the images, and its keys at "
                f"{shown(place[:-1])} do not run from 0: give a sample that names all."
            )


def _put(node, place, value):
    for key in place[:-1]:
        node = node[key]
    node[place[-1]] = value
