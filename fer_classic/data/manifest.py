"""Tables of labelled images: a manifest, a plain list, votes, or FER2013's pixels."""

import math

from fer_classic.data.conventions import whole_number
from fer_classic.data.headers import (
    GROUPS,
    PREDICTED,
    SPLITS,
    TRUE,
    first_of,
    header_key,
    label_column,
    name_column,
)
from fer_classic.data.labels import SEVEN
from fer_classic.data.sources import BoxedSource, BytesSource
from fer_classic.data.spelling import label_expression, nearest_expression
from fer_classic.data.tables import cells_under, header_and_rows, table_rows
from fer_classic.data.votes import is_votes_header, majorities, votes_from
from fer_classic.errors import FerClassicError
from fer_classic.files.text import cell_text

#: Columns that tell where the face is, in pixels; all of them or none.
BOX_COLUMNS = ("face_x", "face_y", "face_width", "face_height")
#: What stands in a cell for no label, in any case.
NO_LABEL = frozenset(
    ("", "nan", "none", "null", "na", "n/a", "#n/a", "<na>", "nil", "-", "?", "-1", "-1.0")
)


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
    voted = make is _manifest_row and columns["label"] is None and is_votes_header(header)
    rows = []
    for line, cells in lines:
        place = f"{origin}, line {line}"
        cells = cells_under(header, cells, place)
        if voted and cells[columns["path"] :] and not cells[columns["path"]].strip():
            continue  # FER+ leaves the name empty where it has removed an image
        made = make(cells, place, len(rows) + 1, *arguments)
        rows.append(made | {"path": made["name"], "given": origin})
    if rows and voted:
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
    found = {
        "label": label_column(header, lines, (*TRUE, *PREDICTED), path),
        "split": first_of(header, SPLITS),
        "group": first_of(header, GROUPS),
    }
    boxes = {key: first_of(header, (key,)) for key in BOX_COLUMNS}
    boxes = {key: place for key, place in boxes.items() if place is not None}
    if boxes and len(boxes) < len(BOX_COLUMNS):
        raise FerClassicError(
            f"{origin} has the column {next(iter(boxes))}, and a face's place needs all of "
            f"{', '.join(BOX_COLUMNS)}: add the others, or leave it out."
        )
    return {"path": path} | found | boxes


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
    if convention is not None and convention.knows(text):
        name = convention.expression(text)
        told = {} if name else {"problem": f"{convention.title}'s {text}: no expression"}
        return {"expression": name} | told
    if text.strip().lower() in NO_LABEL:
        told = {"problem": f"unknown label {text!r}"} if text.strip() else {}
        return {"expression": None} | told
    number = whole_number(text)
    if number is not None:
        if convention is not None and convention.codes:
            raise FerClassicError(
                f"{place}: {text} is no label of {convention.told()}. Name the data set "
                "that it is of with `labels`."
            )
        return {"expression": None, "code": number}
    name = label_expression(text)
    return {"expression": name} | ({} if name else {"problem": unknown_label(text)})


def without_repeats(rows):
    """Rows that name an image once, and a note on those that name one again.

    A row that says of an image what another has said is left out. Where two say different
    labels the image has none.

    Parameters
    ----------
    rows : list of dict
        Of one table.

    Returns
    -------
    rows : list of dict
    notes : list of str
    """
    first, repeated, opposed = {}, 0, 0
    for row in rows:
        key = row["name"], row.get("split"), row.get("group"), row["source"]
        known = first.setdefault(key, row)
        if known is row:
            continue
        repeated += 1
        if _said(known) != _said(row) and not known.get("problem", "").startswith("two"):
            opposed += 1
            both = f"two labels: {_said(known) or 'none'} and {_said(row) or 'none'}"
            known |= {"expression": None, "problem": both}
            known.pop("code", None)
    if not repeated:
        return rows, []
    told = f" and for {opposed} image(s) another label, which have none now" * bool(opposed)
    note = f"{rows[0]['given']}: {repeated} row(s) name an image again{told}"
    return list(first.values()), [note]


def _said(row):
    """The label of a row, as a person reads it."""
    code = row.get("code")
    return (
        row.get("expression")
        or row.get("problem")
        or (str(code) if code is not None else "")
    )


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
    code = whole_number(emotion)
    if emotion and (code is None or not 0 <= code < len(SEVEN)):
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
        "expression": SEVEN.names[code] if emotion else None,
    }
    if row.get("usage"):
        made["split"] = row["usage"]
    return made
