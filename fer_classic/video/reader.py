"""Any frame of a film by its time, as somebody who looks through it asks for them."""

import threading

from fer_classic.errors import FerClassicError
from fer_classic.video.film import Film, Frame

#: Times in tables are rounded to milliseconds.
ROUNDED = 0.002
#: Seconds ahead up to which decoding goes on in place of seeking.
AHEAD = 2.0
#: Seconds before the wanted one at which decoding begins; None for the film's start.
STARTS = (0.0, 10.0, None)
#: Seconds by which a frame may be beside the wanted time where the film has no nearer.
FAR = 1.0


class FilmReader:
    """A film that stays open between the frames that are asked for; threads may share it.

    Parameters
    ----------
    path : path-like
    """

    def __init__(self, path):
        self.path = path
        self._lock = threading.Lock()
        self._film = self._frames = self._now = None

    def at(self, seconds):
        """The first frame that is not before a time.

        Parameters
        ----------
        seconds : float
            From the film's first frame.

        Returns
        -------
        Frame
            Its index is not known: -1.

        Raises
        ------
        FerClassicError
            The film cannot be opened, or has no frame there that can be decoded.
        """
        with self._lock:
            if self._film is None:
                self._open()
            found = self._ahead(seconds) if self._is_ahead(seconds) else None
            for before in STARTS:
                if found is not None:
                    break
                found = self._from(before, seconds)
            if found is None or abs(found[0] - seconds) > FAR:
                raise FerClassicError(
                    f"{self.path} has no picture at {seconds:.2f} s that can be decoded."
                )
            time, decoded = found
            return Frame(-1, time, decoded.pts, self._film.upright(decoded))

    def close(self):
        """Let go of the file."""
        with self._lock:
            self._shut()

    def _open(self):
        self._film = Film(self.path)
        try:
            self._film.__enter__()
        except FerClassicError:
            self._film = None
            raise
        self._frames, self._now = self._film.decoded(), None

    def _shut(self):
        if self._film is not None:
            self._film.__exit__()
        self._film = self._frames = self._now = None

    def _is_ahead(self, seconds):
        start = self._now[0] if self._now else 0.0
        return start - ROUNDED <= seconds <= start + AHEAD

    def _ahead(self, seconds):
        """The frame at a time, or the last one before the film ends."""
        if self._now is not None and self._now[0] >= seconds - ROUNDED:
            return self._now
        for found in self._frames:
            self._now = found
            if found[0] >= seconds - ROUNDED:
                break
        return self._now

    def _from(self, before, seconds):
        """The frame at a time after seeking; None where seeking went too far."""
        if before is None:
            self._shut()
            self._open()
        elif not self._film.seek(seconds - before):
            return None
        else:
            self._frames, self._now = self._film.decoded(), None
        self._now = next(self._frames, None)
        if self._now is None:
            return None
        if before is None:
            return self._ahead(seconds)
        # Without stamps a frame's time is known from the film's start alone.
        late = self._now[1].pts is None or self._now[0] > seconds + ROUNDED
        return None if late else self._ahead(seconds)
