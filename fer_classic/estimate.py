"""How long an ablation will take: trials on this machine, scaled up."""

import time

import numpy as np

from fer_classic.features import compute_features

#: Faces, boosting rounds and side of the matrices of a trial.
FACES, ROUNDS, SIDE = 64, 4, 1500
#: Rounds until a boosting stops early, as on FER2013: between 100 and 300.
LIKELY_ROUNDS = 200
#: Products with the kernel, as many as the solver takes steps.
STEPS = 40


def seconds_of_runs(ablation, plan):
    """Seconds that the missing folds of each run will take, roughly.

    Faces are known already; features are timed on a few of them, boosting by a few
    rounds on as many rows and columns, kernels by a product of matrices.

    Parameters
    ----------
    ablation : Ablation
    plan : Plan

    Returns
    -------
    list of float
    """
    known = {}
    return [
        len(ablation.missing(run)) * _seconds_of_fold(ablation, run, known)
        for run in plan.runs
    ]


def _seconds_of_fold(ablation, run, known):
    if not ablation.missing(run):
        return 0.0
    faces = ablation.faces(run)
    share = 1 - 1 / len(ablation.folds)
    rows = int(len(faces) * share * run.fraction)
    seconds, columns = 0.0, 0
    some = faces.take(np.arange(min(FACES, len(faces))))
    if run.settings.features:
        start = time.perf_counter()
        made = compute_features(some.crops, some.landmarks, run.settings.features)
        seconds += (time.perf_counter() - start) / len(some) * len(faces)
        columns = len(made.names)
    classes = len(faces.classes)
    for own in run.settings.experts:
        seconds += _seconds_of_expert(own, rows, classes)
        columns += classes
    key = rows, columns, run.settings.classifier.get("num_leaves")
    if key not in known:
        known[key] = _seconds_of_boosting(run, rows, columns, classes, ablation.jobs)
    return seconds + known[key]


def _seconds_of_boosting(run, rows, columns, classes, jobs):
    from fer_classic.classify import SMALL_FOLDS, SMALL_SET, ExpressionClassifier

    random = np.random.default_rng(0)
    X = random.normal(size=(rows, columns)).astype(np.float32)
    y = np.arange(rows) % classes
    given = run.settings.classifier | {"validation_fraction": 0.0, "balance": "none"}
    times = []
    for rounds in (1, 1 + ROUNDS):
        own = ExpressionClassifier(**given | {"n_estimators": rounds}, n_jobs=jobs)
        start = time.perf_counter()
        own.fit(X, y)
        times.append(time.perf_counter() - start)
    fits = SMALL_FOLDS + 1 if rows < SMALL_SET else 1
    rounds = min(run.settings.classifier.get("n_estimators", 600), LIKELY_ROUNDS)
    return fits * (times[0] + (times[1] - times[0]) / ROUNDS * rounds)


def _seconds_of_expert(expert, rows, classes):
    matrix = np.random.default_rng(0).normal(size=(SIDE, SIDE)).astype(np.float32)
    start = time.perf_counter()
    matrix @ matrix
    speed = 2 * SIDE**3 / (time.perf_counter() - start)
    systems = classes * (expert.get("folds", 6) + 1)
    products = expert.get("components", 512) + STEPS * systems
    return 2 * rows**2 * products / speed
