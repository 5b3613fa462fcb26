"""Where dlib's model files are sought, and what is said where they are not."""

import hashlib
import json
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

import fer_classic
from fer_classic.errors import FerClassicError
from fer_classic.files import weights as modelfiles
from fer_classic.files.weights import LANDMARK_LICENCE, MODEL_FILES, model_file, sha256
from fer_classic.model.predict import predict_faces
from fer_classic.model.shipped import shipped_model
from fer_classic.model.store import load_model


@pytest.mark.parametrize("kind", MODEL_FILES)
def test_the_files_are_there_and_are_the_known_ones(kind, monkeypatch):
    name, variable, digest = MODEL_FILES[kind]
    monkeypatch.delenv(variable, raising=False)
    path = model_file(kind)
    assert path.name == name
    assert sha256(path) == digest


@pytest.mark.parametrize("kind", MODEL_FILES)
def test_an_environment_variable_names_another_file(kind, monkeypatch, tmp_path):
    own = tmp_path / "own.dat"
    own.write_bytes(b"x")
    monkeypatch.setenv(MODEL_FILES[kind][1], str(own))
    assert model_file(kind) == own


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir()])
def test_a_variable_that_names_no_file_is_named(monkeypatch, tmp_path, make):
    own = tmp_path / "gone.dat"
    make(own)
    monkeypatch.setenv("FER_CLASSIC_LANDMARKS", str(own))
    with pytest.raises(FerClassicError) as error:
        model_file("landmarks")
    assert str(error.value) == (
        f"No model file at {own} (the environment variable FER_CLASSIC_LANDMARKS names "
        "it): correct or unset the variable"
    )


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.delenv("FER_CLASSIC_LANDMARKS", raising=False)
    monkeypatch.setattr(modelfiles, "find_spec", lambda name: None)
    with pytest.raises(FerClassicError, match=r"pip install face_recognition_models$"):
        model_file("landmarks")


def test_a_package_without_its_file_is_named(monkeypatch, tmp_path):
    monkeypatch.delenv("FER_CLASSIC_CNN_DETECTOR", raising=False)
    spec = ModuleSpec("face_recognition_models", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(modelfiles, "find_spec", lambda name: spec)
    with pytest.raises(FerClassicError) as error:
        model_file("cnn_detector")
    path = tmp_path / "models" / "mmod_human_face_detector.dat"
    assert str(error.value) == (
        f"No model file at {path} (it should come with the package "
        "face_recognition_models): pip install --force-reinstall face_recognition_models"
    )


def test_sha256_of_more_than_one_chunk(tmp_path):
    content = bytes(range(256)) * 5000  # 1.2 MiB
    path = tmp_path / "file"
    path.write_bytes(content)
    assert sha256(path) == hashlib.sha256(content).hexdigest()


def test_the_licence_says_what_it_excludes():
    assert "excludes commercial use" in LANDMARK_LICENCE


def test_a_model_that_did_not_come_along_is_named():
    with pytest.raises(FerClassicError, match=r"No model 'best' came with this install"):
        shipped_model("best")


@pytest.mark.parametrize("preset", ["fast", "accurate"])
@pytest.mark.parametrize("classes", ["five", "seven"])
def test_shipped_models_are_whole(classes, preset, train_faces):
    name = f"{classes}-{preset}"
    if (
        preset == "accurate"
        and not Path(fer_classic.__file__).parents[1].joinpath("models").is_dir()
    ):
        pytest.skip("the accurate models are in a checkout only")
    model = load_model(shipped_model(name))
    assert model.settings.classes == classes
    predictions = predict_faces(model, train_faces)
    assert predictions.probabilities.shape == (80, len(model.settings.class_set))
    for part, rows in (("test", 3589), ("webfaces", 1092)):
        written = json.loads((shipped_model(name) / f"submission-{part}.json").read_text())
        assert len(written) == rows
    assert (
        "Do not use this to judge people" in (shipped_model(name) / "README.md").read_text()
    )
