"""From a run or photographs to mended labels, a manifest, and both trainings compared."""

import csv
import json
import os
import shutil
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from fer_classic.data.dataset import read_dataset
from fer_classic.errors import FerClassicError, UsageError
from fer_classic.faces.extract import extract_faces
from fer_classic.page import again as again_module
from fer_classic.page import export
from fer_classic.page.again import Again, compare
from fer_classic.page.journal import Journal
from fer_classic.page.opening import Opener, is_run
from fer_classic.page.starting import journal_place, make_workspace
from fer_classic.page.workspace import Workspace
from fer_classic.settings import Settings
from tests.conftest import QUICK
from tests.page.conftest import EVIL, collection_of


def decide(space, row, do, value=None):
    picture = space.picture_of(row)
    seen = [space.journal.decision(*picture).number]
    space.journal.decide([picture], do, value, seen=seen, window="w")


@pytest.fixture(scope="module")
def run_folder(demo_folder, quick_file, tmp_path_factory):
    """A run over photographs with a test of its own."""
    from fer_classic.cli.app import app, register

    register()
    out = tmp_path_factory.mktemp("run") / "first"
    line = ["run", demo_folder / "train", "--test", demo_folder / "test", "--out", out]
    line += ["--settings", quick_file, "--jobs", "1", "--quiet"]
    with pytest.raises(SystemExit) as done:
        app([str(own) for own in line])
    assert not done.value.code
    return out


def opened(inputs, model, settings, **options):
    steps = []
    opener = Opener(
        inputs, model, settings, jobs=1, say=lambda *own: steps.append(own), **options
    )
    return opener.open(), steps


def test_a_run_shows_what_it_answered_and_what_it_held_out(
    run_folder, tmp_path, demo_folder
):
    assert is_run(run_folder) and not is_run(demo_folder)
    space = make_workspace([str(run_folder)], None, journal=tmp_path / "j", jobs=1)
    space.open()
    found = space.collection
    assert not space.error and found.kind == "run" and found.title == "first"
    assert set(found.parts) == {"train", "test"} and len(found) == 104
    assert found.judged_by == {"train": "held_out", "test": "run"}
    with open(run_folder / "predictions.csv", encoding="utf-8") as file:
        written = {row["file"]: float(row["anger"]) for row in csv.DictReader(file)}
    for row in found.tested:
        assert written[found.faces.names[row]] == pytest.approx(found.probabilities[row, 0])
    assert np.isfinite(found.probabilities).all()
    assert set(found.suspects) <= set(found.training)
    space.journal.close()


def test_a_run_whose_photographs_are_gone(run_folder, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(run_folder, folder)
    record = json.loads((folder / "run.json").read_text())
    record["train"]["inputs"] = ["no/such/folder"]
    (folder / "run.json").write_text(json.dumps(record))
    with pytest.raises(FerClassicError, match="photographs are not at 'no/such/folder'"):
        make_workspace([str(folder)], None)


def test_photographs_of_which_one_cannot_be_read(demo_folder, model, tmp_path):
    folder = tmp_path / "set"
    shutil.copytree(demo_folder / "test", folder)
    (folder / "anger_broken.jpg").write_bytes(b"no image")
    (folder / "unnamed.png").write_bytes(next(folder.glob("*.jpg")).read_bytes())
    found, steps = opened([str(folder)], model, Settings(faces=model.settings.faces))
    assert steps[0] == ("reading",) and ("faces", 26, 26) in steps
    row = found.faces.names.index("anger_broken.jpg")
    assert (
        found.faces.status[row] == "unreadable" and np.isnan(found.probabilities[row]).all()
    )
    row = found.faces.names.index("unnamed.png")
    assert found.faces.labels[row] < 0 and np.isfinite(found.probabilities[row]).all()
    assert (
        len(set(found.copies[[row, found.faces.names.index(min(found.faces.names))]])) <= 2
    )


@pytest.mark.parametrize("kind", ["faces", "missing", "two"])
def test_inputs_that_are_refused(kind, run_folder, train_faces, tmp_path):
    from fer_classic.faces.store import save_faces

    if kind == "missing":
        inputs, said = ["nowhere"], "no file or folder 'nowhere'"
    elif kind == "two":
        inputs, said = [str(run_folder), "x"], "name it alone"
    else:
        (tmp_path / "table").mkdir()
        save_faces(train_faces, tmp_path / "table")
        inputs, said = [str(tmp_path / "table")], "without their photographs"
    if kind == "faces":
        space = make_workspace(inputs, run_folder, journal=tmp_path / "j")
        space.open()
        assert said in space.error
        space.journal.close()
        return
    with pytest.raises(UsageError, match=said):
        make_workspace(inputs, run_folder)


def test_the_journal_lies_beside_the_photographs(tmp_path, monkeypatch):
    (tmp_path / "a.b").mkdir()
    assert journal_place(tmp_path / "a.b") == tmp_path / "a.b.labels.jsonl"
    assert journal_place(tmp_path / "x.zip") == tmp_path / "x.labels.jsonl"
    assert journal_place(f"{tmp_path}/*.jpg") == tmp_path / "photographs.labels.jsonl"
    monkeypatch.setattr("os.access", lambda *_: False)
    monkeypatch.chdir(tmp_path / "a.b")
    assert journal_place(tmp_path / "x.zip") == tmp_path / "a.b" / "x.labels.jsonl"


@pytest.fixture
def plain(demo_folder, model, tmp_path):
    """A workspace over a folder whose names a manifest can hold."""
    folder = tmp_path / "set"
    shutil.copytree(demo_folder / "test", folder)
    (folder / "=1+1, 'x'.jpg").write_bytes(next(folder.glob("*.jpg")).read_bytes())
    space = Workspace(
        model, ["set"], model.settings, Journal(tmp_path / "set.labels.jsonl")
    )
    space.show(collection_of(folder))
    yield space
    space.journal.close()


def test_the_manifest_holds_what_was_decided(plain, tmp_path):
    names = plain.collection.faces.names
    decide(plain, 1, "label", "surprise")
    decide(plain, 2, "exclude")
    decide(plain, 3, "face", [30, 40, 50, 60.25])
    told = export.write(plain)
    path = tmp_path / "set.mended.csv"
    assert told["path"] == str(path) and told["images"] == len(names)
    found = read_dataset(path)
    assert [name.removeprefix("set/") for name in found.names] == list(names)
    labels = np.array(plain.collection.faces.labels)
    labels[[1, 2]] = 4, -1
    assert found.labels.tolist() == labels.tolist()
    assert told["labelled"] == (labels >= 0).sum()
    faces = extract_faces(found.take([3]))
    assert faces.boxes[0].tolist() == pytest.approx([30, 40, 50, 60.2], abs=0.06)
    assert plain.mended()[0].boxes[3].tolist() == [30, 40, 50, 60.25]


def test_the_manifest_can_be_mended_further(plain, model, tmp_path):
    decide(plain, 0, "face", [30, 40, 50, 60])
    decide(plain, 1, "label", "anger")
    export.write(plain)
    space = Workspace(
        model, ["x"], model.settings, Journal(tmp_path / "second.labels.jsonl")
    )
    space.show(collection_of(tmp_path / "set.mended.csv"))
    decide(space, 2, "exclude")
    export.write(space)
    last = read_dataset(tmp_path / "second.mended.csv")
    assert last.sources[0].box == (30, 40, 50, 60)
    assert (last.labels[1], last.labels[2]) == (0, -1)
    space.journal.close()


def test_groups_parts_and_other_classes_are_kept(plain, tmp_path):
    n = len(plain.collection)
    faces = plain.collection.faces
    labels, problems = np.array(faces.labels), list(faces.problems)
    labels[0], problems[0] = -1, "class fear"
    groups = tuple(f"p{i % 3}" for i in range(n))
    faces = replace(faces, labels=labels, problems=tuple(problems), groups=groups)
    parts = ("test",) * 5 + ("train",) * (n - 5)
    plain.show(replace(plain.collection, faces=faces, parts=parts))
    export.write(plain)
    found = read_dataset(tmp_path / "set.mended.csv")
    assert found.splits == parts and found.groups == groups
    assert found.problems[0] == "class fear"


def test_photographs_in_a_zip_are_named_as_its_members(demo_folder, model, tmp_path):
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for path in sorted((demo_folder / "test").glob("*.jpg"))[:6]:
            archive.write(path, f"inside/{path.name}")
    space = Workspace(model, ["x"], model.settings, Journal(tmp_path / "set.labels.jsonl"))
    space.show(collection_of(tmp_path / "set.zip"))
    decide(space, 0, "label", "neutral")
    export.write(space)
    found = read_dataset(tmp_path / "set.mended.csv")
    assert found.names[0].startswith("set.zip/inside/") and found.labels[0] == 2
    assert found.sources == space.collection.sources
    space.journal.close()


@pytest.mark.skipif(sys.platform != "linux", reason="names of any bytes are Linux's")
def test_names_that_no_manifest_can_hold_are_told(demo_folder, model, tmp_path):
    folder = tmp_path / "set"
    folder.mkdir()
    for name in (b"anger_1.jpg", b"anger_\xff.jpg"):
        path = os.path.join(os.fsencode(folder), name)
        shutil.copy(next((demo_folder / "test").glob("*.jpg")), path)
    space = Workspace(model, ["x"], model.settings, Journal(tmp_path / "set.labels.jsonl"))
    space.show(collection_of(folder))
    decide(space, 1, "exclude")  # the journal has no trouble with it
    with pytest.raises(
        FerClassicError, match=r"1 picture\(s\) have names that no manifest"
    ):
        export.write(space)
    assert not (tmp_path / "set.mended.csv").exists()
    space.journal.close()


def test_pixels_of_a_table_are_refused(model, tmp_path):
    pixels = " ".join(["99"] * 48 * 48)
    (tmp_path / "fer.csv").write_text(f"emotion,pixels\n0,{pixels}\n3,{pixels}\n")
    space = Workspace(model, ["x"], model.settings, Journal(tmp_path / "fer.labels.jsonl"))
    space.show(collection_of(tmp_path / "fer.csv"))
    with pytest.raises(FerClassicError, match="lie in a table of pixels"):
        export.write(space)
    space.journal.close()


def test_decisions_about_pictures_that_have_changed_are_counted(plain):
    plain.journal.decide([("gone.jpg", "0")], "exclude", None, seen=[0], window="w")
    decide(plain, 1, "exclude")
    plain.journal.decide([("back.jpg", "0")], "exclude", None, seen=[0], window="v")
    plain.journal.undo("v")
    assert plain.unknown_decisions() == 1
    assert list(plain.decisions()) == [1]


@pytest.fixture
def spoilt(demo_folder, model, tmp_path):
    """A collection in which every fourth label is wrong, and how to mend it."""
    made = collection_of(demo_folder / "train")
    truth = np.array(made.faces.labels)
    labels = truth.copy()
    labels[::4] = (labels[::4] + 1) % 5
    settings = Settings.from_dict(QUICK)
    made = replace(made, faces=replace(made.faces, labels=labels), settings=settings)
    space = Workspace(model, ["x"], settings, Journal(tmp_path / "j"), jobs=1)
    space.show(made)
    yield space, truth
    space.journal.close()


def mend(space, truth):
    names = space.collection.faces.classes.names
    for row in np.flatnonzero(truth != space.collection.faces.labels):
        decide(space, row, "label", names[truth[row]])


def test_mended_labels_score_better_in_folds(spoilt):
    space, truth = spoilt
    mend(space, truth)
    decide(space, 1, "exclude")
    shares = []
    found = compare(space, shares.append)
    assert found["scored_on"] == "cross_validation" and found["images"] == 79
    assert found["changed"] == {"labels": 20, "excluded": 1, "faces": 0}
    assert found["after"]["value"] > found["before"]["value"]
    assert found["difference"]["value"] == pytest.approx(
        found["after"]["value"] - found["before"]["value"]
    )
    assert found["difference"]["low"] <= found["difference"]["value"]
    assert shares == sorted(shares) and shares[0] == 0 and shares[-1] <= 1
    json.dumps(found, allow_nan=False)


def test_a_test_part_judges_both_models(spoilt):
    space, truth = spoilt
    labels = np.array(space.collection.faces.labels)
    tested = np.arange(len(truth)) % 5 < 2
    labels[tested] = truth[tested]
    parts = tuple("test" if own else "train" for own in tested)
    faces = replace(space.collection.faces, labels=labels)
    space.show(replace(space.collection, faces=faces, parts=parts))
    mend(space, truth)
    found = compare(space, lambda share: None)
    assert (found["scored_on"], found["images"]) == ("test", 32)
    space.show(replace(space.collection, kind="run"))
    assert (
        compare(space, lambda share: None)["before"]["value"] > 0.5
    )  # the run's own model


def test_training_in_a_thread_ends_when_it_is_told(spoilt, monkeypatch):
    space, _ = spoilt
    training = Again(space)
    assert training.status == {"state": "idle"}
    training.start()
    training.start()  # not twice
    training.stop()
    training.wait(60)
    assert training.status == {"state": "idle"}

    def fail(*_):
        raise ValueError("no such thing")

    monkeypatch.setattr(again_module, "compare", fail)
    training.start()
    training.wait(60)
    assert training.status == {"state": "failed", "error": "ValueError: no such thing"}


def test_labels_that_leave_a_class_without_pictures_are_told(spoilt):
    space, _ = spoilt
    for row in np.flatnonzero(space.collection.faces.labels == 0):
        decide(space, row, "exclude")
    with pytest.raises(FerClassicError, match="Class 'anger' has no readable image"):
        compare(space, lambda share: None)


def test_the_dangerous_name_is_the_one_of_the_tests(shown):
    assert shown.faces.names[0] == EVIL
