"""Every row of the table of bad inputs: the outcome, the exit code and the words."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer_classic.data.sources import FileSource


def start(*arguments, **options):

    return subprocess.Popen(
        [sys.executable, "-m", "fer_classic.cli", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.fixture
def images(demo_folder, tmp_path):
    """Folder with two good photographs, to which a test adds bad ones."""
    folder = tmp_path / "images"
    folder.mkdir()
    for path in sorted((demo_folder / "test").glob("happiness*.jpg"))[:2]:
        shutil.copy(path, folder)
    return folder


@pytest.fixture
def few(demo_folder, tmp_path):
    """Copy of the training folder that a test may spoil."""
    return Path(shutil.copytree(demo_folder / "train", tmp_path / "few"))


@pytest.fixture
def predicted(cli, model_folder, tmp_path):
    """Predict a folder; gives the rows of predictions.csv by file, and stderr."""

    def run(folder, *options):
        out = tmp_path / "answer.json"
        code, _, err = cli(
            "predict", folder, "--model", model_folder, "--out", out, *options
        )
        assert code == 0, err
        with open(tmp_path / "answer.csv", encoding="utf-8", newline="") as file:
            rows = {row["file"]: row for row in csv.DictReader(file)}
        assert [r["filename"] for r in json.loads(out.read_text("utf-8"))] == list(rows)
        return rows, err

    return run


# A zero-byte, truncated or non-image file


def spoil(folder):
    whole = next(folder.glob("*.jpg")).read_bytes()
    (folder / "a_empty.jpg").write_bytes(b"")
    (folder / "b_cut.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "c_text.jpg").write_text("not an image")


def test_unreadable_files_are_rows_predicted_from_the_prior(predicted, images, model):
    spoil(images)
    rows, err = predicted(images)
    assert len(rows) == 5
    reasons = {
        "a_empty.jpg": "empty file (0 bytes)",
        "b_cut.jpg": "damaged or truncated image",
        "c_text.jpg": "not an image of a known format",
    }
    prior = model.classifier.class_counts_ / model.classifier.class_counts_.sum()
    for name, reason in reasons.items():
        row = rows[name]
        assert row["status"] == "unreadable" and reason in row["error"]
        own = [float(row[c]) for c in model.classifier.classes_]
        np.testing.assert_allclose(own, prior, rtol=1e-12)
        assert row["label"] == ""
        assert row["guess"] == model.classifier.classes_[prior.argmax()]
    assert "3 of 5 images could not be read" in err


def test_no_readable_image_at_all_is_a_failure(cli, model_folder, tmp_path):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "x.jpg").write_bytes(b"")
    for arguments in (
        ("predict", tmp_path / "bad", "--model", model_folder),
        ("faces", tmp_path / "bad", "--out", tmp_path / "out"),
        ("audit", tmp_path / "bad"),
    ):
        code, _, err = cli(*arguments)
        assert code == 1 and "None of the 1 image(s) could be read" in err
    assert os.listdir(tmp_path) == ["bad"]


def test_run_counts_unreadable_images_and_goes_on(cli, few, images, quick_file, tmp_path):
    (few / "anger_9999.jpg").write_bytes(b"")
    spoil(images)
    arguments = ("run", few, "--test", images, "--settings", quick_file, "-j", 1)
    code, _, err = cli(*arguments, "--out", tmp_path / "out")
    assert code == 0
    assert "1 of 81 images could not be read" in err
    assert "unreadable: anger_9999.jpg: empty file (0 bytes)" in err
    assert len(json.loads((tmp_path / "out" / "submission.json").read_text())) == 5
    code, _, err = cli(*arguments, "--out", tmp_path / "strict", "--strict")
    assert code == 1 and "run without --strict" in err
    assert not (tmp_path / "strict").exists()


# An empty folder, a missing folder, no label found anywhere


@pytest.mark.parametrize("name", ["audit", "faces", "train", "run", "predict"])
@pytest.mark.parametrize("what", ["empty", "missing", "pattern"])
def test_nothing_to_read_is_one_sentence(cli, tmp_path, model_folder, name, what):
    (tmp_path / "empty").mkdir()
    place = {"empty": "empty", "missing": "gone", "pattern": "*.jpg"}[what]
    arguments = [name, tmp_path / place]
    arguments += ["--model", model_folder] if name == "predict" else []
    arguments += ["--out", tmp_path / "o"] if name in ("faces", "train", "run") else []
    code, out, err = cli(*arguments)
    expected = {
        "empty": "No image in",
        "missing": "There is no file or folder",
        "pattern": "No file matches the pattern",
    }
    assert code in (1, 2) and out == ""
    assert expected[what] in err and len(err.strip().splitlines()) == 1
    assert os.listdir(tmp_path) == ["empty"]


@pytest.mark.parametrize("name", ["train", "run"])
def test_no_label_anywhere_is_one_sentence(cli, images, tmp_path, name):
    for i, path in enumerate(sorted(images.iterdir())):
        path.rename(images / f"{i}.jpg")
    code, _, err = cli(name, images, "--out", tmp_path / "out")
    assert code == 1 and "No label found in" in err
    assert "classes are anger, happiness" in err
    assert not (tmp_path / "out").exists()


# A label that the class set lacks, two labels in one name


def test_unusable_labels_are_counted_or_an_error(cli, few, quick_file, tmp_path):
    photo = next(few.glob("happiness*.jpg"))
    shutil.copy(photo, few / "fear_0001.jpg")
    shutil.copy(photo, few / "happy_sad_0001.jpg")
    arguments = ("train", few, "--settings", quick_file, "-j", 1)
    code, _, err = cli(*arguments, "--out", tmp_path / "out")
    assert code == 0
    assert "left out of training: 1 image(s), class fear (for example fear_0001" in err
    assert "two labels: happiness and sadness (for example happy_sad_0001.jpg)" in err
    described = json.loads((tmp_path / "out" / "model.json").read_text())
    assert described["trained_on"]["images"] == 80
    code, _, err = cli(*arguments, "--out", tmp_path / "strict", "--strict")
    assert code == 1 and "2 of 82 images have no usable label" in err
    assert "fear_0001.jpg: class fear" in err and "without --strict" in err
    assert not (tmp_path / "strict").exists()


# One class missing from training, or with a single image


@pytest.mark.parametrize(("left", "words"), [(0, "no readable"), (1, "a single readable")])
def test_a_class_without_images_is_named_before_the_work(cli, few, tmp_path, left, words):
    for path in sorted(few.glob("anger*"))[left:]:
        path.unlink()
    code, _, err = cli("run", few, "--out", tmp_path / "out")
    assert code == 1
    assert f"Class 'anger' has {words} image in the training set" in err
    assert "Add images named like anger_0001.jpg" in err
    assert "faces" not in err  # no progress: it was said at once
    assert not (tmp_path / "out").exists()


def test_a_class_whose_images_are_all_unreadable_is_named(cli, few, tmp_path):
    for path in few.glob("anger*"):
        path.write_bytes(b"")
    code, _, err = cli("train", few, "--out", tmp_path / "out", "-j", 1)
    assert code == 1 and "Class 'anger' has no readable image" in err


# Odd images and odd files


def test_odd_images_are_rows(predicted, images):
    Image.new("L", (1, 1)).save(images / "a_dot.png")
    Image.new("RGB", (300, 300)).save(images / "b_black.png")
    Image.new("1", (20_000, 20_000)).save(images / "c_huge.png")
    frames = [Image.new("P", (90, 90), c) for c in range(3)]
    frames[0].save(images / "d_film.gif", save_all=True, append_images=frames[1:])
    os.symlink(images / "e_loop.jpg", images / "e_loop.jpg")
    os.symlink(images / "nowhere.jpg", images / "f_gone.jpg")
    os.symlink(images, images / "folder_loop")
    rows, err = predicted(images)
    assert len(rows) == 8
    for name in ("a_dot.png", "b_black.png", "d_film.gif"):
        assert rows[name]["status"] == "no_face"
    assert "20000 x 20000 pixels are more than the limit" in rows["c_huge.png"]["error"]
    assert "oo many" in rows["e_loop.jpg"]["error"]
    assert "No such file" in rows["f_gone.jpg"]["error"]
    assert "3 of 8 images could not be read" in err


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read all")
def test_a_file_without_permission_is_a_row(predicted, images):
    (images / "closed.jpg").write_bytes(b"x")
    (images / "closed.jpg").chmod(0)
    assert "Permission denied" in predicted(images)[0]["closed.jpg"]["error"]


def test_a_file_whose_reading_is_refused_is_a_row(predicted, images, monkeypatch):
    real = Path.read_bytes

    def refuse(path):
        if path.name == "closed.jpg":
            raise PermissionError(13, "Permission denied")
        return real(path)

    (images / "closed.jpg").write_bytes(b"x")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert "Permission denied" in predicted(images)[0]["closed.jpg"]["error"]


def test_a_file_that_vanishes_after_listing_is_a_row(predicted, images, monkeypatch):
    real = FileSource.read

    def vanish(source):
        if source.path.endswith("z.jpg"):
            Path(source.path).unlink(missing_ok=True)
        return real(source)

    shutil.copy(next(images.glob("*.jpg")), images / "z.jpg")
    monkeypatch.setattr(FileSource, "read", vanish)
    assert "No such file" in predicted(images)[0]["z.jpg"]["error"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (Path.unlink, "cannot be read"),
        # Its box would be drawn on another photograph.
        (
            lambda path: Image.new("L", (99, 99)).save(path),
            "it has changed since its face was found",
        ),
    ],
    ids=["vanishes", "changes"],
)
def test_a_file_that_is_another_before_its_overlay_is_left_out(
    predicted, images, monkeypatch, tmp_path, change, reason
):
    monkeypatch.setenv("FER_CLASSIC_CACHE", "none")  # a cache reads each file once more
    real, reads = FileSource.read, []

    def read(source):
        reads.append(source.path)
        if reads.count(source.path) > 1 and source.path.endswith("z.jpg"):
            change(Path(source.path))
        return real(source)

    shutil.copy(next(images.glob("*.jpg")), images / "z.jpg")
    monkeypatch.setattr(FileSource, "read", read)
    rows, err = predicted(images, "--overlay", tmp_path / "pictures")
    assert rows["z.jpg"]["status"] == "face"
    assert f"no picture of z.jpg: {reason}" in err
    assert len(list((tmp_path / "pictures").glob("*.png"))) == 2


def test_pictures_and_answers_come_into_their_places_together(
    cli, images, model_folder, monkeypatch, tmp_path
):
    """Else a command that is stopped between them could not be given again."""
    from fer_classic.errors import FerClassicError
    from fer_classic.files import atomic as runs

    def full(*_, **__):
        raise FerClassicError("No space left on device")

    monkeypatch.setattr(runs, "write_files", full)
    places = ("--out", tmp_path / "out" / "a.json", "--overlay", tmp_path / "out" / "seen")
    code, _, err = cli("predict", images, "--model", model_folder, *places)
    assert code == 1 and "No space left" in err
    assert os.listdir(tmp_path / "out") == []


# A model directory with a changed byte, a missing file, another format number


@pytest.mark.parametrize("damage", ["byte", "missing", "format"])
def test_a_damaged_model_is_refused(cli, images, model_folder, tmp_path, damage):
    copy = Path(shutil.copytree(model_folder, tmp_path / "copy"))
    if damage == "byte":
        raw = bytearray((copy / "lightgbm.txt").read_bytes())
        raw[100] ^= 1
        (copy / "lightgbm.txt").write_bytes(raw)
    elif damage == "missing":
        (copy / "state.npz").unlink()
    else:
        text = (copy / "model.json").read_text()
        (copy / "model.json").write_text(text.replace('"format": 1', '"format": 9'))
    words = {
        "byte": "lightgbm.txt has been changed or damaged",
        "missing": "state.npz is missing",
        "format": "has format 9; this version of fer_classic reads format 1",
    }
    out = tmp_path / "answer.json"
    code, _, err = cli("predict", images, "--model", copy, "--out", out)
    assert code == 1 and words[damage] in err
    assert not out.exists()


# Disk full, Ctrl-C


@pytest.fixture
def small_disk(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if (
        shutil.which("mount") is None
        or subprocess.run(mount, capture_output=True).returncode
    ):
        pytest.skip("a small disk cannot be mounted here (it takes root)")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_leaves_nothing(cli, small_disk, train_faces, demo_folder, tmp_path):
    from fer_classic.faces.store import save_faces

    (tmp_path / "faces").mkdir()
    save_faces(train_faces, tmp_path / "faces")
    for arguments in (
        ("demo", small_disk / "out", "--train", 20, "--test", 5),
        ("faces", demo_folder / "test", "--out", small_disk / "out", "-j", 1),
        ("features", tmp_path / "faces", "--out", small_disk / "out"),
    ):
        code, out, err = cli(*arguments)
        assert code == 1 and out == ""
        assert "cannot be written" in err and "Free space" in err
        assert os.listdir(small_disk) == []


def test_a_full_disk_keeps_the_old_submission(cli, small_disk, images, model_folder):
    out = small_disk / "answer.json"
    out.write_text("old")
    (small_disk / "filler").write_bytes(b"x" * 56 * 1024)
    free = os.statvfs(small_disk).f_bavail
    (small_disk / "more").write_bytes(b"x" * os.statvfs(small_disk).f_bsize * free)
    code, _, err = cli(
        "predict", images, "--model", model_folder, "--out", out, "--overwrite"
    )
    assert code == 1 and "No space left on device" in err
    assert out.read_text() == "old"
    assert sorted(os.listdir(small_disk)) == ["answer.json", "filler", "more"]


def test_a_full_stdout_is_one_sentence(model_folder):
    with open("/dev/full", "w") as full:
        process = subprocess.run(
            [sys.executable, "-m", "fer_classic.cli", "info", str(model_folder)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert process.returncode == 1
    assert process.stderr.strip().endswith("the output: No space left on device")


@pytest.mark.parametrize(
    ("number", "jobs", "whole_group"),
    [(signal.SIGINT, 2, True), (signal.SIGTERM, 1, False)],
)
def test_an_interrupt_leaves_nothing_and_a_rerun_succeeds(
    demo_folder, quick_file, tmp_path, command, number, jobs, whole_group
):
    arguments = ("run", demo_folder / "train", "--test", demo_folder / "test")
    arguments += ("--settings", quick_file, "--out", tmp_path / "out", "-j", jobs)
    process = start(*arguments, start_new_session=True)
    process.stderr.readline()
    (os.killpg if whole_group else os.kill)(process.pid, number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert "error: interrupted" in err and "Traceback" not in err
    assert os.listdir(tmp_path) == []
    assert all_end(process.pid)
    if number == signal.SIGTERM:
        code, _, err = command(*arguments)
        assert code == 0 and os.listdir(tmp_path) == ["out"]


def test_an_interrupt_while_the_program_loads_is_one_sentence(tmp_path):
    code = "import os, signal; os.kill(os.getpid(), signal.SIGINT)"
    (tmp_path / "typer.py").write_text(code)
    done = subprocess.run(
        [sys.executable, "-m", "fer_classic.cli", "doctor"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 128 + signal.SIGINT
    told = "fer-classic: error: interrupted; nothing half-written was left behind\n"
    assert (done.stdout, done.stderr) == ("", told)


def all_end(session):
    """Whether all processes of a session end, of their own, within 20 seconds."""
    deadline = time.monotonic() + 20
    while processes_of_session(session) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not processes_of_session(session)


def processes_of_session(session):
    """Processes, other than ended ones, that belong to a session."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, own = path.read_text().rsplit(") ", 1)[1].split()[:4]
        except (OSError, ValueError):
            continue
        if int(own) == session and state != "Z":
            found.append(path.parent.name)
    return found


def test_what_a_killed_command_left_goes_with_the_next(tmp_path, command):
    process = start("demo", tmp_path / "out", "--train", 2000)
    while not list(tmp_path.glob(".out.partial-*/train/*")):
        assert process.poll() is None
    process.kill()
    process.communicate()
    assert len(os.listdir(tmp_path)) == 1 and not (tmp_path / "out").exists()
    code, _, _ = command("demo", tmp_path / "out", "--train", 5, "--test", 5)
    assert code == 0 and os.listdir(tmp_path) == ["out"]


def test_workers_do_not_outlive_a_killed_parent(demo_folder, tmp_path):
    process = start(
        *("faces", demo_folder / "train", "--out", tmp_path / "out", "-j", 2),
        start_new_session=True,
    )
    process.stderr.readline()
    process.kill()
    assert all_end(process.pid)
    process.communicate(timeout=5)


# A worker that is killed (out of memory)


def test_a_killed_worker_is_one_sentence(tmp_path):
    from fer_classic.compute.processes import in_chunks
    from fer_classic.errors import FerClassicError

    with pytest.raises(FerClassicError, match=r"worker process was killed.*`jobs` 1"):
        in_chunks(_die, list(range(4)), 2, jobs=2)


def _die(chunk):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_missing_model_file_ends_the_run_in_one_sentence(command, demo_folder, tmp_path):
    code, _, err = command(
        *("faces", demo_folder / "train", "--out", tmp_path / "out", "-j", 2),
        env=os.environ | {"FER_CLASSIC_LANDMARKS": str(tmp_path / "none.dat")},
    )
    assert code == 1 and "Traceback" not in err
    assert "No model file at" in err and "FER_CLASSIC_LANDMARKS" in err
