"""Names in whatever code page: of members of zip archives, and of what came out of them."""

import re
import struct
import zlib

from fer_classic.data.encodings import legacy_encoding


def member_names(infos):
    """Names of members with ``/``, also where the archive does not say they are UTF-8.

    Then the names tell together in which code page they are; zipfile has read them as
    cp437, which gives the bytes back.

    Parameters
    ----------
    infos : list of zipfile.ZipInfo

    Returns
    -------
    list of str
    """
    raw = [None if i.flag_bits & 0x800 else _raw_name(i) for i in infos]
    text = b"\n".join(own for own in raw if own is not None and not own.isascii())
    try:
        text.decode("utf-8")  # macOS writes UTF-8 without saying so
        codec = "utf-8"
    except UnicodeDecodeError:
        codec = legacy_encoding(text)
    names = []
    for info, own in zip(infos, raw, strict=True):
        name = _said_name(info) or info.filename
        if own is not None and codec is not None and not _said_name(info):
            name = own.decode(codec, "replace")
        names.append(name.replace("\\", "/"))
    return names


def _raw_name(info):
    """Bytes of a name as the archive has them, up to a zero."""
    return info.orig_filename.partition("\0")[0].encode("cp437", "replace")


def _said_name(info):
    """The name in UTF-8 that an extra field of Info-ZIP gives, if it is of this name."""
    extra = info.extra or b""
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        own, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == 0x7075 and len(own) > 5 and own[0] == 1:
            (checksum,) = struct.unpack("<L", own[1:5])
            if checksum == zlib.crc32(_raw_name(info)):
                return own[5:].decode("utf-8", "replace")
    return ""


#: What zip programs make of letters of other code pages: lines and blocks of DOS.
_DOS = re.compile("[\u2500-\u259f]")


def readable_names(names):
    """File names as they were meant, where unpacking has left bytes or signs of DOS.

    Parameters
    ----------
    names : list of str
        As the system gives them.

    Returns
    -------
    list of str
    """
    raw = [_unread(name) for name in names]
    some = [own for own in raw if own is not None]
    codec = legacy_encoding(b"\n".join(some)) if some else None
    if codec is None:
        return names
    return [
        name if own is None else own.decode(codec, "replace")
        for name, own in zip(names, raw, strict=True)
    ]


def _unread(name):
    """The bytes of a name that were not read in their code page, or None."""
    if name.isascii():
        return None
    try:
        name.encode("utf-8")
        return name.encode("cp437") if _DOS.search(name) else None
    except UnicodeEncodeError:  # bytes that are no UTF-8; or signs that DOS lacks
        try:
            return name.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            return None
