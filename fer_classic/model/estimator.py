"""A model behind scikit-learn's interface: faces in, expressions out."""

from dataclasses import replace

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from fer_classic.errors import UsageError
from fer_classic.faces.crops import table_of_crops
from fer_classic.faces.table import FaceTable
from fer_classic.model.predict import predict_faces
from fer_classic.model.store import load_model
from fer_classic.model.train import train_model
from fer_classic.settings import Settings


class ExpressionModel(ClassifierMixin, BaseEstimator):
    """Experts, features, trees or a network, as settings say, as one classifier.

    What it takes are faces: a :class:`FaceTable`, or a pair of crops and landmarks. A
    table can be cut by rows, so that ``cross_val_score`` and ``GridSearchCV`` take it.

    Parameters
    ----------
    settings : Settings, optional
        The defaults of :class:`fer_classic.Settings` if None.
    n_jobs : int
        Threads; -1 for all cores.

    Attributes
    ----------
    classes_ : ndarray of str, shape (n_classes,)
        Expressions by code.
    model_ : Model
        As :func:`fer_classic.save_model` takes it.

    Examples
    --------
    >>> import fer_classic as fc
    >>> faces = fc.extract_faces(fc.read_dataset("train/"))  # doctest: +SKIP
    >>> model = fc.ExpressionModel(fc.Settings()).fit(faces)  # doctest: +SKIP
    >>> model.predict(faces)  # doctest: +SKIP
    array(['happiness', 'neutral', ...])
    """

    def __init__(self, settings=None, *, n_jobs=-1):
        self.settings = settings
        self.n_jobs = n_jobs

    @classmethod
    def load(cls, folder, *, n_jobs=-1):
        """A trained model from its folder, ready to predict.

        Parameters
        ----------
        folder : path-like
            As :func:`fer_classic.load_model` takes it.
        n_jobs : int
            Threads; -1 for all cores.

        Returns
        -------
        ExpressionModel
        """
        model = load_model(folder)
        return cls(model.settings, n_jobs=n_jobs)._with(model)

    def fit(self, X, y=None, *, groups=None, sample_weight=None, targets=None):
        """Train on labelled faces.

        Parameters
        ----------
        X : FaceTable or pair of ndarrays
            Aligned gray crops, uint8, shape (n, S, S), and their landmarks, float, shape
            (n, 68, 2), in pixels of the crop.
        y : array of str or int, shape (n,), optional
            Expressions by name or code; the table's own labels if None.
        groups : array, shape (n,), optional
            Persons, say: rows of one group are never parted; the table's own if None.
        sample_weight : ndarray of float, shape (n,), optional
            A row of weight 2 counts as two rows.
        targets : ndarray of float, shape (n, n_classes), optional
            Shares of the classes in each row, where a label says too little.

        Returns
        -------
        self

        Raises
        ------
        FerClassicError
            A class is missing or too small, or a label is none of the class set.
        """
        settings = self.settings or Settings()
        faces = _labelled(self._faces(X, settings), y, groups, settings)
        model = train_model(
            faces, settings, jobs=self.n_jobs, targets=targets, weights=sample_weight
        )
        return self._with(model)

    def predict_proba(self, X):
        """Probabilities of the expressions.

        Parameters
        ----------
        X : FaceTable or pair of ndarrays
            As for ``fit``.

        Returns
        -------
        ndarray of float64, shape (n, n_classes)
        """
        check_is_fitted(self)
        faces = self._faces(X, self.model_.settings)
        return predict_faces(self.model_, faces, jobs=self.n_jobs).probabilities

    def predict(self, X):
        """The likeliest expressions.

        Parameters
        ----------
        X : FaceTable or pair of ndarrays
            As for ``fit``.

        Returns
        -------
        ndarray of str, shape (n,)
        """
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def _with(self, model):
        self.model_ = model
        self.classes_ = np.array(model.settings.class_set.names)
        return self

    def _faces(self, X, settings):
        if isinstance(X, FaceTable):
            return X.with_classes(settings.classes)
        return table_of_crops(*X, settings=settings.faces, classes=settings.class_set)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        return tags


def _labelled(faces, y, groups, settings):
    """The faces with other labels and groups, where some are given."""
    if y is not None:
        names = settings.class_set.names
        codes = {name: code for code, name in enumerate(names)}
        codes |= {code: code for code in codes.values()}
        wrong = sorted({str(own) for own in y if own not in codes})
        if wrong:
            raise UsageError(
                f"y must hold names of {{{', '.join(names)}}} or codes from 0 to "
                f"{len(names) - 1}. Got {wrong[0]!r}."
            )
        faces = replace(faces, labels=np.array([codes[own] for own in y], dtype=np.int64))
    if groups is not None:
        faces = replace(faces, groups=tuple(map(str, groups)))
    return faces
