"""Training with the labels as they were and as they are now, both scored alike."""

import threading
import time
from dataclasses import replace

import numpy as np

from fer_classic.errors import FerClassicError

#: Folds where there is no test part; fewer where a class has fewer pictures.
FOLDS = 5
#: Labelled images that a test part needs to be scored on.
LEAST_TESTED = 20


class Cancelled(Exception):
    """The person wants no more of it."""


class Again:
    """One training after the other in a thread, which tells how far it is.

    Parameters
    ----------
    workspace : Workspace
    """

    def __init__(self, workspace):
        self.workspace = workspace
        self._lock = threading.Lock()
        self._thread, self._stop = None, threading.Event()
        self.status = {"state": "idle"}

    def start(self):
        """Begin, unless a training is at work already."""
        with self._lock:
            if self._thread and self._thread.is_alive():
                return
            self._stop.clear()
            self.status = {"state": "running", "done": 0.0, "started": time.time()}
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._thread.start()

    def stop(self):
        """Ask the training to end; what it has is thrown away."""
        self._stop.set()

    def wait(self, seconds):
        """Wait until the training has ended, for some seconds at most."""
        if self._thread:
            self._thread.join(seconds)

    def _work(self):
        try:
            result = compare(self.workspace, self._advance)
            self.status = {"state": "done", "result": result}
        except Cancelled:
            self.status = {"state": "idle"}
        except FerClassicError as error:
            self.status = {"state": "failed", "error": str(error)}
        except Exception as error:  # the page must not wait for ever
            self.status = {"state": "failed", "error": f"{type(error).__name__}: {error}"}

    def _advance(self, done):
        if self._stop.is_set():
            raise Cancelled
        self.status = {**self.status, "done": round(float(done), 4)}


def compare(workspace, advance):
    """Scores with the labels as they were and as they are now.

    Where the collection has a labelled test part, both models answer for it; else both are
    cross-validated. In either case the truth is the mended label, excluded pictures count
    for neither, and no fold parts copies or groups.

    Parameters
    ----------
    workspace : Workspace
    advance : callable
        Called with the share that is done, it may raise Cancelled.

    Returns
    -------
    dict of JSON types
        scored_on, images, before, after, difference, recalls, changed, entries of the
        journal, seconds.
    """
    from fer_classic.model.train import fold_groups
    from fer_classic.scores.paired import paired_difference

    start = time.monotonic()
    collection = workspace.collection
    advance(0.0)
    entries = len(workspace.journal.entries)
    after, kept = workspace.mended()
    before = collection.faces
    k = len(after.classes)
    tested = collection.tested
    tested = tested[kept[tested] & (after.labels[tested] >= 0)]
    if len(tested) >= LEAST_TESTED:
        rows, scored_on = tested, "test"
        answers = _on_test(workspace, before, after, kept, tested, advance)
    else:
        scored_on = "cross_validation"
        rows, answers = _in_folds(workspace, before, after, kept, advance)
    truth = after.labels[rows]
    table = after.take(rows)
    groups = fold_groups(table) if any(table.groups) else None
    names = after.classes.names
    scores = [_scores(truth, own, names, groups) for own in answers]
    return {
        "scored_on": scored_on,
        "images": len(rows),
        "before": scores[0]["balanced_accuracy"],
        "after": scores[1]["balanced_accuracy"],
        "difference": paired_difference(truth, answers[1], answers[0], k, groups),
        "recalls": [
            [name, *(own["per_class"][name]["recall"]["value"] for own in scores)]
            for name in names
        ],
        "changed": changes(collection, after, kept),
        "entries": entries,
        "seconds": time.monotonic() - start,
    }


def changes(collection, after, kept):
    """How many labels and faces were changed, and pictures excluded.

    Parameters
    ----------
    collection : Collection
    after : FaceTable
    kept : ndarray of bool, shape (n,)

    Returns
    -------
    dict of str to int
    """
    moved = (np.asarray(after.boxes) != np.asarray(collection.faces.boxes)).any(axis=1)
    relabelled = after.labels != collection.faces.labels
    return {
        "labels": int((relabelled & kept).sum()),
        "excluded": int((~kept).sum()),
        "faces": int((moved & kept).sum()),
    }


def _scores(truth, answers, names, groups):
    from fer_classic.scores.metrics import evaluate

    return evaluate(truth, answers, names, groups=groups)


def _trained(workspace, faces, share, advance):
    """A model of some faces; ``share`` is the part of the whole that this training is."""
    from fer_classic.model.train import train_model

    start, width = share
    settings = replace(workspace.collection.settings, folds=0)
    rounds = [0]

    def progress(number, loss):
        rounds[0] += 1
        advance(start + width * (1 - 1 / (1 + rounds[0] / 500)))

    advance(start)
    return train_model(faces, settings, jobs=workspace.jobs, progress=progress)


def _answers(model, faces, jobs):
    from fer_classic.model.predict import predict_faces

    return predict_faces(model, faces, jobs=jobs).labels


def _on_test(workspace, before, after, kept, tested, advance):
    """Answers for the test part before and after."""
    collection, jobs = workspace.collection, workspace.jobs
    training = collection.training
    part = after.take(tested)
    if collection.kind == "run":
        width, old = 1.0, workspace.model
    else:
        width = 0.5
        rows = training[before.labels[training] >= 0]
        old = _trained(workspace, before.take(rows), (0.0, width), advance)
    rows = training[kept[training] & (after.labels[training] >= 0)]
    new = _trained(workspace, after.take(rows), (1.0 - width, width), advance)
    return _answers(old, part, jobs), _answers(new, part, jobs)


def _in_folds(workspace, before, after, kept, advance):
    """Rows that are scored, and their answers before and after."""
    from fer_classic.model.train import fold_groups
    from fer_classic.scores.folds import grouped_folds

    training = workspace.collection.training
    known = (before.labels[training] >= 0) | (kept & (after.labels >= 0))[training]
    rows = training[known & after.readable[training]]
    labels = np.where(after.labels[rows] >= 0, after.labels[rows], before.labels[rows])
    groups = fold_groups(after.take(rows))
    try:
        number = max(2, min(FOLDS, np.unique(labels, return_counts=True)[1].min()))
        folds = grouped_folds(labels, groups, number, workspace.collection.settings.seed)
    except ValueError as error:
        raise FerClassicError(str(error)) from None
    scored = kept[rows] & (after.labels[rows] >= 0)
    usable = before.labels[rows] >= 0, scored
    answers = np.zeros((2, len(rows)), dtype=np.int64)
    width = 1 / (2 * len(folds))
    for number, (train, test) in enumerate(folds):
        part = after.take(rows[test])
        for which, faces in enumerate((before, after)):
            learned = rows[train[usable[which][train]]]
            share = (2 * number + which) * width, width
            model = _trained(workspace, faces.take(learned), share, advance)
            answers[which, test] = _answers(model, part, workspace.jobs)
    return rows[scored], (answers[0][scored], answers[1][scored])
