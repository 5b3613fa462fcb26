"""Ablations: shared folds, finished work that stays, and what the table says."""

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image

from fer_classic.ablation.plan import read_plan
from fer_classic.ablation.run import Ablation, make_estimator, part_of
from fer_classic.ablation.table import (
    COLUMNS,
    ablation_csv,
    ablation_markdown,
    ablation_picture,
)
from fer_classic.data.dataset import read_dataset
from fer_classic.errors import FerClassicError
from fer_classic.faces.extract import extract_faces
from fer_classic.model.train import train_model
from fer_classic.scores.paired import holm, paired_difference

PLAN = """
folds = 3
[base]
name = "base | <b>"
n_estimators = 6
features = ["hog", "geometry"]
hog.cell = 16
[[run]]
name = "geometry alone"
features = ["geometry"]
[[run]]
name = "unaligned"
align = "none"
[[run]]
name = "forest"
estimator = "random_forest"
[[run]]
name = "half"
fraction = 0.5
"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory, demo_folder):
    path = tmp_path_factory.mktemp("plan") / "plan.toml"
    path.write_text(PLAN)
    return read_plan(path, [str(demo_folder / "train")])


@pytest.fixture(scope="module")
def faces_of(demo_folder):
    samples, known = read_dataset(demo_folder / "train"), {}

    def extract(settings):
        if settings not in known:
            known[settings] = extract_faces(samples, settings)
        return known[settings]

    return extract


@pytest.fixture(scope="module")
def finished(plan, faces_of, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ablation")
    own = Ablation(plan, faces_of, folder, jobs=1)
    for run in plan.runs:
        own.finish(run)
    return own, own.table()


def test_the_base_scores_as_a_cross_validation_does(finished, plan, train_faces):
    settings = plan.settings.with_changes(folds=3)
    model = train_model(train_faces, settings, jobs=1)
    expected = model.trained_on["cross_validation"]["balanced_accuracy"]
    assert finished[1]["runs"][0]["balanced_accuracy"] == expected


def test_differences_are_paired_and_corrected(finished):
    own, table = finished
    rows = table["runs"]
    assert [row["name"] for row in rows][1:] == [
        *("geometry alone", "unaligned", "forest", "half")
    ]
    assert rows[0]["difference"] is None and rows[0]["p_holm"] is None
    predicted = []
    for run in own.plan.runs:
        labels = np.empty(len(own.labels), int)
        for fold, (_, test) in enumerate(own.folds):
            part = json.loads(own._file(run, fold).read_text())
            labels[test] = part["labels"]
        predicted.append(labels)
    for row, labels in zip(rows[1:], predicted[1:], strict=True):
        expected = paired_difference(own.labels, labels, predicted[0], 5, own.groups)
        assert row["difference"] == expected
        expected = row["balanced_accuracy"]["value"] - rows[0]["balanced_accuracy"]["value"]
        assert row["difference"]["value"] == pytest.approx(expected)
    p = [row["difference"]["p"] for row in rows[1:]]
    np.testing.assert_allclose([row["p_holm"] for row in rows[1:]], holm(p))
    assert rows[1]["columns"] < rows[0]["columns"] == rows[4]["columns"]
    assert all(row["train_seconds"] > 0 and row["predict_ms"] > 0 for row in rows)
    assert table["data"]["images"] == 80 == sum(table["data"]["classes"].values())


def test_folds_part_no_group(finished):
    own = finished[0]
    for train, test in own.folds:
        assert not set(own.groups[train]) & set(own.groups[test])
    tested = np.concatenate([test for _, test in own.folds])
    np.testing.assert_array_equal(np.sort(tested), np.arange(len(own.labels)))


def test_what_is_finished_is_not_done_again(finished, plan, faces_of, monkeypatch):
    own, table = finished
    again = Ablation(plan, faces_of, own.folder, jobs=1)
    monkeypatch.setattr("fer_classic.ablation.run.learn", None)  # would be called
    for run in plan.runs:
        assert again.missing(run) == []
        again.finish(run)
    assert again.table() == table


def test_a_lost_fold_comes_back_the_same(finished, plan, faces_of):
    own, table = finished
    own._file(plan.runs[1], 2).unlink()
    again = Ablation(plan, faces_of, own.folder, jobs=1)
    assert [again.missing(run) for run in plan.runs] == [[], [2], [], [], []]
    steps = []
    again.finish(plan.runs[1], lambda: steps.append(1))
    assert steps == [1]
    score = [row["balanced_accuracy"] for row in again.table()["runs"]]
    assert score == [row["balanced_accuracy"] for row in table["runs"]]


def test_other_images_share_no_finished_fold(finished, plan, faces_of):
    def fewer(settings):
        return faces_of(settings).take(np.arange(75))

    own = Ablation(plan, fewer, finished[0].folder, jobs=1)
    assert own.missing(plan.runs[0]) == [0, 1, 2]


def test_larger_parts_hold_smaller_ones():
    labels = np.random.default_rng(0).integers(0, 3, 400)
    rows = np.arange(0, 400, 2)
    parts = [part_of(rows, labels, fraction, 0) for fraction in (1e-6, 0.25, 0.5, 1)]
    assert set(parts[0]) < set(parts[1]) < set(parts[2]) < set(parts[3])
    np.testing.assert_array_equal(parts[3], rows)
    np.testing.assert_array_equal(np.bincount(labels[parts[0]]), [2, 2, 2])
    whole = np.bincount(labels[rows])
    np.testing.assert_allclose(np.bincount(labels[parts[1]]), whole / 4, atol=0.5)


@pytest.mark.parametrize("name", ["logistic", "svm", "random_forest"])
def test_other_estimators_learn(name):
    random = np.random.default_rng(0)
    y = np.repeat([0, 1], [90, 30])
    X = random.normal(size=(120, 6)) + y[:, None] * 2
    assert (make_estimator(name, 0, 1).fit(X, y).predict(X) == y).mean() > 0.9


def test_the_table_as_csv_and_markdown(finished):
    table = finished[1]
    rows = list(csv.DictReader(io.StringIO(ablation_csv(table))))
    assert tuple(rows[0]) == COLUMNS and len(rows) == 5
    assert rows[0]["difference"] == "" and rows[0]["run"] == "base | <b>"
    assert float(rows[2]["p_holm"]) == table["runs"][2]["p_holm"]
    lines = ablation_markdown(table).splitlines()
    assert "80 images" in lines[0] and "3 folds" in lines[0]
    assert lines[4].startswith(r"| base \| &lt;b> | ")
    cells = {line.replace(r"\|", "").count("|") for line in lines[2:]}
    assert cells == {8}


def test_the_picture_shows_every_run(finished):
    data = ablation_picture(finished[1])
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.format == "PNG" and picture.width > picture.height > 200
    assert data == ablation_picture(finished[1])


def test_what_a_run_changes_is_told_to_the_option():
    from fer_classic.cli.ablate import _feature_changes

    base = {"hog": {"cell": 8, "bins": 9}, "lbp": {}}
    finer = base | {"hog": {"cell": 6, "bins": 9}}
    assert _feature_changes(finer, base) == ["hog.cell=6"]
    assert _feature_changes({"hog": {"bins": 9}}, base) == [
        *("features=hog", "hog.cell by default")
    ]


def test_the_command(cli, demo_folder, tmp_path):
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN)
    line = ("ablate", plan, "--train", demo_folder / "train", "--jobs", "1", "-q")
    code, out, _ = cli(*line, "--out", tmp_path / "dry", "--dry-run")
    assert code == 0 and not (tmp_path / "dry").exists()
    assert "align=none" in out and "80 images, 3 folds" in out
    (tmp_path / "made").mkdir()  # as a command leaves it that is killed at the first fold
    code, out, err = cli(*line, "--out", tmp_path / "made")
    assert code == 0, err
    assert "geometry alone" in out
    names = sorted(path.name for path in (tmp_path / "made").iterdir())
    assert names == [
        *("ablation.csv", "ablation.json", "ablation.md", "ablation.png"),
        *("parts", "plan.toml"),
    ]
    before = (tmp_path / "made" / "ablation.json").read_bytes()
    code, again, err = cli(*line, "--out", tmp_path / "made")
    assert code == 0 and again == out and "15 folds lie finished" in err
    assert (tmp_path / "made" / "ablation.json").read_bytes() == before


def test_a_fold_that_cannot_be_kept_is_no_wrong_usage(
    cli, demo_folder, tmp_path, monkeypatch
):
    def full(*_):
        raise FerClassicError("fold.json cannot be written: No space left on device.")

    monkeypatch.setattr("fer_classic.ablation.run.write_file", full)
    (tmp_path / "plan.toml").write_text(PLAN)
    line = ("ablate", tmp_path / "plan.toml", "--train", demo_folder / "train")
    code, _, err = cli(*line, "--jobs", "1", "-q", "--out", tmp_path / "made")
    assert code == 1
    assert "error: Run 'base" in err and "': fold.json cannot be written: No space" in err


def test_the_command_leaves_foreign_folders_alone(cli, demo_folder, tmp_path):
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    line = ("ablate", plan, "--train", demo_folder / "train", "--out", tmp_path / "mine")
    code, _, err = cli(*line)
    assert code == 2 and "exists already" in err
    code, _, err = cli("ablate", plan, "--out", tmp_path / "new")
    assert code == 2 and "unless --train does" in err
