"""Fisher vectors of dense SIFT."""

import numpy as np
import pytest

from fer_classic.features import FisherFeatures
from fer_classic.features.fisher import PLACE, _grid
from fer_classic.features.sift import describe, mirror_columns


@pytest.fixture(scope="module")
def crops():
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (12, 8, 8)).astype(float)
    return np.kron(coarse, np.ones((8, 8))).astype(np.uint8)


@pytest.fixture(scope="module")
def fitted(crops):
    return FisherFeatures(gaussians=3, components=6).fit(crops)


def plain_fisher_vector(model, crop):
    """Sánchez et al. (IJCV 2013), equations 16 to 18, word by word."""
    words = []
    for cell in model.cells:
        grid = _grid(64, cell, model.step)
        rows = describe(crop[None], grid[None], (cell,))[0, 0]
        place = (grid - 31.5) / 64 * PLACE
        for descriptors, where in (
            (rows, place),
            (rows[:, mirror_columns()], place * [-1, 1]),
        ):
            reduced = (descriptors - model.center_) @ model.components_
            words.append(np.concatenate([reduced, where], axis=1))
    words = np.concatenate(words).astype(np.float64)
    weights, means = model.weights_.astype(float), model.means_.astype(float)
    variances = model.variances_.astype(float)
    by_mean, by_variance = np.zeros_like(means), np.zeros_like(means)
    for word in words:
        density = weights * np.exp(-0.5 * ((word - means) ** 2 / variances).sum(axis=1))
        density /= np.sqrt(variances.prod(axis=1))
        share = (density / density.sum())[:, None]
        scaled = (word - means) / np.sqrt(variances)
        by_mean += share * scaled
        by_variance += share * (scaled**2 - 1)
    by_mean /= np.sqrt(weights)[:, None]
    by_variance /= np.sqrt(2 * weights)[:, None]
    vector = np.concatenate([by_mean.ravel(), by_variance.ravel()])
    vector = np.sign(vector) * np.sqrt(np.abs(vector))
    return vector / np.linalg.norm(vector)


def test_vectors_follow_the_formula(fitted, crops):
    made = fitted.transform(crops)
    for crop, own in zip(crops, made, strict=True):
        np.testing.assert_allclose(own, plain_fisher_vector(fitted, crop), atol=2e-3)


def test_a_face_and_its_mirror_image_have_one_vector(fitted, crops):
    mirrored = np.ascontiguousarray(crops[:, :, ::-1])
    np.testing.assert_allclose(
        fitted.transform(crops), fitted.transform(mirrored), atol=1e-4
    )


def test_batches_do_not_change_vectors(fitted, crops, monkeypatch):
    whole = fitted.transform(crops)
    monkeypatch.setattr("fer_classic.features.fisher.ROWS", 300)
    parts = fitted.transform(crops)
    # Squared: the signed root enlarges what rounding changes near 0.
    np.testing.assert_allclose(parts * abs(parts), whole * abs(whole), atol=5e-7)


def test_grids_are_symmetric():
    for cell in (3, 4, 6):
        grid = _grid(64, cell, 4)
        np.testing.assert_allclose(np.sort(grid[:, 0]), np.sort(63 - grid[:, 0]))


def test_names_are_unique_and_as_many_as_columns(fitted, crops):
    names = fitted.get_feature_names_out()
    assert len(set(names)) == len(names) == fitted.transform(crops).shape[1] == 2 * 3 * 8
    assert names[0] == "fisher__mean_k00_c00" and names[-1] == "fisher__var_k02_y"


def test_too_few_descriptors_are_named(crops):
    with pytest.raises(
        ValueError, match=r"hold 290 descriptors, too few for gaussians=400"
    ):
        FisherFeatures(gaussians=400, components=6).fit(crops[:1])
    with pytest.raises(ValueError, match="components of FisherFeatures"):
        FisherFeatures(components=129).fit(crops)


def test_impossible_cells_are_named(crops):
    with pytest.raises(ValueError, match=r"from 1 to 16. Got 17"):
        FisherFeatures(cells=(17,)).fit(crops)
    with pytest.raises(ValueError, match=r"from 1 to 24. Got 25"):
        FisherFeatures(cells=(25,)).fit(np.zeros((1, 128, 128), dtype=np.uint8))
    with pytest.raises(ValueError, match=r"cells of FisherFeatures must be a tuple.*Got 4"):
        FisherFeatures(cells=4).fit(crops)
