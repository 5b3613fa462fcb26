"""The commands of the network, as a user runs them, and what each of them loads."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from fer_classic.errors import FerClassicError
from fer_classic.files.checksums import write_seal
from fer_classic.model.store import load_model

QUICK = ["--network", "mini", "--size", "24", "--batch-size", "16", "--jobs", "1"]


#: Runs commands, separated by "+", and tells which of the two packages they loaded.
LOADED = """
import sys
from fer_classic.cli.app import app, register
register()
line = " ".join(sys.argv[1:])
for command in line.split(" + "):
    app(command.split(" "), standalone_mode=False)
print([n for n in ("torch", "lightgbm") if n in sys.modules], file=sys.stderr)
"""


@pytest.fixture(scope="module")
def faces(tmp_path_factory, demo_folder, train_faces):
    """Folders of faces: train (80) and test (24)."""
    from fer_classic.data.dataset import read_dataset
    from fer_classic.faces.extract import extract_faces
    from fer_classic.faces.store import save_faces

    folder = tmp_path_factory.mktemp("faces")
    tables = {"train": train_faces}
    tables["test"] = extract_faces(read_dataset(demo_folder / "test"), jobs=1)
    for name, table in tables.items():
        (folder / name).mkdir()
        save_faces(table, folder / name)
    return folder


def train_line(faces, out):
    given = ["train-cnn", faces / "train", "--test", faces / "test", "--out", out]
    return [*map(str, given), "--epochs", "3", *QUICK]


@pytest.fixture(scope="module")
def run(faces, tmp_path_factory):
    """A run directory, made in a process of its own, and what was said."""
    out = tmp_path_factory.mktemp("runs") / "cnn"
    line = [sys.executable, "-c", LOADED, *train_line(faces, out)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return out, done


def test_a_run_directory_is_that_of_run(run):
    out, done = run
    names = {path.name for path in out.iterdir()}
    assert names == {
        *("submission.json", "predictions.csv", "metrics.json", "confusion.csv"),
        "label_issues.csv",
        *("curves.csv", "settings.json", "run.json", "model", "material.npz"),
        "report.html",
    }
    inside = {path.name for path in (out / "model").iterdir()}
    assert inside == {"model.json", "network.safetensors", "state.npz", "SHA256SUMS"}
    assert len(json.loads((out / "submission.json").read_text())) == 24
    header, *rows = (out / "curves.csv").read_text().splitlines()
    assert len(rows) == 3 and header.endswith("validation_balanced_accuracy")
    record = json.loads((out / "run.json").read_text())
    assert record["versions"]["torch"] and record["training_seconds"]["cpu"] > 0
    assert "weights" in done.stderr and "about 1 min for 3 epochs" in done.stderr
    assert done.stderr.strip().endswith("['torch']")  # and no LightGBM
    assert f"submission: {out / 'submission.json'}" in done.stdout
    page = (out / "report.html").read_text()
    assert "small convolutional network (mini)" in page and "epochs" in page
    assert "LightGBM&#39;s gain" not in page and "cannot be read" not in page


def test_other_commands_work_on_it(run, cli, demo_folder, tmp_path):
    out, _ = run
    truth = ["--truth", demo_folder / "test"]
    code, _, err = cli("score", out / "predictions.csv", *truth)
    assert code == 0, err
    code, told, err = cli(
        "compare", out / "predictions.csv", out / "submission.json", *truth
    )
    assert code == 0 and "agreement" in told, err
    code, told, _ = cli("info", out)
    assert code == 0 and "network:     mini, 54,645 weights" in told
    code, told, err = cli("report", out, "--format", "md", "--lang", "zh")
    assert code == 0 and "not in the report" not in err
    code, told, err = cli("export", out, "--out", tmp_path / "net.onnx")
    assert code == 0 and "onnxruntime gives the same probabilities" in err
    picture = next((demo_folder / "test").glob("*.jpg"))
    code, _, err = cli("explain", picture, "--model", out)
    assert code == 2 and "is a network, which has no named features" in err


def test_a_saved_network_predicts_the_same_bytes(run, cli, demo_folder, tmp_path):
    out, _ = run
    line = [demo_folder / "test", "--model", out, "--out", tmp_path / "again.json"]
    code, _, err = cli("predict", *line, "--jobs", "1", "--quiet")
    assert code == 0, err
    names = ("predictions.csv", "again.csv")
    first, again = (out / names[0]).read_text(), (tmp_path / names[1]).read_text()
    assert first == again


def test_settings_repeat_a_run(run, cli, faces, tmp_path):
    out, _ = run
    given = [faces / "train", "--test", faces / "test", "--out", tmp_path / "again"]
    settings = ["--settings", out / "settings.json", "--jobs", "1", "-q"]
    code, _, err = cli("train-cnn", *given, *settings)
    assert code == 0, err
    name = "model/network.safetensors"
    assert (tmp_path / "again" / name).read_bytes() == (out / name).read_bytes()
    code, _, err = cli("run", *given[:-1], tmp_path / "x", "--settings", settings[1])
    assert code == 2 and "settings of a network: give it to the command train-cnn" in err
    trees = tmp_path / "trees.json"
    trees.write_text("{}")
    code, _, err = cli("train-cnn", *given[:-1], tmp_path / "x", "--settings", trees)
    assert code == 2 and "settings of a model that is no network" in err


def test_a_killed_run_goes_on_and_gives_the_same_bytes(run, faces, tmp_path):
    cache, out = tmp_path / "cache", tmp_path / "killed"
    line = [sys.executable, "-m", "fer_classic.cli", *train_line(faces, out)]
    line += ["--cache", str(cache)]
    started = subprocess.Popen(line, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while not list(cache.glob("networks/*.checkpoint")) and time.monotonic() < end:
        time.sleep(0.02)
    started.send_signal(signal.SIGKILL)
    assert started.wait() == -signal.SIGKILL and not out.exists()
    done = subprocess.run(line, capture_output=True, text=True)
    assert "a training that was stopped goes on after epoch" in done.stderr
    for name in ("model/network.safetensors", "model/state.npz", "predictions.csv"):
        assert (run[0] / name).read_bytes() == (out / name).read_bytes()
    assert not list(cache.glob("networks/*.checkpoint"))  # no longer of use


def test_a_network_learns_from_votes(cli, faces, train_faces, tmp_path):
    lines = ["file,anger,happiness,neutral,sadness,surprise\n"]
    for name, label in zip(train_faces.names, train_faces.labels, strict=True):
        counts = [1] * 5
        counts[label] = 6
        lines.append(f"{name},{','.join(map(str, counts))}\n")
    votes, out = tmp_path / "votes.csv", tmp_path / "voted"
    votes.write_text("".join(lines))
    given = ["--votes", votes, "--vote-share", "0.5"]
    code, _, err = cli(*train_line(faces, out), *given)
    assert code == 0, err
    assert f"{votes}: votes for 80 of 80 image(s)" in err
    settings = json.loads((out / "settings.json").read_text())
    assert settings["vote_share"] == 0.5
    told = json.loads((out / "model" / "model.json").read_text())["trained_on"]
    assert told["images_of_several_classes"] == 80
    code, _, err = cli(*train_line(faces, tmp_path / "x"), "--vote-share", "2")
    assert code == 2 and "vote" in err


def test_faces_of_other_settings_or_classes(cli, faces, demo_folder, tmp_path):
    given = ["train-cnn", faces / "train", "--out", tmp_path / "x"]
    code, _, err = cli(*given, "--test", faces / "test", "--detector", "none")
    assert code == 2 and "--detector has no effect on a finished face table" in err
    code, _, err = cli(*given)
    assert code == 2 and "no images to test on: name them with --test" in err
    cli("faces", demo_folder / "test", "--align", "5", "--out", tmp_path / "other", "-q")
    code, _, err = cli(*given, "--test", tmp_path / "other")
    assert code == 2 and "were made with other settings than the training faces" in err
    code, _, err = cli(*given, "--test", faces / "test", "--classes", "seven")
    assert code == 1 and "Class 'disgust' has no readable image" in err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--network", "vgg"], "network must be one of {default, mini}. Got 'vgg'"),
        (["--epochs", "0"], "epochs of SmallCNNClassifier must be of type int, from 1"),
        (["--device", "gpu"], "device must be one of {auto, cpu, cuda}"),
        (["--balance", "smote"], "balance of the network must be one of {logit, weights"),
    ],
)
def test_wrong_options_are_named_before_any_work(cli, tmp_path, arguments, reason):
    line = ["train-cnn", "none-such", "--test", "x", "--out", tmp_path / "x", *arguments]
    code, _, err = cli(*line)
    assert (code, reason in err) == (2, True), err


def test_missing_torch_is_told_before_any_work(cli, monkeypatch, tmp_path, run):
    from fer_classic.learn.cnn import parameters as device

    monkeypatch.setattr(device, "find_spec", lambda name: None)
    told = "The network needs torch, which is not installed: pip install 'fer_classic[cnn]'"
    code, _, err = cli("train-cnn", "none-such", "--test", "x", "--out", tmp_path / "x")
    assert code == 1 and told in err
    for command in (["predict", "none-such", "--model", run[0]], ["info", run[0]]):
        code, _, err = cli(*command)
        assert code == 1 and told in err


def test_weights_of_another_architecture_are_refused(run, tmp_path):
    import shutil

    shutil.copytree(run[0] / "model", tmp_path / "model")
    path = tmp_path / "model" / "model.json"
    text = path.read_text()
    path.write_text(text.replace('"network": "mini"', '"network": "default"'))
    write_seal(tmp_path / "model")
    with pytest.raises(FerClassicError, match="belongs to another network"):
        load_model(tmp_path / "model")


def loaded_by(*commands):
    line = " + ".join(" ".join(map(str, own)) for own in commands)
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *line.split(" ")],
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stderr.strip().splitlines()[-1]


def test_commands_on_a_network_load_no_lightgbm(run, demo_folder, tmp_path):
    out, _ = run
    picture = next((demo_folder / "test").glob("*.jpg"))
    commands = (
        ["predict", picture, "--model", out, "-q"],
        ["info", out],
        ["report", out, "--out", tmp_path / "r.html"],
    )
    assert loaded_by(*commands) == "['torch']"


def test_commands_on_trees_load_no_torch(run, faces, demo_folder, quick_file, tmp_path):
    picture = next((demo_folder / "test").glob("*.jpg"))
    made = tmp_path / "m"
    commands = (
        ["train", faces / "train", "--out", made, "--settings", quick_file, "-q"],
        ["predict", picture, "--model", made, "-q"],
        ["compare", run[0] / "predictions.csv", "--truth", demo_folder / "test", "--fuse"],
    )
    assert loaded_by(*commands) == "['lightgbm']"


def test_probabilities_of_the_table_are_those_of_the_classifier(run, faces):
    from fer_classic.faces.store import load_faces
    from fer_classic.model.predict import predict_faces

    model, table = load_model(run[0]), load_faces(faces / "test")
    found = predict_faces(model, table).probabilities
    order = [model.classifier.classes_.tolist().index(n) for n in table.classes.names]
    np.testing.assert_array_equal(
        found, model.classifier.predict_proba(table.crops)[:, order]
    )
