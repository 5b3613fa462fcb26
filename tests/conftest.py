"""What many tests share: a small demonstration set, and a model trained on it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fer_classic.data.dataset import read_dataset
from fer_classic.demo.generate import write_demo
from fer_classic.errors import FerClassicError
from fer_classic.faces.extract import extract_faces
from fer_classic.model.store import save_model
from fer_classic.model.train import train_model
from fer_classic.settings import Settings

#: Settings that train in a second: few columns, few and small trees.
QUICK = {
    "features": {"hog": {"cell": 16}, "geometry": {}},
    "classifier": {"balance": "class_weight", "n_estimators": 6, "num_leaves": 5},
}


#: Modules that start processes, clusters, browsers or films, or read real data: they are
#: marked "long", and scripts/test-all runs them.
LONG = (
    *("test_determinism", "test_docs", "test_fuzz", "test_notebook", "test_real_data"),
    *("test_scripts", "test_site", "ablation/test_run", "cli/test_bad_input"),
    *("cli/test_detector", "cli/test_machines", "cli/test_video", "compute/test_cluster"),
    *("compute/test_processes", "detectbench/test_train_detector", "faces/test_cache"),
    *("page/test_browser", "page/test_browser_film", "page/test_film", "video/test_reader"),
    *("page/test_mending", "report/test_report", "video/test_films"),
    *("video/test_live", "cli/test_votes", "features/test_estimators", "page/test_server"),
    *("submissions/peers/test_bench", "demo/test_doctor"),
)


def pytest_collection_modifyitems(items):
    """Mark the tests of LONG."""
    for item in items:
        name = item.path.relative_to(Path(__file__).parent).with_suffix("").as_posix()
        if name in LONG:
            item.add_marker("long")


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """A cache folder for each test; none writes to the user's."""
    folder = tmp_path_factory.mktemp("cache") / "kept"
    monkeypatch.setenv("FER_CLASSIC_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session", autouse=True)
def no_user_cache():
    """Fixtures that live longer than a test keep nothing at all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FER_CLASSIC_CACHE", "none")
        yield


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory):
    """Folder with ``train`` (80 images) and ``test`` (24), labels in the names."""
    folder = tmp_path_factory.mktemp("shared") / "demo"
    write_demo(folder, train=80, test=24)
    return folder


@pytest.fixture(scope="session")
def quick_file(tmp_path_factory):
    """Settings file for quick training."""
    path = tmp_path_factory.mktemp("settings") / "quick.json"
    path.write_text(json.dumps(QUICK))
    return path


@pytest.fixture(scope="session")
def train_faces(demo_folder):
    """Face table of the training images."""
    return extract_faces(read_dataset(demo_folder / "train"))


@pytest.fixture(scope="session")
def model(train_faces):
    """A model trained quickly."""
    return train_model(train_faces, Settings.from_dict(QUICK), jobs=1)


@pytest.fixture(scope="session")
def model_folder(model, tmp_path_factory):
    """The same model on disk; tests that damage it copy it first."""
    folder = tmp_path_factory.mktemp("model") / "model"
    folder.mkdir()
    save_model(model, folder)
    return folder


@pytest.fixture(scope="session")
def data():
    """Folder of the real data sets."""
    folder = os.environ.get("FER_CLASSIC_DATA")
    if not folder:
        pytest.skip("FER_CLASSIC_DATA names no folder with the real data sets")
    return Path(folder)


@pytest.fixture
def cli(capsys):
    """Run a command in this process: ``cli("info", folder)`` gives code, out and err."""
    from fer_classic.cli import with_flags
    from fer_classic.cli.app import app, register

    register()

    def command(*arguments):
        capsys.readouterr()
        code, said = 0, ""
        try:
            app([str(a) for a in arguments])
        except FerClassicError as error:  # main() prints it and exits
            code = error.exit_code
            said = f"fer-classic: error: {with_flags(str(error))}"
        except SystemExit as done:
            code = done.code or 0
        out, err = capsys.readouterr()
        return code, out, err + said

    return command


@pytest.fixture
def command():
    """Run a command in a process of its own: gives code, out and err."""

    def run(*arguments, **options):
        line = [sys.executable, "-m", "fer_classic.cli", *map(str, arguments)]
        done = subprocess.run(line, capture_output=True, text=True, timeout=120, **options)
        return done.returncode, done.stdout, done.stderr

    return run
