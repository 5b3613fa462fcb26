"""What the feature families share: settings, tables, and checks of the input."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from fer_classic.errors import UsageError
from fer_classic.faces.align import canonical_shape
from fer_classic.features import (
    CROP_FAMILIES,
    FAMILIES,
    LANDMARK_FAMILIES,
    FeatureTable,
    FisherFeatures,
    GeometryFeatures,
    HOGFeatures,
    LBPFeatures,
    SIFTFeatures,
    compute_features,
    family_class,
    make_extractors,
)

CARD = {"hog": {"cell": 8}, "lbp": {"radii": [2], "grid": 4}, "geometry": {}}


def _faces(number=3, size=48):
    random = np.random.default_rng(0)
    crops = random.integers(0, 256, (number, size, size)).astype(np.uint8)
    points = canonical_shape(size) + random.normal(0, 1, (number, 68, 2))
    return crops, points.astype(np.float32)


def test_extractors_come_in_the_order_of_the_families():
    made = make_extractors({"geometry": {}, "hog": {"cell": 6}})
    assert [type(own).__name__ for own in made] == ["HOGFeatures", "GeometryFeatures"]
    assert made[0].cell == 6
    assert issubclass(LBPFeatures, family_class("lbp"))


def test_what_is_known_of_the_families_is_what_their_classes_say():
    classes = {name: family_class(name) for name in FAMILIES}
    kept = [name for name, own in classes.items() if not hasattr(own, "learned")]
    assert tuple(kept) == CROP_FAMILIES
    reading = [name for name, own in classes.items() if own.reads != "crops"]
    assert tuple(reading) == LANDMARK_FAMILIES


def test_a_table_holds_each_familys_own_columns():
    crops, landmarks = _faces()
    table = compute_features(crops, landmarks, CARD)
    assert len(table) == 3
    assert table.X.dtype == np.float32
    assert table.X.shape == (3, len(table.names))
    assert len(set(table.names)) == len(table.names)
    assert np.array_equal(table.family("hog").X, HOGFeatures(cell=8).fit_transform(crops))
    own = LBPFeatures(radii=(2,), grid=4).fit_transform(crops)
    assert np.array_equal(table.family("lbp").X, own)
    geometry = table.family("geo")
    assert np.array_equal(geometry.X, GeometryFeatures().fit_transform(landmarks))
    assert geometry.names[0] == "geo__x00"
    assert sum(len(table.family(f).names) for f in ("hog", "lbp", "geo")) == len(
        table.names
    )


def test_a_prefix_is_a_whole_family():
    table = FeatureTable(np.zeros((1, 2), np.float32), ("hog__a", "hogs__b"))
    assert table.family("hog").names == ("hog__a",)
    assert table.family("ho").X.shape == (1, 0)


@pytest.mark.parametrize(
    "features, text",
    [
        ({}, "Name at least one feature family of hog, lbp, geometry, sift, fisher."),
        (
            {"gabor": {}},
            r"feature family must be one of \{hog, lbp, geometry, sift, fisher\}. Got 'gab",
        ),
        (
            {"hog": {"cells": 8}},
            r"parameter of the features 'hog' must be one of \{block, cell, interpolation"
            r", orientations, signed\}. Got 'cells' instead.",
        ),
        ({"geometry": {"a": 1}}, "Got 'a' instead"),
    ],
)
def test_wrong_settings_are_named(features, text):
    with pytest.raises(UsageError, match=text):
        make_extractors(features)


@pytest.mark.parametrize("features", [HOGFeatures(), LBPFeatures()])
@pytest.mark.parametrize(
    "crops, text",
    [
        (np.zeros((2, 9, 8), np.uint8), r"Got uint8 with shape \(2, 9, 8\) instead."),
        (np.zeros((8, 8), np.uint8), r"Got uint8 with shape \(8, 8\) instead."),
        (np.zeros((2, 8, 8, 3), np.uint8), r"Got uint8 with shape \(2, 8, 8, 3\)"),
        (np.zeros((2, 8, 8)), r"Got float64 with shape \(2, 8, 8\) instead."),
        (np.zeros((0, 8, 8), np.uint8), "at least one crop is required"),
    ],
)
def test_wrong_crops_are_named(features, crops, text):
    with pytest.raises(ValueError, match=text):
        features.fit(crops)


@pytest.mark.parametrize("features", [HOGFeatures(), LBPFeatures()])
def test_crops_of_another_size_are_refused(features):
    features.fit(np.zeros((1, 32, 32), np.uint8))
    name = type(features).__name__
    text = f"{name} was fitted to crops of 32 pixels a side. Got 40 instead."
    with pytest.raises(ValueError, match=text):
        features.transform(np.zeros((1, 40, 40), np.uint8))


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_works_before_fit(family):
    given = dict(zip(("crops", "landmarks"), _faces(size=64), strict=True))
    given["faces"] = (given["crops"], given["landmarks"])
    features = family_class(family)()
    with pytest.raises(NotFittedError):
        features.transform(given[features.reads])
    with pytest.raises(NotFittedError):
        features.get_feature_names_out()


@pytest.mark.parametrize("family", ["hog", "lbp"])
def test_crops_may_lie_in_memory_in_any_order(family):
    crops = _faces()[0]
    features = family_class(family)().fit(crops)
    turned = np.asfortranarray(crops)
    assert np.array_equal(features.transform(turned), features.transform(crops))
    mirrored = features.transform(crops[:, :, ::-1])
    own = features.transform(np.ascontiguousarray(crops[:, :, ::-1]))
    assert np.array_equal(mirrored, own)


@pytest.mark.parametrize(
    "extractor",
    [
        HOGFeatures(),
        HOGFeatures(cell=7, block=3, orientations=5),
        LBPFeatures(),
        LBPFeatures(radii=(1, 2.5), points=6, grid=3),
        GeometryFeatures(),
        SIFTFeatures(),
        SIFTFeatures(cells=(2, 5, 9)),
        FisherFeatures(gaussians=3, components=4),
    ],
    ids=repr,
)
@pytest.mark.parametrize("size", [64, 97])
def test_the_number_of_columns_is_that_of_their_names(extractor, size):
    number = extractor.n_columns(size)
    extractor.crop_size_ = extractor.n_landmarks_ = size
    assert number == len(extractor.get_feature_names_out())
