"""How many wrong labels are found among the first suspects, and what mending them gains.

Usage: python scripts/mending.py FOLDER --out runs/mending
           [--groups '_(p[0-9]+)_'] [--elsewhere MODEL] [--share 0.1] [--seeds 3]

FOLDER holds labelled photographs as train.zip and val.zip (or folders). A share of the
training labels is changed at random; several methods rank all training images by how
suspicious their label is, and it is counted how many of the changed labels are among the
first N of each. Then ``fast`` is trained with the changed labels, with the first N suspects
of the chosen method mended, and with all labels as they were, and scored on val.

The labels as they were are no truth either: some are wrong, and a method that finds those
is given no credit for it. ``--elsewhere`` names a model that has seen none of the images.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np

from fer_classic.data.dataset import read_dataset
from fer_classic.faces.extract import extract_faces
from fer_classic.files.kept import cache_folder
from fer_classic.files.text import to_json
from fer_classic.learn.calibrate import best_temperature
from fer_classic.learn.embedding import FaceEmbedding
from fer_classic.learn.experts import add_scores, expert_parameters
from fer_classic.learn.kernel_blocks import gaussian_kernel
from fer_classic.learn.kernel_ridge import KernelRidgeScores
from fer_classic.learn.trees import softmax
from fer_classic.model.predict import predict_faces
from fer_classic.model.store import load_model
from fer_classic.model.train import fold_groups, train_model, training_rows
from fer_classic.report.labelerrors import label_errors
from fer_classic.scores.metrics import evaluate
from fer_classic.scores.paired import paired_difference
from fer_classic.settings import PRESETS, preset_settings

PRESET = "fast"
#: Suspects looked at, as shares of the changed labels.
LOOKED_AT = (0.25, 0.5, 1.0, 1.5, 2.0)
#: Those after which a model is trained.
MENDED = (0.5, 1.0, 2.0)
#: Nearest training faces that vote.
NEIGHBOURS = 40
CHOSEN = "probability of the label, kernel experts"


def read_faces(path, groups, jobs):
    """Labelled, readable faces."""
    samples = read_dataset(path, group_pattern=groups).training_part()
    faces = extract_faces(samples, jobs=jobs, cache=cache_folder(None))
    return faces.take(training_rows(faces))


def vectors_of(faces, jobs):
    """What each expert of the preset compares: no labels are used."""
    vectors = []
    for own in PRESETS[PRESET]["experts"]:
        embedding, _ = expert_parameters(own)
        crops = faces.upright if own.get("crop") == "upright" else faces.crops
        data = np.asarray(crops), np.asarray(faces.landmarks)
        made = FaceEmbedding(**embedding, random_state=0).fit(data, jobs=jobs)
        vectors.append(made.transform(data, jobs=jobs))
    return vectors


def experts_say(vectors, labels, groups):
    """Probabilities by kernel experts that have not seen the row nor its group."""
    scores = []
    for own, part in zip(PRESETS[PRESET]["experts"], vectors, strict=True):
        ridge = KernelRidgeScores(**expert_parameters(own)[1], random_state=0)
        scores.append(ridge.fit(part, labels, groups).out_of_fold_)
    total = add_scores(scores, PRESETS[PRESET]["experts"]).astype(np.float64)
    shares = np.full(total.shape[1], 1 / total.shape[1])
    return softmax(total / best_temperature(total, labels, shares))


def neighbours_say(vectors, labels, groups):
    """Shares of classes, weighed evenly, among the nearest faces of other groups."""
    likeness = 0
    for own, part in zip(PRESETS[PRESET]["experts"], vectors, strict=True):
        kernel = gaussian_kernel(part, part.copy(), own["gamma"])
        likeness = likeness + own.get("share", 1.0) * kernel
    likeness[groups[:, None] == groups] = -1
    nearest = np.argpartition(-likeness, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    weights = np.take_along_axis(likeness, nearest, axis=1)
    votes = [
        (weights * (labels[nearest] == code)).sum(axis=1) / count
        for code, count in enumerate(np.bincount(labels))
    ]
    votes = np.stack(votes, axis=1)
    return votes / votes.sum(axis=1, keepdims=True)


def trees_say(faces, labels, groups, jobs):
    """Probabilities by the trees of the preset card, of the parts they held out."""
    from fer_classic.learn.classifier import ExpressionClassifier
    from fer_classic.model.fit import columns

    settings = preset_settings("card")
    classifier = ExpressionClassifier(**settings.classifier, n_jobs=jobs)
    names = np.array(faces.classes.names)[labels]
    rows, found = classifier.fit(columns(faces, settings, []).X, names, groups).held_out_
    ordered = np.empty((len(labels), len(faces.classes)))
    order = [classifier.classes_.tolist().index(name) for name in faces.classes.names]
    ordered[rows] = found[:, order]
    return ordered


def by_label(chances, labels):
    """Rows by the probability of their label, the least first."""
    return np.argsort(chances[np.arange(len(labels)), labels], kind="stable")


def by_margin(chances, labels):
    """Rows by the margin of their label below the best other class."""
    rows = np.arange(len(labels))
    own, others = chances[rows, labels], chances.copy()
    others[rows, labels] = -1
    return np.argsort(own - others.max(axis=1), kind="stable")


def rankings(faces, labels, groups, vectors, elsewhere, jobs):
    """Every method's order of the rows, the most suspicious first."""
    experts = experts_say(vectors, labels, groups)
    near = neighbours_say(vectors, labels, groups)
    trees = trees_say(faces, labels, groups, jobs)
    made = {
        "by chance": np.random.default_rng(0).permutation(len(labels)),
        "probability of the label, trees of card": by_label(trees, labels),
        "margin, kernel experts": by_margin(experts, labels),
        CHOSEN: by_label(experts, labels),
        f"probability of the label, {NEIGHBOURS} nearest faces": by_label(near, labels),
        "both of these, multiplied": by_label(experts * near, labels),
    }
    if elsewhere is not None:
        made["probability of the label, a model trained elsewhere"] = by_label(
            elsewhere, labels
        )
        made["that and the kernel experts, multiplied"] = by_label(
            experts * elsewhere, labels
        )
    listed, _ = label_errors(labels, experts)
    return made, len(listed)


def changed_labels(labels, share, seed):
    """Labels of which a share is another class, and which rows these are."""
    random = np.random.default_rng(seed)
    rows = random.choice(len(labels), round(share * len(labels)), replace=False)
    labels, k = labels.copy(), int(labels.max()) + 1
    labels[rows] = (labels[rows] + random.integers(1, k, len(rows))) % k
    return labels, rows


class Trainings:
    """Models of different labels of the same faces, scored on the same other faces."""

    def __init__(self, faces, val, jobs):
        self.faces, self.val, self.jobs = faces, val, jobs
        self.settings = preset_settings(PRESET)

    def answers(self, labels):
        """What a model that learned such labels says of val."""
        from dataclasses import replace

        faces = replace(self.faces, labels=labels)
        model = train_model(faces, self.settings, jobs=self.jobs)
        return predict_faces(model, self.val, jobs=self.jobs).labels

    def score(self, answers):
        """Balanced accuracy on val."""
        names = self.val.classes.names
        found = evaluate(self.val.labels, answers, names, groups=fold_groups(self.val))
        return found["balanced_accuracy"]

    def gain(self, after, before):
        """Paired difference of several trainings each, persons drawn with all of them."""
        n = len(after)
        truth, groups = np.tile(self.val.labels, n), np.tile(fold_groups(self.val), n)
        pairs = np.concatenate(after), np.concatenate(before)
        return paired_difference(truth, *pairs, len(self.val.classes), groups)


def measure(arguments):
    """Both tables, as JSON types; told as they grow."""
    faces = read_faces(_part(arguments.folder, "train"), arguments.groups, arguments.jobs)
    val = read_faces(_part(arguments.folder, "val"), arguments.groups, arguments.jobs)
    groups, vectors = fold_groups(faces), vectors_of(faces, arguments.jobs)
    elsewhere = None
    if arguments.elsewhere:
        model = load_model(arguments.elsewhere)
        elsewhere = predict_faces(model, faces, jobs=arguments.jobs).probabilities
    trainings = Trainings(faces, val, arguments.jobs)
    answers = {"as they were": [trainings.answers(faces.labels)]}
    found, listed, told = {}, [], {}
    for seed in range(arguments.seeds):
        labels, rows = changed_labels(faces.labels, arguments.share, seed)
        changed = np.zeros(len(labels), dtype=bool)
        changed[rows] = True
        orders, number = rankings(faces, labels, groups, vectors, elsewhere, arguments.jobs)
        listed.append(number)
        for name, order in orders.items():
            counts = [int(changed[order[: round(s * len(rows))]].sum()) for s in LOOKED_AT]
            found.setdefault(name, []).append(counts)
        answers.setdefault("changed", []).append(trainings.answers(labels))
        for share in MENDED:
            mended, first = labels.copy(), orders[CHOSEN][: round(share * len(rows))]
            mended[first] = faces.labels[first]
            answers.setdefault(str(share), []).append(trainings.answers(mended))
        told = {
            "images": len(faces),
            "changed": len(rows),
            "seeds": seed + 1,
            "listed": listed,
            "found": found,
            "scores": {
                key: [trainings.score(own) for own in several]
                for key, several in answers.items()
            },
            "gains": {
                key: trainings.gain(several, answers["changed"])
                for key, several in answers.items()
                if key not in ("changed", "as they were")
            }
            | {
                "as they were": trainings.gain(
                    answers["as they were"] * (seed + 1), answers["changed"]
                )
            },
        }
        (arguments.out / "mending.json").write_text(to_json(told), encoding="utf-8")
        print(tables(told), flush=True)
    return told


def _part(folder, name):
    packed = folder / f"{name}.zip"
    return packed if packed.is_file() else folder / name


def tables(told):
    """Both tables as Markdown."""
    looked = [round(share * told["changed"]) for share in LOOKED_AT]
    lines = [
        f"| method | {' | '.join(f'first {n}' for n in looked)} |",
        "|---" * (len(looked) + 1) + "|",
    ]
    for name, counts in told["found"].items():
        means = np.mean(counts, axis=0)
        cells = [f"{m:.0f} ({m / told['changed']:.0%})" for m in means]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += [
        "",
        "| training labels | balanced accuracy on val | gain (95%) |",
        "|---|---|---|",
    ]
    for key in ("changed", *map(str, MENDED), "as they were"):
        mean = np.mean([own["value"] for own in told["scores"][key]])
        name = key
        if key not in ("changed", "as they were"):
            name = f"first {round(float(key) * told['changed'])} suspects mended"
        gain = told["gains"].get(key)
        told_gain = ""
        if gain:
            points = (100 * gain[part] for part in ("value", "low", "high"))
            told_gain = "{:+.1f} ({:+.1f} to {:+.1f})".format(*points)
        lines.append(f"| {name} | {100 * mean:.1f} | {told_gain} |")
    return "\n".join(lines) + "\n"


def main():
    """Measure, write mending.json, print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--groups")
    parser.add_argument("--elsewhere", type=Path)
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=-1)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    measure(arguments)


if __name__ == "__main__":
    main()
