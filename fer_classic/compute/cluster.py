"""The work on other machines: chunks on the workers of a Dask cluster.

Whatever a worker gives is what this machine would have made: before any work, workers show
that they run the same code, packages and model files. Nothing waits for ever.
"""

import contextlib
import hashlib
import json
import logging
import re
import socket
import threading
import time
from collections import deque
from functools import lru_cache, partial
from importlib.util import find_spec

from fer_classic.compute.deadlines import watched, within
from fer_classic.compute.processes import handled_by
from fer_classic.compute.surroundings import surroundings
from fer_classic.errors import FerClassicError, UsageError

#: Chunks that a worker has in hand or waiting; more only fills memory.
AHEAD = 3
#: Seconds until a scheduler answers, until workers do, and until lost ones are given up.
CONNECT, ANSWER, PATIENCE = 5, 60, 60

_NEEDED = ("dask", "distributed", "pandas")
_AGAIN = "Give the command again: finished faces are taken from the cache."
_clients = []
_one_at_a_time = threading.Lock()


@contextlib.contextmanager
def on_cluster(address):
    """Let a Dask cluster do the work of a block: faces, features and large trainings.

    Parameters
    ----------
    address : str or None
        A scheduler, ``tcp://host:port``, or ``local:N`` for N processes of this machine
        under a scheduler of their own. None leaves everything as it is.

    Yields
    ------
    int
        Number of workers; 0 for None.

    Raises
    ------
    UsageError
        The address is of another form.
    FerClassicError
        Packages are missing, nothing answers, or a worker differs from this machine.
    """
    if address is None:
        yield 0
        return
    check_address(address)
    with _connected(address) as client:
        _check_workers(client)
        _clients.append(client)
        try:
            with handled_by(partial(_each, client)):
                yield len(workers_of(client))
        finally:
            _clients.remove(client)


def check_address(address):
    """Refuse an address that cannot be one, and an installation without Dask.

    Raises
    ------
    UsageError
        It is neither ``tcp://host:port`` nor ``local:N``.
    FerClassicError
        Packages are missing.
    """
    if not re.fullmatch(r"tcp://[^/\s]+:\d+|local:[1-9]\d*", address):
        raise UsageError(
            "`cluster` must be the address of a Dask scheduler such as "
            f"tcp://10.0.0.1:8786, or local:N for N processes here. Got {address!r}."
        )
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        raise FerClassicError(
            f"`cluster` needs packages that are not installed ({', '.join(missing)}): "
            'pip install "fer_classic[dask]"'
        )


@contextlib.contextmanager
def _connected(address):
    from distributed import Client, LocalCluster

    logging.getLogger("distributed").setLevel(logging.ERROR)
    with contextlib.ExitStack() as opened:
        if address.startswith("local:"):
            place = within(
                ANSWER,
                lambda: LocalCluster(
                    n_workers=int(address.removeprefix("local:")),
                    threads_per_worker=1,
                    host="127.0.0.1",
                    dashboard_address="127.0.0.1:0",
                    silence_logs=logging.ERROR,
                    # LightGBM prints to stdout, which is for data.
                    preload=["import os; os.dup2(2, 1)"],
                ),
                f"{address} cannot be started",
            )
            opened.enter_context(place)
        else:
            _check_port(address)
            place = address
        client = within(
            ANSWER,
            # Results need not pass through the scheduler.
            lambda: Client(place, timeout=ANSWER / 2, direct_to_workers=True),
            f"What answers at {address} is no Dask scheduler of a fitting version",
        )
        yield opened.enter_context(client)


def _check_port(address):
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT).close()
    except (OSError, OverflowError) as error:
        raise FerClassicError(
            f"No Dask scheduler answers at {address}: {error}. Start one with "
            "'dask scheduler', and workers with 'dask worker ADDRESS --nthreads 1'; see "
            "that no firewall lies between."
        ) from None


def workers_of(client):
    """Addresses of a cluster's workers, sorted."""
    found = within(ANSWER, client.nthreads, "The scheduler was lost")
    return sorted(found)


def _check_workers(client):
    """Refuse workers that could give other results than this machine."""
    address = client.scheduler.address
    within(
        ANSWER,
        lambda: client.wait_for_workers(1, timeout=PATIENCE / 2),
        f"The scheduler at {address} has no workers; start some with "
        f"'dask worker {address} --nthreads 1'",
    )
    here = surroundings()
    told = within(ANSWER, lambda: _told(client), f"Not all workers of {address} answer")
    for who, there in sorted(told.items()):
        if isinstance(there, Exception):
            raise FerClassicError(
                f"{who} cannot work: {there}. Install there what this machine has (pip "
                "install fer_classic, the same version), and start it again."
            )
        if there != here:
            raise FerClassicError(_difference(who, here, there))


def _told(client):
    """The surroundings of all workers and of the scheduler, or what prevents them."""
    told = client.run(surroundings, on_error="return")
    told = {f"The worker {address}": own for address, own in told.items()}
    try:  # it unpacks the tasks too
        return told | {"The scheduler": client.run_on_scheduler(surroundings)}
    except (ImportError, FerClassicError) as error:
        return told | {"The scheduler": error}


def _difference(who, here, there):
    for name, version in here["versions"].items():
        if (other := there["versions"].get(name, "none")) != version:
            what = f"{name} {other}, this machine has {version}"
            break
    else:
        names = {
            "code": "other files of fer_classic",
            "models": "another landmark or detector file",
            "machine": "another type of processor",
        }
        what = next((t for k, t in names.items() if here[k] != there.get(k)), "otherwise")
        what += " than this machine"
    return (
        f"{who} has {what}: results could differ. Install the same on all machines, and "
        "start the cluster again."
    )


def _each(client, function, chunks):
    """Results of chunks, in their order, however the workers come and go."""
    ahead, most = deque(), AHEAD * max(1, len(workers_of(client)))
    for chunk in chunks:
        ahead.append(client.submit(_work, function, chunk, _fingerprint(), pure=False))
        if len(ahead) >= most:
            yield _result(client, ahead.popleft())
    while ahead:
        yield _result(client, ahead.popleft())


def _work(function, chunk, expected):
    # A worker that came late was not checked when the run began.
    if _fingerprint() != expected:
        return None
    # dlib's objects are not for several threads, which Dask's workers may have.
    with _one_at_a_time:
        return (function(chunk),)


@lru_cache
def _fingerprint():
    return hashlib.sha256(json.dumps(surroundings()).encode()).hexdigest()


def _result(client, future):
    from distributed import CancelledError, KilledWorker

    def excuse():
        nonlocal seen
        if workers_of(client):
            seen = time.monotonic()
        if time.monotonic() - seen > PATIENCE:
            return f"The cluster has had no worker for {PATIENCE} s: start some. {_AGAIN}"
        return ""

    seen = time.monotonic()
    try:
        made = watched(future.result, excuse)
    except KilledWorker:
        raise FerClassicError(
            "Several workers ended over the same images, most likely because memory ran "
            f"out: give each worker more. {_AGAIN}"
        ) from None
    except (CancelledError, OSError) as error:
        raise FerClassicError(f"The cluster was lost: {error}. {_AGAIN}") from None
    except ImportError as error:
        raise FerClassicError(
            f"A worker that came late cannot work: {error}. Stop it. {_AGAIN}"
        ) from None
    if made is None:
        raise FerClassicError(
            "A worker that came late has other versions or files than this machine: "
            f"results could differ. Stop it, or install the same on it. {_AGAIN}"
        )
    return made[0]


def client_in_use():
    """The client of the innermost :func:`on_cluster`, or None outside of it."""
    return _clients[-1] if _clients else None
