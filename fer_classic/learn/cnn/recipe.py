"""What decides a training besides its data, and the pace it sets."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """What decides a training besides its data, as SmallCNNClassifier documents it."""

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    warm_up: float
    label_smoothing: float
    balance: str
    averaging: float
    patience: int
    compile: bool
    seed: int

    def pace(self, epochs):
        """Share of the learning rate after a number of epochs.

        Linear while it warms up, then a cosine (Loshchilov & Hutter, ICLR 2017).
        """
        warm = min(self.warm_up, self.epochs / 2)
        if epochs < warm:
            return max(epochs / warm, 0.01)
        left = (epochs - warm) / (self.epochs - warm)
        return 0.5 * (1 + math.cos(math.pi * left))
