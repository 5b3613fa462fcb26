"""Where images are looked for: folders, archives, tables, globs and single files."""

import glob
import os
import zipfile
from collections import Counter
from pathlib import Path

from fer_classic.data.sources import (
    FileSource,
    MissingSource,
    ZipSource,
    close_archives,
    is_image_name,
    zip_member,
    zip_members,
)
from fer_classic.errors import FerClassicError

#: Endings of lists of names and labels, as RAF-DB and ExpW have them.
LISTS = (".txt", ".lst", ".list")
#: Endings of tables that are read where they are named.
TABLES = (".csv", ".tsv", *LISTS)


def find_images(inputs, convention=None):
    """List the images of several inputs, each once.

    Parameters
    ----------
    inputs : iterable of path-like
        As in :func:`fer_classic.data.dataset.read_dataset`.
    convention : Convention, optional
        The data set whose codes and lists of labels are meant.

    Returns
    -------
    rows : list of dict
        Each with name (distinct), path (where folders tell labels), given (what the
        path is below, as the user wrote it) and source; rows of a table have more, see
        :func:`fer_classic.data.manifest.read_csv`.
    notes : list of str
        What else was there: files that are no images, tables that were left aside.

    Raises
    ------
    FerClassicError
        An input is missing, holds no image, cannot be listed, or is given twice.
    """
    rows, notes = [], []
    for text in map(str, inputs):
        for path in _expand(text):
            found, told = _read_input(path, convention)
            notes += told
            if not found:
                raise FerClassicError(
                    f"No image in {path}: expected files such as .jpg, .png, .bmp, "
                    ".tif, .webp or .gif (in folders below it too)."
                    + "".join(f" {note[0].upper()}{note[1:]}." for note in told)
                )
            rows += found
    close_archives()
    _make_names_distinct(rows)
    return rows, notes


def _expand(text):
    if os.path.lexists(text):
        return [text]
    if glob.has_magic(text):
        if matches := sorted(glob.glob(text, recursive=True)):
            return matches
        raise FerClassicError(f"No file matches the pattern {text!r}.")
    raise FerClassicError(f"There is no file or folder {text!r}.")


def _read_input(path, convention):
    """Rows and notes of one input."""
    suffix = os.path.splitext(path)[1].lower()
    if os.path.isdir(path) or suffix == ".zip":
        from fer_classic.data.holdings import Folder, Zip

        holding = Folder(path) if os.path.isdir(path) else Zip(path)
        return _read_holding(holding, convention)
    if suffix in TABLES:
        from fer_classic.data.manifest import without_repeats

        return without_repeats(_read_table(path, convention))
    if suffix in (".json", ".jsonl", ".xml"):
        raise FerClassicError(
            f"{path} is no image and no table: as data, name its folder, or save it as CSV "
            "with the columns path and label. (`truth` of compare and score reads JSON.)"
        )
    name = Path(path).name
    source = FileSource(os.path.abspath(path))
    given = os.path.dirname(path) or "."
    return [{"name": written(name), "path": name, "source": source, "given": given}], []


def written(name):
    """A name that can be written as UTF-8; other bytes show as backslash, x, number.

    Parameters
    ----------
    name : str
    """
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _read_table(path, convention):
    """Rows of a table that was named; its images lie below its folder."""
    from fer_classic.data.manifest import read_csv

    folder = os.path.dirname(os.path.abspath(path))
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise FerClassicError(f"{path} cannot be read: {error.strerror}") from None
    return read_csv(data, path, Beside(folder, convention), convention)


class Beside:
    """Finds the files that a table names, also by other spellings of their names.

    Parameters
    ----------
    folder : str
        Of the table.
    convention : Convention, optional
    """

    def __init__(self, folder, convention=None):
        self._folder, self._convention = folder, convention
        self._holding = self._find = None

    def __call__(self, name):
        """The source of a name, that of a file which is not there included."""
        path = os.path.join(self._folder, name)
        if os.path.lexists(path) or "\0" in path:
            return FileSource(path)
        if ".zip/" in path.lower() and (member := _member(path)) is not None:
            return member
        if self._find is None:
            self._look()
        from fer_classic.data.tablesinside import variants

        for own in (name, *variants(name, self._convention)):
            row = self._find.row(own)
            if row >= 0 and _agree(own, self._find_names[row]):
                return self._holding.source(self._find_names[row])
        return FileSource(path)

    def _look(self):
        """List the images below the folder once a name is not simply there."""
        from fer_classic.data.holdings import Folder
        from fer_classic.data.names import NameFinder, NumberedNames

        place = self._folder
        beside = os.path.dirname(place)
        kept = [os.path.join(beside, name) for name in ("Image", "image")]
        if self._convention is not None and any(map(os.path.isdir, kept)):
            # RAF-DB: EmoLabel/list_patition_label.txt, Image/aligned/; ExpW: label/, image/
            place = beside
        self._holding = Folder(place, strict=False)
        self._find_names = [own for own in self._holding.names if is_image_name(own)]
        self._find = NumberedNames(NameFinder(self._find_names))


def _agree(asked, found):
    """Whether a file may be meant by a path: a folder that is named must be its own.

    Of a path on another machine, which begins at its root, the file's name is enough.
    """
    from fer_classic.data.names import name_key

    asked = name_key(asked)
    folder = asked.rpartition("/")[0]
    away = asked.startswith("/") or asked[1:3] == ":/" or asked.startswith("../")
    return not folder or away or folder.split("/")[-1] in name_key(found).split("/")[:-1]


def _member(path):
    """A member of an archive, named as ``train.zip/a.jpg``; None if there is no archive."""
    end = path.lower().find(".zip/") + len(".zip")
    archive, name = os.path.abspath(path[:end]), path[end + 1 :]
    if not os.path.isfile(archive):
        return None
    try:
        return ZipSource(archive, name, zip_member(archive, name))
    except KeyError:
        return MissingSource(f"not in the archive {archive}")
    except (OSError, ValueError, zipfile.BadZipFile):
        zip_members(archive)  # says what is wrong with it
        raise


def _read_holding(holding, convention):
    """Rows and notes of a folder or an archive."""
    from fer_classic.data.labelfiles import label_beside, label_files
    from fer_classic.data.manifest import without_repeats
    from fer_classic.data.tablesinside import table_inside
    from fer_classic.data.zipnames import readable_names

    files, beside = label_files(holding.names, convention)
    table, notes = (None, []) if files else table_inside(holding, convention)
    if table is not None:
        rows, notes = without_repeats(_rows_of_table(holding, table, convention))
        named = {row["source"] for row in rows}
        others = [n for n in holding.names if is_image_name(n)]
        if unlisted := sum(holding.source(name) not in named for name in others):
            notes.append(
                f"{holding.given}: {unlisted} image(s) that {table} does not list are left "
                "out"
            )
        return rows, notes
    images = [n for n in holding.names if is_image_name(n) or holding.is_image(n)]
    kept = set(images) | beside
    if notes:  # which name the tables
        tables = (".csv", ".tsv")
        told = {n for n in holding.names if f" {n} (" in notes[0]}
        kept |= told | {n for n in holding.names if n.lower().endswith(tables)}
    if skipped := [own for own in holding.names if own not in kept]:
        notes.append(_skipped(holding.given, skipped))
    rows = [
        {
            "name": written(holding.shown(name, images)),
            "path": name,
            "source": holding.source(name),
            "given": holding.given,
        }
        for name in images
    ]
    for row, readable in zip(rows, readable_names(images), strict=True):
        if readable != row["path"]:
            row["readable"] = readable
    if files:
        for row in rows:
            row |= label_beside(row["path"], files, holding, convention)
    return rows, notes


def _rows_of_table(holding, table, convention):
    from fer_classic.data.manifest import read_csv
    from fer_classic.data.names import NameFinder, NumberedNames
    from fer_classic.data.tablesinside import variants

    present = NumberedNames(NameFinder([n for n in holding.names if is_image_name(n)]))
    names = set(holding.names)
    folder = table.rpartition("/")[0]

    def find(name):
        for member in (f"{folder}/{name}" if folder else name, name):
            if member in names:
                return holding.source(member)
        for own in (name, *variants(name, convention)):
            row = present.row(own)
            if row >= 0 and _agree(own, present.name_of(row)):
                return holding.source(present.name_of(row))
        return holding.missing(name)

    place = f"{holding.given}:{table}" if holding.packed else f"{holding.given}/{table}"
    return read_csv(holding.read(table), place, find, convention)


def _skipped(given, names):
    """How many files of each ending are no images."""
    endings = Counter(os.path.splitext(name)[1].lower() or "no ending" for name in names)
    told = ", ".join(f"{ending} {number}" for ending, number in endings.most_common(8))
    more = ", …" if len(endings) > 8 else ""
    return f"skipped {len(names)} file(s) of {given}: {told}{more}"


def _make_names_distinct(rows):
    """Use the path as it was given where two inputs hold files of one name."""
    count = Counter(row["name"] for row in rows)
    for row in rows:
        if count[row["name"]] > 1:
            row["name"] = written(Path(f"{row['given']}/{row['path']}").as_posix())
    count = Counter(row["name"] for row in rows)
    if twice := [name for name, number in count.items() if number > 1]:
        raise FerClassicError(
            f"{len(twice)} image(s) are given twice: {', '.join(twice[:5])}"
            f"{', …' if len(twice) > 5 else ''}. Give each image once."
        )
