"""From a network's outputs to boxes and scores.

Every decoder takes the outputs by name (dict of str to ndarray), the Spec, and height and
width of the input in pixels. It returns boxes (float64, shape (n, 4): x1, y1, x2, y2 in
pixels of the input) and scores (shape (n,)), before suppression, and raises FerClassicError
where the outputs are not those of its kind of network.
"""

import numpy as np

from fer_classic.errors import FerClassicError


def priors(layers, height, width):
    """Prior boxes of all cells, in the order in which single-stage networks list them.

    Layer by layer, row by row, cell by cell; within a cell prior by prior, and for one
    that is repeated row by row again. A prior that is not repeated sits in the middle of
    its cell; one that is repeated n times begins at the cell's corner, with n steps to
    the next cell (FaceBoxes, Zhang et al. 2017, section 3.2 and the authors' code).

    Parameters
    ----------
    layers : tuple of Layer
    height, width : int
        Size of the input in pixels.

    Returns
    -------
    ndarray of float64, shape (n, 4)
        Centre x and y, width and height in pixels.
    """
    made = []
    for layer in layers:
        rows, columns = -(-height // layer.step), -(-width // layer.step)
        cell = []
        density = layer.density or (1,) * len(layer.sizes)
        for size, n in zip(layer.sizes, density, strict=True):
            steps = [0.5] if n == 1 else [i / n for i in range(n)]
            cell += [(x, y, *size) for y in steps for x in steps]
        own = np.tile(np.array(cell, dtype=np.float64), (rows, columns, 1, 1))
        own[..., 0] = (own[..., 0] + np.arange(columns)[None, :, None]) * layer.step
        own[..., 1] = (own[..., 1] + np.arange(rows)[:, None, None]) * layer.step
        made.append(own.reshape(-1, 4))
    return np.concatenate(made)


def from_offsets(offsets, boxes, variances):
    """Apply predicted offsets to prior boxes (Liu et al. 2016, equation 2).

    Parameters
    ----------
    offsets : ndarray of float, shape (n, 4)
    boxes : ndarray of float, shape (n, 4)
        Priors: centre and size.
    variances : tuple of 2 float

    Returns
    -------
    ndarray of float64, shape (n, 4)
        x1, y1, x2, y2.
    """
    centres = boxes[:, :2] + offsets[:, :2] * variances[0] * boxes[:, 2:]
    sizes = boxes[:, 2:] * np.exp(np.clip(offsets[:, 2:] * variances[1], -20, 20))
    return np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=1)


def face_probability(values):
    """Probability of a face from two columns, background and face.

    Parameters
    ----------
    values : ndarray of float, shape (n, 2)
        Probabilities, or the logits of an export without its softmax: taken for logits
        if any row is not made of two numbers from 0 to 1 with the sum 1.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    values = values.astype(np.float64)
    inside = (values >= 0).all() and (values <= 1).all()
    if inside and np.allclose(values.sum(axis=1), 1, atol=1e-3):
        return values[:, 1]
    return 1 / (1 + np.exp(np.clip(values[:, 0] - values[:, 1], -500, 500)))


def decode_priors(outputs, spec, height, width):
    """Heads that predict offsets of priors and two classes: SSD, RetinaFace, FaceBoxes.

    Parameters
    ----------
    outputs, spec, height, width
        As for every decoder.
    """
    boxes = priors(spec.layers, height, width)
    offsets = one_output(outputs, 4, len(boxes), "offsets of the boxes")
    values = one_output(outputs, 2, len(boxes), "scores of background and face")
    return from_offsets(offsets, boxes, spec.variances), face_probability(values)


def decode_s3fd(outputs, spec, height, width):
    """S3FD's six pairs of score and offset maps, shape (1, 2 or 4, H, W) and (1, 4, H, W).

    Four score channels on the first layer are three of background and one of the face,
    and the largest of the three counts (max-out background label, section 3.3).

    Parameters
    ----------
    outputs, spec, height, width
        As for every decoder.
    """
    maps = list(outputs.values())
    if len(maps) != 2 * len(spec.layers) or any(own.ndim != 4 for own in maps):
        raise other_outputs(outputs, "six pairs of maps, scores and offsets in turn")
    boxes, scores = [], []
    for layer, values, offsets in zip(spec.layers, maps[::2], maps[1::2], strict=True):
        rows, columns = -(-height // layer.step), -(-width // layer.step)
        if values.shape[1] not in (2, 4) or offsets.shape[1] != 4:
            raise other_outputs(outputs, "2 or 4 channels of scores and 4 of offsets")
        if values.shape[2:] != (rows, columns) or offsets.shape[2:] != (rows, columns):
            raise other_outputs(
                outputs, f"{rows} x {columns} cells at a step of {layer.step}"
            )
        flat = values[0].reshape(len(values[0]), -1).T
        if flat.shape[1] == 4:
            flat = np.stack([flat[:, :3].max(axis=1), flat[:, 3]], axis=1)
        own = priors((layer,), height, width)
        boxes.append(from_offsets(offsets[0].reshape(4, -1).T, own, spec.variances))
        scores.append(face_probability(flat))
    return np.concatenate(boxes), np.concatenate(scores)


def decode_yunet(outputs, spec, height, width):
    """YuNet's heads: per step a class, an objectness and a box, relative to the cell.

    score = sqrt(class * objectness), centre = (cell + offset) * step, size = exp(.) * step.

    Parameters
    ----------
    outputs, spec, height, width
        As for every decoder.
    """
    boxes, scores = [], []
    for layer in spec.layers:
        step = layer.step
        rows, columns = height // step, width // step
        parts = []
        for name, size in (("cls", 1), ("obj", 1), ("bbox", 4)):
            own = outputs.get(f"{name}_{step}")
            if own is None or own.size != rows * columns * size:
                raise other_outputs(
                    outputs, f"{name}_{step} with {rows * columns} x {size}"
                )
            parts.append(own.reshape(-1, size).astype(np.float64))
        one, other, offsets = parts
        scores.append(np.sqrt(np.clip(one, 0, 1) * np.clip(other, 0, 1))[:, 0])
        y, x = np.divmod(np.arange(rows * columns), columns)
        centres = (np.stack([x, y], axis=1) + offsets[:, :2]) * step
        sizes = np.exp(np.clip(offsets[:, 2:], -20, 20)) * step
        boxes.append(np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=1))
    return np.concatenate(boxes), np.concatenate(scores)


def decode_centerface(outputs, spec, height, width):
    """CenterFace's maps, a quarter of the input: heat, log size and offset, y before x.

    size = 4 exp(.), centre = 4 (cell + offset + 0.5).

    Parameters
    ----------
    outputs, spec, height, width
        As for every decoder.
    """
    maps = list(outputs.values())
    expected = (height // 4, width // 4)
    if [own.shape[1] for own in maps[:3] if own.ndim == 4] != [1, 2, 2]:
        raise other_outputs(outputs, "maps of 1, 2 and 2 channels: heat, size, offset")
    heat, size, offset = (own[0].astype(np.float64) for own in maps[:3])
    if heat.shape[1:] != expected:
        raise other_outputs(outputs, f"maps of {expected[0]} x {expected[1]} cells")
    rows, columns = np.indices(expected)
    centres = np.stack([columns + offset[1] + 0.5, rows + offset[0] + 0.5], axis=-1) * 4
    sizes = 4 * np.exp(np.clip(np.stack([size[1], size[0]], axis=-1), -20, 20))
    boxes = np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=-1)
    return boxes.reshape(-1, 4), heat[0].ravel()


def decode_torchvision(outputs, spec, height, width):
    """Detectors of torchvision, exported whole: boxes, labels (1 is the face), scores.

    Parameters
    ----------
    outputs, spec, height, width
        As for every decoder.
    """
    found = list(outputs.values())
    boxes = [own.reshape(-1, 4) for own in found if own.shape[-1:] == (4,) and own.ndim > 1]
    rest = [own.reshape(-1) for own in found if own.ndim < 2 or own.shape[-1] != 4]
    labels = [own for own in rest if own.dtype.kind in "iu"]
    scores = [own for own in rest if own.dtype.kind == "f"]
    if not (len(boxes) == len(labels) == len(scores) == 1):
        raise other_outputs(outputs, "boxes (n, 4), labels (n,) and scores (n,)")
    if not len(boxes[0]) == len(labels[0]) == len(scores[0]):
        raise other_outputs(outputs, "as many boxes as labels and scores")
    faces = labels[0] == 1
    return boxes[0][faces].astype(np.float64), scores[0][faces].astype(np.float64)


#: By the name that a spec gives.
DECODERS = {
    "priors": decode_priors,
    "s3fd": decode_s3fd,
    "yunet": decode_yunet,
    "centerface": decode_centerface,
    "torchvision": decode_torchvision,
}


def one_output(outputs, columns, rows, what):
    """The one output of n rows and so many columns; a batch of one is taken off.

    Parameters
    ----------
    outputs : dict of str to ndarray
    columns, rows : int
    what : str
        For the message.

    Returns
    -------
    ndarray of float64, shape (rows, columns)

    Raises
    ------
    FerClassicError
        There is none, or several.
    """
    flat = {
        name: own.reshape(-1, columns)
        for name, own in outputs.items()
        if own.ndim >= 2 and own.shape[-1] == columns and own.size
    }
    fitting = [own for own in flat.values() if len(own) == rows]
    if len(fitting) != 1:
        raise other_outputs(outputs, f"one of {rows} x {columns}, the {what}")
    return fitting[0].astype(np.float64)


def other_outputs(outputs, expected):
    """The error that outputs are of another kind of network.

    Parameters
    ----------
    outputs : dict of str to ndarray
    expected : str
    """
    told = ", ".join(f"{name} {tuple(own.shape)}" for name, own in outputs.items())
    return FerClassicError(
        f"The outputs are not those of this kind of network: expected {expected}; it has "
        f"{told}. Name another kind, or export the network with its heads."
    )
