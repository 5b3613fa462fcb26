"""Hidden names until a result is whole; killed runs lose nothing and litter nothing."""

import os
import signal
import subprocess
import sys

import pytest

from fer_classic.errors import UsageError
from fer_classic.files.atomic import check_new
from fer_classic.files.staging import (
    clear,
    partial_file,
    partial_folder,
    scratch_folder,
    settle,
)


def dead_process():
    """The number of a process that has ended."""
    done = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], stdout=-1
    )
    return int(done.stdout)


def test_names_are_hidden_and_beside_the_result(tmp_path):
    number, file = partial_file(tmp_path / "new" / "a.json")
    os.close(number)
    folder = partial_folder(tmp_path / "new" / "out")
    assert file.parent == folder.parent == tmp_path / "new"
    own = f"partial-{os.getpid()}-"
    assert file.name.startswith(f".a.json.{own}")
    assert folder.name.startswith(f".out.{own}")


def test_what_is_settled_may_be_read_by_others(tmp_path):
    folder = partial_folder(tmp_path / "out")
    number, file = partial_file(tmp_path / "a.json")
    os.close(number)
    for work in (folder, file):
        assert work.stat().st_mode & 0o077 == 0
        settle(work)
    umask = os.umask(0)
    os.umask(umask)
    assert folder.stat().st_mode & 0o777 == 0o777 & ~umask
    assert file.stat().st_mode & 0o777 == 0o666 & ~umask


def test_every_file_is_written_to_the_disk(tmp_path, monkeypatch):
    folder, flushed = partial_folder(tmp_path / "out"), []
    (folder / "model").mkdir()
    for name in ("a", "b", "model/c"):
        (folder / name).write_text(name)
    monkeypatch.setattr(os, "fsync", lambda n: flushed.append(os.fstat(n).st_ino))
    settle(folder)
    files = [folder / name for name in ("a", "b", "model/c")]
    assert sorted(flushed) == sorted(path.stat().st_ino for path in files)


def test_a_folder_whose_replacement_was_killed_gets_its_name_back(tmp_path):
    out = tmp_path / "out"
    for process in (dead_process(), os.getpid()):
        left = tmp_path / f".out.partial-{process}-x"
        (left / "old").mkdir(parents=True)
        (left / "old" / "submission.json").write_text(str(process))
    (tmp_path / f".out.partial-{dead_process()}-y").mkdir()
    with pytest.raises(UsageError, match="out exists already"):
        check_new(out)
    assert (out / "submission.json").read_text() != str(os.getpid())
    assert sorted(os.listdir(tmp_path)) == [f".out.partial-{os.getpid()}-x", "out"]


def test_scratch_work_of_a_killed_run_goes_with_the_next(tmp_path):
    code = (
        "import os, sys; from fer_classic.files.staging import scratch_folder\n"
        "with scratch_folder(sys.argv[1]) as work:\n"
        "    (work / 'photo.png').write_text(''); os.kill(os.getpid(), 9)"
    )
    out, temporary = tmp_path / "face.svm", tmp_path / "tmp"
    temporary.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", code, out], env=os.environ | {"TMPDIR": str(temporary)}
    )
    assert done.returncode == -signal.SIGKILL
    assert os.listdir(temporary) == [] and len(os.listdir(tmp_path)) == 2
    clear(out)
    assert os.listdir(tmp_path) == ["tmp"]
    with scratch_folder(out) as work:
        assert work.parent == tmp_path
    assert os.listdir(tmp_path) == ["tmp"]
