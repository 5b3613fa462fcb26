"""The classifier keeps scikit-learn's conventions, learns, and weighs classes."""

import json
import shutil

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import balanced_accuracy_score

from fer_classic.errors import FerClassicError, UsageError
from fer_classic.learn.cnn import parameters as device
from fer_classic.learn.cnn.classifier import SmallCNNClassifier
from fer_classic.learn.cnn.files import load_weights, save_weights
from fer_classic.learn.trees import softmax
from tests.learn.cnn.conftest import pictures

SMALL = {"network": "mini", "size": 24, "epochs": 8, "batch_size": 16, "n_jobs": 1}


@pytest.fixture(scope="module")
def fitted(toy):
    return SmallCNNClassifier(**SMALL).fit(*toy)


def test_it_learns_what_is_easy(fitted):
    crops, names = pictures([30, 30, 30], seed=5)
    found = fitted.predict_proba(crops)
    assert found.shape == (90, 3) and found.dtype == np.float64
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert fitted.classes_.tolist() == ["high", "low", "middle"]
    assert (fitted.predict(crops) == names).mean() > 0.9
    assert (fitted.classes_[found.argmax(axis=1)] == fitted.predict(crops)).all()


def test_a_seed_gives_the_same_bytes(toy, fitted):
    again = SmallCNNClassifier(**SMALL).fit(*toy)
    assert (again.predict_proba(toy[0]) == fitted.predict_proba(toy[0])).all()
    other = SmallCNNClassifier(**SMALL, random_state=1).fit(*toy)
    assert (other.predict_proba(toy[0]) != fitted.predict_proba(toy[0])).any()


def test_the_generator_and_the_threads_of_others_are_left_alone(toy):
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    torch.set_num_threads(2)
    SmallCNNClassifier(**(SMALL | {"epochs": 1})).fit(*toy)
    assert torch.equal(torch.rand(3), expected) and torch.get_num_threads() == 2


@pytest.mark.parametrize("balance", ["logit", "weights", "oversample"])
def test_rare_classes_are_found_however_balanced(balance):
    crops, names = pictures([200, 20, 20], seed=2)
    given = SMALL | {"balance": balance}
    found = SmallCNNClassifier(**given).fit(crops, names)
    other, truth = pictures([40, 40, 40], seed=3)
    assert balanced_accuracy_score(truth, found.predict(other)) > 0.8


def test_the_prior_moves_the_logits(toy):
    crops, names = pictures([200, 50, 50])
    given = SMALL | {"epochs": 1}
    uniform = SmallCNNClassifier(**given).fit(crops, names)
    train = SmallCNNClassifier(**given, prior="train").fit(crops, names)
    np.testing.assert_allclose(uniform.log_prior_shift_, 0, atol=1e-12)
    shift = np.log([50 / 300, 200 / 300, 50 / 300]) + np.log(3)
    np.testing.assert_allclose(train.log_prior_shift_, shift)
    none = SmallCNNClassifier(**given, balance="none").fit(crops, names)
    np.testing.assert_allclose(none.log_prior_shift_, -shift)


def test_groups_are_held_out_whole_and_calibrate(toy):
    groups = np.arange(150) // 3
    found = SmallCNNClassifier(**(SMALL | {"epochs": 1})).fit(*toy, groups=groups)
    held, probabilities = found.held_out_
    assert 9 <= len(held) <= 24 and probabilities.shape == (len(held), 3)
    assert not set(groups[held]) & set(np.delete(groups, held))
    crops = toy[0][held]
    np.testing.assert_allclose(found.predict_proba(crops), probabilities, atol=1e-6)


def test_tiny_sets_train_without_a_held_out_part():
    crops, names = pictures([2, 2, 2])
    found = SmallCNNClassifier(**(SMALL | {"epochs": 2})).fit(crops, names)
    assert len(found.held_out_[0]) == 0 or len(found.held_out_[0]) < 4
    assert found.predict(crops).shape == (6,)
    none = SmallCNNClassifier(**(SMALL | {"epochs": 2, "validation_fraction": 0.0}))
    assert "validation" not in none.fit(crops, names).curves_


def test_shares_make_a_network_less_sure(toy, fitted):
    crops, names = toy
    codes = np.searchsorted(fitted.classes_, names)
    shares = np.eye(3)[codes] * 0.55 + 0.15
    unsure = SmallCNNClassifier(**SMALL).fit(crops, names, targets=shares)
    assert unsure.classes_.tolist() == fitted.classes_.tolist()
    assert (unsure.predict(crops) == names).mean() > 0.9
    own, its = (
        softmax(net._scores(crops)).max(axis=1).mean() for net in (fitted, unsure)
    )  # before the temperature, which fits both to the held-out classes
    assert its < own - 0.1


def test_shares_decide_where_they_differ_from_the_class(toy, fitted):
    """What is learned is the share: all of it lies on the next class here."""
    crops, names = toy
    codes = np.searchsorted(fitted.classes_, names)
    moved = np.eye(3)[(codes + 1) % 3]
    other = SmallCNNClassifier(**(SMALL | {"validation_fraction": 0.0}))
    other.fit(crops, names, targets=moved)
    found = np.searchsorted(fitted.classes_, other.predict(crops))
    assert (found == (codes + 1) % 3).mean() > 0.9


def test_impossible_shares_are_named(toy):
    crops, names = toy
    shares = np.full((150, 3), 1 / 3)
    shares[7] = (0.5, 0.6, -0.1)
    for wrong, reason in ((shares, "Row 7 of targets is"), (shares[:9], "have shape")):
        with pytest.raises(ValueError, match=reason):
            SmallCNNClassifier(**SMALL).fit(crops, names, targets=wrong)


def test_conventions(toy):
    plain = SmallCNNClassifier()
    assert clone(plain).get_params() == plain.get_params()
    with pytest.raises(NotFittedError):
        plain.predict(toy[0])
    with pytest.raises(ValueError, match="one class: 'low'"):
        plain.fit(toy[0], ["low"] * 150)
    with pytest.raises(ValueError, match="150 crops and 2 classes"):
        plain.fit(toy[0], ["low", "high"])
    with pytest.raises(ValueError, match=r"Got float64 with shape \(3, 2\)"):
        plain.fit(np.zeros((3, 2)), [0, 1, 0])


def test_crops_of_another_size_are_refused(fitted):
    with pytest.raises(ValueError, match=r"crops of 32 pixels a side. Got 48 instead"):
        fitted.predict(np.zeros((1, 48, 48), dtype=np.uint8))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"network": "vgg"}, r"network must be one of \{default, mini\}. Got 'vgg'"),
        ({"balance": "smote"}, "balance of the network must be one of"),
        ({"prior": "even"}, "prior must be one of"),
        ({"device": "tpu"}, r"device must be one of \{auto, cpu, cuda\}"),
        ({"epochs": 0}, "epochs of SmallCNNClassifier must be of type int, from 1"),
        ({"learning_rate": 0.0}, "learning_rate of SmallCNNClassifier must be"),
        ({"batch_size": 1.5}, "batch_size of SmallCNNClassifier must be of type int"),
    ],
)
def test_impossible_parameters_are_named(toy, changes, reason):
    with pytest.raises(ValueError, match=reason):
        SmallCNNClassifier(**changes).fit(*toy)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_told(toy):
    with pytest.raises(UsageError, match=r"`device` cuda: torch .* sees no GPU"):
        SmallCNNClassifier(device="cuda").fit(*toy)


def test_missing_torch_is_told(monkeypatch, toy):
    monkeypatch.setattr(device, "find_spec", lambda name: None)
    with pytest.raises(
        FerClassicError, match=r"needs torch.*pip install 'fer_classic\[cnn"
    ):
        SmallCNNClassifier().fit(*toy)


def test_weights_come_back_and_those_of_another_network_are_refused(fitted, toy, tmp_path):
    save_weights(fitted.network_, tmp_path / "w")
    before = fitted.predict_proba(toy[0])
    again = clone(fitted)
    for name in ("classes_", "crop_size_", "log_prior_shift_", "temperature_"):
        setattr(again, name, getattr(fitted, name))
    load_weights(again, tmp_path / "w")
    assert (again.predict_proba(toy[0]) == before).all()
    again.set_params(network="default")
    with pytest.raises(FerClassicError, match="w belongs to another network: it holds"):
        load_weights(again, tmp_path / "w")
    (tmp_path / "w").write_bytes(b"no weights")
    with pytest.raises(FerClassicError, match="w is damaged"):
        load_weights(again, tmp_path / "w")


def safetensors_file(header, content=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + content


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is damaged"),
        ((2**63).to_bytes(8, "little") + b"{}", "is damaged"),
        (safetensors_file(b"[" * 100_000), "is damaged"),
        (safetensors_file(b"{}" + b" " * (1 << 23)), "belongs to another network: it has"),
        (
            safetensors_file(
                {"a": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}
            ),
            "is damaged",
        ),
        (
            safetensors_file(
                {
                    "a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
                    "b": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]},
                },
                bytes(12),
            ),
            "is damaged",
        ),
        (
            safetensors_file(
                {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}, bytes(8)
            ),
            "belongs to another network: it holds (2,) of F32 for 'a'",
        ),
    ],
)
def test_crafted_weights_are_refused(fitted, tmp_path, content, words):
    (tmp_path / "w").write_bytes(content)
    with pytest.raises(FerClassicError) as caught:
        load_weights(fitted_copy(fitted), tmp_path / "w")
    assert words in str(caught.value), caught.value


def fitted_copy(fitted):
    again = clone(fitted)
    again.classes_ = fitted.classes_
    return again


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda own: own.double(), "of F64 for"),
        (lambda own: own * float("nan"), "holds a number that is not finite"),
    ],
)
def test_weights_of_another_type_or_without_a_value_are_refused(
    fitted, tmp_path, change, words
):
    from safetensors.torch import save

    tensors = {k: own.contiguous() for k, own in fitted.network_.state_dict().items()}
    first = min(tensors)
    tensors[first] = change(tensors[first])
    (tmp_path / "w").write_bytes(save(tensors))
    with pytest.raises(FerClassicError, match=words):
        load_weights(fitted_copy(fitted), tmp_path / "w")


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Folder of a network that has learned noise."""
    from fer_classic.model.store import Model, save_model
    from fer_classic.settings import Settings

    folder = tmp_path_factory.mktemp("network")
    parameters = {"network": "mini", "epochs": 1, "size": 24}
    settings = Settings.from_dict({"network": parameters})
    names, random = settings.class_set.names, np.random.default_rng(0)
    crops = random.integers(0, 256, (60, 64, 64), dtype=np.uint8)
    learned = SmallCNNClassifier(**parameters, n_jobs=1)
    learned.fit(crops, np.array(names)[np.arange(60) % len(names)])
    told = {"images": 60, "faces_found": 60, "best_iteration": learned.best_iteration_}
    told["classes"] = dict.fromkeys(names, 12)
    save_model(Model(settings, learned, (), told), folder)
    return folder


@pytest.mark.parametrize(
    ("part", "key", "value", "words"),
    [
        ("classifier", "size", 10**6, "size of SmallCNNClassifier must be of type int"),
        ("classifier", "network", "huge", "network must be one of {default, mini}"),
        ("classifier", "compile", True, "parameter of classifier in model.json must be on"),
        ("trained_on", "best_iteration", "5", "must hold counts by class"),
        ("settings", "network", {"network": "default", "colour": 1}, "'colour'"),
    ],
)
def test_a_wild_description_of_a_network_is_refused(
    saved, tmp_path, part, key, value, words
):
    from fer_classic.files.checksums import write_seal
    from fer_classic.model.store import load_model

    folder = tmp_path / "model"
    shutil.copytree(saved, folder)
    assert load_model(folder).feature_names == ()
    told = json.loads((folder / "model.json").read_text())
    told[part][key] = value
    (folder / "model.json").write_text(json.dumps(told))
    write_seal(folder)
    with pytest.raises(FerClassicError, match="cannot be used") as caught:
        load_model(folder)
    assert words in str(caught.value)
