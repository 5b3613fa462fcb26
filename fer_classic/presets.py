"""Recipes by name: which features and models, from the plain one to the strongest."""

from fer_classic.errors import one_of
from fer_classic.settings import CARD_FEATURES, Settings

#: The trees read the experts' scores alone: a few columns, hence all in every small tree.
_ABOVE_EXPERTS = {
    "features": {},
    "classifier": {
        "balance": "none",
        "learning_rate": 0.05,
        "num_leaves": 8,
        "colsample": 1.0,
    },
}

#: What each preset changes in Settings(). docs/experiments.md tells why.
PRESETS = {
    # As the project was conceived: HOG, LBP and geometry into LightGBM with SMOTE.
    "card": {"features": CARD_FEATURES, "classifier": {"balance": "smote"}},
    # The best score for at most 1 ms a face.
    "fast": _ABOVE_EXPERTS
    | {
        "experts": [
            {
                "features": {"sift": {"cells": [3, 6]}, "geometry": {}},
                "weights": {"geometry": 0.2},
                "components": 256,
                "gamma": 1.5,
                "ridge": 0.3,
                "folds": 5,
            },
            # It does not depend on landmarks, which fail where no face is found.
            {
                "crop": "upright",
                "share": 0.5,
                "features": {
                    "fisher": {"cells": [6], "step": 6, "gaussians": 32, "components": 32}
                },
                "components": 128,
                "gamma": 1.5,
                "ridge": 0.3,
                "folds": 5,
            },
        ]
    },
    # The best score for at most 15 ms a face and 40 MB.
    "accurate": _ABOVE_EXPERTS
    | {
        "experts": [
            {
                "features": {"sift": {"cells": [2, 4, 8]}, "fisher": {}, "geometry": {}},
                "weights": {"geometry": 0.15},
                "components": 512,
                "gamma": 1.2,
                "ridge": 0.3,
            },
            {
                "crop": "upright",
                "share": 0.5,
                "features": {"fisher": {}},
                "components": 320,
                "gamma": 2.0,
                "ridge": 0.3,
            },
        ]
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
