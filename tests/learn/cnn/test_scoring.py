"""The loss against its formulas, the scores against scikit-learn, the pace by hand."""

import numpy as np
import pytest
import torch
from sklearn.metrics import balanced_accuracy_score, log_loss

from fer_classic.learn.cnn.parameters import Recipe
from fer_classic.learn.cnn.scoring import loss_of, scores_of

LOGITS = torch.tensor([[2.0, 0.0, 1.0], [0.5, 0.2, 0.1], [0.0, 3.0, 1.0], [1.0, 1.0, 2.0]])
CODES = torch.tensor([0, 0, 1, 2])
COUNTS = torch.tensor([2.0, 1.0, 1.0])


def recipe(**changes):
    given = {"epochs": 10, "batch_size": 4, "learning_rate": 0.1, "weight_decay": 0.0}
    given |= {"warm_up": 2.0, "label_smoothing": 0.0, "balance": "none", "averaging": 0.9}
    return Recipe(**(given | {"patience": 5, "compile": False, "seed": 0} | changes))


def test_the_loss_of_each_balance_follows_its_formula():
    plain = -torch.log_softmax(LOGITS, dim=1)[torch.arange(4), CODES]
    assert loss_of(LOGITS, CODES, COUNTS, recipe()).item() == pytest.approx(
        plain.mean().item()
    )
    weights = (1 / COUNTS)[CODES]
    assert loss_of(LOGITS, CODES, COUNTS, recipe(balance="weights")).item() == (
        pytest.approx((weights * plain).sum().item() / weights.sum().item())
    )
    moved = LOGITS + torch.log(torch.tensor([0.5, 0.25, 0.25]))
    own = -torch.log_softmax(moved, dim=1)[torch.arange(4), CODES]
    assert loss_of(LOGITS, CODES, COUNTS, recipe(balance="logit")).item() == pytest.approx(
        own.mean().item()
    )


@pytest.mark.parametrize("balance", ["none", "weights", "logit"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_shares_of_one_class_cost_what_the_class_costs(balance, smoothing):
    own = recipe(balance=balance, label_smoothing=smoothing)
    shares = torch.eye(3)[CODES]
    by_class, by_share = (loss_of(LOGITS, w, COUNTS, own).item() for w in (CODES, shares))
    assert by_share == pytest.approx(by_class, rel=1e-6)


def test_the_loss_of_shares_is_their_cross_entropy():
    shares = torch.tensor([[0.7, 0.3, 0.0], [0.2, 0.5, 0.3], [0, 1, 0], [0.1, 0.1, 0.8]])
    own = -(shares * torch.log_softmax(LOGITS, dim=1)).sum(dim=1)
    found = loss_of(LOGITS, shares, COUNTS, recipe()).item()
    assert found == pytest.approx(own.mean().item())


def test_scores_weigh_classes_evenly():
    random = np.random.default_rng(0)
    logits, codes = random.normal(size=(90, 3)), np.repeat([0, 1, 2], [60, 20, 10])
    found = scores_of(torch.from_numpy(logits).float(), torch.from_numpy(codes))
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    weights = (1 / np.bincount(codes))[codes]
    assert found["log_loss"] == pytest.approx(
        log_loss(codes, chances, sample_weight=weights), abs=1e-5
    )
    answers = chances.argmax(axis=1)
    assert found["balanced_accuracy"] == pytest.approx(
        balanced_accuracy_score(codes, answers), abs=1e-6
    )
    assert found["error"] == pytest.approx((answers != codes).mean(), abs=1e-6)


def test_the_rate_warms_up_and_follows_a_cosine():
    own = recipe()
    assert [own.pace(e) for e in (0, 1, 2, 6)] == pytest.approx([0.01, 0.5, 1.0, 0.5])
    assert own.pace(10) == pytest.approx(0, abs=1e-9)
    assert recipe(epochs=1, warm_up=5.0).pace(0.5) == pytest.approx(1.0)
