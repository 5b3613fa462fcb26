"""The steps put together: train a model, and predict with it."""

from dataclasses import replace

import numpy as np

from fer_classic.compute.timer import Timer
from fer_classic.data.dataset import check_classes
from fer_classic.data.duplicates import duplicate_groups, merge_groups
from fer_classic.errors import FerClassicError
from fer_classic.model.fit import learn, learn_network
from fer_classic.model.predict import features_of, predict_part
from fer_classic.model.start import check_fits, learn_from, read_start
from fer_classic.model.startfile import start_faces
from fer_classic.scores.folds import check_folds, grouped_folds
from fer_classic.scores.metrics import evaluate
from fer_classic.settings import Settings


def fold_groups(faces):
    """Groups that no split may part: copies of one image, and the user's groups.

    Returns
    -------
    ndarray of int64, shape (n,)
    """
    copies = duplicate_groups(faces.digests, faces.hashes, faces.readable)
    return merge_groups(copies, faces.groups)


def training_rows(faces, *, strict=False):
    """Rows to train on: labelled and readable; checks that every class is there.

    Parameters
    ----------
    faces : FaceTable
    strict : bool
        Whether an unreadable file is an error.

    Returns
    -------
    ndarray of int

    Raises
    ------
    FerClassicError
        A class has fewer than two images, or no image can be read.
    """
    readable = faces.readable
    if not readable.any():
        raise FerClassicError(
            f"None of the {len(faces)} training images could be read; the first, "
            f"{faces.names[0]!r}: {faces.errors[0]}."
        )
    if strict and not readable.all():
        bad = int(np.flatnonzero(~readable)[0])
        raise FerClassicError(
            f"{(~readable).sum()} training image(s) cannot be read; the first, "
            f"{faces.names[bad]!r}: {faces.errors[bad]}. Mend or remove them, or run "
            "without `strict`."
        )
    rows = np.flatnonzero(readable & (faces.labels >= 0))
    check_classes(faces.labels[rows], faces.classes)
    return rows


def train_model(
    faces,
    settings=None,
    *,
    jobs=-1,
    strict=False,
    progress=None,
    timer=None,
    checkpoint=None,
    targets=None,
    weights=None,
    start=None,
    keep_start=False,
):
    """Train on the labelled rows of a face table.

    Parameters
    ----------
    faces : FaceTable
    settings : Settings, optional
        By default the start model's, else those of :class:`Settings`, on these faces.
    jobs : int
        Threads.
    strict : bool
        Whether an unreadable file is an error.
    progress : callable, optional
        Called as ``progress(round, held-out log loss)``; of a network, as
        ``progress(epochs done, note)``.
    timer : Timer, optional
    checkpoint : path-like, optional
        File that keeps each epoch of a network.
    targets : ndarray of float, shape (n, n_classes), optional
        Shares of the classes in each row, as
        :func:`fer_classic.data.voted.training_shares` mixes them of labels and votes.
    weights : ndarray of float, shape (n,), optional
        A row of weight 2 counts as two rows.
    start : path-like or Start, optional
        Model whose faces these faces join, such as "five-fast"; how much either counts
        is found by cross-validation (docs/start.md).
    keep_start : bool
        Whether the model keeps what others need to start from it.

    Returns
    -------
    Model
        Its ``trained_on`` has counts, curves and, if ``settings.folds``, the scores of
        a cross-validation; where there is a start model, what was tried and chosen.

    Raises
    ------
    FerClassicError
        A class is missing or too small; the start model does not fit.
    """
    timer, start = timer or Timer(), start and read_start(start)
    settings = settings or _settings_for(faces, start)
    if start:
        check_fits(start, replace(settings, faces=faces.settings))
    rows = training_rows(faces, strict=strict)
    faces = faces.take(rows)
    given = {
        key: np.asarray(own)[rows]
        for key, own in {"targets": targets, "weights": weights}.items()
        if own is not None
    }
    with timer("duplicates"):
        groups = fold_groups(faces)
    trained_on = {
        "images": len(faces),
        "classes": _counts(faces),
        "groups": len(np.unique(groups)),
        "faces_found": int(faces.covered.sum()),
    }
    if targets is not None:
        trained_on["images_of_several_classes"] = int(
            ((given["targets"] > 0).sum(axis=1) > 1).sum()
        )
    if keep_start and start:
        raise FerClassicError(
            "A model that starts from another cannot be started from: leave keep_start or "
            "start out."
        )
    if settings.network and "weights" in given:
        raise FerClassicError(
            "A network weighs all images alike: train it without weights."
        )
    out_of_fold = None
    try:
        if settings.folds:
            with timer("cross-validation"):
                scores, out_of_fold = _cross_validation(
                    faces, groups, settings, jobs, given, start
                )
            trained_on["cross_validation"] = scores
        with_bar = {"jobs": jobs, "progress": progress, "timer": timer}
        if settings.network:
            with_bar["checkpoint"] = checkpoint
            model = learn_network(faces, groups, settings, **with_bar, **given)
            trained_on["notes"] = model.classifier.notes_
        elif start:
            own = {"seed": settings.seed, "jobs": jobs, "timer": timer}
            model = learn_from(start, faces, groups, **own, **given)
            model = replace(model, settings=settings)
            trained_on |= model.trained_on
        else:
            model = learn(faces, groups, settings, **with_bar, **given)
    except FerClassicError:
        raise
    except ValueError as error:
        raise FerClassicError(str(error)) from None
    trained_on["best_iteration"] = model.classifier.best_iteration_
    trained_on["curves"] = _rounded(model.classifier.curves_)
    kept = start_faces(faces, model.experts) if keep_start else None
    return replace(model, trained_on=trained_on, out_of_fold=out_of_fold, start=kept)


def _settings_for(faces, start):
    """Settings where none are given."""
    if start:
        return replace(start.settings, faces=faces.settings)
    return Settings(classes=faces.classes.key, faces=faces.settings)


def _cross_validation(faces, groups, settings, jobs, given, start=None):
    counts = np.bincount(faces.labels)
    check_folds(counts, faces.classes.names, settings.folds)
    named = features_of(faces, settings.features) if settings.features else None
    probabilities = np.zeros((len(faces), len(faces.classes)))
    for train, test in grouped_folds(faces.labels, groups, settings.folds, settings.seed):
        own = {key: value[train] for key, value in given.items()}
        data = faces.take(train), groups[train]
        if start:
            model = learn_from(start, *data, seed=settings.seed, jobs=jobs, **own)
        else:
            part = named and named.take(train)
            model = learn(*data, settings, jobs=jobs, named=part, **own)
        probabilities[test] = predict_part(model, faces, test, jobs=jobs, named=named)
    scores = evaluate(
        faces.labels,
        probabilities.argmax(axis=1),
        faces.classes.names,
        probabilities,
        groups=groups,
        prior=settings.classifier.get("prior", "uniform"),
    )
    return scores | {"folds": settings.folds}, probabilities


def _rounded(curves):
    """Curves without the last digits, which depend on the number of threads."""
    return {
        part: {name: [float(f"{v:.9g}") for v in own] for name, own in metrics.items()}
        for part, metrics in curves.items()
    }


def _counts(faces):
    counts = np.bincount(faces.labels, minlength=len(faces.classes))
    return dict(zip(faces.classes.names, counts.tolist(), strict=True))
