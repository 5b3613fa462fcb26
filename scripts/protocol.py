"""Train presets on a known data set by its own protocol, and print their scores.

Usage: python scripts/protocol.py fer2013 FOLDER --out runs/protocol
           [--presets card,fast,accurate] [--classes five,seven] [--jobs 2]
       python scripts/protocol.py ferplus FOLDER --out runs/ferplus

Layouts: ``fer2013`` (train, val and test as zips or folders of ``label_number.jpg``; val
is the challenge's public test, test has no labels), ``ferplus`` (the same folder with
votes.csv, the votes of ten annotators: models learn from their shares, and are scored
against the majority, in eight classes and in five, images without a majority of the set
left out), ``raf-db`` (``train_00001_aligned.jpg``
beside ``list_patition_label.txt``), ``ck+`` (folders of classes, ``S010_004_00000017.png``)
and ``jaffe`` (``KA.AN1.39.tiff``). The last two have no split: their scores are those of a
5-fold cross-validation that never parts a person.

Each row is printed as soon as it is known; scores.json in the output folder has them all,
with confusion matrices, and beside it lie the models and the predictions of the unlabelled
part. Faces are computed once. Choose on val; never on copies of training images: the
columns "no copies" leave those out.
"""

import argparse
import json
import os
import re
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np

from fer_classic.compute.timer import Timer
from fer_classic.data.conventions import CONVENTIONS
from fer_classic.data.dataset import read_dataset
from fer_classic.data.labels import SEVEN
from fer_classic.data.voted import training_shares, with_majority
from fer_classic.data.votes import read_votes
from fer_classic.errors import FerClassicError
from fer_classic.faces.extract import extract_faces
from fer_classic.files.kept import cache_folder
from fer_classic.files.text import to_json, write_rows
from fer_classic.model.predict import predict_faces
from fer_classic.model.store import save_model
from fer_classic.model.train import train_model
from fer_classic.scores.subsets import copies_of, judge, judge_by_votes
from fer_classic.settings import PRESETS, preset_settings
from fer_classic.submissions.write import default_submission

PARTS = ("train", "val", "test")
COLUMNS = (
    "preset",
    "classes",
    "images",
    "balanced",
    "accuracy",
    "no copies: balanced",
    "accuracy",
    "training",
    "a face",
)


def raf_db(folder):
    """Rows (path, label, split, group) of RAF-DB's basic part."""
    lists = sorted(folder.rglob("list_pa*tition_label.txt"))
    if not lists:
        raise FerClassicError(f"{folder} holds no list_patition_label.txt of RAF-DB.")
    images = {path.name: path for path in folder.rglob("*.jpg")}
    rows = []
    for line in lists[0].read_text().splitlines():
        name, code = line.split()
        stem = name.removesuffix(".jpg")
        path = images.get(f"{stem}_aligned.jpg") or images.get(name)
        if path is None:
            raise FerClassicError(f"{lists[0]} lists {name}, which is not in {folder}.")
        rows.append((path, CONVENTIONS["rafdb"].codes[code], stem.partition("_")[0], ""))
    return rows


def ck_plus(folder):
    """Rows of CK+ in folders of classes; the person is the part S010 of the name."""
    return [
        (path, path.parent.name.lower(), "", path.name.partition("_")[0])
        for path in sorted(folder.rglob("S*.png"))
    ]


def jaffe(folder):
    """Rows of JAFFE; ``KA.AN1.39.tiff`` is person KA with anger."""
    rows = []
    for path in sorted(folder.rglob("*.tif*")):
        if found := re.match(r"([A-Z]{2})\.([A-Z]{2})\d", path.name):
            label = CONVENTIONS["jaffe"].codes.get(found[2])
            rows.append((path, label, "", found[1]))
    return rows


LAYOUTS = {"raf-db": raf_db, "ck+": ck_plus, "jaffe": jaffe}


def samples_of(layout, folder):
    """Samples by part: train, and val and test where the set has them."""
    if layout in ("fer2013", "ferplus"):
        found = {}
        for part in PARTS:
            for path in (folder / f"{part}.zip", folder / part):
                if path.exists():
                    labels = "none" if part == "test" else "auto"
                    found[part] = read_dataset(path, classes=SEVEN, labels=labels)
                    break
        if not {"train", "val"} <= found.keys():
            raise FerClassicError(f"{folder} needs train.zip and val.zip (or folders).")
        return found
    rows = LAYOUTS[layout](folder)
    if not rows:
        raise FerClassicError(f"{folder} holds no image named as {layout} names them.")
    with tempfile.TemporaryDirectory() as work:
        manifest = Path(work) / "manifest.csv"
        with open(manifest, "w", newline="", encoding="utf-8") as file:
            write_rows(file, [("path", "label", "split", "group")])
            write_rows(file, ((str(path.absolute()), *rest) for path, *rest in rows))
        whole = read_dataset(manifest, classes=SEVEN)
    if "train" not in whole.splits:
        return {"train": whole}
    return {"train": whole.in_split("train"), "val": whole.in_split("test")}


def train_and_judge(
    name,
    settings,
    faces,
    *,
    jobs,
    checkpoint=None,
    targets=None,
    weights=None,
    votes=None,
    keep_start=False,
):
    """Train on ``faces["train"]``, judge on ``faces["val"]``, or cross-validate.

    ``targets`` are shares of the classes in the rows of ``faces["train"]``, ``weights``
    what each counts; ``votes`` judge ``faces["val"]`` once more, by their majority. With
    ``keep_start`` the model keeps what others need to start from it.

    Returns the model, its scores as JSON types, and Predictions of ``faces["test"]``.
    """
    training, timer = faces["train"], Timer()
    start = time.perf_counter()
    if "val" not in faces:
        settings = replace(settings, folds=5)
    labelled = training.labels >= 0
    training = training.take(labelled)
    given = {"targets": targets, "weights": weights}
    given = {key: own[labelled] for key, own in given.items() if own is not None}
    if checkpoint is not None:
        given["checkpoint"] = checkpoint
    given["keep_start"] = keep_start
    model = train_model(training, settings, jobs=jobs, timer=timer, **given)
    seconds = time.perf_counter() - start
    scores = {"preset": name, "classes": settings.classes, "training_seconds": seconds}
    scores["seconds"] = timer.seconds
    tested = faces.get("val", training)
    start = time.perf_counter()
    predictions = predict_faces(model, tested, jobs=1)
    scores["ms_a_face"] = (time.perf_counter() - start) / len(tested) * 1e3
    if "val" in faces:
        copied = copies_of(training, tested)
        if votes is not None:
            scores["votes"] = judge_by_votes(predictions, tested, votes, copied=copied)
        known = np.flatnonzero(tested.labels >= 0)
        prior = settings.classifier.get("prior", "uniform")
        scores |= judge(
            predictions.take(known), tested.take(known), prior=prior, copied=copied[known]
        )
    else:
        scores["all"] = model.trained_on["cross_validation"]
    test = predict_faces(model, faces["test"], jobs=jobs) if "test" in faces else None
    return model, scores, test


def row_of(scores):
    """The printed row of a preset's scores."""

    def value(part, key):
        own = scores.get(part)
        if own is None:
            return "-"
        found = own[key]
        return f"{found['value']:.3f} ({found['low']:.3f} to {found['high']:.3f})"

    both = ("balanced_accuracy", "accuracy")
    return [
        scores["preset"],
        scores["classes"],
        str(scores["all"]["n"]),
        *(value("all", key) for key in both),
        *(value("duplicate_free", key) for key in both),
        f"{scores['training_seconds']:.0f} s",
        f"{scores['ms_a_face']:.2f} ms",
    ]


def main():
    """Parse, compute, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("layout", choices=["fer2013", "ferplus", *LAYOUTS])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--presets", default=",".join(PRESETS))
    parser.add_argument("--classes", help="default: five,seven; eight,five for ferplus")
    parser.add_argument("--jobs", type=int, default=-1)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    votes = None
    if arguments.layout == "ferplus":
        votes = read_votes(arguments.folder / "votes.csv")
    samples = samples_of(arguments.layout, arguments.folder)
    faces = {
        part: extract_faces(own, jobs=arguments.jobs, cache=cache_folder())
        for part, own in samples.items()
    }
    print(" | ".join(COLUMNS), flush=True)
    table = []
    default = "five,seven" if votes is None else "eight,five"
    for classes in (arguments.classes or default).split(","):
        own = {part: table_.with_classes(classes) for part, table_ in faces.items()}
        given = {}
        if votes is not None:
            own["train"], given["targets"] = training_shares(own["train"], votes, 1.0)
            own["val"] = with_majority(own["val"], votes)
        for preset in arguments.presets.split(","):
            settings = preset_settings(preset, classes=classes)
            if votes is not None and not settings.experts:  # SMOTE's rows have no votes
                settings = settings.with_changes(balance="class_weight")
            if classes == "eight":  # scored by accuracy: classes as frequent as they are
                settings = settings.with_changes(prior="train")
            model, scores, test = train_and_judge(
                preset, settings, own, jobs=arguments.jobs, **given
            )
            folder = arguments.out / f"{classes}-{preset}"
            folder.mkdir(exist_ok=True)
            save_model(model, folder)
            if test is not None:
                text = default_submission(test)
                (arguments.out / f"{folder.name}-test.json").write_text(text)
            table.append(scores)
            print(" | ".join(row_of(scores)), flush=True)
            (arguments.out / "scores.json").write_text(to_json(table))


if __name__ == "__main__":
    try:
        main()
    except (FerClassicError, OSError, json.JSONDecodeError) as error:
        sys.exit(f"protocol.py: error: {error}")
