"""Machines that are not ours: other encodings, nothing writable, other line endings."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import pytest

import fer_classic
from fer_classic.compute import compiled
from fer_classic.errors import FerClassicError
from fer_classic.model.shipped import shipped_model
from fer_classic.model.store import load_model


@pytest.mark.parametrize(
    "surroundings",
    [{"PYTHONIOENCODING": "cp1252"}, {"PYTHONIOENCODING": "gbk"}, {"LC_ALL": "POSIX"}],
)
def test_any_output_is_written_with_escapes_where_it_must(tmp_path, surroundings):
    from PIL import Image

    folder = tmp_path / "表情 😀 José"
    folder.mkdir()
    Image.new("L", (9, 9)).save(folder / "愤怒_😀.png")
    kept = {
        k: v for k, v in os.environ.items() if k not in ("LC_ALL", "LANG", "PYTHONUTF8")
    }
    done = subprocess.run(
        [sys.executable, "-m", "fer_classic", "audit", str(folder), "-j", "1", "--quiet"],
        env=kept | surroundings | {"PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert b"anger" in done.stdout and b"Traceback" not in done.stderr


def test_loops_are_compiled_where_nothing_can_be_kept(monkeypatch):
    def nowhere(*_, cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function 'f': no locator available")
        return lambda function: function

    monkeypatch.setattr(numba, "njit", nowhere)
    monkeypatch.setattr(compiled, "unkept", [])
    assert compiled.compiled(abs)(-3) == 3
    assert compiled.unkept == ["abs"]


def test_line_endings_of_git_for_windows_are_named(tmp_path):
    shutil.copytree(shipped_model(), tmp_path / "m")
    trees = tmp_path / "m" / "lightgbm.txt"
    trees.write_bytes(trees.read_bytes().replace(b"\n", b"\r\n"))
    with pytest.raises(FerClassicError, match=r"other line endings .*core\.autocrlf"):
        load_model(tmp_path / "m")


def test_version_and_names_of_models(cli):
    code, out, _ = cli("--version")
    assert code == 0 and out.startswith("fer-classic ")
    code, out, _ = cli("info", "five-fast")
    assert code == 0 and "anger" in out
    assert load_model("five-fast").settings.classes == "five"


def test_every_loop_is_compiled_where_nothing_can_be_kept():
    """Numba's own njit ends in a traceback there."""
    root = Path(fer_classic.__file__).parent
    users = [path for path in root.rglob("*.py") if "njit" in path.read_text("utf-8")]
    assert [path.name for path in users] == ["compiled.py"]
