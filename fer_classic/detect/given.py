"""What a user changes of a kind of network: ``retinaface:net.onnx?min_sizes=10,20;…``."""

from dataclasses import replace

from fer_classic.detect.specs import Layer
from fer_classic.errors import UsageError, one_of

#: Keys, and what they hold, for messages.
KEYS = {
    "min_sizes": "sides of the priors in pixels, layers apart by ;, such as "
    "16,32;64,128;256,512",
    "steps": "pixels of the input to a cell of each layer, such as 8,16,32",
    "variances": "two numbers, such as 0.1,0.2",
    "mean": "one number or three, subtracted from the channels, such as 104,117,123",
    "scale": "one number, which multiplies what is left",
    "order": "rgb or bgr",
}


def changed_spec(spec, text):
    """A kind of network with what the text after ``?`` says.

    Parameters
    ----------
    spec : Spec
    text : str
        ``key=value`` pairs with ``&`` between; "" changes nothing.

    Returns
    -------
    Spec

    Raises
    ------
    UsageError
        A key is unknown, or a value is not as KEYS tell.
    """
    given = {}
    for pair in filter(None, text.split("&")):
        key, _, value = pair.partition("=")
        one_of(key, KEYS, "what follows the ? of a detector")
        given[key] = value
    if not given:
        return spec
    changes = {}
    if "order" in given:
        changes["order"] = one_of(given["order"], ("rgb", "bgr"), "order")
    if "scale" in given:
        (changes["scale"],) = _numbers("scale", given["scale"], (1,))
    if "mean" in given:
        mean = _numbers("mean", given["mean"], (1, 3))
        changes["mean"] = mean * (3 // len(mean))
    if "variances" in given:
        changes["variances"] = _numbers("variances", given["variances"], (2,))
    if {"min_sizes", "steps"} & given.keys():
        changes["layers"] = _layers(spec, given)
    return replace(spec, **changes)


def _layers(spec, given):
    if spec.decoder != "priors":
        raise UsageError(
            "min_sizes and steps are of networks with priors: ssd, retinaface and "
            "faceboxes."
        )
    steps = tuple(layer.step for layer in spec.layers)
    if "steps" in given:
        steps = tuple(map(int, _numbers("steps", given["steps"], range(1, 9), least=1)))
    if "min_sizes" not in given:
        if len(steps) != len(spec.layers):
            raise UsageError(f"steps must be {len(spec.layers)}, or min_sizes given too.")
        pairs = zip(steps, spec.layers, strict=True)
        return tuple(replace(layer, step=step) for step, layer in pairs)
    sizes = [
        _numbers("min_sizes", part, range(1, 9), least=1)
        for part in given["min_sizes"].split(";")
    ]
    if len(sizes) != len(steps):
        raise UsageError(
            f"min_sizes has {len(sizes)} layers and steps {len(steps)}: give as many of "
            "both."
        )
    return tuple(
        Layer(step, tuple((side, side) for side in sides))
        for step, sides in zip(steps, sizes, strict=True)
    )


def _numbers(key, text, counts, least=-1e6):
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        numbers = ()
    good = all(least <= number <= 1e6 for number in numbers)
    if len(numbers) not in counts or not good:
        raise UsageError(f"{key} of a detector must be {KEYS[key]}. Got {text!r} instead.")
    return numbers
