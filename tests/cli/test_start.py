"""What predicting a photograph loads: little, so that a command starts at once."""

import subprocess
import sys

import pytest
from PIL import Image
from skimage import data

from fer_classic.files.kept import kept_bytes

#: Modules of this package that predicting a photograph loads; before, they were 123.
MODULES = 61
HEAVY = (
    *(
        "numba",
        "llvmlite",
        "sklearn",
        "lightgbm",
        "pandas",
        "matplotlib",
        "skimage",
        "imblearn",
        "joblib",
    ),
    *("scipy", "torch", "dask", "jinja2", "rich.progress"),
)


def loaded_after(code):
    code += f"\nprint([n for n in {HEAVY} if n in sys.modules], file=sys.stderr)"
    command = [sys.executable, "-c", "import sys\n" + code]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr.strip().split("\n")[-1]


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "astronaut.png"
    Image.fromarray(data.astronaut()).save(path)
    return path


def predicting(photo, *options):
    line = ["fer-classic", "predict", str(photo), *options]
    return (
        f"sys.argv = {line!r}\n"
        "from fer_classic.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
    )


@pytest.mark.parametrize("model", ["five-fast", "seven-fast"])
def test_predict_loads_nothing_heavy(photo, model):
    loaded_after(predicting(photo))  # the first time the landmark file is read
    told, heavy = loaded_after(predicting(photo, "--model", model))
    assert "happiness" in told and heavy == "[]"


def test_predict_loads_few_modules_of_this_package(photo):
    count = "print(sum(n.split('.')[0] == 'fer_classic' for n in sys.modules))\n"
    loaded_after(predicting(photo))
    told, _ = loaded_after(predicting(photo) + count)
    assert int(told.split("\n")[-2]) <= MODULES + 3


def test_with_numba_the_answers_are_the_same(photo):
    line = predicting(photo, "--format", "csv", "--faces", "all")
    assert loaded_after("import numba\n" + line)[0] == loaded_after(line)[0]
    assert loaded_after(line)[1] == "[]"


def test_the_package_alone_does_not_even_load_numpy():
    code = "import fer_classic; assert 'numpy' not in sys.modules"
    assert loaded_after(code)[1] == "[]"


def test_a_kept_file_is_made_once_and_again_where_it_is_damaged(tmp_path, monkeypatch):
    monkeypatch.setenv("FER_CLASSIC_CACHE", str(tmp_path / "kept"))
    made = []

    def make():
        made.append(1)
        return b"content"

    for _ in range(3):
        assert kept_bytes("a", make) == b"content"
    assert len(made) == 1
    (path,) = (tmp_path / "kept").iterdir()
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert kept_bytes("a", make) == b"content" and len(made) == 2
    path.rename(path.with_name("b"))  # another name, another content
    assert kept_bytes("b", make) == b"content" and len(made) == 3


@pytest.mark.parametrize("folder", ["none", "file/below"])
def test_without_a_folder_it_is_made_every_time(tmp_path, monkeypatch, folder):
    (tmp_path / "file").write_text("")
    own = folder if folder == "none" else str(tmp_path / folder)
    monkeypatch.setenv("FER_CLASSIC_CACHE", own)
    made = []
    for _ in range(2):
        assert kept_bytes("a", lambda: made.append(1) or b"content") == b"content"
    assert len(made) == 2
