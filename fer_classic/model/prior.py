"""Predictions moved to the class shares of the images at hand."""

from dataclasses import replace

import numpy as np

from fer_classic.learn.prior_shift import estimated_shares, with_shares
from fer_classic.model.predict import class_frequencies

#: Fewer images than this say too little about the shares of their classes.
LEAST = 20


def with_estimated_prior(predictions, rows, assumed=None, strength=1.0):
    """Predictions moved to the class shares that they tell of themselves.

    Parameters
    ----------
    predictions : Predictions
    rows : ndarray of bool, shape (n,)
        The images that count; the others (unreadable ones) stay as they are.
    assumed : ndarray of float, shape (k,), optional
        Class shares that the probabilities assume; even ones by default.
    strength : float
        From 0 (nothing happens) to 1.

    Returns
    -------
    predictions : Predictions
    shares : dict of str to float, or None
        Estimated shares by class; None where fewer than 20 images count, which are left
        as they are.
    """
    rows = np.asarray(rows, dtype=bool)
    if rows.sum() < LEAST:
        return predictions, None
    shares = estimated_shares(predictions.probabilities[rows], assumed)
    moved = predictions.probabilities.copy()
    moved[rows] = with_shares(moved[rows], shares, assumed, strength)
    told = dict(zip(predictions.class_names, shares.tolist(), strict=True))
    labels = np.where(rows, moved.argmax(axis=1), predictions.labels)
    return replace(predictions, labels=labels, probabilities=moved), told


def told_shares(shares):
    """A sentence that tells what :func:`with_estimated_prior` found.

    Parameters
    ----------
    shares : dict of str to float, or None
    """
    if shares is None:
        return f"fewer than {LEAST} images: their class shares are not estimated"
    told = ", ".join(f"{name} {share:.1%}" for name, share in shares.items())
    return f"class shares estimated from the predictions: {told}"


def assumed_shares(model):
    """Class shares that a model's probabilities assume, by code.

    Parameters
    ----------
    model : Model

    Returns
    -------
    ndarray of float64, shape (k,)
    """
    if model.classifier.prior == "uniform":
        number = len(model.settings.class_set)
        return np.full(number, 1 / number)
    return class_frequencies(model)
