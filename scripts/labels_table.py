"""What votes are worth: kernel experts by share of votes and by source, on other sources.

Usage: python scripts/labels_table.py DATA [--rows 6000] [--preset fast] [--jobs 2]
           [--only "votes 1.0"]

DATA holds ``fer2013/{train,val}.zip``, ``fer2013/votes.csv`` and
``webfaces/{train,val}.zip``. Each row is a pair of the preset's experts, without trees,
trained on some images of FER2013 (drawn at random among those with votes), on the web
photographs, or on both. Columns: balanced accuracy on FER2013's val by its labels, by the
majority of the votes, on the val part of the web photographs, and, where no web photograph
was learned from, on both its parts: a source that the model has never seen.
"""

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np

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
from fer_classic.settings import PRESETS

#: Name: share of the votes (None: no image of FER2013), web photographs too.
TRIALS = {
    "FER2013, votes 0.0": (0.0, False),
    "FER2013, votes 0.7": (0.7, False),
    "FER2013, votes 1.0": (1.0, False),
    "web photographs": (None, True),
    "both, votes 0.0": (0.0, True),
    "both, votes 0.7": (0.7, True),
    "both, votes 1.0": (1.0, True),
}
COLUMNS = ("trained on", "FER2013 val", "FER+ val", "web val", "all web photographs")


def faces_of(data, jobs):
    """Face tables by set and part."""
    tables = {}
    for name in ("fer2013", "webfaces"):
        for part in ("train", "val"):
            samples = read_dataset(data / name / f"{part}.zip", classes=FIVE)
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
    """Summed scores of the experts on every table."""
    share, web = trial
    summed = []
    for own, given in zip(vectors, experts, strict=True):
        X, shares = [], []
        if share is not None:
            rows, mixed = training_shares(tables["fer2013", "train"], votes, share)
            X.append(own["fer2013", "train"][rows.labels >= 0])
            shares.append(mixed[rows.labels >= 0])
        if web:
            X.append(own["webfaces", "train"])
            shares.append(np.eye(len(FIVE))[tables["webfaces", "train"].labels])
        X, shares = np.concatenate(X), np.concatenate(shares)
        ridge = KernelRidgeScores(**expert_parameters(given)[1] | {"folds": 1})
        ridge.fit(X, shares.argmax(axis=1), targets=shares)
        summed.append({key: ridge.transform(rows) for key, rows in own.items()})
    return {key: add_scores([own[key] for own in summed], experts) for key in tables}


def balanced(truth, scores):
    """Balanced accuracy over the rows that have a class."""
    predicted = scores.argmax(axis=1)
    codes = np.unique(truth[truth >= 0])
    return float(np.mean([(predicted[truth == code] == code).mean() for code in codes]))


def row_of(name, trial, tables, scores, majority):
    """The printed row of a trial."""
    fer, web = ("fer2013", "val"), ("webfaces", "val")
    cells = [balanced(tables[fer].labels, scores[fer]), balanced(majority, scores[fer])]
    cells.append(balanced(tables[web].labels, scores[web]))
    told = [name, *(f"{value:.3f}" for value in cells)]
    if trial[1]:
        return [*told, "-"]
    parts = [web, ("webfaces", "train")]
    truth = np.concatenate([tables[part].labels for part in parts])
    return [*told, f"{balanced(truth, np.concatenate([scores[p] for p in parts])):.3f}"]


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
            print(" | ".join(row_of(name, trial, tables, scores, majority)), flush=True)


if __name__ == "__main__":
    try:
        main()
    except (FerClassicError, OSError) as error:
        sys.exit(f"labels_table.py: error: {error}")
