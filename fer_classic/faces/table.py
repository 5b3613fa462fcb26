"""The table of faces: one row an image, whatever became of it."""

from dataclasses import dataclass, fields, replace
from itertools import chain

import numpy as np

from fer_classic.data.labels import CLASS_SETS, ClassSet
from fer_classic.faces.settings import FaceSettings

#: What became of an image: a face was found; none was, so the whole image is the face;
#: none was looked for (detector "none"); the file could not be read.
STATUSES = ("face", "no_face", "whole", "unreadable")


@dataclass(frozen=True)
class FaceTable:
    """Faces of many images, one row an image, in input order.

    Attributes
    ----------
    names : tuple of str
    status : tuple of str
        Of STATUSES.
    errors : tuple of str
        Why an image is unreadable; in other rows "", or what was done to see the face.
    n_faces : ndarray of int64, shape (n,)
        Faces found in the image.
    boxes : ndarray of float32, shape (n, 4)
        x, y (top left), width and height of the face in pixels; the whole image where
        none was found; 0 where it is unreadable.
    scores : ndarray of float32, shape (n,)
        The detector's confidence.
    points : ndarray of float32, shape (n, 68, 2)
        Landmarks in pixels of the image; NaN where the alignment "box" locates none.
    landmarks : ndarray of float32, shape (n, 68, 2)
        Landmarks in pixels of the crop.
    crops : ndarray of uint8, shape (n, S, S)
        Aligned gray faces.
    upright : ndarray of uint8, shape (n, S, S)
        What the boxes show, not aligned; the same as ``crops`` where the alignment is
        "none" or "box".
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
    upright: np.ndarray
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
    def shape(self):
        """(number of rows,): by it and ``[rows]`` scikit-learn cuts a table into folds."""
        return (len(self),)

    def __getitem__(self, rows):
        return self.take(rows[0] if isinstance(rows, tuple) else rows)

    @property
    def readable(self):
        """Rows that hold a picture, ndarray of bool, shape (n,)."""
        return np.array([status != "unreadable" for status in self.status], dtype=bool)

    @property
    def covered(self):
        """Rows in which a face was found, ndarray of bool, shape (n,)."""
        return np.array([status == "face" for status in self.status], dtype=bool)

    def take(self, rows):
        """The table of some rows, in the order asked for."""
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

    def with_classes(self, key):
        """The table with the codes of another class set; other classes are unlabelled.

        Parameters
        ----------
        key : {"five", "seven", "eight"}
        """
        if key == self.classes.key:
            return self
        new = CLASS_SETS[key]
        codes = [new.code(name) for name in self.classes.names]
        labels = np.array([-1 if code is None else code for code in codes] + [-1])
        problems = tuple(
            f"class {self.classes.names[old]}" if old >= 0 and labels[old] < 0 else problem
            for old, problem in zip(self.labels, self.problems, strict=True)
        )
        return replace(self, labels=labels[self.labels], problems=problems, classes=new)


def join_tables(parts):
    """One table of several, which share classes and settings.

    Parameters
    ----------
    parts : list of FaceTable
        At least one.
    """
    joined = {}
    for key, first in vars(parts[0]).items():
        own = [getattr(part, key) for part in parts]
        if isinstance(first, np.ndarray):
            joined[key] = np.concatenate(own)
        elif isinstance(first, tuple):
            joined[key] = tuple(chain.from_iterable(own))
    return replace(parts[0], **joined)


def has_face(status):
    """Whether a row tells of a face: one was found, or the whole image is said to be one.

    Parameters
    ----------
    status : str
    """
    return status not in ("no_face", "unreadable")
