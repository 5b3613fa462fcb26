"""What the parameters of the network may be."""

from fer_classic.errors import one_of
from fer_classic.features.base import check_range
from fer_classic.learn.calibrate import PRIORS

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
        check_range(classifier, name, getattr(classifier, name), low, high, kind)
    if classifier.epochs is not None:
        check_range(classifier, "epochs", classifier.epochs, 1, 100_000)
