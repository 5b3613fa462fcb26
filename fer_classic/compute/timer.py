"""Seconds spent by step."""

import time
from contextlib import contextmanager


class Timer:
    """Seconds spent by step, in the order of first use: ``with timer("faces"): …``.

    Attributes
    ----------
    seconds : dict of str to float
    """

    def __init__(self):
        self.seconds = {}

    @contextmanager
    def __call__(self, step):
        """Add the time of the block to a step."""
        start = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - start
            self.seconds[step] = self.seconds.get(step, 0.0) + spent
