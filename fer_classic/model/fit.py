"""What learns from faces and predicts others: experts below trees, or a network."""

from dataclasses import replace

import numpy as np

from fer_classic.compute.timer import Timer
from fer_classic.faces.landmarks import mirror_landmarks
from fer_classic.learn.classifier import ExpressionClassifier
from fer_classic.learn.cnn.classifier import SmallCNNClassifier
from fer_classic.learn.experts import fit_expert
from fer_classic.model.predict import columns
from fer_classic.model.store import Model


def mirrored(faces):
    """The faces mirrored, for ``balance="mirror"``.

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
