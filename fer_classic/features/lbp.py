"""Local binary patterns."""

from functools import lru_cache

import numpy as np

from fer_classic.features import _kernels
from fer_classic.features.base import CropFeatures, check_parameter

_uniform_codes = lru_cache(maxsize=8)(_kernels.uniform_codes)


class LBPFeatures(CropFeatures):
    """Histograms of uniform local binary patterns on a grid (Ojala et al., TPAMI 2002).

    Codes equal scikit-image's ``local_binary_pattern(..., method="nri_uniform")``;
    each cell of the grid gives the relative frequency of every code
    (Ahonen et al., TPAMI 2006).

    Parameters
    ----------
    radii : tuple of float
        Distances of the neighbours in pixels; each adds its own histograms.
    points : int
        Neighbours on each circle.
    grid : int
        Cells a side.

    Attributes
    ----------
    crop_size_ : int
        Side of the crops seen by ``fit``, in pixels.

    Examples
    --------
    >>> import numpy as np
    >>> from fer_classic import LBPFeatures
    >>> crops = np.zeros((2, 96, 96), dtype=np.uint8)
    >>> LBPFeatures(radii=(1, 2), grid=6).fit_transform(crops).shape
    (2, 4248)
    """

    family = "lbp"

    def __init__(self, *, radii=(2,), points=8, grid=4):
        self.radii = radii
        self.points = points
        self.grid = grid

    def _validate(self, size):
        check_parameter(self, "grid", self.grid, 1, size)
        check_parameter(self, "points", self.points, 4, 16)
        radii = self.radii
        if not isinstance(radii, tuple | list) or not radii:
            raise ValueError(
                f"radii of LBPFeatures must be a tuple of numbers. Got {radii!r} instead."
            )
        for radius in radii:
            check_parameter(self, "each radius", radius, 0.5, size, float)
        if len({_written(radius) for radius in radii}) < len(radii):
            raise ValueError(
                f"radii of LBPFeatures must differ. Got {radii!r} instead: remove one."
            )

    def codes(self, X, radius=None):
        """The code of every pixel: what the histograms count.

        Parameters
        ----------
        X : ndarray of uint8, shape (n, S, S)
        radius : float, optional
            The first of ``radii`` if not given.

        Returns
        -------
        ndarray of uint8, shape (n, S, S)
        """
        offsets = self._offsets(self.radii[0] if radius is None else radius)
        return _kernels.lbp_codes(X, offsets, _uniform_codes(self.points))

    def _compute(self, crops):
        number = self._n_codes()
        parts = [
            _kernels.grid_histograms(self.codes(crops, radius), self.grid, number)
            for radius in self.radii
        ]
        return np.concatenate(parts, axis=1)

    def _n_codes(self):
        return self.points * (self.points - 1) + 3

    def _number(self, size):
        return len(self.radii) * self.grid**2 * self._n_codes()

    def _offsets(self, radius):
        angle = 2 * np.pi * np.arange(self.points, dtype=np.float64) / self.points
        offsets = np.stack([-radius * np.sin(angle), radius * np.cos(angle)], axis=1)
        return np.round(offsets, 5)  # as scikit-image rounds them

    def _names(self, size):
        return _column_names(tuple(self.radii), self.points, self.grid)


@lru_cache(maxsize=8)
def _column_names(radii, points, grid):
    return tuple(
        f"lbp__d{_written(radius)}_r{row:02d}_c{column:02d}_u{code}"
        for radius in radii
        for row in range(grid)
        for column in range(grid)
        for code in range(points * (points - 1) + 3)
    )


def _written(radius):
    """A radius as it stands in a column's name: 1.5 is "1p5"."""
    return f"{radius:g}".replace(".", "p")
