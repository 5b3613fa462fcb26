"""Frames of a film, upright and in time, whatever FFmpeg can read (by PyAV)."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from fer_classic.errors import FerClassicError

#: Frames a second where a film does not say.
USUAL_RATE = 25.0


@dataclass(frozen=True)
class Frame:
    """One frame.

    Attributes
    ----------
    index : int
        From 0, in the order in which frames are shown.
    time : float
        Seconds from the film's first frame.
    stamp : int or None
        The film's own time stamp.
    image : ndarray of uint8, shape (H, W, 3)
        RGB, turned upright, with square pixels.
    """

    index: int
    time: float
    stamp: int | None
    image: np.ndarray


def import_av():
    """PyAV, or a sentence that says how to get it.

    Returns
    -------
    module

    Raises
    ------
    FerClassicError
        It is not installed.
    """
    try:
        import av
    except ImportError:
        raise FerClassicError(
            "Films are read by PyAV, which is not installed: "
            "pip install 'fer_classic[video]' (it carries FFmpeg)."
        ) from None
    # What is wrong is said once, by us. At any level a decoder's thread would wait for
    # Python's lock, which is held by whoever closes the film and waits for that thread.
    av.logging.set_level(None)
    return av


class Film:
    """A film, read frame by frame; use it in a ``with`` block.

    Parameters
    ----------
    path : path-like
        A file; or the name of a device, with ``format``.
    format : str, optional
        FFmpeg's input format of a camera: "v4l2", "avfoundation" or "dshow".
    options : dict, optional
        Of that format, such as ``{"video_size": "640x480"}``.

    Attributes
    ----------
    trouble : str
        What went wrong so far while reading, or "".
    """

    def __init__(self, path, format=None, options=None):
        self.path = str(path)
        self.format = format
        self.options = options or {}
        self.trouble = ""
        self.damaged = 0

    def __enter__(self):
        av = import_av()
        if self.format is None and not Path(self.path).is_file():
            raise FerClassicError(f"There is no film {self.path!r}: name a file.")
        try:
            self._container = av.open(self.path, format=self.format, options=self.options)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            what = "camera that can be opened" if self.format else "film that FFmpeg reads"
            raise FerClassicError(f"{self.path} is no {what}: {_reason(error)}.") from None
        try:
            self._stream = self._picture_stream(av)
        except FerClassicError:
            self._container.close()
            raise
        self._stream.thread_type = "AUTO"
        return self

    def __exit__(self, *_):
        self._container.close()

    def _picture_stream(self, av):
        cover = av.stream.Disposition.attached_pic
        streams = self._container.streams.video
        moving = [own for own in streams if not own.disposition & cover]
        if moving:
            return moving[0]
        sound = len(self._container.streams.audio)
        what = "sound only" if sound else "no pictures"
        if sound and streams:
            what = "sound and a cover picture only"
        raise FerClassicError(f"{self.path} holds {what}: a film with pictures is needed.")

    @property
    def rate(self):
        """Frames a second on average, float."""
        rate = self._stream.average_rate or self._stream.guessed_rate
        return float(rate) if rate else USUAL_RATE

    @property
    def seconds(self):
        """Length as the film states it, float; 0 where it does not."""
        if self._stream.duration and self._stream.time_base:
            return float(self._stream.duration * self._stream.time_base)
        return (self._container.duration or 0) / 1e6

    @property
    def n_frames(self):
        """Frames as the film states or its length lets expect, int; 0 if unknown."""
        return self._stream.frames or round(self.seconds * self.rate)

    @property
    def codec(self):
        """Name of the pictures' codec, str."""
        return self._stream.codec_context.name

    def frames(self, after=None, index=0):
        """Decode the frames.

        Damaged parts are left out and noted in ``trouble``.

        Parameters
        ----------
        after : int, optional
            Time stamp of a frame: what follows it is decoded.
        index : int
            Number of the first frame that is given.

        Yields
        ------
        Frame
        """
        if after is not None and not self._seek(after):
            return
        for time, decoded in self.decoded():
            stamp = decoded.pts
            if after is not None and (stamp is None or stamp <= after):
                continue
            yield Frame(index, time, stamp, self.upright(decoded))
            index += 1

    def decoded(self):
        """The next frames as the decoder gives them, not yet upright.

        Yields
        ------
        time : float
            Seconds from the film's first frame.
        decoded : av.VideoFrame
        """
        start = self._stream.start_time or 0
        base = self._stream.time_base or Fraction(1, round(self.rate))
        time = -1 / self.rate
        for decoded in self._decoded():
            if decoded.pts is None:
                time += 1 / self.rate
            else:
                time = float((decoded.pts - start) * base)
            yield time, decoded

    def seek(self, seconds):
        """Go on decoding at a frame from which that of a second can be had.

        Parameters
        ----------
        seconds : float
            From the film's first frame.

        Returns
        -------
        bool
            False where the film cannot be sought in.
        """
        if not self._stream.time_base:
            return False
        start = self._stream.start_time or 0
        return self._seek(start + int(max(0.0, seconds) / self._stream.time_base))

    def _seek(self, stamp):
        av = import_av()
        try:
            self._container.seek(stamp, stream=self._stream, backward=True)
            return True
        except av.error.FFmpegError as error:
            self.trouble = f"it cannot be continued: {_reason(error)}"
            return False

    def _decoded(self):
        av = import_av()
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except (av.error.FFmpegError, OSError) as error:
                self.trouble = f"it breaks off: {_reason(error)}"
                return
            if packet is None:
                return
            try:
                yield from packet.decode()
            except av.error.FFmpegError as error:
                if not isinstance(error, av.error.EOFError):
                    self.damaged += 1
                    self.trouble = f"{self.damaged} damaged part(s) are left out"

    def upright(self, decoded):
        """The picture of a frame, upright and with square pixels.

        Parameters
        ----------
        decoded : av.VideoFrame

        Returns
        -------
        ndarray of uint8, shape (H, W, 3)
        """
        shape = self._stream.sample_aspect_ratio or Fraction(1)
        width = decoded.width
        if shape > 0 and shape != 1:  # pixels that are no squares, as of old television
            width = max(1, round(decoded.width * shape))
        image = decoded.to_ndarray(format="rgb24", width=width, height=decoded.height)
        turns = round((getattr(decoded, "rotation", 0) or 0) / 90) % 4
        return np.ascontiguousarray(np.rot90(image, turns)) if turns else image


def _reason(error):
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())[:120].rstrip(".")
