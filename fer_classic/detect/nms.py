"""Non-maximum suppression: of boxes that overlap, the surest stays."""

import numpy as np


def overlaps(box, boxes, *, of="union"):
    """Intersection of one box with many, over their union or over the smaller.

    Parameters
    ----------
    box : ndarray of float, shape (4,)
        x1, y1, x2, y2.
    boxes : ndarray of float, shape (n, 4)
    of : {"union", "smaller"}

    Returns
    -------
    ndarray of float, shape (n,)
        From 0 to 1; 0 where both are empty.
    """
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    both = np.prod(np.maximum(high - low, 0), axis=1)
    own = np.prod(np.maximum(box[2:] - box[:2], 0))
    areas = np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1)
    rest = np.minimum(own, areas) if of == "smaller" else own + areas - both
    return np.where(rest > 0, both / np.where(rest > 0, rest, 1), 0.0)


def suppress(boxes, scores, limit, *, of="union"):
    """Greedy suppression, the surest box first.

    Parameters
    ----------
    boxes : ndarray of float, shape (n, 4)
        x1, y1, x2, y2.
    scores : ndarray of float, shape (n,)
    limit : float
        A box that overlaps a surer one by more than this is dropped.
    of : {"union", "smaller"}

    Returns
    -------
    ndarray of int
        Those that stay, the surest first; of equal scores the first.
    """
    order = np.argsort(-scores, kind="stable")
    kept = []
    while len(order):
        first, order = order[0], order[1:]
        kept.append(first)
        order = order[overlaps(boxes[first], boxes[order], of=of) <= limit]
    return np.array(kept, dtype=np.int64)


def groups(boxes, limit):
    """Gather boxes that overlap: each joins the first group whose mean it overlaps.

    Parameters
    ----------
    boxes : ndarray of float, shape (n, 4)
        x1, y1, x2, y2.
    limit : float
        Least intersection over union with the mean of a group's boxes so far.

    Returns
    -------
    means : ndarray of float, shape (m, 4)
    counts : ndarray of int, shape (m,)
    """
    sums, counts = np.zeros((0, 4)), np.zeros(0, dtype=np.int64)
    for box in boxes:
        near = overlaps(box, sums / np.maximum(counts, 1)[:, None])
        if len(near) and near.max() >= limit:
            sums[near.argmax()] += box
            counts[near.argmax()] += 1
        else:
            sums, counts = np.vstack([sums, box]), np.append(counts, 1)
    return sums / np.maximum(counts, 1)[:, None], counts
