"""What own photographs are worth beside a start model: a learning curve.

Usage: python scripts/start_curve.py DATA [--faces FOLDER] [--model FOLDER] [--out FILE]
           [--sizes 50,100,200,500,1000,2618] [--seeds 3] [--jobs 2]

DATA holds ``fer2013/{train.zip,votes.csv}`` and ``webfaces/{train,val}.zip``. The start
model learns from FER2013 alone, by the recipe of five-fast, since that has seen the web
photographs; it is kept in --model (default runs/start-curve/five-fast-fer2013), where a
second call finds it. Own photographs are drawn from the training part of the web
photographs, with at least two of each class; all rows are judged on the web photographs of
both parts that show other persons. Columns: balanced accuracy of own photographs alone (a
training of the same preset that starts from nothing), of the start model as it is, and of
both; the choice that the cross-validation made; the least of joint less the better of the
two others.

--faces names a folder with face tables ``fer2013-train``, ``webfaces-train`` and
``webfaces-val`` that the command faces wrote with seven classes (and the web photographs'
persons as groups), so that no face is sought again.
"""

import argparse
import os
import re
import sys
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from train_models import MOST, PERSONS, VOTED, at_most, upright_share

from fer_classic.data.dataset import read_dataset
from fer_classic.data.labels import SEVEN
from fer_classic.data.voted import training_shares
from fer_classic.data.votes import read_votes
from fer_classic.errors import FerClassicError
from fer_classic.faces.extract import extract_faces
from fer_classic.faces.store import load_faces
from fer_classic.faces.table import join_tables
from fer_classic.files.atomic import new_directory
from fer_classic.files.kept import cache_folder
from fer_classic.files.text import to_json
from fer_classic.model.predict import predict_faces
from fer_classic.model.start import read_start
from fer_classic.model.store import save_model
from fer_classic.model.train import train_model
from fer_classic.scores.metrics import confusion_matrix, scores_of_confusion
from fer_classic.settings import preset_settings

COLUMNS = ("own photographs", "alone", "as shipped", "joint", "chosen", "least gain")


def table_of(data, faces, name, part, jobs):
    """Five-class face table of a part; web photographs of a person are a group."""
    if faces is not None:
        table = load_faces(faces / f"{name}-{part}").with_classes("five")
    else:
        samples = read_dataset(data / name / f"{part}.zip", classes=SEVEN)
        table = extract_faces(samples, jobs=jobs, cache=cache_folder())
        table = table.with_classes("five")
    if name != "webfaces":
        return table
    persons = tuple(re.search(PERSONS, own)[1] for own in table.names)
    return replace(table, groups=persons)


def settings():
    """The recipe of five-fast."""
    own = preset_settings("fast", vote_share=VOTED["five-fast"])
    experts = [expert | upright_share(expert) for expert in own.experts]
    return replace(own, experts=experts)


def start_model(folder, data, faces, jobs):
    """A model of FER2013 alone, trained if it is not there."""
    if not (folder / "model.json").is_file():
        training = table_of(data, faces, "fer2013", "train", jobs)
        votes = read_votes(data / "fer2013" / "votes.csv")
        training, shares = training_shares(training, votes, VOTED["five-fast"])
        rows = at_most(training.labels, MOST)
        model = train_model(
            *(training.take(rows), settings()),
            jobs=jobs,
            targets=shares[rows],
            keep_start=True,
        )
        folder.parent.mkdir(parents=True, exist_ok=True)
        with new_directory(folder) as place:
            save_model(model, place)
    return read_start(folder)


def drawn(labels, number, seed):
    """Rows of some own photographs, at least two of each class."""
    random = np.random.default_rng(seed)
    while True:
        rows = np.sort(random.choice(len(labels), number, replace=False))
        if np.bincount(labels[rows], minlength=5).min() >= 2:
            return rows


def of_others(faces, own):
    """The faces of other persons."""
    return faces.take(np.flatnonzero(~np.isin(faces.groups, own.groups)))


def balanced(model, faces, jobs):
    """Balanced accuracy on labelled faces."""
    predicted = predict_faces(model, faces, jobs=jobs).labels
    confusion = confusion_matrix(faces.labels, predicted, len(faces.classes))
    return float(scores_of_confusion(confusion)["balanced_accuracy"])


def row_of(number, tried):
    """The printed row of a size."""

    def spread(key):
        values = [own[key] for own in tried]
        between = f" ({min(values):.3f} to {max(values):.3f})" if len(values) > 1 else ""
        return f"{np.mean(values):.3f}{between}"

    gain = min(own["joint"] - max(own["alone"], own["as_shipped"]) for own in tried)
    chosen = ", ".join(
        f"{own['chosen']['kind'].replace('_', ' ')} {own['chosen']['own']:g}"
        for own in tried
    )
    cells = [spread(key) for key in ("alone", "as_shipped", "joint")]
    return [str(number), *cells, chosen, f"{gain:+.3f}"]


def trial(start, own, every, jobs):
    """Scores of one draw of own photographs, as JSON types."""
    tested = of_others(every, own)
    joint = train_model(own, start=start, jobs=jobs)
    alone = train_model(own, settings(), jobs=jobs)
    told = joint.trained_on["start"]
    return {
        "alone": balanced(alone, tested, jobs),
        "as_shipped": balanced(start.model, tested, jobs),
        "joint": balanced(joint, tested, jobs),
        "judged_on": len(tested),
        "chosen": told["chosen"],
        "out_of_fold": told["scores"],
    }


def main():
    """Parse, compute, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--faces", type=Path)
    place = Path("runs/start-curve")
    parser.add_argument("--model", type=Path, default=place / "five-fast-fer2013")
    parser.add_argument("--out", type=Path, default=place / "curve.json")
    parser.add_argument("--sizes", default="50,100,200,500,1000,2618")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=-1)
    given = parser.parse_args()
    start = start_model(given.model, given.data, given.faces, given.jobs)
    own, others = (
        table_of(given.data, given.faces, "webfaces", part, given.jobs)
        for part in ("train", "val")
    )
    every = join_tables([own, others])
    given.out.parent.mkdir(parents=True, exist_ok=True)
    print(" | ".join(COLUMNS), flush=True)
    told = {}
    for number in map(int, given.sizes.split(",")):
        seeds = range(given.seeds if number < len(own) else 1)
        told[number] = [
            trial(
                *(start, own.take(drawn(own.labels, number, seed)), every),
                jobs=given.jobs,
            )
            for seed in seeds
        ]
        print(" | ".join(row_of(number, told[number])), flush=True)
        given.out.write_text(to_json(told), encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except (FerClassicError, OSError) as error:
        sys.exit(f"start_curve.py: error: {error}")
