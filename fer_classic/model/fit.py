"""What learns from faces and predicts others: experts below trees, or a network."""

from dataclasses import replace

import numpy as np

from fer_classic.compute.timer import Timer
from fer_classic.faces.landmarks import mirror_landmarks
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


def learn(
    faces,
    groups,
    settings,
    *,
    jobs=-1,
    progress=None,
    timer=None,
    named=None,
    targets=None,
    weights=None,
):
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
    targets : ndarray of float, shape (n, n_classes), optional
        Shares of the classes in each row, of sum 1; by default 1 for its label.
    weights : ndarray of float, shape (n,), optional
        A row of weight 2 counts as two rows.

    Returns
    -------
    Model
        Without ``trained_on``.
    """
    from fer_classic.learn.classifier import ExpressionClassifier

    timer = timer or Timer()
    mirror, experts, scores = None, [], []
    given = {"seed": settings.seed, "targets": targets, "sample_weight": weights}
    with timer("experts"):
        for own in settings.experts:
            expert, score = fit_expert(faces, groups, own, jobs=jobs, **given)
            experts.append(expert)
            scores.append(score)
    with timer("features"):
        table = columns(faces, settings, scores, named)
        if settings.classifier.get("balance") == "mirror":
            mirror = columns(mirrored(faces), settings, scores).X
    classifier = ExpressionClassifier(
        **settings.classifier, n_jobs=jobs, random_state=settings.seed
    )
    rows, codes, counted = _row_for_each_class(faces.labels, targets, weights)
    names = np.array(faces.classes.names)[codes]
    mirror = None if mirror is None else mirror[rows]
    with timer("training"):
        classifier.fit(
            table.X[rows],
            names,
            groups[rows],
            mirror,
            progress=progress,
            weights=counted,
        )
    if targets is not None:
        classifier.held_out_ = _each_row_once(classifier.held_out_, rows)
    return Model(settings, classifier, table.names, {}, tuple(experts))


def _row_for_each_class(labels, targets, weights):
    """Rows, codes and weights for trees: a row for each class that it has a share in."""
    if targets is None:
        return np.arange(len(labels)), labels, weights
    rows, codes = np.nonzero(targets)
    shares = targets[rows, codes]
    return rows, codes, shares if weights is None else shares * weights[rows]


def _each_row_once(held_out, rows):
    """Held-out rows and probabilities, of which some rows have several."""
    held, probabilities = held_out
    own, first = np.unique(rows[held], return_index=True)
    return own, probabilities[first]


def learn_network(
    faces,
    groups,
    settings,
    *,
    jobs=-1,
    progress=None,
    timer=None,
    checkpoint=None,
    targets=None,
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
    targets : ndarray of float, shape (n, n_classes), optional
        Shares of the classes in each row, to learn in place of one class.

    Returns
    -------
    Model
        Without ``trained_on``.
    """
    from fer_classic.learn.cnn.classifier import SmallCNNClassifier

    timer = timer or Timer()
    classifier = SmallCNNClassifier(
        **settings.network, n_jobs=jobs, random_state=settings.seed
    )
    known = np.array(faces.classes.names)
    if targets is not None:  # classes without an image are not learned
        present = np.unique(faces.labels)
        targets = targets[:, present[np.argsort(known[present])]]
        targets = targets / targets.sum(axis=1, keepdims=True)
    names = known[faces.labels]
    with timer("training"):
        classifier.fit(faces.crops, names, groups, progress, checkpoint, targets)
    return Model(settings, classifier, (), {})
