"""Votes of annotators in the commands."""

import json

import numpy as np
import pytest

from fer_classic.data.dataset import read_dataset
from fer_classic.data.labels import FIVE

HEADER = "path,anger,happiness,neutral,sadness,surprise,unknown\n"


def votes_of(samples, lines=()):
    """A table in which seven of ten votes are for the label of each image."""
    rows = []
    for name, code in zip(samples.names, samples.labels, strict=True):
        counts = np.eye(5, 6, dtype=int)[code] * 7
        counts[(code + 1) % 5] = 3
        rows.append(f"{name},{','.join(map(str, counts))}")
    return HEADER + "\n".join([*rows, *lines]) + "\n"


@pytest.fixture
def votes(tmp_path, demo_folder):
    """Votes for the training images; the first has a tie, the second is unknown."""
    samples = read_dataset(demo_folder / "train")
    table = votes_of(samples).splitlines(keepends=True)
    first, second = (line.partition(",")[0] for line in table[1:3])
    table[1:3] = [f"{first},5,5,0,0,0,0\n", f"{second},1,0,0,0,0,9\n"]
    path = tmp_path / "votes.csv"
    path.write_text("".join(table))
    return path


def test_audit_tells_ties_entropy_and_agreement(cli, demo_folder, votes):
    code, out, _ = cli("audit", demo_folder / "train", "--votes", votes, "-q")
    assert code == 0
    assert "votes in train: 80 images, 1 ties, 0.8" in out
    assert "the label is the majority in 100.0% of 78" in out
    assert "tie of votes 1" in out and "majority unknown 1" in out
    found = ("--votes", votes, "--format", "json", "-q")
    told = json.loads(cli("audit", demo_folder / "train", *found)[1])
    assert told["votes"]["train"]["compared"] == 78


def test_a_run_learns_from_votes(cli, demo_folder, votes, quick_file, tmp_path):
    given = ("--votes", votes, "--vote-share", 0.5, "--settings", quick_file)
    out = tmp_path / "run"
    line = ("run", demo_folder / "train", "--test", demo_folder / "test", "--out", out)
    code, _, err = cli(*line, *given, "-q")
    assert code == 0, err
    assert f"{votes}: votes for 80 of 80 image(s)" in err
    assert "left out of training: 1 image(s), majority unknown" in err
    trained = json.loads((out / "model" / "model.json").read_text())["trained_on"]
    assert trained["images"] == 79 and trained["images_of_several_classes"] == 79
    settings = json.loads((out / "settings.json").read_text())
    assert settings["vote_share"] == 0.5
    assert json.loads((out / "run.json").read_text())["votes"] == str(votes)
    assert "votes" not in json.loads((out / "metrics.json").read_text())


def test_scores_are_told_against_the_votes_too(
    cli, demo_folder, quick_file, tmp_path, votes
):
    tested = read_dataset(demo_folder / "test")
    train = [f"train/{line}" for line in votes.read_text().splitlines()[1:]]
    both = tmp_path / "both.csv"
    table = votes_of(tested, train)
    for name in tested.names:
        table = table.replace(f"\n{name},", f"\ntest/{name},")
    both.write_text(table)
    out = tmp_path / "run"
    line = ("run", demo_folder / "train", "--test", demo_folder / "test", "--out", out)
    code, said, err = cli(*line, "--votes", both, "--settings", quick_file, "-q")
    assert code == 0, err
    assert "against the majority of the votes:" in said
    by_votes = json.loads((out / "metrics.json").read_text())["votes"]
    assert by_votes["all"]["n"] == 24 and by_votes["distribution"]["images"] == 24
    line = ("score", out / "predictions.csv", "--truth", demo_folder / "test")
    code, said, _ = cli(*line, "--votes", both)
    assert code == 0 and "against the shares of the votes (24 images): log loss" in said


def test_a_table_of_votes_is_a_manifest(cli, demo_folder, quick_file, tmp_path):
    samples = read_dataset(demo_folder / "train")
    table = votes_of(samples)
    for name in samples.names:
        table = table.replace(f"\n{name},", f"\n{demo_folder / 'train' / name},")
    path = tmp_path / "votes.csv"
    path.write_text(table)
    assert read_dataset(path, classes=FIVE).labels.tolist() == samples.labels.tolist()
    code, _, err = cli(
        "train", path, "--out", tmp_path / "model", "--settings", quick_file, "-q"
    )
    assert code == 0, err
    trained = json.loads((tmp_path / "model" / "model.json").read_text())["trained_on"]
    assert trained["images_of_several_classes"] == 80


def test_votes_for_absent_images_are_told(cli, demo_folder, votes, quick_file, tmp_path):
    votes.write_text(votes.read_text() + "absent.png,1,0,0,0,0,0\n")
    given = ("--out", tmp_path / "m", "--votes", votes, "--settings", quick_file, "-q")
    code, _, err = cli("train", demo_folder / "train", *given)
    assert code == 0
    told = f"{votes}, line 82: absent.png is not among the images; 1 such line(s)"
    assert told in err
    code, _, err = cli("train", demo_folder / "train", *given, "--strict", "--overwrite")
    assert code == 1 and f"error: {told}. Remove them" in err


def test_votes_with_resampled_classes_are_refused(
    cli, demo_folder, votes, quick_file, tmp_path
):
    given = ("--votes", votes, "--settings", quick_file, "--balance", "smote", "-q")
    code, _, err = cli("train", demo_folder / "train", "--out", tmp_path / "m", *given)
    assert code == 2 and "faces" not in err  # said before any face is sought
    assert "With votes, classes are balanced by 'none' or 'class_weight': rows that" in err
    assert "--balance adds or removes have no votes. Got 'smote' instead." in err


def test_class_shares_are_estimated_and_told(cli, demo_folder, model_folder, tmp_path):
    line = ("predict", demo_folder / "test", "--model", model_folder, "-q")
    plain = cli(*line, "--format", "csv")[1]
    code, moved, err = cli(*line, "--format", "csv", "--prior", "estimate")
    assert code == 0 and "class shares estimated from the predictions: anger " in err
    assert moved != plain
    same = cli(*line, "--format", "csv", "--prior", "estimate", "--strength", 0)[1]
    assert [r.split(",")[-2] for r in same.split()] == [
        r.split(",")[-2] for r in plain.split()
    ]
    one = next((demo_folder / "test").glob("happ*"))
    code, _, err = cli("predict", one, "--model", model_folder, "--prior", "estimate")
    assert code == 0 and "fewer than 20 images" in err
    code, _, err = cli(*line, "--prior", "uniform")
    assert code == 2 and "--prior must be one of {estimate}" in err


def test_where_little_is_sure_nothing_is_named(cli, demo_folder, model_folder, tmp_path):
    line = ("predict", demo_folder / "test", "--model", model_folder, "-q")
    out = tmp_path / "submission.json"
    pictures = ("--overlay", tmp_path / "pictures")
    code, _, err = cli(*line, "--out", out, "--min-probability", 0.99, *pictures)
    assert code == 0 and "no expression named for 24 of 24 row(s)" in err
    assert all(isinstance(row["label"], int) for row in json.loads(out.read_text()))
    table = out.with_suffix(".csv").read_text().splitlines()
    at = table[0].split(",").index("label")
    assert {row.split(",")[at] for row in table[1:]} == {""}
    _, printed, _ = cli(*line, "--min-probability", 0.99)
    assert {row.split()[1] for row in printed.splitlines()[1:]} == {"-"}
    assert cli(*line, "--min-probability", 2)[0] == 2
