"""The plan of an ablation: a base, and what every run changes about it (TOML)."""

from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from fer_classic.data.encodings import read_text
from fer_classic.detect import detector_identity, with_folder
from fer_classic.errors import FerClassicError, UsageError, one_of
from fer_classic.faces.align import canonical_shape
from fer_classic.faces.settings import FaceSettings
from fer_classic.features import (
    CROP_FAMILIES,
    check_located,
    compute_features,
    make_extractors,
)
from fer_classic.settings import CARD_FEATURES, Settings, preset_settings

#: What all runs share, at the top of the plan.
SHARED = ("train", "images", "folds", "seed", "classes", "labels", "groups")
#: What learns from the columns: ours (``learn.classifier``), or one of scikit-learn's.
ESTIMATORS = ("lightgbm", "logistic", "svm", "random_forest")
#: Keys of the base and of a run besides the settings and the families.
_OWN = ("name", "preset", "estimator", "fraction", "features", "without", "experts")


@dataclass(frozen=True)
class Run:
    """One row of the ablation.

    Attributes
    ----------
    name : str
    settings : Settings
    estimator : {"lightgbm", "logistic", "svm", "random_forest"}
    fraction : float
        Share of each fold's training images that is learned from.
    """

    name: str
    settings: Settings
    estimator: str = "lightgbm"
    fraction: float = 1.0


@dataclass(frozen=True)
class Plan:
    """Everything that an ablation does.

    Attributes
    ----------
    train : tuple of str
        Inputs, as ``read_dataset`` takes them.
    images : int or None
        Size of a random part of them to work on; None for all.
    folds, seed : int
    runs : tuple of Run
        The base first.
    """

    train: tuple
    images: int | None
    folds: int
    seed: int
    runs: tuple

    @property
    def settings(self):
        """Those of the base, which tell how images are read."""
        return self.runs[0].settings


def read_plan(path, train=None):
    """Read a plan and check all of it.

    Parameters
    ----------
    path : path-like
        TOML. At the top what all runs share: ``train`` (an input or a list of them,
        relative to the file), ``images``, ``folds``, ``seed``, ``classes``, ``labels``,
        ``groups``. A table ``base`` and tables ``run`` with a ``name`` each: any settings
        (``balance``, ``align``, ``learning_rate``, ...), ``preset`` (in the place of the
        base's features, experts and classifier), ``features`` (a list of families, or a
        table of their parameters), ``without`` (a list of families), a table for each
        family whose parameters change, ``experts``, ``estimator`` and ``fraction``. A
        detector's file is relative to the plan.
    train : list of str, optional
        Inputs in the place of those of the plan.

    Raises
    ------
    FerClassicError
        The file cannot be read, or a key is unknown, a value impossible, a name given
        twice; with the name of the run.
    """
    values = _toml(path)
    for key in values:
        one_of(key, (*SHARED, "base", "run"), f"key of {path}")
    inputs = train or _inputs(values.get("train"), path)
    images, folds = values.get("images"), values.get("folds", 5)
    _whole("images", images, 10) if images is not None else None
    _whole("folds", folds, 2)
    shared = {key: values.get(key) for key in ("classes", "labels", "groups", "seed")}
    start = Settings().with_changes(**shared)
    tables = _tables(values, path)
    base = _run(tables[0], start, shared)
    runs = [base, *(_run(own, base.settings, shared) for own in tables[1:])]
    return Plan(tuple(inputs), images, folds, start.seed, tuple(runs))


def _inputs(given, path):
    """The inputs of a plan, relative to its folder."""
    inputs = [given] if isinstance(given, str) else given
    if not isinstance(inputs, list) or not inputs:
        raise UsageError(
            f"{path} must name its images, train = 'photographs/', unless `train` does. "
            f"Got {given!r} instead."
        )
    if bad := [one for one in inputs if not isinstance(one, str)]:
        raise UsageError(f"train of {path} must be text. Got {bad[0]!r} instead.")
    return [str(Path(path).absolute().parent / one) for one in inputs]


def _located(table, path):
    """A run whose detector's file, if it names one, is found beside the plan."""
    if "detector" not in table:
        return table
    try:
        named = with_folder(table["detector"], Path(path).absolute().parent)
        detector_identity(named)
    except FerClassicError as error:
        raise UsageError(f"Run {table['name']!r}: {error}") from None
    return table | {"detector": named}


def _toml(path):
    try:
        import tomllib
    except ModuleNotFoundError:  # Python 3.10
        import tomli as tomllib
    try:
        return tomllib.loads(read_text(path, "a TOML file").replace("\r\n", "\n"))
    except FerClassicError:
        raise
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not a TOML file: {error}.") from None


def _tables(values, path):
    """The base and the runs, each with a name of its own."""
    runs = values.get("run", [])
    if not isinstance(runs, list) or not runs:
        raise UsageError(f"{path} must hold at least one [[run]] beside the base.")
    tables = [{"name": "base"} | values.get("base", {}), *runs]
    names = [own.get("name") for own in tables]
    for number, name in enumerate(names):
        if not isinstance(name, str) or not name.strip():
            raise UsageError(
                f"Run {number} of {path} must have a name as text. Got {name!r} instead."
            )
        if name in names[:number]:
            raise UsageError(
                f"{path} names two runs {name!r}: give each a name of its own."
            )
    return [_located(own, path) for own in tables]


def _run(table, base, shared):
    """A run from its table; errors tell its name."""
    try:
        return _checked_run(table, base, shared)
    except (FerClassicError, ValueError, TypeError) as error:
        raise UsageError(f"Run {table['name']!r}: {error}") from None


def _checked_run(table, base, shared):
    known = _known_keys()
    for key in table:
        if key in SHARED:
            raise UsageError(f"{key} is the same for all runs: put it at the plan's top.")
        one_of(key, (*_OWN, *CROP_FAMILIES, *known), "key")
    settings = base
    if "preset" in table:
        own = preset_settings(table["preset"], **shared)
        settings = replace(own, faces=base.faces)
    changes = {key: value for key, value in table.items() if key in known}
    settings = settings.with_changes(**changes)
    settings = replace(settings, features=_features(table, settings.features))
    if "experts" in table:
        settings = replace(settings, experts=table["experts"])
    estimator = one_of(table.get("estimator", "lightgbm"), ESTIMATORS, "estimator")
    if estimator != "lightgbm" and settings.experts:
        raise UsageError(f"estimator {estimator!r} reads named columns only: no experts.")
    fraction = table.get("fraction", 1.0)
    if isinstance(fraction, bool) or not isinstance(fraction, int | float):
        raise UsageError(f"fraction must be a number. Got {fraction!r} instead.")
    if not 0 < fraction <= 1:
        raise UsageError(f"fraction must be above 0 and at most 1. Got {fraction}.")
    settings = Settings.from_dict(settings.to_dict())
    _try(settings)
    return Run(table["name"], settings, estimator, float(fraction))


def _known_keys():
    """Settings that a run may change, of the faces and of the classifier."""
    from fer_classic.learn.trees import ExpressionClassifier

    own = ExpressionClassifier().get_params().keys() - {"n_jobs", "random_state"}
    return (*(f.name for f in fields(FaceSettings)), *sorted(own))


def _features(table, before):
    """Families and their parameters, after what a run says about them."""
    known = CARD_FEATURES | before
    features = dict(before)
    given = table.get("features")
    if isinstance(given, list):
        features = {
            one_of(n, CROP_FAMILIES, "family of features"): known.get(n, {}) for n in given
        }
    elif given is not None:
        features = given
    for name in table.get("without", []):
        one_of(name, features, "family in without")
        features = {key: own for key, own in features.items() if key != name}
    for name in CROP_FAMILIES:
        if name in table:
            if not isinstance(table[name], dict):
                raise UsageError(f"{name} must be a table. Got {table[name]!r} instead.")
            features = features | {name: features.get(name, {}) | table[name]}
    return features


def _try(settings):
    """What only the first fold would find out, minutes later."""
    from fer_classic.learn.experts import expert_parameters
    from fer_classic.learn.trees import ExpressionClassifier

    if not settings.features and not settings.experts:
        raise UsageError("there are neither features nor experts: nothing to learn from.")
    check_located(settings.faces.align, *settings.every_features())
    if settings.features:
        size = settings.faces.crop_size
        crops = np.zeros((1, size, size), np.uint8)
        compute_features(crops, canonical_shape(size)[None], settings.features)
    for own in settings.experts:
        make_extractors(expert_parameters(own)[0]["features"])
    ExpressionClassifier(**settings.classifier).check_parameters()


def _whole(name, value, least):
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise UsageError(
            f"{name} must be a whole number of at least {least}. Got {value!r} instead."
        )
