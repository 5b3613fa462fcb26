"""Logits of faces, the loss that is learned from, and the scores of an epoch."""

import torch
from torch.nn import functional as F

#: Faces whose logits are computed at a time, which needs no gradients.
BATCH = 256


@torch.inference_mode()
def logits_of(network, crops, mirror=False):
    """Logits of whole crops.

    Parameters
    ----------
    network : Network
    crops : Tensor of uint8, shape (n, S, S)
        On the network's device.
    mirror : bool
        Whether each face counts together with its mirror image.

    Returns
    -------
    Tensor of float32, shape (n, k)
    """
    network.eval()
    found = []
    for part in crops.split(BATCH):
        faces = part.unsqueeze(1).float().contiguous(memory_format=torch.channels_last)
        logits = network(faces)
        if mirror:
            logits = (logits + network(faces.flip(3))) / 2
        found.append(logits)
    return torch.cat(found)


def loss_of(logits, wanted, counts, recipe):
    """The loss that is learned from, classes balanced as the recipe says.

    Parameters
    ----------
    logits : Tensor of float32, shape (n, k)
    wanted : Tensor of int64, shape (n,), or of float32, shape (n, k)
        Classes, or shares of them.
    counts : Tensor of float32, shape (k,)
        Training faces of each class; where shares are learned, their sums.
    recipe : Recipe

    Returns
    -------
    Tensor of float32, shape ()
    """
    weight = None
    if recipe.balance == "logit":  # Menon et al., ICLR 2021
        logits = logits + torch.log(counts / counts.sum())
    elif recipe.balance == "weights":
        weight = counts.mean() / counts
    loss = F.cross_entropy(logits, wanted, weight, label_smoothing=recipe.label_smoothing)
    if weight is None or not wanted.is_floating_point():
        return loss
    return loss * len(wanted) / (wanted @ weight).sum()  # as torch does it for classes


def scores_of(logits, codes):
    """Log loss and balanced accuracy, each class weighed evenly, and the error rate.

    Parameters
    ----------
    logits : Tensor of float32, shape (n, k)
    codes : Tensor of int64, shape (n,)

    Returns
    -------
    dict of str to float
    """
    counts = torch.bincount(codes, minlength=logits.shape[1]).float()
    weights = (1 / counts)[codes] / (counts > 0).sum()
    loss = F.cross_entropy(logits, codes, reduction="none")
    right = (logits.argmax(dim=1) == codes).float()
    return {
        "log_loss": (weights * loss).sum().item(),
        "error": 1 - right.mean().item(),
        "balanced_accuracy": (weights * right).sum().item(),
    }
