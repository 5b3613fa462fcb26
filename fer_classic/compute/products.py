"""Matrix products whose result does not depend on the number of threads."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

#: Rows that are multiplied at a time: what they give depends on nothing but this number.
BLOCK = 2048
#: Rows up to which whole numbers are read as they are, not unpacked for BLAS.
FEW = 8


def slices(n, size=BLOCK):
    """Slices of at most ``size`` that cover ``range(n)``.

    Parameters
    ----------
    n, size : int

    Returns
    -------
    list of slice
    """
    return [slice(i, min(i + size, n)) for i in range(0, n, size)]


def in_threads(function, items, jobs=-1):
    """What a function makes of each item, in their order.

    Parameters
    ----------
    function : callable
        Spends its time where the interpreter is released.
    items : sequence
    jobs : int
        Threads; -1 for all cores.

    Returns
    -------
    list
    """
    from joblib import cpu_count

    workers = cpu_count() if jobs in (None, -1) else max(1, int(jobs))
    if min(workers, len(items)) <= 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(min(workers, len(items))) as pool:
        return list(pool.map(function, items))


def one_blas_thread():
    """A context in which BLAS leaves the threads to :func:`in_threads`.

    Its own sums are parted by their number, and so depend on it in the last digits.

    Returns
    -------
    context manager
    """
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1, "blas")


def times_transposed(A, B):
    """``A @ B.T``, also of a matrix and itself.

    NumPy hands the product of a matrix with its own transpose to a routine of its own,
    which in OpenBLAS 0.3.31 writes past its buffers for large ones (36,000 rows of 256
    numbers crash, two threads provided). So the two never share memory here.

    Parameters
    ----------
    A, B : ndarrays of float, shapes (m, d) and (n, d)

    Returns
    -------
    ndarray, shape (m, n)
    """
    return A @ (B.copy() if np.may_share_memory(A, B) else B).T


def gram(A, jobs=-1):
    """``A.T @ A``, some rows at a time and summed in their order.

    Parameters
    ----------
    A : ndarray of float, shape (n, d)
    jobs : int
        Threads. The result does not depend on it.

    Returns
    -------
    ndarray, shape (d, d)
    """
    total = np.zeros((A.shape[1], A.shape[1]), A.dtype)
    # A few at a time, or the parts of many rows would be larger than the rows.
    for some in slices(len(A), 8 * BLOCK):
        rows = A[some]
        for part in in_threads(
            lambda own: times_transposed(rows[own].T, rows[own].T),  # noqa: B023
            slices(len(rows)),
            jobs,
        ):
            total += part
    return total


def product(A, B, jobs=-1):
    """``A @ B``, some rows of ``A`` at a time.

    Parameters
    ----------
    A, B : ndarrays of float, shapes (m, d) and (d, n)
    jobs : int
        Threads. The result does not depend on it.

    Returns
    -------
    ndarray, shape (m, n)
    """
    out = np.empty((A.shape[0], B.shape[1]), np.result_type(A, B))
    shared = np.may_share_memory(A, B)
    B = B.copy() if shared else B

    def multiply(own):
        np.matmul(A[own], B, out=out[own])

    in_threads(multiply, slices(len(A)), jobs)
    return out
