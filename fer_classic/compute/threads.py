"""Threads: what each needs for itself, and OpenMP's, which sleep while they wait."""

import os
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


def sleep_while_waiting():
    """Let OpenMP's threads sleep while they wait, unless the user says otherwise.

    By default a thread that waits keeps its core busy. LightGBM's wait for each other at
    every split: where other programs use the cores, the one that is waited for does not
    get to run, and training takes more than ten times as long. OpenMP reads this when it is
    loaded, and so it is said before.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def load_lightgbm():
    """LightGBM, its threads patient.

    Returns
    -------
    module
    """
    sleep_while_waiting()
    import lightgbm

    return lightgbm
