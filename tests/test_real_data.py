"""On real photographs, where FER_CLASSIC_DATA says they are."""

import re
import xml.etree.ElementTree as ElementTree
import zipfile
from collections import Counter

import numpy as np
import pytest

from fer_classic.data.dataset import read_dataset
from fer_classic.faces.extract import extract_faces
from fer_classic.faces.settings import FaceSettings

pytestmark = pytest.mark.data

PERSON = "_(p[0-9]+)_"


def annotated(folder):
    """Boxes (x, y, width, height) of each photograph, from dlib's imglab files."""
    boxes = {}
    for name in ("training.xml", "testing.xml"):
        for image in ElementTree.parse(folder / name).iter("image"):
            sides = ("left", "top", "width", "height")
            found = [[float(box.get(s)) for s in sides] for box in image.iter("box")]
            boxes.setdefault(image.get("file"), []).extend(found)
    return boxes


def overlap(a, b):
    """Intersection over union of two boxes."""
    low = np.maximum(a[:2], b[:2])
    high = np.minimum(np.add(a[:2], a[2:]), np.add(b[:2], b[2:]))
    common = np.prod(np.maximum(high - low, 0))
    return common / (a[2] * a[3] + b[2] * b[3] - common)


def test_the_most_confident_face_is_an_annotated_one(data):
    boxes = annotated(data / "photos")
    samples = read_dataset(data / "photos")
    rows = [i for i, name in enumerate(samples.names) if boxes.get(name)]
    faces = extract_faces(samples.take(rows), jobs=2)
    best = {
        name: max(overlap(faces.boxes[i], np.array(box)) for box in boxes[name])
        for i, name in enumerate(faces.names)
    }
    assert len(best) == 9  # the other three photographs have no boxes
    assert [name for name, value in best.items() if value < 0.4] == []


def test_faces_are_found_in_web_photographs(data):
    samples = read_dataset(data / "webfaces" / "train.zip")
    rows = np.random.default_rng(0).choice(len(samples), 200, replace=False)
    faces = extract_faces(samples.take(np.sort(rows)), jobs=2)
    assert faces.covered.mean() >= 0.95


def test_persons_are_read_from_names_and_never_parted(data):
    persons = {}
    for part in ("train", "val"):
        path = data / "webfaces" / f"{part}.zip"
        samples = read_dataset(path, group_pattern=PERSON)
        assert all(re.fullmatch(r"p\d+", group) for group in samples.groups)
        assert (samples.labels >= 0).all()
        persons[part] = set(samples.groups)
    assert persons["train"] and not persons["train"] & persons["val"]


def test_labels_and_counts_of_fer2013(data):
    path = data / "fer2013" / "val.zip"
    with zipfile.ZipFile(path) as archive:
        names = [n for n in archive.namelist() if n.endswith(".jpg")]
    words = Counter(name.rsplit("/", 1)[-1].split("_")[0] for name in names)
    samples = read_dataset(path)
    assert len(samples) == len(names) == 3589
    counts = np.bincount(samples.labels[samples.labels >= 0], minlength=5)
    assert counts.tolist() == [words[name] for name in samples.classes.names]
    left_out = {f"class {name}": words[name] for name in ("disgust", "fear")}
    assert samples.left_out() == left_out


def test_small_gray_crops_are_read_and_their_landmarks_lie_within(data):
    samples = read_dataset(data / "fer2013" / "val.zip")
    rows = np.random.default_rng(0).choice(len(samples), 100, replace=False)
    faces = extract_faces(samples.take(rows), FaceSettings(detector="none"), jobs=2)
    assert set(faces.status) == {"whole"}
    inner = faces.points[:, 17:]  # the jaw may leave a tight crop
    within = ((inner >= -5) & (inner <= 53)).all(axis=(1, 2))
    assert within.mean() >= 0.95
