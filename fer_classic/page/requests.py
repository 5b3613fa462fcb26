"""What requests hold, checked, and answers of a kind."""

import json

import numpy as np
from starlette.responses import Response

#: Pictures never change while the page runs; the browser may keep them for the tab's life.
KEPT = {"cache-control": "private, max-age=3600"}


class BadRequest(Exception):
    """The page sends no such thing."""


def picture(content, kind="jpeg"):
    """The answer that a picture is.

    Parameters
    ----------
    content : bytes
    kind : {"jpeg", "png"}
    """
    return Response(content, media_type=f"image/{kind}", headers=KEPT)


async def json_of(request):
    """A JSON object from the page; other types of content would come from a form."""
    if request.headers.get("content-type", "").split(";")[0] != "application/json":
        raise BadRequest("JSON is expected")
    try:
        asked = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise BadRequest("this is no JSON") from None
    if not isinstance(asked, dict):
        raise BadRequest("an object is expected")
    return asked


def window_of(asked):
    """The name of the window that asks."""
    window = asked.get("window")
    if not isinstance(window, str) or not 0 < len(window) <= 64:
        raise BadRequest("the window has no name")
    return window


def are_numbers(values, limit):
    """Whether values are a list of whole numbers from 0 to below a limit.

    Parameters
    ----------
    values : object
    limit : int
    """
    return isinstance(values, list) and all(
        type(value) is int and 0 <= value < limit for value in values
    )


def is_box(value):
    """Whether a value is a box of some size: x, y, width and height."""
    numbers = isinstance(value, list) and len(value) == 4
    numbers = numbers and all(type(own) in (int, float) for own in value)
    return numbers and all(abs(own) < 1e6 for own in value) and min(value[2:]) >= 4


def tenths(values):
    """Numbers of pixels as lists, to a tenth; an empty list where one is not known."""
    values = np.asarray(values, dtype=np.float64)
    return values.round(1).tolist() if np.isfinite(values).all() else []
