"""Fusion: weights against a search, parts without probabilities, and the command."""

import csv
import json

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from fer_classic.data.labels import FIVE
from fer_classic.errors import FerClassicError
from fer_classic.learn.calibrate import class_importance
from fer_classic.submissions.fusion import fit_weights, fuse, fuse_out_of_fold


def shares(labels, right, seed, k=5):
    """Probabilities that favour the true class in a share of the rows."""
    random = np.random.default_rng(seed)
    own = random.dirichlet(np.full(k, 0.7), len(labels))
    true = random.random(len(labels)) < right
    own[true, labels[true]] += 1.5
    return own / own.sum(axis=1, keepdims=True)


LABELS = np.random.default_rng(0).choice(5, 300, p=(0.1, 0.4, 0.3, 0.1, 0.1))
TWO = np.stack([shares(LABELS, 0.8, 1), shares(LABELS, 0.6, 2)])


def loss(weights, probabilities=TWO, labels=LABELS):
    mean = np.einsum("m,mnk->nk", weights, probabilities)[np.arange(len(labels)), labels]
    return -(class_importance(labels, np.full(5, 0.2)) * np.log(mean)).mean()


def test_weights_are_those_of_a_search():
    found = fit_weights(TWO, LABELS)
    best = minimize_scalar(
        lambda w: loss(np.array([w, 1 - w])), bounds=(0, 1), method="bounded"
    )
    assert found.sum() == pytest.approx(1) and found[0] == pytest.approx(best.x, abs=1e-3)
    assert loss(found) < min(loss(np.array([1, 0])), loss(np.array([0, 1])))


def test_a_result_that_says_nothing_new_gets_nothing():
    blind = np.full_like(TWO[0], 0.2)
    assert fit_weights(np.stack([TWO[0], blind]), LABELS)[1] < 0.1
    three = fit_weights(np.stack([TWO[0], TWO[0], TWO[1]]), LABELS)
    assert three[0] == pytest.approx(three[1])


def test_where_a_result_is_silent_the_others_speak():
    own = TWO[:, :3].copy()
    own[0, 0], own[:, 1] = np.nan, np.nan
    found = fuse(own, [0.75, 0.25])
    np.testing.assert_allclose(found[0], own[1, 0])
    assert np.isnan(found[1]).all()
    np.testing.assert_allclose(found[2], 0.75 * own[0, 2] + 0.25 * own[1, 2])
    assert np.isnan(fuse(own, [1.0, 0.0])[0]).all()


def test_each_image_is_fused_by_weights_of_other_folds():
    groups = np.arange(300) // 2
    fused, weights = fuse_out_of_fold(TWO, LABELS, groups)
    assert weights == pytest.approx(fit_weights(TWO, LABELS), abs=0.05)
    np.testing.assert_allclose(fused.sum(axis=1), 1)
    # Turning one image's label round changes the weights of others, never its own.
    row, turned = 7, LABELS.copy()
    turned[row] = LABELS[LABELS[row] != LABELS][0]
    other, _ = fuse_out_of_fold(TWO, LABELS, None, folds=2)
    again, _ = fuse_out_of_fold(TWO, LABELS, None, folds=2)
    np.testing.assert_array_equal(other, again)


def test_too_few_images_for_folds_are_told():
    labels = np.array([0, 0, 1, 1, 2])
    with pytest.raises(FerClassicError, match=r"2 images of each class .* `fit_on`"):
        fuse_out_of_fold(TWO[:, :5], labels)
    with pytest.raises(FerClassicError, match="2 groups"):
        fuse_out_of_fold(TWO[:, :4], labels[:4], np.zeros(4))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Two results over 300 images, and the truth of two halves."""
    folder = tmp_path_factory.mktemp("fusion")
    names = [f"{i:03d}.jpg" for i in range(300)]
    for name, own in zip(("trees", "network"), TWO, strict=True):
        with open(folder / f"{name}.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["file", "label", *FIVE.names])
            for row, one in zip(names, own, strict=True):
                writer.writerow([row, FIVE.names[one.argmax()], *one.tolist()])
    for half, rows in (("first", range(150)), ("second", range(150, 300))):
        records = [{"filename": names[i], "label": int(LABELS[i])} for i in rows]
        (folder / f"{half}.json").write_text(json.dumps(records))
    records = [{"filename": n, "label": 1} for n in names]
    (folder / "labels-only.json").write_text(json.dumps(records))
    return folder


def test_the_command_adds_the_fused_result(cli, files):
    given = [files / "trees.csv", files / "network.csv", "--truth", files / "first.json"]
    code, out, err = cli("compare", *given, "--fuse", "--format", "json")
    assert code == 0, err
    found = json.loads(out)
    trees, network, fused = found["results"]
    assert fused["name"] == "fused" and fused["answered"] == 150
    assert fused["scores"]["log_loss"] < trees["scores"]["log_loss"]
    assert fused["scores"]["log_loss"] < network["scores"]["log_loss"]
    assert {(p["a"], p["b"]) for p in found["pairs"]} >= {("trees", "fused")}
    assert "weights fitted out of fold on the images compared" in fused["notes"][0]


def test_weights_fitted_on_other_images_are_those_of_the_library(cli, files):
    given = [files / "trees.csv", files / "network.csv", "--truth", files / "second.json"]
    code, out, _ = cli("compare", *given, "--fuse", "--fit-on", files / "first.json")
    weights = fit_weights(TWO[:, :150], LABELS[:150])
    told = f"{weights[0]:.3f} trees + {weights[1]:.3f} network; weights fitted on 150 other"
    assert code == 0 and told in out
    fused = fuse(TWO[:, 150:], weights).argmax(axis=1)
    accuracy = (fused == LABELS[150:]).mean()
    assert f"{accuracy:.4f} (" in out.split("fused")[1].splitlines()[0]


@pytest.mark.parametrize(
    ("arguments", "exit_code", "reason"),
    [
        (["trees.csv", "labels-only.json", "--fuse"], 1, "labels-only.json holds no prob"),
        (["trees.csv", "network.csv", "--fit-on", "first.json"], 2, "of --fuse: give both"),
    ],
)
def test_what_cannot_be_fused_is_told(cli, files, arguments, exit_code, reason):
    own = [files / a if "." in a else a for a in arguments]
    code, _, err = cli("compare", *own, "--truth", files / "second.json")
    assert (code, reason in err) == (exit_code, True), err
