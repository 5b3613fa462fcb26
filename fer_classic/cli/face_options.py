"""Options that say which faces count."""

from typing import Annotated

import typer


def _least_face(text):
    from fer_classic.errors import UsageError
    from fer_classic.faces.choose import least_face

    try:
        return least_face(text)
    except UsageError as error:
        raise typer.BadParameter(str(error)) from None


MinFace = Annotated[
    float | None,
    typer.Option(
        "--min-face",
        "--min-size",
        parser=_least_face,
        metavar="SIZE",
        help="Least size of a face in pixels, such as 40, or as a share of the picture's "
        "shorter side, such as 0.1 or 10%.  [default: 0]",
    ),
]
Which = Annotated[
    str | None,
    typer.Option(
        "--faces",
        help="Which of an image's faces count: best (the detector is surest of it), "
        "largest or all, each a row such as photo.jpg#1.  [default: best]",
    ),
]
