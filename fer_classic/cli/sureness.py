"""What commands do to probabilities before they name an expression."""

from dataclasses import replace

from fer_classic.cli.console import say


def estimated_prior(model, predictions, faces, strength):
    """Predictions under the class shares that they tell of themselves; says which.

    Parameters
    ----------
    model : Model
    predictions : Predictions
    faces : FaceTable
    strength : float
        The option --strength.

    Returns
    -------
    Predictions
    """
    from fer_classic.model.prior import assumed_shares, told_shares, with_estimated_prior

    moved, shares = with_estimated_prior(
        predictions, faces.readable, assumed_shares(model), strength
    )
    say(told_shares(shares))
    return moved


def named_where_sure(predictions, faces, least):
    """Predictions that name no expression where there is no face or little sureness.

    Parameters
    ----------
    predictions : Predictions
    faces : FaceTable
    least : float
        The option --min-probability.

    Returns
    -------
    Predictions
        With the label -1 in those rows.
    """
    import numpy as np

    unsure = predictions.probabilities.max(axis=1) < least
    unsure |= np.array([s in ("no_face", "unreadable") for s in faces.status], dtype=bool)
    if unsure.any():
        say(f"no expression named for {unsure.sum()} of {len(faces)} row(s)")
    return replace(predictions, labels=np.where(unsure, -1, predictions.labels))
