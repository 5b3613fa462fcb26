"""From inputs to faces, under a progress bar; what several commands share."""

from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from fer_classic.cli.console import progress_bar, say


def read_samples(inputs, settings):
    """Samples of one or several inputs, under the settings of a run."""
    from fer_classic.data.dataset import read_dataset

    return read_dataset(
        *inputs,
        classes=settings.class_set,
        labels=settings.labels,
        group_pattern=settings.groups,
    )


def is_face_table(inputs):
    """Whether the input is a folder that the command faces wrote."""
    return len(inputs) == 1 and Path(inputs[0], "faces.json").is_file()


def faces_with_bar(own, settings, jobs, quiet, title, cache):
    """A finished face table itself, or the faces of samples under a progress bar.

    Parameters
    ----------
    own : FaceTable or Samples
    settings, jobs, quiet, title, cache
        As in :func:`parts_with_bar`.
    """
    from fer_classic.faces.table import FaceTable

    if isinstance(own, FaceTable):
        return own
    return extract_with_bar(own, settings, jobs, quiet, title, cache)


def settings_to_predict(settings, max_pixels=None):
    """A model's settings without what a stranger's model must not decide.

    That is a higher limit of pixels, and a regular expression for groups, which may
    take for ever and which predicting does not need.

    Parameters
    ----------
    settings : Settings
    max_pixels : int, optional
        The option --max-pixels; else the default, or less where the model says less.
    """
    from fer_classic.data.image import MAX_PIXELS

    if max_pixels is None:
        max_pixels = min(settings.faces.max_pixels, MAX_PIXELS)
    return replace(settings.with_changes(max_pixels=max_pixels), groups=None)


def extract_with_bar(samples, settings, jobs, quiet, title, cache):
    """Extract faces under a progress bar and say what could not be read.

    Parameters
    ----------
    samples, settings, jobs, quiet, title, cache
        As in :func:`parts_with_bar`.

    Raises
    ------
    FerClassicError
        No image could be read.
    """
    from fer_classic.faces.table import join_tables

    with parts_with_bar(samples, settings, jobs, quiet, title, cache) as parts:
        return join_tables(list(parts))


@contextmanager
def parts_with_bar(samples, settings, jobs, quiet, title, cache):
    """The same part by part; what could not be read is said at the end of the block.

    Parameters
    ----------
    samples : Samples
    settings : Settings
    jobs : int
    quiet : bool
    title : str
        Of the bar.
    cache : path-like or None
        Folder that keeps finished work.

    Raises
    ------
    FerClassicError
        No image could be read.
    """
    from fer_classic.faces.extract import face_parts

    unreadable = []
    with progress_bar(title, len(samples), quiet) as advance:
        parts = face_parts(
            samples,
            settings.faces,
            jobs=jobs,
            progress=advance,
            cache=cache,
            warn=_say_once,
        )
        yield _noting_unreadable(parts, unreadable)
    _say_unreadable(unreadable, len(samples))


def _noting_unreadable(parts, unreadable):
    for part in parts:
        rows = zip(part.names, part.errors, part.readable, strict=True)
        unreadable += [(name, error) for name, error, readable in rows if not readable]
        yield part


def _say_unreadable(unreadable, total):
    from fer_classic.errors import FerClassicError

    if unreadable and len(unreadable) == total:
        name, error = unreadable[0]
        raise FerClassicError(
            f"None of the {total} image(s) could be read; the first, {name!r}: {error}."
        )
    for name, error in unreadable[:5]:
        say(f"unreadable: {name}: {error}")
    if unreadable:
        say(f"{len(unreadable)} of {total} images could not be read")


@lru_cache
def _say_once(message):
    # A run extracts twice, from training and from test images.
    say(f"warning: {message}")
