"""What predicting a photograph loads: little, so that a command starts at once."""

import subprocess
import sys

import pytest
from PIL import Image
from skimage import data

from fer_classic.files.kept import kept_bytes

HEAVY = (
    *("sklearn", "lightgbm", "pandas", "matplotlib", "skimage", "imblearn", "joblib"),
    *("scipy.stats", "scipy.optimize", "torch", "dask", "jinja2", "rich.progress"),
)


def loaded_after(code):
    code += f"\nprint([n for n in {HEAVY} if n in sys.modules], file=sys.stderr)"
    command = [sys.executable, "-c", "import sys\n" + code]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr.strip().split("\n")[-1]


@pytest.mark.parametrize("model", ["five-fast", "seven-fast"])
def test_predict_loads_neither_scikit_learn_nor_lightgbm(tmp_path, model):
    photo = tmp_path / "astronaut.png"
    Image.fromarray(data.astronaut()).save(photo)
    told, heavy = loaded_after(
        f"sys.argv = ['fer-classic', 'predict', {str(photo)!r}, '--model', {model!r}]\n"
        "from fer_classic.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass"
    )
    assert "happiness" in told and heavy == "[]"


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
