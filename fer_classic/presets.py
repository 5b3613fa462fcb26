"""Recipes by name: which features and models, from the plain one to the strongest."""

from fer_classic.errors import one_of
from fer_classic.settings import CARD_FEATURES, Settings

_SIFT = {"cells": [3, 6]}

#: What each preset changes in Settings().
PRESETS = {
    # As the project was conceived: HOG, LBP and geometry into LightGBM with SMOTE.
    "card": {"features": CARD_FEATURES, "classifier": {"balance": "smote"}},
    # The best score for at most 1 ms a face.
    "fast": {
        "features": {"geometry": {}},
        "experts": [
            {
                "features": {"sift": _SIFT, "geometry": {}},
                "weights": {"geometry": 0.2},
                "components": 256,
                "gamma": 1.5,
                "ridge": 0.3,
            }
        ],
        "classifier": {"balance": "none", "colsample": 0.3},
    },
    # The best score for at most 15 ms a face.
    "accurate": {
        "features": {"geometry": {}},
        "experts": [
            {
                "features": {"sift": _SIFT, "fisher": {}, "geometry": {}},
                "weights": {"geometry": 0.15},
                "components": 640,
                "gamma": 1.5,
                "ridge": 0.3,
            }
        ],
        "classifier": {"balance": "none", "colsample": 0.3},
    },
}


def preset_settings(name, **changes):
    """The settings of a preset.

    Parameters
    ----------
    name : {"card", "fast", "accurate"}
    **changes
        As :meth:`Settings.with_changes` takes them.

    Returns
    -------
    Settings

    Raises
    ------
    UsageError
        The name is unknown.
    """
    one_of(name, PRESETS, "--preset")
    return Settings(**PRESETS[name]).with_changes(**changes)
