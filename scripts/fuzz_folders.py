"""Readers of folders that a command wrote and somebody may have changed.

A check gets the bytes of one file of a good folder, and what must hold of the whole.
"""

from functools import lru_cache

import numpy as np

from fer_classic.data.labels import FIVE
from fer_classic.faces.store import load_faces
from fer_classic.features.store import load_features
from fer_classic.files.checksums import write_seal


@lru_cache
def face_table():
    """Ten faces of noise."""
    from fer_classic.faces.align import canonical_shape
    from fer_classic.faces.settings import FaceSettings
    from fer_classic.faces.table import FaceTable

    random, n = np.random.default_rng(0), 10
    points = canonical_shape(32) + random.normal(0, 1, (n, 68, 2))
    return FaceTable(
        names=tuple(f"{i}.jpg" for i in range(n)),
        status=("face",) * n,
        errors=("",) * n,
        n_faces=np.ones(n, np.int64),
        boxes=np.ones((n, 4), np.float32),
        scores=np.ones(n, np.float32),
        points=points.astype(np.float32),
        landmarks=points.astype(np.float32),
        crops=random.integers(0, 256, (n, 32, 32), np.uint8),
        upright=random.integers(0, 256, (n, 32, 32), np.uint8),
        digests=("0" * 64,) * n,
        hashes=np.zeros((n, 32), np.uint8),
        labels=np.arange(n) % 5,
        groups=(None,) * n,
        splits=(None,) * n,
        problems=(None,) * n,
        classes=FIVE,
        settings=FaceSettings(crop_size=32),
    )


def save_faces(folder):
    """Write a face table of noise."""
    from fer_classic.faces.store import save_faces

    save_faces(face_table(), folder)


def save_features(folder):
    """Write a feature table of noise."""
    from fer_classic.features import FeatureTable
    from fer_classic.features.store import save_features

    rows = {"file": ["a", "b"], "label": ["anger", None]}
    X = np.array([[1, 2, 3], [4, 5, 6]], np.float32)
    save_features(FeatureTable(X, ("x", "y", "z")), rows, folder)


def save_model(folder):
    """Write a model of few trees, trained on noise."""
    from fer_classic.model.store import save_model
    from fer_classic.model.train import train_model
    from fer_classic.settings import Settings

    features = {"geometry": {}}
    trees = {"n_estimators": 2, "num_leaves": 3, "min_child_samples": 1}
    settings = Settings.from_dict({"features": features, "classifier": trees})
    save_model(train_model(face_table(), settings, jobs=1), folder)


@lru_cache
def files_of(save):
    """Content of the files of a folder by name, dict of str to bytes."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        save(Path(folder))
        return {own.name: own.read_bytes() for own in sorted(Path(folder).iterdir())}


def folder_seeds(save):
    """Each file of a folder, behind its number; the seal is made anew for each input."""
    names = enumerate(files_of(save).values())
    return [bytes([number]) + content for number, content in names]


def check_folder(data, folder, save, use):
    """A folder whose seal is right and one of whose files is not."""
    files, own = files_of(save), folder / "own"
    if not own.exists():
        own.mkdir()
        for name, content in files.items():
            (own / name).write_bytes(content)
    name = list(files)[data[0] % len(files)] if data else next(iter(files))
    (own / name).write_bytes(data[1:])
    try:
        if name != "SHA256SUMS":
            write_seal(own)
        use(own)
    finally:
        (own / name).write_bytes(files[name])


def use_faces(folder):
    """Every column has a row for each name, and a part of the table can be taken."""
    table = load_faces(folder)
    for key, column in vars(table).items():
        if isinstance(column, tuple | np.ndarray) and key != "classes":
            assert len(column) == len(table), f"{key} has {len(column)} rows"
    assert ((table.labels >= -1) & (table.labels < len(table.classes))).all()
    size = table.settings.crop_size
    assert table.crops.shape[1:] == (size, size) and table.crops.dtype == np.uint8
    assert table.landmarks.shape[1:] == (68, 2)
    assert len(table.take(range(len(table)))) == len(table)
    table.with_classes("seven")


def use_features(folder):
    """Every column has a name, and every row its further columns."""
    table, rows = load_features(folder)
    assert table.X.shape == (len(table), len(table.names)), table.X.shape
    assert all(len(own) == len(table) for own in rows.values()), rows


def use_model(folder):
    """A model gives each row probabilities that sum to 1."""
    from fer_classic.model.predict import predict_faces
    from fer_classic.model.store import load_model

    model = load_model(folder)
    found = predict_faces(model, face_table(), jobs=1).probabilities
    assert found.shape == (10, 5) and np.allclose(found.sum(axis=1), 1), found
