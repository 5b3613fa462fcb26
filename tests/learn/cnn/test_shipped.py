"""The networks that ship: whole, small, with a card and submissions, and able to see."""

import json

import pytest

from fer_classic.model.predict import predict_faces
from fer_classic.model.shipped import shipped_model
from fer_classic.model.store import load_model
from fer_classic.scores.metrics import evaluate


@pytest.mark.parametrize("network", ["cnn", "cnn-mini"])
@pytest.mark.parametrize("classes", ["five", "seven"])
def test_shipped_networks_are_whole(classes, network):
    folder = shipped_model(f"{classes}-{network}")
    model = load_model(folder)
    assert model.settings.classes == classes
    assert model.settings.network["network"] == {"cnn": "default"}.get(network, "mini")
    for part, images in {"test": 3589, "webfaces": 1092}.items():
        written = json.loads((folder / f"submission-{part}.json").read_text())
        assert len(written) == images
    assert "Do not use this to judge people" in (folder / "README.md").read_text()
    assert sum(own.stat().st_size for own in folder.iterdir()) < 5e6


def test_a_shipped_network_sees_more_than_chance(train_faces):
    predictions = predict_faces(load_model(shipped_model("five-cnn")), train_faces, jobs=1)
    scores = evaluate(train_faces.labels, predictions.labels, predictions.class_names)
    # Synthetic faces, of which it knows none; by chance it would be 0.2.
    assert scores["balanced_accuracy"]["value"] > 0.5
