"""What every thread needs for itself."""

import threading
from functools import lru_cache, wraps


def kept_by_thread(maxsize):
    """Decorate a function so that each thread keeps what it made.

    dlib's detectors hold the image that they look at, and release the interpreter's lock
    meanwhile: two threads with one detector crash.

    Parameters
    ----------
    maxsize : int
        Results that a thread keeps.

    Returns
    -------
    callable
        The decorator.
    """

    def decorate(make):
        local = threading.local()

        @wraps(make)
        def kept(*arguments):
            if not hasattr(local, "make"):
                local.make = lru_cache(maxsize=maxsize)(make)
            return local.make(*arguments)

        return kept

    return decorate
