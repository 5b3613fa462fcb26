"""Which labels are probably wrong, by faces that were held out."""

import numpy as np

from fer_classic.report.labelerrors import label_errors

#: Learns in seconds and needs no tuning.
PRESET = "fast"


def held_out(faces, jobs=-1):
    """Probabilities of labelled faces by kernel experts that have not seen them.

    Parameters
    ----------
    faces : FaceTable
        Labelled and readable.
    jobs : int

    Returns
    -------
    ndarray of float64, shape (n, k), or None
        None where a class has fewer than two faces.
    """
    from fer_classic.learn.calibrate import best_temperature
    from fer_classic.learn.experts import add_scores, fit_expert
    from fer_classic.learn.trees import softmax
    from fer_classic.model.train import fold_groups
    from fer_classic.settings import PRESETS

    k = len(faces.classes)
    if len(faces) == 0 or np.bincount(faces.labels, minlength=k).min() < 2:
        return None
    groups, experts = fold_groups(faces), PRESETS[PRESET]["experts"]
    if faces.settings.align == "box":  # no landmarks: only what reads the whole crop
        experts = [own for own in experts if own.get("crop") == "upright"]
    if len(np.unique(groups)) < 2:
        return None
    scores = [fit_expert(faces, groups, own, jobs=jobs)[1] for own in experts]
    total = add_scores(scores, experts).astype(np.float64)
    temperature = best_temperature(total, faces.labels, np.full(k, 1 / k))
    return softmax(total / temperature)


def suspects(labels, probabilities):
    """Rows whose label is probably wrong, the most suspicious first.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
    probabilities : ndarray of float, shape (n, k)
        From :func:`held_out`.

    Returns
    -------
    ndarray of int64
    """
    return label_errors(np.asarray(labels), probabilities)[0]
