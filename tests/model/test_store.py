"""Models and tables on disk: exact round trips, and every damage is named."""

import hashlib
import json
import re
import shutil
import tracemalloc
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

import fer_classic
from fer_classic.errors import FerClassicError
from fer_classic.faces.store import load_faces, save_faces
from fer_classic.features.store import load_features, save_features
from fer_classic.model.predict import features_of, predict_faces
from fer_classic.model.store import load_model, save_model

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
        # One module alone reads arrays: see test_arrays.
        if path.name not in ("arrays.py", "npy.py"):  # an example in the latter
            assert not re.search(r"np\.load\(|read_array|fromfile", text), path
        for call in re.findall(r"np\.load\(.*|read_array\(.*", text):
            assert "allow_pickle=False" in call, f"{path}: {call}"


def from_stranger(folder, words, **changes):
    """Load a model after a change that is sealed, and find the reason."""
    edit(folder, **changes)
    reseal(folder)
    with pytest.raises(FerClassicError) as caught:
        load_model(folder)
    assert words in str(caught.value), caught.value


def description(folder):
    return json.loads((folder / "model.json").read_text())


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("crop_size", 10**9, "crop_size must be from 32 to 512"),
        ("crop_size", 10**4000, "crop_size must be from 32 to 512"),
        ("crop_size", 64.5, "crop_size must be a whole number"),
        ("crop_size", 63, "columns"),
        ("threshold", float("nan"), "threshold must be from -100 to 100. Got nan"),
        ("max_pixels", 1e999, "max_pixels must be a whole number"),
        ("detector", "own.svm", "a relative path, which a model must not choose for you"),
        ("detector", "yunet:x/own.onnx", "which a model must not choose for you"),
        ("detector", ["hog"], "detector must be text"),
    ],
)
def test_wild_settings_of_faces_are_refused(copy, key, value, words):
    settings = description(copy)["settings"]
    settings["faces"][key] = value
    from_stranger(copy, words, settings=settings)


@pytest.mark.parametrize(
    ("features", "words"),
    [
        ({"hog": {"cell": 0}}, "cell of HOGFeatures must be"),
        ({"hog": {"cell": 2, "block": 10, "orientations": 180}}, "give 9522000 columns"),
        (
            {"lbp": {"grid": 64, "points": 16, "radii": [*range(1, 60)]}},
            "give 58724352 col",
        ),
        ({"lbp": {"radii": 5}}, "radii of LBPFeatures must be a tuple"),
        ({"sift": {"cells": [3, 3]}}, "must differ"),
        ({"sift": {"cells": [10**9]}}, "each cell of SIFTFeatures must be"),
        ({"hog": {"colour": 1}}, "colour"),
        ({"nose": {}}, "nose"),
        ({"hog": None}, "features 'hog' must be an object"),
    ],
)
def test_wild_features_are_refused_before_their_columns_are_named(copy, features, words):
    settings = description(copy)["settings"] | {"features": features}
    from_stranger(copy, words, settings=settings)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("classifier", {"n_jobs": 10**9}, "parameter of classifier in model.json must be"),
        (
            "classifier",
            {"n_estimators": 10**12},
            "n_estimators of ExpressionClassifier mus",
        ),
        ("classifier", {"prior": "mine"}, "prior must be one of"),
        ("classes", ["anger"] * 5, "does not fit the classes"),
        ("classes", None, "does not fit the classes"),
        ("feature_names", None, "feature_names in model.json must be a list"),
        ("feature_names", {"a": 1}, "feature_names in model.json must be a list"),
        ("trained_on", None, "trained_on in model.json must tell images and classes"),
        ("trained_on", {"classes": {"anger": 1}}, "must hold counts by class"),
        ("settings", [], "cannot be used"),
        ("settings", {"network": {"network": "default"}}, "network.safetensors"),
    ],
)
def test_wild_descriptions_are_refused(copy, key, value, words):
    from_stranger(copy, words, **{key: value})


def test_columns_of_another_name_are_refused(copy):
    names = description(copy)["feature_names"]
    for wild in (names[::-1], [*names[:-1], "geo__other"], [*names[:-1], {}]):
        from_stranger(copy, "are not the columns that the settings", feature_names=wild)


@pytest.mark.parametrize("text", ["9" * 10_000, '{"format": ' + "9" * 10_000 + "}"])
def test_huge_numbers_in_json_are_refused(copy, text):
    (copy / "model.json").write_text(text)
    with pytest.raises(FerClassicError, match=r"model\.json is damaged"):
        load_model(copy)


def test_a_huge_description_is_not_even_read(copy):
    with open(copy / "model.json", "ab") as file:
        file.truncate(1 << 25)
    with pytest.raises(FerClassicError, match="33554432 bytes; 16777216 are allowed"):
        load_model(copy)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("temperature", np.float64(0), "must be above 0"),
        ("temperature", np.float64(np.nan), "temperature in state.npz holds a number that"),
        ("temperature", np.ones(3), "must be float64 of shape ()"),
        ("class_counts", np.zeros(5, np.int64), "must be above 0"),
        ("class_counts", np.ones(5), "is float64 of shape (5,); it must be int64"),
        ("class_counts", np.ones(4, np.int64), "it must be int64 of shape (5,)"),
        ("log_prior_shift", np.full(5, np.inf), "holds a number that is not finite"),
        ("log_prior_shift", None, "log_prior_shift in state.npz is missing"),
    ],
)
def test_a_wild_state_is_refused(copy, key, value, words):
    with np.load(copy / "state.npz", allow_pickle=False) as found:
        state = dict(found) | {key: value}
    np.savez(copy / "state.npz", **{k: v for k, v in state.items() if v is not None})
    from_stranger(copy, words)


def test_a_model_takes_no_more_memory_than_its_size_allows(copy):
    bomb = np.zeros(1 << 24, np.uint8)
    np.savez_compressed(copy / "state.npz", temperature=bomb)
    reseal(copy)
    tracemalloc.start()
    with pytest.raises(FerClassicError, match="more than 16 times its size"):
        load_model(copy)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    size = sum(own.stat().st_size for own in copy.iterdir())
    assert peak < 16 * size + (1 << 20)


@pytest.mark.parametrize(
    "line",
    [
        "0" * 64 + "  ../model/state.npz",
        "0" * 64 + " state.npz",
        "0" * 63 + "  state.npz",
        "",
        "\0",
    ],
)
def test_lines_that_are_no_checksum_are_refused(copy, line):
    with open(copy / "SHA256SUMS", "a") as file:
        file.write(f"{line}\n")
    with pytest.raises(FerClassicError, match="is no checksum, or one of a file it has"):
        load_model(copy)


def test_a_file_that_the_seal_does_not_vouch_for_is_not_read(copy):
    lines = (copy / "SHA256SUMS").read_text().splitlines(keepends=True)
    for name in ("lightgbm.txt", "state.npz"):
        kept = [line for line in lines if name not in line]
        (copy / "SHA256SUMS").write_text("".join(kept))
        with pytest.raises(FerClassicError, match=f"it lacks {name}"):
            load_model(copy)


@pytest.mark.parametrize(
    ("name", "array", "words"),
    [
        ("landmarks", np.zeros((80, 5, 2), "f4"), "must be float32 of shape (80, 68, 2)"),
        ("landmarks", np.zeros((80, 68, 2), "f8"), "landmarks.npy is float64"),
        ("crops", np.zeros((80, 1, 1), "u1"), "must be uint8 of shape (80, 64, 64)"),
        ("crops", np.zeros((9, 64, 64), "u1"), "must be uint8 of shape (80, 64, 64)"),
        ("crops", np.zeros((80, 64, 64), "u1", order="F"), "in Fortran order"),
        ("hashes", np.zeros((80, 32), "i1"), "hashes.npy is int8"),
    ],
)
def test_faces_that_do_not_fit_are_refused(train_faces, tmp_path, name, array, words):
    save_faces(train_faces, tmp_path)
    np.save(tmp_path / f"{name}.npy", array)
    reseal(tmp_path)
    with pytest.raises(FerClassicError, match="The faces in") as caught:
        load_faces(tmp_path)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda told: told["labels"].append(0), "has 81 labels for 80 names"),
        (lambda told: told["labels"].__setitem__(3, 99), "labels outside -1 to 4"),
        (lambda told: told["labels"].__setitem__(3, 1.5), "has 1.5 among its labels"),
        (lambda told: told["rows"]["status"].__setitem__(3, "gone"), "the status 'gone'"),
        (
            lambda told: told["rows"]["names"].__setitem__(3, None),
            "has None among its names",
        ),
        (lambda told: told["rows"]["groups"].__setitem__(3, {}), "has {} among its groups"),
        (lambda told: told["rows"].pop("digests"), "KeyError: 'digests'"),
        (lambda told: told.update(rows=[]), "TypeError"),
        (lambda told: told.update(classes=[]), "TypeError"),
        (lambda told: told["settings"].update(crop_size=65), "of shape (80, 65, 65)"),
    ],
)
def test_wild_rows_of_faces_are_refused(train_faces, tmp_path, change, words):
    save_faces(train_faces, tmp_path)
    told = json.loads((tmp_path / "faces.json").read_text())
    change(told)
    (tmp_path / "faces.json").write_text(json.dumps(told))
    reseal(tmp_path)
    with pytest.raises(FerClassicError, match="The faces in") as caught:
        load_faces(tmp_path)
    assert words in str(caught.value)


def test_features_that_do_not_fit_are_refused(train_faces, tmp_path):
    made = features_of(train_faces, {"geometry": {}})
    save_features(made, {"file": list(train_faces.names)}, tmp_path)
    for wild in (made.X[:, 1:], made.X[1:], made.X.astype("f8"), made.X[0]):
        np.save(tmp_path / "X.npy", wild)
        reseal(tmp_path)
        with pytest.raises(FerClassicError, match=r"The features in .* cannot be used"):
            load_features(tmp_path)
