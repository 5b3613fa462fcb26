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


def seconds_of_runs(plan, samples, extract, *, jobs=-1):
    """Seconds that each run of a plan will take, roughly, if nothing of it is finished.

    Faces and features are timed on a few images, boosting by a few rounds on as many
    rows and columns, kernels by a product of matrices.

    Parameters
    ----------
    plan : Plan
    samples : Samples
        All images of the plan.
    extract : callable
        The face table of some samples under given FaceSettings, without any cache.
    jobs : int
        Threads.

    Returns
    -------
    list of float
    """
    random = np.random.default_rng(plan.seed)
    rows = random.choice(len(samples), min(FACES, len(samples)), replace=False)
    some, tables, known, spent = samples.take(np.sort(rows)), {}, {}, []
    # Loads and warms what the first fit would be charged with.
    _seconds_of_boosting(plan.runs[0], 50, 3, len(samples.classes), jobs)
    for run in plan.runs:
        seconds = 0.0
        if run.settings.faces not in tables:
            start = time.perf_counter()
            tables[run.settings.faces] = extract(some, run.settings.faces)
            seconds = (time.perf_counter() - start) / len(some) * len(samples)
        faces = tables[run.settings.faces]
        fold = _seconds_of_fold(plan, run, faces, len(samples), known, jobs)
        spent.append(seconds + plan.folds * fold)
    return spent


def _seconds_of_fold(plan, run, faces, images, known, jobs):
    rows = max(10, int(images * (1 - 1 / plan.folds) * run.fraction))
    seconds, columns, classes = 0.0, 0, len(faces.classes)
    if run.settings.features:
        compute_features(faces.crops[:1], faces.landmarks[:1], run.settings.features)
        start = time.perf_counter()
        made = compute_features(faces.crops, faces.landmarks, run.settings.features)
        # Once for all folds.
        spent = (time.perf_counter() - start) / len(faces) * images
        seconds, columns = spent / plan.folds, len(made.names)
    for own in run.settings.experts:
        seconds += _seconds_of_expert(own, rows, classes)
    columns += classes if run.settings.experts else 0
    if run.estimator != "lightgbm":
        return seconds + _seconds_of_product(rows, rows * columns)
    key = rows, columns, run.settings.classifier.get("num_leaves")
    if key not in known:
        known[key] = _seconds_of_boosting(run, rows, columns, classes, jobs)
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
    one = max(0.0, times[1] - times[0]) / ROUNDS
    return fits * (times[0] + one * rounds)


def _seconds_of_expert(expert, rows, classes):
    systems = classes * (expert.get("folds", 6) + 1)
    return _seconds_of_product(
        rows, rows * (expert.get("components", 512) + STEPS * systems)
    )


def _seconds_of_product(rows, others):
    """Of ``rows * others`` multiplications and additions, in products of matrices."""
    matrix = np.random.default_rng(0).normal(size=(SIDE, SIDE)).astype(np.float32)
    start = time.perf_counter()
    matrix @ matrix
    return rows * others * (time.perf_counter() - start) / SIDE**3
