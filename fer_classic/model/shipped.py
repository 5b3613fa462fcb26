"""Models that ship with the package."""

import sys
from pathlib import Path

from fer_classic.errors import FerClassicError

#: The model that predicts where none is named.
SHIPPED = "five-fast"


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
    folders = (
        Path(__file__).parents[2] / "models",  # a checkout
        Path(sys.prefix) / "share" / "fer_classic" / "models",  # an installation
    )
    for folder in folders:
        if (folder / name / "model.json").is_file():
            return folder / name
    raise FerClassicError(
        f"No model {name!r} came with this installation (looked in "
        f"{' and '.join(map(str, folders))}). Name your own with --model, or train one: "
        "fer-classic train DATA --out my-model"
    )
