"""The scripts parse, and say what they need."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SCRIPTS = [*sorted((ROOT / "scripts").iterdir()), ROOT / ".ci" / "run"]
SCRIPTS = [path for path in SCRIPTS if path.is_file()]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the scripts need bash")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_the_script_parses(path):
    if path.suffix == ".py":
        compile(path.read_text(encoding="utf-8"), str(path), "exec")
        return
    subprocess.run(["bash", "-n", path], check=True)


@pytest.mark.parametrize("script", ["quickstart", "test"])
@pytest.mark.parametrize("kind", ["old", "missing"])
def test_an_unfit_python_is_one_sentence(tmp_path, script, kind):
    python = tmp_path / "python3"
    if kind == "old":
        python.write_text(
            '#!/bin/sh\n[ "$1" = --version ] && { echo Python 3.8.1; exit; }\nexit 1\n'
        )
        python.chmod(0o755)
    done = subprocess.run(
        ["bash", ROOT / "scripts" / script],
        env=os.environ | {"PYTHON": str(python)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and done.stdout == ""
    assert "Python 3.10 or newer is needed" in done.stderr
    assert "Name another with PYTHON=/path/to/python3" in done.stderr
    assert ("Python 3.8.1" if kind == "old" else "not found") in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
