"""Loops that numba compiles, also where nothing can be kept on disk."""

from numba import njit

#: Whether what numba compiled could not be kept: then every process compiles anew.
unkept = []


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
    try:
        return njit(cache=True, nogil=True, **options)(function)
    except RuntimeError:  # no place to write to
        unkept.append(function.__name__)
        return njit(nogil=True, **options)(function)
