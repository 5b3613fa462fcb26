"""Time every step on one thread, beside scikit-image and OpenCV where they have it.

Usage: python scripts/benchmark.py [--model runs/fer ...] [--film 20] [--json FILE]

With --film, frames a second of the command video and its most memory too (scripts/film.py).

All timings are of one run, the repetitions of both sides in turn, so that the ratios hold
where the machine's speed drifts. The faces are crops of a public-domain portrait.
"""

import argparse
import io
import json
import os
import statistics
import sys
import time

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
from PIL import Image
from skimage.data import astronaut
from skimage.feature import hog, local_binary_pattern

from fer_classic.data.duplicates import perceptual_hash, thumbnail
from fer_classic.data.image import decode, to_gray
from fer_classic.detect import make_detector
from fer_classic.faces.align import alignment, canonical_shape, warp
from fer_classic.faces.landmarks import predict_landmarks
from fer_classic.features import (
    GeometryFeatures,
    HOGFeatures,
    LBPFeatures,
    compute_features,
)
from fer_classic.files.versions import versions
from fer_classic.settings import CARD_FEATURES

CROPS = 64
#: Faces that a model predicts at a time.
BATCHES = (1, 8, 64, 512)
REPEATS = 7


def milliseconds(functions, items, repeats=REPEATS, clock=time.perf_counter):
    """Median time an item of each function, the functions taking turns."""
    times = [[] for _ in functions]
    for function in functions:
        function()  # compiles, fills caches
    for _ in range(repeats):
        for own, function in zip(times, functions, strict=True):
            start = clock()
            function()
            own.append((clock() - start) / items * 1e3)
    return [statistics.median(own) for own in times]


def sample_crops(size, number=CROPS):
    """Crops of the portrait at random places, uint8 (number, size, size)."""
    image = to_gray(astronaut())
    random = np.random.default_rng(0)
    places = random.integers(0, 512 - size, (number, 2))
    return np.stack([image[y : y + size, x : x + size] for y, x in places])


def sample_landmarks(size, number=CROPS):
    """The mean face with noise, float32 (number, 68, 2)."""
    noise = np.random.default_rng(0).normal(0, size / 100, (number, 68, 2))
    return (canonical_shape(size) + noise).astype(np.float32)


def compare(ours, theirs, crops):
    """Times of a transformer and of a function of one crop."""
    transformer = ours.fit(crops)
    return milliseconds(
        [lambda: transformer.transform(crops), lambda: [theirs(crop) for crop in crops]],
        len(crops),
    )


def feature_rows():
    """Rows of the feature kernels against scikit-image, and OpenCV if it has HOG."""
    crops = sample_crops(96)
    rows = []

    def plain_hog(crop):
        return hog(crop, 9, (8, 8), (2, 2), "L2-Hys")

    def plain_lbp(crop):
        return local_binary_pattern(crop, 8, 2, "nri_uniform")

    for title, ours, theirs, other in (
        ("HOG, 96 px", HOGFeatures(interpolation="none"), plain_hog, "scikit-image"),
        ("HOG, 96 px, bilinear cells", HOGFeatures(), plain_hog, "scikit-image"),
        ("LBP and its histograms, 96 px", LBPFeatures(), plain_lbp, "scikit-image, codes"),
    ):
        rows.append((title, *compare(ours, theirs, crops), other))
    if opencv := opencv_hog(96):
        times = compare(HOGFeatures(), opencv, crops)
        rows.append(("HOG, 96 px, bilinear cells", *times, "OpenCV"))
    geometry, points = GeometryFeatures(), sample_landmarks(96)
    geometry.fit(points)
    (own,) = milliseconds([lambda: geometry.transform(points)], len(points))
    rows.append(("geometry, 64 faces at once", own, None, ""))
    one = sample_crops(64, 1), sample_landmarks(64, 1)
    (own,) = milliseconds([lambda: compute_features(*one, CARD_FEATURES)], 1, 31)
    rows.append(("all features of a single face", own, None, ""))
    return rows


def opencv_hog(size):
    """OpenCV's HOG of one crop, or None: OpenCV 5 has it no longer."""
    try:
        import cv2

        cv2.setNumThreads(1)
        descriptor = cv2.HOGDescriptor((size, size), (16, 16), (8, 8), (8, 8), 9)
    except (ImportError, AttributeError):
        return None
    return descriptor.compute


def pipeline_rows():
    """Rows of the steps from the file to the features, for one 512 x 512 photograph."""
    file = io.BytesIO()
    Image.fromarray(astronaut()).save(file, format="JPEG", quality=90)
    data = file.getvalue()
    gray = to_gray(decode(data))
    detector = make_detector("hog")
    face = detector.detect(gray)[0]
    points = predict_landmarks(gray, face)
    matrix = alignment(face, points, method="68", size=64)
    crops, landmarks = sample_crops(64), sample_landmarks(64)
    steps = {
        "decode, 512 x 512 JPEG": (lambda: to_gray(decode(data)), 1),
        "hash, for copies": (lambda: perceptual_hash(thumbnail(gray)[None]), 1),
        "detect, HOG": (lambda: detector.detect(gray), 1),
        "68 landmarks": (lambda: predict_landmarks(gray, face), 1),
        "align": (lambda: warp(gray, matrix, 64), 1),
        "features": (lambda: compute_features(crops, landmarks, CARD_FEATURES), CROPS),
    }
    return [
        (title, milliseconds([function], items)[0], None, "")
        for title, (function, items) in steps.items()
    ]


def model_rows(folder):
    """Rows of a trained model: faces with their landmarks, some at a time."""
    from fer_classic.faces.crops import table_of_crops
    from fer_classic.model.predict import predict_faces
    from fer_classic.model.store import load_model

    model = load_model(folder)
    name = os.path.basename(os.path.normpath(folder))
    size, most = model.settings.faces.crop_size, max(BATCHES)
    crops, landmarks = sample_crops(size, most), sample_landmarks(size, most)
    faces = table_of_crops(
        crops, landmarks, settings=model.settings.faces, classes=model.settings.class_set
    )
    rows = []
    for size in BATCHES:
        some = faces.take(np.arange(size))
        # The processor's time, which other programs lengthen less than the clock's.
        (own,) = milliseconds(
            [lambda: predict_faces(model, some, jobs=1)],  # noqa: B023
            size,
            31 if size == 1 else 5,
            time.process_time,
        )
        rows.append((f"{name}, {size} at a time", own, None, ""))
    return rows


def film_text(films):
    """The table of films as aligned text."""
    lines = [
        f"{'film, 640 x 480':24}{'tracker':13}{'frames/s':>9}{'by processor':>14}{'MB':>6}"
    ]
    for own in films:
        most = f"{own['peak_mb']:6.0f}" if own["peak_mb"] else ""
        rates = f"{own['frames_a_second']:9.1f}{own['frames_a_cpu_second']:14.1f}"
        lines.append(f"{own['film']:24}{own['tracker']:13}{rates}{most}")
    return "\n".join(lines)


def text(rows, shares):
    """The table as aligned text."""
    lines = [f"{'step':34}{'ms':>9}{'theirs':>9}{'ratio':>8}{'share':>8}  compared with"]
    for title, own, theirs, other in rows:
        compared = f"{theirs:9.3f}{theirs / own:8.1f}" if theirs else " " * 17
        share = f"{shares[title]:8.1%}" if title in shares else " " * 8
        lines.append(f"{title:34}{own:9.4f}{compared}{share}  {other}".rstrip())
    return "\n".join(lines)


def main():
    """Print the table and write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--model", nargs="*", default=[], help="runs or models, to time their prediction"
    )
    parser.add_argument("--film", type=float, help="seconds of films to make, and follow")
    parser.add_argument("--json", help="file to write the table to")
    arguments = parser.parse_args()
    steps = pipeline_rows()
    total = sum(row[1] for row in steps)
    shares = {row[0]: row[1] / total for row in steps}
    rows = feature_rows() + steps
    for folder in arguments.model:
        rows += model_rows(folder)
    print(text(rows, shares))
    print(f"\nwhole way of one photograph: {total:.1f} ms on one thread", file=sys.stderr)
    films = []
    if arguments.film:
        from film import film_rates

        films = film_rates((arguments.film, 2 * arguments.film))
        print(f"\n{film_text(films)}")
    if arguments.json:
        keys = ("step", "ms", "theirs_ms", "compared_with")
        table = [dict(zip(keys, row, strict=True)) for row in rows]
        with open(arguments.json, "w", encoding="utf-8") as file:
            told = {"versions": versions(), "rows": table, "films": films}
            json.dump(told, file, indent=2)


if __name__ == "__main__":
    main()
