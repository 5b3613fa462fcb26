"""From the options of a command to the settings of a run."""

from dataclasses import replace

from fer_classic.cli.options import DECIDED_BY_START, FACES

#: Those that are settings by themselves.
_SETTINGS = (*FACES, "which", "balance", "prior", "folds", "vote_share", "seed")


def start_from(start, given):
    """The model that --start names, and the settings of a training that starts there.

    Parameters
    ----------
    start : str or None
        The option.
    given : dict
        As for :func:`settings_from`.

    Returns
    -------
    start : Start or None
    settings : Settings
    """
    if start is None:
        return None, settings_from(given)
    from fer_classic.errors import UsageError
    from fer_classic.model.start import check_fits, read_start

    for key in DECIDED_BY_START:
        if given.get(key) is not None:
            raise UsageError(
                f"--{key} and --start both say what learns: leave out --{key}, which "
                f"the start model {start!r} decides, or train without --start."
            )
    found = read_start(start)
    settings = found.settings if given["settings_file"] is None else settings_from(given)
    settings = settings.with_changes(**_changes(given))
    check_fits(found, settings)
    return found, settings


def settings_from(given):
    """Settings from the shared options of a command.

    Parameters
    ----------
    given : dict
        Options by parameter, as :func:`shared` gives them: those that are settings are
        taken where they are not None; ``settings_file`` names the settings they change.
    """
    from fer_classic.errors import UsageError, one_of
    from fer_classic.features import CROP_FAMILIES, check_located, make_extractors
    from fer_classic.learn.trees import PRIORS, ExpressionClassifier
    from fer_classic.settings import (
        CARD_FEATURES,
        DEFAULT_PRESET,
        Settings,
        preset_settings,
        read_settings,
    )

    path, preset = given.get("settings_file"), given.get("preset")
    if path and preset:
        raise UsageError(
            "--preset and --settings both say everything: give one of them. A settings "
            "file holds what its run's preset was."
        )
    settings = read_settings(path) if path else Settings()
    if settings.network:
        raise UsageError(
            f"{path} holds the settings of a network: give it to the command train-cnn."
        )
    if preset or (not path and _may_be_unnamed(given)):
        settings = preset_settings(preset or DEFAULT_PRESET)
    changes = _changes(given)
    if given.get("features") is not None:
        words = given["features"].split(",")
        names = [one_of(name.strip(), CROP_FAMILIES, "--features") for name in words]
        known = CARD_FEATURES | settings.features
        changes["features"] = {name: known.get(name, {}) for name in names}
    settings = settings.with_changes(**changes)
    # What only training would find out, minutes later.
    if settings.features or not settings.experts:
        make_extractors(settings.features)
    if "features" in given:
        check_located(settings.faces.align, *settings.every_features())
    known = ExpressionClassifier().get_params()
    for key in settings.classifier:
        one_of(key, known, "key of the classifier's settings")
    one_of(settings.classifier.get("prior", "uniform"), PRIORS, "prior")
    return settings


def _changes(given):
    """Options that are settings by themselves."""
    changes = {key: given.get(key) for key in _SETTINGS}
    if changes["detector"] is not None:
        changes["detector"] = detector_from(changes["detector"])
    return changes


def _may_be_unnamed(given):
    """Whether a command trains, and nothing it is told needs the named columns."""
    named = given.get("features") is not None or given.get("align") == "box"
    return "preset" in given and not named


def network_settings_from(given, network):
    """Settings of a network from the options of the command train-cnn.

    Parameters
    ----------
    given : dict
        As for :func:`settings_from`.
    network : dict
        Parameters of the network that are given.
    """
    from fer_classic.errors import UsageError
    from fer_classic.learn.cnn.classifier import SmallCNNClassifier
    from fer_classic.settings import Settings, read_settings

    path = given.get("settings_file")
    settings = read_settings(path) if path else Settings(network={"network": "default"})
    if not settings.network:
        raise UsageError(f"{path} holds the settings of a model that is no network.")
    changes = {key: given.get(key) for key in (*FACES, "seed", "vote_share")}
    settings = settings.with_changes(**changes, network=settings.network | network)
    # Nothing besides the network learns.
    settings = replace(settings, features={}, experts=[], classifier={}, folds=0)
    try:
        SmallCNNClassifier(**settings.network).check_parameters()
    except ValueError as error:
        raise UsageError(str(error)) from None
    return settings


def detector_from(name):
    """A detector as settings hold it: its file is there, its path absolute.

    Parameters
    ----------
    name : str
        The option --detector.
    """
    from fer_classic.detect import detector_identity, with_folder

    named = with_folder(name, ".")
    detector_identity(named)  # what is missing is told before any work
    return named


def refuse_for_faces(given):
    """Refuse options that cannot change a face table that is already made.

    Parameters
    ----------
    given : dict
        As for :func:`settings_from`; the class set may be changed.

    Raises
    ------
    UsageError
        One of them is given.
    """
    from fer_classic.errors import UsageError

    named = [
        key for key in (*FACES, "which") if key != "classes" and given.get(key) is not None
    ]
    if named:
        raise UsageError(
            f"--{named[0].replace('_', '-')} has no effect on a finished face table: give "
            "it to the command faces, or give photographs here."
        )
