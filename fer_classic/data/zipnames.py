"""Names of the members of zip archives, in whatever code page they are."""

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
