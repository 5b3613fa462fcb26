"""From inputs to samples and faces, with progress; what could not be read is told."""

import os
from contextlib import contextmanager
from dataclasses import replace

from fer_classic.compute.processes import SILENT
from fer_classic.data.dataset import read_dataset
from fer_classic.data.image import MAX_PIXELS
from fer_classic.errors import FerClassicError
from fer_classic.faces.extract import face_parts
from fer_classic.faces.table import FaceTable, join_tables

#: Unreadable images that are named.
NAMED = 5


def as_inputs(given):
    """One or several inputs as a list of str; empty for None."""
    if given is None:
        return []
    given = [given] if isinstance(given, str | os.PathLike) else list(given)
    return [os.fspath(own) for own in given]


def read_samples(inputs, settings, watch=SILENT):
    """Samples of one or several inputs, under the settings of a run.

    Parameters
    ----------
    inputs : list of str
    settings : Settings
    watch : Silent
        Told what the user should know of how they were read.
    """
    samples = read_dataset(
        *inputs,
        classes=settings.class_set,
        labels=settings.labels,
        group_pattern=settings.groups,
    )
    for note in samples.notes:
        watch.say(f"note: {note}")
    return samples


def settings_to_predict(settings, max_pixels=None):
    """A model's settings without what a stranger's model must not decide.

    That is a higher limit of pixels, and a regular expression for groups, which may
    take for ever and which predicting does not need.
    """
    if max_pixels is None:
        max_pixels = min(settings.faces.max_pixels, MAX_PIXELS)
    changed = settings.with_changes(max_pixels=max_pixels)
    return replace(changed, groups=None, labels="none")


def faces_of(rows, settings, *, jobs=-1, cache=None, title="faces", watch=SILENT):
    """The faces of samples; a finished face table is given back.

    Parameters
    ----------
    rows : Samples or FaceTable
    settings : Settings
    jobs, cache
        As :func:`fer_classic.faces.extract.face_parts` takes them.
    title : str
        Of the progress.
    watch : Silent

    Returns
    -------
    FaceTable

    Raises
    ------
    FerClassicError
        No image could be read.
    """
    if isinstance(rows, FaceTable):
        return rows
    with face_parts_of(
        rows, settings, jobs=jobs, cache=cache, title=title, watch=watch
    ) as parts:
        return join_tables(list(parts))


@contextmanager
def face_parts_of(samples, settings, *, jobs=-1, cache=None, title="faces", watch=SILENT):
    """The same part by part; what could not be read is said at the end of the block."""
    unreadable = []
    with watch.bar(title, len(samples)) as advance:
        parts = face_parts(
            samples,
            settings.faces,
            jobs=jobs,
            progress=advance,
            cache=cache,
            warn=lambda message: watch.say(f"warning: {message}"),
        )
        yield _noting_unreadable(parts, unreadable)
    _say_unreadable(unreadable, len(samples), watch)


def _noting_unreadable(parts, unreadable):
    for part in parts:
        rows = zip(part.names, part.errors, part.readable, strict=True)
        unreadable += [(name, error) for name, error, readable in rows if not readable]
        yield part


def _say_unreadable(unreadable, total, watch):
    if unreadable and len(unreadable) == total:
        name, error = unreadable[0]
        raise FerClassicError(
            f"None of the {total} image(s) could be read; the first, {name!r}: {error}."
        )
    for name, error in unreadable[:NAMED]:
        watch.say(f"unreadable: {name}: {error}")
    if unreadable:
        watch.say(f"{len(unreadable)} of {total} images could not be read")
