"""A real scheduler and two worker processes on loopback."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from fer_classic.compute import cluster as module
from fer_classic.compute.cluster import check_address, on_cluster
from fer_classic.compute.processes import each_chunk, in_chunks
from fer_classic.data.dataset import read_dataset
from fer_classic.errors import FerClassicError, UsageError
from fer_classic.faces import extract as faces_module
from fer_classic.faces.settings import FaceSettings
from fer_classic.learn import boost_cluster as dasktrees
from fer_classic.learn.boost import _replayed, boost, boosted

distributed = pytest.importorskip("distributed", reason="needs fer_classic[dask]")
pytest.importorskip("pandas", reason="needs fer_classic[dask]")

#: Whole images: a search would only cost time here.
QUICK = FaceSettings(detector="none")
PARAMETERS = {"num_leaves": 8, "max_bin": 31, "num_threads": 1, "seed": 0}
WORKER = (
    "import sys; {first}; from distributed.cli.dask_worker import main; "
    "sys.argv = ['dask-worker', *sys.argv[1:]]; main()"
)


def free_port():
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        return own.getsockname()[1]


class Cluster:
    """A scheduler and its workers, each a process."""

    def __init__(self, folder):
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self.folder, self.processes = folder, []
        port = self.address.rpartition(":")[2]
        self.start("distributed.cli.dask_scheduler", "--port", port)
        self.workers = []

    def start(self, module, *arguments, code=None):
        """Start a process of Dask; only loopback sees it."""
        line = [sys.executable, *(["-c", code] if code else ["-m", module]), *arguments]
        line += ["--host", "127.0.0.1", "--no-dashboard"]
        root = Path(__file__).parents[2]  # whence they import this module's functions
        with open(self.folder / f"{len(self.processes)}.log", "wb") as log:
            own = subprocess.Popen(
                line,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                env=os.environ | {"PYTHONPATH": str(root)},
            )
        self.processes.append(own)
        return own

    def add(self, first="", **options):
        """Start a worker; ``first`` is code that it runs before all else."""
        arguments = (self.address, "--nthreads", "1", "--no-nanny")
        code = WORKER.format(first=first or "pass")
        self.workers.append(self.start(None, *arguments, code=code, **options))
        return self.workers[-1]

    def wait(self, number):
        """Wait until so many workers are there."""
        with distributed.Client(self.address, timeout=30, set_as_default=False) as client:
            end = time.monotonic() + 30
            while len(client.nthreads()) != number and time.monotonic() < end:
                time.sleep(0.1)
            assert len(client.nthreads()) == number

    def stop(self):
        for own in self.processes:
            own.kill()
            own.wait()


@contextmanager
def started(folder, workers=0):
    own = Cluster(folder)
    try:
        for _ in range(workers):
            own.add()
        yield own
    finally:
        own.stop()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Two workers for the tests that leave them as they are."""
    with started(tmp_path_factory.mktemp("cluster"), 2) as own:
        own.wait(2)
        yield own


@pytest.fixture
def samples(demo_folder, monkeypatch):
    """Training images, in small chunks."""
    monkeypatch.setattr(faces_module, "CHUNK", 4)
    return read_dataset(demo_folder / "train").take(range(40))


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 3)
    monkeypatch.setattr(module, "ANSWER", 15)  # a busy machine answers late


def clouds(n, seed):
    random = np.random.default_rng(seed)
    codes = random.integers(0, 3, n)
    X = random.normal(size=(n, 6)).astype(np.float32)
    X[:, 0] += codes
    return X, codes, np.ones(n)


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def process_of(chunk):
    time.sleep(0.05)
    return [os.getpid() for _ in chunk]


def slowly(chunk):
    time.sleep(0.2)
    return [2 * item for item in chunk]


def fails(chunk):
    raise FerClassicError("No model file.")


def test_chunks_keep_their_order_and_both_workers_take_part(shared):
    with on_cluster(shared.address) as workers:
        assert workers == 2
        seen = []
        made = in_chunks(slowly, list(range(7)), 2, progress=seen.append)
        assert made == list(range(0, 14, 2)) and seen == [2, 4, 6, 7]
        found = set(in_chunks(process_of, list(range(20)), 1))
    assert found == {own.pid for own in shared.workers}
    assert in_chunks(process_of, [1, 2], 1, jobs=1) == [os.getpid()] * 2


def test_an_error_of_a_chunk_is_told(shared):
    with on_cluster(shared.address), pytest.raises(FerClassicError, match="No model file"):
        list(each_chunk(fails, [1, 2], 1))


def test_faces_and_features_have_the_bytes_of_a_local_run(
    shared, cli, demo_folder, tmp_path
):
    for name in ("faces", "features"):
        for title, place in (("here", ()), ("there", ("--cluster", shared.address))):
            options = ("--cache", tmp_path / f"cache-{title}", "--jobs", 1, *place)
            out = tmp_path / f"{name}-{title}"
            assert cli(name, demo_folder / "test", "--out", out, *options)[0] == 0
        here, there = (files(tmp_path / f"{name}-{t}") for t in ("here", "there"))
        assert here == there
    kept = [
        sorted(p.name for p in (tmp_path / f"cache-{t}").rglob("*.chunk"))
        for t in ("here", "there")
    ]
    assert kept[0] == kept[1] and kept[0]


def test_relative_paths_mean_the_same_to_workers(
    shared, demo_folder, tmp_path, monkeypatch
):
    monkeypatch.chdir(demo_folder)
    samples = read_dataset("test").take(range(3))
    with on_cluster(shared.address):
        assert faces_module.extract_faces(samples, QUICK).readable.all()


def test_a_small_set_is_learned_here_with_the_same_bytes(
    shared, cli, demo_folder, quick_file, tmp_path
):
    models = []
    for place in ((), ("--cluster", shared.address)):
        out = tmp_path / f"model-{len(models)}"
        options = ("--settings", quick_file, "--detector", "none", "--jobs", 1, *place)
        assert cli("train", demo_folder / "train", "--out", out, *options)[0] == 0
        models.append(files(out))
    assert models[0] == models[1]


def test_a_large_set_is_learned_by_all_workers_as_well_as_here(shared, capfd):
    learned, held = clouds(6000, 0), clouds(1000, 1)
    made = []
    for address in (None, shared.address):
        seen = []
        with on_cluster(address):
            booster, rounds, curves = boost(
                *(*learned, PARAMETERS, 40),
                held=held,
                patience=5,
                progress=lambda done, loss, seen=seen: seen.append((done, loss)),
            )
        right = boosted(booster, held[0], rounds, 1).argmax(axis=1) == held[1]
        losses = curves["validation"]["log_loss"]
        assert seen == list(enumerate(losses, start=1))
        assert losses[rounds - 1] == min(losses) and len(curves["train"]["error"]) > 5
        made.append((right.mean(), min(losses)))
    np.testing.assert_allclose(made[0], made[1], atol=0.02)
    assert capfd.readouterr().out == ""


def test_the_curve_of_trees_that_grew_on_is_the_one_of_stopping():
    learned, held = clouds(400, 0), clouds(300, 1)
    learned[2][:100], held[2][:100] = 2.0, 0.5
    _, rounds, curves = boost(*(*learned, PARAMETERS, 60), held=held, patience=5)
    grown = boost(*(*learned, PARAMETERS, 60))[0]
    again, replayed = _replayed(grown, learned, held, 5, None)
    assert again == rounds < 60
    for part, own in curves.items():
        for metric, values in own.items():
            np.testing.assert_allclose(values, replayed[part][metric], atol=1e-6)


def test_a_killed_worker_loses_nothing(samples, tmp_path):
    here = faces_module.extract_faces(samples, QUICK)
    with started(tmp_path, 2) as own:
        own.wait(2)
        with on_cluster(own.address):
            parts = faces_module.face_parts(samples, QUICK)
            there = [next(parts)]
            own.workers[0].send_signal(signal.SIGKILL)
            there += parts
            crops = np.concatenate([part.crops for part in there])
            assert crops.tobytes() == here.crops.tobytes()
            # A death in training spoils it, or leaves the other one hanging.
            own.add()
            own.wait(2)
            later = threading.Timer(2, own.workers[-1].kill)
            later.start()
            learned = clouds(dasktrees.LEAST_ROWS, 0)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                booster, _, _ = boost(*learned, PARAMETERS, 600)
            later.join()
    assert own.workers[-1].poll() is not None and booster.current_iteration() == 600


def test_the_end_of_all_workers_is_one_sentence(tmp_path, impatient):
    with started(tmp_path, 1) as own:
        own.wait(1)
        with on_cluster(own.address):
            made = each_chunk(slowly, list(range(90)), 1)
            next(made)
            own.workers[0].kill()
            with pytest.raises(FerClassicError, match=r"no worker for .* Give the command"):
                list(made)


def test_the_end_of_the_scheduler_is_one_sentence(tmp_path, impatient):
    with started(tmp_path, 1) as own:
        own.wait(1)
        with on_cluster(own.address):
            made = each_chunk(slowly, list(range(90)), 1)
            next(made)
            own.processes[0].kill()
            with pytest.raises(FerClassicError, match="was lost"):
                list(made)


def test_a_scheduler_without_workers_is_one_sentence(tmp_path, impatient):
    with started(tmp_path) as own:
        own.wait(0)
        with pytest.raises(FerClassicError, match="has no workers; start some"):
            on_cluster(own.address).__enter__()


def test_nothing_or_no_scheduler_at_the_address_is_one_sentence(
    cli, demo_folder, tmp_path, impatient
):
    gone = f"tcp://127.0.0.1:{free_port()}"
    code, out, err = cli("faces", demo_folder, "--out", tmp_path / "x", "--cluster", gone)
    assert (code, out) == (1, "") and f"No Dask scheduler answers at {gone}" in err
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        start = time.monotonic()
        with pytest.raises(FerClassicError, match="is no Dask scheduler"):
            on_cluster(f"tcp://127.0.0.1:{silent.getsockname()[1]}").__enter__()
        assert time.monotonic() - start < 30
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("first", "words"),
    [
        ("sys.modules['fer_classic'] = None", r"cannot work: .*Install there"),
        (
            "import fer_classic.compute.surroundings as c; own = c.versions(); "
            "c.versions = lambda: own | {'numpy': '0.1'}",
            "has numpy 0.1, this machine has",
        ),
    ],
)
def test_a_worker_that_differs_is_refused(tmp_path, first, words):
    with started(tmp_path) as own:
        own.add(first)
        own.wait(1)
        with pytest.raises(FerClassicError, match=words):
            on_cluster(own.address).__enter__()


def test_a_worker_that_differs_and_comes_late_is_refused(tmp_path):
    with started(tmp_path, 1) as own:
        own.wait(1)
        with on_cluster(own.address):
            own.add(
                "import fer_classic.compute.surroundings as c; "
                "c.code_checksums = lambda: []"
            )
            own.wait(2)
            with pytest.raises(FerClassicError, match="came late has other versions"):
                in_chunks(slowly, list(range(40)), 1)


@pytest.mark.parametrize("change", ["gone", "other"])
def test_workers_that_see_other_files_make_no_table(shared, samples, monkeypatch, change):
    # This machine's view is changed: the workers' lies in other processes.
    def contents(sources, held):
        return ["cannot be read: No such file" if change == "gone" else "0" * 64]

    monkeypatch.setattr(faces_module, "_contents", contents)
    with on_cluster(shared.address), pytest.raises(FerClassicError, match="same files"):
        faces_module.extract_faces(samples, QUICK)


def test_an_unreadable_image_is_a_row_there_too(shared, samples, tmp_path):
    (tmp_path / "anger_1.jpg").write_bytes(b"no picture")
    samples = read_dataset(tmp_path)
    here = faces_module.extract_faces(samples, QUICK)
    with on_cluster(shared.address):
        there = faces_module.extract_faces(samples, QUICK)
    assert there.status == here.status == ("unreadable",) and there.errors == here.errors


def test_a_cache_that_keeps_nothing_there_costs_one_warning(shared, samples, tmp_path):
    (tmp_path / "file").write_text("")
    cache = tmp_path / "file" / "cache"
    with on_cluster(shared.address), pytest.warns(UserWarning, match="cannot be kept") as w:
        assert len(faces_module.extract_faces(samples, QUICK, cache=cache)) == 40
    assert len(w) == 1


def test_two_runs_share_workers_and_a_cache(shared, command, demo_folder, tmp_path):
    def run(name):
        options = ("--cache", tmp_path / "cache", "--cluster", shared.address)
        options += ("--detector", "none", "--out", tmp_path / name)
        codes[name] = command("faces", demo_folder / "test", *options)

    codes = {}
    threads = [threading.Thread(target=run, args=(name,)) for name in ("one", "two")]
    for own in threads:
        own.start()
    for own in threads:
        own.join()
    assert {code for code, _, _ in codes.values()} == {0}, codes
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_processes_of_this_machine_as_a_cluster(command, demo_folder, tmp_path):
    out = tmp_path / "out"
    options = ("--cluster", "local:1", "--detector", "none", "--out", out, "-q")
    assert command("faces", demo_folder / "test", *options)[:2] == (0, f"{out}\n")


@pytest.mark.parametrize("address", ["", "tcp://", "http://a:1", "local:0", "local", "a:1"])
def test_an_address_of_another_form_is_wrong_usage(address):
    with pytest.raises(UsageError, match="or local:N for N"):
        check_address(address)


def test_without_the_packages_the_extra_is_named(cli, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    code, _, err = cli("faces", "x", "--out", tmp_path / "y", "--cluster", "local:2")
    assert code == 1 and 'pip install "fer_classic[dask]"' in err
