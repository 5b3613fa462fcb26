"""What the parameters of the network may be, how it is trained, and on what device."""

import math
from dataclasses import dataclass
from importlib.util import find_spec

from fer_classic.errors import FerClassicError, UsageError, one_of
from fer_classic.features.base import check_parameter
from fer_classic.learn.trees import PRIORS

NETWORKS = ("default", "mini")
BALANCES = ("logit", "weights", "oversample", "none")
DEVICES = ("auto", "cpu", "cuda")

#: Parameter, least and largest value, type.
_LIMITS = (
    ("size", 24, 224, int),
    ("batch_size", 2, 65_536, int),
    ("learning_rate", 1e-6, 10.0, float),
    ("weight_decay", 0.0, 1.0, float),
    ("warm_up", 0.0, 1000.0, float),
    ("label_smoothing", 0.0, 0.9, float),
    ("averaging", 0.0, 0.99999, float),
    ("patience", 1, 100_000, int),
    ("validation_fraction", 0.0, 0.5, float),
    ("random_state", 0, 2**32 - 1, int),
)


def check_parameters(classifier):
    """Raise ValueError if a parameter of a classifier is impossible."""
    one_of(classifier.network, NETWORKS, "network")
    one_of(classifier.balance, BALANCES, "balance of the network")
    one_of(classifier.prior, PRIORS, "prior")
    one_of(classifier.device, DEVICES, "device")
    for name, low, high, kind in _LIMITS:
        check_parameter(classifier, name, getattr(classifier, name), low, high, kind)
    if classifier.epochs is not None:
        check_parameter(classifier, "epochs", classifier.epochs, 1, 100_000)


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


def check_torch(*names):
    """Raise FerClassicError unless packages of the extra ``cnn`` are installed.

    Parameters
    ----------
    *names : str
        By default those that every use of a network needs.
    """
    for name in names or ("torch", "safetensors"):
        if find_spec(name) is None:
            raise FerClassicError(
                f"The network needs {name}, which is not installed: "
                "pip install 'fer_classic[cnn]'"
            )


def chosen_device(device):
    """The device that "auto", "cpu" or "cuda" means here.

    Parameters
    ----------
    device : {"auto", "cpu", "cuda"}

    Returns
    -------
    str
        "cpu" or "cuda".

    Raises
    ------
    FerClassicError
        torch is not installed.
    UsageError
        "cuda" is asked for, and torch sees no GPU.
    """
    one_of(device, DEVICES, "`device`")
    check_torch()
    import torch

    seen = torch.cuda.is_available()
    if device == "cuda" and not seen:
        built = torch.version.cuda
        reason = f"built for CUDA {built}" if built else "a build for CPUs alone"
        raise UsageError(
            f"`device` cuda: torch {torch.__version__} sees no GPU (it is {reason}). Give "
            "`device` cpu, or install a driver and a CUDA build of torch."
        )
    return "cuda" if seen and device != "cpu" else "cpu"
