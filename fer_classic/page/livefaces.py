"""Pictures from the browser's camera: faces followed, and nothing kept of them."""

import threading
import time
from collections import OrderedDict

from fer_classic.data.image import decode, to_rgb
from fer_classic.errors import FerClassicError
from fer_classic.page.filmrun import faces_told

#: Pixels of a picture at most: the page sends smaller ones.
MOST_PIXELS = 1 << 21
#: Windows that may look at once; the one that was idle longest gives way.
WINDOWS = 4
#: Seconds without a picture after which a window begins anew.
IDLE = 5.0


class LiveRooms:
    """The faces before the camera of each window.

    Parameters
    ----------
    reader : FaceReader
    """

    def __init__(self, reader):
        self.reader = reader
        self._lock, self._rooms = threading.Lock(), OrderedDict()

    def look(self, window, data):
        """The faces in the next picture of a window.

        Parameters
        ----------
        window : str
        data : bytes
            A file of an image.

        Returns
        -------
        dict of JSON types

        Raises
        ------
        UnreadableImage
            It is no image that can be read.
        FerClassicError
            The model looks for no faces.
        """
        if self.reader.settings.detector == "none":
            raise FerClassicError(
                "This model takes whole pictures as faces, and cannot follow any: start "
                "the page with another model."
            )
        start = time.perf_counter()
        room = self._room(window)
        with room.lock:
            image = to_rgb(decode(data, max_pixels=MOST_PIXELS))
            moment = room.faces.look(image, start)
            room.used = time.perf_counter()
        height, width = image.shape[:2]
        passed = 1000 * (time.perf_counter() - start)
        told = {"width": width, "height": height, "ms": round(passed, 1)}
        return told | {"faces": faces_told(moment)}

    def forget(self, window):
        """A window's camera is off."""
        with self._lock:
            self._rooms.pop(window, None)

    def _room(self, window):
        with self._lock:
            room = self._rooms.pop(window, None)
            if room is None or time.perf_counter() - room.used > IDLE:
                room = _Room(self.reader)
            self._rooms[window] = room
            while len(self._rooms) > WINDOWS:
                self._rooms.popitem(last=False)
            return room


class _Room:
    def __init__(self, reader):
        from fer_classic.video.live import LiveFaces

        self.lock, self.used = threading.Lock(), time.perf_counter()
        self.faces = LiveFaces(_Own(reader))


class _Own:
    """What follows faces needs of a reader, with a detector of its own."""

    def __init__(self, reader):
        self.settings, self.probabilities = reader.settings, reader.probabilities
        self.detector = reader.new_detector
