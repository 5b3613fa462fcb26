"""Where the labels of many faces go, so that each can be read and belongs to its box."""

import math

#: Steps by which a label moves away from its box, in heights of a label, at most.
FARTHEST = 12
#: What an overlap costs, against a pixel of distance: with another label, a box, the edge.
_LABEL, _BOX = 1e6, 3.0


def label_places(boxes, sizes, limits):
    """Top left corners of labels, one for each box.

    A label stands above its box where there is room, else below it, inside it or beside
    it, and moves away where others are in its way. Labels are placed from the top down,
    and each takes the place that costs least.

    Parameters
    ----------
    boxes : list of (x, y, width, height)
        In pixels of the picture.
    sizes : list of (width, height)
        Of the labels.
    limits : (width, height)
        Of the picture, which no label leaves as long as it fits.

    Returns
    -------
    list of (x, y)
        They overlap only where the picture has no room for all.
    """
    places, taken = [None] * len(boxes), []
    for i in sorted(range(len(boxes)), key=lambda i: (boxes[i][1], boxes[i][0])):
        others = [box for k, box in enumerate(boxes) if k != i]
        options = [
            _inside(place, sizes[i], limits) for place in _places(boxes[i], sizes[i])
        ]
        # Where two cost the same, the first: above the box.
        costs = [_cost(p, sizes[i], boxes[i], others, taken) for p in options]
        places[i] = options[costs.index(min(costs))]
        if min(costs) >= _LABEL:  # all places near are taken
            places[i] = _free_place(places[i], sizes[i], limits, taken) or places[i]
        taken.append((*places[i], *sizes[i]))
    return places


def _free_place(place, size, limits, taken):
    """The free place nearest to a place, on a grid; None if all are taken."""
    columns = range(int(limits[0] // size[0])) if size[0] else ()
    rows = range(int(limits[1] // size[1])) if size[1] else ()
    grid = [(size[0] * column, size[1] * row) for column in columns for row in rows]
    free = [p for p in grid if not any(_overlap((*p, *size), own) for own in taken)]
    return min(free, key=lambda p: math.dist(p, place), default=None)


def _places(box, size):
    """Places for a label from the best to the worst: above, below, inside, beside."""
    x, y, width, height = box
    wide, high = size
    if y >= high:
        yield x, y - high
    else:
        yield x, y
    columns = (x, x + width - wide, x + (width - wide) / 2, x + width, x - wide)
    for step in range(FARTHEST):
        for column in columns:
            yield column, y - high * (1 + step / 2)
            yield column, y + height + high * step / 2
    yield x, y
    yield x, y + height - high
    for step in range(int(max(0, height - high) / (high / 2)) + 1 if high else 0):
        yield x + width, y + step * high / 2
        yield x - wide, y + step * high / 2


def _inside(place, size, limits):
    return tuple(
        min(max(0, at), max(0, limit - side))
        for at, side, limit in zip(place, size, limits, strict=True)
    )


def _cost(place, size, box, others, taken):
    label = (*place, *size)
    hidden = sum(_overlap(label, other) for other in taken)
    covered = sum(_overlap(label, other) for other in others)
    inside = _overlap(label, box)
    away = _distance(label, box)
    return _LABEL * (hidden > 0) + hidden + _BOX * covered + 0.5 * inside + size[1] * away


def _overlap(one, other):
    """Pixels that two boxes share."""
    shared = 1.0
    for axis in (0, 1):
        low = max(one[axis], other[axis])
        high = min(one[axis] + one[axis + 2], other[axis] + other[axis + 2])
        shared *= max(0.0, high - low)
    return shared


def _distance(one, other):
    """Pixels between two boxes, along both axes together."""
    gaps = 0.0
    for axis in (0, 1):
        gaps += max(0.0, one[axis] - other[axis] - other[axis + 2])
        gaps += max(0.0, other[axis] - one[axis] - one[axis + 2])
    return gaps
