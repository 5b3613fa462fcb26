"""Arrays and Pillow's images as 8-bit RGB or gray, or why they are no images."""

import numpy as np

from fer_classic.data.image import MAX_PIXELS
from fer_classic.data.lenient import eight_bits, to_8_bit, upright
from fer_classic.errors import UnreadableImage, UsageError, one_of

#: What an argument may be, for messages.
KINDS = (
    "a path, bytes, an open binary file, a NumPy array (height x width, or with 1 to 4 "
    "channels), a Pillow image, or a list or generator of these"
)
COLORS = ("rgb", "bgr")


def pixels(given, *, color="rgb", white=None, max_pixels=MAX_PIXELS):
    """An array or Pillow image as 8-bit RGB or gray.

    Parameters
    ----------
    given : ndarray or PIL.Image.Image
    color : {"rgb", "bgr"}
        Order of an array's channels.
    white : {1, 255}, optional
        What white is in an array of floats; by default 1 if no value is larger, else 255.
    max_pixels : int
        Larger images are refused.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3) or (H, W)

    Raises
    ------
    UnreadableImage
        It is no image, for the reason that the message says.
    """
    one_of(color, COLORS, "color")
    if is_pillow(given):
        return _from_pillow(given, max_pixels)
    array = _as_array(given)
    height, width = array.shape[:2]
    if height * width > max_pixels:
        raise UnreadableImage(
            f"{width} x {height} pixels are more than the limit of {max_pixels}"
        )
    array = _eight_bit(array, white)
    return np.ascontiguousarray(_channels(array, color))


def is_pillow(given):
    """Whether an object is an image of Pillow's."""
    return hasattr(given, "getbands") and hasattr(given, "convert")


def _from_pillow(image, max_pixels):

    if not image.width or not image.height:
        raise UnreadableImage(f"the image has {image.width} x {image.height} pixels")
    if image.width * image.height > max_pixels:
        raise UnreadableImage(
            f"{image.width} x {image.height} pixels are more than the limit of {max_pixels}"
        )
    try:
        return np.asarray(to_8_bit(upright(image)))
    except Exception as error:  # a closed or truncated file below it, mostly
        raise UnreadableImage(f"the Pillow image cannot be read: {error}") from None


def _as_array(given):
    if not isinstance(given, np.ndarray):
        if not hasattr(given, "__array__"):
            raise UnreadableImage(f"{type(given).__name__} is no image: give {KINDS}")
        given = np.asarray(given)  # tensors of other libraries, data frames of pixels
    shape = " x ".join(map(str, given.shape))
    if given.dtype.kind not in "uif":
        raise UnreadableImage(
            f"an array of {given.dtype} is no image: give numbers from 0 to 255 (uint8), "
            "or floats from 0 to 1"
        )
    if given.ndim not in (2, 3):
        raise UnreadableImage(
            f"an array of shape {shape or '()'} is no image: give height x width, or "
            "height x width x channels"
        )
    if 0 in given.shape:
        raise UnreadableImage(f"the array is empty: its shape is {shape}")
    if given.ndim == 3 and given.shape[2] not in (1, 2, 3, 4):
        hint = "give height x width x 1, 2, 3 or 4"
        if given.shape[0] in (1, 3, 4):
            hint = "channels come last here: array.transpose(1, 2, 0)"
        raise UnreadableImage(f"an array of shape {shape} has no channels of color: {hint}")
    return given


def _eight_bit(array, white):
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind == "f":
        return _from_floats(array, white)
    low, high = int(array.min()), int(array.max())
    if low >= 0 and high <= 255:
        return array.astype(np.uint8)
    if array.dtype == np.uint16:
        return eight_bits(array)  # as 16-bit files are read
    raise UnreadableImage(
        f"an array of {array.dtype} has values from {low} to {high}: give 0 to 255, or "
        "uint16 up to 65535"
    )


def _from_floats(array, white):
    if not np.isfinite(array).all():
        number = int((~np.isfinite(array)).sum())
        raise UnreadableImage(
            f"{number} of the array's {array.size} values are NaN or infinite"
        )
    low, high = float(array.min()), float(array.max())
    if white is None:
        if low < 0 or high > 255:
            raise UnreadableImage(
                f"floats from {low:.4g} to {high:.4g} are neither 0 to 1 nor 0 to 255: "
                "undo the normalisation, or say which is meant with white=1 or white=255 "
                "(what lies beyond is cut off)"
            )
        if 1 < high <= 2:
            raise UnreadableImage(
                f"floats up to {high:.4g} may be 0 to 1 with something beyond, or a very "
                "dark 0 to 255: say which is meant with white=1 or white=255"
            )
        white = 1 if high <= 1 else 255
    elif white not in (1, 255):
        raise UsageError(f"white must be 1 or 255. Got {white!r} instead.")
    scaled = np.clip(array.astype(np.float64) * (255.0 / white), 0, 255)
    return np.rint(scaled).astype(np.uint8)


def _channels(array, color):
    """Gray or RGB; what is transparent lies over white."""
    if array.ndim == 2:
        return array
    if array.shape[2] in (1, 3):
        array = array[..., 0] if array.shape[2] == 1 else array
        return array[..., ::-1] if color == "bgr" and array.ndim == 3 else array
    alpha = array[..., -1:].astype(np.float64) / 255
    seen = array[..., :-1] * alpha + 255 * (1 - alpha)
    seen = np.rint(seen).astype(np.uint8)
    return _channels(seen, color)
