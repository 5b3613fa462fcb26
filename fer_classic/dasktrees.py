"""Trees that the workers of a Dask cluster grow together, by lightgbm.dask."""

import contextlib
import io
import time
import warnings

import numpy as np

from fer_classic.cluster import workers_of
from fer_classic.errors import FerClassicError
from fer_classic.waiting import watched

#: Fewer rows are learned from faster on one machine than over a network.
LEAST_ROWS = 5000
#: Trainings until one is through: each worker that ends spoils one, and its peers' next.
TRIES = 4
#: Minutes after which LightGBM gives up a peer that is silent, and we LightGBM.
SILENCE, PATIENCE = 2, 4


def grow(client, X, codes, weights, parameters, n_rounds):
    """Trees that all workers grow together, each on its share of the rows.

    Parameters
    ----------
    client : distributed.Client
    X : ndarray of float32, shape (n, d)
    codes : ndarray of int, shape (n,)
    weights : ndarray of float, shape (n,)
    parameters : dict
        LightGBM's own.
    n_rounds : int

    Returns
    -------
    lightgbm.Booster
        Of all rounds; it depends a little on the number of workers.

    Raises
    ------
    FerClassicError
        No training came through, whichever workers were left.
    """
    from distributed import CancelledError, KilledWorker
    from lightgbm.basic import LightGBMError

    for _ in range(TRIES):
        try:
            return _grow(client, X, codes, weights, parameters, n_rounds)
        except (LightGBMError, CancelledError, KilledWorker, OSError) as error:
            trouble = " ".join(str(error).split())
            time.sleep(1)  # until the scheduler knows who is left
    raise FerClassicError(
        f"The training on the cluster failed {TRIES} times, the last time with: {trouble}. "
        "Workers must reach each other on any port. Or train without --cluster."
    )


def _grow(client, X, codes, weights, parameters, n_rounds):
    import lightgbm

    # Every worker must see every class.
    workers = workers_of(client)[: np.bincount(codes).min()]
    if not workers:
        raise FerClassicError("The cluster has no worker left to train: start some.")
    order = np.argsort(codes, kind="stable")
    shares = [order[i :: len(workers)] for i in range(len(workers))]
    model = lightgbm.DaskLGBMClassifier(
        client=client,
        n_estimators=n_rounds,
        tree_learner="data",
        time_out=SILENCE,
        **{k: v for k, v in parameters.items() if k not in ("num_threads", "metric")},
    )

    def lost():
        if gone := set(workers) - set(workers_of(client)):
            since.setdefault("lost", time.monotonic())
            if time.monotonic() - since["lost"] > 60 * PATIENCE:
                return f"The worker {min(gone)} was lost and the training does not end."
        return ""

    def fit():
        X_there, codes_there, weights_there = (
            _spread(client, own, shares, workers) for own in (X, codes, weights)
        )
        return model.fit(X_there, codes_there, sample_weight=weights_there).booster_

    since = {}
    # LightGBM tells of ports and threads on stdout, which is for data.
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return watched(fit, lost)


def _spread(client, rows, shares, workers):
    """A Dask array, each share of whose rows lies with one worker."""
    import dask
    import dask.array

    parts = []
    for share, worker in zip(shares, workers, strict=True):
        own = rows[share]
        there = client.scatter(own, workers=[worker], hash=False)
        parts.append(dask.array.from_delayed(dask.delayed(there), own.shape, own.dtype))
    return dask.array.concatenate(parts)
