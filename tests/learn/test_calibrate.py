"""Calibration against a search and by hand."""

import numpy as np

from fer_classic.learn.calibrate import best_temperature, class_importance
from fer_classic.learn.trees import softmax


def test_importance_gives_each_class_its_share():
    codes = np.array([0, 0, 0, 1, 2, 2])
    weights = class_importance(codes, np.array([0.5, 0.25, 0.25]))
    assert weights.mean() == 1
    shares = np.bincount(codes, weights) / weights.sum()
    np.testing.assert_allclose(shares, [0.5, 0.25, 0.25])


def test_importance_of_a_part_that_lacks_a_class():
    weights = class_importance(np.array([0, 2, 2]), np.full(3, 1 / 3))
    np.testing.assert_allclose(weights, [1.5, 0.75, 0.75])


def test_temperature_lowers_the_held_out_loss():
    random = np.random.default_rng(0)
    codes = random.integers(0, 3, 4000)
    scores = np.log(np.where(codes[:, None] == np.arange(3), 0.6, 0.2))
    wrong = random.random(4000) < 0.3
    scores[wrong] = np.roll(scores[wrong], 1, axis=1)
    overconfident = scores * 5
    even = np.full(3, 1 / 3)
    temperature = best_temperature(overconfident, codes, even)

    def loss(scores):
        return -np.log(softmax(scores)[np.arange(4000), codes]).mean()

    assert temperature > 2
    assert loss(overconfident / temperature) < loss(overconfident) - 0.1
    for other in (0.8, 1.25):
        best = loss(overconfident / temperature)
        assert best <= loss(overconfident / (temperature * other)) + 2e-3


def test_temperature_weighs_classes_by_the_prior():
    # Class 0 is sure and right, class 1 sure and wrong: who counts decides.
    scores = np.tile([4.0, 0.0], (100, 1))
    codes = np.repeat([0, 1], 50)
    trusting = best_temperature(scores, codes, np.array([0.95, 0.05]))
    doubting = best_temperature(scores, codes, np.array([0.6, 0.4]))
    assert trusting < doubting


def test_softmax_of_huge_scores_is_finite():
    probabilities = softmax(np.array([[1e4, 0.0], [-1e4, -1e4]]))
    np.testing.assert_allclose(probabilities, [[1, 0], [0.5, 0.5]])
