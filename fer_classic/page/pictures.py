"""Pictures for the page: photographs and faces as JPEG, thumbnails made once."""

import io
import os
import threading
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import numpy as np
from PIL import Image

from fer_classic.data.image import decode, image_size, to_rgb
from fer_classic.data.sources import read_same
from fer_classic.errors import UnreadableImage
from fer_classic.files.staging import partial_file

#: Side of a thumbnail and longest side of a photograph, in pixels.
THUMBNAIL, PHOTOGRAPH = 128, 1600
#: What a thumbnail shows around the box, over the box's side.
AROUND = 0.3
#: Thumbnails held in memory, and photographs decoded at a time.
HELD, AT_ONCE = 4096, 2
#: Changes when thumbnails do.
RECIPE = "2"

_decoding = threading.Semaphore(AT_ONCE)


def jpeg(pixels, longest=PHOTOGRAPH):
    """A picture as a JPEG file.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3) or (H, W)
    longest : int
        Longest side of the result, in pixels.

    Returns
    -------
    bytes
    """
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    picture.thumbnail((longest, longest))
    out = io.BytesIO()
    picture.save(out, format="JPEG", quality=85)
    return out.getvalue()


def png(pixels):
    """A small picture as a PNG file.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W), (H, W, 3) or (H, W, 4)

    Returns
    -------
    bytes
    """
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, format="PNG")
    return out.getvalue()


class Pictures:
    """Photographs and thumbnails of a collection's rows.

    Parameters
    ----------
    collection : Collection
    cache : path-like or None
        Folder that keeps thumbnails from one day to the next.
    """

    def __init__(self, collection, cache=None):
        self.collection = collection
        self.folder = Path(cache) / "thumbnails" if cache else None
        self.thumbnail = lru_cache(HELD)(self._thumbnail)

    def pixels(self, row):
        """A whole photograph.

        Parameters
        ----------
        row : int

        Returns
        -------
        ndarray of uint8, shape (H, W, 3) or (H, W)

        Raises
        ------
        UnreadableImage
            It cannot be read, or has changed.
        """
        faces = self.collection.faces
        if not faces.readable[row]:
            raise UnreadableImage(faces.errors[row])
        data = read_same(self.collection.sources[row], faces.digests[row])
        with _decoding:
            return decode(data, max_pixels=faces.settings.max_pixels)

    def photograph(self, row):
        """A whole photograph as JPEG, at most PHOTOGRAPH pixels a side.

        Parameters
        ----------
        row : int

        Returns
        -------
        bytes
        """
        return jpeg(self.pixels(row))

    def size(self, row):
        """Width and height of a photograph; None where it cannot be read any more.

        Parameters
        ----------
        row : int
        """
        faces = self.collection.faces
        try:
            if not faces.readable[row]:
                return None
            return image_size(read_same(self.collection.sources[row], faces.digests[row]))
        except UnreadableImage:
            return None

    def _thumbnail(self, row, box=None):
        """The face of a row, or another box of its photograph, as a small JPEG."""
        faces = self.collection.faces
        box = tuple(np.asarray(faces.boxes[row]).tolist()) if box is None else box
        key = sha256(f"{RECIPE} {faces.digests[row]} {box}".encode()).hexdigest()
        if (kept := self._kept(key)) is not None:
            return kept
        content = jpeg(around(to_rgb(self.pixels(row)), box), THUMBNAIL)
        self._keep(key, content)
        return content

    def _kept(self, key):
        try:
            return self._path(key).read_bytes() if self.folder else None
        except OSError:
            return None

    def _keep(self, key, content):
        if not self.folder:
            return
        try:
            number, work = partial_file(self._path(key))
            with open(number, "wb") as file:
                file.write(content)
            os.replace(work, self._path(key))
        except OSError:  # it is made again another time
            self.folder = None

    def _path(self, key):
        return self.folder / key[:2] / f"{key}.jpg"


def around(pixels, box):
    """A square part of a photograph around a box, never more than the photograph.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
    box : sequence of 4 float

    Returns
    -------
    ndarray of uint8, shape (S, S, 3)
    """
    x, y, width, height = box
    side = round(max(width, height) * (1 + 2 * AROUND))
    side = max(1, min(side, *pixels.shape[:2]))
    step = max(1, side // (2 * THUMBNAIL))  # no more pixels than the thumbnail needs
    places = np.arange(0, side, step)
    rows = places + _start(y + height / 2, side, pixels.shape[0])
    columns = places + _start(x + width / 2, side, pixels.shape[1])
    return pixels[np.ix_(rows, columns)]


def _start(middle, side, whole):
    """Where a part of some side begins: about its middle, but inside of the whole."""
    return int(np.clip(round(middle - side / 2), 0, whole - side))
