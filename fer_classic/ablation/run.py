"""Ablation: the same folds for every run, and what each change is worth."""

import hashlib
import json
import time
from pathlib import Path

import numpy as np

from fer_classic.compute.surroundings import surroundings
from fer_classic.detect import detector_identity
from fer_classic.features import FeatureTable
from fer_classic.files.atomic import write_file
from fer_classic.model.fit import learn
from fer_classic.model.predict import features_of, predict_part
from fer_classic.model.train import fold_groups, training_rows
from fer_classic.scores.folds import check_folds, grouped_folds
from fer_classic.scores.metrics import evaluate
from fer_classic.scores.paired import holm, paired_difference


class Ablation:
    """The runs of a plan, each fold of each run kept as a file when it is finished.

    Parameters
    ----------
    plan : Plan
    faces_of : callable
        The face table of all images of the plan under given FaceSettings.
    folder : path-like
        Keeps finished folds, in ``parts``; what lies there is not computed again.
    jobs : int
        Threads.

    Attributes
    ----------
    rows : ndarray of int
        Rows of the face tables that take part: labelled and readable.
    folds : list of (train, test), ndarrays of int
        Positions in ``rows``; the same for every run, and no copy or group is parted.
    """

    def __init__(self, plan, faces_of, folder, *, jobs=-1):
        self.plan, self.jobs = plan, jobs
        self.folder = Path(folder)
        self._faces_of, self._faces, self._columns = faces_of, {}, {}
        base = faces_of(plan.settings.faces)
        self.rows = training_rows(base)
        faces = self._faces[plan.settings.faces] = base.take(self.rows)
        self.labels, self.classes = faces.labels, faces.classes
        check_folds(np.bincount(self.labels), self.classes.names, plan.folds)
        self.groups = fold_groups(faces)
        self.folds = grouped_folds(self.labels, self.groups, plan.folds, plan.seed)
        content = [faces.names, faces.digests, faces.groups, faces.labels.tolist()]
        shared = [content, plan.folds, plan.seed, surroundings()]
        self._shared = hashlib.sha256(json.dumps(shared).encode()).hexdigest()

    def missing(self, run):
        """Folds of a run that are not finished, list of int."""
        return [i for i in range(len(self.folds)) if not self._file(run, i).exists()]

    def finish(self, run, progress=None):
        """Compute the missing folds of a run.

        Parameters
        ----------
        run : Run
        progress : callable, optional
            Called after each fold.
        """
        if not (missing := self.missing(run)):
            return
        faces = self.faces(run)
        named, seconds = self._named(run, faces)
        for fold in missing:
            part = self._fold(run, faces, named, seconds, *self.folds[fold])
            write_file(self._file(run, fold), json.dumps(part) + "\n")
            if progress:
                progress()

    def table(self):
        """Scores of all runs, finished ones being required.

        Returns
        -------
        dict of JSON types
            ``data``, ``folds`` and ``runs``: of each run its name, what it changes, the
            balanced accuracy and accuracy with 95% intervals, the paired difference to
            the base (None for the base itself), its p-value and that after Holm's
            correction for the number of runs, columns, and times.
        """
        runs = [self._row(run) for run in self.plan.runs]
        base = runs[0].pop("predicted")
        for row in runs[1:]:
            predicted, k = row.pop("predicted"), len(self.classes)
            row["difference"] = paired_difference(
                self.labels, predicted, base, k, groups=self.groups
            )
        adjusted = holm([row["difference"]["p"] for row in runs[1:]])
        for row, p in zip(runs[1:], adjusted, strict=True):
            row["p_holm"] = float(p)
        counts = np.bincount(self.labels, minlength=len(self.classes)).tolist()
        data = {
            "inputs": [Path(one).name for one in self.plan.train],
            "images": len(self.labels),
            "classes": dict(zip(self.classes.names, counts, strict=True)),
        }
        return {"data": data, "folds": len(self.folds), "runs": runs}

    def _row(self, run):
        parts = [
            json.loads(self._file(run, fold).read_text()) for fold in range(len(self.folds))
        ]
        predicted = np.empty(len(self.labels), dtype=np.int64)
        for (_, test), part in zip(self.folds, parts, strict=True):
            predicted[test] = part["labels"]
        scores = evaluate(self.labels, predicted, self.classes.names, groups=self.groups)
        return {
            "name": run.name,
            "settings": run.settings.to_dict(),
            "estimator": run.estimator,
            "fraction": run.fraction,
            "balanced_accuracy": scores["balanced_accuracy"],
            "accuracy": scores["accuracy"],
            "recall": {
                name: own["recall"]["value"] for name, own in scores["per_class"].items()
            },
            "difference": None,
            "p_holm": None,
            "columns": parts[0]["columns"],
            "train_seconds": float(np.mean([part["train_seconds"] for part in parts])),
            "predict_ms": float(np.mean([part["predict_ms"] for part in parts])),
            "predicted": predicted,
        }

    def _file(self, run, fold):
        told = [self._shared, run.settings.to_dict(), run.estimator, run.fraction, fold]
        told.append(detector_identity(run.settings.faces.detector))
        key = hashlib.sha256(json.dumps(told).encode()).hexdigest()
        return self.folder / "parts" / f"{key[:32]}.json"

    def _fold(self, run, faces, named, seconds, train, test):
        """Train and predict; labels by code, and what it took."""
        train = part_of(train, self.labels, run.fraction, self.plan.seed)
        fit = self._fit_ours if run.estimator == "lightgbm" else self._fit_other
        start = time.perf_counter()
        columns, predict = fit(run, faces, named, train)
        trained = time.perf_counter()
        labels = predict(test)
        predicted = time.perf_counter()
        each = seconds / len(faces)  # the features of one face
        return {
            "labels": labels.tolist(),
            "columns": columns,
            "train_seconds": trained - start + each * len(train),
            "predict_ms": ((predicted - trained) / len(test) + each) * 1e3,
        }

    def _fit_ours(self, run, faces, named, rows):
        """Number of columns, and a function from rows to labels."""
        model = learn(
            faces.take(rows),
            self.groups[rows],
            run.settings,
            jobs=self.jobs,
            named=named and named.take(rows),
        )

        def predict(test):
            own = predict_part(model, faces, test, jobs=self.jobs, named=named)
            return own.argmax(axis=1)

        return len(model.feature_names), predict

    def _fit_other(self, run, faces, named, rows):
        """The same with an estimator of scikit-learn's."""
        model = make_estimator(run.estimator, self.plan.seed, self.jobs)
        model.fit(named.X[rows], self.labels[rows])
        return len(named.names), lambda test: model.predict(named.X[test])

    def faces(self, run):
        """The faces of a run, once for all runs with the same settings of faces."""
        key = run.settings.faces
        if key not in self._faces:
            self._faces[key] = self._faces_of(key).take(self.rows)
        return self._faces[key]

    def _named(self, run, faces):
        """Named columns and the seconds they took; each family once for all runs."""
        if not run.settings.features:
            return None, 0.0
        tables, seconds = [], 0.0
        for family, parameters in run.settings.features.items():
            key = (run.settings.faces, family, json.dumps(parameters, sort_keys=True))
            if key not in self._columns:
                start = time.perf_counter()
                table = features_of(faces, {family: parameters})
                self._columns[key] = table, time.perf_counter() - start
            tables.append(self._columns[key][0])
            seconds += self._columns[key][1]
        names = tuple(name for table in tables for name in table.names)
        return FeatureTable(np.hstack([table.X for table in tables]), names), seconds


def part_of(rows, labels, fraction, seed):
    """A random part of training rows, of each class alike; larger parts hold smaller ones.

    Parameters
    ----------
    rows : ndarray of int, shape (m,)
    labels : ndarray of int, shape (n,)
        Of all rows.
    fraction : float
        Above 0, at most 1. At least two rows of each class are kept.
    seed : int

    Returns
    -------
    ndarray of int, sorted
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    place = np.empty(len(labels), dtype=np.int64)
    place[order] = np.arange(len(labels))
    kept = []
    for code in np.unique(labels[rows]):
        own = rows[labels[rows] == code]
        number = max(2, round(fraction * len(own)))
        kept.append(own[np.argsort(place[own])[:number]])
    return np.sort(np.concatenate(kept))


def make_estimator(name, seed, jobs):
    """A classifier of scikit-learn's, with balanced class weights.

    Parameters
    ----------
    name : {"logistic", "svm", "random_forest"}
    seed, jobs : int

    Returns
    -------
    estimator
        The SVM (Gaussian kernel) reads 300 principal components.
    """
    from sklearn.decomposition import PCA
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    if name == "random_forest":
        return RandomForestClassifier(
            300, class_weight="balanced_subsample", random_state=seed, n_jobs=jobs
        )
    if name == "logistic":
        model = LogisticRegression(C=0.01, class_weight="balanced", max_iter=200)
        return make_pipeline(StandardScaler(), model)
    reduced = PCA(0.9, svd_solver="full")
    return make_pipeline(StandardScaler(), reduced, SVC(C=4, class_weight="balanced"))
