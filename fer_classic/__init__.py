"""Facial expression recognition without deep learning."""

from importlib import import_module

__version__ = "0.1.0"

#: Public names and the module each lives in, imported when first used: ``import
#: fer_classic`` loads neither dlib nor LightGBM nor torch.
_PUBLIC = {
    "AnalysisStopped": "model.result",
    "Analyzer": "model.analyzer",
    "EIGHT": "data.labels",
    "ExpressionClassifier": "learn.classifier",
    "ExpressionModel": "model.estimator",
    "FIVE": "data.labels",
    "FaceFeatures": "features.photographs",
    "FaceSettings": "faces.settings",
    "FerClassicError": "errors",
    "GeometryFeatures": "features",
    "HOGFeatures": "features",
    "LBPFeatures": "features",
    "SEVEN": "data.labels",
    "Settings": "settings",
    "SmallCNNClassifier": "learn.cnn.classifier",
    "analyze": "model.analyze",
    "compute_features": "features",
    "evaluate": "scores.metrics",
    "extract_faces": "faces.extract",
    "load_model": "model.store",
    "predict_faces": "model.predict",
    "read_dataset": "data.dataset",
    "read_votes": "data.votes",
    "run": "pipeline.whole_run",
    "save_model": "model.store",
    "train_model": "model.train",
}

__all__ = list(_PUBLIC)


def __getattr__(name):
    if name not in _PUBLIC:
        raise AttributeError(f"module 'fer_classic' has no attribute {name!r}")
    return getattr(import_module(f"fer_classic.{_PUBLIC[name]}"), name)


def __dir__():
    return [*__all__, "__version__"]
