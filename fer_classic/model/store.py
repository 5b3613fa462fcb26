"""Models on disk: JSON, LightGBM's text, npz and safetensors. Nothing is unpickled."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer_classic.detect import parse_detector
from fer_classic.errors import FerClassicError, one_of
from fer_classic.features import check_located, make_extractors
from fer_classic.files.arrays import check_array, check_finite, read_npz
from fer_classic.files.checksums import FORMAT, read_sealed, usable, write_seal
from fer_classic.files.text import to_json
from fer_classic.learn.experts import experts_from_arrays, experts_to_arrays
from fer_classic.learn.trees import ExpressionClassifier
from fer_classic.model.shipped import folder_of, model_named
from fer_classic.model.treetext import read_trees
from fer_classic.settings import Settings

#: File of the trees, in models without a network.
TREES = "lightgbm.txt"
#: File of the weights, in models that are a network.
WEIGHTS = "network.safetensors"
#: File of the experts, in models that have some.
EXPERTS = "experts.npz"
#: Bytes of model.json at most; ours have tens of thousands.
LARGEST = 1 << 24


@dataclass(frozen=True)
class Model:
    """A trained model with all that prediction needs.

    Attributes
    ----------
    settings : Settings
    classifier : ExpressionClassifier or SmallCNNClassifier
        Fitted; its classes are expressions by name.
    feature_names : tuple of str
        None for a network.
    trained_on : dict
        Counts, checksums and scores of the training, as JSON types.
    experts : tuple of Expert
        Fitted; their scores are the classifier's first columns.
    out_of_fold : ndarray of float64, shape (n, k), or None
        Cross-validated probabilities of the rows trained on. They are not saved.
    start : StartFaces or None
        What trainings that start from this model need; saved, but not loaded with it.
    """

    settings: Settings
    classifier: ExpressionClassifier
    feature_names: tuple
    trained_on: dict
    experts: tuple = ()
    out_of_fold: np.ndarray | None = None
    start: object = None


def save_model(model, folder):
    """Write a model into an existing, empty folder.

    Parameters
    ----------
    model : Model
    folder : path-like
    """
    from fer_classic.files.versions import versions

    folder = Path(folder)
    classifier = model.classifier
    if model.settings.network:
        from fer_classic.learn.cnn.files import save_weights

        save_weights(classifier.network_, folder / WEIGHTS)
    else:
        _save_trees(classifier, folder / TREES)
    with open(folder / "state.npz", "wb") as file:
        np.savez(
            file,
            class_counts=classifier.class_counts_,
            log_prior_shift=classifier.log_prior_shift_,
            temperature=np.float64(classifier.temperature_),
        )
    if model.experts:
        with open(folder / EXPERTS, "wb") as file:
            arrays = experts_to_arrays(model.experts).items()
            arrays = {key: np.asarray(own, order="C") for key, own in arrays}
            np.savez_compressed(file, **arrays)
    if model.start is not None:
        from fer_classic.model.startfile import save_start

        save_start(model.start, folder)
    description = {
        "format": FORMAT,
        "kind": "fer_classic model",
        "classes": [str(name) for name in classifier.classes_],
        "settings": model.settings.to_dict(),
        "classifier": kept_parameters(classifier),
        "feature_names": list(model.feature_names),
        "trained_on": model.trained_on,
        "versions": versions(*(["torch"] if model.settings.network else [])),
    }
    (folder / "model.json").write_text(to_json(description), encoding="utf-8")
    write_seal(folder)


def _save_trees(classifier, path):
    text = classifier.booster_.model_to_string(num_iteration=classifier.best_iteration_)
    # LightGBM notes its threads: a property of the machine, not of the model.
    text = re.sub(r"^\[num_threads: -?\d+\]$", "[num_threads: 0]", text, flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8", newline="\n")


def load_model(folder):
    """Read a model that :func:`save_model` wrote.

    Parameters
    ----------
    folder : path-like
        Of a model or a run, or the name of a model that comes along ("five-fast").

    Returns
    -------
    Model

    Raises
    ------
    FerClassicError
        A file is missing, changed, or of another format.
    """
    folder = folder_of(model_named(folder))
    kind = "fer_classic model"
    description = read_sealed(folder, "model.json", kind, _files, LARGEST)
    if _is_network(description):
        from fer_classic.learn.cnn.parameters import check_torch

        check_torch()
    with usable(folder, "model"):
        settings = Settings.from_dict(description["settings"])
        classifier = check_description(description, settings, _new(settings))
        names = tuple(description["feature_names"])
        _read_state(classifier, folder, description["classes"])
        if settings.network:
            from fer_classic.learn.cnn.files import load_weights

            classifier.crop_size_ = settings.faces.crop_size
            classifier.best_iteration_ = description["trained_on"]["best_iteration"]
            load_weights(classifier, folder / WEIGHTS)
        else:
            _read_trees(classifier, folder, len(names))
        experts = _experts(folder, settings)
        return Model(settings, classifier, names, description["trained_on"], experts)


def _new(settings):
    """A classifier that has learned nothing yet."""
    if not settings.network:
        return ExpressionClassifier()
    from fer_classic.learn.cnn.classifier import SmallCNNClassifier

    return SmallCNNClassifier()


def _files(description):
    """Files that a model's folder must hold."""
    trained = WEIGHTS if _is_network(description) else TREES
    experts = {EXPERTS} if _setting(description, "experts") else set()
    return {"model.json", "state.npz", trained} | experts


def _is_network(description):
    return bool(_setting(description, "network"))


def _setting(description, key):
    settings = description.get("settings")
    return settings.get(key) if isinstance(settings, dict) else None


def _experts(folder, settings):
    if not settings.experts:
        return ()
    arrays = read_npz(folder / EXPERTS)
    size, classes = settings.faces.crop_size, len(settings.class_set)
    return experts_from_arrays(arrays, settings.experts, size, classes)


def _read_state(classifier, folder, classes):
    classifier.classes_ = np.array(classes)
    state = read_npz(folder / "state.npz")

    def read(key, dtype, shape):
        name = f"{key} in state.npz"
        return check_finite(check_array(state.get(key), dtype, shape, name), name)

    classifier.class_counts_ = read("class_counts", "i8", len(classes))
    classifier.log_prior_shift_ = read("log_prior_shift", "f8", len(classes))
    classifier.temperature_ = float(read("temperature", "f8", ()))
    if not ((classifier.class_counts_ > 0).all() and classifier.temperature_ > 0):
        raise FerClassicError("class_counts and temperature in state.npz must be above 0.")


def _read_trees(classifier, folder, n_features):
    content = (folder / TREES).read_bytes()
    trees = read_trees(content, len(classifier.classes_), n_features)
    classifier.n_features_in_ = n_features
    classifier.trees_ = trees
    classifier.best_iteration_ = trees.rounds


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
