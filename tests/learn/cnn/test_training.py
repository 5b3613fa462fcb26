"""The loop: going on after a stop, short memory, a loss that is no number."""

import pytest
import torch

from fer_classic.errors import FerClassicError
from fer_classic.learn.cnn import training as module
from fer_classic.learn.cnn.classifier import SmallCNNClassifier


def small(**changes):
    given = {"network": "mini", "size": 24, "epochs": 4, "batch_size": 16, "n_jobs": 1}
    return SmallCNNClassifier(**(given | changes))


def weights(classifier):
    return torch.cat([own.flatten() for own in classifier.network_.state_dict().values()])


class Stop(Exception):
    """Stands for a kill."""


def stop_after(epochs):
    def progress(done, note):
        if done > epochs:
            raise Stop

    return progress


def test_a_training_that_was_stopped_ends_as_one_that_was_not(toy, tmp_path):
    whole = small().fit(*toy)
    place = tmp_path / "checkpoint"
    for epochs in (1.2, 2.9):  # twice, in the midst of an epoch
        with pytest.raises(Stop):
            small().fit(*toy, progress=stop_after(epochs), checkpoint=place)
    seen = []
    again = small().fit(*toy, progress=lambda done, _: seen.append(done), checkpoint=place)
    assert 2 < min(seen) < 2.2
    assert torch.equal(weights(whole), weights(again))
    assert whole.curves_ == again.curves_ and whole.temperature_ == again.temperature_
    seen.clear()
    done = small().fit(*toy, progress=lambda done, _: seen.append(done), checkpoint=place)
    assert not seen and torch.equal(weights(whole), weights(done))


def test_a_checkpoint_that_cannot_be_written_is_told(toy, tmp_path):
    whole = small().fit(*toy)
    (tmp_path / "file").write_text("no folder")
    found = small().fit(*toy, checkpoint=tmp_path / "file" / "checkpoint")
    assert torch.equal(weights(whole), weights(found))
    assert not found.notes_  # the model is what it would be anyway
    assert found.unkept_.startswith("epochs are not kept from 1 on: ")
    assert "checkpoint cannot be written: Not a directory" in found.unkept_


@pytest.mark.parametrize(
    "changes", [{"network": "default"}, {"epochs": 5}, {"size": 28}, {"random_state": 1}]
)
def test_a_checkpoint_of_another_training_is_refused(toy, tmp_path, changes):
    place = tmp_path / "checkpoint"
    small(epochs=1).fit(*toy, checkpoint=place)
    with pytest.raises(FerClassicError, match=r"belongs to another training .*'mini'"):
        small(**({"epochs": 1} | changes)).fit(*toy, checkpoint=place)


@pytest.mark.parametrize("content", [b"", b"x" * 100, b"\xff" * 8 + b"{}"])
def test_a_damaged_checkpoint_is_named(toy, tmp_path, content):
    place = tmp_path / "checkpoint"
    place.write_bytes(content)
    with pytest.raises(FerClassicError, match="checkpoint is damaged"):
        small().fit(*toy, checkpoint=place)


def failing(monkeypatch, problem, at):
    """Let the step number ``at`` fail once."""
    count, step = [], module.Training.step

    def broken(self, views, codes, epochs):
        count.append(1)
        if len(count) == at:
            if isinstance(problem, Exception):
                raise problem
            return torch.tensor(problem), torch.zeros(len(codes), dtype=bool)
        return step(self, views, codes, epochs)

    monkeypatch.setattr(module.Training, "step", broken)


@pytest.mark.parametrize(
    "problem",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 8 bytes"),
    ],
)
def test_short_memory_halves_the_batch_and_repeats_the_epoch(toy, monkeypatch, problem):
    failing(monkeypatch, problem, at=12)
    found = small().fit(*toy)
    assert len(found.curves_["train"]["error"]) == 4
    assert found.notes_ == [
        "out of memory on cpu in epoch 2: batches of 8 faces from there on"
    ]


def test_memory_for_hardly_a_face_is_an_error(toy, monkeypatch):
    failing(monkeypatch, torch.OutOfMemoryError("none"), at=1)
    with pytest.raises(FerClassicError, match="does not suffice for 3 faces at a time"):
        small(batch_size=3).fit(*toy)


def test_other_errors_are_not_taken_for_short_memory(toy, monkeypatch):
    failing(monkeypatch, RuntimeError("shapes differ"), at=1)
    with pytest.raises(RuntimeError, match="shapes differ"):
        small().fit(*toy)


def test_a_loss_that_is_no_number_keeps_the_last_good_weights(toy, monkeypatch):
    good = small(epochs=4).fit(*toy)
    steps = 135 // 16
    failing(monkeypatch, float("nan"), at=2 * steps + 3)
    found = small(epochs=4).fit(*toy)
    assert found.notes_ == [
        f"stopped early: the loss became nan in epoch 3, batch 3 of {steps}; the weights "
        f"of epoch {found.best_iteration_} are kept"
    ]
    assert found.curves_["validation"] == {
        key: own[:2] for key, own in good.curves_["validation"].items()
    }
    assert weights(found).isfinite().all()


def test_a_loss_that_is_no_number_at_once_is_an_error(toy, monkeypatch):
    failing(monkeypatch, float("inf"), at=2)
    reason = r"came to nothing: the loss became inf in epoch 1, batch 2 of 8\. Give a lower"
    with pytest.raises(FerClassicError, match=reason):
        small().fit(*toy)


def test_patience_ends_a_training_that_does_not_improve(toy, monkeypatch):
    balanced = iter([0.1, 0.3, 0.3, 0.2, 0.1, 0.9])

    def scores_of(logits, codes):
        return {"log_loss": 0.0, "error": 0.0, "balanced_accuracy": next(balanced)}

    monkeypatch.setattr(module, "scores_of", scores_of)
    found = small(epochs=6, patience=3).fit(*toy)
    assert found.best_iteration_ == 2
    assert found.curves_["validation"]["balanced_accuracy"] == [0.1, 0.3, 0.3, 0.2, 0.1]
