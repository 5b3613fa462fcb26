"""Every column knows its place in the face."""

import numpy as np
import pytest

from fer_classic.faces.align import canonical_shape
from fer_classic.features import compute_features
from fer_classic.features.geometry import RATIOS
from fer_classic.features.places import (
    RATIO_POINTS,
    REGIONS,
    columns_in,
    family_of,
    heat_map,
    in_words,
    place_of,
    region_map,
    region_sums,
)

FEATURES = {"hog": {"cell": 16}, "lbp": {"radii": [1.5], "grid": 3}, "geometry": {}}


@pytest.fixture(scope="module")
def columns():
    crops = np.zeros((1, 64, 64), dtype=np.uint8)
    points = canonical_shape(64)[None].astype(np.float32)
    return compute_features(crops, points, FEATURES | {"sift": {"cells": [3]}}).names


@pytest.mark.parametrize(
    ("column", "family", "place"),
    [
        ("hog__r03_c05_o7_b01", "hog", ("hog", 3, 5)),
        ("lbp__d1p5_r01_c02_u17", "lbp", ("lbp", 1, 2)),
        ("geo__x48", "geometry", (48,)),
        ("geo__dist_19_48", "geometry", (19, 48)),
        ("geo__angle_chin", "geometry", (8,)),
        ("geo__mouth_width", "geometry", (48, 54)),
        ("sift__s3_p33_r0_c1_o2", "sift", (33,)),
        ("expert__anger", "expert", None),
        ("fisher__mean_k00_c01", "fisher", None),
        ("anything", "other", None),
    ],
)
def test_places_by_hand(column, family, place):
    assert family_of(column) == family and place_of(column) == place
    assert in_words(column)


def test_every_column_of_the_families_has_a_place(columns):
    assert all(place_of(column) for column in columns)
    assert set(RATIO_POINTS) == set(RATIOS)


def test_sums_are_kept(columns):
    values = np.random.default_rng(0).random(len(columns))
    assert heat_map(columns, values, FEATURES, 64).sum() == pytest.approx(values.sum())
    sums = region_sums(columns, values, FEATURES, 64)
    assert list(sums) == list(REGIONS) and sum(sums.values()) == pytest.approx(values.sum())


def test_a_cell_and_a_landmark_lie_where_they_should():
    cell = heat_map(["hog__r03_c00_o0_b00"], [2.0], FEATURES, 64)
    assert cell[48:, :16].sum() == pytest.approx(2.0)
    grid = heat_map(["lbp__d1p5_r00_c02_u3"], [1.0], FEATURES, 64)
    assert grid[:21, 43:].sum() == pytest.approx(1.0)
    spot = heat_map(["geo__x54"], [1.0], FEATURES, 64)
    y, x = np.unravel_index(spot.argmax(), spot.shape)
    assert (x, y) == pytest.approx(canonical_shape(64)[54], abs=1)


def test_the_map_of_regions_agrees_with_the_landmarks():
    regions, names = region_map(64), list(REGIONS)
    for name, points in REGIONS.items():
        for x, y in canonical_shape(64)[list(points)]:
            if 0 <= x <= 63 and 0 <= y <= 63:
                assert names[regions[round(y), round(x)]] == name
    assert set(regions.ravel()) == set(range(len(REGIONS)))


def test_columns_of_a_region(columns):
    mouth = columns_in(columns, "mouth")
    own = {column for column, inside in zip(columns, mouth, strict=True) if inside}
    assert {"geo__x48", "geo__dist_19_48", "geo__mouth_aspect"} <= own
    assert "geo__x36" not in own and not any(c.startswith("hog") for c in own)
    assert not columns_in(columns, "cheeks").any()
