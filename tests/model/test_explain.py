"""Explanations add up, and name what a reader would name."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from fer_classic.data.dataset import read_dataset
from fer_classic.detect import Face
from fer_classic.faces.align import alignment, transform, upright
from fer_classic.faces.extract import extract_faces
from fer_classic.faces.settings import FaceSettings
from fer_classic.features.places import REGIONS, region_map
from fer_classic.model.explain import _blurred, _in_upright, explain_face
from fer_classic.model.explain_picture import explain_picture
from fer_classic.model.predict import predict_faces
from fer_classic.model.shipped import shipped_model
from fer_classic.model.store import load_model
from fer_classic.model.train import train_model
from fer_classic.settings import Settings


@pytest.fixture(scope="module")
def smile(tmp_path_factory):
    """A smiling portrait in the public domain: its file and its face."""
    import skimage.data

    path = tmp_path_factory.mktemp("photo") / "astro$naut_$.png"
    Image.fromarray(skimage.data.astronaut()).save(path)
    return path, extract_faces(read_dataset(path))


@pytest.fixture(scope="module")
def shipped():
    return load_model(shipped_model())


def test_shap_values_add_up_to_the_answer(model, train_faces):
    face = train_faces.take([40])
    found = explain_face(model, face)
    assert found.method == "shap"
    assert found.probabilities == pytest.approx(predict_faces(model, face).probabilities[0])
    values = dict(found.columns)
    assert list(values) != list(model.feature_names)
    assert set(values) == set(model.feature_names)
    assert sum(found.families.values()) == pytest.approx(sum(values.values()))
    # All columns of this model have a place.
    assert sum(found.regions.values()) == pytest.approx(sum(values.values()))
    assert found.heat.sum() == pytest.approx(sum(values.values()))


def test_shap_values_are_lightgbms_own(model, train_faces):
    """The values and the base of a class are its score; differences give the odds."""
    from fer_classic.model.predict import features_of

    face = train_faces.take([40])
    found = explain_face(model, face)
    classifier = model.classifier
    X = features_of(face, model.settings.features).X
    raw = classifier.booster_.predict(X, pred_contrib=True).reshape(5, -1)
    centred = (raw - raw.mean(axis=0))[classifier.classes_.tolist().index(
        found.class_names[found.chosen])]  # fmt: skip
    base = centred[-1] / classifier.temperature_
    shift = classifier.log_prior_shift_ - classifier.log_prior_shift_.mean()
    base += shift[found.chosen] / classifier.temperature_  # five classes: by alphabet
    logs = np.log(found.probabilities)
    assert base + sum(found.families.values()) == pytest.approx(
        logs[found.chosen] - logs.mean(), abs=1e-4
    )


def test_the_smile_is_in_the_mouth(shipped, smile):
    _, face = smile
    found = explain_face(shipped, face)
    assert found.method == "occlusion"
    assert found.class_names[found.chosen] == "happiness"
    assert next(iter(found.regions)) == "mouth" and found.regions["mouth"] > 0.3
    assert set(found.regions) == set(REGIONS) and set(found.families) == {"expert"}
    assert found.heat.max() == pytest.approx(found.regions["mouth"])


def test_experts_with_fisher_vectors(train_faces):
    experts = [
        {
            "features": {"sift": {"cells": [3]}, "fisher": {"gaussians": 4}},
            "components": 16,
        },
        {"features": {"geometry": {}}, "components": 8},
    ]
    settings = Settings.from_dict(
        {"features": {"geometry": {}}, "experts": experts}
        | {"classifier": {"n_estimators": 5}}
    )
    model = train_model(train_faces, settings, jobs=1)
    found = explain_face(model, train_faces.take([40]))
    assert found.method == "occlusion" and "cheeks" in found.regions
    assert np.isfinite(list(found.regions.values())).all()


def test_an_expert_of_the_upright_crop(train_faces):
    experts = [{"crop": "upright", "features": {"hog": {}}, "components": 16}]
    settings = Settings.from_dict(
        {"features": {"hog": {}}, "experts": experts, "classifier": {"n_estimators": 5}}
    )
    model = train_model(train_faces, settings, jobs=1)
    found = explain_face(model, train_faces.take([40]))
    assert set(found.regions) == set(REGIONS)
    assert any(found.regions.values())  # though the named columns stay as they are


@pytest.mark.parametrize("align", ["68", "none", "box"])
def test_a_region_lies_at_the_same_place_of_both_crops(smile, align):
    path, _ = smile
    face = extract_faces(read_dataset(path), FaceSettings(align=align))
    within = region_map(64) == list(REGIONS).index("mouth")
    found = _in_upright(face, within)
    if align != "68":
        assert np.array_equal(found, within)
        return
    box = Face(*face.boxes[0].tolist(), 0.0)
    there = alignment(box, face.points[0], method="68", size=64)
    back = np.linalg.inv(np.vstack([there, [0, 0, 1]]))[:2]
    mouth = np.argwhere(within)[:, ::-1]
    expected = transform(transform(mouth, back), upright(box, 64)).mean(axis=0)
    centre = np.argwhere(found)[:, ::-1].mean(axis=0)
    np.testing.assert_allclose(centre, expected, atol=0.2)
    hidden = _blurred(face, within)
    for own, before, where in (
        (hidden.crops, face.crops, within),
        (hidden.upright, face.upright, found),
    ):
        moved = np.abs(own[0].astype(int) - before[0])
        assert moved[where].mean() > 10 * moved[~where].mean()


def test_nothing_hidden_changes_nothing(shipped, smile):
    _, face = smile
    for expert in shipped.experts:
        none = np.zeros(len(expert.embedding.center_), dtype=bool)
        assert np.array_equal(expert.scores(face), expert.scores(face, averaged=none))
        # With every column average, all faces are the same.
        every = expert.scores(face, averaged=~none)
        assert not np.allclose(every, expert.scores(face))


@pytest.mark.parametrize("status", ["face", "no_face", "whole"])
def test_the_picture(model, train_faces, status):
    from dataclasses import replace

    face = replace(train_faces.take([40]), status=(status,))
    found = explain_face(model, face)
    photo = np.zeros((300, 200, 3), dtype=np.uint8)
    picture = explain_picture(photo, face, found, "$\\frac 愤怒.png")
    shown = Image.open(io.BytesIO(picture))
    assert shown.format == "PNG" and min(shown.size) > 700
    assert picture == explain_picture(photo, face, found, "$\\frac 愤怒.png")


def test_the_command(cli, smile, tmp_path):
    path, _ = smile
    out = tmp_path / "explain.png"
    code, told, err = cli("explain", path, "--out", out)
    assert code == 0, err
    assert "astro$naut_$.png: happiness" in told and "occlusion" in told
    assert "mouth" in told and "without it" in told and f"picture: {out}" in told
    assert Image.open(out).format == "PNG"
    assert cli("explain", path, "--out", out)[0] == 2
    assert cli("explain", path, "--out", out, "--overwrite")[0] == 0


def test_the_command_with_a_model_of_the_card(cli, model_folder, demo_folder):
    photo = sorted((demo_folder / "test").iterdir())[0]
    code, told, err = cli("explain", photo, "--model", model_folder)
    assert code == 0, err
    assert "SHAP" in told and "log odds" in told and "picture:" not in told


def test_control_characters_of_a_name_stay_visible(cli, smile, tmp_path):
    path = tmp_path / "\x1b[2J.png"
    path.write_bytes(smile[0].read_bytes())
    code, told, err = cli("explain", path)
    assert code == 0, err
    assert told.startswith("\\x1b[2J.png: ") and "\x1b" not in told


def test_a_photograph_that_changes_meanwhile_is_one_sentence(
    cli, demo_folder, model_folder, monkeypatch, tmp_path
):
    photo = tmp_path / "a.png"
    Image.open(sorted((demo_folder / "test").iterdir())[0]).save(photo)
    from fer_classic.pipeline import faces as faces_module

    real = faces_module.faces_of

    def extract(*arguments, **options):
        found = real(*arguments, **options)
        Image.new("L", (99, 99)).save(photo)
        return found

    monkeypatch.setattr(faces_module, "faces_of", extract)
    out = ("--out", tmp_path / "b.png")
    code, _, err = cli("explain", photo, "--model", model_folder, *out)
    told = "No picture of a.png can be made: it has changed since its face was found."
    assert code == 1 and told in err and not (tmp_path / "b.png").exists()


def test_wrong_usage(cli, demo_folder, tmp_path):
    code, _, err = cli("explain", demo_folder / "test")
    assert code == 2 and "takes one image" in err and "holds 24" in err
    photo = sorted((demo_folder / "test").iterdir())[0]
    code, _, err = cli("explain", photo, "--out", tmp_path / "a.json")
    assert code == 2 and "a .png file" in err
    (tmp_path / "broken.png").write_bytes(json.dumps([1]).encode())
    code, _, err = cli("explain", tmp_path / "broken.png")
    assert code == 1 and "could be read" in err
