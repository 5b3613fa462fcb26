"""What a file is by its first bytes."""

#: How pictures begin, besides those that :func:`begins_as_image` looks at more closely.
_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"II*\0", b"MM\0*")
#: How other files begin that people give.
_KINDS = {
    b"%PDF": "a PDF document",
    b"PK\3\4": "a zip archive or office document",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x1f\x8b": "a gzip archive",
    b"\0\0\0\x0cjP": "a JPEG 2000 picture",
    b"\xff\x4f\xff\x51": "a JPEG 2000 picture",
    b"\0\0\0\x0cJXL": "a JPEG XL picture",
    b"\x1aE\xdf\xa3": "a film (Matroska or WebM)",
    b"8BPS": "a Photoshop document",
    b"<svg": "a drawing (SVG)",
    b"<!DOCTYPE html": "a web page",
    b"<html": "a web page",
}
#: Brands of files of the ISO base media format.
_BRANDS = {
    b"avif": "an AVIF picture",
    b"avis": "an AVIF picture",
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"mif1"), "a HEIC picture"),
    **dict.fromkeys((b"hevc", b"msf1"), "a HEIC picture"),
}


def begins_as_image(data):
    """Whether a file begins as images of a known format do.

    Parameters
    ----------
    data : bytes
        At least its first 16 bytes, if it has as many.
    """
    bitmap = data[:2] == b"BM" and data[6:10] == bytes(4)
    moving = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    portable = data[:1] == b"P" and data[1:2] in b"23456" and data[2:3].isspace()
    coded = kind_of(data) in ("a HEIC picture", "an AVIF picture")
    return bitmap or moving or portable or coded or data.startswith(_BEGINNINGS)


def kind_of(data):
    """What a file is by its first bytes, as messages call it; empty if that is not known.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    str
    """
    if data[4:8] == b"ftyp":
        brands = [data[8:12], *(data[i : i + 4] for i in range(16, min(64, len(data)), 4))]
        size = int.from_bytes(data[:4], "big")
        brands = brands[: max(1, (size - 16) // 4 + 1)]
        if any(own in (b"avif", b"avis") for own in brands):
            return "an AVIF picture"
        return _BRANDS.get(brands[0], "a film (MP4 or QuickTime)")
    if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
        return "a film (AVI)"
    return next((told for own, told in _KINDS.items() if data.startswith(own)), "")
