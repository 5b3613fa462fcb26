"""Weights and checkpoints on disk: safetensors, which hold numbers and text alone."""

import json
import os

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from fer_classic.errors import FerClassicError
from fer_classic.files.atomic import write_file
from fer_classic.learn.cnn.networks import Network
from fer_classic.learn.cnn.parameters import chosen_device


def save_weights(network, path):
    """Write a network's weights."""
    tensors = {name: own.cpu().contiguous() for name, own in network.state_dict().items()}
    write_file(path, save(tensors), overwrite=True)


def load_weights(classifier, path):
    """Give a classifier the network whose weights :func:`save_weights` wrote.

    Parameters
    ----------
    classifier : SmallCNNClassifier
        Its ``classes_`` are known.
    path : path-like

    Raises
    ------
    FerClassicError
        The file is damaged, or belongs to another network.
    """
    network = Network(classifier.network, len(classifier.classes_), classifier.size)
    expected = network.state_dict()
    _check_size(path, expected)
    tensors, _ = _read(path, expected)
    for name, own in tensors.items():
        if not torch.isfinite(own).all():
            raise FerClassicError(
                f"{path} holds a number that is not finite, in {name!r}: copy it again."
            )
    network.load_state_dict(tensors)
    device = chosen_device(classifier.device)
    # As it was while learning: another layout in memory changes the last digits.
    classifier.network_ = network.to(device, memory_format=torch.channels_last).eval()


def save_checkpoint(path, state, notes):
    """Write a training's state beside its place, and rename it when it is whole.

    Parameters
    ----------
    path : path-like
    state : dict of str to dict of str to Tensor
    notes : dict of JSON types
        ``identity`` says what the training is.
    """
    tensors = {
        f"{part}/{name}": own.cpu().contiguous()
        for part, tensors in state.items()
        for name, own in tensors.items()
    }
    content = save(tensors, {"notes": json.dumps(notes)})
    write_file(path, content, overwrite=True)


def load_checkpoint(path, identity=None):
    """Read what :func:`save_checkpoint` wrote.

    Parameters
    ----------
    path : path-like
    identity : str, optional
        What it must belong to.

    Raises
    ------
    FerClassicError
        It is damaged, or of a training of something else.
    """
    if not os.path.exists(path):
        return None
    tensors, metadata = _read(path)
    try:
        notes = json.loads(metadata["notes"])
        found = notes["identity"]
    except (KeyError, TypeError, ValueError):
        raise FerClassicError(f"{path} is no checkpoint: delete it.") from None
    if identity is not None and found != identity:
        raise FerClassicError(
            f"The checkpoint {path} belongs to another training ({found}; this one is "
            f"{identity}). Delete it, or name another place."
        )
    state = {part: {} for part in ("network", "average", "best", "momentum")}
    for name, own in tensors.items():
        part, _, key = name.partition("/")
        state[part][key] = own
    return state, notes


def epochs_kept(checkpoint):
    """Epochs that a checkpoint holds, 0 where there is none."""
    found = None if checkpoint is None else load_checkpoint(checkpoint)
    return found[1]["done"] if found else 0


def _check_size(path, expected):
    """Refuse a file too large for its network before its header is read."""
    size, most = os.path.getsize(path), 1 << 20
    most += sum(own.numel() * own.element_size() for own in expected.values())
    if size > most:
        raise FerClassicError(
            f"{path} belongs to another network: it has {size} bytes, and {most} at most "
            "are expected. Name the network it was trained as."
        )


def _check_shapes(file, expected, path):
    """Refuse other tensors than expected before any of them is read."""
    slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
    found = {k: (own.get_dtype(), tuple(own.get_shape())) for k, own in slices.items()}
    wanted = {
        k: ("F32" if own.is_floating_point() else "I64", tuple(own.shape))
        for k, own in expected.items()
    }
    for name in sorted(wanted.keys() | found.keys()):
        one, other = (
            "{1} of {0}".format(*own[name]) if name in own else "nothing"
            for own in (wanted, found)
        )
        if one != other:
            raise FerClassicError(
                f"{path} belongs to another network: it holds {other} for {name[:60]!r}, "
                f"where {one} is expected. Name the network it was trained as."
            )


def _read(path, expected=None):
    try:
        with safe_open(path, framework="pt") as file:
            if expected is not None:
                _check_shapes(file, expected, path)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return tensors, file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise FerClassicError(
            f"{path} is damaged ({error}): delete it, or copy it again."
        ) from None


def copied(tensors):
    """Copies of tensors, by name.

    Parameters
    ----------
    tensors : dict of str to Tensor
    """
    return {name: own.detach().clone() for name, own in tensors.items()}


def state_of(training):
    """Copies of the weights, of their averages and of the momentum.

    Returns
    -------
    dict of str to dict of str to Tensor
    """
    return {
        "network": copied(training.network.state_dict()),
        "average": copied(training.average),
        "best": copied(training.best),
        "momentum": copied(
            {
                name: training.optimizer.state[own]["momentum_buffer"]
                for name, own in training.network.named_parameters()
                if own in training.optimizer.state
            }
        ),
    }


def restore(training, state):
    """Bring a training back to where it was.

    Parameters
    ----------
    training : Training
    state : dict
        As :func:`state_of` gives it.
    """
    training.network.load_state_dict(state["network"])
    for part in ("average", "best"):
        own = {name: t.to(training.device) for name, t in state[part].items()}
        setattr(training, part, copied(own))
    training.optimizer.state.clear()
    for name, own in training.network.named_parameters():
        if name in state["momentum"]:
            momentum = state["momentum"][name].to(own.device, copy=True)
            training.optimizer.state[own]["momentum_buffer"] = momentum
