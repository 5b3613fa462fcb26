"""All that changes while a network learns, to be kept and brought back."""


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
