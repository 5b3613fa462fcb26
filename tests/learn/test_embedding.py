"""Faces as short vectors."""

import numpy as np
import pytest

from fer_classic.errors import UsageError
from fer_classic.faces.align import canonical_shape
from fer_classic.faces.landmarks import mirror_landmarks
from fer_classic.learn.embedding import FaceEmbedding, principal_components, rounded

FEATURES = {"hog": {"cell": 16}, "sift": {"cells": [6]}, "geometry": {}}


@pytest.fixture(scope="module")
def faces():
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (40, 8, 8)).astype(float)
    crops = np.kron(coarse, np.ones((8, 8))).astype(np.uint8)
    points = canonical_shape(64) + random.normal(scale=2, size=(40, 68, 2))
    return crops, points.astype(np.float32)


@pytest.fixture(scope="module")
def fitted(faces):
    return FaceEmbedding(FEATURES, weights={"geometry": 0.25}, components=30).fit(faces)


def test_a_face_and_its_mirror_image_have_one_vector(fitted, faces):
    crops, landmarks = faces
    mirrored = np.ascontiguousarray(crops[:, :, ::-1]), mirror_landmarks(landmarks, 64)
    # HOG's bins are half open, so a mirrored gradient on a bound changes its bin.
    own = FaceEmbedding({"sift": {}, "geometry": {}}, components=20).fit(faces)
    np.testing.assert_allclose(own.transform(faces), own.transform(mirrored), atol=1e-4)


def test_each_family_has_its_weight(faces):
    for name, weight in (("geometry", 0.25), ("sift", 1.0)):
        own = FaceEmbedding({name: FEATURES[name]}, weights={name: weight}, components=400)
        vectors = own.fit(faces).transform(faces)
        spread = ((vectors[:, None] - vectors[None]) ** 2).sum(axis=2).mean()
        assert spread == pytest.approx(weight, rel=0.02)


def test_threads_and_batches_do_not_change_vectors(fitted, faces, monkeypatch):
    whole = fitted.transform(faces)
    monkeypatch.setattr("fer_classic.learn.embedding.BATCH", 7)
    np.testing.assert_allclose(fitted.transform(faces, jobs=2), whole, atol=1e-5)


def test_the_seed_decides(fitted, faces):
    again = FaceEmbedding(FEATURES, weights={"geometry": 0.25}, components=30).fit(faces)
    np.testing.assert_array_equal(again.basis_, fitted.basis_)


def test_components_are_those_of_a_full_decomposition():
    random = np.random.default_rng(0)
    rows = random.normal(size=(200, 60)) * np.linspace(5, 0.1, 60) ** 2
    rows = (rows - rows.mean(axis=0)).astype(np.float32)
    basis = principal_components(rows, 5, np.random.default_rng(1))
    expected = np.linalg.svd(rows, full_matrices=False)[2][:5].T
    np.testing.assert_allclose(np.abs((basis * expected).sum(axis=0)), 1, atol=1e-3)
    np.testing.assert_allclose(basis.T @ basis, np.eye(5), atol=1e-4)


def test_rounding_is_within_half_a_step():
    columns = np.random.default_rng(0).normal(size=(50, 3)) * [1, 100, 0]
    whole, step = rounded(columns, 0.1)
    assert whole.dtype == np.int8
    assert (np.abs(whole * step - columns) <= step / 2 + 1e-6).all()


def test_an_unknown_family_is_named(faces):
    with pytest.raises(UsageError, match="'sifts'"):
        FaceEmbedding({"sifts": {}}).fit(faces)
    with pytest.raises(UsageError, match="weights of the embedding"):
        FaceEmbedding({"sift": {}}, weights={"geometry": 1}).fit(faces)


def test_columns_and_their_mirror_images_are_multiplied_once(fitted, faces):
    held = fitted._folded()
    assert len(held.rows) == len(fitted.basis_) - len(held.second)
    assert len(held.second) == 40 * 128 / 2  # those of SIFT
    assert sorted([*held.first, *held.second]) == list(range(len(fitted.basis_)))
    folded = fitted.transform(faces)
    fitted.basis_ = uneven = fitted.basis_.copy()
    uneven[held.second[0]] += 1  # not the same for both: nothing is folded
    assert len(fitted._folded().second) == 0
    uneven[held.second[0]] -= 1
    np.testing.assert_array_equal(fitted.transform(faces), folded)


def test_a_face_has_one_vector_alone_the_first_time_and_again(faces):
    own = FaceEmbedding({"sift": {"cells": [6]}, "geometry": {}}, components=20).fit(faces)
    one = [part[:1] for part in faces]
    first, again = own.transform(one), own.transform(one)
    np.testing.assert_array_equal(again, first)
    np.testing.assert_array_equal(own.transform(faces)[:1], first)
