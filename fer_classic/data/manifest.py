"""Tables of labelled images: a manifest, a plain list, votes, or FER2013's pixels."""

import math

from fer_classic.data.conventions import whole_number
from fer_classic.data.headers import GROUPS, PREDICTED, SPLITS, TRUE, first_of, header_key
from fer_classic.data.labels import SEVEN, expression
from fer_classic.data.sources import BoxedSource, BytesSource
from fer_classic.data.spelling import nearest_expression
from fer_classic.data.tables import (
    header_and_rows,
    name_column,
    table_rows,
    without_trailing,
)
from fer_classic.data.votes import is_votes_header, majorities, votes_from
from fer_classic.errors import FerClassicError
from fer_classic.files.text import cell_text

#: Columns that tell where the face is, in pixels; all of them or none.
BOX_COLUMNS = ("face_x", "face_y", "face_width", "face_height")
#: What stands in a cell for no label, in any case.
NO_LABEL = frozenset(("", "nan", "none", "null", "na", "n/a", "-", "?"))


def read_csv(data, origin, find, convention=None):
    """Rows of a manifest, a list of names and labels, votes, or FER2013's own CSV.

    Parameters
    ----------
    data : bytes
        Text with or without a header line.
    origin : str
        Name of the table, for messages.
    find : callable
        Gives the source of a path that the table names.
    convention : Convention, optional
        The data set whose codes are meant.

    Returns
    -------
    list of dict
        Each with name, path, given (the table), source, and where the table has a column
        of labels, expression (None where the cell is empty or not understood); problem
        where it is not understood; code where it is a number and no convention is named;
        and split and group where the table has them. A table with a column of votes for
        each class and no label gives the majority, or None and the problem.

    Raises
    ------
    FerClassicError
        The table lacks a column, or a cell cannot be understood; names the line.
    """
    blanks = not origin.lower().endswith(".csv")
    header, first, lines = header_and_rows(table_rows(data, origin, blanks=blanks))
    folded = [header_key(text) for text in header]
    if "pixels" in folded:
        make, arguments = _fer2013_row, (folded,)
    else:
        columns = _columns(header, first, origin)
        make, arguments = _manifest_row, (columns, find, convention)
    rows = []
    for line, cells in lines:
        place = f"{origin}, line {line}"
        if header:
            cells = without_trailing(cells, len(header))
            if len(cells) > len(header):
                raise FerClassicError(
                    f"{place}: {len(cells)} cells under a header of {len(header)}; write "
                    "a path that has a comma in quotes."
                )
        made = make(cells, place, len(rows) + 1, *arguments)
        rows.append(made | {"path": made["name"], "given": origin})
    labelled = first_of(header, (*TRUE, *PREDICTED)) is not None
    if rows and "pixels" not in folded and not labelled and is_votes_header(header):
        rows = _voted(rows, votes_from(data, origin))
    if not rows:
        raise FerClassicError(f"{origin} lists no image: it has a header and no rows.")
    return rows


def _voted(rows, votes):
    told = dict(zip(votes.names, majorities(votes), strict=True))
    return [row | told[row["name"]] for row in rows]


def _columns(header, lines, origin):
    """Places of the path, the label, the split and the group; None where there is none."""
    path = name_column(header, lines)
    if path is None:
        raise FerClassicError(
            f"{origin} has no column of image paths: its header is "
            f"{', '.join(header) or 'empty'}; expected "
            "path,label[,split,group] or FER2013's emotion,pixels,Usage."
        )
    names = {"label": (*TRUE, *PREDICTED), "split": SPLITS, "group": GROUPS}
    found = {key: first_of(header, own) for key, own in names.items()}
    if not header:
        found["label"] = _label_place(path, lines)
    boxes = {key: first_of(header, (key,)) for key in BOX_COLUMNS}
    boxes = {key: place for key, place in boxes.items() if place is not None}
    if boxes and len(boxes) < len(BOX_COLUMNS):
        raise FerClassicError(
            f"{origin} has the column {next(iter(boxes))}, and a face's place needs all of "
            f"{', '.join(BOX_COLUMNS)}: add the others, or leave it out."
        )
    return {"path": path} | found | boxes


def _label_place(path, lines):
    """The column of labels of a table without header: the last that is numbers or words."""
    width = min(len(cells) for _, cells in lines[:50])
    for place in reversed([i for i in range(width) if i != path]):
        cells = [cells[place] for _, cells in lines[:50]]
        if all(whole_number(own) is not None or expression(own) for own in cells):
            return place
    return None


def _manifest_row(cells, place, _number, columns, find, convention):
    own = {
        key: cell_text(cells[i].strip()) if i is not None and i < len(cells) else ""
        for key, i in columns.items()
    }
    own["path"] = own["path"].replace("\\", "/")  # as written on Windows
    if not own["path"]:
        raise FerClassicError(f"{place}: the path is empty.")
    made = {"name": own["path"], "source": find(own["path"])}
    if box := _box(own, place):
        made["source"] = BoxedSource(made["source"], box)
    made |= {key: own[key] for key in ("split", "group") if own[key]}
    if columns["label"] is not None:
        made |= label_of(own["label"], place, convention)
    return made


def _box(cells, place):
    """The place of the face that a row tells; None where its cells are empty."""
    texts = [cells.get(key, "") for key in BOX_COLUMNS]
    if not any(texts):
        return None
    try:
        box = tuple(map(float, texts))
    except ValueError:
        box = ()
    if not box or not all(map(math.isfinite, box)) or min(box[2:]) <= 0:
        raise FerClassicError(
            f"{place}: {', '.join(BOX_COLUMNS)} must be four numbers, the last two above "
            f"0, or four empty cells. Got {', '.join(texts)!r} instead."
        )
    return box


def label_of(text, place, convention=None):
    """What a cell of labels says.

    Parameters
    ----------
    text : str
    place : str
        For messages.
    convention : Convention, optional

    Returns
    -------
    dict
        expression, and problem or code, as :func:`read_csv` has them.

    Raises
    ------
    FerClassicError
        A number is no code of the convention.
    """
    if text.strip().lower() in NO_LABEL:
        told = {"problem": f"unknown label {text!r}"} if text.strip() else {}
        return {"expression": None} | told
    number = whole_number(text)
    if convention is not None and convention.knows(text):
        name = convention.expression(text)
        told = {} if name else {"problem": f"{convention.title}'s {text}: no expression"}
        return {"expression": name} | told
    if number is not None:
        if convention is not None and convention.codes:
            raise FerClassicError(
                f"{place}: {text} is no label of {convention.told()}. Name the data set "
                "that it is of with --labels."
            )
        return {"expression": None, "code": number}
    name = expression(text)
    return {"expression": name} | ({} if name else {"problem": unknown_label(text)})


def unknown_label(text):
    """Why a row has no label, where a word is not understood.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    nearest = nearest_expression(text)
    shown = text if len(text) <= 40 else text[:39] + "…"
    return f"unknown label {shown!r}" + (f" (nearest: {nearest})" if nearest else "")


def _fer2013_row(cells, place, number, header):
    row = dict(zip(header, cells, strict=False))
    # Kaggle's test file has no column of emotions.
    emotion = row.get("emotion", "").strip()
    if emotion not in ("", *map(str, range(len(SEVEN)))):
        raise FerClassicError(
            f"{place}: the emotion must be a number from 0 to 6, or empty where it is not "
            f"known. Got {emotion!r} instead."
        )
    text = row.get("pixels", "")
    try:
        pixels = bytes(map(int, text.split()))
    except ValueError:
        raise FerClassicError(
            f"{place}: the pixels must be numbers from 0 to 255 with spaces between. "
            f"Got {text[:40]!r} instead."
        ) from None
    side = round(len(pixels) ** 0.5)
    if not pixels or side * side != len(pixels):
        raise FerClassicError(
            f"{place}: {len(pixels)} pixels do not make a square; FER2013 has 48 x 48 = "
            "2304 in each row."
        )
    made = {
        "name": f"{number:05d}.png",
        "source": BytesSource(b"P5 %d %d 255\n" % (side, side) + pixels),
        "expression": SEVEN.names[int(emotion)] if emotion else None,
    }
    if row.get("usage"):
        made["split"] = row["usage"]
    return made
