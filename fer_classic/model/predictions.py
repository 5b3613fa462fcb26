"""What a model says of images."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Predictions:
    """What was predicted for each image, in input order.

    Attributes
    ----------
    names : tuple of str
    labels : ndarray of int64, shape (n,)
        Codes of ``class_names``; -1 where none shall be named.
    probabilities : ndarray of float64, shape (n, k)
    class_names : tuple of str
    """

    names: tuple
    labels: np.ndarray
    probabilities: np.ndarray
    class_names: tuple

    def label_name(self, row):
        """The expression of a row, "" where none shall be named."""
        return self.class_names[self.labels[row]] if self.labels[row] >= 0 else ""

    def take(self, rows):
        """The predictions of some rows, in the order asked for.

        Parameters
        ----------
        rows : array of int
        """
        return replace(
            self,
            names=tuple(self.names[row] for row in rows),
            labels=self.labels[rows],
            probabilities=self.probabilities[rows],
        )
