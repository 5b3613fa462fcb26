"""Models and tables on disk: JSON, LightGBM's text and npy. Nothing is unpickled."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from fer_classic.classify import ExpressionClassifier
from fer_classic.errors import FerClassicError
from fer_classic.faces import FaceTable
from fer_classic.features import FeatureTable
from fer_classic.labels import CLASS_SETS
from fer_classic.modelfiles import sha256
from fer_classic.runs import to_json, versions
from fer_classic.settings import Settings, face_settings

#: Raise when a written file changes its meaning; older readers then refuse it.
FORMAT = 1

#: File with the checksums of all others in its folder.
SEAL = "SHA256SUMS"

_FACE_ARRAYS = ("n_faces", "boxes", "scores", "points", "landmarks", "crops", "hashes")
_FACE_LISTS = ("names", "status", "errors", "digests", "groups", "splits", "problems")


@dataclass(frozen=True)
class Model:
    """A trained model with all that prediction needs.

    Attributes
    ----------
    settings : Settings
    classifier : ExpressionClassifier
        Fitted; its classes are expressions by name.
    feature_names : tuple of str
    trained_on : dict
        Counts, checksums and scores of the training, as JSON types.
    """

    settings: Settings
    classifier: ExpressionClassifier
    feature_names: tuple
    trained_on: dict


def save_model(model, folder):
    """Write a model into an existing, empty folder.

    Parameters
    ----------
    model : Model
    folder : path-like
    """
    folder = Path(folder)
    classifier = model.classifier
    text = classifier.booster_.model_to_string(num_iteration=classifier.best_iteration_)
    (folder / "lightgbm.txt").write_text(text, encoding="utf-8", newline="\n")
    with open(folder / "state.npz", "wb") as file:
        np.savez(
            file,
            class_counts=classifier.class_counts_,
            log_prior_shift=classifier.log_prior_shift_,
            temperature=np.float64(classifier.temperature_),
        )
    parameters = classifier.get_params()
    parameters.pop("n_jobs")  # a property of the machine, not of the model
    description = {
        "format": FORMAT,
        "kind": "fer_classic model",
        "classes": [str(name) for name in classifier.classes_],
        "settings": model.settings.to_dict(),
        "classifier": parameters,
        "feature_names": list(model.feature_names),
        "trained_on": model.trained_on,
        "versions": versions(),
    }
    (folder / "model.json").write_text(to_json(description), encoding="utf-8")
    _seal(folder)


def load_model(folder):
    """Read a model that :func:`save_model` wrote.

    Parameters
    ----------
    folder : path-like

    Returns
    -------
    Model

    Raises
    ------
    FerClassicError
        A file is missing, changed, or of another format.
    """
    folder = Path(folder)
    if (folder / "model" / "model.json").is_file():
        folder = folder / "model"  # a run directory
    description = _description(folder, "model.json", "fer_classic model")
    try:
        settings = Settings.from_dict(description["settings"])
        names = tuple(description["feature_names"])
        classifier = _classifier(folder, description, len(names))
        trained_on = description["trained_on"]
    except FerClassicError as error:
        raise FerClassicError(f"The model in {folder} is unusable: {error}") from None
    except (KeyError, TypeError, ValueError) as error:
        raise FerClassicError(
            f"The model in {folder} is unusable: {type(error).__name__}: {error}. "
            "Train it again."
        ) from None
    return Model(settings, classifier, names, trained_on)


def _classifier(folder, description, n_features):
    import lightgbm

    classes = description["classes"]
    classifier = ExpressionClassifier(**description["classifier"])
    classifier.classes_ = np.array(classes)
    classifier.n_features_in_ = n_features
    with np.load(folder / "state.npz", allow_pickle=False) as state:
        classifier.class_counts_ = state["class_counts"]
        classifier.log_prior_shift_ = state["log_prior_shift"]
        classifier.temperature_ = float(state["temperature"])
    if classifier.log_prior_shift_.shape != (len(classes),):
        raise ValueError("state.npz does not fit the classes")
    try:
        classifier.booster_ = lightgbm.Booster(model_file=str(folder / "lightgbm.txt"))
    except lightgbm.basic.LightGBMError as error:
        raise ValueError(f"lightgbm.txt: {error}") from None
    if classifier.booster_.num_feature() != n_features:
        raise ValueError(
            f"lightgbm.txt expects {classifier.booster_.num_feature()} columns, "
            f"model.json names {n_features}"
        )
    classifier.best_iteration_ = classifier.booster_.current_iteration()
    return classifier


def save_faces(table, folder):
    """Write a face table into an existing, empty folder.

    Parameters
    ----------
    table : FaceTable
    folder : path-like
    """
    folder = Path(folder)
    for key in _FACE_ARRAYS:
        np.save(folder / f"{key}.npy", getattr(table, key), allow_pickle=False)
    description = {
        "format": FORMAT,
        "kind": "fer_classic faces",
        "classes": table.classes.key,
        "settings": asdict(table.settings),
        "labels": table.labels.tolist(),
        "rows": {key: list(getattr(table, key)) for key in _FACE_LISTS},
    }
    (folder / "faces.json").write_text(to_json(description), encoding="utf-8")
    _seal(folder)


def load_faces(folder):
    """Read a face table that :func:`save_faces` wrote.

    Parameters
    ----------
    folder : path-like

    Returns
    -------
    FaceTable

    Raises
    ------
    FerClassicError
        A file is missing, changed, or of another format.
    """
    folder = Path(folder)
    description = _description(folder, "faces.json", "fer_classic faces")
    arrays = {
        key: np.load(folder / f"{key}.npy", allow_pickle=False) for key in _FACE_ARRAYS
    }
    lists = {key: tuple(description["rows"][key]) for key in _FACE_LISTS}
    return FaceTable(
        **arrays,
        **lists,
        labels=np.array(description["labels"], dtype=np.int64),
        classes=CLASS_SETS[description["classes"]],
        settings=face_settings(description["settings"]),
    )


def save_features(table, rows, folder):
    """Write a feature table into an existing, empty folder.

    Parameters
    ----------
    table : FeatureTable
    rows : dict of str to list
        Further columns of the rows, such as file names and labels, as JSON types.
    folder : path-like
    """
    folder = Path(folder)
    np.save(folder / "X.npy", table.X, allow_pickle=False)
    description = {
        "format": FORMAT,
        "kind": "fer_classic features",
        "columns": list(table.names),
        "rows": rows,
    }
    (folder / "features.json").write_text(to_json(description), encoding="utf-8")
    _seal(folder)


def load_features(folder):
    """Read a feature table that :func:`save_features` wrote.

    Parameters
    ----------
    folder : path-like

    Returns
    -------
    table : FeatureTable
    rows : dict of str to list

    Raises
    ------
    FerClassicError
        A file is missing, changed, or of another format.
    """
    folder = Path(folder)
    description = _description(folder, "features.json", "fer_classic features")
    X = np.load(folder / "X.npy", allow_pickle=False)
    return FeatureTable(X, tuple(description["columns"])), description["rows"]


def _seal(folder):
    """Write the checksums of all files, as ``sha256sum --check`` reads them."""
    names = sorted(path.name for path in folder.iterdir() if path.name != SEAL)
    lines = [f"{sha256(folder / name)}  {name}\n" for name in names]
    (folder / SEAL).write_text("".join(lines), encoding="utf-8", newline="\n")


def _check_seal(folder):
    seal = folder / SEAL
    if not seal.is_file():
        raise FerClassicError(f"{seal} is missing: copy the whole folder again.")
    for line in seal.read_text(encoding="utf-8", errors="replace").splitlines():
        expected, _, name = line.partition("  ")
        own = folder / Path(name).name
        if not own.is_file():
            raise FerClassicError(f"{own} is missing: copy the whole folder again.")
        if sha256(own) != expected:
            raise FerClassicError(
                f"{own} has been changed or damaged (its checksum is not the one in "
                f"{SEAL}): copy the whole folder again, or make it anew."
            )


def _description(folder, name, kind):
    """Parse the JSON file of a folder and check everything its seal vouches for."""
    path = folder / name
    if not path.is_file():
        raise FerClassicError(
            f"{folder} holds no {kind.split()[1]}: there is no file {name} in it."
        )
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
        found = description["format"]
        whole = description["kind"] == kind
    except OSError as error:
        raise FerClassicError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        whole = False
    if not whole:
        raise FerClassicError(f"{path} is damaged: copy the whole folder again.")
    if found != FORMAT:
        raise FerClassicError(
            f"{path} has format {found!r}; this version of fer_classic reads format "
            f"{FORMAT}. Make it again with this version, or install the one that wrote it."
        )
    _check_seal(folder)
    return description
