"""Networks and models without one on the same faces, side by side.

Usage: python scripts/compare_cnn.py DATA --out DIR [--card DIR/OF/PROTOCOL] [--limit 800]

DATA holds ``fer2013/{train,val}.zip``, ``fer2013/votes.csv`` and
``webfaces/{train,val}.zip``. Compared are the models in ``models/``, those of the card
where --card names the folder that ``protocol.py fer2013 DATA/fer2013 --presets card``
wrote, and the fusion of ``accurate`` and ``cnn``, whose weights are fitted out of fold on
the images compared. Photographs made worse (see robustness.py) are web photographs of other
persons. Each model predicts in a process of its own, because LightGBM and torch never share
one. Prints Markdown tables; DIR keeps faces, predictions and comparison.json.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from protocol import samples_of
from robustness import STRENGTHS, worse_table

from fer_classic.data.dataset import read_dataset
from fer_classic.data.labels import SEVEN
from fer_classic.data.voted import with_majority
from fer_classic.data.votes import read_votes
from fer_classic.errors import FerClassicError
from fer_classic.faces.extract import extract_faces
from fer_classic.faces.store import load_faces, save_faces
from fer_classic.files.atomic import new_directory
from fer_classic.files.kept import cache_folder
from fer_classic.files.text import markdown_table, read_json, to_json
from fer_classic.model.predict import Predictions, predict_faces
from fer_classic.model.store import load_model
from fer_classic.scores.subsets import copies_of, judge
from fer_classic.submissions.fusion import fuse_out_of_fold

ROWS = ("card", "fast", "accurate", "cnn", "cnn-mini")
FUSED = ("accurate", "cnn")
FUSION = "accurate + cnn"
#: Changes of the robustness table, and which of their strengths.
CHANGES, STRENGTH = ("blur", "down-scale", "dark", "bright", "rotation"), (0, 2, 4)


def make_faces(data, out, limit, jobs):
    """Face tables by name: train, val, votes, web, and web photographs made worse."""
    parts = samples_of("fer2013", data / "fer2013")
    web = read_dataset(data / "webfaces" / "val.zip", classes=SEVEN).training_part()
    if len(web) > limit:
        rows = np.random.default_rng(0).choice(len(web), limit, replace=False)
        web = web.take(np.sort(rows))
    for name, samples in (("train", parts["train"]), ("val", parts["val"]), ("web", web)):
        if not (out / name).is_dir():
            table = extract_faces(samples, jobs=jobs, cache=cache_folder())
            keep(table, out / name)
    if not (out / "votes").is_dir():
        votes = read_votes(data / "fer2013" / "votes.csv")
        keep(with_majority(load_faces(out / "val"), votes), out / "votes")
    table = load_faces(out / "web")
    for kind in CHANGES:
        for strength in (STRENGTHS[kind][0][i] for i in STRENGTH):
            place = out / f"{kind}-{strength:g}"
            if not place.is_dir():
                keep(worse_table(table, web.sources, kind, strength), place)


def keep(table, place):
    """Write a face table that is whole or not there."""
    with new_directory(place) as folder:
        save_faces(table, folder)


def predict(folder, tables, out):
    """Probabilities by table as npz, and the milliseconds a face of the first; one core."""
    model = load_model(folder)
    found, milliseconds = {}, None
    for place in tables:
        faces = load_faces(place).with_classes(model.settings.classes)
        faces = faces.take(faces.labels >= 0)
        predict_faces(model, faces.take(np.arange(8)), jobs=1)  # compile and warm up
        start = time.perf_counter()
        found[place.name] = predict_faces(model, faces, jobs=1).probabilities
        spent = (time.perf_counter() - start) / len(faces) * 1e3
        milliseconds = milliseconds or spent
    np.savez(out, ms=milliseconds, **found)


def cost(folder, card):
    """Minutes of training, of processor time if known, and megabytes on disk."""
    names = {"README.md", "scores.json", "SHA256SUMS", "start.npz"}
    size = sum(
        own.stat().st_size
        for own in folder.iterdir()
        if own.name not in names and not own.name.startswith("submission")
    )
    if (folder / "scores.json").is_file():
        scores = read_json(folder / "scores.json")
    else:
        every = read_json(card / "scores.json")
        classes = folder.name.partition("-")[0]
        scores = next(own for own in every if own["classes"] == classes)
    spent = scores["training_seconds"] / 60
    return spent, scores.get("processor_seconds", 0) / 60 or None, size / 1e6


def scores_of(probabilities, faces, copied):
    """Scores of a result as the commands give them."""
    labels = probabilities.argmax(axis=1)
    names = faces.classes.names
    return judge(
        Predictions(faces.names, labels, probabilities, names), faces, copied=copied
    )


def compare(classes, folders, out, card):
    """Rows of one class set by name: scores, cost, and scores on worse photographs."""
    worse = [out / f"{k}-{STRENGTHS[k][0][i]:g}" for k in CHANGES for i in STRENGTH]
    photographs = [out / "votes", out / "web", *worse] if classes == "five" else []
    places = [out / "val", *photographs]
    faces = {place.name: load_faces(place).with_classes(classes) for place in places}
    faces = {name: own.take(own.labels >= 0) for name, own in faces.items()}
    training = load_faces(out / "train").with_classes(classes)
    copied = copies_of(training.take(training.labels >= 0), faces["val"])
    found, rows = {}, {}
    for name, folder in folders.items():
        kept = out / f"{folder.name}.npz"
        line = [sys.executable, __file__, "--predict", folder, kept, *places]
        subprocess.run([str(own) for own in line], check=True)
        with np.load(kept) as own:
            found[name] = dict(own)
        minutes, processor, megabytes = cost(folder, card)
        rows[name] = {"minutes": minutes, "processor_minutes": processor}
        rows[name] |= {"ms": float(found[name].pop("ms")), "megabytes": megabytes}
    if set(FUSED) <= found.keys():
        found[FUSION], rows[FUSION] = {}, {"weights": {}}
        for key in (rows[name] for name in FUSED):
            for what in ("minutes", "ms", "megabytes"):
                rows[FUSION][what] = rows[FUSION].get(what, 0) + key[what]
        for key, table in faces.items():
            both = np.stack([found[name][key] for name in FUSED])
            found[FUSION][key], weights = fuse_out_of_fold(both, table.labels)
            rows[FUSION]["weights"][key] = weights.tolist()
    for name, own in found.items():
        for key, table in faces.items():
            rows[name][key] = scores_of(own[key], table, copied if key == "val" else None)
    return rows


def percent(score):
    """A score with its interval."""
    return f"{score['value']:.3f} ({score['low']:.3f} to {score['high']:.3f})"


def scores_table(classes, rows):
    """The main table of a class set, as Markdown."""
    header = ["model", "balanced accuracy (95%)", "accuracy (95%)"]
    header += ["no copies: balanced", "accuracy", "minutes to train", "ms a face", "MB"]
    others = {"votes": "majority of votes, balanced", "web": "web photographs, balanced"}
    others = others if classes == "five" else {}
    header[5:5] = others.values()
    cells = []
    for name, own in rows.items():
        parts = [own["val"]["all"], own["val"].get("duplicate_free", own["val"]["all"])]
        scores = [
            percent(part[key])
            for part in parts
            for key in ("balanced_accuracy", "accuracy")
        ]
        scores += [percent(own[key]["all"]["balanced_accuracy"]) for key in others]
        minutes = f"{own['minutes']:.1f}"
        if own.get("processor_minutes"):
            minutes += f" ({own['processor_minutes']:.1f} of one core)"
        cells.append(
            [name, *scores, minutes, f"{own['ms']:.2f}", f"{own['megabytes']:.1f}"]
        )
    return markdown_table(header, cells)


def worse_rows(rows):
    """The robustness table, as Markdown."""
    header = ["change", "strength", *rows]
    cells = [["unchanged", "", *(_balanced(own["web"]) for own in rows.values())]]
    for kind in CHANGES:
        for strength in (STRENGTHS[kind][0][i] for i in STRENGTH):
            key = f"{kind}-{strength:g}"
            values = [_balanced(own[key]) for own in rows.values()]
            cells.append([kind, f"{strength:g}", *values])
    return markdown_table(header, cells)


def _balanced(scores):
    return f"{scores['all']['balanced_accuracy']['value']:.3f}"


def main():
    """Parse, make faces, predict, print."""
    if sys.argv[1:2] == ["--predict"]:
        folder, out, *tables = map(Path, sys.argv[2:])
        predict(folder, tables, out)
        return
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--card", type=Path, help="Folder that protocol.py wrote.")
    parser.add_argument("--limit", type=int, default=800, help="Web photographs at most.")
    parser.add_argument("--jobs", type=int, default=-1)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    make_faces(arguments.data, arguments.out, arguments.limit, arguments.jobs)
    result = {}
    for classes in ("five", "seven"):
        folders = {}
        for name in ROWS:
            of_card = name == "card"
            if of_card and not arguments.card:
                continue
            parent = arguments.card if of_card else arguments.models
            folders[name] = parent / f"{classes}-{name}"
        result[classes] = compare(classes, folders, arguments.out, arguments.card)
        print(f"\n{classes} classes, FER2013's public test\n", flush=True)
        print(scores_table(classes, result[classes]), flush=True)
    print("\nweb photographs of other persons, made worse: balanced accuracy\n")
    print(worse_rows(result["five"]), flush=True)
    (arguments.out / "comparison.json").write_text(to_json(result))


if __name__ == "__main__":
    try:
        main()
    except (FerClassicError, OSError, json.JSONDecodeError) as error:
        sys.exit(f"compare_cnn.py: error: {error}")
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)  # it has said why
