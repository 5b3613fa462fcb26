"""Loops that numba compiles, and when they are worth loading it.

A process that sees a face or two does what the loops do in NumPy: loading numba takes as
long as thirty faces. Both give the same to the bit, which the tests hold.
"""

import sys

#: Faces that each step computes in NumPy before numba is loaded for the others.
FIRST = 8

#: Whether what numba compiled could not be kept: then every process compiles anew.
unkept = []
_seen = {}


def are_first(step, number=1):
    """Whether some faces are among the first of this process, for which NumPy is faster.

    Parameters
    ----------
    step : str
        What is computed of them; each step counts by itself.
    number : int
        Of faces.

    Returns
    -------
    bool
    """
    if "numba" in sys.modules:  # loaded already: by a step that has seen more, say
        return False
    _seen[step] = _seen.get(step, 0) + number
    return _seen[step] <= FIRST


def compiled(function, **options):
    """Compile a function, and keep the result where that is possible.

    Where neither the package's folder nor the user's cache can be written (a container, a
    function in a cloud), it is compiled in each process: a few seconds once.

    Parameters
    ----------
    function : callable
    **options
        Of numba, such as ``fastmath``.

    Returns
    -------
    callable
    """
    from numba import njit

    try:
        return njit(cache=True, nogil=True, **options)(function)
    except RuntimeError:  # no place to write to
        unkept.append(function.__name__)
        return njit(nogil=True, **options)(function)
