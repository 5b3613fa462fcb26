"""Decoding: bytes of any common image format in, 8-bit RGB or gray out."""

import io
import threading
import warnings

import numpy as np
from PIL import Image

from fer_classic.data.cutoff import mended
from fer_classic.data.filekinds import begins_as_image, kind_of
from fer_classic.data.lenient import (
    TURNED,
    low_bytes,
    orientation,
    size_turned,
    to_8_bit,
    upright,
)
from fer_classic.errors import UnreadableImage

#: Formats tried by :func:`decode`. The short list keeps Pillow's rarer parsers
#: (EPS starts Ghostscript) away from files of the open web. MPO, as phones write it,
#: is opened by the parser of JPEG; naming it here would break Pillow's search.
FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP", "GIF", "PPM")

#: File name endings that count as images when a folder or zip is read.
EXTENSIONS = frozenset(
    f".{name}"
    for name in (
        *("jpg", "jpeg", "jpe", "jfif", "png", "bmp", "tif", "tiff"),
        *("webp", "gif", "pgm", "ppm", "pnm", "avif", "heic", "heif", "hif"),
    )
)

MAX_PIXELS = 100_000_000

_OPENING = threading.Lock()


def decode(data, *, max_pixels=MAX_PIXELS):
    """Decode one image to 8 bits, upright.

    The first frame is taken of an animation, EXIF orientation is applied,
    transparency is laid over white, 16-bit samples keep the 8 highest bits that are in
    use, and palette and CMYK images become RGB. What is damaged besides the pixels (the
    end of a file, its texts, other tags) does not matter.

    Parameters
    ----------
    data : bytes
        Content of a JPEG, PNG, BMP, TIFF, WebP, GIF, PNM or AVIF file, or with the extra
        "heif" of a HEIC file.
    max_pixels : int
        Images with more pixels are refused before they are unpacked.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3) in RGB order, or (H, W) for gray images

    Raises
    ------
    UnreadableImage
        The data is empty, of another format, damaged, truncated or too large.
    """
    return _explained(data, None, max_pixels)[0]


def decode_reduced(data, least, *, max_pixels=MAX_PIXELS):
    """Decode one image, a JPEG in gray and a large one at a part of its size.

    At a half, quarter or eighth its decoder leaves out what it would have to average: a
    photograph of 12 megapixels takes a tenth of the time. Without the colours, which need
    not be turned into red, green and blue and then into gray, it takes half of the time.

    Parameters
    ----------
    data : bytes
        As of :func:`decode`.
    least : int
        Pixels that the shorter side must keep.
    max_pixels : int
        Images whose whole has more pixels are refused.

    Returns
    -------
    image : ndarray of uint8, shape (H, W, 3) or (H, W)
        As :func:`decode` gives it where the format is another one.
    size : tuple of 2 int
        Height and width of the whole image.
    factor : {1, 2, 4, 8}
        Pixels of the whole image for each of these along a side, rounded up at the end.

    Raises
    ------
    UnreadableImage
    """
    return _explained(data, least, max_pixels)


def _explained(data, least, max_pixels):
    """Image, size and factor, or why it cannot be read."""
    if not data:
        raise UnreadableImage("empty file (0 bytes)")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is wrong is in the row, or harmless
            try:
                return _decode(data, least, max_pixels)
            except UnreadableImage:
                raise
            except Exception:
                if (whole := mended(data, max_pixels)) is None:
                    raise
                return _decode(whole, least, max_pixels)
    except UnreadableImage:
        raise
    except MemoryError:
        raise UnreadableImage("not enough memory to unpack the image") from None
    except Exception as error:  # Pillow's parsers raise many types on damaged files
        raise UnreadableImage(_reason(data, error)) from None


def image_size(data):
    """Width and height of an image once it is upright, from its header.

    Raises
    ------
    UnreadableImage
        It is of no known format or its header is damaged.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # as in decode
            with _open_any(data) as image:
                width, height = image.size
                turned = not size_turned(image) and orientation(image) in TURNED
    except Exception as error:  # as in decode
        raise UnreadableImage(_reason(data, error)) from None
    return (height, width) if turned else (width, height)


def _decode(data, least, max_pixels):
    with _open(data) as image:
        width, height = image.size
        if width * height > max_pixels:
            raise UnreadableImage(
                f"{width} x {height} pixels are more than the limit of {max_pixels} "
                "(raise it with `max_pixels`)"
            )
        factor = 1 if least is None else _reduce(image, least)
        image.load()
        turned = orientation(image) in TURNED
        image = upright(low_bytes(image, data))
        size = (width, height) if turned else (height, width)
        return np.asarray(to_8_bit(image)), size, factor


def _reduce(image, least):
    """Set a JPEG to be decoded in gray and in part; returns the factor."""
    if image.format not in ("JPEG", "MPO"):
        return 1
    factor = 1
    while factor < 8 and min(image.size) >= 2 * factor * least:
        factor *= 2
    whole = image.size
    image.draft("L", (whole[0] // factor, whole[1] // factor))
    return round(whole[0] / image.size[0])


def _open_any(data):
    """Read the header only, also of a file whose texts are too long for Pillow."""
    try:
        return _open(data)
    except Exception:
        if (whole := mended(data, MAX_PIXELS)) is None:
            raise
        return _open(whole)


def _open(data):
    """Read the header only; Pillow's own limit on pixels would forestall ours."""
    formats = _formats(data)
    with _OPENING:
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            return Image.open(io.BytesIO(data), formats=formats)
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _formats(data):
    """The formats to try, once a package that one takes is loaded."""
    kind = kind_of(data)
    try:
        if kind == "a HEIC picture":
            from pillow_heif import register_heif_opener

            register_heif_opener(thumbnails=False)
            return ("HEIF",)
        if kind == "an AVIF picture":
            from PIL import AvifImagePlugin

            return (AvifImagePlugin.AvifImageFile.format,)
    except ImportError:
        needs = "pip install 'fer_classic[heif]'" if "HEIC" in kind else "Pillow 11.3"
        raise UnreadableImage(
            f"{kind}: reading it takes {needs}; or save it as JPEG"
        ) from None
    return FORMATS


def _reason(data, error):
    if isinstance(error, UnreadableImage):
        return str(error)
    kind = kind_of(data)
    if isinstance(error, OSError) and "cannot identify" in str(error):
        if begins_as_image(data):
            return f"damaged or truncated image: {kind or 'one'} whose header is no good"
        told = "not an image of a known format (JPEG, PNG, BMP, TIFF, WebP, GIF, AVIF)"
        return f"{kind}, {told}" if kind else told
    text = " ".join(str(error).split())
    return f"damaged or truncated image: {text or type(error).__name__}"


def to_gray(image):
    """Luma of an image (ITU-R 601 weights).

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3) or (H, W)

    Returns
    -------
    ndarray of uint8, shape (H, W)
    """
    if image.ndim == 2:
        return image
    return np.asarray(Image.fromarray(image).convert("L"))


def to_rgb(image):
    """Three equal channels for a gray image, an RGB image as it is.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3) or (H, W)

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
    """
    if image.ndim == 3:
        return image
    return np.repeat(image[:, :, None], 3, axis=2)


def resize(image, width, height):
    """Resize with antialiasing (bilinear).

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3) or (H, W)
    width, height : int
        New size in pixels, at least 1.

    Returns
    -------
    ndarray of uint8, shape (height, width[, 3])
    """
    if image.shape[:2] == (height, width):
        return image
    resized = Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized)


def shrink(image, width, height):
    """Reduce the size fast: whole pixels are averaged before :func:`resize`.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3) or (H, W)
    width, height : int
        New size in pixels.

    Returns
    -------
    ndarray of uint8, shape (height, width[, 3])
    """
    size, smooth = (width, height), Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(image).resize(size, smooth, reducing_gap=2.0))
