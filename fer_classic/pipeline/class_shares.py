"""Class shares of the test images, found from what a run predicts."""

from fer_classic.model.prior import assumed_shares, told_shares, with_estimated_prior
from fer_classic.scores.metrics import confusion_matrix, scores_of_confusion


def moved_to_shares(model, predictions, faces, strength, watch):
    """Predictions moved to the class shares that they tell of themselves; says which.

    Parameters
    ----------
    model : Model
    predictions : Predictions
    faces : FaceTable
        The rows predicted.
    strength : float
        From 0 (nothing happens) to 1.
    watch : Silent

    Returns
    -------
    predictions : Predictions
    record : dict of JSON types, or None
        strength; shares by class; changed, the images whose expression is another now; and
        balanced_accuracy_before, where there are labels. None where nothing was moved.
    """
    if not strength or not len(faces):
        return predictions, None
    moved, shares = with_estimated_prior(
        predictions, faces.readable, assumed_shares(model), strength
    )
    watch.say(told_shares(shares))
    if shares is None:
        return predictions, None
    before = _balanced_accuracy(faces, predictions)
    changed = int((moved.labels != predictions.labels).sum())
    watch.say(
        f"the expression of {changed} of {len(faces)} images is another by that"
        + ("" if before is None else f"; balanced accuracy without it {before:.4f}")
    )
    record = {"strength": strength, "shares": shares, "changed": changed}
    if before is not None:
        record["balanced_accuracy_before"] = before
    return moved, record


def _balanced_accuracy(faces, predictions):
    known = faces.labels >= 0
    if not known.any():
        return None
    found = (faces.labels[known], predictions.labels[known], len(faces.classes))
    return float(scores_of_confusion(confusion_matrix(*found))["balanced_accuracy"])
