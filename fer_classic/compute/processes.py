"""One function over many chunks, in worker processes that end quietly, or elsewhere."""

import os
import signal
import threading
import time
from contextlib import contextmanager

from fer_classic.errors import FerClassicError

#: Handles chunks instead of this machine's processes; the last one counts.
_elsewhere = []


@contextmanager
def handled_by(place):
    """Let something else than this machine's processes handle the chunks of a block.

    Parameters
    ----------
    place : callable
        Called as ``place(function, chunks)``, it gives an iterator of the results, in
        their order.
    """
    _elsewhere.append(place)
    try:
        yield
    finally:
        _elsewhere.remove(place)


def somewhere_else():
    """Whether the chunks are handled by something else than this machine's processes."""
    return bool(_elsewhere)


def in_chunks(function, items, size, *, jobs=1, progress=None):
    """Apply a function to slices of a sequence, and join the lists that it gives.

    Parameters
    ----------
    function : callable
        Takes a slice of ``items`` and returns a list.
    items, size, jobs, progress
        As in :func:`each_chunk`.

    Raises
    ------
    FerClassicError
        A process was killed.
    """
    made = each_chunk(function, items, size, jobs=jobs, progress=progress)
    return [result for results in made for result in results]


def each_chunk(function, items, size, *, jobs=1, progress=None):
    """Apply a function to slices of a sequence, one result after the other.

    Parameters
    ----------
    function : callable
        Takes a slice of ``items``.
    items : sequence
    size : int
        Items of a slice; a single slice is handled in this process.
    jobs : int
        Processes; -1 for all cores. The results do not depend on it.
    progress : callable, optional
        Called with the number of items done so far, as slices complete.

    Yields
    ------
    object
        What the function made of each slice, in their order.

    Raises
    ------
    FerClassicError
        A process was killed.
    """
    starts = range(0, len(items), size)
    chunks = (items[i : i + size] for i in starts)
    if _elsewhere:
        results = _elsewhere[-1](function, chunks)
    else:
        results = _in_processes(function, chunks, 1 if len(starts) <= 1 else jobs)
    for start, result in zip(starts, results, strict=True):
        if progress is not None:
            progress(min(start + size, len(items)))
        yield result


def each_part(function, parts):
    """Apply a function to parts that come one after the other.

    Returns
    -------
    iterator
        What the function made of each, in their order: in this process, or elsewhere
        within :func:`handled_by`.
    """
    return _elsewhere[-1](function, parts) if _elsewhere else map(function, parts)


def _in_processes(function, chunks, jobs):
    if jobs == 1:
        yield from map(function, chunks)
        return
    from concurrent.futures.process import BrokenProcessPool

    from joblib import Parallel, delayed

    # One chunk a task: what joblib would put together leaves a worker idle at the end.
    options = {"n_jobs": jobs, "return_as": "generator", "batch_size": 1}
    options |= {"initializer": _follow_parent, "initargs": (os.getpid(),)}
    here = os.getcwd()
    try:
        yield from Parallel(**options)(delayed(_call)(here, function, c) for c in chunks)
    except BrokenProcessPool:
        raise FerClassicError(
            "A worker process was killed, most likely because memory ran out. Run again "
            "with fewer processes, for example `jobs` 1."
        ) from None


def _call(folder, function, chunk):
    # joblib keeps its workers for the next call, in the folder where they were started.
    if os.getcwd() != folder:
        os.chdir(folder)
    return function(chunk)


def _follow_parent(parent):
    # Ctrl-C reaches every process of the terminal; the parent ends its workers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    # A parent that was killed cannot: without this they would run on for minutes.
    def watch():
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class Silent:
    """Tells nothing. Whoever wants to hear gives an object with the same two methods."""

    def say(self, message):
        """A message for a person, such as what was left out."""

    @contextmanager
    def bar(self, title, total):
        """Progress of a block: yields a function of the number done and a note."""
        yield lambda done, note="": None


SILENT = Silent()
