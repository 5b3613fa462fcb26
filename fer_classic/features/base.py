"""What the feature transformers share."""

from inspect import signature

import numpy as np

from fer_classic.errors import one_of


class Parameters:
    """Parameters as scikit-learn's estimators have them, without importing scikit-learn.

    Predicting must not wait for it. The public estimators are subclasses that have its
    base classes too (:mod:`fer_classic.features.estimators`).
    """

    def get_params(self, deep=True):
        """The parameters by name.

        Parameters
        ----------
        deep : ignored

        Returns
        -------
        dict
        """
        names = signature(type(self)).parameters  # without self
        return {name: getattr(self, name) for name in sorted(names)}

    def set_params(self, **parameters):
        """Change parameters.

        Parameters
        ----------
        **parameters
            By name.

        Raises
        ------
        UsageError
            There is no parameter of that name.
        """
        known = self.get_params()
        for name, value in parameters.items():
            setattr(self, one_of(name, known, f"parameter of {type(self).__name__}"), value)
        return self


def check_fitted(owner, learned=None):
    """Raise scikit-learn's NotFittedError unless ``fit`` has been called.

    Parameters
    ----------
    owner : estimator
    learned : str, optional
        An attribute that ``fit`` sets; by default any whose name ends in "_".
    """
    known = vars(owner)
    if learned in known or (learned is None and any(n.endswith("_") for n in known)):
        return
    from sklearn.exceptions import NotFittedError

    raise NotFittedError(
        f"This {type(owner).__name__} is not fitted yet: call fit before this method."
    )


class Transformer(Parameters):
    """A transformer that has ``fit`` and ``transform``."""

    def fit_transform(self, X, y=None):
        """Fit to data and transform them.

        Parameters
        ----------
        X : object
            As for ``fit``.
        y : ignored

        Returns
        -------
        ndarray of float32
        """
        return self.fit(X, y).transform(X)


class CountedColumns:
    """Tells the number of columns before any of them is named.

    A subclass gives ``_validate(size)`` and ``_number(size)``.
    """

    def n_columns(self, size):
        """Number of columns for crops of a size, from the parameters alone.

        Parameters
        ----------
        size : int
            Side of the crops in pixels.

        Raises
        ------
        ValueError
            A parameter is impossible.
        """
        self._validate(size)
        return self._number(size)


class CropFeatures(CountedColumns, Transformer):
    """Base of transformers that read aligned crops.

    A subclass gives ``family``, ``_validate(size)``, ``_number(size)``, ``_names(size)``
    and ``_compute(crops)``.
    """

    reads = "crops"

    def fit(self, X, y=None):
        """Note the size of the crops.

        Parameters
        ----------
        X : ndarray of uint8, shape (n, S, S)
            Aligned gray crops.
        y : ignored

        Raises
        ------
        ValueError
            ``X`` is not an array of square 8-bit crops, or a parameter is impossible.
        """
        self.crop_size_ = check_crops(X).shape[1]
        self._validate(self.crop_size_)
        return self

    def transform(self, X):
        """Compute the features.

        Parameters
        ----------
        X : ndarray of uint8, shape (n, S, S)
            Crops of the size seen by ``fit``.

        Returns
        -------
        ndarray of float32, shape (n, n_features)
        """
        check_fitted(self, "crop_size_")
        crops = check_crops(X)
        check_fitted_size(self, crops)
        return self._compute(np.ascontiguousarray(crops))

    def get_feature_names_out(self, input_features=None):
        """Names of the columns.

        Returns
        -------
        ndarray of object (str), shape (n_features,)
        """
        check_fitted(self)
        return np.array(self._names(self.crop_size_), dtype=object)


def check_crops(crops):
    """Return ``crops`` as an array of shape (n, S, S), dtype uint8, or raise ValueError."""
    crops = np.asarray(crops)
    if crops.ndim != 3 or crops.shape[1] != crops.shape[2] or crops.dtype != np.uint8:
        raise ValueError(
            "Crops must be an array of uint8 with shape (n, side, side). "
            f"Got {crops.dtype} with shape {crops.shape} instead."
        )
    if len(crops) == 0:
        raise ValueError("Found array with 0 sample(s): at least one crop is required.")
    return crops


def check_fitted_size(owner, crops):
    """Raise ValueError unless crops have the size that ``owner`` was fitted to.

    Parameters
    ----------
    owner : transformer with ``crop_size_``
    crops : ndarray of uint8, shape (n, S, S)
    """
    if crops.shape[1] != owner.crop_size_:
        raise ValueError(
            f"{type(owner).__name__} was fitted to crops of {owner.crop_size_} pixels "
            f"a side. Got {crops.shape[1]} instead."
        )


def check_parameter(owner, name, value, low, high, kind=int):
    """Raise ValueError unless a parameter is of its type and within its limits.

    Parameters
    ----------
    owner : object
    name : str
    value : object
    low, high : number
        Limits, both allowed.
    kind : type
        int, or float (which takes integers too).
    """
    types = (int, np.integer) if kind is int else (int, float, np.number)
    fits = isinstance(value, types) and not isinstance(value, bool)
    if not fits or not low <= value <= high:
        raise ValueError(
            f"{name} of {type(owner).__name__} must be of type {kind.__name__}, from "
            f"{low} to {high}. Got {value!r} instead."
        )


def check_cells(owner, largest):
    """Raise ValueError unless ``cells`` of a transformer are different sides of cells.

    Parameters
    ----------
    owner : transformer with ``cells``
    largest : int
        Largest side in pixels.
    """
    cells, name = owner.cells, type(owner).__name__
    if not isinstance(cells, tuple | list) or not cells:
        raise ValueError(
            f"cells of {name} must be a tuple of whole numbers. Got {cells!r} instead."
        )
    for cell in cells:
        check_parameter(owner, "each cell", cell, 1, largest)
    if len(set(cells)) < len(cells):
        raise ValueError(f"cells of {name} must differ. Got {cells!r}: remove one.")
