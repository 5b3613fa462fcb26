"""dlib's landmark files read without dlib: the same landmarks, and every damage told."""

import os

import dlib
import numpy as np
import pytest
from skimage import data

from fer_classic.data.image import resize, to_gray
from fer_classic.errors import FerClassicError
from fer_classic.faces import _forest
from fer_classic.faces import forest as module
from fer_classic.faces.forest import kept_forest, read_forest
from fer_classic.files.weights import model_file

FILE = str(model_file("landmarks"))
PHOTO = to_gray(data.astronaut())


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A file of dlib's own trainer, with trees of another depth and few of them."""
    options = dlib.shape_predictor_training_options()
    options.tree_depth, options.cascade_depth = 2, 3
    options.num_trees_per_cascade_level, options.oversampling_amount = 7, 4
    box = dlib.rectangle(170, 40, 279, 149)
    parts = [dlib.point(200 + 4 * i, 60 + 9 * (i % 5)) for i in range(6)]
    face = dlib.full_object_detection(box, dlib.points(parts))
    path = tmp_path_factory.mktemp("forest") / "small.dat"
    dlib.train_shape_predictor([PHOTO], [[face]], options).save(str(path))
    return path


def both(path, patch, low, high):
    """Landmarks by this package and by dlib."""
    own = read_forest(path).locate(patch, low, high)
    rectangle = dlib.rectangle(low, low, high, high)
    shape = dlib.shape_predictor(str(path))(patch, rectangle)
    return own, np.array([(p.x, p.y) for p in shape.parts()])


def test_the_landmarks_are_those_of_dlib():
    forest, predictor = read_forest(FILE), dlib.shape_predictor(FILE)
    random = np.random.default_rng(0)
    for _ in range(60):
        side = int(random.integers(100, 200))
        x, y = random.integers(150, 240), random.integers(20, 90)
        patch = resize(np.ascontiguousarray(PHOTO[y : y + side, x : x + side]), 384, 384)
        low, high = sorted(random.integers(0, 384, 2).tolist())
        shape = predictor(patch, dlib.rectangle(low, low, high + 1, high + 1))
        expected = [(p.x, p.y) for p in shape.parts()]
        assert np.array_equal(forest.locate(patch, low, high + 1), expected)


@pytest.mark.parametrize("place", [(170, 279), (0, 511), (480, 600), (200, 210)])
def test_so_are_those_of_another_file_and_of_boxes_that_leave_the_photograph(small, place):
    own, expected = both(small, PHOTO, *place)
    assert own.shape == (6, 2) and np.array_equal(own, expected)


def test_a_file_that_is_cut_anywhere_is_told(small, tmp_path):
    content, cut = small.read_bytes(), tmp_path / "cut.dat"
    for end in (0, 1, 2, 7, 30, len(content) // 2, len(content) - 5, len(content) - 1):
        cut.write_bytes(content[:end])
        with pytest.raises(FerClassicError, match=r"cut\.dat is not a landmark file of dl"):
            read_forest(cut)
    cut.write_bytes(content + b"\1\1")
    with pytest.raises(FerClassicError, match="its end cannot be read"):
        read_forest(cut)


def test_a_damaged_file_is_told_or_harmless(small, tmp_path):
    content, damaged = small.read_bytes(), tmp_path / "damaged.dat"
    random, told = np.random.default_rng(1), 0
    for _ in range(400):
        changed = bytearray(content)
        for at in random.integers(0, len(content), random.integers(1, 4)):
            changed[at] = random.integers(256)
        damaged.write_bytes(changed)
        try:
            forest = read_forest(damaged)
        except FerClassicError:
            told += 1
        else:
            assert forest.locate(PHOTO, 170, 279).shape == (forest.points, 2)
    assert 40 < told < 400


@pytest.mark.parametrize(("limit", "value"), [("LARGEST", 0.1), ("SPREAD", 9)])
def test_coordinates_that_no_box_has_are_told(small, monkeypatch, limit, value):
    read_forest(small)
    monkeypatch.setattr(module, limit, value)
    with pytest.raises(FerClassicError, match="its mean shape cannot be read"):
        read_forest(small)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 101])
def test_coordinates_are_moderate(number):
    assert module._moderate(np.float32([1.5, -100]))
    assert not module._moderate(np.float32([1.5, number]))


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(FerClassicError, match="No such file"):
        read_forest(tmp_path / "none.dat")


@pytest.mark.parametrize("whole", [True, False])
def test_without_numba_the_same_to_the_bit(small, whole):
    forest, random = read_forest(FILE if whole else small), np.random.default_rng(0)
    for _ in range(20):
        low, span = random.uniform(0, 400), random.uniform(10, 300)
        arrays = forest.mean, forest.anchors, forest.deltas
        trees = forest.pairs, forest.thresholds, forest.leaves
        expected = _forest.locate(PHOTO.copy(), low, span, *arrays, *trees)
        assert forest._locate(PHOTO, low, span).tobytes() == expected.tobytes()


def test_a_file_that_was_read_is_kept_and_read_again_once_it_changes(small, monkeypatch):
    first = kept_forest(small)
    with monkeypatch.context() as patch:
        patch.setattr(module, "read_forest", None)  # it is not called again
        again = kept_forest(small)
    for name, array in vars(first).items():
        assert np.array_equal(array, getattr(again, name))
        assert np.array_equal(array, getattr(read_forest(small), name))
    calls = []
    monkeypatch.setattr(
        module, "read_forest", lambda path: calls.append(path) or read_forest(path)
    )
    os.utime(small, (1, 1))
    kept_forest(small)
    assert calls == [small]


def test_a_missing_file_is_not_kept(tmp_path):
    with pytest.raises(FerClassicError, match="No such file"):
        kept_forest(tmp_path / "none.dat")
