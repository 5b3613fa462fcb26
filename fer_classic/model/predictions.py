"""What a model says of images."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Predictions:
    """What was predicted for each image, in input order.

    Attributes
    ----------
    names : tuple of str
    labels : ndarray of int64, shape (n,)
        Codes of ``class_names``.
    probabilities : ndarray of float64, shape (n, k)
    class_names : tuple of str
    """

    names: tuple
    labels: np.ndarray
    probabilities: np.ndarray
    class_names: tuple
