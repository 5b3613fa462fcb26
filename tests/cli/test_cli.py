"""The commands, as a user runs them."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer_classic.settings import Settings

COMMANDS = (
    *("run", "demo", "audit", "faces", "features", "train", "train-cnn"),
    *("predict", "page", "video", "live"),
    *("score", "compare", "bench", "explain", "report", "ablate", "info", "export"),
    "doctor",
    *("detector", "landmarks", "model"),
)


@pytest.fixture(scope="module")
def first_run(demo_folder, quick_file, tmp_path_factory):
    """A run in a process of its own: folder, stdout and stderr."""
    out = tmp_path_factory.mktemp("runs") / "first"
    done = subprocess.run(
        [sys.executable, "-m", "fer_classic.cli", "run", demo_folder / "train"]
        + ["--test", demo_folder / "test", "--settings", quick_file]
        + ["--out", out, "--jobs", "1"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return out, done.stdout, done.stderr


def zipped(folder, path, top=""):
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, f"{top}{file.name}")
    return path


def differing(a, b, names):
    return [name for name in names if (a / name).read_bytes() != (b / name).read_bytes()]


RESULTS = (
    *("submission.json", "predictions.csv", "metrics.json", "confusion.csv"),
    *("curves.csv", "settings.json", "model/model.json", "model/lightgbm.txt"),
    *("model/state.npz", "model/SHA256SUMS", "material.npz"),
)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_has_an_example(cli, name, flag):
    code, out, err = cli(name, flag)
    assert (code, err) == (0, "")
    assert f"Example: fer-classic {name}" in " ".join(out.split())


def test_every_command_is_listed_once(cli):
    out = cli("-h")[1]
    listed = [line.split()[0] for line in out.split("Commands:")[1].splitlines() if line]
    assert sorted(listed[:-1]) == sorted(COMMANDS)
    assert "..." not in out.split("Commands:")[1]  # each fits on its line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fly"], "No such command"),
        (["run"], "Missing argument"),
        (["run", "x"], "Missing option"),
        (["run", "x", "--out", "y", "--colour", "red"], "No such option"),
        (["audit", "x", "--format", "xml"], "--format must be one of {text, json}"),
        (["audit", "x", "--classes", "nine"], "must be one of {five, seven, eight}"),
        (
            ["audit", "x", "--labels", "guess"],
            "must be one of {auto, name, folder, none, rafdb",
        ),
        (["audit", ".", "--groups", "("], "is not a regular expression"),
        (["audit", "x", "--jobs", "0"], "must be -1 (all cores) or at least 1"),
        (["audit", "x", "--jobs", "many"], "Invalid value for '--jobs'"),
        (["faces", "x", "--out", "y", "--detector", "eye"], "one of {none, hog, cnn, cas"),
        (["faces", "x", "--out", "y", "--align", "7"], "one of {box, none, 5, 68}"),
        (
            ["run", "x", "--out", "y", "--align", "box"],
            "Features read landmarks (geometry)",
        ),
        (["faces", "x", "--out", "y", "--upsample", "9"], "must be from 0 to 4"),
        (["faces", "x", "--out", "y", "--crop-size", "1"], "must be from 32 to 512"),
        (["faces", "x", "--out", "y", "--max-pixels", "0"], "must be from 1 to"),
        (
            ["train", "x", "--out", "y", "--features", "hog,cnn"],
            "{hog, lbp, geometry, sift}",
        ),
        (["train", "x", "--out", "y", "--balance", "luck"], "one of {none, class_weight"),
        (["train", "x", "--out", "y", "--prior", "mine"], "one of {uniform, train}"),
        (["train", "x", "--out", "y", "--cv", "1"], "must be from 2 to 100"),
        (["train", "x", "--out", "y", "--seed", "-1"], "Invalid value for '--seed'"),
        (["demo", "y", "--train", "2"], "must be at least 5"),
        (["predict", "x", "--model", "m", "--out", "a.csv"], "a .json file"),
    ],
)
def test_wrong_usage_is_exit_2_with_what_is_allowed(
    cli, monkeypatch, tmp_path, arguments, words
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").mkdir()
    Image.new("L", (9, 9)).save(tmp_path / "x" / "anger.png")
    code, out, err = cli(*arguments)
    assert code == 2 and out == ""
    assert words in " ".join(err.split()), err
    assert os.listdir(tmp_path) == ["x"]


def test_data_goes_to_stdout_and_progress_to_stderr(first_run):
    out, stdout, stderr = first_run
    paths = stdout.splitlines()[-4:]
    assert [line.split()[0] for line in paths] == [
        "submission:",
        "scores:",
        "model:",
        "report:",
    ]
    for line in paths:
        assert os.path.exists(line.split(maxsplit=1)[1])
    assert "training faces: 80/80" in stderr and "balanced accuracy" not in stderr
    assert stdout.startswith("part ") and "balanced accuracy (95%)" in stdout
    assert sorted(os.listdir(out)) == [
        *("confusion.csv", "curves.csv", "label_issues.csv", "material.npz"),
        *(
            "metrics.json",
            "model",
            "predictions.csv",
            "report.html",
            "run.json",
            "settings.json",
        ),
        "submission.json",
    ]


def test_a_run_records_what_decides_it(first_run):
    out = first_run[0]
    record = json.loads((out / "run.json").read_text())
    assert record["train"]["images"] == 80 and record["test"]["images"] == 24
    assert len(record["train"]["content_sha256"]) == 64
    assert "lightgbm" in record["versions"] and record["seconds"]["training"] > 0
    assert json.loads((out / "settings.json").read_text())["seed"] == 0
    curves = list(csv.DictReader(io.StringIO((out / "curves.csv").read_text())))
    assert {"round", "train_log_loss", "validation_log_loss"} <= set(curves[0])


def test_every_image_is_answered_once_in_order(first_run, demo_folder):
    records = json.loads((first_run[0] / "submission.json").read_text())
    assert [r["filename"] for r in records] == sorted(os.listdir(demo_folder / "test"))
    assert {type(r["label"]) for r in records} == {int}


def test_zip_jobs_and_settings_of_an_earlier_run_give_the_same_bytes(
    cli, first_run, demo_folder, tmp_path
):
    train = zipped(demo_folder / "train", tmp_path / "train.zip", "train/")
    test = zipped(demo_folder / "test", tmp_path / "test.zip")
    code, _, err = cli(
        *("run", train, "--test", test, "--out", tmp_path / "again", "-j", 2, "-q"),
        *("--settings", first_run[0] / "settings.json"),
    )
    assert code == 0 and "80/80" not in err
    assert differing(first_run[0], tmp_path / "again", RESULTS) == []
    mine, its = (
        json.loads((folder / "run.json").read_text())
        for folder in (first_run[0], tmp_path / "again")
    )
    assert mine["train"]["content_sha256"] == its["train"]["content_sha256"]


def test_the_steps_alone_give_what_run_gives(
    cli, first_run, demo_folder, quick_file, tmp_path
):
    assert cli("faces", demo_folder / "train", "--out", tmp_path / "faces")[0] == 0
    for source in (tmp_path / "faces", demo_folder / "train"):
        out = tmp_path / f"model-{source.name}"
        code, stdout, _ = cli("train", source, "--out", out, "--settings", quick_file)
        assert (code, stdout) == (0, f"{out}\n")
        assert differing(first_run[0] / "model", out, ("lightgbm.txt", "state.npz")) == []
    code, stdout, _ = cli(
        *("predict", demo_folder / "test", "--model", tmp_path / "model-faces"),
        *("--out", tmp_path / "submission.json"),
    )
    assert (code, stdout) == (0, f"{tmp_path / 'submission.json'}\n")
    assert differing(first_run[0], tmp_path, ["submission.json"]) == []
    details = (tmp_path / "submission.csv").read_bytes()
    assert details == (first_run[0] / "predictions.csv").read_bytes()


def test_options_of_faces_are_refused_for_a_face_table(cli, train_faces, tmp_path):
    from fer_classic.faces.store import save_faces

    (tmp_path / "faces").mkdir()
    save_faces(train_faces, tmp_path / "faces")
    out = ("--out", tmp_path / "out")
    code, _, err = cli("train", tmp_path / "faces", *out, "--crop-size", 96)
    assert code == 2 and "--crop-size has no effect on a finished face table" in err


@pytest.mark.parametrize(("labelled", "told"), [(0, False), (79, True)])
def test_test_faces_without_a_label_are_not_called_left_out_of_training(
    train_faces, tmp_path, labelled, told
):
    from fer_classic.compute.processes import Silent
    from fer_classic.faces.store import save_faces
    from fer_classic.pipeline.inputs import run_inputs

    class Listening(Silent):
        def say(self, message):
            said.append(message)

    said, none = [], np.arange(len(train_faces)) >= labelled
    labels = np.where(none, -1, train_faces.labels)
    problems = tuple("no label" if own else "" for own in none)
    test = replace(train_faces, labels=labels, problems=problems)
    for name, faces in (("train", train_faces), ("test", test)):
        (tmp_path / name).mkdir()
        save_faces(faces, tmp_path / name)
    folders = [str(tmp_path / "train")], [str(tmp_path / "test")]
    run_inputs(*folders, Settings(), watch=Listening())
    assert not any("left out of training" in own for own in said)
    assert any(own.startswith("not scored: 1 image") for own in said) == told


def test_features_are_named_columns(cli, train_faces, quick_file, tmp_path):
    from fer_classic.faces.store import save_faces
    from fer_classic.features.store import load_features

    (tmp_path / "faces").mkdir()
    save_faces(train_faces, tmp_path / "faces")
    out = tmp_path / "features"
    code, _, _ = cli(
        *("features", tmp_path / "faces", "--out", out),
        *("--settings", quick_file, "--features", "geometry", "--csv"),
    )
    table, rows = load_features(out)
    assert code == 0 and rows["file"] == list(train_faces.names)
    with open(out / "features.csv", newline="") as file:
        lines = list(csv.reader(file))
    assert lines[0] == ["file", "label", *table.names] and len(lines) == 81
    np.testing.assert_allclose(float(lines[1][2]), table.X[0, 0], rtol=1e-5)


@pytest.mark.parametrize("kind", ["file", "glob", "zip", "folder"])
def test_predict_takes_any_input(cli, first_run, demo_folder, tmp_path, kind):
    given = {
        "file": next((demo_folder / "test").glob("sadness*")),
        "glob": demo_folder / "test" / "sadness*",
        "zip": tmp_path / "some.zip",
        "folder": demo_folder / "test",
    }[kind]
    if kind == "zip":
        zipped(demo_folder / "test", given)
    code, out, _ = cli("predict", given, "--model", first_run[0], "--format", "csv")
    mine = list(csv.DictReader(io.StringIO(out)))
    text = (first_run[0] / "predictions.csv").read_text()
    known = {row["file"]: row for row in csv.DictReader(io.StringIO(text))}
    assert code == 0 and mine
    assert all(known[row["file"]] == row for row in mine)


def test_sift_may_be_a_family_of_named_columns(cli, demo_folder, tmp_path):
    code, _, err = cli(
        *("features", demo_folder / "test", "--features", "sift,geometry"),
        *("--out", tmp_path / "f"),
    )
    assert code == 0, err
    assert '"sift__s3_p03_r0_c0_o0"' in (tmp_path / "f" / "features.json").read_text()


def test_predict_without_a_model_takes_the_one_that_ships(cli, demo_folder):
    photo = sorted((demo_folder / "test").iterdir())[0]
    code, out, _ = cli("predict", photo, "--format", "json")
    assert code == 0 and json.loads(out)[0]["filename"] == photo.name
    code, out, _ = cli("predict", photo, "--model", "seven-fast", "--format", "csv")
    assert code == 0 and "disgust" in out
    code, _, err = cli("predict", photo, "--model", "eight-fast")
    assert code == 1 and "No model 'eight-fast' came with this installation" in err


def test_what_a_model_does_not_decide_for_its_user(cli, demo_folder, tmp_path):
    from fer_classic.data.image import MAX_PIXELS
    from fer_classic.pipeline.faces import settings_to_predict
    from fer_classic.settings import Settings

    photo = sorted((demo_folder / "test").iterdir())[0]
    code, _, err = cli("predict", photo, "--max-pixels", 100)
    assert code == 1 and "pixels are more than the limit of 100" in err
    for own, limit in ((10**10, MAX_PIXELS), (5, 5)):
        model = Settings(groups="(a+)+$").with_changes(max_pixels=own)
        assert settings_to_predict(model).groups is None
        assert settings_to_predict(model).faces.max_pixels == limit
        assert settings_to_predict(model, 70).faces.max_pixels == 70


def test_predict_formats(cli, first_run, demo_folder):
    photo = next((demo_folder / "test").glob("sadness*"))
    arguments = ("predict", photo, "--model", first_run[0], "--format")
    assert cli(*arguments, "text")[1].split()[:3] == ["file", "expression", "probability"]
    (record,) = json.loads(cli(*arguments, "json")[1])
    assert record["filename"] == photo.name


@pytest.mark.parametrize("layout", ["records", "object", "pairs"])
def test_templates(cli, first_run, demo_folder, tmp_path, layout):
    names = sorted(os.listdir(demo_folder / "test"), reverse=True)
    sample = {
        "records": [{"id": f"test/{n}", "emotion": "Happy"} for n in names],
        "object": dict.fromkeys(names, 0),
        "pairs": [{n.rsplit(".", 1)[0]: "0"} for n in names],
    }[layout]
    template = tmp_path / "sample.json"
    template.write_text(json.dumps(sample))
    code, out, err = cli(
        *("predict", demo_folder / "test", "--model", first_run[0]),
        *("--template", template),
    )
    assert code == 0, err
    made = json.loads(out)
    if layout == "records":
        assert [r["id"] for r in made] == [r["id"] for r in sample]
    elif layout == "object":
        assert list(made) == names and {type(v) for v in made.values()} == {int}
    else:
        assert [next(iter(r)) for r in made] == [next(iter(r)) for r in sample]
        assert {type(v) for r in made for v in r.values()} == {str}


def test_a_template_that_does_not_fit_stops_before_the_work(
    cli, first_run, demo_folder, tmp_path
):
    template = tmp_path / "sample.json"
    template.write_text('{"other.jpg": 0}')
    out = tmp_path / "out.json"
    arguments = ("--template", template, "--out", out)
    code, _, err = cli("predict", demo_folder / "test", "--model", first_run[0], *arguments)
    assert code == 1 and "not in the input: other.jpg" in err and "faces" not in err
    assert not out.exists()
    code, _, err = cli("run", demo_folder / "train", *arguments)
    assert code == 2 and "--template needs images to predict" in err


def test_overlays(cli, first_run, demo_folder, tmp_path):
    out = tmp_path / "pictures"
    photos = sorted((demo_folder / "test").glob("sadness*"))
    arguments = ("predict", *photos, "--model", first_run[0], "--overlay", out)
    assert cli(*arguments)[0] == 0
    pictures = sorted(out.glob("*.png"))
    assert len(pictures) == len(photos)
    assert Image.open(pictures[0]).size[0] > 100
    assert cli(*arguments)[0] == 2
    assert cli(*arguments, "--overwrite")[0] == 0


def test_score_and_info_agree_with_the_run(cli, first_run, demo_folder):
    own = json.loads((first_run[0] / "metrics.json").read_text())["test"]["all"]
    for name in ("submission.json", "predictions.csv"):
        code, out, _ = cli(
            *("score", first_run[0] / name, "--truth", demo_folder / "test"),
            *("--format", "json"),
        )
        scores = json.loads(out)
        assert code == 0 and scores["confusion"] == own["confusion"]
        assert scores["balanced_accuracy"] == own["balanced_accuracy"]
    arguments = ("score", first_run[0] / name, "--truth", demo_folder / "test")
    assert "all labelled images" in cli(*arguments)[1]
    assert "trained on:  80 images" in cli("info", first_run[0])[1]
    told = json.loads(cli("info", first_run[0], "--format", "json")[1])
    assert told["trained_on"]["images"] == 80


def test_audit_finds_copies_across_parts(cli, demo_folder, tmp_path):
    test = Path(shutil.copytree(demo_folder / "test", tmp_path / "test"))
    photo = next((demo_folder / "train").glob("sadness*"))
    shutil.copy(photo, test / "anger_9999.jpg")
    code, out, _ = cli("audit", demo_folder / "train", test, "--format", "json")
    found = json.loads(out)
    assert code == 0 and found["images"] == 105
    pair = [f"train/{photo.name}", "test/anger_9999.jpg"]
    assert pair in found["duplicates"]["conflicting_labels"]
    code, out, _ = cli("audit", demo_folder / "train", test)
    assert code == 0 and "sets of copies with conflicting labels: 1" in out


def test_without_test_images_the_training_images_are_cross_validated(
    cli, demo_folder, quick_file, tmp_path
):
    out = tmp_path / "out"
    code, stdout, _ = cli(
        *("run", demo_folder / "train", "--settings", quick_file, "--out", out),
        *("--cv", 3, "-j", 1),
    )
    assert code == 0 and "3-fold cross-validation" in stdout
    metrics = json.loads((out / "metrics.json").read_text())
    assert list(metrics) == ["cross_validation"]
    assert metrics["cross_validation"]["n"] == 80
    assert not (out / "submission.json").exists() and "submission" not in stdout


def test_the_datas_own_parts_are_used(cli, demo_folder, quick_file, tmp_path):
    with open(tmp_path / "all.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label", "split"])
        for i, part in enumerate(("train", "test")):
            for path in sorted((demo_folder / part).iterdir()):
                split = ("Training", "PrivateTest")[i]
                writer.writerow([path, path.name.split("_")[0], split])
    for source in (demo_folder, tmp_path / "all.csv"):
        out = tmp_path / source.stem
        code, _, err = cli("run", source, "--settings", quick_file, "--out", out, "-j", 1)
        assert code == 0, err
        record = json.loads((out / "run.json").read_text())
        assert (record["train"]["images"], record["test"]["images"]) == (80, 24)


def test_parts_that_are_not_used_are_told(cli, demo_folder, quick_file, tmp_path):
    photos = sorted((demo_folder / "train").iterdir())
    with open(tmp_path / "all.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label", "split"])
        for i, path in enumerate(photos):
            split = "val" if path.name.startswith("h") and i % 2 else "train"
            writer.writerow([path, path.name.split("_")[0], split])
    out = tmp_path / "out"
    arguments = ("train", tmp_path / "all.csv", "--out", out, "--settings", quick_file)
    code, _, err = cli(*arguments)
    assert code == 0 and "image(s) of the part val" in err


def test_fer2013_csv_end_to_end(cli, train_faces, tmp_path):
    codes = {0: 0, 1: 3, 2: 6, 3: 4, 4: 5}
    with open(tmp_path / "fer2013.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["emotion", "pixels", "Usage"])
        for i, crop in enumerate(train_faces.crops):
            small = np.asarray(Image.fromarray(crop).resize((48, 48)))
            usage = ("Training", "Training", "Training", "PrivateTest")[i % 4]
            code = codes[int(train_faces.labels[i])]
            writer.writerow([code, " ".join(map(str, small.ravel())), usage])
    quick = {
        "features": {"geometry": {}},
        "classifier": {"balance": "class_weight", "n_estimators": 3},
    }
    (tmp_path / "quick.json").write_text(json.dumps(quick))
    code, _, err = cli(
        *("run", tmp_path / "fer2013.csv", "--settings", tmp_path / "quick.json"),
        *("--out", tmp_path / "out", "-j", 1),
    )
    assert code == 0, err
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert metrics["test"]["all"]["n"] == 20


def test_an_unknown_key_in_a_settings_file_is_refused(cli, demo_folder, tmp_path):
    for text, words in (
        ('{"colour": 1}', "'colour'"),
        ('{"faces": {"colour": 1}}', "'colour'"),
        ('{"classifier": {"colour": 1}}', "colour"),
        ('{"features": {"colour": {}}}', "colour"),
        ('{"features": {"hog": {"colour": 1}}}', "colour"),
        ("[]", "must hold a JSON object"),
        ("{", "is not JSON"),
    ):
        (tmp_path / "own.json").write_text(text)
        code, _, err = cli(
            *("run", demo_folder / "train", "--settings", tmp_path / "own.json"),
            *("--out", tmp_path / "out"),
        )
        assert code in (1, 2) and words in err, (text, err)
        assert "faces:" not in err, "said only after the work"


def test_an_existing_output_is_refused_before_the_work(cli, first_run, demo_folder):
    out = first_run[0]
    for arguments in (
        ("run", demo_folder / "train", "--out", out),
        ("train", demo_folder / "train", "--out", out),
        ("faces", demo_folder / "train", "--out", out),
        ("features", demo_folder / "train", "--out", out),
        ("demo", out),
    ):
        code, _, err = cli(*arguments)
        assert code == 2 and "exists already" in err and "/80" not in err
    code, _, err = cli("run", demo_folder, "--out", demo_folder, "--overwrite")
    assert code == 2 and "fer-classic did not make" in err
    assert sorted(os.listdir(demo_folder)) == ["README.txt", "test", "train"]


def test_control_characters_of_strangers_do_not_reach_the_terminal(capsys):
    from fer_classic.cli.app import fail
    from fer_classic.cli.console import say, table

    say("unreadable: \x1b]0;owned\x07\x1b[2J\x9b1m.jpg\ttab\nline")
    with pytest.raises(SystemExit):
        fail("no \x1b[31m.jpg", 1)
    _, err = capsys.readouterr()
    assert err == (
        "unreadable: \\x1b]0;owned\\x07\\x1b[2J\\x9b1m.jpg\ttab\nline\n"
        "fer-classic: error: no \\x1b[31m.jpg\n"
    )
    assert table([["a\nb\r.jpg", 1]], ["file", "n"]).splitlines()[1] == "a\\nb\\x0d.jpg  1"
