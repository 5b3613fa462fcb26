"""What finds a face where `hog` finds none, what that costs, and what it is worth.

Usage: python scripts/missed_faces.py DATA [--model five-fast] [--most 400]

DATA holds ``webfaces/{train,val}.zip``, ``fer2013/val.zip`` and ``scenes/`` with pictures
without a face. Prints two Markdown tables, for the order of the steps of `auto`: what each
detector finds in the images that `hog` leaves, and the share of right expressions there, of
images that the model has not learned from. Needs the extra mtcnn.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from fer_classic.data.dataset import read_dataset
from fer_classic.data.image import decode
from fer_classic.detect import make_detector
from fer_classic.errors import FerClassicError
from fer_classic.faces.extract import extract_faces
from fer_classic.faces.settings import FaceSettings
from fer_classic.files.kept import cache_folder
from fer_classic.files.text import markdown_table
from fer_classic.model.predict import predict_faces
from fer_classic.model.store import load_model

NEXT = ("mtcnn", "cnn")
#: Title, part of the data, whether its images are new to the shipped models.
SETS = (
    ("web photographs, train", "webfaces/train.zip", False),
    ("web photographs, val", "webfaces/val.zip", True),
    ("FER2013, val", "fer2013/val.zip", True),
    ("scenes with faces", "scenes/images", False),
    ("pictures without a face", "scenes/no-face", False),
)


def missed(samples):
    """The images in which ``hog`` finds no face."""
    faces = extract_faces(samples, jobs=-1, cache=cache_folder())
    return samples.take(np.flatnonzero(np.array(faces.status) == "no_face"))


def finds(name, samples):
    """In which images a detector finds a face, and its median milliseconds of processor."""
    detector, found, times = make_detector(name), [], []
    for source in samples.sources:
        image = decode(source.read())
        start = time.process_time()
        found.append(bool(detector.detect(image)))
        times.append(time.process_time() - start)
    return np.array(found, bool), 1000 * float(np.median(times or [0]))


def right(model, samples, detector):
    """Share of right expressions, in per cent, with the faces of a detector."""
    settings = FaceSettings(detector=detector)
    faces = extract_faces(samples, settings, jobs=-1, cache=cache_folder())
    labels = predict_faces(model, faces).labels
    return 100 * float(np.mean(labels == samples.labels))


def main():
    """Parse, search, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="five-fast")
    parser.add_argument("--most", type=int, default=400, help="images of a set")
    arguments = parser.parse_args()
    model, counts, worth = load_model(arguments.model), [], []
    for title, part, new in SETS:
        labels = "auto" if part.endswith(".zip") else "none"
        samples = read_dataset(arguments.data / part, classes="five", labels=labels)
        rest = missed(samples)
        rest = rest.take(range(min(len(rest), arguments.most)))
        found, ms = zip(*(finds(name, rest) for name in NEXT), strict=True)
        numbers = [own.sum() for own in (*found, found[1] & ~found[0])]
        times = [f"{own:.0f}" for own in ms]
        counts.append([title, len(samples), len(rest), *numbers, *times])
        if new:
            known = rest.take(np.flatnonzero(rest.labels >= 0))
            shares = [right(model, known, own) for own in ("hog", *NEXT, "auto")]
            worth.append([title, len(known), *(f"{own:.0f}%" for own in shares)])
    head = ["images", "number", "hog finds none", *(f"{own} finds" for own in NEXT)]
    head += ["only cnn finds", *(f"{own}, ms" for own in NEXT)]
    print(markdown_table(head, counts))
    print(markdown_table(["images", "number", "hog", *NEXT, "auto"], worth))


if __name__ == "__main__":
    try:
        main()
    except (FerClassicError, OSError) as error:
        sys.exit(f"missed_faces.py: error: {error}")
