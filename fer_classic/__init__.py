"""Facial expression recognition without deep learning."""

from importlib import import_module

# The function, before anything imports the module of that name and hides it.
from fer_classic.evaluate import evaluate

__version__ = "0.1.0"

#: Public names and the module each lives in, imported when first used: ``import
#: fer_classic`` loads neither dlib nor LightGBM nor torch.
_PUBLIC = {
    "ExpressionClassifier": "classify",
    "FIVE": "labels",
    "FaceSettings": "settings",
    "FerClassicError": "errors",
    "GeometryFeatures": "features",
    "HOGFeatures": "features",
    "LBPFeatures": "features",
    "SEVEN": "labels",
    "Settings": "settings",
    "SmallCNNClassifier": "cnn.classifier",
    "compute_features": "features",
    "cross_validate": "evaluate",
    "extract_faces": "faces",
    "load_model": "persist",
    "predict_faces": "pipeline",
    "read_dataset": "dataset",
    "save_model": "persist",
    "train_model": "pipeline",
}

__all__ = [*_PUBLIC, "evaluate"]


def __getattr__(name):
    if name not in _PUBLIC:
        raise AttributeError(f"module 'fer_classic' has no attribute {name!r}")
    return getattr(import_module(f"fer_classic.{_PUBLIC[name]}"), name)


def __dir__():
    return [*__all__, "__version__"]
