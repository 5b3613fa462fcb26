"""CSV tables of labelled images: a manifest of paths, of votes, or FER2013's pixels."""

import csv
import io
import math

from fer_classic.data.labels import SEVEN, expression
from fer_classic.data.sources import BoxedSource, BytesSource
from fer_classic.data.votes import LABELS, PATHS, is_votes_header, majorities, votes_from
from fer_classic.errors import FerClassicError
from fer_classic.files.text import cell_text

_COLUMNS = {
    "path": PATHS,
    "label": LABELS,
    "split": ("split", "usage"),
    "group": ("group", "person", "subject"),
}
#: Columns that tell where the face is, in pixels; all of them or none.
BOX_COLUMNS = ("face_x", "face_y", "face_width", "face_height")


def read_csv(data, origin, find):
    """Rows of a manifest, of a table of votes or of FER2013's own CSV.

    Parameters
    ----------
    data : bytes
        UTF-8 text with a header line.
    origin : str
        Name of the table, for messages.
    find : callable
        Gives the source of a path that the table names.

    Returns
    -------
    list of dict
        Each with name, path, given (the table), source,
        expression (None where the cell is empty), and split and group where the table
        has them. A table with a column of votes for each class and no label gives the
        majority, or None and the problem.

    Raises
    ------
    FerClassicError
        The table lacks a column, or a cell cannot be understood; names the line.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FerClassicError(f"{origin} is not UTF-8 text: save it as UTF-8.") from None
    csv.field_size_limit(1 << 24)
    reader = csv.DictReader(io.StringIO(text, newline=""))
    rows = []
    try:
        header = {str(name).strip().lower(): name for name in reader.fieldnames or []}
        if "pixels" in header:
            make, arguments = _fer2013_row, (header,)
        else:
            make, arguments = _manifest_row, (_columns(header, origin), find)
        for row in reader:
            place = f"{origin}, line {reader.line_num}"
            if None in row:
                raise FerClassicError(
                    f"{place}: {len(header) + len(row[None])} cells under a header of "
                    f"{len(header)}; write a path that has a comma in quotes."
                )
            made = make(row, place, len(rows) + 1, *arguments)
            rows.append(made | {"path": made["name"], "given": origin})
    except csv.Error as error:
        raise FerClassicError(
            f"{origin}, line {reader.reader.line_num}: {error}."
        ) from None
    if header.keys().isdisjoint(("pixels", *_COLUMNS["label"])) and is_votes_header(header):
        rows = _voted(rows, votes_from(data, origin))
    if not rows:
        raise FerClassicError(f"{origin} lists no image: it has a header and no rows.")
    return rows


def _voted(rows, votes):
    told = dict(zip(votes.names, majorities(votes), strict=True))
    return [row | told[row["name"]] for row in rows]


def _columns(header, origin):
    found = {
        key: next((header[name] for name in names if name in header), None)
        for key, names in _COLUMNS.items()
    }
    if found["path"] is None:
        raise FerClassicError(
            f"{origin} has no column of image paths: its header is "
            f"{', '.join(map(str, header)) or 'empty'}; expected path,label[,split,group] "
            "or FER2013's emotion,pixels,Usage."
        )
    boxes = {key: header[key] for key in BOX_COLUMNS if key in header}
    if boxes and len(boxes) < len(BOX_COLUMNS):
        raise FerClassicError(
            f"{origin} has the column {next(iter(boxes))}, and a face's place needs all of "
            f"{', '.join(BOX_COLUMNS)}: add the others, or leave it out."
        )
    return found | boxes


def _manifest_row(row, place, _number, columns, find):
    cells = {key: cell_text((row.get(name) or "").strip()) for key, name in columns.items()}
    cells["path"] = cells["path"].replace("\\", "/")  # as written on Windows
    if not cells["path"]:
        raise FerClassicError(f"{place}: the path is empty.")
    made = {"name": cells["path"], "source": find(cells["path"])}
    if box := _box(cells, place):
        made["source"] = BoxedSource(made["source"], box)
    made |= {key: cells[key] for key in ("split", "group") if cells[key]}
    if columns["label"] is not None:
        made["expression"] = _expression(cells["label"], place)
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


def _expression(text, place):
    if not text:
        return None
    found = expression(text)
    if found is None:
        raise FerClassicError(
            f"{place}: unknown label {text!r}; allowed are names such as anger, angry, "
            "happy, neutral, sad, surprise (in any case), or an empty cell."
        )
    return found


def _fer2013_row(row, place, number, header):
    # Kaggle's test file has no column of emotions.
    emotion = (row.get(header.get("emotion")) or "").strip()
    if emotion not in ("", *map(str, range(len(SEVEN)))):
        raise FerClassicError(
            f"{place}: the emotion must be a number from 0 to 6, or empty where it is not "
            f"known. Got {emotion!r} instead."
        )
    text = row[header["pixels"]] or ""
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
    if "usage" in header and row[header["usage"]]:
        made["split"] = row[header["usage"]]
    return made
