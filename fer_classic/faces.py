"""One row an image: the most confident face, its landmarks and its aligned crop."""

import hashlib
from dataclasses import dataclass, fields, replace
from functools import lru_cache, partial

import numpy as np

from fer_classic.align import alignment, transform, warp
from fer_classic.detect import Face, make_detector
from fer_classic.duplicates import perceptual_hash
from fer_classic.errors import UnreadableImage
from fer_classic.image import decode, to_gray
from fer_classic.labels import ClassSet
from fer_classic.parallel import in_chunks
from fer_classic.settings import FaceSettings

#: What became of an image: a face was found; none was, so the whole image is the face;
#: none was looked for (detector "none"); the file could not be read.
STATUSES = ("face", "no_face", "whole", "unreadable")

#: Images that one task of a worker handles.
CHUNK = 64

#: Where dlib's detector puts the box on tightly cropped faces: median over FER2013.
_PORTRAIT = (0.075, 0.15, 0.78)


@dataclass(frozen=True)
class FaceTable:
    """Faces of many images, one row an image, in input order.

    Attributes
    ----------
    names : tuple of str
    status : tuple of str
        Of STATUSES.
    errors : tuple of str
        Why an image is unreadable, else "".
    n_faces : ndarray of int64, shape (n,)
        Faces found in the image.
    boxes : ndarray of float32, shape (n, 4)
        x, y (top left), width and height of the face in pixels; the whole image where
        none was found; 0 where it is unreadable.
    scores : ndarray of float32, shape (n,)
        The detector's confidence.
    points : ndarray of float32, shape (n, 68, 2)
        Landmarks in pixels of the image.
    landmarks : ndarray of float32, shape (n, 68, 2)
        Landmarks in pixels of the crop.
    crops : ndarray of uint8, shape (n, S, S)
        Aligned gray faces.
    digests : tuple of str
        SHA-256 of each image's bytes, "" where it could not be read.
    hashes : ndarray of uint8, shape (n, 32)
        Perceptual hashes.
    labels : ndarray of int64, shape (n,)
        Codes of ``classes``, -1 where unknown.
    groups, splits, problems : tuple of (str or None)
        As in Samples.
    classes : ClassSet
    settings : FaceSettings
    """

    names: tuple
    status: tuple
    errors: tuple
    n_faces: np.ndarray
    boxes: np.ndarray
    scores: np.ndarray
    points: np.ndarray
    landmarks: np.ndarray
    crops: np.ndarray
    digests: tuple
    hashes: np.ndarray
    labels: np.ndarray
    groups: tuple
    splits: tuple
    problems: tuple
    classes: ClassSet
    settings: FaceSettings

    def __len__(self):
        return len(self.names)

    @property
    def readable(self):
        """Rows that hold a picture, ndarray of bool, shape (n,)."""
        return np.array([status != "unreadable" for status in self.status], dtype=bool)

    @property
    def covered(self):
        """Rows in which a face was found, ndarray of bool, shape (n,)."""
        return np.array([status == "face" for status in self.status], dtype=bool)

    def take(self, rows):
        """The table of some rows, in the order asked for.

        Parameters
        ----------
        rows : array of int or bool
        """
        rows = np.asarray(rows)
        rows = np.arange(len(self))[rows if rows.size else rows.astype(int)]
        picked = {}
        for key in (f.name for f in fields(self)):
            value = getattr(self, key)
            if isinstance(value, np.ndarray):
                picked[key] = value[rows]
            elif isinstance(value, tuple):
                picked[key] = tuple(value[row] for row in rows)
        return replace(self, **picked)


def extract_faces(samples, settings=None, *, jobs=1, progress=None):
    """Decode, detect, locate the landmarks and align, for every image.

    Parameters
    ----------
    samples : Samples
    settings : FaceSettings, optional
    jobs : int
        Processes; -1 for all cores. The result does not depend on it.
    progress : callable, optional
        Called with the number of images done, as chunks complete.

    Returns
    -------
    FaceTable
        One row for each sample, in the same order. An image that fails is a row with
        the status "unreadable" and the reason.
    """
    settings = settings or FaceSettings()
    extract = partial(_extract_chunk, settings=settings)
    rows = in_chunks(extract, samples.sources, CHUNK, jobs=jobs, progress=progress)
    return _table(samples, settings, rows)


def _table(samples, settings, rows):
    def stack(key, dtype):
        return np.array([row[key] for row in rows], dtype=dtype)

    size = settings.crop_size
    return FaceTable(
        names=samples.names,
        status=tuple(row["status"] for row in rows),
        errors=tuple(row["error"] for row in rows),
        n_faces=stack("n_faces", np.int64),
        boxes=stack("box", np.float32).reshape(-1, 4),
        scores=stack("score", np.float32),
        points=stack("points", np.float32).reshape(-1, 68, 2),
        landmarks=stack("landmarks", np.float32).reshape(-1, 68, 2),
        crops=stack("crop", np.uint8).reshape(-1, size, size),
        digests=tuple(row["digest"] for row in rows),
        hashes=stack("hash", np.uint8).reshape(-1, 32),
        labels=samples.labels,
        groups=samples.groups,
        splits=samples.splits,
        problems=samples.problems,
        classes=samples.classes,
        settings=settings,
    )


@lru_cache(maxsize=4)
def _detector(settings):
    return make_detector(
        settings.detector,
        upsample=settings.upsample,
        threshold=settings.threshold,
        min_size=settings.min_size,
    )


def _extract_chunk(sources, settings):
    # A model file that is missing concerns every image: let it end the run.
    detector = _detector(settings)
    return [_extract(source, detector, settings) for source in sources]


def _extract(source, detector, settings):
    row = _empty_row(settings.crop_size)
    try:
        data = source.read()
        row["digest"] = hashlib.sha256(data).hexdigest()
        image = decode(data, max_pixels=settings.max_pixels)
        gray = to_gray(image)
        row["hash"] = perceptual_hash(gray)
        faces = detector.detect(image)
        return row | face_row(gray, faces, settings)
    except UnreadableImage as error:
        return row | {"error": str(error)}
    except MemoryError:
        return row | {"error": "not enough memory for this image"}


def face_row(gray, faces, settings):
    """The columns that follow from the faces found in one image.

    Parameters
    ----------
    gray : ndarray of uint8, shape (H, W)
    faces : list of Face
        The most confident first; may be empty.
    settings : FaceSettings

    Returns
    -------
    dict with status, n_faces, box, score, points, landmarks and crop
    """
    from fer_classic.landmarks import predict_landmarks

    height, width = gray.shape
    whole = Face(0.0, 0.0, float(width), float(height), 0.0)
    if settings.detector == "none":
        status, face, searched = "whole", whole, portrait_box(width, height)
    elif faces:
        status, face, searched = "face", faces[0], faces[0]
    else:
        status, face, searched = "no_face", whole, portrait_box(width, height)
    points = predict_landmarks(gray, searched)
    size = settings.crop_size
    matrix = alignment(searched, points, method=settings.align, size=size)
    return {
        "status": status,
        "n_faces": len(faces) if settings.detector != "none" else 0,
        "box": face.box,
        "score": face.score,
        "points": points,
        "landmarks": transform(points, matrix),
        "crop": warp(gray, matrix, size),
    }


def portrait_box(width, height):
    """The box that a detector would give if the image were a tight portrait.

    Parameters
    ----------
    width, height : int
        Size of the image in pixels.

    Returns
    -------
    Face
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
        "digest": "",
        "hash": np.zeros(32, np.uint8),
    }
