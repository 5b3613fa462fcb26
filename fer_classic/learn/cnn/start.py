"""A training as the parameters of a classifier ask for it, and how fast it will be."""

import hashlib
import json
import time

import numpy as np
import torch

from fer_classic.learn.cnn.augment import random_views
from fer_classic.learn.cnn.networks import Network
from fer_classic.learn.cnn.parameters import Recipe, chosen_device
from fer_classic.learn.cnn.training import Training

#: Epochs where none are given: what a CPU does in a quarter of an hour, and a GPU's 60.
EPOCHS = {"cpu": 20, "cuda": 60}


def planned_epochs(classifier):
    """Epochs at most, as the device decides where none are given."""
    return classifier.epochs or EPOCHS[chosen_device(classifier.device)]


def new_training(classifier, X, codes, learned, held, shares=None):
    """A training at its beginning, its data on the device.

    Parameters
    ----------
    classifier : SmallCNNClassifier
        Its ``classes_`` are known.
    X : ndarray of uint8, shape (n, S, S)
    codes : ndarray of int, shape (n,)
    learned, held : ndarray of int
        Rows.
    shares : ndarray of float, shape (n, k), optional
        Of the classes in each row, to learn in place of ``codes``.
    """
    device = chosen_device(classifier.device)

    def on_device(rows):
        crops = torch.from_numpy(np.ascontiguousarray(X[rows])).to(device)
        return crops, torch.from_numpy(codes[rows].astype(np.int64)).to(device)

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(classifier.random_state)
        network = Network(classifier.network, len(classifier.classes_), classifier.size)
    names = Recipe.__dataclass_fields__.keys() - {"epochs", "seed"}
    recipe = Recipe(
        **{name: getattr(classifier, name) for name in names},
        epochs=planned_epochs(classifier),
        seed=classifier.random_state,
    )
    parts = on_device(learned), on_device(held) if len(held) else None
    if shares is not None:
        shares = torch.from_numpy(shares[learned].astype(np.float32)).to(device)
    return Training(network, recipe, *parts, shares)


def identity_of(recipe, classifier, X, codes, held, shares=None):
    """What a checkpoint belongs to: in words what a person chose, and a checksum.

    Parameters
    ----------
    recipe : Recipe
    classifier : SmallCNNClassifier
    X : ndarray of uint8, shape (n, S, S)
    codes : ndarray of int, shape (n,)
    held : ndarray of int
    shares : ndarray of float, shape (n, k), optional
    """
    digest = hashlib.sha256(json.dumps(vars(recipe), sort_keys=True).encode())
    for array in (X, codes, held, *([] if shares is None else [shares])):
        digest.update(np.ascontiguousarray(array))
    return (
        f"network {classifier.network!r} of {classifier.size} pixels, "
        f"{len(classifier.classes_)} classes, {len(X)} faces, {recipe.epochs} epochs, "
        f"{digest.hexdigest()[:16]}"
    )


def speed_of(classifier, X, n_classes, steps=4):
    """Time some steps of a training that is then thrown away.

    Parameters
    ----------
    classifier : SmallCNNClassifier
        Not changed.
    X : ndarray of uint8, shape (n, S, S)
        Some faces.
    n_classes : int
    steps : int

    Returns
    -------
    weights : int
        Of the network.
    seconds : float
        To learn from a face once.
    share : float
        Part of that spent in the network, not in changing faces.
    """
    from sklearn.base import clone

    own = clone(classifier)
    own.classes_ = np.arange(n_classes)
    codes, none = np.arange(len(X)) % n_classes, np.empty(0, dtype=np.int64)
    with own.own_threads():
        training = new_training(own, X, codes, np.arange(len(X)), none)
        training.network.train()
        generator = torch.Generator(training.device).manual_seed(0)
        rows = torch.arange(training.batch_size, device=training.device)
        changing, learning = [], []
        for _ in range(steps + 1):
            start = _clock(training.device)
            views = random_views(training.crops[rows], own.size, generator)
            between = _clock(training.device)
            training.step(views, training.codes[rows], 0.0)
            changing.append(between - start)
            learning.append(_clock(training.device) - between)
    changing, learning = sum(changing[1:]), sum(learning[1:])  # the first one warms up
    weights = sum(p.numel() for p in training.network.parameters())
    whole = changing + learning
    return weights, whole / (steps * training.batch_size), learning / whole


def _clock(device):
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()
