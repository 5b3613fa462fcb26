"""Histograms of oriented gradients."""

from functools import lru_cache

from fer_classic.errors import one_of
from fer_classic.features import _kernels
from fer_classic.features.base import CropFeatures, check_parameter

INTERPOLATIONS = ("none", "bilinear")

_orientation_table = lru_cache(maxsize=8)(_kernels.orientation_table)


class HOGFeatures(CropFeatures):
    """Histograms of oriented gradients (Dalal & Triggs, CVPR 2005).

    With ``interpolation="none"`` the columns equal scikit-image's ``hog`` with
    ``block_norm="L2-Hys"`` to 1e-5. Interpolation between cells makes a histogram
    change smoothly as a face shifts, which is worth several points of accuracy.

    Parameters
    ----------
    cell : int
        Side of a cell in pixels.
    block : int
        Side of a normalisation block in cells, at most 10; blocks overlap by all but
        one cell.
    orientations : int
        Bins over 180 degrees, or over 360 if signed.
    signed : bool
        Whether opposite gradients fall into different bins.
    interpolation : {"bilinear", "none"}
        "bilinear" shares a pixel among the four nearest cells.

    Attributes
    ----------
    crop_size_ : int
        Side of the crops seen by ``fit``, in pixels.

    Examples
    --------
    >>> import numpy as np
    >>> from fer_classic import HOGFeatures
    >>> crops = np.zeros((2, 96, 96), dtype=np.uint8)
    >>> HOGFeatures(cell=8).fit_transform(crops).shape
    (2, 4356)
    """

    family = "hog"

    def __init__(
        self,
        *,
        cell=8,
        block=2,
        orientations=9,
        signed=False,
        interpolation="bilinear",
    ):
        self.cell = cell
        self.block = block
        self.orientations = orientations
        self.signed = signed
        self.interpolation = interpolation

    def _validate(self, size):
        check_parameter(self, "cell", self.cell, 2, size)
        # A digit a side: names of columns would not be unique beyond.
        check_parameter(self, "block", self.block, 1, min(size // self.cell, 10))
        check_parameter(self, "orientations", self.orientations, 1, 180)
        one_of(self.interpolation, INTERPOLATIONS, "interpolation")

    def _compute(self, crops):
        bilinear = self.interpolation == "bilinear"
        cells = _kernels.cell_histograms(
            crops,
            _orientation_table(self.orientations, self.signed),
            self.orientations,
            self.cell,
            *_kernels.cell_shares(crops.shape[1], self.cell, bilinear),
        )
        return _kernels.normalise_blocks(cells, self.block)

    def _number(self, size):
        blocks = size // self.cell - self.block + 1
        return blocks**2 * self.block**2 * self.orientations

    def _names(self, size):
        return _column_names(size // self.cell, self.block, self.orientations)


@lru_cache(maxsize=8)
def _column_names(cells, block, orientations):
    # A cell stands in several blocks; b10 is its value in the block that begins
    # one cell above it and in its own column.
    blocks, inside = range(cells - block + 1), range(block)
    return tuple(
        f"hog__r{row + dr:02d}_c{column + dc:02d}_o{o}_b{dr}{dc}"
        for row in blocks
        for column in blocks
        for dr in inside
        for dc in inside
        for o in range(orientations)
    )
