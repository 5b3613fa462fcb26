"""Models and tables on disk: exact round trips, and every damage is named."""

import hashlib
import json
import re
import shutil
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

import fer_classic
from fer_classic.errors import FerClassicError
from fer_classic.persist import load_model, save_model
from fer_classic.pipeline import predict_faces
from fer_classic.stack import features_of
from fer_classic.tables import load_faces, load_features, save_faces, save_features

MODEL = ("SHA256SUMS", "lightgbm.txt", "model.json", "state.npz")


@pytest.fixture
def copy(model_folder, tmp_path):
    return Path(shutil.copytree(model_folder, tmp_path / "model"))


def reseal(folder):
    names = [p.name for p in sorted(folder.iterdir()) if p.name != "SHA256SUMS"]
    lines = [
        f"{hashlib.sha256((folder / n).read_bytes()).hexdigest()}  {n}\n" for n in names
    ]
    (folder / "SHA256SUMS").write_text("".join(lines))


def edit(folder, **changes):
    path = folder / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_model_is_the_same_after_the_round_trip(
    model, model_folder, train_faces, tmp_path
):
    loaded = load_model(model_folder)
    mine, its = predict_faces(model, train_faces), predict_faces(loaded, train_faces)
    np.testing.assert_array_equal(mine.probabilities, its.probabilities)
    assert loaded.settings == model.settings
    assert loaded.feature_names == model.feature_names
    (tmp_path / "again").mkdir()
    save_model(loaded, tmp_path / "again")
    for name in MODEL:
        assert (tmp_path / "again" / name).read_bytes() == (
            model_folder / name
        ).read_bytes()


def test_a_run_directory_stands_for_its_model(model_folder, tmp_path):
    shutil.copytree(model_folder, tmp_path / "run" / "model")
    assert load_model(tmp_path / "run").feature_names


@pytest.mark.parametrize("name", MODEL)
@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_a_changed_byte_is_refused(copy, name, place):
    raw = bytearray((copy / name).read_bytes())
    raw[int(place * len(raw))] ^= 1
    (copy / name).write_bytes(raw)
    with pytest.raises(FerClassicError, match=r"copy the whole folder again"):
        load_model(copy)


@pytest.mark.parametrize("name", MODEL)
def test_a_missing_file_is_named(copy, name):
    (copy / name).unlink()
    with pytest.raises(FerClassicError, match=re.escape(name)):
        load_model(copy)


@pytest.mark.parametrize("name", MODEL)
def test_an_empty_file_is_refused(copy, name):
    (copy / name).write_bytes(b"")
    with pytest.raises(FerClassicError, match="damaged"):
        load_model(copy)


def test_another_format_number_is_refused(copy):
    edit(copy, format=2)
    with pytest.raises(FerClassicError, match=r"has format 2; .* reads format 1"):
        load_model(copy)


def test_another_kind_is_refused(copy):
    edit(copy, kind="somebody's model")
    with pytest.raises(FerClassicError, match='describes "somebody\'s model"; expected is'):
        load_model(copy)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, "{}"])
def test_damaged_json_is_refused(copy, text):
    (copy / "model.json").write_text(text)
    with pytest.raises(FerClassicError, match=r"model\.json is damaged"):
        load_model(copy)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"settings": {"colour": 1}}, "'colour'"),
        ({"settings": {"classes": "nine"}}, "'nine'"),
        ({"feature_names": ["a", "b"]}, "columns"),
        ({"classes": ["a", "b"]}, "does not fit the classes"),
        ({"classifier": {"magic": 1}}, "magic"),
        ({"classifier": None}, "classifier in model.json is None, no object"),
    ],
)
def test_a_sealed_but_impossible_description_is_refused(copy, changes, reason):
    edit(copy, **changes)
    reseal(copy)
    with pytest.raises(FerClassicError, match=reason) as caught:
        load_model(copy)
    assert "The model in" in str(caught.value)


@pytest.mark.parametrize("name", ["lightgbm.txt", "state.npz"])
def test_a_sealed_but_meaningless_file_is_refused(copy, name):
    (copy / name).write_bytes(b"nonsense")
    reseal(copy)
    with pytest.raises(FerClassicError, match="cannot be used"):
        load_model(copy)


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(FerClassicError, match=r"holds no model: there is no file"):
        load_model(tmp_path)
    with pytest.raises(FerClassicError, match="holds no model: there is no such folder"):
        load_model(tmp_path / "absent")


def test_a_pickle_in_a_table_is_not_loaded(train_faces, tmp_path):
    save_faces(train_faces, tmp_path)
    objects = np.array([{"a": 1}], dtype=object)
    np.save(tmp_path / "crops.npy", objects, allow_pickle=True)
    reseal(tmp_path)
    with pytest.raises(FerClassicError, match="Python objects in dtype"):
        load_faces(tmp_path)


def test_faces_are_the_same_after_the_round_trip(train_faces, tmp_path):
    save_faces(train_faces, tmp_path)
    loaded = load_faces(tmp_path)
    for field in fields(train_faces):
        mine, its = getattr(train_faces, field.name), getattr(loaded, field.name)
        if isinstance(mine, np.ndarray):
            np.testing.assert_array_equal(mine, its)
            assert mine.dtype == its.dtype
        else:
            assert mine == its


def test_features_are_the_same_after_the_round_trip(train_faces, tmp_path):
    made = features_of(train_faces, {"geometry": {}})
    rows = {"file": list(train_faces.names)}
    save_features(made, rows, tmp_path)
    loaded, its_rows = load_features(tmp_path)
    np.testing.assert_array_equal(made.X, loaded.X)
    assert (loaded.names, its_rows) == (made.names, rows)
    with pytest.raises(FerClassicError, match="holds no model"):
        load_model(tmp_path)


def test_nothing_is_unpickled():
    for path in Path(fer_classic.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(
            r"\bpickle\b\.|import pickle|joblib\.load|(?<!\.)\beval\(", text
        )
        for call in re.findall(r"np\.load\(.*", text):
            assert "allow_pickle=False" in call, f"{path}: {call}"
