"""What learns from faces and predicts others: experts below trees, or a network."""

from dataclasses import replace

import numpy as np

from fer_classic.classify import ExpressionClassifier
from fer_classic.cnn.classifier import SmallCNNClassifier
from fer_classic.errors import FerClassicError
from fer_classic.experts import add_scores, fit_expert
from fer_classic.features import FeatureTable, check_located, compute_features
from fer_classic.landmarks import mirror_landmarks
from fer_classic.persist import Model
from fer_classic.runs import Timer

#: Faces whose features are computed at a time when predicting.
BATCH = 4096


def features_of(faces, features):
    """Features of a face table.

    Parameters
    ----------
    faces : FaceTable
    features : dict of str to dict
        Parameters by family.

    Returns
    -------
    FeatureTable

    Raises
    ------
    UsageError
        A family reads landmarks, and none were located.
    """
    check_located(faces.settings.align, features)
    return compute_features(faces.crops, faces.landmarks, features)


def mirrored(faces):
    """The faces mirrored, for ``balance="mirror"``.

    Parameters
    ----------
    faces : FaceTable

    Returns
    -------
    FaceTable
        With other crops and landmarks; places in the photograph stay.
    """
    crops, upright = (
        np.ascontiguousarray(own[:, :, ::-1]) for own in (faces.crops, faces.upright)
    )
    landmarks = mirror_landmarks(faces.landmarks, crops.shape[2])
    return replace(faces, crops=crops, upright=upright, landmarks=landmarks)


def learn(faces, groups, settings, *, jobs=-1, progress=None, timer=None, named=None):
    """Experts, then LightGBM on their summed out-of-fold scores and the named columns.

    Parameters
    ----------
    faces : FaceTable
        Labelled and readable.
    groups : ndarray, shape (n,)
        Copies and persons, which no split inside the training may part.
    settings : Settings
    jobs : int
        Threads.
    progress : callable, optional
        Called as ``progress(round, held-out log loss)``.
    timer : Timer, optional
    named : FeatureTable, optional
        The named columns, where they are known already.

    Returns
    -------
    Model
        Without ``trained_on``.
    """
    timer = timer or Timer()
    mirror, experts, scores = None, [], []
    with timer("experts"):
        for own in settings.experts:
            expert, score = fit_expert(faces, groups, own, seed=settings.seed, jobs=jobs)
            experts.append(expert)
            scores.append(score)
    with timer("features"):
        table = columns(faces, settings, scores, named)
        if settings.classifier.get("balance") == "mirror":
            mirror = columns(mirrored(faces), settings, scores).X
    classifier = ExpressionClassifier(
        **settings.classifier, n_jobs=jobs, random_state=settings.seed
    )
    names = np.array(faces.classes.names)[faces.labels]
    with timer("training"):
        classifier.fit(table.X, names, groups, mirror, progress=progress)
    return Model(settings, classifier, table.names, {}, tuple(experts))


def learn_network(
    faces, groups, settings, *, jobs=-1, progress=None, timer=None, checkpoint=None
):
    """The small network on the crops.

    Parameters
    ----------
    faces, groups, settings, jobs, timer
        As in :func:`learn`.
    progress : callable, optional
        Called as ``progress(epochs done, note)``, with a fraction of an epoch.
    checkpoint : path-like, optional
        File that keeps each epoch, from which the training goes on if it is there.

    Returns
    -------
    Model
        Without ``trained_on``.
    """
    timer = timer or Timer()
    classifier = SmallCNNClassifier(
        **settings.network, n_jobs=jobs, random_state=settings.seed
    )
    names = np.array(faces.classes.names)[faces.labels]
    with timer("training"):
        classifier.fit(faces.crops, names, groups, progress, checkpoint)
    return Model(settings, classifier, (), {})


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

    Returns
    -------
    FeatureTable
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
    classifier = model.classifier.set_params(n_jobs=jobs)
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
