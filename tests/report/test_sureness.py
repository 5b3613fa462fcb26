"""Accuracy of the answers that are kept where unsure ones are left out."""

import numpy as np
import pytest

from fer_classic.report.curves import coverage_points
from fer_classic.report.page import make_report
from tests.report.test_report import write_run


def test_the_curve_by_hand():
    # 20 images of two classes; the surer half is right, of the others every second is.
    sure = np.linspace(0.99, 0.6, 20)
    right = np.array([True] * 10 + [True, False] * 5)
    answers = np.array([0, 1] * 5 + [0] * 10)
    truth = np.where(right, answers, 1 - answers)
    probabilities = np.where(answers[:, None] == [0, 1], sure[:, None], 1 - sure[:, None])
    order = np.random.default_rng(0).permutation(20)
    found = coverage_points(truth[order], probabilities[order])
    half, most, all_ = found["rows"]
    assert (half["images"], half["accuracy"], half["balanced_accuracy"]) == (10, 1, 1)
    assert half["least"] == pytest.approx(sure[9])
    assert (most["share"], most["images"]) == (0.8, 16)
    assert all_["accuracy"] == 0.75
    assert all_["balanced_accuracy"] == pytest.approx((10 / 10 + 5 / 10) / 2)
    assert all_["least"] == pytest.approx(0.6)
    kept, accuracy = found["accuracy"]
    assert (kept[0], kept[-1], accuracy[0], accuracy[-1]) == (0.5, 1, 1, 0.75)
    assert 0.75 < found["mean_accuracy"] < 1


def test_a_class_that_is_not_among_the_kept_is_left_out_of_the_mean():
    truth = np.array([0] * 15 + [1] * 5)
    probabilities = np.array([[0.9, 0.1]] * 15 + [[0.6, 0.4]] * 5)
    half, _, all_ = coverage_points(truth, probabilities)["rows"]
    assert half["balanced_accuracy"] == 1 and all_["balanced_accuracy"] == 0.5


def test_few_images_have_no_curve():
    assert coverage_points(np.zeros(9, int), np.full((9, 2), 0.5)) is None
    found = coverage_points(np.zeros(10, int), np.full((10, 2), 0.5))
    assert [row["images"] for row in found["rows"]] == [10, 10, 10]


def test_the_report_shows_it_of_the_test(model, train_faces, tmp_path):
    tested = train_faces.take(range(0, 80, 2))
    write_run(tmp_path / "run", model, train_faces, tested)
    page, _ = make_report(tmp_path / "run")
    assert 'id="sureness"' in page and "Of the labelled test images." in page
    text, missing = make_report(tmp_path / "run", format="md")
    assert "| 80% | 32 |" in text and not [m for m in missing if "unsure" in m]
    write_run(tmp_path / "few", model, train_faces, tested.take(np.arange(8)))
    assert "Of the labelled test images." not in make_report(tmp_path / "few")[0]


def test_without_labels_it_is_of_what_was_held_out(model, train_faces, tmp_path):
    write_run(tmp_path / "run", model, train_faces, train_faces.take([]))
    text, _ = make_report(tmp_path / "run", format="md")
    source = "were held out" if "were held out" in text else "cross-validation"
    assert "What if unsure answers are left out?" in text and source in text
