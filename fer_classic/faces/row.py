"""Rows from one image: what it is, where its faces are, landmarks, the crops."""

import hashlib

import numpy as np

from fer_classic.data.duplicates import thumbnail
from fer_classic.detect import Face
from fer_classic.errors import UnreadableImage
from fer_classic.faces.align import STABLE, alignment, transform, upright, warp
from fer_classic.faces.photograph import (
    find_faces,
    narrowed,
    read_photograph,
    surer,
    widened,
)
from fer_classic.faces.settings import chosen_faces

#: Where dlib's detector puts the box on tightly cropped faces: median over FER2013.
_PORTRAIT = (0.075, 0.15, 0.78)

NO_MEMORY = "not enough memory for this image"


def read_row(source, data, settings, least=None):
    """What is known of an image before its face is looked for.

    Parameters
    ----------
    source : FileSource, ZipSource, BytesSource or MissingSource
    data : bytes or None
        Its content, where it was read before.
    settings : FaceSettings
    least : int, optional
        Pixels of the shorter side that are enough at first.

    Returns
    -------
    row : dict
        digest and thumbnail, or error; the other columns as :func:`face_row` gives them,
        empty.
    photograph : Photograph, or None if it failed
    """
    row = _empty_row(settings.crop_size)
    try:
        data = source.read() if data is None else data
        row["digest"] = hashlib.sha256(data).hexdigest()
        photograph = read_photograph(data, least, settings.max_pixels)
        row["thumbnail"] = thumbnail(photograph.gray)
        return row, photograph
    except UnreadableImage as error:
        row["error"] = str(error)
    except MemoryError:
        row["error"] = NO_MEMORY
    return row, None


def find_rows(photograph, detector, settings, box=None):
    """The columns of each face that counts, or why there is none.

    Parameters
    ----------
    photograph : Photograph
        From :func:`read_row`.
    detector : object with ``detect``
    settings : FaceSettings
    box : tuple of 4 float, optional
        Where a person has said that the face is; none is looked for then.

    Returns
    -------
    list of dict
        As of :func:`face_row`, or one with error. Several only where all faces count.
    """
    try:
        if box:
            return [chosen_row(photograph, box, settings)]
        wide = None if settings.detector == "none" else widened(photograph)
        photograph, faces = find_faces(photograph, detector, settings)
        if wide is not None:
            wide, others = find_faces(wide, detector, settings)
            if surer(faces, others):
                rows = _rows_of(wide, others, settings)
                return [narrowed(row, photograph.size, wide.size) for row in rows]
        return _rows_of(photograph, faces, settings)
    except UnreadableImage as error:
        return [{"error": str(error)}]
    except MemoryError:
        return [{"error": NO_MEMORY}]


def _rows_of(photograph, faces, settings):
    """Rows of the faces that count; one of the whole image where there is none."""
    found = {"n_faces": len(faces)} if settings.detector != "none" else {}
    chosen = [[face] for face in chosen_faces(faces, settings.which)] or [[]]
    return [face_row(photograph, face, settings) | found for face in chosen]


def chosen_row(photograph, box, settings):
    """The columns of the face at a place that a person has told.

    Parameters
    ----------
    photograph : Photograph
    box : sequence of 4 float
        In pixels of the whole photograph.
    settings : FaceSettings

    Raises
    ------
    UnreadableImage
        The place lies outside the image.
    """
    face, (height, width) = Face(*map(float, box), 0.0), photograph.size
    right, bottom = face.corners[2:]
    if face.x >= width or face.y >= height or right <= 0 or bottom <= 0:
        raise UnreadableImage(
            f"the face is said to be outside the image of {width} x {height} pixels"
        )
    return face_row(photograph.with_side(None), [face], settings, chosen=True)


def face_row(photograph, faces, settings, *, chosen=False):
    """The columns that follow from the faces found in one image.

    Parameters
    ----------
    photograph : Photograph
    faces : list of Face
        In pixels of the whole photograph, the most confident first; may be empty.
    settings : FaceSettings
    chosen : bool
        Whether a person has said where the face is.
    """
    from fer_classic.faces.landmarks import predict_landmarks

    height, width = photograph.size
    whole = Face(0.0, 0.0, float(width), float(height), 0.0)
    if settings.detector == "none" and not chosen:
        status, face, searched = "whole", whole, portrait_box(width, height)
    elif faces:
        status, face, searched = "face", faces[0], faces[0]
    else:
        status, face, searched = "no_face", whole, portrait_box(width, height)
    gray, factor = photograph.gray, photograph.factor
    own = photograph.own(face)
    if settings.align == "box":
        points = np.full((68, 2), np.nan, np.float32)
    else:
        points = predict_landmarks(gray, photograph.own(searched))
    size = settings.crop_size
    matrix = alignment(own, points, method=settings.align, size=size)
    crop = same = warp(gray, matrix, size)
    if settings.align in STABLE:
        same = warp(gray, upright(own, size), size)
    return {
        "status": status,
        "n_faces": 0 if status == "whole" else len(faces),
        "box": face.box,
        "score": face.score,
        "error": face.note,
        "points": (points + 0.5) * factor - 0.5 if factor > 1 else points,
        "landmarks": transform(points, matrix),
        "crop": crop,
        "upright": same,
    }


def portrait_box(width, height):
    """The box that a detector would give if the image were a tight portrait.

    Parameters
    ----------
    width, height : int
        Size of the image in pixels.
    """
    x, y, share = _PORTRAIT
    return Face(x * width, y * height, share * width, share * height, 0.0)


def _empty_row(size):
    return {
        "status": "unreadable",
        "error": "",
        "n_faces": 0,
        "box": (0.0,) * 4,
        "score": 0.0,
        "points": np.zeros((68, 2), np.float32),
        "landmarks": np.zeros((68, 2), np.float32),
        "crop": np.zeros((size, size), np.uint8),
        "upright": np.zeros((size, size), np.uint8),
        "digest": "",
        "thumbnail": np.zeros((32, 32), np.uint8),
    }
