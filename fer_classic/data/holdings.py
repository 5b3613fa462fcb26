"""What a folder and a zip archive hold, alike for both."""

import os

from fer_classic.data.filekinds import begins_as_image
from fer_classic.data.sources import (
    FileSource,
    MissingSource,
    ZipSource,
    folder_files,
    zip_member,
    zip_members,
)
from fer_classic.errors import FerClassicError, UnreadableImage

#: Endings of files that hold no picture, whatever they begin with; raw files of cameras
#: begin as TIFF and need programs of their own.
NO_PICTURES = frozenset(
    ending
    for line in (
        ".txt .csv .tsv .json .jsonl .xml .md .rst .html .htm .css .js .py .ipynb .m .sh",
        ".mp4 .avi .mov .mkv .webm .wmv .mp3 .wav .pdf .zip .rar .7z .gz .tar .npy .npz",
        ".h5 .hdf5 .pkl .mat .pt .pth .onnx .svm .dat .bin .db .ini .cfg .toml .yaml .yml",
        ".log .lst .list .pts .doc .docx .xls .xlsx .ppt .pptx .psd .svg .lnk .exe .dll",
        ".cr2 .cr3 .nef .dng .arw .raf .rw2 .orf",
    )
    for ending in line.split()
)
#: Bytes that tell whether a file without a known ending is an image.
_HEAD = 32


class Folder:
    """The files below a folder.

    Parameters
    ----------
    path : str
    strict : bool
        Whether a folder that cannot be listed is an error.
    """

    packed = False

    def __init__(self, path, strict=True):
        self.given = path
        # Workers have working folders of their own.
        self._here = os.path.abspath(path)
        self.names, closed = folder_files(path)
        if closed and strict:
            raise FerClassicError(
                f"A folder cannot be listed, so its images would be missing: {closed[0]}. "
                "Allow reading it or move it elsewhere."
            )

    def source(self, name):
        """Where the bytes of a file lie.

        Parameters
        ----------
        name : str
        """
        return FileSource(os.path.join(self._here, name))

    def missing(self, name):
        """The source of a file that is not there.

        Parameters
        ----------
        name : str
        """
        return self.source(name)

    def read(self, name):
        """Bytes of a file; an error where it cannot be read.

        Parameters
        ----------
        name : str
        """
        return _read(self.source(name), f"{self.given}/{name}")

    def is_image(self, name):
        """Whether a file without a known ending begins as images do.

        Parameters
        ----------
        name : str
        """

        def head():
            with open(os.path.join(self._here, name), "rb") as file:
                return file.read(_HEAD)

        return _is_image(name, head)

    def shown(self, name, images):
        """The name of an image's row.

        Parameters
        ----------
        name : str
        images : list of str
            All of them.
        """
        return name


class Zip:
    """The files in a zip archive.

    Parameters
    ----------
    path : str
    """

    packed = True

    def __init__(self, path):
        self.given = path
        self._here = os.path.abspath(path)
        self.names = zip_members(path)
        self._wrapped = None

    def source(self, name):
        """Where the bytes of a member lie.

        Parameters
        ----------
        name : str
        """
        return ZipSource(self._here, name, zip_member(self.given, name))

    def missing(self, name):
        """The source of a member that is not there.

        Parameters
        ----------
        name : str
        """
        return MissingSource(f"not in the archive {self.given}")

    def read(self, name):
        """Bytes of a member; an error where it cannot be read.

        Parameters
        ----------
        name : str
        """
        return _read(self.source(name), f"{self.given}:{name}")

    def is_image(self, name):
        """Whether a member without a known ending begins as images do.

        Parameters
        ----------
        name : str
        """
        return _is_image(name, lambda: self.source(name).read(_HEAD))

    def shown(self, name, images):
        """The name of an image's row: "train/a.jpg" in train.zip is "a.jpg".

        As it is when the folder itself is read.

        Parameters
        ----------
        name : str
        images : list of str
            All of them.
        """
        if self._wrapped is None:
            tops = {own.split("/", 1)[0] for own in images if "/" in own}
            self._wrapped = len(tops) == 1 and all("/" in own for own in images)
        return name.split("/", 1)[1] if self._wrapped else name


def _is_image(name, head):
    """Whether the first bytes, which a function reads, are an image's."""
    if os.path.splitext(name)[1].lower() in NO_PICTURES:
        return False
    try:
        return begins_as_image(head())
    except (OSError, UnreadableImage):
        return False


def _read(source, place):
    try:
        return source.read()
    except UnreadableImage as error:
        raise FerClassicError(f"{place} {error}.") from None
