"""What a photograph costs from its bytes to its crop, and whether the same face is found.

Usage: python scripts/photographs.py [--data data] [--out photographs.json]

"whole" decodes every pixel and searches all of them, as the first version did; "now" is
what the package does. Both take turns in one run on one thread, whose processor time is
counted, so that the ratio holds where the machine is busy. The timed portrait is a
public-domain one; --data names a folder with webfaces/val.zip, photos/ and scenes/, and
adds groups and scenes to the times, the share of pictures whose best face differs, and the
expression score of both ways (docs/speed.md).
"""

import argparse
import io
import os
import statistics
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
from PIL import Image
from skimage.data import astronaut

from fer_classic.data.dataset import read_dataset
from fer_classic.data.image import MAX_PIXELS
from fer_classic.detect import make_detector
from fer_classic.detect.nms import overlaps
from fer_classic.faces.extract import extract_faces
from fer_classic.faces.photograph import FIRST_SIDE, find_faces, read_photograph
from fer_classic.faces.row import face_row
from fer_classic.faces.settings import FaceSettings
from fer_classic.files.atomic import write_file
from fer_classic.files.text import markdown_table, to_json
from fer_classic.model.predict import predict_faces
from fer_classic.model.shipped import shipped_model
from fer_classic.model.store import load_model
from fer_classic.scores.paired import paired_difference

SETTINGS = FaceSettings()
STEPS = ("decode", "find", "landmarks and crops")
#: Best faces that overlap less are counted as different.
SAME = 0.4
#: Part of the astronaut's photograph whose face takes half of the height.
PORTRAIT = (86, 0, 374, 216)
SIZES = ((4000, 3000), (1000, 750), (350, 262))
#: Every so many of the labelled portraits are also enlarged to the size of a phone's.
ENLARGED, PHONE = 8, 3000
#: Every so many pictures of a set are timed.
TIMED = 25


class Whole:
    """A detector that searches every pixel first."""

    def __init__(self):
        self.detect = make_detector("hog").detect


def main():
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, help="folder of webfaces, photos and scenes")
    parser.add_argument("--out", type=Path, help="JSON file for everything measured")
    parser.add_argument("--repeats", type=int, default=7, help="of each timed picture")
    args = parser.parse_args()
    timed = {f"portrait {w} x {h}": [portrait(w, h)] for w, h in SIZES}
    sets = pictures(args.data) if args.data else {}
    timed |= {name: own[::TIMED] for name, own in sets.items()}
    found = {"times": {name: times(own, args.repeats) for name, own in timed.items()}}
    print(times_table(found["times"]), end="\n\n")
    if sets:
        found["faces"] = {name: agreement(own) for name, own in sets.items()}
        print(agreement_table(found["faces"]), end="\n\n")
        found["score"] = scores(args.data / "webfaces" / "val.zip")
        print(score_text(found["score"]))
    if args.out:
        write_file(args.out, to_json(found), overwrite=True)


def portrait(width, height):
    """A JPEG of the astronaut with the noise of a small sensor, bytes."""
    image = Image.fromarray(astronaut()).crop(PORTRAIT)
    pixels = np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))
    noise = np.random.default_rng(0).normal(0, 3, pixels.shape)
    return jpeg(Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8)))


def jpeg(image):
    """The bytes of a JPEG."""
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=90)
    return stream.getvalue()


def pictures(data):
    """Bytes of the pictures of each set."""
    portraits = contents(data / "webfaces" / "val.zip")
    return {
        "web portraits": portraits,
        "portraits of 9 megapixels": [enlarged(own) for own in portraits[::ENLARGED]],
        "groups": contents(data / "photos"),
        "film stills and scenes": contents(data / "scenes" / "images"),
        "pictures without a face": contents(data / "scenes" / "no-face"),
    }


def contents(path):
    """Bytes of all images of a folder or zip."""
    return [source.read() for source in read_dataset(str(path), labels="none").sources]


def enlarged(data):
    """The same picture with a shorter side as phones make it."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    scale = PHONE / min(image.size)
    size = tuple(round(side * scale) for side in image.size)
    return jpeg(image.resize(size, Image.Resampling.BICUBIC))


def way(detector, least, seconds):
    """A function from bytes to the row of the face; adds to the seconds of each step."""

    def row(data):
        marks = [time.thread_time()]
        photograph = read_photograph(data, least, MAX_PIXELS)
        marks.append(time.thread_time())
        photograph, faces = find_faces(photograph, detector, SETTINGS)
        marks.append(time.thread_time())
        made = face_row(photograph, faces, SETTINGS)
        marks.append(time.thread_time())
        for step, taken in zip(STEPS, np.diff(marks).tolist(), strict=True):
            seconds[step] = seconds.get(step, 0.0) + taken
        return made

    return row


def both_ways(seconds=({}, {})):
    """The rows by searching all pixels, and by the package."""
    hog = make_detector("hog")
    return way(Whole(), None, seconds[0]), way(hog, FIRST_SIDE, seconds[1])


def times(contents, repeats):
    """Milliseconds a picture by step: the median over repetitions of both ways in turn."""
    runs = [], []
    for own in both_ways():
        own(contents[0])  # compiles, fills caches
    for _ in range(repeats):
        seconds = {}, {}
        for data in contents:
            for own in both_ways(seconds):
                own(data)
        for run, own in zip(runs, seconds, strict=True):
            run.append({step: value / len(contents) * 1e3 for step, value in own.items()})
    ways = [
        {step: statistics.median(own[step] for own in run) for step in STEPS}
        | {"all": statistics.median(sum(own.values()) for own in run)}
        for run in runs
    ]
    size = statistics.mean(map(len, contents))
    return {"pictures": len(contents), "bytes": size, "whole": ways[0], "now": ways[1]}


def times_table(found):
    """The times as Markdown."""
    header = ["pictures", "number", "KB", "way", *STEPS, "all", "ratio"]
    rows = []
    for name, own in found.items():
        for key in ("whole", "now"):
            ms = [f"{own[key][step]:.1f}" for step in (*STEPS, "all")]
            ratio = f"{own[key]['all'] / own['whole']['all']:.2f}"
            rows.append(
                [name, own["pictures"], round(own["bytes"] / 1000), key, *ms, ratio]
            )
    return markdown_table(header, rows)


def agreement(contents):
    """How many pictures have the same best face both ways, and which do not."""
    whole, now = both_ways()
    found = {"pictures": len(contents), "with a face": 0, "boxes overlap": [], "differ": []}
    for number, data in enumerate(contents):
        a, b = whole(data), now(data)
        found["with a face"] += a["status"] == "face"
        if a["status"] == b["status"] == "face":
            overlap = float(overlaps(corners(a), corners(b)[None])[0])
            found["boxes overlap"].append(overlap)
        if a["status"] != b["status"] or (a["status"] == "face" and overlap < SAME):
            faces = [[own["status"], *map(float, own["box"])] for own in (a, b)]
            found["differ"].append([number, *faces])
    return found


def corners(row):
    """The corners of a row's box, ndarray of shape (4,)."""
    x, y, width, height = row["box"]
    return np.array([x, y, x + width, y + height])


def scores(path):
    """Balanced accuracy of the model that ships by both ways, and their difference."""
    samples = read_dataset(str(path), group_pattern="_(p[0-9]+)_")
    now = extract_faces(samples)
    whole, _ = both_ways()
    rows = [whole(source.read()) for source in samples.sources]
    before = replace(
        now,
        status=tuple(row["status"] for row in rows),
        boxes=np.array([row["box"] for row in rows], np.float32),
        landmarks=np.array([row["landmarks"] for row in rows], np.float32),
        crops=np.stack([row["crop"] for row in rows]),
        upright=np.stack([row["upright"] for row in rows]),
    )
    model = load_model(shipped_model())
    said = [predict_faces(model, faces).labels for faces in (before, now)]
    recalls = [recall(now.labels, own) for own in said]
    own = paired_difference(now.labels, said[1], said[0], len(recalls[0]), now.groups)
    return {
        "images": len(now),
        "balanced accuracy, whole": statistics.mean(recalls[0]),
        "balanced accuracy, now": statistics.mean(recalls[1]),
        "difference": own,
        "other labels": int((said[0] != said[1]).sum()),
    }


def score_text(found):
    """The scores in words."""
    before, now = found["balanced accuracy, whole"], found["balanced accuracy, now"]
    own = found["difference"]
    return (
        f"{found['images']} labelled portraits: balanced accuracy {before:.4f} whole, "
        f"{now:.4f} now (difference {own['value']:+.4f}, {own['low']:+.4f} to "
        f"{own['high']:+.4f}), {found['other labels']} other labels"
    )


def recall(truth, said):
    """Recall of each class."""
    return [float((said[truth == code] == code).mean()) for code in np.unique(truth)]


def agreement_table(found):
    """The agreement as Markdown."""
    header = ["pictures", "number", "with a face", "best face differs", "mean overlap"]
    rows = []
    for name, own in found.items():
        overlap = own["boxes overlap"]
        mean = f"{statistics.mean(overlap):.3f}" if overlap else ""
        differ = f"{len(own['differ'])} ({len(own['differ']) / own['pictures']:.1%})"
        rows.append([name, own["pictures"], own["with a face"], differ, mean])
    return markdown_table(header, rows)


if __name__ == "__main__":
    main()
