"""What model.json says, checked before anything is made of it."""

from fer_classic.detect import parse_detector
from fer_classic.errors import FerClassicError, one_of
from fer_classic.features import check_located, make_extractors

#: Parameters of a classifier that belong to the machine, not to the model.
_OF_THE_MACHINE = ("n_jobs", "device", "compile")


def kept_parameters(classifier):
    """The parameters of a classifier that its model keeps."""
    return {k: v for k, v in classifier.get_params().items() if k not in _OF_THE_MACHINE}


def check_description(description, settings, classifier):
    """Give a classifier the parameters of a description, all of which is checked.

    Parameters
    ----------
    description : dict
        The content of model.json.
    settings : Settings
        Those in it.
    classifier : ExpressionClassifier or SmallCNNClassifier
        New.

    Raises
    ------
    FerClassicError, ValueError
        Says what is impossible, or does not fit the rest.
    """
    classes, names = settings.class_set.names, description["feature_names"]
    if description["classes"] != sorted(classes):
        raise FerClassicError(f"model.json does not fit the classes {sorted(classes)}.")
    _check_parameters(description["classifier"], classifier)
    _check_detector(settings.faces.detector)
    _check_trained_on(description["trained_on"], classes)
    expected = () if settings.network else tuple(_column_names(settings, names))
    if names != list(expected):
        raise FerClassicError("feature_names are not the columns that the settings give.")
    return classifier


def _check_parameters(given, classifier):
    if not isinstance(given, dict):
        raise FerClassicError(f"classifier in model.json is {str(given)[:60]}, no object.")
    for key in given:
        one_of(key, kept_parameters(classifier), "parameter of classifier in model.json")
    classifier.set_params(**given).check_parameters()


def _check_detector(text):
    path = parse_detector(text).path
    if path is not None and not path.is_absolute():
        # Models are saved with absolute paths; this one could lie beside the model.
        raise FerClassicError(
            f"the detector {text!r} is a file named by a relative path, which a model "
            "must not choose for you."
        )


def _check_trained_on(told, classes):
    if not isinstance(told, dict) or not isinstance(told.get("classes"), dict):
        raise FerClassicError("trained_on in model.json must tell images and classes.")
    counts = [told.get(key) for key in ("images", "faces_found", "best_iteration")]
    counts += told["classes"].values()
    if set(told["classes"]) != set(classes) or not all(map(_is_count, counts)):
        raise FerClassicError("trained_on in model.json must hold counts by class.")


def _is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _column_names(settings, names):
    """Names of the columns; their number is compared first, since it may be huge."""
    if not isinstance(names, list):
        raise FerClassicError("feature_names in model.json must be a list.")
    size, classes = settings.faces.crop_size, settings.class_set.names
    extractors = make_extractors(settings.features) if settings.features else []
    check_located(settings.faces.align, *settings.every_features())
    number = len(classes) if settings.experts else 0
    number += sum(own.n_columns(size) for own in extractors)
    if number != len(names):
        raise FerClassicError(
            f"the settings give {number} columns, feature_names in model.json are "
            f"{len(names)}."
        )
    if settings.experts:
        yield from (f"expert__{name}" for name in classes)
    for own in extractors:
        own.crop_size_ = own.n_landmarks_ = size
        yield from own.get_feature_names_out()
