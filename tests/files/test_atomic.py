"""Results appear whole or not at all, and nothing of the user's is replaced."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fer_classic.errors import FerClassicError, UsageError
from fer_classic.files.atomic import check_new, new_directory, write_file, write_files
from fer_classic.files.text import to_json
from fer_classic.files.versions import versions


def write_run(folder):
    for name in ("run.json", "settings.json", "metrics.json"):
        (folder / name).write_text("{}")


def names(folder):
    return sorted(os.listdir(folder))


def test_a_folder_appears_under_its_name_only_when_whole(tmp_path):
    with new_directory(tmp_path / "deep" / "out") as folder:
        (folder / "a").write_text("1")
        assert not (tmp_path / "deep" / "out").exists()
    assert names(tmp_path / "deep") == ["out"]
    assert (tmp_path / "deep" / "out" / "a").read_text() == "1"
    assert (tmp_path / "deep" / "out").stat().st_mode & 0o555 == 0o555


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, FerClassicError])
def test_an_error_leaves_nothing(tmp_path, error):
    with pytest.raises(error), new_directory(tmp_path / "out") as folder:
        (folder / "a").write_text("1")
        raise error("stop")
    assert names(tmp_path) == []


def test_an_error_while_overwriting_keeps_the_old(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    write_run(out)
    with pytest.raises(RuntimeError), new_directory(out, overwrite=True):
        raise RuntimeError
    assert names(tmp_path) == ["out"] and len(names(out)) == 3


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(5, "Input/output error")])
def test_an_error_between_the_two_renames_keeps_the_old(tmp_path, monkeypatch, error):
    out = tmp_path / "out"
    out.mkdir()
    write_run(out)
    real = Path.rename

    def rename(self, target):
        if target == out and self.name != "old":
            raise error
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    with (
        pytest.raises((KeyboardInterrupt, FerClassicError)),
        new_directory(out, overwrite=True) as folder,
    ):
        (folder / "new").write_text("")
    assert names(tmp_path) == ["out"] and "run.json" in names(out)


def test_overwriting_replaces_the_whole_folder(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    write_run(out)
    with new_directory(out, overwrite=True) as folder:
        (folder / "new").write_text("")
    assert names(tmp_path) == ["out"] and names(out) == ["new"]


def test_existing_output_is_refused(tmp_path):
    with pytest.raises(UsageError, match="exists already: name another place, or give"):
        check_new(tmp_path)


@pytest.mark.parametrize(
    "own",
    [
        ["photo.jpg"],
        ["settings.json"],
        ["index.csv"],
        ["index.csv", "thesis.tex"],
        ["model.json", "weights.bin"],
        ["SHA256SUMS"],
    ],
)
def test_a_folder_of_the_user_is_never_replaced(tmp_path, own):
    out = tmp_path / "out"
    out.mkdir()
    for name in own:
        (out / name).write_text("mine")
    if own == ["index.csv"]:  # no picture: may be what an overlay of nothing left
        own.append("x")
        (out / "x").write_text("mine")
    with (
        pytest.raises(UsageError, match="fer-classic did not make"),
        new_directory(out, overwrite=True),
    ):
        pass
    assert names(out) == sorted(own)


def test_a_file_is_not_replaced_by_a_folder_nor_the_reverse(tmp_path):
    file = tmp_path / "photo.jpg"
    file.write_text("mine")
    with pytest.raises(UsageError, match="is a file, and a folder is to be written"):
        check_new(file, overwrite=True)
    with pytest.raises(UsageError, match="is a folder, and a file is to be written"):
        write_file(tmp_path, "text", overwrite=True)
    assert file.read_text() == "mine"


def test_a_place_that_cannot_be_written_is_told_before_the_work(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FerClassicError, match="cannot be written: Not a directory"):
        check_new(tmp_path / "file" / "out")
    check_new(tmp_path / "a" / "b" / "c")
    assert names(tmp_path) == ["file"]


def test_files_are_written_whole(tmp_path):
    write_file(tmp_path / "new" / "a.json", "text")
    with pytest.raises(UsageError, match="exists already"):
        write_file(tmp_path / "new" / "a.json", "other")
    write_file(tmp_path / "new" / "a.json", "other", overwrite=True)
    assert (tmp_path / "new" / "a.json").read_text() == "other"
    assert names(tmp_path / "new") == ["a.json"]


def test_files_that_belong_together_appear_together(tmp_path, monkeypatch):
    """A disk may say only when it is asked to write that it is full."""
    full, real = [], os.fsync

    def fsync(number):
        full.append(number)
        if len(full) == 2:
            raise OSError(28, "No space left on device")
        real(number)

    contents = {tmp_path / "answers.csv": "a,b", tmp_path / "answers.json": b"[]"}
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        with pytest.raises(FerClassicError, match=r"json cannot be written: No space"):
            write_files(contents)
    assert names(tmp_path) == []
    write_files(contents)
    assert names(tmp_path) == ["answers.csv", "answers.json"]
    (tmp_path / "answers.json").unlink()
    with pytest.raises(UsageError, match=r"answers\.csv exists already"):
        write_files(contents)
    assert names(tmp_path) == ["answers.csv"]


def test_leftovers_of_killed_runs_go_and_those_of_living_ones_stay(tmp_path):
    code = (
        "import sys, time; from fer_classic.files.atomic import new_directory\n"
        "with new_directory(sys.argv[1]) as f:\n"
        "    (f / 'half').write_text(''); print('ready', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "out")], stdout=subprocess.PIPE
    )
    process.stdout.readline()
    with new_directory(tmp_path / "out", overwrite=True) as folder:
        (folder / "run.json").write_text("")
    living = [name for name in names(tmp_path) if "partial" in name]
    assert len(living) == 1
    process.send_signal(signal.SIGKILL)
    process.communicate()
    write_run(tmp_path / "out")
    with new_directory(tmp_path / "out", overwrite=True):
        pass
    assert names(tmp_path) == ["out"]


def test_json_refuses_what_json_lacks():
    assert to_json({"a": "悲"}) == '{\n  "a": "悲"\n}\n'
    with pytest.raises(ValueError, match="Out of range"):
        to_json(float("nan"))


def test_versions_name_all_that_decides():
    found = versions()
    assert {"python", "numpy", "lightgbm", "dlib", "fer_classic"} <= set(found)
    assert "unknown" not in found.values()
