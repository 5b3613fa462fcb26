"""What an annotation file says: pictures, and the faces marked in each."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fer_classic.data.encodings import decode_text
from fer_classic.data.sources import folder_files
from fer_classic.data.spelling import folded, label_expression
from fer_classic.errors import FerClassicError

_DECLARED = re.compile(rb"<\?xml[^>]{0,80}?encoding=[\"']([A-Za-z0-9._-]{1,20})[\"']")
#: Words that mean a face, or a head, in the name of an object.
FACES = frozenset(
    ("face", "faces", "head", "heads", "gesicht", "visage", "rostro", "cara", "rosto")
    + ("лицо", "лица", "人脸", "人臉", "脸", "臉", "顔", "人头", "头部")
)
#: Names that programs give where nobody named an object.
_UNNAMED = frozenset(
    ("", "object", "objects", "obj", "target", "roi", "box", "bbox", "default", "unknown")
)
#: No number of an annotation is larger, of either sign.
LARGEST = 1e9


@dataclass(frozen=True)
class Mark:
    """One marked face.

    Attributes
    ----------
    x, y, width, height : float
        Box in pixels of the image, top left corner and size.
    line : int
        Where the file says so, counted from 1.
    ignored : bool
        Whether it counts neither as a face nor, if found, as a false alarm.
    ellipse : tuple of 5 float or None
        Half axes, angle of the first against the horizontal in radians, centre x and y.
    points : ndarray of float32, shape (n, 2), or None
        Landmarks in pixels.
    """

    x: float
    y: float
    width: float
    height: float
    line: int
    ignored: bool = False
    ellipse: tuple | None = None
    points: np.ndarray | None = field(default=None, compare=False)

    @property
    def corners(self):
        """x1, y1, x2 and y2 in pixels, tuple of float."""
        return (self.x, self.y, self.x + self.width, self.y + self.height)


@dataclass(frozen=True)
class Picture:
    """One annotated image.

    Attributes
    ----------
    name : str
        As the file says it.
    line : int
    marks : tuple of Mark
    path : pathlib.Path or None
        Where the image lies.
    size : tuple of 2 int or None
        Width and height in pixels.
    """

    name: str
    line: int
    marks: tuple
    path: Path | None = None
    size: tuple | None = None

    @property
    def faces(self):
        """Marks that are not ignored, list of Mark."""
        return [mark for mark in self.marks if not mark.ignored]


def read_text(path):
    """The lines of a text file.

    Raises
    ------
    FerClassicError
        It cannot be read.
    """
    try:
        return decode_text(Path(path).read_bytes()).splitlines()
    except OSError as error:
        raise FerClassicError(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise FerClassicError(f"{path} is not text: expected an annotation file.") from None


def numbers(words, path, line, count):
    """So many numbers from the words of a line, each smaller than LARGEST.

    Parameters
    ----------
    words : list of str
    path : path-like
    line : int
    count : int
        Least number of words; more are converted too.

    Raises
    ------
    FerClassicError
        There are fewer, or one is no number or too large; with file and line.
    """
    try:
        values = [float(word) for word in words]
    except (TypeError, ValueError, OverflowError):
        values = []
    # Beyond the limit, sums of numbers and points of 32 bits would not be finite.
    if len(values) < count or not all(abs(value) < LARGEST for value in values):
        told = " ".join(str(word) for word in words)[:80]
        raise FerClassicError(
            f"{path}, line {line}: expected {count} numbers. Got {told!r} instead."
        )
    return values


def counted_faces(path, least, is_filler=lambda text: False):
    """Images of a text file that gives a name, a number of faces, and a line for each.

    Parameters
    ----------
    path : path-like
    least : int
        Least number of words of a face.
    is_filler : callable
        Tells the line that stands, in some formats, where there is no face.

    Yields
    ------
    name : str
    line : int
        That of the name.
    faces : list of (list of float, int)
        The numbers of each face, and their line.

    Raises
    ------
    FerClassicError
        A number is none, or lines are missing; with file and line.
    """
    lines = read_text(path)
    at = 0
    while at < len(lines):
        name, at = lines[at].strip(), at + 1
        if not name:
            continue
        (count,) = numbers([lines[at].strip() if at < len(lines) else ""], path, at + 1, 1)
        if count < 0 or count % 1:  # going back would never end
            raise FerClassicError(
                f"{path}, line {at + 1}: expected the number of faces of {name}, 0 or "
                f"more. Got {lines[at].strip()!r} instead."
            )
        own = lines[at + 1 : at + 1 + int(count)]
        if len(own) < count:
            raise FerClassicError(
                f"{path}, line {at + 1}: tells of {count:.0f} faces of {name}, and "
                f"{len(own)} follow."
            )
        yield (
            name,
            at,
            [
                (numbers(text.split(), path, i, least), i)
                for i, text in enumerate(own, at + 2)
            ],
        )
        at += 1 + int(count)
        if not count and at < len(lines) and is_filler(lines[at]):
            at += 1


def parse_xml(path):
    """Root of an XML file; every element has its line as the attribute ``line-of-file``.

    Entities of the file's own are refused: they can grow without bound.

    Raises
    ------
    FerClassicError
        It cannot be read, is not XML, or declares entities.
    """
    from xml.etree.ElementTree import TreeBuilder
    from xml.parsers.expat import ExpatError, ParserCreate

    builder, parser = TreeBuilder(), ParserCreate("utf-8")

    def start(tag, attributes):
        here = str(parser.CurrentLineNumber)
        builder.start(tag, attributes | {"line-of-file": here})

    def entity(name, *_):
        raise FerClassicError(
            f"{path}, line {parser.CurrentLineNumber}: declares the entity {name!r}, "
            "which is refused: it could grow without bound. Write the text itself."
        )

    parser.StartElementHandler = start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(_as_utf_8(Path(path).read_bytes()), True)
    except OSError as error:
        raise FerClassicError(f"{path} cannot be read: {error.strerror}.") from None
    except (ExpatError, LookupError, ValueError) as error:
        if isinstance(error, FerClassicError):
            raise
        raise FerClassicError(f"{path} is not XML: {error}.") from None
    return builder.close()


def _as_utf_8(data):
    """XML in the encoding that it declares, or that it is in, as UTF-8."""
    declared = _DECLARED.match(data)
    name = declared.group(1).decode().lower() if declared else "utf-8"
    try:
        return data.decode("utf-8-sig" if name == "utf-8" else name).encode()
    except (LookupError, UnicodeError):
        return decode_text(data).encode()


def is_face(name):
    """Whether the name of a category or object means a face.

    Faces named by their expression do too.

    Parameters
    ----------
    name : str or None
    """
    words = folded(str(name or "")).replace("-", " ").replace("_", " ").split()
    return not FACES.isdisjoint(words) or label_expression(str(name or "")) is not None


def face_names(names, place):
    """Those of the names of objects, or categories, that mean a face.

    The one that there is, where it was given no name.

    Parameters
    ----------
    names : iterable of (str or None)
        Of each kind of object.
    place : str
        File and line, for the message.

    Raises
    ------
    FerClassicError
        There are others only.
    """
    names = [str(name or "").strip() for name in names]
    faces = {name for name in names if is_face(name)}
    alone = len(names) <= 1
    if faces or (alone and all(n.lower() in _UNNAMED or n.isdigit() for n in names)):
        return faces or set(names)
    raise FerClassicError(
        f"{place}: no object or category is named face, but "
        f"{', '.join(sorted(name or '(no name)' for name in names)[:10])}. Name those that "
        "are faces so."
    )


def files_below(folder, ending):
    """The files of one ending below a folder, sorted, without hidden ones.

    Parameters
    ----------
    folder : pathlib.Path
    ending : str
        Such as ".xml".

    Returns
    -------
    list of pathlib.Path
    """
    names, _ = folder_files(folder)
    return [folder / name for name in names if name.lower().endswith(ending)]


def line_of(element):
    """Line of the file on which an element of :func:`parse_xml` begins."""
    return int(element.get("line-of-file"))
