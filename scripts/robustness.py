"""How a model's score falls as photographs get worse.

Usage: python scripts/robustness.py DATA [--model five-fast] [--classes five] [--limit 800]

Every labelled image of DATA is blurred, reduced, darkened or brightened, turned, or its
box is moved, at five strengths each; detection, alignment and prediction then run as
always, and images without a face count as they do in every score. Prints balanced
accuracies as a table.
"""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from PIL import Image, ImageFilter

from fer_classic.data.dataset import read_dataset
from fer_classic.detect import make_detector
from fer_classic.errors import FerClassicError
from fer_classic.faces.degrade import NOISE, bend
from fer_classic.faces.extract import extract_faces
from fer_classic.faces.photograph import Photograph, find_faces, read_photograph
from fer_classic.faces.row import face_row
from fer_classic.files.text import to_json
from fer_classic.model.predict import predict_faces
from fer_classic.model.shipped import shipped_model
from fer_classic.model.store import load_model
from fer_classic.scores.metrics import evaluate

#: Strengths of each change, from weak to strong, and their unit.
STRENGTHS = {
    "blur": ((0.5, 1, 1.5, 2, 3), "standard deviation, % of the image's width"),
    "down-scale": ((96, 64, 48, 32, 24), "width the image is reduced to, pixels"),
    "dark": ((1.5, 2, 3, 4, 6), f"gamma, with noise of {NOISE:g} gray levels"),
    "bright": ((1.5, 2, 3, 4, 6), "1 / gamma"),
    "rotation": ((5, 10, 15, 20, 30), "degrees, to either side"),
    "box jitter": ((2, 5, 10, 15, 20), "shift and scale of the box, % of its size"),
}


def changed(gray, kind, strength, random):
    """The image made worse, uint8 (H, W)."""
    image = Image.fromarray(gray)
    if kind == "blur":
        radius = strength / 100 * image.width
        return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)))
    if kind == "down-scale":
        share = min(1.0, strength / image.width)
        size = [max(8, round(side * share)) for side in image.size]
        return np.asarray(image.resize(size, Image.Resampling.BOX))
    if kind == "dark":
        return bend(gray, strength, random.normal(scale=NOISE, size=gray.shape))
    if kind == "bright":
        return bend(gray, 1 / strength)
    if kind == "rotation":
        angle = strength * random.choice([-1, 1])
        fill = int(np.median(gray))
        return np.asarray(
            image.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=fill)
        )
    return gray


def moved(faces, strength, random):
    """The faces with the first one's box shifted and scaled."""
    if not faces:
        return faces
    face, (dx, dy, grow) = faces[0], random.uniform(-1, 1, 3) * strength / 100
    side = face.width * (1 + grow)
    x = face.x + dx * face.width + (face.width - side) / 2
    y = face.y + dy * face.height + (face.height - side) / 2
    return [replace(face, x=x, y=y, width=side, height=side), *faces[1:]]


def worse_table(faces, sources, kind, strength):
    """The face table of the changed images."""
    settings = faces.settings
    detector = make_detector(settings.detector, upsample=settings.upsample)
    rows = []
    for number, source in enumerate(sources):
        random = np.random.default_rng(number)
        # Whole, as no side has more pixels than that, but in gray, as faces are read.
        whole = read_photograph(source.read(), settings.max_pixels, settings.max_pixels)
        gray = changed(whole.gray, kind, strength, random)
        photograph, found = find_faces(Photograph.of(gray), detector, settings)
        if kind == "box jitter":
            found = moved(found, strength, random)
        rows.append(face_row(photograph, found, settings))
    return replace(
        faces,
        status=tuple(row["status"] for row in rows),
        crops=np.stack([row["crop"] for row in rows]),
        upright=np.stack([row["upright"] for row in rows]),
        landmarks=np.stack([row["landmarks"] for row in rows]).astype(np.float32),
    )


def balanced(model, faces):
    """Balanced accuracy with its interval, and the share of images with a face."""
    predictions = predict_faces(model, faces, jobs=1)
    scores = evaluate(faces.labels, predictions.labels, faces.classes.names)
    return scores["balanced_accuracy"] | {"faces": float(faces.covered.mean())}


def main():
    """Parse, change, predict, print."""
    from joblib import Parallel, delayed

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="five-fast")
    parser.add_argument("--limit", type=int, default=800, help="Images at most.")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--jobs", type=int, default=-1)
    arguments = parser.parse_args()
    named = Path(arguments.model)
    folder = named if named.is_dir() else shipped_model(arguments.model)
    model = load_model(folder)
    samples = read_dataset(arguments.data, classes=model.settings.class_set)
    samples = samples.training_part()
    if len(samples) > arguments.limit:
        rows = np.random.default_rng(0).choice(len(samples), arguments.limit, replace=False)
        samples = samples.take(np.sort(rows))
    faces = extract_faces(samples, model.settings.faces, jobs=arguments.jobs)
    readable = faces.readable
    faces, sources = faces.take(readable), samples.take(readable).sources
    clean = balanced(model, faces)
    print(
        f"unchanged | {clean['value']:.3f} | faces found {clean['faces']:.1%}", flush=True
    )
    tasks = [(kind, s) for kind, (strengths, _) in STRENGTHS.items() for s in strengths]
    tables = Parallel(n_jobs=arguments.jobs, return_as="generator")(
        delayed(worse_table)(faces, sources, *task) for task in tasks
    )
    results = {"unchanged": clean}
    for (kind, strength), table in zip(tasks, tables, strict=True):
        results[f"{kind} {strength:g}"] = own = balanced(model, table)
        cell = f"{strength:g}: {own['value']:.3f} ({own['faces']:.0%} found)"
        first, last = STRENGTHS[kind][0][0], STRENGTHS[kind][0][-1]
        print(f"{kind} | {cell}" if strength == first else f" | {cell}", end="", flush=True)
        if strength == last:
            print(f" | {STRENGTHS[kind][1]}", flush=True)
    if arguments.json:
        arguments.json.write_text(to_json(results))


if __name__ == "__main__":
    try:
        main()
    except (FerClassicError, OSError) as error:
        sys.exit(f"robustness.py: error: {error}")
