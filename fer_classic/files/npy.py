"""An .npy file that is written some rows at a time."""

import numpy as np
from numpy.lib.format import dtype_to_descr, write_array_header_1_0


class NpyWriter:
    """A file with the bytes of ``np.save``, whose rows never are in memory together.

    Parameters
    ----------
    path : path-like
        A new file.
    n_rows : int
        Rows that will be appended.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "rows.npy")
    ...     with NpyWriter(path, 3) as file:
    ...         file.append(np.array([[1, 2]]))
    ...         file.append(np.array([[3, 4], [5, 6]]))
    ...     print(np.load(path, allow_pickle=False).tolist())
    [[1, 2], [3, 4], [5, 6]]
    """

    def __init__(self, path, n_rows):
        self.path = path
        self.n_rows = n_rows

    def __enter__(self):
        self._file = open(self.path, "xb")
        self._like, self._written = None, 0
        return self

    def append(self, rows):
        """Add rows.

        Parameters
        ----------
        rows : ndarray, shape (n, ...)
            The first decide the type of number and the shape of a row.

        Raises
        ------
        ValueError
            The rows are unlike the first, or more than announced.
        """
        like = rows.dtype, rows.shape[1:]
        if self._like is None:
            self._like = like
            self._write_header()
        self._written += len(rows)
        if like != self._like or self._written > self.n_rows:
            raise ValueError(
                f"{self.path} is to hold {self.n_rows} rows like {self._like}. Got "
                f"{self._written} rows, the last like {like}."
            )
        self._file.write(np.ascontiguousarray(rows))

    def _write_header(self):
        dtype, row = self._like
        header = {
            "descr": dtype_to_descr(dtype),
            "fortran_order": False,
            "shape": (self.n_rows, *row),
        }
        write_array_header_1_0(self._file, header)

    def __exit__(self, kind, error, trace):
        self._file.close()
        if kind is None and self._written != self.n_rows:
            raise ValueError(
                f"{self.path} is to hold {self.n_rows} rows. Got {self._written}."
            )
