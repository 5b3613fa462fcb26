"""The film again, with boxes, numbers and expressions drawn into it."""

from fractions import Fraction

import numpy as np
from PIL import Image

from fer_classic.errors import FerClassicError
from fer_classic.faces.draw import Mark, draw_marks
from fer_classic.video.film import Film, import_av

#: Colours of the faces, by their numbers.
COLOURS = (
    *((0, 220, 90), (255, 170, 30), (80, 170, 255), (255, 120, 190)),
    *((190, 230, 40), (200, 150, 255), (60, 225, 225), (255, 105, 90)),
)
#: Ticks a second of the new film's time stamps.
TICKS = 90_000
#: Encoders in the order in which they are tried.
ENCODERS = ("libx264", "mpeg4")


def marks_of(moment, class_names):
    """What is drawn into a frame.

    Parameters
    ----------
    moment : Moment
    class_names : tuple of str

    Returns
    -------
    list of Mark
    """
    return [
        Mark(
            face.box,
            text=f"{face.track} {class_names[int(face.probabilities.argmax())]} "
            f"{face.probabilities.max():.2f}",
            colour=COLOURS[(face.track - 1) % len(COLOURS)],
        )
        for face in moment.faces
    ]


def annotate_film(path, out, moments, class_names, progress=None):
    """Write a film with the faces drawn into it; its sound stays.

    Parameters
    ----------
    path : path-like
        The film.
    out : path-like
        The film to write, .mp4, .mkv or another ending that FFmpeg knows.
    moments : iterable of Moment
        Of the same frames.
    class_names : tuple of str
    progress : callable, optional
        Called with the number of frames done.

    Raises
    ------
    FerClassicError
        It cannot be written.
    """
    av = import_av()
    try:
        with Film(path) as film, av.open(str(out), "w") as new:
            sound = _copied_sound(av, path, new)
            stream = None
            for frame, moment in zip(film.frames(), moments, strict=False):
                picture = _even(frame.image)
                if stream is None:
                    stream = _new_stream(av, new, film, picture)
                draw_marks(picture, marks_of(moment, class_names))
                own = av.VideoFrame.from_image(picture)
                own.pts, own.time_base = round(frame.time * TICKS), Fraction(1, TICKS)
                new.mux(stream.encode(own))
                if progress is not None:
                    progress(frame.index + 1)
            if stream is not None:
                new.mux(stream.encode())
            _write_sound(av, path, new, sound)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        if isinstance(error, FerClassicError):
            raise
        text = " ".join(str(getattr(error, "strerror", None) or error).split())[:120]
        raise FerClassicError(
            f"{out} cannot be written as a film: {text}. Name a file that ends in .mp4."
        ) from None


def _even(image):
    """A picture whose sides are even, as encoders need them."""
    height, width = image.shape[:2]
    padded = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return Image.fromarray(padded)


def _new_stream(av, new, film, picture):
    known = [name for name in ENCODERS if name in av.codec.codecs_available]
    rate = Fraction(film.rate).limit_denominator(1001)
    stream = new.add_stream(known[0], rate=rate)
    stream.width, stream.height = picture.size
    stream.pix_fmt = "yuv420p"
    stream.time_base = Fraction(1, TICKS)
    stream.codec_context.time_base = Fraction(1, TICKS)
    if known[0] == "libx264":
        stream.options = {"crf": "20", "preset": "veryfast"}
    return stream


def _copied_sound(av, path, new):
    """A stream for the film's sound, as it is, or None."""
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return None
        try:
            return new.add_stream_from_template(container.streams.audio[0])
        except (av.error.FFmpegError, ValueError):
            return None  # the new film's format cannot hold it: pictures alone then


def _write_sound(av, path, new, sound):
    if sound is None:
        return
    with av.open(str(path)) as container:
        for packet in container.demux(container.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = sound
                new.mux(packet)
