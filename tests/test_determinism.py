"""The same inputs, seed and versions give the same bytes, however a command is started."""

import json
import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent.parent / "scripts"
sys.path.append(str(SCRIPTS))
every = import_module("everycommand")

pytestmark = pytest.mark.skipif(os.name == "nt", reason="locales of POSIX systems")

NAMES = [name for name in every.COMMANDS if name not in every.OF_TORCH]
#: Of commands that take images: the same from a zip of them, but for what names the input.
OF_ZIPS = ("faces", "features", "train", "predict")
#: Runs command lines one after the other, with folders listed backwards and small tasks
#: for the workers if that is told.
RUN = """
import json, os, pathlib, sys  # pathlib of Python 3.10 takes os.listdir as a method
told = json.loads(sys.argv[1])
if told["otherwise"]:
    listdir, scandir = os.listdir, os.scandir
    class Backwards:
        def __init__(self, path="."):
            with scandir(path) as entries:
                self.entries = iter(list(entries)[::-1])
        def __iter__(self):
            return self.entries
        def __next__(self):
            return next(self.entries)
        def __enter__(self):
            return self
        def __exit__(self, *_):
            pass
        def close(self):
            pass
    os.listdir = lambda *given: listdir(*given)[::-1]
    os.scandir = Backwards
    from fer_classic.faces import extract as faces
    faces.CHUNK = 5
from fer_classic.cli.app import app, register
register()
for line in told["lines"]:
    try:
        app(line)
    except SystemExit as done:
        assert not done.code, (line, done.code)
"""
PLAIN = {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"}
#: An ASCII locale, which Python would else turn into UTF-8.
OTHER = {"PYTHONHASHSEED": "4711", "TZ": "Asia/Kathmandu", "LC_ALL": "POSIX"}
OTHER |= {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def in_one_process(lines, folder, environment, otherwise):
    told = json.dumps({"lines": lines, "otherwise": otherwise})
    done = subprocess.run(
        [sys.executable, "-c", RUN, told],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def both_ways(names, material, made, jobs=2, environment=None):
    """What the commands write in a plain start, and in one where all else is different."""
    other = made / "quite" / "another place"
    other.parent.mkdir()
    shutil.copytree(material, other)
    for name in ("train", "test"):
        shutil.make_archive(other / name, "zip", other / name)
    found = []
    for way, folder in enumerate((material, other)):
        lines = []
        for name in names:
            command = every.COMMANDS[name]
            lines.append(command.line(made / str(way) / name, jobs=(1, jobs)[way]))
            if way and name in OF_ZIPS:
                words = command.words.replace(" test ", " test.zip ")
                words = words.replace(" train ", " train.zip ")
                lines.append(command.line(made / "zip" / name, words=words))
        in_one_process(lines, folder, (PLAIN, OTHER)[way], bool(way))
        found.append({name: every.contents(made / str(way) / name) for name in names})
    return found


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    """What the commands read."""
    from fer_classic.cli.app import app, register

    register()
    folder = tmp_path_factory.mktemp("material") / "here"

    def fer_classic(line):
        before = os.getcwd()
        os.chdir(folder)
        try:
            app(line)
        except SystemExit as done:
            assert not done.code, line
        finally:
            os.chdir(before)

    every.prepare(folder, fer_classic, train=30, test=20, network=False)
    return folder


@pytest.fixture(scope="module")
def made(material, tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    return folder, *both_ways(NAMES, material, folder)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_bytes_wherever_a_command_is_started(made, name):
    _, plain, other = made
    assert plain[name] and every.differences(other[name], plain[name]) == {}


@pytest.mark.parametrize("name", OF_ZIPS)
def test_the_same_bytes_from_a_zip(made, name):
    folder, plain, _ = made
    assert every.differences(every.contents(folder / "zip" / name), plain[name]) == {}


def test_differences_are_seen():
    whole = {"run/metrics.json": b"1", "run/curves.csv": b"2"}
    assert every.differences(whole, whole) == {}
    assert every.differences({"run/metrics.json": b"3", "x": b""}, whole) == {
        "run/metrics.json": "differs",
        "run/curves.csv": "is missing",
        "x": "is not expected",
    }


@pytest.mark.parametrize(
    ("name", "one", "other", "same"),
    [
        ("run/run.json", '{"seconds": {"faces": 1.5}, "a": 1', '"a": 1', 0),
        (
            "run/run.json",
            '"seconds": {"faces": 1.5}, "a": 1',
            '"seconds": {}, "a": 1',
            True,
        ),
        ("run/metrics.json", '"accuracy": 0.5', '"accuracy": 0.6', 0),
        ("face.json", '"seconds": 1e-5', '"seconds": 2.0', 1),
        ("ablation/ablation.csv", "base,0.5,539,0.12,3.4", "base,0.5,539,7,8", 1),
        ("ablation/ablation.csv", "base,0.5,539,0.12,3.4", "base,0.6,539,7,8", 0),
    ],
)
def test_only_measured_times_may_vary(name, one, other, same):
    one, other = every.constant(name, one.encode()), every.constant(name, other.encode())
    assert (one == other) == same


@pytest.mark.slow
def test_networks_are_the_same_wherever_they_are_made(tmp_path):
    pytest.importorskip("torch")
    folder = tmp_path / "here"

    def fer_classic(line):
        line = [sys.executable, "-m", "fer_classic.cli", *line]
        subprocess.run(line, cwd=folder, check=True, capture_output=True)

    every.prepare(folder, fer_classic, test=20)
    # The number of threads decides sums of a network's training: --jobs is the same.
    plain, other = both_ways(every.OF_TORCH, folder, tmp_path, jobs=1)
    for name in every.OF_TORCH:
        assert plain[name] and every.differences(other[name], plain[name]) == {}
