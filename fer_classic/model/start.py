"""Start from a model: a user's own faces join those that its experts hold."""

import copy
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fer_classic.compute.timer import Timer
from fer_classic.errors import UsageError
from fer_classic.files.checksums import SEAL, usable
from fer_classic.files.weights import sha256
from fer_classic.learn.calibrate import best_temperature
from fer_classic.learn.own_faces import (
    KINDS,
    MIXTURES,
    USUAL,
    OwnFaces,
    clearly_best,
    own_folds,
)
from fer_classic.learn.trees import softmax
from fer_classic.model.predict import columns, features_of
from fer_classic.model.shipped import folder_of, model_named
from fer_classic.model.startfile import START, StartFaces, load_start
from fer_classic.model.store import Model, load_model
from fer_classic.scores.metrics import confusion_matrix, scores_of_confusion

#: Own faces of which the temperature of the probabilities is half theirs.
TRUSTED = 200


@dataclass(frozen=True)
class Start:
    """A model to start from.

    Attributes
    ----------
    name : str
        Of its folder.
    sha256 : str
        Checksum of the list of its files' checksums.
    model : Model
    faces : StartFaces
    """

    name: str
    sha256: str
    model: Model
    faces: StartFaces

    @property
    def settings(self):
        """Settings of a training that starts here: the model's, on other data."""
        own = {"labels": "auto", "groups": None, "folds": 0, "vote_share": 1.0}
        return replace(self.model.settings, **own)


def read_start(start):
    """A model to start from, by its name or folder.

    Parameters
    ----------
    start : path-like or Start
        Name of a model that comes along, or folder of a model or run.

    Returns
    -------
    Start

    Raises
    ------
    FerClassicError
        It is no model, a network, or one that keeps no start.npz.
    """
    if isinstance(start, Start):
        return start
    named = Path(model_named(start)).resolve()
    folder = folder_of(named)
    if (folder / "network.safetensors").is_file():
        raise UsageError(
            f"The model {named.name!r} is a network, which own photographs cannot join: "
            "start from one of kernel experts, such as five-fast."
        )
    model = load_model(folder)
    if not (folder / START).is_file():
        raise UsageError(
            f"The model {named.name!r} has no {START}, which a training that starts from "
            "it needs: start from five-fast or five-accurate, or train it again and keep "
            "that file (keep_start of train_model)."
        )
    with usable(folder, "model"):
        faces = load_start(folder, model.experts, len(model.settings.class_set))
    return Start(named.name, sha256(folder / SEAL), model, faces)


def check_fits(start, settings):
    """Refuse settings that are not those of the model to start from.

    Parameters
    ----------
    start : Start
    settings : Settings

    Raises
    ------
    UsageError
        Classes, crops or what learns differ.
    """
    own, name = start.settings, f"The start model {start.name!r}"
    if settings.classes != own.classes:
        raise UsageError(
            f"{name} tells {own.classes} classes apart, and the settings say "
            f"{settings.classes}: use the class set {own.classes}, or start from another "
            "model."
        )
    for key, words in (("crop_size", "crops of size"), ("align", "faces of alignment")):
        found, wanted = getattr(settings.faces, key), getattr(own.faces, key)
        if found != wanted:
            raise UsageError(
                f"{name} has learned from {words} {wanted}, and the settings say {found}: "
                f"make them with {wanted}, or start from another model."
            )
    for key in ("experts", "features", "classifier", "network"):
        if getattr(settings, key) != getattr(own, key):
            raise UsageError(
                f"{name} decides what learns, and the settings have other {key}: leave "
                "preset, features, balance and prior out, or train without a start model."
            )


def learn_from(
    start, faces, groups, *, seed=0, jobs=-1, targets=None, weights=None, timer=None
):
    """A model of own faces and those of a start model, weighed by cross-validation.

    Embeddings and trees stay those of the start model; kernels and the temperature of the
    probabilities are learned anew.

    Parameters
    ----------
    start : Start
    faces : FaceTable
        Labelled and readable, every class present.
    groups : ndarray, shape (n,)
        Copies and persons, which no split may part.
    seed : int
    jobs : int
        Threads.
    targets, weights : ndarray, optional
        As :func:`fer_classic.model.fit.learn` takes them.
    timer : Timer, optional

    Returns
    -------
    Model
        Its ``trained_on`` has only "start": what was tried and chosen.
    """
    timer, model, labels = timer or Timer(), start.model, faces.labels
    copied = start.faces.copied_by(faces)
    rows = np.flatnonzero(copied >= 0)
    sets = own_folds(labels, groups, seed)
    with timer("experts"):
        own = [
            OwnFaces(
                *(expert, faces, labels, sets, targets, weights),
                known=(rows, start.faces.scores[number][copied[rows]]),
                jobs=jobs,
            )
            for number, expert in enumerate(model.experts)
        ]
    with timer("features"):
        named = model.settings.features and features_of(faces, model.settings.features)
    with timer("weighing"):
        tried = {
            mixture: _Tried.of(model, faces, own, mixture, named or None)
            for mixture in MIXTURES
        }
        losses = {mixture: found.losses for mixture, found in tried.items()}
        judged = sets.max() >= 0
        chosen = clearly_best(losses, groups) if judged else USUAL
    experts = tuple(part.mixed(chosen) for part in own)
    classifier = _calibrated(model, tried[chosen], labels, judged)
    told = {
        "model": start.name,
        "sha256": start.sha256,
        "images": len(start.faces),
        "copies": len(rows),
        "chosen": {"kind": chosen.kind, "shipped": chosen.shipped, "own": chosen.weight},
        "folds": int(sets.max()) + 1,
    }
    if judged:
        told["scores"] = _scores(tried, chosen, labels)
    trained_on = {"start": told}
    return replace(
        model,
        classifier=classifier,
        experts=experts,
        trained_on=trained_on,
        start=None,
        out_of_fold=None,
    )


@dataclass(frozen=True)
class _Tried:
    """What a mixture says of own faces out of fold.

    ``scores`` are logarithms of the trees' probabilities by code, ``temperature`` is their
    best divisor, ``losses`` are the log losses of the faces after it, each class weighing
    the same.
    """

    scores: np.ndarray
    temperature: float
    losses: np.ndarray

    @classmethod
    def of(cls, model, faces, own, mixture, named):
        scores = [part.out_of_fold(mixture) for part in own]
        table = columns(faces, model.settings, scores, named)
        by_name = model.classifier.predict_proba(table.X.astype(np.float32))
        logs = np.log(by_name[:, _order(model)] + 1e-300)
        labels, number = faces.labels, logs.shape[1]
        temperature = best_temperature(logs, labels, np.full(number, 1 / number))
        right = softmax(logs / temperature)[np.arange(len(labels)), labels]
        counts = np.bincount(labels, minlength=number)
        balance = (len(labels) / number / np.maximum(counts, 1))[labels]
        return cls(logs, temperature, -np.log(right + 1e-12) * balance)


def _order(model):
    """Place of each class in the columns of the classifier."""
    names = list(model.classifier.classes_)
    return [names.index(name) for name in model.settings.class_set.names]


def _calibrated(model, tried, labels, judged):
    """The start model's trees, with counts and temperature of own faces."""
    classifier = copy.copy(model.classifier)
    names = np.array(model.settings.class_set.names)[labels]
    classifier.class_counts_ = np.array(
        [(names == own).sum() for own in classifier.classes_]
    )
    classifier.curves_ = {}
    if judged:
        trust = len(labels) / (len(labels) + TRUSTED)
        scale = tried.temperature**trust
        classifier.temperature_ = float(model.classifier.temperature_ * scale)
        by_name = np.empty_like(tried.scores)
        by_name[:, _order(model)] = tried.scores
        held = softmax(by_name / scale)
        classifier.held_out_ = np.arange(len(labels)), held
    return classifier


def _scores(tried, chosen, labels):
    """Out-of-fold scores of each kind's best mixture, or of the one chosen."""
    told = {}
    for kind in KINDS:
        of_kind = [own for own in tried if own.kind == kind]
        best = min(of_kind, key=lambda own: tried[own].losses.mean())
        best = chosen if chosen.kind == kind else best
        scores = tried[best].scores
        confusion = confusion_matrix(labels, scores.argmax(axis=1), scores.shape[1])
        told[kind] = {
            "balanced_accuracy": float(scores_of_confusion(confusion)["balanced_accuracy"]),
            "log_loss": float(tried[best].losses.mean()),
            "shipped": best.shipped,
            "own": best.weight,
        }
    return told


def in_words(told, n_own):
    """What was chosen, in a line for a person.

    Parameters
    ----------
    told : dict
        ``trained_on["start"]`` of a model.
    n_own : int
        Own photographs.
    """
    chosen, text = told["chosen"], f"{n_own:,} own photographs"
    text += f" beside {told['images']:,} faces of {told['model']}"
    if told["copies"]:
        text += f" ({told['copies']} of them copies of its faces)"
    how = {
        "as_shipped": "the model stays as shipped",
        "joint": f"they join it, each with the weight {chosen['own']:g}",
        "alone": "they learn alone, whose log loss is the least",
    }[chosen["kind"]]
    if "scores" not in told:
        return f"{text}: {how}; all are of one group, so nothing could be compared"
    scores = [
        f"{kind.replace('_', ' ')} {own['balanced_accuracy']:.3f}"
        for kind, own in told["scores"].items()
    ]
    return f"{text}: {how}; balanced accuracy out of fold: {', '.join(scores)}"
