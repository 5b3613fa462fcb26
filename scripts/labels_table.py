"""What votes are worth: kernel experts by share of votes and by source, on other sources.

Usage: python scripts/labels_table.py DATA [--rows 6000] [--preset fast] [--jobs 2]
           [--only "votes 1.0"]

DATA holds ``fer2013/{train,val}.zip``, ``fer2013/votes.csv`` and
``webfaces/{train,val}.zip``. Each row is a pair of the preset's experts, without trees,
trained on some images of FER2013 (drawn at random among those with votes), on the web
photographs, or on both. Columns: balanced accuracy on FER2013's val by its labels, by the
majority of the votes, and on all web photographs with the recalls of the classes: out of
fold, persons apart, where web photographs were learned from, else they are a source that
the model has never seen.
"""

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from train_models import PERSONS, web_weights

from fer_classic.data.dataset import read_dataset
from fer_classic.data.labels import FIVE
from fer_classic.data.voted import rows_of_votes, training_shares, with_majority
from fer_classic.data.votes import read_votes
from fer_classic.errors import FerClassicError
from fer_classic.faces.extract import extract_faces
from fer_classic.faces.table import join_tables
from fer_classic.files.kept import cache_folder
from fer_classic.learn.embedding import FaceEmbedding
from fer_classic.learn.experts import add_scores, expert_parameters
from fer_classic.learn.kernel_ridge import KernelRidgeScores
from fer_classic.scores.metrics import confusion_matrix, scores_of_confusion
from fer_classic.settings import PRESETS

#: Name: share of the votes (None: no image of FER2013); what a web photograph weighs on the
#: average, and the power of its class's size that divides it (None: no web photograph).
TRIALS = {
    "FER2013, votes 0.0": (0.0, None),
    "FER2013, votes 0.7": (0.7, None),
    "FER2013, votes 1.0": (1.0, None),
    "web photographs": (None, (1.0, 0.0)),
    "both, votes 0.0": (0.0, (1.0, 0.0)),
    "both, votes 0.7": (0.7, (1.0, 0.0)),
    "both, votes 0.7, web by power 1": (0.7, (1.0, 1.0)),
    "both, votes 0.7, web 0.5 by power 1": (0.7, (0.5, 1.0)),
    "both, votes 0.7, web 0.5 by power 1.6": (0.7, (0.5, 1.6)),
    "both, votes 0.7, web 0.25 by power 2": (0.7, (0.25, 2.0)),
    "both, votes 1.0, web 0.5 by power 1.6": (1.0, (0.5, 1.6)),
}
WEB = ("webfaces", "train"), ("webfaces", "val")
COLUMNS = ("trained on", "FER2013 val", "FER+ val", "all web photographs", "recalls there")


def faces_of(data, jobs):
    """Face tables by set and part."""
    tables = {}
    for name in ("fer2013", "webfaces"):
        for part in ("train", "val"):
            persons = PERSONS if name == "webfaces" else None
            path = data / name / f"{part}.zip"
            samples = read_dataset(path, classes=FIVE, group_pattern=persons)
            tables[name, part] = extract_faces(samples, jobs=jobs, cache=cache_folder())
    return tables


def some_with_votes(faces, votes, number, seed=0):
    """Labelled images that have votes, some of them, in order."""
    rows = np.flatnonzero((faces.labels >= 0) & (rows_of_votes(faces.names, votes) >= 0))
    random = np.random.default_rng(seed)
    number = min(number, len(rows))
    return faces.take(np.sort(random.choice(rows, number, replace=False)))


def vectors_of(parameters, tables, jobs):
    """Vectors of all tables by one expert's embedding, learned from the training parts."""
    crop = parameters.get("crop", "aligned")
    own, _ = expert_parameters(parameters)

    def seen(faces):
        return (faces.upright if crop == "upright" else faces.crops), faces.landmarks

    training = join_tables([tables["fer2013", "train"], tables["webfaces", "train"]])
    embedding = FaceEmbedding(**own).fit(seen(training), jobs=jobs)
    return {key: embedding.transform(seen(own), jobs=jobs) for key, own in tables.items()}


def scores_of(trial, tables, vectors, votes, experts):
    """Summed scores of the experts on FER2013's val and on all web photographs."""
    summed = [
        _scores_of_one(trial, tables, own, votes, expert_parameters(given)[1])
        for own, given in zip(vectors, experts, strict=True)
    ]
    return [add_scores(list(parts), experts) for parts in zip(*summed, strict=True)]


def _scores_of_one(trial, tables, vectors, votes, parameters):
    share, weighed = trial
    X, shares, weights, groups = [], [], [], []
    if share is not None:
        rows, mixed = training_shares(tables["fer2013", "train"], votes, share)
        known = rows.labels >= 0
        X.append(vectors["fer2013", "train"][known])
        shares.append(mixed[known])
        weights.append(np.ones(known.sum()))
        groups += [f"fer2013 {row}" for row in range(known.sum())]
    web = np.concatenate([vectors[part] for part in WEB])
    if weighed is not None:
        labels = np.concatenate([tables[part].labels for part in WEB])
        X.append(web)
        shares.append(np.eye(len(FIVE))[labels])
        weights.append(web_weights(labels, *weighed))
        groups += [group for part in WEB for group in tables[part].groups]
    X, shares, weights = (np.concatenate(own) for own in (X, shares, weights))
    folds = 1 if weighed is None else 10
    ridge = KernelRidgeScores(**parameters | {"folds": folds})
    ridge.fit(X, shares.argmax(axis=1), np.array(groups), shares, weights)
    unseen = ridge.transform(web) if weighed is None else ridge.out_of_fold_[-len(web) :]
    return ridge.transform(vectors["fer2013", "val"]), unseen


def recalls(truth, scores):
    """Recall of each class over the rows that have one."""
    known = truth >= 0
    predicted = scores[known].argmax(axis=1)
    confusion = confusion_matrix(truth[known], predicted, len(FIVE))
    return scores_of_confusion(confusion)["recall"]


def row_of(name, tables, scores, majority):
    """The printed row of a trial."""
    fer, web = scores
    every = np.concatenate([tables[part].labels for part in WEB])
    pairs = (tables["fer2013", "val"].labels, fer), (majority, fer), (every, web)
    own = [recalls(*pair) for pair in pairs]
    told = " ".join(f"{value:.2f}" for value in own[-1])
    return [name, *(f"{np.mean(values):.3f}" for values in own), told]


def main():
    """Parse, compute, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--rows", type=int, default=6000)
    parser.add_argument("--preset", choices=("fast", "accurate"), default="fast")
    parser.add_argument("--only", default="", help="rows whose name has this in it")
    parser.add_argument("--jobs", type=int, default=-1)
    arguments = parser.parse_args()
    votes = read_votes(arguments.data / "fer2013" / "votes.csv")
    tables = faces_of(arguments.data, arguments.jobs)
    train = "fer2013", "train"
    tables[train] = some_with_votes(tables[train], votes, arguments.rows)
    experts = PRESETS[arguments.preset]["experts"]
    vectors = [vectors_of(own, tables, arguments.jobs) for own in experts]
    majority = with_majority(tables["fer2013", "val"], votes).labels
    print(" | ".join(COLUMNS), flush=True)
    for name, trial in TRIALS.items():
        if arguments.only in name:
            scores = scores_of(trial, tables, vectors, votes, experts)
            print(" | ".join(row_of(name, tables, scores, majority)), flush=True)


if __name__ == "__main__":
    try:
        main()
    except (FerClassicError, OSError) as error:
        sys.exit(f"labels_table.py: error: {error}")
