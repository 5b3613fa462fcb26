"""Models that ship with the package."""

import sys
from pathlib import Path

from fer_classic.errors import FerClassicError

#: The model that predicts where none is named.
SHIPPED = "five-fast"

_FOLDERS = (
    Path(__file__).parents[2] / "models",  # a checkout
    Path(sys.prefix) / "share" / "fer_classic" / "models",  # an installation
)


def model_named(name):
    """The folder named, or that of a model that ships.

    Parameters
    ----------
    name : path-like
        A folder of a model or of a run; or a bare name such as "five-fast".

    Returns
    -------
    pathlib.Path

    Raises
    ------
    FerClassicError
        A bare name is that of no model.
    """
    path = Path(name)
    bare = len(path.parts) == 1 and not path.exists()
    return shipped_model(path.name) if bare else path


def shipped_names():
    """Names of the models that came along, sorted."""
    found = {own.parent.name for place in _FOLDERS for own in place.glob("*/model.json")}
    return sorted(found)


def shipped_model(name=SHIPPED):
    """Folder of a model that ships with the package; nothing is downloaded.

    Parameters
    ----------
    name : str
        Such as "five-fast" or "seven-fast".

    Raises
    ------
    FerClassicError
        No such model is there.
    """
    for folder in _FOLDERS:
        if (folder / name / "model.json").is_file():
            return folder / name
    raise FerClassicError(
        f"No model {name!r} came with this installation: there are "
        f"{', '.join(shipped_names()) or 'none'} (in {' and '.join(map(str, _FOLDERS))}). "
        "Give the folder of a model of yours, or train one: "
        "fer-classic train DATA --out my-model"
    )


def folder_of(folder):
    """The folder of a model itself, where that of its run may be named."""
    inner = Path(folder) / "model"
    return inner if (inner / "model.json").is_file() else Path(folder)
