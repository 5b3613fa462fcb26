"""What face packages say of one image, as parsed JSON: a label or scores by expression."""

from contextlib import suppress
from functools import lru_cache

from fer_classic.data.headers import PREDICTED, TRUE
from fer_classic.data.spelling import ALIASES, label_expression
from fer_classic.errors import FerClassicError

#: Order of the scores of a row; NaN where there is none.
EXPRESSIONS = tuple(ALIASES)

#: Keys of the scores, of the label, and of several faces, in a record.
SCORES = ("emotions", "emotion", "scores", "probabilities", "emotion_scores", "probs")
#: Where a file has both, label may well be the true one.
LABELS = (*PREDICTED, *TRUE)
FACES = ("faces", "detections", "results", "result", "analysis", "predictions")
_CONFIDENCE = ("face_confidence", "facescore", "confidence", "score", "det_score")
_BOXES = ("box", "region", "facial_area", "bbox", "bounding_box")

#: Orders of hsemotion's scores, by their number; its two further models add valence and
#: arousal.
_EIGHT = (
    *("anger", "contempt", "disgust", "fear"),
    *("happiness", "neutral", "sadness", "surprise"),
)
_SEVEN = tuple(name for name in _EIGHT if name != "contempt")
_ORDERS = {7: _SEVEN, 8: _EIGHT, 9: _SEVEN, 10: _EIGHT}

#: Larger whole numbers are no float.
_LARGEST = 10**300
#: Most objects around a face.
_DEEPEST = 4


@lru_cache(maxsize=1 << 12)
def column(text):
    """Place of an expression in EXPRESSIONS, from any alias; None if it is none."""
    name = label_expression(text)
    return EXPRESSIONS.index(name) if name else None


def is_scores(value):
    """Whether a parsed value is an object of expressions and their scores."""
    if not isinstance(value, dict) or not value:
        return False
    known = [key for key in value if column(key) is not None]
    return bool(known) and all(_is_number(value[key]) for key in known)


def answer(value, name, depth=0):
    """Label and scores of one image.

    Parameters
    ----------
    value : object
        Parsed JSON: a label, None or an empty list for no face, an object of scores, a
        face (an object with scores or a label), a list of faces, or a pair of a label
        and one score or a list of scores.
    name : str
        The image, for messages.
    depth : int
        Objects around the value.

    Returns
    -------
    label : object
        None if there is none.
    scores : list of float or None
        In the order of EXPRESSIONS.

    Raises
    ------
    FerClassicError
        The value is of no known shape.
    """
    if value is None or isinstance(value, str | int | float):
        return value, None
    if isinstance(value, dict):
        return _face(value, name, depth)
    if not value or value[0] is None:  # no face
        return None, None
    if len(value) == 1 and isinstance(value[0], str | int | float):
        return value[0], None
    if all(isinstance(face, dict) for face in value):
        return _face(max(value, key=_prominence), name, depth)
    if isinstance(value[0], str) and len(value) == 2:
        if _is_number(value[1]):  # the label and its own score
            return value[0], None
        return value[0], _in_order(value[1], name)
    raise FerClassicError(
        f"The answer for {name!r} is a list that is neither one of faces nor a pair of a "
        "label and its scores."
    )


def _face(face, name, depth):
    """Label and scores of one object; faces within it are looked at too."""
    for key in FACES:
        if isinstance(face.get(key), list | dict):
            if depth == _DEEPEST:
                raise FerClassicError(f"The faces for {name!r} lie too deep in each other.")
            return answer(face[key], name, depth + 1)
    scores = next((face[key] for key in SCORES if is_scores(face.get(key))), None)
    if scores is None and is_scores(face):
        scores = face
    label = next(
        (face[k] for k in LABELS if isinstance(face.get(k), str | int | float)), None
    )
    if isinstance(label, str) and isinstance(face.get("scores"), list):
        return label, _in_order(face["scores"], name)
    return label, _row(scores)


def _row(scores):
    if scores is None:
        return None
    row = [float("nan")] * len(EXPRESSIONS)
    for key, value in scores.items():
        if (place := column(key)) is not None:
            row[place] = float(value)
    return row


def _in_order(scores, name):
    """Scores in hsemotion's order."""
    if isinstance(scores, list) and len(scores) == 1 and isinstance(scores[0], list):
        scores = scores[0]
    order = _ORDERS.get(len(scores)) if isinstance(scores, list) else None
    if order is None or not all(map(_is_number, scores)):
        raise FerClassicError(
            f"The scores for {name!r} must be 7 or 8 numbers in the order "
            f"{', '.join(_EIGHT)} (7: without contempt), or an object of names and scores."
        )
    return _row(dict(zip(order, scores, strict=False)))


def _prominence(face):
    """Confidence of a face, then the area of its box."""
    folded = {key.lower(): value for key, value in face.items()}
    sure = next((folded[k] for k in _CONFIDENCE if _is_number(folded.get(k))), None)
    box = next((folded[k] for k in _BOXES if k in folded), None)
    sides = ()
    if isinstance(box, dict):
        sides = (box.get("w", box.get("width")), box.get("h", box.get("height")))
    elif isinstance(box, list) and len(box) == 4:
        sides = box[2:]
    area = 0.0
    if len(sides) == 2 and all(map(_is_number, sides)):
        area = float(sides[0]) * float(sides[1])
    sure = 0.0 if sure is None else float(sure)
    return (sure if sure == sure else 0.0, area)


def _is_number(value):
    """Whether a value is a number, or text that holds one, as ``default=str`` writes."""
    if isinstance(value, int | float):
        return not isinstance(value, bool) and not abs(value) > _LARGEST
    if isinstance(value, str):
        with suppress(ValueError):
            float(value)
            return True
    return False
