"""A basis with one row for a column and its mirror image, as few faces and many need it."""

import numpy as np

from fer_classic.learn.packed_columns import PackedColumns


class FoldedBasis:
    """A basis whose equal rows, of columns and their mirror images, are multiplied once.

    Parameters
    ----------
    basis : ndarray of int8, shape (d, components)
    extractors : list of transformers
        Families of the columns, in their order.

    Attributes
    ----------
    rows : ndarray of int8
        One for each column of ``first``.
    first, second : ndarrays of int
        Columns, and the mirror images of the first of them. None of the latter where the
        basis is not the same for both.
    """

    def __init__(self, basis, extractors):
        self.basis = basis
        self.first, self.second = mirror_pairs(extractors, len(basis))
        paired = basis[self.first[: len(self.second)]]
        if (paired != basis[self.second]).any():
            self.first, self.second = np.arange(len(basis)), self.second[:0]
        self.rows = basis[self.first] if len(self.second) else basis
        self._packed = PackedColumns(self.rows)

    def times_few(self, columns):
        """``columns @ rows`` of a few faces, to the bit as in float32.

        Parameters
        ----------
        columns : ndarray of float32, shape (n, len(rows))

        Returns
        -------
        ndarray of float32, shape (n, components)
        """
        return self._packed.times(columns)

    def fold(self, columns):
        """Columns with their mirror images added.

        Parameters
        ----------
        columns : ndarray of float32, shape (n, d)

        Returns
        -------
        ndarray of float32, shape (n, len(rows))
        """
        if len(self.second) == 0:
            return columns
        folded = np.take(columns, self.first, axis=1)
        folded[:, : len(self.second)] += np.take(columns, self.second, axis=1)
        return folded


def mirror_pairs(extractors, length):
    """Columns, and the mirror images of the first of them, of families that are ordered.

    Parameters
    ----------
    extractors : list of transformers
    length : int
        Columns of all of them.

    Returns
    -------
    first : ndarray of int
        Every column, except those that are in ``second``.
    second : ndarray of int
        The mirror images of as many columns of ``first``, in their order.
    """
    image, at = np.arange(length), 0
    for extractor in extractors:
        stop = at + extractor.n_columns(getattr(extractor, "crop_size_", 0))
        if hasattr(extractor, "mirror"):
            image[at:stop] = extractor.mirror(image[None, at:stop])[0]
        at = stop
    column = np.arange(length)
    paired = np.flatnonzero(column < image)
    return np.concatenate([paired, np.flatnonzero(column == image)]), image[paired]
