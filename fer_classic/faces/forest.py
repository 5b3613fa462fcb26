"""dlib's landmark files, read in a tenth of the time that dlib takes."""

import hashlib
import json
import math
import os
from dataclasses import dataclass, fields

import numpy as np

from fer_classic.compute.compiled import are_first
from fer_classic.errors import FerClassicError
from fer_classic.files.kept import kept_bytes

#: Cascades, trees of a cascade, splits of a tree, points and pixels at most.
MOST = 100_000
#: Coordinates are shares of a box: none is larger, and points are further apart than this.
LARGEST, SPREAD = 100.0, 1e-3
#: Of the files that :func:`kept_forest` keeps: another one is another number.
LAYOUT = 1


@dataclass(frozen=True)
class LandmarkForest:
    """A cascade of regression trees that finds landmarks (dlib's shape predictor).

    Attributes
    ----------
    mean : ndarray of float32, shape (2 * points,)
    anchors, deltas, pairs, thresholds, leaves : ndarrays
        As :func:`fer_classic.faces._forest.locate` takes them.
    """

    mean: np.ndarray
    anchors: np.ndarray
    deltas: np.ndarray
    pairs: np.ndarray
    thresholds: np.ndarray
    leaves: np.ndarray

    @property
    def points(self):
        """Number of landmarks."""
        return len(self.mean) // 2

    def locate(self, patch, low, high):
        """The landmarks of the face in a box, in whole pixels as dlib gives them.

        Parameters
        ----------
        patch : ndarray of uint8, shape (H, W)
        low, high : int
            First and last pixel of the square box, along both sides.

        Returns
        -------
        ndarray of float64, shape (points, 2)
        """
        patch = np.array(patch)  # writable: else it would be compiled anew
        if are_first("landmarks"):
            shape = self._locate(patch, float(low), float(high - low))
        else:
            from fer_classic.faces._forest import locate

            shape = locate(
                *(patch, float(low), float(high - low)),
                *(self.mean, self.anchors, self.deltas),
                *(self.pairs, self.thresholds, self.leaves),
            )
        places = low + (high - low) * shape.astype(np.float64)
        return np.floor(places + 0.5).reshape(-1, 2)

    def _locate(self, patch, low, span):
        """As :func:`fer_classic.faces._forest.locate`, without numba."""
        shape, trees = self.mean.copy(), np.arange(self.pairs.shape[1])
        for cascade, (pairs, thresholds) in enumerate(
            zip(self.pairs, self.thresholds, strict=True)
        ):
            values = self._look(patch, low, span, shape, cascade)
            left = values[pairs[..., 0]] - values[pairs[..., 1]] > thresholds
            at, splits = np.zeros(len(trees), np.int64), left.shape[1]
            while (inner := trees[at < splits]).size:
                at[inner] = 2 * at[inner] + 2 - left[inner, at[inner]]
            steps = self.leaves[cascade, trees, at - splits]
            shape = np.add.accumulate(np.concatenate([shape[None], steps]))[-1]
        return shape

    def _look(self, patch, low, span, shape, cascade):
        """Gray values of the pixels of a cascade, which turn and grow with the shape."""
        cos, sin = _turn(*(own.reshape(-1, 2).astype(float) for own in (self.mean, shape)))
        x, y = self.deltas[cascade].T
        anchors = shape.reshape(-1, 2)[self.anchors[cascade]]
        u, v = cos * x - sin * y + anchors[:, 0], sin * x + cos * y + anchors[:, 1]
        column, row = (
            np.floor(low + span * own.astype(np.float64) + 0.5).astype(np.int64)
            for own in (u, v)
        )
        height, width = patch.shape
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        values = patch[np.where(inside, row, 0), np.where(inside, column, 0)]
        return np.where(inside, values, 0).astype(np.float32)


def _turn(mean, shape):
    """Scaled cosine and sine of the similarity that turns one shape into another."""

    def total(values):  # term by term, as the compiled loop has it
        return np.add.accumulate(values)[-1]

    x, y = (mean - total(mean / len(mean))).T
    u, v = (shape - total(shape / len(shape))).T
    size = total(x * x + y * y)
    cos, sin = total(x * u + y * v) / size, total(x * v - y * u) / size
    return np.float32(cos), np.float32(sin)


def kept_forest(path):
    """As :func:`read_forest`, from the user's cache folder where it was read before.

    Parameters
    ----------
    path : path-like
    """
    try:
        told = os.stat(path)
    except OSError as error:
        raise _wrong(path, error.strerror or str(error)) from None
    which = f"{os.path.abspath(path)} {told.st_size} {told.st_mtime_ns}"
    name = hashlib.sha256(which.encode()).hexdigest()[:32]

    content = kept_bytes(f"landmarks-{LAYOUT}-{name}", lambda: _packed(read_forest(path)))
    return _unpacked(bytearray(content))  # arrays that may be written to: see locate


def _packed(forest):
    """A forest as bytes: types and shapes of its arrays in a line, then these."""
    arrays = [getattr(forest, field.name) for field in fields(forest)]
    told = json.dumps([[own.dtype.str, own.shape] for own in arrays]).encode()
    told += b" " * (-len(told) % 8 + 7) + b"\n"  # so that the arrays are aligned
    return b"".join([told, *(own.tobytes() for own in arrays)])


def _unpacked(content):
    at, arrays = content.index(b"\n") + 1, []
    for dtype, shape in json.loads(content[:at]):
        number = math.prod(shape)
        array = np.frombuffer(content, dtype, number, at)
        arrays.append(array.reshape(shape))
        at += array.nbytes
    return LandmarkForest(*arrays)


def read_forest(path):
    """Read a file that ``dlib.shape_predictor`` reads.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    LandmarkForest

    Raises
    ------
    FerClassicError
        It is not such a file, or damaged.
    """
    try:
        data = np.memmap(path, np.uint8, "r")
    except (OSError, ValueError) as error:  # ValueError: it is empty
        raise _wrong(path, getattr(error, "strerror", None) or str(error)) from None
    reader = _Reader(path, data)
    reader.expect(1, "version")
    mean = reader.vector()
    reader.check(len(mean) % 2 == 0 and np.ptp(mean) > SPREAD, "mean shape")
    cascades, (trees, splits) = reader.whole("cascades"), reader.ahead(2)
    reader.check(data.size >= 4 * cascades * trees * splits, "trees")
    shape = (cascades, trees, splits)
    pairs, thresholds = np.empty((*shape, 2), np.int32), np.empty(shape, np.float32)
    reader.check(data.size >= 4 * cascades * trees * (splits + 1) * len(mean), "leaves")
    leaves = np.empty((cascades, trees, splits + 1, len(mean)), np.float32)
    reader.trees(pairs, thresholds, leaves)
    anchors, deltas = reader.pixels(cascades)
    reader.check(reader.at == data.size, "end")
    reader.check(_moderate(leaves), "leaves")
    reader.check(_inside(anchors, len(mean) // 2), "points of the pixels")
    reader.check(_inside(pairs, anchors.shape[1]), "pixels of the trees")
    return LandmarkForest(mean, anchors, deltas, pairs, thresholds, leaves)


def _loops():
    from fer_classic.faces import _forest

    return _forest


def _moderate(coordinates):
    return np.abs(coordinates).max(initial=0) <= LARGEST  # which NaN is not


def _inside(numbers, end):
    return numbers.size and numbers.min() >= 0 and numbers.max() < end


def _wrong(path, reason):
    return FerClassicError(f"{path} is not a landmark file of dlib's: {reason}.")


class _Reader:
    """A place in the bytes of a file; what is not as it must be is an error."""

    def __init__(self, path, data):
        self.path, self.data, self.at = path, data, 0

    def check(self, fits, what):
        if not fits:
            raise _wrong(self.path, f"its {what} cannot be read")

    def moved(self, at, what):
        self.check(at >= 0, what)
        self.at = int(at)

    def whole(self, what, least=1):
        value, at = _loops().read_whole(self.data, self.at)
        self.moved(at, what)
        self.check(least <= value <= MOST, f"number of {what}")
        return int(value)

    def expect(self, value, what):
        found, at = _loops().read_whole(self.data, self.at)
        self.moved(at, what)
        self.check(found == value, what)

    def ahead(self, number):
        """The next numbers, which stay to be read: what the first tree says."""
        before = self.at
        found = [self.whole("trees") for _ in range(number)]
        self.at = before
        return found

    def floats(self, number, what):
        self.check(number <= self.data.size, what)
        out = np.empty(number, np.float32)
        at = _loops().read_floats(self.data, self.at, _loops().POWERS, out)
        self.moved(at, what)
        self.check(_moderate(out), what)
        return out

    def vector(self):
        """A matrix of one column; its size is written negative."""
        found, at = _loops().read_whole(self.data, self.at)
        self.moved(at, "mean shape")
        self.check(2 <= -found <= MOST, "mean shape")
        self.expect(-1, "mean shape")
        return self.floats(-int(found), "mean shape")

    def trees(self, pairs, thresholds, leaves):
        more = _loops().POWERS, pairs, thresholds, leaves
        self.moved(_loops().read_trees(self.data, self.at, *more), "trees")

    def pixels(self, cascades):
        """Anchors and deltas of the pixels that each cascade looks at."""
        anchors, deltas = [], []
        self.expect(cascades, "pixels")
        for _ in range(cascades):
            number = self.whole("pixels")
            anchors.append([self.whole("points", least=0) for _ in range(number)])
        self.expect(cascades, "places of pixels")
        for own in anchors:
            self.expect(len(own), "places of pixels")
            deltas.append(self.floats(2 * len(own), "places of pixels").reshape(-1, 2))
        self.check(len({len(own) for own in anchors}) == 1, "pixels")
        return np.array(anchors, np.int32), np.array(deltas)
