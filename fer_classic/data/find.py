"""Where images are looked for: folders, archives, tables, globs and single files."""

import glob
import os
import zipfile
from collections import Counter
from functools import partial
from pathlib import Path, PurePosixPath

from fer_classic.data.manifest import read_csv
from fer_classic.data.sources import (
    FileSource,
    MissingSource,
    ZipSource,
    close_archives,
    folder_files,
    is_image_name,
    zip_member,
    zip_members,
)
from fer_classic.errors import FerClassicError, UnreadableImage


def find_images(inputs):
    """List the images of several inputs, each once.

    Parameters
    ----------
    inputs : iterable of path-like
        As in :func:`fer_classic.data.dataset.read_dataset`.

    Returns
    -------
    list of dict
        Each with name (distinct), path (where folders tell labels), given (what the
        path is below, as the user wrote it) and source; rows of a table have more, see
        :func:`fer_classic.data.manifest.read_csv`.

    Raises
    ------
    FerClassicError
        An input is missing, holds no image, cannot be listed, or is given twice.
    """
    rows = []
    for text in map(str, inputs):
        for path in _expand(text):
            found = _read_input(path)
            if not found:
                raise FerClassicError(
                    f"No image in {path}: expected files such as .jpg, .png, .bmp, "
                    ".tif, .webp or .gif (in folders below it too)."
                )
            rows += found
    close_archives()
    _make_names_distinct(rows)
    return rows


def _expand(text):
    if os.path.lexists(text):
        return [text]
    if glob.has_magic(text):
        if matches := sorted(glob.glob(text, recursive=True)):
            return matches
        raise FerClassicError(f"No file matches the pattern {text!r}.")
    raise FerClassicError(f"There is no file or folder {text!r}.")


def _read_input(path):
    # Workers have working folders of their own.
    here = os.path.abspath(path)
    if os.path.isdir(path):
        files, closed = folder_files(path)
        if closed:
            raise FerClassicError(
                f"A folder cannot be listed, so its images would be missing: {closed[0]}. "
                "Allow reading it or move it elsewhere."
            )
        return [
            {
                "name": _text(f),
                "path": f,
                "source": FileSource(os.path.join(here, f)),
                "given": path,
            }
            for f in files
            if is_image_name(f)
        ]
    suffix = os.path.splitext(path)[1].lower()
    if suffix == ".zip":
        return _read_zip(path)
    if suffix == ".csv":
        folder = os.path.dirname(here)
        return read_csv(_bytes(path), path, partial(_beside, folder))
    name = Path(path).name
    source = FileSource(here)
    given = os.path.dirname(path) or "."
    return [{"name": _text(name), "path": name, "source": source, "given": given}]


def _beside(folder, name):
    """What a table names: a file, or a member of an archive as ``train.zip/a.jpg``."""
    path = os.path.join(folder, name)
    end = path.lower().find(".zip/") + len(".zip")
    archive = os.path.abspath(path[:end])
    if end < len(".zip") or not os.path.isfile(archive):
        return FileSource(path)
    try:
        return ZipSource(archive, path[end + 1 :], zip_member(archive, path[end + 1 :]))
    except KeyError:
        return MissingSource(f"not in the archive {archive}")
    except (OSError, ValueError, zipfile.BadZipFile):
        zip_members(archive)  # says what is wrong with it
        raise


def _text(name):
    """A name that can be written as UTF-8; other bytes show as backslash, x, number."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _bytes(path):
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise FerClassicError(f"{path} cannot be read: {error.strerror}") from None


def _read_zip(path):
    members, here = zip_members(path), os.path.abspath(path)
    tables = [m for m in members if m.lower().endswith(".csv")]
    if len(tables) == 1:
        folder = PurePosixPath(tables[0]).parent
        present = set(members)

        def find(name):
            for member in (str(folder / name), name):
                if member in present:
                    return ZipSource(here, member, zip_member(path, member))
            return MissingSource(f"not in the archive {path}")

        place = f"{path}:{tables[0]}"
        try:
            table = ZipSource(path, tables[0]).read()
        except UnreadableImage as error:
            raise FerClassicError(f"{place} {error}.") from None
        return read_csv(table, place, find)
    images = [m for m in members if is_image_name(m)]
    # "train/a.jpg" in train.zip is "a.jpg", as it is when the folder itself is read.
    tops = {m.split("/", 1)[0] for m in images if "/" in m}
    wrapped = len(tops) == 1 and all("/" in m for m in images)
    return [
        {
            "name": m.split("/", 1)[1] if wrapped else m,
            "path": m,
            "source": ZipSource(here, m, zip_member(path, m)),
            "given": path,
        }
        for m in images
    ]


def _make_names_distinct(rows):
    """Use the path as it was given where two inputs hold files of one name."""
    count = Counter(row["name"] for row in rows)
    for row in rows:
        if count[row["name"]] > 1:
            row["name"] = _text(Path(f"{row['given']}/{row['path']}").as_posix())
    count = Counter(row["name"] for row in rows)
    if twice := [name for name, number in count.items() if number > 1]:
        raise FerClassicError(
            f"{len(twice)} image(s) are given twice: {', '.join(twice[:5])}"
            f"{', …' if len(twice) > 5 else ''}. Give each image once."
        )
