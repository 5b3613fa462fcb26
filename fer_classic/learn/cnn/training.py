"""The training loop: one epoch after the other, each kept in a checkpoint."""

import math
import time

import torch

from fer_classic.errors import FerClassicError
from fer_classic.learn.cnn.augment import random_views
from fer_classic.learn.cnn.files import (
    copied,
    load_checkpoint,
    restore,
    save_checkpoint,
    state_of,
)
from fer_classic.learn.cnn.scoring import logits_of, loss_of, scores_of


class Training:
    """A network on its way: stochastic gradient descent with Nesterov's momentum.

    The weights that are judged and kept are a running average of those that learn.
    Randomness is drawn anew for each epoch from the seed and the epoch's number, so a
    training that goes on from a checkpoint ends like one that was never stopped.

    Parameters
    ----------
    network : Network
    recipe : Recipe
    learned : (Tensor of uint8 (n, S, S), Tensor of int64 (n,))
        Crops and classes to learn from, on the device where all is computed.
    held : (Tensor of uint8 (m, S, S), Tensor of int64 (m,)) or None
        Those that judge each epoch.
    shares : Tensor of float32, shape (n, k), optional
        Of the classes in each crop, to learn in place of one class.

    Attributes
    ----------
    curves : dict
        ``{"train" | "validation": {metric: [one value an epoch]}}``
    best_epoch : int
        The epoch, from 1, whose averaged weights are kept.
    notes : list of str
        What did not go as planned.
    unkept : str
        Why epochs are no longer kept, which changes nothing else, or "".
    seconds, cpu_seconds : float
        Of all sittings.
    """

    def __init__(self, network, recipe, learned, held, shares=None):
        self.network, self.recipe = network, recipe
        self.crops, self.codes = learned
        self.wanted = self.codes if shares is None else shares
        self.held = held
        self.device = self.crops.device
        network.to(self.device, memory_format=torch.channels_last)
        self.logits = torch.compile(network.logits) if recipe.compile else network.logits
        number = network.n_classes
        by_class = torch.bincount(self.codes, minlength=number).float()
        self.counts = by_class if shares is None else shares.sum(0)
        self.batch_size = min(recipe.batch_size, len(self.codes))
        self.done, self.best_epoch, self.best_score = 0, 0, -math.inf
        self.curves, self.notes, self.unkept = {"train": {}}, [], ""
        self.seconds = self.cpu_seconds = 0.0
        self.average = copied(network.state_dict())
        self.best = self.average
        many = [p for p in network.parameters() if p.ndim > 1]
        few = [p for p in network.parameters() if p.ndim <= 1]
        self.optimizer = torch.optim.SGD(
            [{"params": many, "weight_decay": recipe.weight_decay}, {"params": few}],
            lr=recipe.learning_rate,
            momentum=0.9,
            nesterov=True,
        )

    def run(self, progress=None, checkpoint=None, identity=""):
        """Train to the end, or until the held-out balanced accuracy no longer rises.

        Parameters
        ----------
        progress : callable, optional
            Called as ``progress(epochs done, note)`` with a fraction, after each batch.
        checkpoint : path-like, optional
            File that keeps each epoch; a training that it holds goes on.
        identity : str
            What the checkpoint must belong to.

        Raises
        ------
        FerClassicError
            The loss was not finite before an epoch was whole, memory does not suffice
            for 2 faces, or the checkpoint belongs to something else.
        """
        if checkpoint is not None:
            self._resume(checkpoint, identity)
        while self.done < self.recipe.epochs and not self._stalled():
            start = time.perf_counter(), time.process_time()
            before = state_of(self)
            try:
                loss, error = self._epoch(progress)
            except (torch.OutOfMemoryError, MemoryError, RuntimeError) as problem:
                if not _memory(problem):
                    raise
                restore(self, before)
                self._halve()
                continue
            except FloatingPointError as problem:
                self._stop(problem)
                break
            self.done += 1
            self._judge(loss, error)
            self.seconds += time.perf_counter() - start[0]
            self.cpu_seconds += time.process_time() - start[1]
            if checkpoint is not None and not self._keep(checkpoint, identity):
                checkpoint = None
        self.network.load_state_dict(self.best)
        self.network.eval()

    def _stalled(self):
        waited = self.done - self.best_epoch
        return self.held is not None and waited >= self.recipe.patience

    def _epoch(self, progress):
        """Learn from every face once; mean loss and error of the augmented faces."""
        order, generator = self._order()
        steps = len(order) // self.batch_size
        losses, wrong = [], []
        shown = self.notes[-1] if self.notes else self._told()
        self.network.train()
        for step in range(steps):
            rows = order[step * self.batch_size : (step + 1) * self.batch_size]
            views = random_views(self.crops[rows], self.network.size, generator)
            loss, best = self.step(views, self.wanted[rows], self.done + step / steps)
            losses.append(loss)
            wrong.append(best != self.codes[rows])
            if progress is not None:
                progress(self.done + (step + 1) / steps, shown)
        losses = torch.stack(losses).cpu()
        bad = torch.nonzero(~losses.isfinite())
        if len(bad):
            raise FloatingPointError(
                f"the loss became {losses[bad[0, 0]].item()} in epoch {self.done + 1}, "
                f"batch {bad[0, 0].item() + 1} of {steps}"
            )
        return losses.mean().item(), torch.cat(wrong).float().mean().item()

    def _order(self):
        """Rows in the order of this epoch, and the generator of its views."""
        number = (self.recipe.seed * 1_000_003 + self.done) % 2**63
        torch.manual_seed(number)  # dropout draws from the global generator
        generator = torch.Generator(self.device).manual_seed(number)
        if self.recipe.balance == "oversample":
            chances = (1 / torch.bincount(self.codes).float())[self.codes]
            order = torch.multinomial(chances, len(chances), True, generator=generator)
        else:
            order = torch.randperm(len(self.codes), generator=generator, device=self.device)
        return order, generator

    def step(self, views, wanted, epochs):
        """Learn from a batch.

        Parameters
        ----------
        views : Tensor of float32, shape (n, 1, size, size)
        wanted : Tensor of int64, shape (n,), or of float32, shape (n, k)
            Classes, or shares of them.
        epochs : float
            Done so far, with a fraction.

        Returns
        -------
        loss : Tensor of float32, shape ()
        best : Tensor of int64, shape (n,)
            Classes that the network names.
        """
        recipe = self.recipe
        for group in self.optimizer.param_groups:
            group["lr"] = recipe.learning_rate * recipe.pace(epochs)
        views = views.contiguous(memory_format=torch.channels_last)
        with torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"
        ):
            logits = self.logits(views)
        logits = logits.float()
        loss = loss_of(logits, wanted, self.counts, recipe)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self._add_to_average(epochs)
        return loss.detach(), logits.argmax(dim=1)

    @torch.no_grad()
    def _add_to_average(self, epochs):
        # Young averages forget fast: the first weights are worth nothing.
        steps = epochs * (len(self.codes) // self.batch_size)
        keep = min(self.recipe.averaging, (1 + steps) / (10 + steps))
        for name, own in self.network.state_dict().items():
            if own.is_floating_point():
                self.average[name].lerp_(own, 1 - keep)
            else:
                self.average[name].copy_(own)

    def _judge(self, loss, error):
        """Add an epoch to the curves; keep its weights if they are the best."""
        found = {"train": {"log_loss": loss, "error": error}}
        score = self.done
        if self.held is not None:
            found["validation"] = self._held_out()
            score = found["validation"]["balanced_accuracy"]
        for part, metrics in found.items():
            for metric, value in metrics.items():
                self.curves.setdefault(part, {}).setdefault(metric, []).append(value)
        if score > self.best_score:
            self.best_score, self.best_epoch = score, self.done
            self.best = copied(self.average)

    def _held_out(self):
        crops, codes = self.held
        own = copied(self.network.state_dict())
        self.network.load_state_dict(self.average)
        logits = logits_of(self.network, crops)
        self.network.load_state_dict(own)
        return scores_of(logits, codes)

    def _told(self):
        if self.held is None or not self.done:
            return ""
        return (
            f"epoch {self.done + 1} of {self.recipe.epochs}, held-out balanced accuracy "
            f"{self.curves['validation']['balanced_accuracy'][-1]:.3f}"
        )

    def _halve(self):
        if self.batch_size < 4:
            raise FerClassicError(
                f"The memory of {self.device.type} does not suffice for {self.batch_size} "
                "faces at a time. Free some of it, or train with `device` cpu."
            )
        self.batch_size //= 2
        self.notes.append(
            f"out of memory on {self.device.type} in epoch {self.done + 1}: batches of "
            f"{self.batch_size} faces from there on"
        )
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def _stop(self, problem):
        if not self.done:
            raise FerClassicError(
                f"The training came to nothing: {problem}. Give a lower `learning_rate` "
                f"than {self.recipe.learning_rate}."
            )
        self.notes.append(
            f"stopped early: {problem}; the weights of epoch {self.best_epoch} are kept"
        )

    def _keep(self, checkpoint, identity):
        """Write the checkpoint; where that cannot be, the training goes on without."""
        counted = {key: getattr(self, key) for key in _COUNTED}
        try:
            save_checkpoint(checkpoint, state_of(self), counted | {"identity": identity})
        except FerClassicError as error:
            self.unkept = f"epochs are not kept from {self.done} on: {error}"
            return False
        return True

    def _resume(self, checkpoint, identity):
        found = load_checkpoint(checkpoint, identity)
        if found is None:
            return
        state, notes = found
        restore(self, state)
        for key in _COUNTED:
            setattr(self, key, notes[key])


#: What a checkpoint keeps besides tensors.
_COUNTED = (
    *("done", "batch_size", "best_epoch", "best_score", "curves", "notes"),
    *("seconds", "cpu_seconds"),
)


def _memory(problem):
    """Whether an error says that memory is short; the CPU's is a plain RuntimeError."""
    text = str(problem).lower()
    return isinstance(problem, torch.OutOfMemoryError | MemoryError) or "memory" in text
