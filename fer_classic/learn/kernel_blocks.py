"""A Gaussian kernel between rows of whole numbers, held as blocks above the diagonal."""

import numpy as np

from fer_classic.compute.products import in_threads, slices, times_transposed

#: Rows of a block that are turned into kernel values at a time: they fit the cache.
LINES = 64
#: Other rows whose kernel values are held at a time.
FAR = 512


def gaussian_kernel(A, B, gamma):
    """``exp(-gamma * ||a - b|| ** 2)`` for all pairs of rows.

    Parameters
    ----------
    A, B : ndarrays of float32, shapes (m, d) and (n, d)
        Of whole numbers up to 127 the result is the same to the bit in whatever blocks it
        is computed, since all sums of such products are exact in float32.
    gamma : float

    Returns
    -------
    ndarray of float32, shape (m, n)
    """
    kernel = times_transposed(A, B)
    own = np.float32(gamma) * np.einsum("ij,ij->i", A, A)
    other = np.float32(gamma) * np.einsum("ij,ij->i", B, B)
    for some in slices(len(A), LINES):  # in place: no second array of this size
        rows = kernel[some]
        rows *= np.float32(2 * gamma)
        rows -= own[some, None]
        rows -= other
        np.exp(np.minimum(rows, 0, out=rows), out=rows)
    return kernel


class KernelBlocks:
    """The kernel of rows with themselves, each pair once.

    Parameters
    ----------
    rows : ndarray of float32, shape (n, d)
    gamma : float
    jobs : int
        Threads. No result depends on it.
    """

    def __init__(self, rows, gamma, jobs=-1):
        self.rows, self.gamma, self.jobs = rows, gamma, jobs
        self.parts = slices(len(rows))
        pairs = [(i, j) for i in range(len(self.parts)) for j in range(i + 1)]
        self._blocks = dict(zip(pairs, in_threads(self._block, pairs, jobs), strict=True))

    def _block(self, pair):
        first, second = (self.rows[self.parts[i]] for i in pair)
        return gaussian_kernel(first, second, self.gamma)

    def columns(self, some):
        """The kernel of all rows with some of them.

        Parameters
        ----------
        some : ndarray of int, shape (m,)

        Returns
        -------
        ndarray of float32, shape (n, m)
        """
        chosen = self.rows[some]
        return np.concatenate(
            in_threads(
                lambda own: gaussian_kernel(self.rows[own], chosen, self.gamma),
                self.parts,
                self.jobs,
            )
        )

    def times(self, lines):
        """The product of vectors and the kernel.

        Parameters
        ----------
        lines : ndarray of float32, shape (m, n)
            Vectors as rows: of a few, the product is much faster from this side.

        Returns
        -------
        ndarray of float32, shape (m, n)
        """
        out = np.zeros_like(lines)
        parts = [np.ascontiguousarray(lines[:, own]) for own in self.parts]

        def multiply(pair):
            i, j = pair
            block = self._blocks[pair]
            return parts[i] @ block, parts[j] @ block.T if i != j else None

        pairs = list(self._blocks)
        for (i, j), (down, right) in zip(
            pairs, in_threads(multiply, pairs, self.jobs), strict=True
        ):
            out[:, self.parts[j]] += down
            if right is not None:
                out[:, self.parts[i]] += right
        return out

    def seen_from(self, others, lines):
        """The product of vectors and the kernel of these rows with others, never whole.

        Parameters
        ----------
        others : ndarray of float32, shape (m, d)
        lines : ndarray of float32, shape (c, n)

        Returns
        -------
        ndarray of float32, shape (c, m)
        """

        def multiply(own):
            kernel = gaussian_kernel(others[own], self.rows, self.gamma)
            return times_transposed(lines, kernel)

        parts = in_threads(multiply, slices(len(others), FAR), self.jobs)
        return np.concatenate([lines[:, :0], *parts], axis=1)
