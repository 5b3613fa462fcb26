"""The steps put together: train a model, and predict with it."""

from dataclasses import replace

import numpy as np

from fer_classic.classify import ExpressionClassifier
from fer_classic.duplicates import duplicate_groups, merge_groups
from fer_classic.errors import FerClassicError
from fer_classic.evaluate import check_folds, evaluate, grouped_folds
from fer_classic.experts import fit_expert
from fer_classic.features import FeatureTable, compute_features
from fer_classic.landmarks import mirror_landmarks
from fer_classic.persist import Model
from fer_classic.runs import Timer
from fer_classic.submission import Predictions

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
    """
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
    crops = np.ascontiguousarray(faces.crops[:, :, ::-1])
    landmarks = mirror_landmarks(faces.landmarks, crops.shape[2])
    return replace(faces, crops=crops, landmarks=landmarks)


def fold_groups(faces):
    """Groups that no split may part: copies of one image, and the user's groups.

    Parameters
    ----------
    faces : FaceTable

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
            "without --strict."
        )
    rows = np.flatnonzero(readable & (faces.labels >= 0))
    check_classes(faces.labels[rows], faces.classes)
    return rows


def check_classes(labels, classes):
    """Raise if a class has fewer than two images.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        Codes of the readable images, or of all where nothing has been read yet.
    classes : ClassSet

    Raises
    ------
    FerClassicError
        Names the class and what to do.
    """
    counts = np.bincount(labels[labels >= 0], minlength=len(classes))
    for name, count in zip(classes.names, counts, strict=True):
        if count < 2:
            have = "no readable image" if count == 0 else "a single readable image"
            raise FerClassicError(
                f"Class {name!r} has {have} in the training set; every class needs at "
                f"least 2. Add images named like {name}_0001.jpg, or train on another "
                "class set with --classes."
            )


def train_model(faces, settings, *, jobs=-1, strict=False, progress=None, timer=None):
    """Train on the labelled rows of a face table.

    Parameters
    ----------
    faces : FaceTable
    settings : Settings
    jobs : int
        Threads.
    strict : bool
        Whether an unreadable file is an error.
    progress : callable, optional
        Called as ``progress(round, held-out log loss)``.
    timer : Timer, optional

    Returns
    -------
    Model
        Its ``trained_on`` has counts, curves and, if ``settings.folds``, the scores of
        a cross-validation.

    Raises
    ------
    FerClassicError
        A class is missing or too small.
    """
    timer = timer or Timer()
    faces = faces.take(training_rows(faces, strict=strict))
    with timer("duplicates"):
        groups = fold_groups(faces)
    trained_on = {
        "images": len(faces),
        "classes": _counts(faces),
        "groups": len(np.unique(groups)),
        "faces_found": int(faces.covered.sum()),
    }
    out_of_fold = None
    try:
        if settings.folds:
            with timer("cross-validation"):
                scores, out_of_fold = _cross_validation(faces, groups, settings, jobs)
            trained_on["cross_validation"] = scores
        model = _learn(faces, groups, settings, jobs, progress, timer)
    except FerClassicError:
        raise
    except ValueError as error:
        raise FerClassicError(str(error)) from None
    trained_on["best_iteration"] = model.classifier.best_iteration_
    trained_on["curves"] = _rounded(model.classifier.curves_)
    return replace(model, trained_on=trained_on, out_of_fold=out_of_fold)


def _learn(faces, groups, settings, jobs, progress=None, timer=None):
    """Experts, then LightGBM on their out-of-fold scores and the named columns."""
    timer = timer or Timer()
    mirror, experts, scores = None, [], []
    with timer("experts"):
        for own in settings.experts:
            expert, score = fit_expert(faces, groups, own, seed=settings.seed, jobs=jobs)
            experts.append(expert)
            scores.append(score)
    with timer("features"):
        table = _columns(faces, settings, scores)
        if settings.classifier.get("balance") == "mirror":
            mirror = _columns(mirrored(faces), settings, scores).X
    classifier = ExpressionClassifier(
        **settings.classifier, n_jobs=jobs, random_state=settings.seed
    )
    names = np.array(faces.classes.names)[faces.labels]
    with timer("training"):
        classifier.fit(table.X, names, groups, mirror, progress=progress)
    return Model(settings, classifier, table.names, {}, tuple(experts))


def _columns(faces, settings, scores):
    """What LightGBM reads: the experts' scores of each class, and the named columns."""
    parts, names = [], []
    for number, own in enumerate(scores):
        parts.append(own)
        names += [f"expert__e{number}_{name}" for name in settings.class_set.names]
    if settings.features:
        table = features_of(faces, settings.features)
        parts.append(table.X)
        names += table.names
    return FeatureTable(np.concatenate(parts, axis=1), tuple(names))


def _cross_validation(faces, groups, settings, jobs):
    counts = np.bincount(faces.labels)
    check_folds(counts, faces.classes.names, settings.folds)
    probabilities = np.zeros((len(faces), len(faces.classes)))
    for train, test in grouped_folds(faces.labels, groups, settings.folds, settings.seed):
        model = _learn(faces.take(train), groups[train], settings, jobs)
        probabilities[test] = predict_faces(
            model, faces.take(test), jobs=jobs
        ).probabilities
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


def _in_code_order(probabilities, sorted_names, classes):
    """Columns by code instead of by alphabet."""
    return probabilities[:, [list(sorted_names).index(name) for name in classes.names]]


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
    classifier = model.classifier.set_params(n_jobs=jobs)
    classes = model.settings.class_set
    prior = classifier.class_counts_ / classifier.class_counts_.sum()
    probabilities = np.tile(prior, (len(faces), 1))
    rows = np.flatnonzero(faces.readable)
    for start in range(0, len(rows), BATCH):
        some = rows[start : start + BATCH]
        part = faces.take(some)
        scores = [expert.scores(part, jobs) for expert in model.experts]
        table = _columns(part, model.settings, scores)
        if table.names != model.feature_names:
            raise FerClassicError(
                "The features computed here have other columns than the model was "
                "trained on. Train it again with this version."
            )
        probabilities[some] = classifier.predict_proba(table.X)
    probabilities = _in_code_order(probabilities, classifier.classes_, classes)
    labels = probabilities.argmax(axis=1)
    return Predictions(faces.names, labels, probabilities, classes.names)
