"""The scripts parse, and say what they need."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer_classic.data.dataset import read_dataset
from fer_classic.errors import FerClassicError
from fer_classic.faces.extract import extract_faces

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


@pytest.fixture
def script(monkeypatch):
    """Import a script as a module."""
    monkeypatch.setattr(sys, "path", [str(ROOT / "scripts"), *sys.path])
    return import_module


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((48, 48), dtype=np.uint8)).save(path)


def test_raf_db_is_read_by_its_own_list(script, tmp_path):
    for name in ("train_00001_aligned.jpg", "test_0001_aligned.jpg"):
        picture(tmp_path / "Image" / "aligned" / name)
    listed = tmp_path / "EmoLabel" / "list_patition_label.txt"
    listed.parent.mkdir()
    listed.write_text("train_00001.jpg 5\ntest_0001.jpg 7\n")
    found = script("protocol").samples_of("raf-db", tmp_path)
    names = found["train"].classes.names
    assert [names[code] for code in found["train"].labels] == ["sadness"]
    assert [names[code] for code in found["val"].labels] == ["neutral"]
    listed.write_text("train_00002.jpg 5\n")
    with pytest.raises(FerClassicError, match=r"lists train_00002.jpg, which is not in"):
        script("protocol").samples_of("raf-db", tmp_path)


def test_persons_of_ck_plus_and_jaffe_are_kept_together(script, tmp_path):
    for name in ("S010_004_00000017.png", "S010_004_00000018.png", "S011_001_00000014.png"):
        picture(tmp_path / "ck" / "anger" / name)
    picture(tmp_path / "ck" / "contempt" / "S138_008_00000007.png")
    found = script("protocol").samples_of("ck+", tmp_path / "ck")["train"]
    assert found.groups == ("S010", "S010", "S011", "S138")
    assert found.labels.tolist() == [0, 0, 0, -1]
    for name in ("KA.AN1.39.tiff", "KM.SU2.14.tiff"):
        picture(tmp_path / "jaffe" / name)
    found = script("protocol").samples_of("jaffe", tmp_path / "jaffe")["train"]
    assert found.groups == ("KA", "KM") and found.labels.tolist() == [0, 5]
    with pytest.raises(FerClassicError, match="holds no image named as jaffe"):
        script("protocol").samples_of("jaffe", tmp_path / "ck")


def test_pictures_made_worse_keep_their_kind(script):
    robustness = script("robustness")
    gray = np.random.default_rng(0).integers(0, 256, (60, 50), dtype=np.uint8)
    for kind, (strengths, _) in robustness.STRENGTHS.items():
        for strength in strengths:
            random = np.random.default_rng(0)
            made = robustness.changed(gray, kind, strength, random)
            assert made.dtype == np.uint8 and made.ndim == 2
            if kind not in ("box jitter", "down-scale", "blur"):
                assert not np.array_equal(made, gray)
    dark, bright = (
        robustness.changed(gray, kind, 6, np.random.default_rng(0))
        for kind in ("dark", "bright")
    )
    assert dark.mean() < gray.mean() < bright.mean()


def test_pictures_that_are_not_made_worse_give_the_same_faces(script, demo_folder):
    samples = read_dataset(demo_folder / "test").take(range(6))
    table = extract_faces(samples)
    read = ("status", "crops", "upright", "landmarks")  # all that predictions depend on
    blank = replace(table, status=("whole",) * 6)
    blank = replace(blank, **{key: getattr(table, key) * 0 for key in read[1:]})
    made = script("robustness").worse_table(blank, samples.sources, "unchanged", 0)
    for key in read:
        np.testing.assert_array_equal(getattr(made, key), getattr(table, key))


def test_the_tour_of_the_api_runs(script, demo_folder, monkeypatch, capsys):
    tour = script("tour")
    monkeypatch.setattr(sys, "argv", ["tour.py", str(demo_folder)])
    tour.main()
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("data: 80 training images") and "24 to predict" in said[0]
    begun = [line.partition(":")[0] for line in said]
    assert begun[1:5] == ["faces", "copies", "HOG", "table"]
    assert begun[-1] == "against the shipped model"


def test_the_comparison_predicts_apart_and_fuses(
    script, train_faces, model, tmp_path, monkeypatch
):
    """Two copies of a model stand for two models: fused, they are that model."""
    from fer_classic.model.store import save_model

    compare_cnn = script("compare_cnn")
    for place, start in (("train", 0), ("val", 40), ("votes", 40), ("web", 40)):
        table = train_faces.take(np.arange(start, start + 40))
        compare_cnn.keep(table, tmp_path / "faces" / place)
    scores = {"training_seconds": 120.0, "processor_seconds": 90.0}
    folders = {name: tmp_path / f"five-{name}" for name in compare_cnn.FUSED}
    for folder in folders.values():
        folder.mkdir()
        save_model(model, folder)
        (folder / "scores.json").write_text(compare_cnn.to_json(scores))
    monkeypatch.setattr(compare_cnn, "CHANGES", ())
    rows = compare_cnn.compare("five", folders, tmp_path / "faces", None)
    assert list(rows) == [*folders, compare_cnn.FUSION]
    one, other, fused = rows.values()
    assert one["val"] == other["val"] and one["minutes"] == 2.0
    own = one["val"]["all"]["balanced_accuracy"]["value"]
    assert fused["val"]["all"]["balanced_accuracy"]["value"] == pytest.approx(own)
    assert fused["weights"]["val"] == pytest.approx([0.5, 0.5])
    assert fused["minutes"] == 4.0 and fused["ms"] == one["ms"] + other["ms"]
    lines = compare_cnn.scores_table("five", rows).splitlines()
    assert len(lines) == 5 and lines[2].startswith(f"| accurate | {own:.3f} (")
    assert "2.0 (1.5 of one core)" in lines[2] and f"| {compare_cnn.FUSION} |" in lines[4]
    assert compare_cnn.worse_rows(rows).splitlines()[2].startswith("| unchanged |  | ")


@pytest.fixture
def tried(script, tmp_path):
    """A try of the command predict that has left something: ``tried({name: bytes})``."""
    trial = script("faults_trial")
    whole = {"answers.csv": b"a,b", "answers.json": b"[1]", "overlay/index.csv": b"file"}

    def left(files, name="predict", expected=whole):
        own = trial.Try(name, tmp_path, tmp_path / "try", expected)
        for path, data in files.items():
            (own.root / path).parent.mkdir(parents=True, exist_ok=True)
            (own.root / path).write_bytes(data)
        return own

    return left


OUT = "disk/out/"


@pytest.mark.parametrize(
    ("files", "killed", "wrong"),
    [
        ({}, False, []),
        ({f"{OUT}answers.csv": b"a,b"}, False, []),
        ({f"{OUT}answers.csv": b"a,"}, True, ["half-written: answers.csv differs"]),
        (
            {f"{OUT}overlay/1.png": b""},
            True,
            [
                "half-written: overlay/index.csv is missing",
                "half-written: overlay/1.png is not expected",
            ],
        ),
        ({f"{OUT}.overlay.partial-7-x/index.csv": b""}, True, []),
        (
            {f"{OUT}.answers.json.partial-7-x": b""},
            False,
            [f"left behind: {OUT}.answers.json.partial-7-x"],
        ),
        ({"cache/ab/.partial-x": b""}, False, ["left behind: cache/ab/.partial-x"]),
        ({"tmp/photo.png": b""}, True, ["left behind: tmp/photo.png"]),
    ],
)
def test_what_a_stopped_command_leaves_is_seen(tried, files, killed, wrong):
    own = tried(files)
    own.look(killed=killed)
    assert sorted(own.wrong) == sorted(wrong)


def test_a_report_may_follow_its_run_and_nothing_else_may(tried):
    expected = {"run/metrics.json": b"1", "run/report.html": b"2"}
    for missing, wrong in (("report.html", 0), ("metrics.json", 1)):
        names = [name for name in expected if not name.endswith(missing)]
        own = tried({OUT + name: expected[name] for name in names}, "run", expected)
        own.look(killed=True)
        assert len(own.wrong) == wrong
        shutil.rmtree(own.root)


@pytest.mark.parametrize(
    ("code", "said", "wrong"),
    [
        (130, "faces: 3/9\nfer-classic: error: interrupted; nothing", 0),
        (1, "fer-classic: error: interrupted", 1),
        (130, "", 1),
        (130, "fer-classic: error: interrupted\nfer-classic: error: interrupted", 1),
        (130, "Traceback (most\nfer-classic: error: interrupted", 1),
    ],
)
def test_one_sentence_is_asked_of_an_interrupted_command(tried, code, said, wrong):
    own = tried({})
    own.code, own.said = code, said
    own.sentence(130, "interrupted")
    assert len(own.wrong) == wrong


def test_a_row_of_another_image_is_seen(script, tmp_path):
    rows_of = script("faults_images").rows_of
    head = "file,status,label\n"
    whole = {"answers.csv": f"{head}a.jpg,face,1\nb.jpg,face,2\n".encode()}
    (tmp_path / "answers.csv").write_text(f"{head}a.jpg,face,2\nb.jpg,unreadable,2\n")
    found, known = rows_of("predict", tmp_path), rows_of("predict", whole)
    assert [*found] == [*known] == ["a.jpg", "b.jpg"]
    assert found["a.jpg"] != known["a.jpg"] and found["b.jpg"] == "unreadable"
