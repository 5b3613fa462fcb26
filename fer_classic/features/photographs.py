"""Photographs in, named columns out: a transformer for pipelines of one's own."""

import hashlib
import threading
from collections import OrderedDict
from functools import lru_cache

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from fer_classic.data.held import is_single, name_of, read_held
from fer_classic.detect import detector_identity, make_detector
from fer_classic.errors import FerClassicError, UnreadableImage, UsageError, one_of
from fer_classic.faces.photograph import (
    FIRST_SIDE,
    Photograph,
    may_be_reduced,
    read_photograph,
)
from fer_classic.faces.row import find_rows
from fer_classic.faces.settings import FaceSettings
from fer_classic.features import check_located, compute_features, make_extractors

#: What becomes of an image that cannot be read.
UNREADABLE = ("mean", "nan", "error")
#: Faces that this process remembers, so that folds and grids do not seek them again; 5 KB
#: each.
REMEMBERED = 8192

_known = OrderedDict()
_lock = threading.Lock()


class FaceFeatures(TransformerMixin, BaseEstimator):
    """Features of the face in each photograph, for any estimator of scikit-learn's.

    The face that the detector is surest of is aligned by its landmarks, and the features
    of each family are computed from it. Without a face, the whole image stands for it; so
    every photograph is a row. Faces are remembered by the content of their images: in a
    cross-validation or grid search each is sought once in a process.

    Parameters
    ----------
    families : sequence of str, or dict of str to dict
        Of "hog", "lbp", "geometry" and "sift"; a dict gives parameters too, such as
        ``{"hog": {"cell": 8}, "geometry": {}}``.
    detector : str
        As ``--detector`` takes it.
    which : {"best", "largest"}
        Which of several faces counts.
    align : {"68", "5", "none", "box"}
        Landmarks that the face is aligned by.
    crop_size : int
        Side of the aligned face in pixels.
    min_size : float
        Least size of a face in pixels; below 1, as a share of the image's shorter side.
    unreadable : {"mean", "nan", "error"}
        What becomes of an image that cannot be read: the columns' means over the training
        images (SMOTE and most classifiers need numbers), NaN, or an error that names it.
    color : {"rgb", "bgr"}
        Order of the channels of arrays.
    n_jobs : int, optional
        Threads.

    Attributes
    ----------
    means_ : ndarray of float64, shape (n_features,)
        Of the training images that could be read.
    feature_names_ : tuple of str

    Examples
    --------
    >>> import skimage.data
    >>> from fer_classic import FaceFeatures
    >>> features = FaceFeatures({"geometry": {}}).set_output(transform="default")
    >>> X = features.fit_transform([skimage.data.astronaut()])
    >>> X.shape == (1, len(features.get_feature_names_out()))
    True
    """

    def __init__(
        self,
        families=("hog", "lbp", "geometry"),
        *,
        detector="hog",
        which="best",
        align="68",
        crop_size=64,
        min_size=0.0,
        unreadable="mean",
        color="rgb",
        n_jobs=None,
    ):
        self.families = families
        self.detector = detector
        self.which = which
        self.align = align
        self.crop_size = crop_size
        self.min_size = min_size
        self.unreadable = unreadable
        self.color = color
        self.n_jobs = n_jobs

    def fit(self, X, y=None):
        """Learn the columns' names and means.

        Parameters
        ----------
        X : sequence of paths, bytes, arrays or Pillow images
            As :func:`fer_classic.analyze` takes them.
        y : ignored

        Returns
        -------
        self
        """
        self._fitted_columns(X)
        return self

    def fit_transform(self, X, y=None, **_):
        """The same as ``fit`` and ``transform``, with one look at the photographs.

        Parameters
        ----------
        X, y
            As :meth:`fit` takes them.

        Returns
        -------
        ndarray of float32, shape (n, n_features)
        """
        return self._filled(*self._fitted_columns(X))

    def transform(self, X):
        """Compute the columns.

        Parameters
        ----------
        X : sequence of paths, bytes, arrays or Pillow images

        Returns
        -------
        ndarray of float32, shape (n, n_features)
            One row an image, in order.
        """
        check_is_fitted(self)
        return self._filled(*self._columns(X)[:2])

    def get_feature_names_out(self, input_features=None):
        """Names of the columns, such as ``hog__r03_c05_o7_b01``.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        ndarray of object (str), shape (n_features,)
        """
        check_is_fitted(self)
        return np.array(self.feature_names_, dtype=object)

    def _fitted_columns(self, X):
        columns, readable, names = self._columns(X)
        if not readable.any():
            raise FerClassicError(
                f"None of the {len(readable)} images could be read; the first: "
                f"{self._reason(X)}."
            )
        self.feature_names_ = names
        self.means_ = columns[readable].mean(axis=0, dtype=np.float64)
        return columns, readable

    def _filled(self, columns, readable):
        if self.unreadable != "nan":
            columns[~readable] = self.means_.astype(np.float32)
        return columns

    def _columns(self, X):
        """The columns, which rows could be read, and the columns' names."""
        one_of(self.unreadable, UNREADABLE, "unreadable")
        one_of(self.which, ("best", "largest"), "which")
        families, settings = self._families(), self._settings()
        rows = self._rows(_images(X), settings)
        readable = np.array([isinstance(row, tuple) for row in rows], dtype=bool)
        if self.unreadable == "error" and not readable.all():
            bad = int(np.flatnonzero(~readable)[0])
            raise FerClassicError(f"Image {bad} cannot be read: {rows[bad]}.")
        size = settings.crop_size
        crops = np.zeros((len(rows), size, size), np.uint8)
        landmarks = np.zeros((len(rows), 68, 2), np.float32)
        for i in np.flatnonzero(readable):
            crops[i], landmarks[i] = rows[i]
        # Of a blank crop where nothing could be read, so that the shape is known.
        table = compute_features(crops, landmarks, families)
        columns = np.array(table.X, dtype=np.float32)
        columns[~readable] = np.nan
        return columns, readable, table.names

    def _families(self):
        given = self.families
        if isinstance(given, str):
            raise UsageError(
                f"families must be a sequence such as ('hog', 'geometry'), or a dict. Got "
                f"{given!r} instead."
            )
        families = dict(given) if isinstance(given, dict) else {name: {} for name in given}
        make_extractors(families)
        check_located(self.align, families)
        return families

    def _settings(self):
        return FaceSettings(
            detector=self.detector,
            align=self.align,
            crop_size=self.crop_size,
            min_size=self.min_size,
            which=self.which,
        )

    def _rows(self, images, settings):
        from joblib import Parallel, delayed

        identity = (*detector_identity(settings.detector), repr(settings))
        detectors = lru_cache(maxsize=None)(
            lambda _: make_detector(settings.detector, min_size=settings.min_pixels)
        )
        run = Parallel(n_jobs=self.n_jobs, prefer="threads")
        return run(
            delayed(_face)(image, self.color, settings, identity, detectors)
            for image in images
        )

    def _reason(self, X):
        image = _images(X)[0]
        try:
            read_held(image, color=self.color)
        except UnreadableImage as error:
            return f"{name_of(image, 0)}: {error}"
        return f"{name_of(image, 0)} is no image of a known format"

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        return tags


def _images(X):
    """The images as a list; a column of paths is one too."""
    if isinstance(X, np.ndarray) and X.dtype.kind in "OUS":
        X = X.ravel() if X.ndim == 2 and X.shape[1] == 1 else X
    elif is_single(X):
        raise UsageError(
            f"X must hold several photographs: give a list, such as [{name_of(X, 0)!r}]."
        )
    elif hasattr(X, "iloc") and X.ndim == 2:  # a table of one column
        X = X.iloc[:, 0]
    images = list(X)
    if not images:
        raise UsageError("X holds no photograph: at least one is needed.")
    return images


def _face(image, color, settings, identity, detectors):
    """Crop and landmarks of an image's face, or why it cannot be read."""
    try:
        held, _ = read_held(image, color=color, max_pixels=settings.max_pixels)
        key = (_digest(held), identity)
        with _lock:
            if key in _known:
                _known.move_to_end(key)
                return _known[key]
        detector = detectors(threading.get_ident())
        (row,) = find_rows(_photograph(held, detector, settings), detector, settings)
    except UnreadableImage as error:
        return str(error)
    if "crop" not in row:
        return row["error"]
    face = row["crop"], np.asarray(row["landmarks"], dtype=np.float32)
    with _lock:
        _known[key] = face
        while len(_known) > REMEMBERED:
            _known.popitem(last=False)
    return face


def _photograph(held, detector, settings):
    if isinstance(held, np.ndarray):
        return Photograph.of(held)
    least = FIRST_SIDE if may_be_reduced(detector) else None
    return read_photograph(held, least, settings.max_pixels)


def _digest(held):
    if isinstance(held, np.ndarray):
        head = repr(held.shape).encode()
        return hashlib.sha256(head + np.ascontiguousarray(held).tobytes()).digest()
    return hashlib.sha256(held).digest()
