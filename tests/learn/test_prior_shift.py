"""Class shares of the images at hand."""

import numpy as np

from fer_classic.learn.prior_shift import estimated_shares, with_shares
from fer_classic.learn.trees import softmax


def drawn(shares, n=4000, seed=0):
    """Labels in given shares, and the probabilities of a calibrated even-handed judge."""
    random = np.random.default_rng(seed)
    truth = random.choice(len(shares), n, p=shares)
    scores = random.normal(size=(n, len(shares)))
    scores[np.arange(n), truth] += 1.5
    # Normal scores of variance 1 that differ by 1.5: the likelihood's logarithm is 1.5 s.
    return truth, softmax(1.5 * scores)


def test_uneven_shares_are_found():
    shares = np.array([0.6, 0.25, 0.1, 0.05])
    _, probabilities = drawn(shares)
    np.testing.assert_allclose(estimated_shares(probabilities), shares, atol=0.03)


def test_moved_probabilities_are_right_more_often():
    shares = np.array([0.7, 0.2, 0.05, 0.05])
    truth, even = drawn(shares)
    moved = with_shares(even, estimated_shares(even))
    np.testing.assert_allclose(moved.sum(axis=1), 1)
    before, after = ((p.argmax(axis=1) == truth).mean() for p in (even, moved))
    assert after > before + 0.05


def test_no_strength_changes_nothing():
    _, even = drawn([0.7, 0.3], 50)
    np.testing.assert_allclose(with_shares(even, [0.9, 0.1], strength=0), even)


def test_shares_that_are_assumed_already_are_a_fixed_point():
    shares = np.array([0.7, 0.3])
    _, even = drawn(shares, 20000)
    found = estimated_shares(with_shares(even, shares), assumed=shares)
    np.testing.assert_allclose(found, shares, atol=0.02)
