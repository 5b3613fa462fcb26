"""A table of faces that somebody has cropped already."""

import hashlib

import numpy as np

from fer_classic.data.duplicates import thumbnail
from fer_classic.errors import UsageError
from fer_classic.faces.extract import table_of_rows


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
    rows = [
        {
            "status": "whole",
            "n_faces": 0,
            "box": (0, 0, size, size),
            "score": 0,
            "points": points,
            "landmarks": points,
            "crop": crop,
            "upright": crop,
            "digest": hashlib.sha256(crop.tobytes()).hexdigest(),
            "thumbnail": thumbnail(crop),
        }
        for crop, points in zip(crops, landmarks, strict=True)
    ]
    return table_of_rows(rows, settings, classes)
