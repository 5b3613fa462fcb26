"""Annotated faces, one format a file; ``read_annotations`` reads any of them."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from fer_classic.data.image import image_size
from fer_classic.data.names import NameFinder
from fer_classic.data.sources import folder_files, is_image_name
from fer_classic.detectbench.annotations import coco, fddb, imglab, plain, pts, voc, wider
from fer_classic.detectbench.annotations.base import Mark, Picture, files_below, read_text
from fer_classic.errors import FerClassicError, UnreadableImage, first_few, one_of

#: By name, in the order in which "auto" tries them.
READERS = {
    "imglab": imglab,
    "voc": voc,
    "coco": coco,
    "pts": pts,
    "fddb": fddb,
    "wider": wider,
    "plain": plain,
}
FORMATS = ("auto", *READERS)

__all__ = ["FORMATS", "Annotations", "Mark", "Picture", "read_annotations"]


@dataclass(frozen=True)
class Annotations:
    """What a file, or folder of files, says.

    Attributes
    ----------
    path : pathlib.Path
    format : str
        Key of READERS.
    pictures : tuple of Picture
        With their paths and sizes.
    """

    path: Path
    format: str
    pictures: tuple

    @property
    def n_faces(self):
        """Marked faces that are not ignored, int."""
        return sum(len(picture.faces) for picture in self.pictures)


def read_annotations(path, format="auto", images=None):
    """Read annotated faces and look for their images.

    Parameters
    ----------
    path : path-like
        A file, or for "voc" and "pts" a folder of files.
    format : str
        Of FORMATS; "auto" looks at the file.
    images : path-like, optional
        Folder that names of images are relative to; by default the file's own.

    Raises
    ------
    FerClassicError
        The file is of no known format; images are absent or damaged; boxes are empty,
        negative or wholly outside their image; there is no face at all. All problems of
        boxes and images are counted, and the first named with file and line.
    """
    one_of(format, FORMATS, "format of annotations")
    path = Path(path)
    if not path.exists():
        raise FerClassicError(f"No annotation file at {path}.")
    name = _recognised(path) if format == "auto" else format
    folder = Path(images) if images is not None else path if path.is_dir() else path.parent
    if not folder.is_dir():
        raise FerClassicError(f"No folder of images at {folder}.")
    problems, found = [], []
    find = ImageFinder(folder)
    for picture in READERS[name].read(path):
        found.append(_located(picture, find, path, problems))
    if problems:
        raise FerClassicError(
            f"{path} has {len(problems)} problem(s); correct or remove these entries:\n"
            + first_few(problems)
        )
    made = Annotations(path, name, tuple(found))
    if not made.n_faces:
        raise FerClassicError(
            f"{path} marks no face in its {len(found)} image(s): there is nothing to learn "
            "or to score."
        )
    return made


def _recognised(path):
    if path.is_dir():
        for name, ending in (("voc", ".xml"), ("pts", ".pts")):
            if files_below(path, ending):
                return name
        raise FerClassicError(f"{path} holds neither .xml (VOC) nor .pts (300-W) files.")
    try:
        lines = read_text(path)
    except FerClassicError:
        lines = path.read_bytes().decode("latin-1").splitlines()  # of an unknown encoding
    lines = [text for text in lines if text.strip()]
    for name, reader in READERS.items():
        if reader.recognised(lines):
            return name
    raise FerClassicError(
        f"{path}, line 1: of no known format of annotations. Known are "
        f"{', '.join(READERS)}; name one with `format`."
    )


class ImageFinder:
    """Finds the images that annotations name, also without ending or in other folders.

    Parameters
    ----------
    folder : pathlib.Path
    """

    def __init__(self, folder):
        self.folder, self._find = folder, None

    def path(self, name):
        """The file that a name means, or None.

        Parameters
        ----------
        name : str
        """
        file = self.folder / name.replace("\\", "/")
        if os.path.isfile(file):  # no error either where the name is too long
            return file
        if self._find is None:
            files, _ = folder_files(self.folder)
            self._find = NameFinder([own for own in files if is_image_name(own)])
        row = self._find.row(name)
        return self.folder / self._find.names[row] if row >= 0 else None


def _located(picture, find, path, problems):
    """The picture with its image's path and size; what is wrong joins the problems."""
    where = f"{path}, line {picture.line}"
    file = find.path(picture.name)
    if file is None:
        problems.append(f"{where}: no image {picture.name} in {find.folder}")
        return picture
    try:
        size = image_size(file.read_bytes())
    except (UnreadableImage, OSError) as error:
        problems.append(f"{where}: {picture.name} cannot be read: {error}")
        return picture
    for mark in picture.marks:
        if not mark.ignored and (wrong := _wrong(mark, size)):
            problems.append(f"{path}, line {mark.line}: {picture.name}: {wrong}")
    return replace(picture, path=file, size=size)


def _wrong(mark, size):
    box = f"the box {mark.x:g}, {mark.y:g}, {mark.width:g} x {mark.height:g}"
    if mark.width <= 0 or mark.height <= 0:
        return f"{box} has no area"
    x1, y1, x2, y2 = mark.corners
    if x1 >= size[0] or y1 >= size[1] or x2 <= 0 or y2 <= 0:
        return f"{box} lies outside the image of {size[0]} x {size[1]}"
    return ""
