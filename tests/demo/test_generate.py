"""The demonstration set: what is written, and that the faces show what they should."""

import re

import numpy as np
import pytest
from PIL import Image

from fer_classic.data.labels import FIVE
from fer_classic.data.spelling import expressions_in
from fer_classic.demo import generate as demo
from fer_classic.demo import portraits
from fer_classic.demo.generate import EXPRESSIONS, write_demo
from fer_classic.demo.portraits import ACTION_UNITS
from fer_classic.detect.hog import HOGDetector
from fer_classic.errors import FerClassicError, UsageError
from fer_classic.faces.landmarks import MIRROR, predict_landmarks

TRAIN, TEST = 48, 8


@pytest.fixture(scope="session")
def demo_set(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    return folder, write_demo(folder, train=TRAIN, test=TEST, seed=3)


@pytest.fixture(scope="session")
def faces(demo_set):
    """Label, number of faces and landmarks of every training image."""
    found = []
    for path in _images(demo_set[0] / "train"):
        gray = np.asarray(Image.open(path).convert("L"))
        boxes = HOGDetector().detect(gray)
        points = predict_landmarks(gray, boxes[0]) if boxes else None
        found.append((_label(path), len(boxes), points))
    return found


def _images(folder):
    return sorted(folder.iterdir(), key=lambda path: path.stem[-4:])


def _label(path):
    (label,) = expressions_in(path.stem)
    return label


def _content(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder): path.read_bytes() for path in files}


@pytest.mark.parametrize("split", ["train", "test"])
def test_names_carry_the_labels_that_are_counted(demo_set, split):
    folder, summary = demo_set
    labels = [_label(path) for path in (folder / split).iterdir()]
    assert tuple(summary[split]) == FIVE.names
    assert {name: labels.count(name) for name in FIVE.names} == summary[split]
    names = [path.name for path in (folder / split).iterdir()]
    assert all(re.fullmatch(r"[a-z]+_\d{4}\.(jpg|png)", name) for name in names)


def test_numbers_of_images(demo_set):
    _, summary = demo_set
    assert sum(summary["train"].values()) == TRAIN
    assert sum(summary["test"].values()) == TEST
    assert summary["without_face"] == 1
    assert summary["several_faces"] == 2


def test_default_sizes_are_uneven_and_no_class_is_missing():
    train, test = demo._class_sizes(240), demo._class_sizes(80)
    assert train.tolist() == [11, 93, 71, 26, 39]
    assert test.tolist() == [4, 30, 24, 9, 13]
    assert demo._class_sizes(5).tolist() == [1, 1, 1, 1, 1]


def test_only_the_folder_is_written_with_a_plain_notice(demo_set):
    folder, summary = demo_set
    assert sorted(p.name for p in folder.iterdir()) == ["README.txt", "test", "train"]
    text = (folder / "README.txt").read_text(encoding="utf-8")
    assert "This set is synthetic." in text
    assert "means nothing about real photographs" in text
    assert all(name in text for name in summary["portraits"])


def test_images_differ_in_size_format_and_color(demo_set):
    images = [Image.open(path) for path in _images(demo_set[0] / "train")]
    assert {image.format for image in images} == {"JPEG", "PNG"}
    assert {image.mode for image in images} == {"RGB", "L"}
    assert len({image.size for image in images}) > TRAIN / 2
    assert all(240 <= side <= 420 for image in images for side in image.size)


def test_same_seed_same_bytes_another_seed_other_bytes(tmp_path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        write_demo(tmp_path / name, train=6, test=5, seed=seed)
    first, second, other = (_content(tmp_path / name) for name in "abc")
    assert len(first) == 12
    assert first == second
    assert not set(first.values()) & {
        data for path, data in other.items() if path.name != "README.txt"
    }


def test_a_folder_in_use_is_refused_and_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    message = (
        f"{tmp_path} is not an empty folder: name a new one for the demonstration set, "
        "or remove this one first."
    )
    with pytest.raises(FerClassicError, match=f"^{re.escape(message)}$"):
        write_demo(tmp_path, train=6, test=5)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_too_few_images_are_refused(tmp_path):
    message = (
        "train and test must be at least 5, one image of each expression. "
        "Got 6 and 4 instead."
    )
    with pytest.raises(UsageError, match=f"^{re.escape(message)}$"):
        write_demo(tmp_path / "new", train=6, test=4)
    assert not (tmp_path / "new").exists()


def test_faces_are_found_where_there_are_any(faces):
    counts = [count for _, count, _ in faces]
    assert TRAIN - 3 <= sum(count > 0 for count in counts) < TRAIN  # one shows none
    assert 1 <= sum(count > 1 for count in counts) <= 2


def test_moved_landmarks_are_seen_again(faces):
    """Measured on the written images, over the distance between the eyes."""
    opening, corners, brows = ({name: [] for name in FIVE.names} for _ in range(3))
    for label, count, points in faces:
        if not count:
            continue
        across = points[42:48].mean(0) - points[36:42].mean(0)
        size = np.linalg.norm(across)
        down = np.array((-across[1], across[0])) / size**2
        opening[label].append((points[66] - points[62]) @ down)
        corners[label].append((points[[51, 57]].mean(0) - points[[48, 54]].mean(0)) @ down)
        eyes = points[36:48].mean(0)
        brows[label].append((eyes - points[[20, 21, 22, 23]].mean(0)) @ down)
    opening, corners, brows = (
        {label: np.mean(values) for label, values in measure.items()}
        for measure in (opening, corners, brows)
    )
    assert opening["surprise"] > opening["neutral"] + 0.15
    assert corners["happiness"] > corners["neutral"] + 0.03
    assert corners["neutral"] > corners["sadness"] + 0.03
    assert brows["surprise"] > brows["neutral"] + 0.03
    assert brows["anger"] < brows["neutral"] - 0.02


def test_action_units_list_the_left_half_only():
    for units in EXPRESSIONS.values():
        assert set(units) <= set(ACTION_UNITS)
    for entries in ACTION_UNITS.values():
        points = [int(entry.split(":")[0]) for entry in entries.split()]
        assert len(points) == len(set(points))
        assert not set(points) & {int(MIRROR[p]) for p in points if MIRROR[p] != p}


def test_displacement_mirrors_the_left_half():
    moved = portraits.displacement({12: 1.0, 26: 0.5})
    assert np.allclose(moved[48], (-0.16 + 0.05, -0.15 + 0.05))
    assert np.allclose(moved[MIRROR] * (-1, 1), moved)
    assert np.allclose(moved[57], (0, 0.03 + 0.22))
    assert not portraits.displacement({}).any()
