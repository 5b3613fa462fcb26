"""Training that starts from a model: own faces join those of its experts."""

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest

from fer_classic.errors import FerClassicError, UsageError
from fer_classic.model.predict import predict_faces
from fer_classic.model.start import check_fits, in_words, learn_from, read_start
from fer_classic.model.startfile import START
from fer_classic.model.store import load_model, save_model
from fer_classic.model.train import fold_groups, train_model
from fer_classic.settings import Settings

EXPERT = {"features": {"geometry": {}}, "components": 16, "folds": 3}
SETTINGS = Settings(
    features={}, experts=[EXPERT], classifier={"n_estimators": 6, "num_leaves": 4}
)


@pytest.fixture(scope="module")
def halves(train_faces):
    """Faces that the start model learns from, and own ones."""
    return train_faces.take(np.arange(0, 80, 2)), train_faces.take(np.arange(1, 80, 2))


@pytest.fixture(scope="module")
def folder(halves, tmp_path_factory):
    """A model that can be started from."""
    made = train_model(halves[0], SETTINGS, jobs=1, keep_start=True)
    folder = tmp_path_factory.mktemp("start") / "mine"
    folder.mkdir()
    save_model(made, folder)
    return folder


@pytest.fixture(scope="module")
def started(halves, folder):
    return train_model(halves[1], start=folder, jobs=1)


def test_what_a_start_needs_is_sealed_and_not_loaded_by_predicting(folder, halves):
    assert f"  {START}\n" in (folder / "SHA256SUMS").read_text()
    assert load_model(folder).start is None
    start = read_start(folder)
    assert len(start.faces) == len(halves[0]) and start.name == "mine"
    assert start.faces.scores.shape == (1, len(halves[0]), 5)


def test_own_faces_join_and_what_was_tried_is_told(started, halves, folder, tmp_path):
    told = started.trained_on["start"]
    assert told["model"] == "mine" and told["copies"] == 0 and told["folds"] == 5
    sums = hashlib.sha256((folder / "SHA256SUMS").read_bytes()).hexdigest()
    assert told["sha256"] == sums
    assert set(told["scores"]) == {"as_shipped", "joint", "alone"}
    assert started.trained_on["images"] == len(halves[1])
    (tmp_path / "saved").mkdir()
    save_model(started, tmp_path / "saved")
    loaded = load_model(tmp_path / "saved")
    assert loaded.trained_on == started.trained_on
    mine, its = (predict_faces(own, halves[1]) for own in (started, loaded))
    np.testing.assert_array_equal(mine.probabilities, its.probabilities)
    assert "40 own photographs beside 40 faces of mine: " in in_words(told, 40)


def test_rows_of_the_kernel_are_those_that_take_part(started, halves, folder):
    chosen = started.trained_on["start"]["chosen"]
    expected = len(halves[0]) * (chosen["shipped"] > 0) + len(halves[1]) * (
        chosen["own"] > 0
    )
    assert started.experts[0].ridge.columns_.shape[1] == expected


def test_the_number_of_threads_changes_nothing(started, halves, folder):
    again = train_model(halves[1], start=folder, jobs=2)
    mine, its = (predict_faces(own, halves[0]) for own in (started, again))
    np.testing.assert_array_equal(mine.probabilities, its.probabilities)


def test_copies_of_its_faces_are_judged_by_scores_that_have_not_seen_them(halves, folder):
    start = read_start(folder)
    copied = start.faces.copied_by(halves[0])
    assert copied.tolist() == list(range(len(halves[0])))
    assert (start.faces.copied_by(halves[1]) == -1).all()
    model = learn_from(start, halves[0], fold_groups(halves[0]), jobs=1)
    told = model.trained_on["start"]
    assert told["copies"] == len(halves[0])
    right = start.faces.scores[0].argmax(axis=1) == halves[0].labels
    trees = predict_faces(start.model, halves[0]).labels == halves[0].labels
    assert told["scores"]["as_shipped"]["balanced_accuracy"] < trees.mean()
    assert abs(told["scores"]["as_shipped"]["balanced_accuracy"] - right.mean()) < 0.2


def test_one_group_joins_as_usual_and_nothing_is_compared(halves, folder):
    own = replace(halves[1], groups=("me",) * len(halves[1]))
    told = train_model(own, start=folder, jobs=1).trained_on["start"]
    assert told["chosen"] == {"kind": "joint", "shipped": 1.0, "own": 0.03}
    assert "scores" not in told and "nothing could be compared" in in_words(told, 40)


def test_a_cross_validation_starts_anew_in_each_fold(halves, folder):
    settings = replace(read_start(folder).settings, folds=2)
    model = train_model(halves[1], settings, start=folder, jobs=1)
    assert model.trained_on["cross_validation"]["folds"] == 2
    assert model.out_of_fold.shape == (len(halves[1]), 5)


def test_shares_of_classes_join_too(halves, folder):
    shares = np.eye(5)[halves[1].labels] * 0.9 + 0.02
    model = train_model(halves[1], start=folder, jobs=1, targets=shares)
    assert model.trained_on["images_of_several_classes"] == len(halves[1])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"classes": "seven"}, "'mine' tells five classes apart, and the settings say sev"),
        ({"crop_size": 48}, "from crops of size 64, and the settings say 48"),
        ({"align": "5"}, "from faces of alignment 68, and the settings say 5"),
        ({"balance": "smote"}, "the settings have other classifier: leave preset, feat"),
        ({"features": {"hog": {}}}, "the settings have other features: leave preset"),
    ],
)
def test_settings_that_contradict_are_refused(folder, changes, words):
    start = read_start(folder)
    with pytest.raises(UsageError, match=words):
        check_fits(start, start.settings.with_changes(**changes))


def test_models_that_nothing_can_join_are_refused(model_folder, halves, tmp_path):
    with pytest.raises(
        UsageError, match=r"has no start\.npz, which a training that starts"
    ):
        train_model(halves[1], start=model_folder)
    (tmp_path / "model.json").write_text("{}")
    (tmp_path / "network.safetensors").write_text("")
    with pytest.raises(UsageError, match="is a network, which own photographs cannot join"):
        read_start(tmp_path)
    with pytest.raises(FerClassicError, match="No model 'six-fast' came with this"):
        read_start("six-fast")


def test_only_experts_can_be_started_from_and_only_once(halves, folder, model):
    with pytest.raises(FerClassicError, match="needs kernel experts, and these settings"):
        train_model(halves[0], model.settings, jobs=1, keep_start=True)
    with pytest.raises(FerClassicError, match="cannot be started from"):
        train_model(halves[1], start=folder, keep_start=True)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("version", np.int64(2), "start.npz has version 2; read is 1"),
        ("digests", None, "digests in start.npz is missing"),
        ("hashes", np.zeros((40, 31), "u1"), "it must be uint8 of shape \\(40, 32\\)"),
        ("scores", np.zeros((2, 40, 5), "i2"), "must be int16 of shape \\(1, 40, 5\\)"),
        ("step", np.float32(np.nan), "step in start.npz holds a number that is not finite"),
        ("more", np.zeros(1), "start.npz holds 'more', which is unknown"),
    ],
)
def test_a_wild_start_is_refused(folder, tmp_path, key, value, words):
    import shutil

    copy = shutil.copytree(folder, tmp_path / "copy")
    with np.load(copy / START, allow_pickle=False) as found:
        arrays = {k: v for k, v in (dict(found) | {key: value}).items() if v is not None}
    np.savez(copy / START, **arrays)
    with pytest.raises(FerClassicError, match="copy the whole folder again"):
        read_start(copy)
    lines = (copy / "SHA256SUMS").read_text().splitlines()
    digest = hashlib.sha256((copy / START).read_bytes()).hexdigest()
    lines = [f"{digest}  {START}" if START in line else line for line in lines]
    (copy / "SHA256SUMS").write_text("\n".join(lines) + "\n")
    with pytest.raises(FerClassicError, match=words):
        read_start(copy)


def test_the_command_trains_tells_and_refuses(cli, demo_folder, folder, tmp_path):
    out = tmp_path / "run"
    line = ("run", demo_folder / "train", "--test", demo_folder / "test", "--out", out)
    code, said, err = cli(*line, "--start", folder, "-q")
    assert code == 0, err
    assert "80 own photographs beside 40 faces of mine (40 of them copies" in err
    assert "balanced accuracy" in said
    record = json.loads((out / "run.json").read_text())
    described = json.loads((out / "model" / "model.json").read_text())
    assert record["start"] == described["trained_on"]["start"]
    assert "as shipped" in (out / "report.html").read_text()
    for option in (("--preset", "fast"), ("--features", "hog"), ("--prior", "train")):
        code, _, err = cli(*line, "--start", folder, *option)
        assert code == 2 and f"{option[0]} and --start both say what learns" in err
    code, _, err = cli(*line, "--start", folder, "--classes", "seven")
    assert code == 2 and "tells five classes apart" in err
    train = ("train", demo_folder / "train", "--out", tmp_path / "m", "--start", folder)
    code, _, err = cli(*train, "--crop-size", 48)
    assert code == 2 and "from crops of size 64, and the settings say 48" in err
    code, _, err = cli(*train, "-q", "--cv", 2)
    assert code == 0 and "out of fold: as shipped" in err, err
