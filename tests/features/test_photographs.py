"""FaceFeatures: from photographs into pipelines of other packages."""

import io

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline
from lightgbm import LGBMClassifier
from PIL import Image
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score

from fer_classic import FaceFeatures
from fer_classic.data.dataset import read_dataset
from fer_classic.errors import FerClassicError, UsageError
from fer_classic.faces.extract import extract_faces
from fer_classic.features import compute_features, photographs

SMALL = {"hog": {"cell": 16}, "geometry": {}}


@pytest.fixture(scope="module")
def paths(demo_folder):
    return sorted(demo_folder.glob("train/*"))[:40]


@pytest.fixture(scope="module")
def labels(paths):
    return np.array([path.name.split("_")[0] == "happiness" for path in paths])


def test_columns_are_those_of_the_table(paths):
    table = extract_faces(read_dataset(*paths[:6]))
    expected = compute_features(table.crops, table.landmarks, SMALL)
    features = FaceFeatures(SMALL)
    X = features.fit_transform(paths[:6])
    np.testing.assert_array_equal(X, expected.X)
    assert tuple(features.get_feature_names_out()) == expected.names
    np.testing.assert_array_equal(features.transform(paths[:6]), X)
    np.testing.assert_array_equal(FaceFeatures(SMALL, n_jobs=2).fit_transform(paths[:6]), X)


def test_paths_arrays_and_bytes_alike(paths):
    images = [np.asarray(Image.open(path)) for path in paths[:3]]
    expected = FaceFeatures(SMALL).fit_transform(images)
    png = []
    for image in images:
        out = io.BytesIO()
        Image.fromarray(image).save(out, format="PNG")
        png.append(out.getvalue())
    np.testing.assert_array_equal(FaceFeatures(SMALL).fit_transform(png), expected)
    column = np.array([str(path) for path in paths[:3]], dtype=object)[:, None]
    assert FaceFeatures(SMALL).fit_transform(column).shape == expected.shape
    stack = np.stack([images[0]] * 2)
    np.testing.assert_array_equal(FaceFeatures(SMALL).fit_transform(stack)[1], expected[0])


def test_a_pipeline_with_smote_and_lightgbm(paths, labels):
    model = make_pipeline(
        FaceFeatures(SMALL),
        SMOTE(k_neighbors=2),
        LGBMClassifier(n_estimators=5, min_child_samples=3, verbose=-1),
    )
    model.fit(paths, labels)
    assert model.predict(paths).shape == labels.shape
    assert (model.predict(paths) == labels).mean() > 0.8


def test_a_grid_of_families_seeks_each_face_once(paths, labels, monkeypatch):
    photographs._known.clear()
    sought = []
    find = photographs.find_rows
    monkeypatch.setattr(
        photographs, "find_rows", lambda *given: sought.append(1) or find(*given)
    )
    grid = GridSearchCV(
        make_pipeline(FaceFeatures(SMALL), LogisticRegression(max_iter=50)),
        {"facefeatures__families": [("geometry",), SMALL]},
        cv=2,
    )
    grid.fit([str(path) for path in paths], labels)
    assert len(sought) == len(paths)
    assert grid.best_score_ > 0.5


def test_named_columns_as_a_table(paths):
    features = FaceFeatures(("geometry",)).set_output(transform="pandas")
    frame = features.fit_transform(paths[:3])
    assert frame.shape[0] == 3 and frame.columns[0].startswith("geo__")


@pytest.mark.parametrize("unreadable", ["mean", "nan"])
def test_rows_never_drop(paths, unreadable):
    features = FaceFeatures(SMALL, unreadable=unreadable)
    X = features.fit_transform([paths[0], "missing.jpg", paths[1]])
    assert len(X) == 3
    if unreadable == "nan":
        assert np.isnan(X[1]).all()
    else:
        np.testing.assert_allclose(X[1], X[[0, 2]].mean(axis=0), atol=1e-5)
    assert np.isfinite(X[[0, 2]]).all()


def test_what_is_wrong_is_told(paths):
    with pytest.raises(FerClassicError, match=r"Image 1 cannot be read: .*No such file"):
        FaceFeatures(SMALL, unreadable="error").fit([paths[0], "missing.jpg"])
    with pytest.raises(FerClassicError, match=r"None of the 1 images.*missing\.jpg"):
        FaceFeatures(SMALL).fit(["missing.jpg"])
    for wrong in ("a.jpg", np.zeros((9, 9, 3), np.uint8)):
        with pytest.raises(UsageError, match="give a list"):
            FaceFeatures(SMALL).fit(wrong)
    with pytest.raises(UsageError, match="holds no photograph"):
        FaceFeatures(SMALL).fit([])
    with pytest.raises(UsageError, match="feature family must be one of"):
        FaceFeatures(("gabor",)).fit(paths[:1])
    with pytest.raises(UsageError, match="must be a sequence"):
        FaceFeatures("hog").fit(paths[:1])
    with pytest.raises(UsageError, match="best, largest"):
        FaceFeatures(which="all").fit(paths[:1])


def test_it_is_an_estimator(paths, labels):
    features = FaceFeatures(SMALL, detector="none", n_jobs=1)
    same = clone(features)
    assert repr(same.get_params()) == repr(features.get_params())
    scores = cross_val_score(
        make_pipeline(features, LogisticRegression(C=1e-4)), paths, labels, cv=2
    )
    assert np.isfinite(scores).all()
