"""The steps put together."""

from dataclasses import replace

import numpy as np
import pytest

from fer_classic.compute.timer import Timer
from fer_classic.errors import FerClassicError
from fer_classic.model.fit import mirrored
from fer_classic.model.predict import predict_faces
from fer_classic.model.train import check_classes, fold_groups, train_model, training_rows
from fer_classic.scores.subsets import copies_of, judge
from fer_classic.settings import Settings

#: A small kernel expert.
EXPERT = {"features": {"geometry": {}}, "components": 16, "folds": 3}


def test_every_row_is_predicted_in_order(model, train_faces):
    rows = np.arange(len(train_faces))[::-3]
    some = train_faces.take(rows)
    whole, part = predict_faces(model, train_faces), predict_faces(model, some)
    assert part.names == some.names
    np.testing.assert_array_equal(part.probabilities, whole.probabilities[rows])
    np.testing.assert_allclose(whole.probabilities.sum(axis=1), 1)
    assert part.class_names == some.classes.names


def test_batches_do_not_change_predictions(model, train_faces, monkeypatch):
    whole = predict_faces(model, train_faces).probabilities
    monkeypatch.setattr("fer_classic.model.predict.BATCH", 7)
    np.testing.assert_array_equal(predict_faces(model, train_faces).probabilities, whole)


def test_no_row_gives_no_prediction(model, train_faces):
    assert predict_faces(model, train_faces.take([])).probabilities.shape == (0, 5)


def test_other_columns_than_the_models_are_refused(model, train_faces):
    other = replace(model, feature_names=("a",))
    with pytest.raises(FerClassicError, match="other columns than the model"):
        predict_faces(other, train_faces)


def test_the_seed_decides(model, train_faces):
    again = train_model(train_faces, model.settings, jobs=2)
    mine, its = predict_faces(model, train_faces), predict_faces(again, train_faces)
    np.testing.assert_array_equal(mine.probabilities, its.probabilities)


def test_unreadable_rows_are_left_out_or_an_error(train_faces):
    status = ("unreadable", *train_faces.status[1:])
    errors = ("empty file", *train_faces.errors[1:])
    table = replace(train_faces, status=status, errors=errors)
    assert training_rows(table).tolist() == list(range(1, len(table)))
    with pytest.raises(FerClassicError, match=r"1 training image.* cannot be read; the fi"):
        training_rows(table, strict=True)


def test_a_missing_class_is_named(train_faces):
    with pytest.raises(FerClassicError, match="'surprise' has no readable image"):
        check_classes(np.repeat([0, 1, 2, 3, -1], 2), train_faces.classes)
    with pytest.raises(FerClassicError, match="'anger' has a single readable image"):
        check_classes(np.array([0, 1, 1, 2, 2, 3, 3, 4, 4]), train_faces.classes)


def test_a_class_too_small_to_balance_is_named(model, train_faces):
    settings = replace(model.settings, classifier={"balance": "smote"})
    with pytest.raises(FerClassicError, match="Class 'anger' has 4 training images"):
        train_model(train_faces, settings)


def test_copies_share_a_group(train_faces):
    twice = train_faces.take([0, 1, 2, 0])
    groups = fold_groups(twice)
    assert groups[0] == groups[3] and len(set(groups.tolist())) == 3
    persons = replace(twice, groups=("a", "b", "b", None))
    assert len(set(fold_groups(persons).tolist())) == 2


def test_copies_of_training_images_are_found(train_faces):
    first, last = train_faces.take([0, 1]), train_faces.take([1, 2, 3])
    assert copies_of(first, last).tolist() == [True, False, False]


def test_mirrored_twice_is_as_before(train_faces):
    some = train_faces.take([0, 1])
    once = mirrored(some)
    np.testing.assert_array_equal(once.crops, some.crops[:, :, ::-1])
    twice = mirrored(once)
    np.testing.assert_array_equal(twice.crops, some.crops)
    np.testing.assert_allclose(twice.landmarks, some.landmarks, atol=1e-4)


def test_judging_parts(model, train_faces):
    predictions = predict_faces(model, train_faces)
    copied = np.zeros(len(train_faces), dtype=bool)
    copied[:10] = True
    scores = judge(predictions, train_faces, copied=copied)
    assert scores["all"]["n"] == 80 and scores["duplicate_free"]["n"] == 70
    assert scores["covered"]["n"] + scores["uncovered"]["n"] == 80
    assert scores["coverage"] == train_faces.covered.mean()


def test_time_adds_up_by_step():
    timer = Timer()
    for _ in range(2):
        with timer("a"):
            pass
    assert list(timer.seconds) == ["a"] and timer.seconds["a"] > 0


def test_shares_of_one_class_train_the_same_model(train_faces):
    settings = Settings(
        features={}, experts=[EXPERT], classifier={"n_estimators": 6, "num_leaves": 4}
    )
    plain = train_model(train_faces, settings, jobs=1)
    shares = np.eye(5)[train_faces.labels]
    same = train_model(train_faces, settings, jobs=1, targets=shares)
    mine, its = (predict_faces(own, train_faces).probabilities for own in (plain, same))
    np.testing.assert_allclose(mine, its, atol=1e-6)
    assert same.trained_on["images_of_several_classes"] == 0


def test_shares_of_several_classes_make_a_model_less_sure(train_faces):
    settings = Settings(
        features={}, experts=[EXPERT], classifier={"n_estimators": 20, "num_leaves": 4}
    )
    shares = np.eye(5)[train_faces.labels] * 0.6 + 0.08
    sure, unsure = (
        predict_faces(train_model(train_faces, settings, jobs=1, **given), train_faces)
        for given in ({}, {"targets": shares})
    )
    assert unsure.probabilities.max(axis=1).mean() < sure.probabilities.max(axis=1).mean()
    assert (unsure.labels == train_faces.labels).mean() > 0.8


def test_a_network_refuses_weights(train_faces):
    settings = Settings(features={}, network={"network": "mini", "epochs": 1})
    with pytest.raises(FerClassicError, match="A network weighs all images alike"):
        train_model(train_faces, settings, weights=np.ones(len(train_faces)))
