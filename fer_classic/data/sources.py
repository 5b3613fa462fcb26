"""Where the bytes of an image lie: a file, a member of a zip, or memory."""

import hashlib
import os
import struct
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path

from fer_classic.data.image import EXTENSIONS
from fer_classic.errors import FerClassicError, UnreadableImage

#: No single image file is larger; a zip member that claims to be is a trap.
MAX_BYTES = 512 * 1024 * 1024
#: Photographs hardly shrink. What unpacks to more times its size is a bomb, if it is large:
#: more than LARGE for a member, more than LARGE_ARCHIVE for all of them.
MAX_RATIO = 200
LARGE, LARGE_ARCHIVE = 64 << 20, 1 << 30
#: Bytes of an archive's directory; zipfile takes up to 15 times as many to read it.
MAX_DIRECTORY = 128 << 20

#: What is to be known of a member to unpack it, as zipfile.ZipInfo calls it.
_PLACE = (
    *("header_offset", "compress_size", "file_size"),
    *("CRC", "compress_type", "flag_bits"),
)
_PACKED = struct.Struct("<QQQIHH")


@dataclass(frozen=True, slots=True)
class FileSource:
    """An image file."""

    path: str

    def read(self):
        """Return the file's bytes; raise UnreadableImage with the reason."""
        if "\0" in self.path:  # a table may name such a file; Pythons word it differently
            raise UnreadableImage("cannot be read: embedded null byte")
        try:
            if not os.path.isfile(self.path):
                os.stat(self.path)  # says "no such file" or "too many links" itself
                raise UnreadableImage("not a regular file")
            if os.path.getsize(self.path) > MAX_BYTES:
                raise UnreadableImage(f"larger than {MAX_BYTES >> 20} MiB")
            return Path(self.path).read_bytes()
        except UnreadableImage:
            raise
        except (OSError, ValueError) as error:  # ValueError: a name that cannot be encoded
            reason = getattr(error, "strerror", None) or error
            raise UnreadableImage(f"cannot be read: {reason}") from None


@dataclass(frozen=True, slots=True)
class ZipSource:
    """A member of a zip archive."""

    archive: str
    member: str
    #: Of zip_member; with it, no worker needs the whole directory of the archive in memory.
    place: bytes | None = field(default=None, repr=False, compare=False)

    def read(self, size=None):
        """Return the bytes, or the first of them; raise UnreadableImage with the reason."""
        try:
            info = zipfile.ZipInfo(self.member)
            place = self.place or zip_member(self.archive, self.member)
            for key, value in zip(_PLACE, _PACKED.unpack(place), strict=True):
                setattr(info, key, value)
            if reason := _too_large(info.file_size, info.compress_size):
                raise UnreadableImage(reason)
            with open(self.archive, "rb") as file:
                return _unpack(file, info, size)
        except UnreadableImage:
            raise
        except Exception as error:  # zipfile and zlib raise many types on damage
            text = " ".join(str(error).split()) or type(error).__name__
            raise UnreadableImage(f"cannot be unpacked: {text}") from None


@dataclass(frozen=True, slots=True)
class BytesSource:
    """An image that lies in memory, as the rows of FER2013's CSV do."""

    data: bytes

    def read(self):
        """Return the bytes."""
        return self.data


@dataclass(frozen=True, slots=True)
class MissingSource:
    """An image that a manifest names but that is not there."""

    reason: str

    def read(self):
        """Raise UnreadableImage with the reason."""
        raise UnreadableImage(self.reason)


@dataclass(frozen=True, slots=True)
class BoxedSource:
    """An image with its face's place (x, y, width, height), which is not looked for."""

    source: object
    box: tuple

    def read(self):
        """Return the image's bytes; raise UnreadableImage with the reason."""
        return self.source.read()


def read_same(source, digest):
    """Read an image once more, if it is what it was.

    Parameters
    ----------
    source : FileSource, ZipSource, BytesSource or MissingSource
    digest : str
        SHA-256 of its bytes, in hexadecimal.

    Raises
    ------
    UnreadableImage
        It cannot be read, or has changed.
    """
    data = source.read()
    if hashlib.sha256(data).hexdigest() != digest:
        raise UnreadableImage("it has changed since its face was found")
    return data


def _unpack(file, info, size):
    """Content of a member, found without the directory of its archive."""
    if info.flag_bits & 1:
        raise RuntimeError(f"{info.filename!r} is encrypted, password required")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # Of bzip2, one byte can become a million, and zipfile sets no bound.
        raise NotImplementedError("it is not packed by deflate, as zip archives mostly are")
    file.seek(info.header_offset)
    header = file.read(30)
    if header[:4] != b"PK\3\4":
        raise zipfile.BadZipFile("the archive has changed since it was listed")
    file.seek(sum(struct.unpack("<HH", header[26:])), os.SEEK_CUR)  # name and extra field
    # In pieces: at once, all would be unpacked that the header lies about.
    with zipfile.ZipExtFile(file, "r", info) as member:
        if size is not None:
            return member.read(size)
        return b"".join(iter(partial(member.read1, 1 << 16), b""))


def _too_large(size, packed):
    """Why a member is not unpacked, or nothing."""
    if size > MAX_BYTES:
        return f"unpacks to more than {MAX_BYTES >> 20} MiB"
    if size > LARGE and size > MAX_RATIO * packed:
        return f"unpacks to more than {MAX_RATIO} times its size, as no photograph does"
    return ""


@lru_cache(maxsize=8)
def _directory(path, _modified):
    """Where the files of an archive lie, by name."""
    from fer_classic.data.zipnames import member_names

    # Parsing the directory of a large archive takes longer than reading a member.
    places = bytearray()
    with open(path, "rb") as file:
        _check_directory(path, file)
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
    infos = [info for info in infos if not info.is_dir()]
    for info in infos:
        info.header_offset %= 1 << 64  # below 0 in damaged archives
        places += _PACKED.pack(*(getattr(info, key) for key in _PLACE))
    names = member_names(infos)
    # What zipfile made, 700 bytes a member, must go before what stays is made: between
    # that it would leave holes that no other process can use.
    twice = [name for name, number in Counter(names).items() if number > 1]
    if twice:
        raise FerClassicError(
            f"{path} holds {len(twice)} name(s) more than once, such as {twice[0]!r}: "
            "which file is meant is unclear. Unpack it, and name the folder."
        )
    text, size = "\0".join(names), _PACKED.size
    archive = infos = info = names = None
    pieces = (bytes(places[i : i + size]) for i in range(0, len(places), size))
    return dict(zip(text.split("\0"), pieces, strict=True)) if places else {}


def _check_directory(path, file):
    end = zipfile._EndRecData(file)  # what ZipFile itself reads first
    if end and (size := end[zipfile._ECD_SIZE]) > MAX_DIRECTORY:
        raise FerClassicError(
            f"{path} lists its files in {size} bytes; at most "
            f"{MAX_DIRECTORY} are read, to spare memory. Unpack it, and name the folder."
        )


def zip_member(path, name):
    """Where a member of a zip archive lies.

    Returns
    -------
    bytes
        The attributes of zipfile.ZipInfo that _PLACE names: as numbers they would take
        three times the memory.

    Raises
    ------
    KeyError
        The archive has no such member.
    """
    return _directory(str(path), os.stat(path).st_mtime_ns)[name]


def close_archives():
    """Forget the directories of archives."""
    _directory.cache_clear()


def zip_members(path):
    """Names of the files in a zip archive, sorted; hidden ones left out.

    Raises
    ------
    FerClassicError
        The file is not a zip archive, holds a name twice, or is a bomb.
    """
    try:
        places = _directory(str(path), os.stat(path).st_mtime_ns)
        packed = os.path.getsize(path)
    except FerClassicError:
        raise
    except Exception as error:  # zipfile raises many types on damage
        reason = error.strerror if isinstance(error, OSError) else "it is damaged or no zip"
        raise FerClassicError(
            f"{path} cannot be read as a zip archive: {reason}."
        ) from None
    sizes = (_PACKED.unpack(place)[1:3] for place in places.values())
    total = sum(size for own, size in sizes if not _too_large(size, own))
    if total > LARGE_ARCHIVE and total > MAX_RATIO * packed:
        raise FerClassicError(
            f"{path} unpacks from {packed} bytes to {total}, more than {MAX_RATIO} times "
            "its size, as no photographs do: it is refused. If it is meant, unpack it, "
            "and name the folder."
        )
    return sorted(name for name in places if not _hidden(name))


def folder_files(folder):
    """Paths of the files below a folder, relative and with ``/``, sorted.

    Links to folders are followed, each folder is entered once.

    Returns
    -------
    files : list of str
    closed : list of str
        Folders that could not be listed, with the reason.
    """
    files, closed, seen = [], [], set()

    def refused(error):
        closed.append(f"{error.filename}: {error.strerror}")

    for root, folders, names in os.walk(folder, onerror=refused, followlinks=True):
        real = os.path.realpath(root)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders.sort()
        for name in names:
            relative = Path(root, name).relative_to(folder).as_posix()
            if not _hidden(relative):
                files.append(relative)
    return sorted(files), closed


def is_image_name(name):
    """Whether a file name ends as image files do."""
    return os.path.splitext(name)[1].lower() in EXTENSIONS


def _hidden(name):
    parts = name.split("/")
    return "__MACOSX" in parts or any(p.startswith(".") and p != ".." for p in parts)
