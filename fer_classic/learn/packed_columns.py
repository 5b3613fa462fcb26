"""Small whole numbers that a few vectors at a time are multiplied with."""

from functools import cached_property


class PackedColumns:
    """A matrix of small whole numbers, packed once it has been used.

    Packing takes as long as it saves on twenty faces, so the first time, which may be the
    only one of a command, goes without.

    Parameters
    ----------
    columns : ndarray of int8, shape (d, n)
    """

    def __init__(self, columns):
        self.columns = columns
        self._used = False

    @cached_property
    def _halves(self):
        from fer_classic.learn._halves import Halves

        return Halves(self.columns)

    def times(self, rows):
        """``rows @ columns``, to the bit as in float32.

        Parameters
        ----------
        rows : ndarray of float32, shape (m, d)

        Returns
        -------
        ndarray of float32, shape (m, n)
        """
        from fer_classic.learn._products import times

        if self._used:
            return self._halves.multiply(rows)
        self._used = True
        return times(rows, self.columns)
