"""Gradient boosting by LightGBM, with early stopping and learning curves."""

import numpy as np

from fer_classic.compute.cluster import client_in_use
from fer_classic.compute.threads import load_lightgbm
from fer_classic.learn.boost_cluster import LEAST_ROWS, grow
from fer_classic.learn.trees import softmax
from fer_classic.scores.folds import grouped_folds

#: Rows times columns below which one thread grows the trees: several wait for each other at
#: every split, which beside other work took 70 times as long.
FEW = 200_000


def held_out_parts(codes, groups, parts, random_state):
    """Rows to learn from and rows held out, for each part in turn.

    Parameters
    ----------
    codes : ndarray of int, shape (n,)
        Classes from 0, each of them present.
    groups : array, shape (n,), optional
        Kept together.
    parts : int
        Parts at most; fewer where a class has fewer rows or there are fewer groups.
    random_state : int

    Returns
    -------
    list of (learned, held), ndarrays of int
        Only those that leave at least 2 rows of each class to learn from.
    """
    classes = int(codes.max()) + 1
    parts = min(parts, int(np.bincount(codes).min()))
    if groups is not None:
        parts = min(parts, len(np.unique(groups)))
    if parts < 2:
        return []
    folds = grouped_folds(codes, groups, parts, random_state)
    least = [np.bincount(codes[learned], minlength=classes).min() for learned, _ in folds]
    return [fold for fold, rows in zip(folds, least, strict=True) if rows >= 2]


def boost(
    X, codes, weights, parameters, n_rounds, *, held=None, patience=40, progress=None
):
    """Grow trees (Ke et al., NeurIPS 2017), of many rows on a cluster if one is in use.

    Parameters
    ----------
    X : ndarray of float32, shape (n, d)
    codes : ndarray of int, shape (n,)
        Classes from 0, each of them present.
    weights : ndarray of float, shape (n,)
    parameters : dict
        LightGBM's own, besides objective and metric.
    n_rounds : int
        Rounds at most.
    held : (X, codes, weights), optional
        Rows whose log loss decides when to stop.
    patience : int
        Rounds without improvement of it that end the training.
    progress : callable, optional
        Called as ``progress(round, held-out log loss)``.

    Returns
    -------
    booster : lightgbm.Booster
    rounds : int
        The best round, or the last one if nothing is held out.
    curves : dict
        ``{"train" | "validation": {"log_loss" | "error": [one value a round]}}``
    """
    lightgbm = load_lightgbm()

    parameters = parameters | {
        "objective": "multiclass",
        "num_class": int(codes.max()) + 1,
        "metric": ["multi_logloss", "multi_error"],
        "deterministic": True,
        "force_col_wise": True,
        "verbose": -1,
    }
    if (client := client_in_use()) and len(X) >= LEAST_ROWS:
        grown = grow(client, X, codes, weights, parameters, n_rounds)
        if grown is not None:
            return grown, *_replayed(grown, (X, codes, weights), held, patience, progress)
    train = lightgbm.Dataset(X, codes, weight=weights, params=parameters)
    parts, record = {"train": train}, {}
    callbacks = [lightgbm.record_evaluation(record)]
    if held is not None:
        parts["validation"] = train.create_valid(held[0], held[1], held[2])
        stop = lightgbm.early_stopping(patience, first_metric_only=True, verbose=False)
        callbacks.append(stop)
    if progress is not None:
        callbacks.append(lambda env: progress(env.iteration + 1, _held_loss(env)))
    booster = lightgbm.train(
        parameters,
        train,
        n_rounds,
        valid_sets=list(parts.values()),
        valid_names=list(parts),
        callbacks=callbacks,
    )
    rounds = int(booster.best_iteration) or booster.current_iteration()
    curves = {
        part: {"log_loss": own["multi_logloss"], "error": own["multi_error"]}
        for part, own in record.items()
    }
    return booster, rounds, curves


def _replayed(booster, learned, held, patience, progress):
    """The best round and the curves of trees that grew without stopping.

    On a cluster each worker sees losses of its own, and would stop on its own.
    """
    parts = {"train": learned} | ({"validation": held} if held is not None else {})
    scores = dict.fromkeys(parts, 0.0)
    curves = {part: {"log_loss": [], "error": []} for part in parts}
    best = 0
    for i in range(booster.current_iteration()):
        for part, (X, codes, weights) in parts.items():
            scores[part] = scores[part] + booster.predict(
                X, raw_score=True, start_iteration=i, num_iteration=1
            )
            own = softmax(scores[part])
            true = own[np.arange(len(codes)), codes]
            wrong = (own >= true[:, None]).sum(axis=1) > 1
            loss = -np.log(np.maximum(true, 1e-15))
            curves[part]["log_loss"].append(float(np.average(loss, weights=weights)))
            curves[part]["error"].append(float(np.average(wrong, weights=weights)))
        losses = curves["validation"]["log_loss"] if held is not None else [np.nan]
        if progress is not None:
            progress(i + 1, losses[-1])
        if held is None or losses[-1] < losses[best]:
            best = i
        elif i - best >= patience:
            break
    return best + 1, curves


def boosted(booster, X, rounds, n_jobs):
    """Probabilities that the trees give, uncalibrated.

    Parameters
    ----------
    booster : lightgbm.Booster
    X : ndarray of float32, shape (n, d)
    rounds : int
        Rounds to use.
    n_jobs : int
        Threads; -1 for all cores.

    Returns
    -------
    ndarray of float64, shape (n, n_classes)
    """
    return softmax(
        booster.predict(
            X, raw_score=True, num_iteration=rounds, num_threads=threads(n_jobs)
        )
    )


def threads(n_jobs, values=FEW):
    """Number of threads that ``n_jobs`` means: -1 and None are all cores.

    Parameters
    ----------
    n_jobs : int or None
    values : int
        Rows times columns to learn from; few are for one thread.
    """
    from joblib import cpu_count

    if values < FEW:
        return 1
    return cpu_count() if n_jobs in (None, -1) else max(1, int(n_jobs))


def _held_loss(env):
    """Held-out log loss of a round, NaN where nothing is held out."""
    for part, metric, value, _ in env.evaluation_result_list:
        if part == "validation" and metric == "multi_logloss":
            return value
    return float("nan")
