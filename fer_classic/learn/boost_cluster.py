"""Trees that the workers of a Dask cluster grow together, by lightgbm.dask."""

import contextlib
import io
import os
import time
import warnings

import numpy as np

from fer_classic.compute.cluster import workers_of
from fer_classic.compute.deadlines import watched
from fer_classic.compute.threads import load_lightgbm
from fer_classic.errors import FerClassicError

#: Fewer rows are learned from faster on one machine than over a network.
LEAST_ROWS = 5000
#: Trainings until one is through: a worker that ends spoils one, and its peers the next.
TRIES = 3
#: Minutes after which LightGBM gives up a peer that it cannot reach.
SILENCE = 2
#: Seconds that LightGBM has to notice the end of a worker; it may not, and hang.
GRACE = 10


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
    lightgbm.Booster or None
        Of all rounds; it depends a little on the number of workers. None where the
        workers did not bring a training to its end.

    Warns
    -----
    UserWarning
        They did not.
    """
    from distributed import CancelledError, KilledWorker
    from lightgbm.basic import LightGBMError

    for _ in range(TRIES):
        try:
            return _grow(client, X, codes, weights, parameters, n_rounds)
        except FerClassicError as error:
            trouble = str(error)
            break
        except (LightGBMError, CancelledError, KilledWorker, OSError) as error:
            trouble = " ".join(str(error).split())
            time.sleep(1)  # until the scheduler knows who is left
    warnings.warn(
        f"The workers could not train together ({trouble}), so this machine trains. They "
        "must be able to reach each other on any port.",
        stacklevel=2,
    )
    return None


def _grow(client, X, codes, weights, parameters, n_rounds):
    lightgbm = load_lightgbm()

    # Every worker must see every class.
    workers = workers_of(client)[: np.bincount(codes).min()]
    if not workers:
        raise FerClassicError("no worker is left")
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
        if not (gone := set(workers) - set(workers_of(client))):
            return ""
        since.setdefault("lost", time.monotonic())
        late = time.monotonic() - since["lost"] > GRACE
        return f"{min(gone)} ended and the others hang" if late else ""

    def fit():
        X_there, codes_there, weights_there = (
            _spread(client, own, shares, workers) for own in (X, codes, weights)
        )
        return model.fit(X_there, codes_there, sample_weight=weights_there).booster_

    since = {}
    # LightGBM tells of ports and threads on stdout, which is for data.
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return watched(fit, lost)
        except FerClassicError:
            # Who hangs in LightGBM would never work again; nannies start workers anew.
            left = [own for own in workers if own in workers_of(client)]
            with contextlib.suppress(Exception):
                client.run(os._exit, 1, workers=left, wait=False, on_error="ignore")
            raise


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
