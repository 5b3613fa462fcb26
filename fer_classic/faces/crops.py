"""A table of faces that somebody has cropped already."""

import hashlib

import numpy as np

from fer_classic.data.duplicates import perceptual_hash, thumbnail
from fer_classic.errors import UsageError
from fer_classic.faces.table import FaceTable


def table_of_crops(crops, landmarks, *, settings, classes):
    """Faces from arrays of crops and landmarks, unlabelled.

    Parameters
    ----------
    crops : ndarray of uint8, shape (n, S, S)
        Aligned gray faces; they stand for the upright crops too.
    landmarks : ndarray of float, shape (n, 68, 2)
        In pixels of the crop.
    settings : FaceSettings
        Its ``crop_size`` is S.
    classes : ClassSet

    Returns
    -------
    FaceTable
        Names are row numbers; the status is "whole".

    Raises
    ------
    UsageError
        The arrays are of another shape or type.
    """
    crops, landmarks = np.asarray(crops), np.asarray(landmarks, dtype=np.float32)
    n, size = len(crops), settings.crop_size
    if crops.dtype != np.uint8 or crops.shape != (n, size, size):
        raise UsageError(
            f"Crops must be an array of uint8 of shape (n, {size}, {size}). Got "
            f"{crops.dtype} of shape {crops.shape}: align the faces with extract_faces, or "
            "name their side as crop_size."
        )
    if landmarks.shape != (n, 68, 2):
        raise UsageError(
            f"Landmarks must be an array of shape ({n}, 68, 2), one face a crop. Got "
            f"shape {landmarks.shape}."
        )
    nothing = (None,) * n
    thumbnails = [thumbnail(crop) for crop in crops]
    return FaceTable(
        names=tuple(map(str, range(n))),
        status=("whole",) * n,
        errors=("",) * n,
        n_faces=np.zeros(n, dtype=np.int64),
        boxes=np.tile(np.float32([0, 0, size, size]), (n, 1)),
        scores=np.zeros(n, dtype=np.float32),
        points=landmarks,
        landmarks=landmarks,
        crops=crops,
        upright=crops,
        digests=tuple(hashlib.sha256(crop.tobytes()).hexdigest() for crop in crops),
        hashes=perceptual_hash(np.array(thumbnails, np.uint8).reshape(-1, 32, 32)),
        labels=np.full(n, -1, dtype=np.int64),
        groups=nothing,
        splits=nothing,
        problems=nothing,
        classes=classes,
        settings=settings,
    )
