"""Own faces beside those of a start model's experts."""

from types import SimpleNamespace

import numpy as np
import pytest

from fer_classic.learn.kernel_ridge import KernelRidgeScores
from fer_classic.learn.kernel_targets import balanced_targets
from fer_classic.learn.own_faces import (
    MIXTURES,
    USUAL,
    Mixture,
    OwnFaces,
    clearly_best,
    own_folds,
)


@pytest.fixture
def blobs():
    """Rows of three classes, own ones elsewhere, and an expert that learned the first."""
    random = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], 20)
    X = (random.normal(size=(60, 6)) * 0.3 + np.eye(3, 6)[y]).astype(np.float32)
    own_y = np.repeat([0, 1, 2], 5)
    own = (random.normal(size=(15, 6)) * 0.3 + np.eye(3, 6)[own_y]).astype(np.float32) + 0.2
    ridge = KernelRidgeScores(folds=3).fit(X, y)

    class Expert(SimpleNamespace):
        def vectors(self, faces, jobs=1):
            return faces

    return Expert(ridge=ridge), own, own_y


def kernel(ridge, A, B):
    square = ((A[:, None] - B[None]) ** 2).sum(axis=-1)
    return np.exp(-ridge.gamma * square)


def test_mixtures_equal_a_direct_solve(blobs, monkeypatch):
    monkeypatch.setattr("fer_classic.learn.conjugate_gradients.TOLERANCE", 1e-6)
    expert, X, y = blobs
    sets = own_folds(y, np.arange(15))
    solved = OwnFaces(expert, X, y, sets, None, None, jobs=1)
    ridge, step = expert.ridge, float(expert.ridge.step_[0])
    rows = np.rint(X / step) * step
    weights, codes = balanced_targets(y)
    shipped = ridge.transform(X)
    for share, weight in ((1.0, 0.1), (0.5, 0.3), (0.0, 1.0)):
        missing = codes - share * shipped
        expected = np.zeros_like(missing)
        for number in range(sets.max() + 1):
            held, kept = sets == number, sets != number
            system = kernel(ridge, rows[kept], rows[kept])
            system += np.diag(ridge.ridge / weight / weights[kept])
            a = np.linalg.solve(system, missing[kept])
            expected[held] = kernel(ridge, X[held], rows[kept]) @ a
        found = solved.out_of_fold(Mixture(share, weight))
        # Rows that are not rounded lie a little nearer: a hundredth of a score.
        np.testing.assert_allclose(found, share * shipped + expected, atol=0.02)


class Frozen(SimpleNamespace):
    pass


def test_the_mixed_kernel_holds_both(blobs, monkeypatch):
    expert, X, y = blobs
    monkeypatch.setattr(
        "fer_classic.learn.own_faces.replace", lambda own, ridge: Frozen(ridge=ridge)
    )
    solved = OwnFaces(expert, X, y, own_folds(y, np.arange(15)), None, None, jobs=1)
    assert solved.mixed(Mixture(1.0, 0.0)) is expert
    joint = solved.mixed(Mixture(1.0, 0.3)).ridge
    assert joint.columns_.shape == (6, 75)
    alone = solved.mixed(Mixture(0.0, 0.3)).ridge
    assert alone.columns_.shape == (6, 15)
    before, after = (
        np.abs(r.transform(X) - balanced_targets(y)[1]).mean()
        for r in (expert.ridge, joint)
    )
    assert after < before


def test_small_classes_and_few_groups_have_folds():
    y = np.array([0, 0, 1, 1, 1, 1, 1, 1])
    assert set(own_folds(y, np.arange(8))) == {0, 1, 2, 3, 4}
    assert set(own_folds(y, np.array([0, 0, 0, 0, 1, 1, 1, 1]))) == {0, 1}
    assert set(own_folds(y, np.zeros(8))) == {-1}
    assert set(own_folds(np.repeat([0, 1], 2), np.arange(4))) == {0, 1}


def test_the_usual_mixture_is_left_for_a_clearly_better_one_alone():
    random = np.random.default_rng(0)
    noise = random.normal(size=400)
    groups = np.arange(400)
    losses = dict.fromkeys(MIXTURES, 1 + noise)
    alone = Mixture(0.0, 0.3)
    losses[alone] = losses[USUAL] - 0.01 + random.normal(size=400) * 0.5
    losses[alone] += 0.001 - (losses[alone] - losses[USUAL]).mean()
    assert clearly_best(losses, groups) == USUAL
    losses[alone] = losses[USUAL] - 0.2 + random.normal(size=400) * 0.5
    assert clearly_best(losses, groups) == alone
    # The same faces again and again are no evidence.
    losses[alone] = losses[USUAL] - 0.2 + np.repeat(random.normal(size=4), 100)
    assert clearly_best(losses, np.repeat(np.arange(4), 100)) == USUAL
