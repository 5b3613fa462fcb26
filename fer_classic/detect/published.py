"""Decoders of Ultra-Light, SCRFD and BlazeFace, as their authors publish them.

They take and give what :mod:`fer_classic.detect.decoders` says.
"""

import numpy as np

from fer_classic.detect.decoders import face_probability, one_output, other_outputs

#: Grids of BlazeFace's anchors by their number: (cells a side, anchors in a cell).
BLAZEFACE_GRIDS = {896: ((16, 2), (8, 6)), 2304: ((48, 1),)}
#: BlazeFace's scores are cut off here before the sigmoid, as its authors do.
BLAZEFACE_CLIP = 100.0


def decode_ultralight(outputs, spec, height, width):
    """Ultra-Light's scores of background and face, and boxes as shares of the input.

    4,420 rows at 320 x 240 and 17,640 at 640 x 480; the boxes are decoded in the network.

    Parameters
    ----------
    outputs, spec, height, width
        As for every decoder.
    """
    rows = [own.size // 4 for own in outputs.values() if own.shape[-1:] == (4,)]
    if len(rows) != 1:
        raise other_outputs(outputs, "n x 4 boxes and n x 2 scores")
    boxes = one_output(outputs, 4, rows[0], "boxes")
    scores = one_output(outputs, 2, rows[0], "scores of background and face")
    return boxes * (width, height, width, height), face_probability(scores)


def decode_scrfd(outputs, spec, height, width):
    """SCRFD's heads: per step scores, and distances to the four sides in steps.

    A cell has one or two anchors, all at its corner (Guo et al. 2021, section 3).
    Landmarks, ten numbers an anchor, are not read.

    Parameters
    ----------
    outputs, spec, height, width
        As for every decoder.
    """
    boxes, scores = [], []
    for layer in spec.layers:
        step = layer.step
        rows, columns = -(-height // step), -(-width // step)
        cells = rows * columns
        sides = _of_cells(outputs, 4, cells, step)
        values = _of_cells(outputs, 1, cells, step)[:, 0]
        if len(sides) != len(values):
            raise other_outputs(outputs, f"as many scores as boxes at a step of {step}")
        y, x = np.divmod(np.repeat(np.arange(cells), len(values) // cells), columns)
        centres = np.stack([x, y], axis=1) * step
        near, far = centres - sides[:, :2] * step, centres + sides[:, 2:] * step
        boxes.append(np.concatenate([near, far], axis=1))
        scores.append(values)
    return np.concatenate(boxes), np.concatenate(scores)


def decode_blazeface(outputs, spec, height, width):
    """BlazeFace's regressions, 16 numbers an anchor, and scores before the sigmoid.

    The centre is that of the anchor's cell and an offset in pixels, the size is in pixels
    too (Bazarevsky et al. 2019). 896 anchors at 128 or 256 pixels a side, 2,304 at 192.

    Parameters
    ----------
    outputs, spec, height, width
        As for every decoder.
    """
    raw, values = _joined(outputs, 16), _joined(outputs, 1)
    if raw is None or values is None or len(raw) != len(values):
        raise other_outputs(outputs, "n x 16 regressions and n x 1 scores")
    if len(raw) not in BLAZEFACE_GRIDS:
        numbers = " or ".join(map(str, BLAZEFACE_GRIDS))
        raise other_outputs(outputs, f"{numbers} anchors")
    places = []
    for side, repeats in BLAZEFACE_GRIDS[len(raw)]:
        y, x = np.divmod(np.repeat(np.arange(side * side), repeats), side)
        places.append((np.stack([x, y], axis=1) + 0.5) / side)
    centres = np.concatenate(places) * (width, height) + raw[:, :2]
    sizes = raw[:, 2:4]
    scores = 1 / (1 + np.exp(-np.clip(values[:, 0], -BLAZEFACE_CLIP, BLAZEFACE_CLIP)))
    return np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=1), scores


def _of_cells(outputs, columns, cells, step):
    """The one output with so many columns, for one or two anchors in each cell."""
    fitting = [
        own.reshape(-1, columns)
        for own in outputs.values()
        if own.shape[-1:] == (columns,)
        and own.size in (columns * cells, 2 * columns * cells)
    ]
    if len(fitting) != 1:
        told = f"one of {cells} or {2 * cells} x {columns} at a step of {step}"
        raise other_outputs(outputs, told)
    return fitting[0].astype(np.float64)


def _joined(outputs, columns):
    """Outputs of so many columns, one after the other: some exports have one a grid."""
    parts = [o.reshape(-1, columns) for o in outputs.values() if o.shape[-1:] == (columns,)]
    parts.sort(key=len, reverse=True)
    return np.concatenate(parts).astype(np.float64) if parts else None


#: By the name that a spec gives.
PUBLISHED = {
    "ultralight": decode_ultralight,
    "scrfd": decode_scrfd,
    "blazeface": decode_blazeface,
}
