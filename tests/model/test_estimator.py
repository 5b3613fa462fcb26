"""A model as a classifier of scikit-learn's."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.utils import estimator_checks

from fer_classic import ExpressionModel
from fer_classic.errors import UsageError
from fer_classic.model.predict import predict_faces
from fer_classic.settings import Settings
from tests.conftest import QUICK

SETTINGS = Settings.from_dict(QUICK)


@pytest.fixture(scope="module")
def fitted(train_faces):
    return ExpressionModel(SETTINGS, n_jobs=1).fit(train_faces)


def test_it_says_what_the_functions_say(fitted, model, train_faces):
    expected = predict_faces(model, train_faces, jobs=1).probabilities
    assert np.array_equal(fitted.predict_proba(train_faces), expected)
    assert list(fitted.classes_) == list(SETTINGS.class_set.names)
    assert fitted.predict(train_faces)[0] == fitted.classes_[expected[0].argmax()]
    assert fitted.score(train_faces, fitted.classes_[train_faces.labels]) > 0.5


def test_a_saved_model_is_loaded_with_its_state(fitted, model_folder, train_faces):
    again = ExpressionModel.load(model_folder, n_jobs=1)
    np.testing.assert_allclose(
        again.predict_proba(train_faces), fitted.predict_proba(train_faces), atol=1e-6
    )


def test_labels_by_name_and_by_code_are_the_same(train_faces):
    names = np.array(SETTINGS.class_set.names)[train_faces.labels]
    bare = train_faces.take(range(len(train_faces)))
    by_name = ExpressionModel(SETTINGS, n_jobs=1).fit(bare, names)
    by_code = ExpressionModel(SETTINGS, n_jobs=1).fit(bare, train_faces.labels)
    assert np.array_equal(by_name.predict_proba(bare), by_code.predict_proba(bare))


def test_crops_and_landmarks_do_as_well(fitted, train_faces):
    given = train_faces.crops, train_faces.landmarks
    assert np.array_equal(fitted.predict(given), fitted.predict(train_faces))


def test_scikit_learn_cuts_a_table_into_folds(train_faces):
    names = np.array(SETTINGS.class_set.names)[train_faces.labels]
    groups = np.arange(len(names)) // 2
    scores = cross_val_score(
        ExpressionModel(SETTINGS, n_jobs=1),
        train_faces,
        names,
        groups=groups,
        cv=GroupKFold(2),
        scoring="balanced_accuracy",
    )
    assert len(scores) == 2 and scores.min() > 0.4


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (lambda f: (f.crops[:, :40, :40], f.landmarks), "shape (n, 64, 64). Got uint8"),
        (lambda f: (f.crops, f.landmarks[:, :5]), "(80, 68, 2), one face a crop"),
    ],
)
def test_arrays_that_are_no_faces_are_named(fitted, train_faces, given, words):
    with pytest.raises(UsageError) as error:
        fitted.predict(given(train_faces))
    assert words in str(error.value)


def test_a_label_of_no_class_is_named(train_faces):
    with pytest.raises(UsageError, match="Got 'joy'"):
        ExpressionModel(SETTINGS).fit(train_faces, ["joy"] * len(train_faces))


@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_estimator_cloneable,
        estimator_checks.check_estimator_repr,
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_mixin_order,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_parameters_default_constructible,
    ],
    ids=lambda check: check.__name__,
)
def test_it_passes_scikit_learns_check(check):
    check("ExpressionModel", clone(ExpressionModel()))
