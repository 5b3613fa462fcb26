"""Train the models that ship, write their cards and their submissions.

Usage: python scripts/train_models.py DATA [--models five-fast,seven-cnn] [--out models]

DATA holds ``fer2013/{train,val,test}.zip``, ``fer2013/votes.csv`` (the votes of FER+) and
``webfaces/{train,val,test}.zip``. The five-class models learn from both training parts, the
others from FER2013's; VOTED names those that learn from the votes.
Both val parts are only judged. Each model is made in a process of its own, because
LightGBM and torch never share one; the networks (cnn, cnn-mini) need the extra cnn, learn
on one core, and go on where they were stopped. With the same data, versions and machine the
files come out the same, byte for byte.
"""

import argparse
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from protocol import row_of, train_and_judge

from fer_classic.data.dataset import read_dataset
from fer_classic.data.labels import SEVEN
from fer_classic.data.voted import training_shares, with_majority
from fer_classic.data.votes import read_votes
from fer_classic.errors import FerClassicError
from fer_classic.faces.extract import extract_faces
from fer_classic.faces.table import join_tables
from fer_classic.files.atomic import new_directory
from fer_classic.files.kept import cache_folder
from fer_classic.files.text import to_json
from fer_classic.model.predict import predict_faces
from fer_classic.model.store import save_model
from fer_classic.scores.subsets import copies_of, judge
from fer_classic.settings import Settings, preset_settings
from fer_classic.submissions.write import default_submission

#: Name: class set, preset, training sets.
MODELS = {
    "five-fast": ("five", "fast", ("fer2013", "webfaces")),
    "seven-fast": ("seven", "fast", ("fer2013",)),
    "five-accurate": ("five", "accurate", ("fer2013", "webfaces")),
    "seven-accurate": ("seven", "accurate", ("fer2013",)),
    "eight-accurate": ("eight", "accurate", ("fer2013",)),
    "five-cnn": ("five", "cnn", ("fer2013", "webfaces")),
    "seven-cnn": ("seven", "cnn", ("fer2013",)),
    "five-cnn-mini": ("five", "cnn-mini", ("fer2013", "webfaces")),
    "seven-cnn-mini": ("seven", "cnn-mini", ("fer2013",)),
}
#: Models that learn from the votes of fer2013/votes.csv, and what these count beside
#: FER2013's own labels (docs/labels.md tells why).
VOTED = {
    **dict.fromkeys(("five-fast", "five-accurate", "five-cnn", "five-cnn-mini"), 0.85),
    "eight-accurate": 1.0,
}
#: Models that others can start from (start.npz: docs/start.md).
STARTS = ("five-fast", "five-accurate")
#: What the upright crop counts in these: less than in the presets, which were chosen on
#: FER2013, where every tenth face is not found and its landmarks are guesses.
UPRIGHT = 0.3
#: Images of a class and a set that kernels learn from, at most: more of the frequent ones
#: cost time and megabytes, since a kernel keeps all, and gain little.
MOST = 4500
#: Web photographs are uneven by up to nine times, FER2013's images are not. Weighed as they
#: come, they teach that a large, sharp face is happy or neutral; so they count half in all,
#: and a class of n of them counts n ** -0.6 (docs/labels.md tells what that is worth).
WEB_WEIGHT, WEB_POWER = 0.5, 1.6
#: What --preset has no name for: the options of the command train-cnn.
NETWORKS = {
    "cnn": {"network": "default", "epochs": 50, "device": "cpu"},
    "cnn-mini": {"network": "mini", "epochs": 30, "device": "cpu"},
}
SETS = {"fer2013": "FER2013", "webfaces": "the web photographs"}
PERSONS = "_(p[0-9]+)_"

CARD = """# {name}

{classes} expressions by {what} of fer_classic {version}.{kind}

```
fer-classic predict photo.jpg --model models/{name}
```

## Data

Trained on {data}. Labels: {counts}. A face was found in
{found:.1%} of them; the others take part as whole images. Copies of one image are never
parted.

FER2013 is the Kaggle challenge's set of 2013: 48 x 48 pixels, gray, many wrong labels. The
web photographs are mostly 350 x 350 pixels, one face each, uneven by up to ten times.

## Scores

Balanced accuracy weighs classes evenly; in brackets 95% intervals by bootstrap.
Hyper-parameters were chosen on FER2013's public test (`val.zip`): expect slightly less
elsewhere.

| part | images | balanced accuracy | accuracy |
|---|---|---|---|
{rows}

Confusion on FER2013's public test (rows: {truth}):

{confusion}

`submission-test.json` holds the predictions for FER2013's private test,
`submission-webfaces.json` those for the unlabelled web photographs.

## Cost

{trained} {ms:.2f} ms a face on one core after the
landmarks (in batches). {megabytes:.1f} MB on disk{more}.

## Use and limits

For comparing methods and for first looks at one's own photographs. Near-frontal, upright
faces. Expressions are labels that people gave to pictures: they are uncertain, depend on
culture and context, and do not tell what a person feels. FER2013's faces come from searches
in English; age, skin colour and sex are neither balanced nor recorded, and no score by such
groups is known. Do not use this to judge people.

## Licence

Code and weights: MIT, as far as we can give it. The training pictures were collected for
research and their rights are unclear; the landmarks come from a file trained on iBUG 300-W,
whose licence excludes commercial use. {holds}
"""


def all_faces(data, jobs):
    """Face tables of every set and part, with seven classes."""
    tables = {}
    for name in SETS:
        for part in ("train", "val", "test"):
            samples = read_dataset(
                data / name / f"{part}.zip",
                classes=SEVEN,
                labels="none" if part == "test" else "auto",
                group_pattern=PERSONS if name == "webfaces" and part != "test" else None,
            )
            tables[name, part] = extract_faces(samples, jobs=jobs, cache=cache_folder())
    return tables


def upright_share(expert):
    """What changes in an expert of the upright crop."""
    return {"share": UPRIGHT} if expert.get("crop") == "upright" else {}


def at_most(labels, number, seed=0):
    """Rows of the labelled images, each class cut at random to a number, in order."""
    random = np.random.default_rng(seed)
    kept = []
    for code in range(labels.max() + 1):
        rows = np.flatnonzero(labels == code)
        kept.append(random.choice(rows, min(number, len(rows)), replace=False))
    return np.sort(np.concatenate(kept))


def as_frequent(labels, rows):
    """Weights of some rows with which each class is as frequent as among all rows."""
    every, kept = np.bincount(labels[labels >= 0]), np.bincount(labels[rows])
    return (every / kept)[labels[rows]]


def web_weights(labels, mean=WEB_WEIGHT, power=WEB_POWER):
    """Weights of labelled web photographs: of some mean, rare classes in front."""
    rare = 1.0 / np.bincount(labels)[labels] ** power
    return mean * rare / rare.mean()


def build(name, tables, votes, jobs):
    """A model, its scores by part, and the texts of its submissions."""
    classes, preset, sets = MODELS[name]
    own = {key: table.with_classes(classes) for key, table in tables.items()}
    kernels = preset not in NETWORKS
    parts = {key: own[key, "train"] for key in sets}
    shares = [np.eye(len(part.classes) + 1)[part.labels][:, :-1] for part in parts.values()]
    if name in VOTED:
        place = list(parts).index("fer2013")
        voted, own_shares = training_shares(parts["fer2013"], votes, VOTED[name])
        rows = at_most(voted.labels, MOST if kernels else len(voted))
        parts["fer2013"], shares[place] = voted.take(rows), own_shares[rows]
    training, shares = join_tables(list(parts.values())), np.concatenate(shares)
    faces = {"train": training, "val": own["fer2013", "val"]}
    given = {"targets": shares, "votes": votes} if name in VOTED else {}
    if name in VOTED and kernels and "webfaces" in parts:
        given["weights"] = np.concatenate(
            [
                web_weights(part.labels) if key == "webfaces" else np.ones(len(part))
                for key, part in parts.items()
            ]
        )
    if classes == "eight":
        # Scored by accuracy: its probabilities assume the classes' own frequencies.
        given["weights"] = as_frequent(voted.labels, rows)
        # FER2013 has no label for contempt.
        faces["val"] = with_majority(faces["val"], votes)
    checkpoint = None
    if not kernels:
        only = {"features": {}, "experts": [], "classifier": {}}
        settings = Settings(classes=classes, network=NETWORKS[preset], **only)
        jobs = 1  # the last digits depend on the number of threads
        if (kept := cache_folder()) is not None:
            checkpoint = kept / "networks" / f"{name}.checkpoint"
    else:
        settings = preset_settings(preset, classes=classes, vote_share=VOTED.get(name))
        if name in VOTED:
            experts = [own | upright_share(own) for own in settings.experts]
            settings = replace(settings, experts=experts)
        if classes == "eight":
            settings = settings.with_changes(prior="train")
    given["keep_start"] = name in STARTS
    model, scores, _ = train_and_judge(
        preset, settings, faces, jobs=jobs, checkpoint=checkpoint, **given
    )
    if not kernels:
        scores["training_seconds"] = model.classifier.seconds_["wall"]
        scores["processor_seconds"] = model.classifier.seconds_["cpu"]
    if classes == "five":
        web = own["webfaces", "val"]
        predictions = predict_faces(model, web, jobs=jobs)
        scores["webfaces"] = judge(predictions, web, copied=copies_of(training, web))
    texts = {
        f"submission-{kind}.json": default_submission(
            predict_faces(model, own[key, "test"], jobs=jobs)
        )
        for kind, key in (("test", "fer2013"), ("webfaces", "webfaces"))
    }
    return model, scores, texts


def card_parts(classes, scores):
    """Titles and scores of a card on FER2013's public test, by labels and by votes."""
    by_votes = "FER2013's public test, majority of ten annotators (FER+)"
    if classes == "eight":
        return [(by_votes, scores)]
    parts = [("FER2013, public test", scores)]
    return parts + ([(by_votes, scores["votes"])] if "votes" in scores else [])


def card(name, model, scores, size):
    """The model's README."""
    from fer_classic import __version__

    classes, preset, sets = MODELS[name]
    trained = model.trained_on

    def line(title, part):
        both = [part["balanced_accuracy"], part["accuracy"]]
        cells = [f"{v['value']:.3f} ({v['low']:.3f} to {v['high']:.3f})" for v in both]
        return f"| {title} | {part['n']} | {cells[0]} | {cells[1]} |"

    rows = []
    for title, part in card_parts(classes, scores):
        rows.append(line(title, part["all"]))
        if "duplicate_free" in part:
            copies = "... without copies of training images"
            rows.append(line(copies, part["duplicate_free"]))
        if "covered" in part:
            rows.append(line("... where a face was found", part["covered"]))
    if "webfaces" in scores:
        rows.append(line("web photographs, other persons", scores["webfaces"]["all"]))
    names = list(scores["all"]["per_class"])
    confusion = [f"| | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for own, counts in zip(names, scores["all"]["confusion"], strict=True):
        confusion.append(f"| {own} | {' | '.join(map(str, counts))} |")
    minutes = scores["training_seconds"] / 60
    if preset in NETWORKS:
        what = (
            f"a small neural network (`train-cnn --network {NETWORKS[preset]['network']}`)"
        )
        processor = scores["processor_seconds"] / 60
        how = f"Trained in {minutes:.0f} minutes ({processor:.0f} of processor time) on one"
        how += " core shared with other work."
        kind = ""
        holds = "The model contains no picture, only the weights of the network."
    else:
        what = f"the preset `{preset}`"
        how = f"Trained in {minutes:.1f} minutes on two cores."
        kind = " No neural network."
        holds = "The model contains no picture, but short vectors of\n"
        holds += "the training faces, in whole numbers of few bits."
        if name in STARTS:
            holds += " `start.npz` holds hashes of the photographs,\n"
            holds += "so that copies are known where somebody starts from this model."
    counts = ", ".join(f"{label} {n:,}" for label, n in trained["classes"].items())
    return CARD.format(
        name=name,
        classes=classes.capitalize(),
        what=what,
        kind=kind,
        version=__version__,
        data=" and ".join(SETS[key] for key in sets)
        + (", FER2013's with the votes of ten annotators (FER+)" if name in VOTED else "")
        + f" (training parts, {trained['images']:,} images)",
        counts=counts,
        found=trained["faces_found"] / trained["images"],
        rows="\n".join(rows),
        confusion="\n".join(confusion),
        truth="majority of the votes" if classes == "eight" else "truth",
        trained=how,
        holds=holds,
        ms=scores["ms_a_face"],
        megabytes=size / 1e6,
        more=", beside `start.npz`, which predicting does not read" * (name in STARTS),
    )


def main():
    """Parse, train, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--out", type=Path, default=Path("models"))
    parser.add_argument("--jobs", type=int, default=-1)
    arguments = parser.parse_args()
    names = arguments.models.split(",")
    if unknown := set(names) - set(MODELS):
        raise FerClassicError(f"Unknown model {unknown.pop()!r}: one of {set(MODELS)}.")
    arguments.out.mkdir(parents=True, exist_ok=True)
    if len(names) > 1:
        for name in names:
            line = [sys.executable, __file__, arguments.data, "--models", name]
            line += ["--out", arguments.out, "--jobs", str(arguments.jobs)]
            subprocess.run(line, check=True)
        return
    tables = all_faces(arguments.data, arguments.jobs)
    name, votes = names[0], read_votes(arguments.data / "fer2013" / "votes.csv")
    model, scores, texts = build(name, tables, votes, arguments.jobs)
    print(" | ".join(row_of(scores)), flush=True)
    if "webfaces" in scores:
        own = scores["webfaces"]["all"]["balanced_accuracy"]
        print(f"  web photographs: {own['value']:.3f}", flush=True)
    lean = {k: v for k, v in model.trained_on.items() if k != "curves"}
    with new_directory(arguments.out / name, overwrite=True) as folder:
        save_model(replace(model, trained_on=lean | {"curves": {}}), folder)
        parts = [path for path in folder.iterdir() if path.name != "start.npz"]
        size = sum(path.stat().st_size for path in parts)
        for file, text in texts.items():
            (folder / file).write_text(text, encoding="utf-8")
        (folder / "scores.json").write_text(to_json(scores), encoding="utf-8")
        text = card(name, model, scores, size)
        (folder / "README.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except (FerClassicError, OSError) as error:
        sys.exit(f"train_models.py: error: {error}")
