"""run --prior estimate: the test's class shares, found from the predictions."""

import json
import subprocess
import sys

import pytest


def run(demo_folder, quick_file, out, *options):
    command = [sys.executable, "-m", "fer_classic.cli", "run", demo_folder / "train"]
    command += ["--test", demo_folder / "test", "--settings", quick_file, "--out", out]
    command += ["--jobs", "1", "--quiet", *options]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_run_moves_its_predictions_and_says_so(demo_folder, quick_file, tmp_path):
    plain = run(demo_folder, quick_file, tmp_path / "plain")
    assert plain.returncode == 0, plain.stderr
    moved = run(demo_folder, quick_file, tmp_path / "moved", "--prior", "estimate")
    assert moved.returncode == 0, moved.stderr
    assert "class shares estimated from the predictions: anger " in moved.stderr
    record = json.loads((tmp_path / "moved" / "run.json").read_text())["class_shares"]
    assert record["strength"] == 1 and sum(record["shares"].values()) == pytest.approx(1)
    before = json.loads((tmp_path / "plain" / "metrics.json").read_text())
    value = before["test"]["all"]["balanced_accuracy"]["value"]
    assert record["balanced_accuracy_before"] == pytest.approx(value)
    assert f"balanced accuracy without it {value:.4f}" in moved.stderr
    tables = [(tmp_path / n / "predictions.csv").read_text() for n in ("plain", "moved")]
    assert tables[0] != tables[1]
    page = (tmp_path / "moved" / "report.html").read_text()
    assert "were estimated from the predictions" in page
    assert "class_shares" not in (tmp_path / "plain" / "run.json").read_text()
    # The model itself is the same: only the predictions move.
    trees = [tmp_path / name / "model" / "SHA256SUMS" for name in ("plain", "moved")]
    assert trees[0].read_text() == trees[1].read_text()


def test_the_strength_belongs_to_the_estimate(demo_folder, quick_file, tmp_path):
    done = run(demo_folder, quick_file, tmp_path / "a", "--strength", "0.5")
    assert done.returncode == 2 and "that of --prior estimate" in done.stderr
    options = ("--prior", "estimate", "--strength", "2")
    done = run(demo_folder, quick_file, tmp_path / "b", *options)
    assert done.returncode == 2 and "--strength must be from 0 to 1" in done.stderr
    assert not (tmp_path / "b").exists()
