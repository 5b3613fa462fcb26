"""The mended labels as a manifest that ``train`` and ``run`` take."""

import os
from pathlib import Path

from fer_classic.data.manifest import BOX_COLUMNS
from fer_classic.data.sources import BoxedSource, FileSource, ZipSource
from fer_classic.errors import FerClassicError, first_few
from fer_classic.files.atomic import write_file
from fer_classic.files.text import csv_text

#: Ending of the journal's name, and of the manifest that lies beside it.
JOURNAL, MANIFEST = ".labels.jsonl", ".mended.csv"


def place(journal):
    """Where the manifest is written: beside the journal.

    Parameters
    ----------
    journal : path-like

    Returns
    -------
    pathlib.Path
    """
    journal = Path(journal)
    return journal.with_name(journal.name.removesuffix(JOURNAL) + MANIFEST)


def write(workspace):
    """Write the manifest, and read it back.

    Every picture is a row; one that is excluded has no label, so training leaves it out.

    Parameters
    ----------
    workspace : Workspace

    Returns
    -------
    dict of JSON types
        path, images, labelled, excluded.

    Raises
    ------
    FerClassicError
        Pictures cannot be named in a manifest; it says which.
    """
    path = place(workspace.journal.path)
    rows, labels = manifest_rows(workspace, path.absolute().parent)
    names = workspace.collection.faces.names
    _refuse([name for name, row in zip(names, rows[1:], strict=True) if not _utf_8(row[0])])
    write_file(path, csv_text(rows), overwrite=True)
    _check(path, workspace.collection, labels)
    return {
        "path": str(path),
        "images": len(labels),
        "labelled": sum(map(bool, labels)),
        "command": f"fer-classic run {path} --out runs/mended",
    }


def manifest_rows(workspace, folder):
    """The rows of the manifest with its header, and the label of each picture.

    Parameters
    ----------
    workspace : Workspace
    folder : pathlib.Path
        Where the manifest will lie.

    Returns
    -------
    rows : list of list
    labels : list of str
    """
    collection, faces = workspace.collection, workspace.collection.faces
    decisions = [
        workspace.journal.decision(*workspace.picture_of(row)) for row in range(len(faces))
    ]
    labels = [_label(faces, row, own) for row, own in enumerate(decisions)]
    columns = {
        "path": [_path(source, folder) for source in collection.sources],
        "label": labels,
    }
    if set(collection.parts) != {"data"}:
        columns["split"] = ["" if part == "data" else part for part in collection.parts]
    if any(faces.groups):
        columns["group"] = [group or "" for group in faces.groups]
    boxes = [_box(*own) for own in zip(collection.sources, decisions, strict=True)]
    if any(boxes):
        for place, name in enumerate(BOX_COLUMNS):
            columns[name] = [f"{box[place]:.1f}" if box else "" for box in boxes]
    return [list(columns), *map(list, zip(*columns.values(), strict=True))], labels


def _label(faces, row, decision):
    if decision.excluded:
        return ""
    if decision.label is not None:
        return decision.label
    if faces.labels[row] >= 0:
        return faces.classes.names[faces.labels[row]]
    problem = faces.problems[row] or ""
    return problem.removeprefix("class ") if problem.startswith("class ") else ""


def _box(source, decision):
    """The place of the face that a person has told, now or in the table before."""
    return decision.face or getattr(source, "box", None)


def _path(source, folder):
    """A picture as the manifest names it: relative where that is possible."""
    source = _plain(source)
    if isinstance(source, FileSource):
        path, member = source.path, ""
    elif isinstance(source, ZipSource):
        path, member = source.archive, f"/{source.member}"
    else:
        raise FerClassicError(
            "These pictures lie in a table of pixels, which no manifest can name: write "
            "them as files, and start the page with their folder."
        )
    try:
        path = os.path.relpath(path, folder)
    except ValueError:  # another drive
        path = os.path.abspath(path)
    return Path(path).as_posix() + member


def _plain(source):
    return source.source if isinstance(source, BoxedSource) else source


def _place(source):
    """What tells whether two sources are the same bytes on the disk."""
    source = _plain(source)
    if isinstance(source, FileSource):
        return os.path.abspath(source.path)
    return source


def _check(path, collection, labels):
    """Raise unless reading the manifest gives the same pictures and labels."""
    from fer_classic.data.dataset import read_dataset

    faces = collection.faces
    read = read_dataset(path, classes=faces.classes)
    wrong = []
    for row, label in enumerate(labels):
        code = faces.classes.code(label) if label else None
        same = _place(read.sources[row]) == _place(collection.sources[row])
        if not same or read.labels[row] != (-1 if code is None else code):
            wrong.append(faces.names[row])
    if wrong:
        path.unlink()
    _refuse(wrong)


def _utf_8(text):
    """Whether a path can be written: Linux also has names of other bytes."""
    return text.encode("utf-8", "ignore").decode() == text


def _refuse(wrong):
    if wrong:
        raise FerClassicError(
            f"{len(wrong)} picture(s) have names that no manifest can hold; rename them, "
            f"and start the page anew:\n{first_few(wrong)}"
        )
