"""What a trained model says of faces: its predictions."""

from dataclasses import dataclass, replace

import numpy as np

from fer_classic.errors import FerClassicError
from fer_classic.features import FeatureTable, check_located, compute_features
from fer_classic.learn.experts import add_scores

#: Faces whose features are computed at a time when predicting.
BATCH = 4096


def features_of(faces, features):
    """Features of a face table.

    Parameters
    ----------
    faces : FaceTable
    features : dict of str to dict
        Parameters by family.

    Raises
    ------
    UsageError
        A family reads landmarks, and none were located.
    """
    check_located(faces.settings.align, features)
    return compute_features(faces.crops, faces.landmarks, features)


def columns(faces, settings, scores, named=None):
    """What LightGBM reads: the experts' summed scores, and the named columns.

    A sum, because trees that may choose between a strong expert and a weaker one use the
    weaker one too often (docs/experiments.md).

    Parameters
    ----------
    faces : FaceTable
    settings : Settings
    scores : list of ndarray, shape (n, k)
        Of each expert.
    named : FeatureTable, optional
        The named columns, where they are known already.
    """
    parts, names = [], []
    if scores:
        parts.append(add_scores(scores, settings.experts))
        names += [f"expert__{name}" for name in settings.class_set.names]
    if settings.features:
        named = named or features_of(faces, settings.features)
        parts.append(named.X)
        names += named.names
    return FeatureTable(np.concatenate(parts, axis=1), tuple(names))


def predict_part(model, faces, rows, *, jobs=-1, named=None):
    """Probabilities of some rows.

    Parameters
    ----------
    model : Model
    faces : FaceTable
    rows : ndarray of int
        None of them unreadable.
    jobs : int
        Threads.
    named : FeatureTable, optional
        The named columns of all faces, where they are known already.

    Returns
    -------
    ndarray of float64, shape (len(rows), k)
        Columns by code.
    """
    out = np.empty((len(rows), len(model.settings.class_set)))
    for start in range(0, len(rows), BATCH):
        own = rows[start : start + BATCH]
        out[start : start + BATCH] = _probabilities(
            model, faces.take(own), jobs, named and named.take(own)
        )
    return out


def _probabilities(model, faces, jobs, named=None):
    """Probabilities of readable faces, columns by code."""
    classifier = model.classifier
    classifier.n_jobs = jobs  # set_params looks at every parameter: 0.5 ms
    if model.settings.network:
        by_name = classifier.predict_proba(faces.crops)
    else:
        scores = [expert.scores(faces, jobs) for expert in model.experts]
        table = columns(faces, model.settings, scores, named)
        if table.names != model.feature_names:
            raise FerClassicError(
                "The features computed here have other columns than the model was trained "
                "on. Train it again with this version."
            )
        by_name = classifier.predict_proba(table.X)
    order = [list(classifier.classes_).index(n) for n in model.settings.class_set.names]
    return by_name[:, order]


def predict_faces(model, faces, *, jobs=-1):
    """Predict every row of a face table.

    Parameters
    ----------
    model : Model
    faces : FaceTable
    jobs : int
        Threads.

    Returns
    -------
    Predictions
        An unreadable image gets the class frequencies of the training set.
    """
    classes = model.settings.class_set
    probabilities = np.tile(class_frequencies(model), (len(faces), 1))
    rows = np.flatnonzero(faces.readable)
    probabilities[rows] = predict_part(model, faces, rows, jobs=jobs)
    labels = probabilities.argmax(axis=1)
    return Predictions(faces.names, labels, probabilities, classes.names)


def class_frequencies(model):
    """Share of each class among a model's training rows, by code.

    Parameters
    ----------
    model : Model

    Returns
    -------
    ndarray of float64, shape (k,)
    """
    classifier = model.classifier
    counts = dict(zip(classifier.classes_, classifier.class_counts_, strict=True))
    counts = np.array([counts[name] for name in model.settings.class_set.names])
    return counts / counts.sum()


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
