"""What the page shows of a run or of a data set: pictures, faces, labels and answers."""

from dataclasses import dataclass, replace

import numpy as np

from fer_classic.data.duplicates import duplicate_groups
from fer_classic.faces.table import STATUSES, FaceTable


@dataclass(frozen=True)
class Collection:
    """Pictures of one or several parts, one row a picture.

    Attributes
    ----------
    title : str
    kind : {"run", "data"}
    faces : FaceTable
    sources : tuple
        Where each picture's bytes lie; None where only its face is at hand.
    parts : tuple of str
        "train", "test" and so on, for each row.
    probabilities : ndarray of float64, shape (n, k)
        NaN in rows without.
    judged_by : dict of str to str
        By part, where its probabilities come from: "run", "held_out", "model".
    suspects : ndarray of int64, shape (m,)
        Rows whose label is probably wrong, the most suspicious first.
    copies : ndarray of int64, shape (n,)
        Equal numbers mark copies of one picture.
    settings : Settings
        Those to train with.
    """

    title: str
    kind: str
    faces: FaceTable
    sources: tuple
    parts: tuple
    probabilities: np.ndarray
    judged_by: dict
    suspects: np.ndarray
    copies: np.ndarray
    settings: object

    def __len__(self):
        return len(self.faces)

    def rows_of(self, part):
        """Rows of a part, ndarray of int64."""
        return np.flatnonzero(np.array(self.parts) == part)

    @property
    def training(self):
        """Rows of the part that is learned from, ndarray of int64."""
        return np.flatnonzero(~np.isin(self.parts, ("test", "val")))

    @property
    def tested(self):
        """Rows of the part that is predicted and scored, ndarray of int64."""
        if "test" in self.parts:
            return self.rows_of("test")
        return self.rows_of("val") if len(self.training) else np.empty(0, np.int64)


def copies_in(faces):
    """Numbers of the sets of copies.

    Parameters
    ----------
    faces : FaceTable

    Returns
    -------
    ndarray of int64, shape (n,)
    """
    return duplicate_groups(faces.digests, faces.hashes, faces.readable)


def columns_of(collection):
    """What the page lists of every row, as JSON types: one list a column.

    Parameters
    ----------
    collection : Collection

    Returns
    -------
    dict
    """
    faces, chances = collection.faces, collection.probabilities
    rows = np.arange(len(faces))
    known = np.isfinite(chances).all(axis=1)
    filled = np.where(known[:, None], chances, 0.0)
    best = filled.argmax(axis=1)
    labels = np.asarray(faces.labels)
    given = np.where(labels >= 0, filled[rows, np.maximum(labels, 0)], 0.0)
    doubt = np.full(len(faces), -1)
    doubt[collection.suspects] = np.arange(len(collection.suspects))
    parts = list(dict.fromkeys(collection.parts))
    return {
        "names": list(faces.names),
        "parts": parts,
        "part": [parts.index(part) for part in collection.parts],
        "statuses": list(STATUSES),
        "status": [STATUSES.index(status) for status in faces.status],
        "faces": np.asarray(faces.n_faces).tolist(),
        "label": labels.tolist(),
        "answer": np.where(known, best, -1).tolist(),
        "sure": _rounded(filled.max(axis=1, initial=0.0)),
        "given": _rounded(given),
        "doubt": doubt.tolist(),
        "copies": _copy_numbers(collection.copies).tolist(),
    }


def _rounded(values):
    return [round(value, 4) for value in values.tolist()]


def _copy_numbers(copies):
    """Numbers of sets of two and more; -1 for a picture without a copy."""
    _, index, counts = np.unique(copies, return_inverse=True, return_counts=True)
    return np.where(counts[index] > 1, copies, -1)


def mended(collection, decisions, faces_of):
    """The face table with what was decided, and which rows stay.

    Parameters
    ----------
    collection : Collection
    decisions : list of Decision
        One a row.
    faces_of : callable
        Gives the FaceTable, of one row, of a row and a box.

    Returns
    -------
    faces : FaceTable
    kept : ndarray of bool, shape (n,)
        Rows that are not excluded.
    """
    faces = collection.faces
    labels = np.array(faces.labels)
    problems = list(faces.problems)
    for row, decision in enumerate(decisions):
        if decision.label is not None:
            code = faces.classes.code(decision.label)
            labels[row] = -1 if code is None else code
            problems[row] = None if code is not None else f"class {decision.label}"
    faces = replace(faces, labels=labels, problems=tuple(problems))
    chosen = {i: own.face for i, own in enumerate(decisions) if own.face}
    if chosen:
        faces = _with_faces(faces, {row: faces_of(row, box) for row, box in chosen.items()})
    return faces, np.array([not own.excluded for own in decisions], dtype=bool)


def _with_faces(faces, chosen):
    """The table with other faces in some rows."""
    changed = {}
    for key in ("boxes", "scores", "points", "landmarks", "crops", "upright"):
        column = np.array(getattr(faces, key))
        for row, table in chosen.items():
            column[row] = getattr(table, key)[0]
        changed[key] = column
    status = tuple("face" if row in chosen else s for row, s in enumerate(faces.status))
    return replace(faces, status=status, **changed)
