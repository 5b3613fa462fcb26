"""Smoothing over time: the stated filter, in seconds, track by track."""

import numpy as np
import pytest

from fer_classic.video.smooth import FaceNow, Moment, smoothed, smoothed_now


def moment(index, time, *faces):
    made = tuple(
        FaceNow(track, "found", (0, 0, 9, 9), 1.0, np.array([p, 1 - p]))
        for track, p in faces
    )
    return Moment(index, time, made)


def test_it_is_the_stated_mean():
    random = np.random.default_rng(0)
    times = np.cumsum(random.uniform(0.01, 0.2, 60))
    values = random.random(60)
    given = [
        moment(i, t, (1, p)) for i, (t, p) in enumerate(zip(times, values, strict=True))
    ]
    found = list(smoothed(given, 0.3))
    assert [own.index for own in found] == list(range(60))
    for own in found:
        away = (times - own.time) / 0.3
        weights = np.exp(-0.5 * away**2) * (np.abs(away) <= 3)
        expected = (weights * values).sum() / weights.sum()
        assert own.faces[0].probabilities[0] == pytest.approx(expected)


def test_tracks_do_not_mix_and_gaps_stay():
    given = [moment(0, 0.0, (1, 0.0), (2, 1.0)), moment(1, 0.1), moment(2, 0.2, (2, 1.0))]
    found = list(smoothed(given, 1.0))
    assert [len(own.faces) for own in found] == [2, 0, 1]
    assert found[0].faces[0].probabilities[0] == 0 and found[2].faces[0].track == 2
    assert found[2].faces[0].probabilities[0] == 1


def test_nothing_is_held_longer_than_needed():
    pulled = []

    def moments():
        for number in range(100):
            pulled.append(number)
            yield moment(number, number / 10, (1, 0.5))

    for own in smoothed(moments(), 0.2):
        assert len(pulled) - own.index <= 9


def test_zero_leaves_all_as_it_is():
    given = [moment(0, 0, (1, 0.3)), moment(1, 1, (1, 0.9))]
    assert list(smoothed(given, 0)) == given
    assert smoothed_now(given, 0) is given[-1]
    now = smoothed_now(given, 1.0).faces[0].probabilities[0]
    assert 0.3 < now < 0.9
