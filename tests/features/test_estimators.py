"""scikit-learn's own checks over every estimator.

scikit-learn yields no check for estimators of three-dimensional input, so those of its
checks that need no data, and the contract that the others test, are held here.
"""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from fer_classic.faces.align import mean_shape
from fer_classic.features import GeometryFeatures, HOGFeatures, LBPFeatures
from fer_classic.learn.classifier import ExpressionClassifier

QUICK = {"n_estimators": 8, "min_child_samples": 1, "colsample": 1.0, "n_jobs": 1}
# One of each kind: weights, new rows, rows made from others' neighbours, rows removed.
# "mirror" needs X_mirror, which no check passes; tests/learn/test_classifier.py covers it.
CLASSIFIERS = [
    ExpressionClassifier(balance=method, n_neighbors=2, **QUICK)
    for method in ("class_weight", "smote", "adasyn", "smote_enn", "random_under")
]
TRANSFORMERS = [
    HOGFeatures(),
    HOGFeatures(cell=6, block=3, signed=True, interpolation="bilinear"),
    LBPFeatures(),
    LBPFeatures(radii=(1, 2.5), grid=2),
    GeometryFeatures(),
]


#: Checks whose labels are noise over a few rows: the neighbours of every row of some
#: class contradict it, so cleaning would leave a set without that class. Refused rightly.
NOISE = (
    "check_dtype_object",
    "check_estimators_nan_inf",
    "check_fit_score_takes_y",
    "check_n_features_in_after_fitting",
    "check_supervised_y_2d",
)


def _expected_failures(estimator):
    if estimator.balance != "smote_enn":
        return {}
    reason = "smote_enn removes every row of a class from noise and says so"
    return dict.fromkeys(NOISE, reason)


@parametrize_with_checks(CLASSIFIERS, expected_failed_checks=_expected_failures)
def test_classifier_passes_scikit_learns_check(estimator, check):
    check(estimator)


WITHOUT_DATA = (
    estimator_checks.check_estimator_cloneable,
    estimator_checks.check_estimator_tags_renamed,
    estimator_checks.check_valid_tag_types,
    estimator_checks.check_estimator_repr,
    estimator_checks.check_no_attributes_set_in_init,
    estimator_checks.check_mixin_order,
    estimator_checks.check_do_not_raise_errors_in_init_or_set_params,
    estimator_checks.check_parameters_default_constructible,
    estimator_checks.check_get_params_invariance,
    estimator_checks.check_set_params,
)


@pytest.mark.parametrize("check", WITHOUT_DATA, ids=lambda check: check.__name__)
@pytest.mark.parametrize("estimator", TRANSFORMERS, ids=str)
def test_transformer_passes_scikit_learns_check(estimator, check):
    check(type(estimator).__name__, clone(estimator))


def _input(estimator, number=6):
    random = np.random.default_rng(0)
    if estimator.reads == "landmarks":
        return mean_shape() + random.normal(0, 0.05, (number, 68, 2))
    return random.integers(0, 256, (number, 40, 40)).astype(np.uint8)


@pytest.mark.parametrize("estimator", TRANSFORMERS, ids=str)
class TestTransformerOfThreeDimensions:
    def test_fit_returns_self_and_keeps_the_parameters(self, estimator):
        estimator, X = clone(estimator), _input(estimator)
        before = estimator.get_params()
        assert estimator.fit(X) is estimator
        assert estimator.get_params() == before
        learned = {key for key in vars(estimator) if key not in before}
        assert learned and all(key.endswith("_") for key in learned)

    def test_fit_and_transform_leave_the_input_alone(self, estimator):
        X = _input(estimator)
        before = X.copy()
        X.setflags(write=False)
        clone(estimator).fit_transform(X)
        assert np.array_equal(X, before)

    def test_fitting_again_changes_nothing(self, estimator):
        estimator, X = clone(estimator), _input(estimator)
        first = estimator.fit_transform(X)
        assert np.array_equal(estimator.fit(X).transform(X), first)
        assert np.array_equal(clone(estimator).fit(X).transform(X), first)

    def test_rows_follow_their_input(self, estimator):
        estimator, X = clone(estimator), _input(estimator)
        values = estimator.fit_transform(X)
        order = np.random.default_rng(1).permutation(len(X))
        assert np.array_equal(estimator.transform(X[order]), values[order])
        # BLAS may add up one row in another order than many, hence not bit for bit.
        for row in range(len(X)):
            alone = estimator.transform(X[row : row + 1])[0]
            np.testing.assert_allclose(alone, values[row], atol=1e-6)

    def test_pickling_changes_nothing(self, estimator):
        estimator, X = clone(estimator), _input(estimator)
        values = estimator.fit_transform(X)
        again = pickle.loads(pickle.dumps(estimator))
        assert np.array_equal(again.transform(X), values)
        assert again.get_feature_names_out().tolist() == (
            estimator.get_feature_names_out().tolist()
        )

    def test_it_takes_part_in_a_pipeline(self, estimator):
        X = _input(estimator, 12)
        y = np.repeat(["anger", "neutral"], 6)
        learner = ExpressionClassifier(balance="none", **QUICK)
        fitted = make_pipeline(clone(estimator), learner).fit(X, y)
        assert fitted.predict(X).shape == (12,)

    def test_tags_say_that_input_has_three_dimensions(self, estimator):
        tags = estimator.__sklearn_tags__().input_tags
        assert tags.three_d_array and not tags.two_d_array
