"""The audit of a made data set, whose answer is worked out by hand."""

import numpy as np
import pytest
from PIL import Image

from fer_classic.data.audit import audit
from fer_classic.data.dataset import read_dataset


def picture(seed):
    small = Image.fromarray(
        np.random.default_rng(seed).integers(0, 256, (24, 24), dtype=np.uint8)
    )
    return small.resize((96, 96), Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Train: 3 anger, 2 happiness, 1 of each other; test: 2 anger, 1 happiness."""
    folder = tmp_path_factory.mktemp("made")
    train, test = folder / "a", folder / "b"
    train.mkdir()
    test.mkdir()
    names = [
        "anger_1",
        "anger_2",
        "anger_3",
        "happy_1",
        "happy_2",
        "neutral_1",
        "sad_1",
        "surprise_1",
    ]
    for seed, name in enumerate(names):
        picture(seed).save(train / f"{name}.png")
    # Exact copy with another label, and a near copy in the other part.
    (train / "neutral_2.png").write_bytes((train / "sad_1.png").read_bytes())
    picture(0).save(test / "anger_1.jpg", quality=90)
    picture(20).save(test / "anger_2.png")
    # An exact and a near copy of one picture in three files of two parts.
    (test / "happy_9.png").write_bytes((train / "happy_2.png").read_bytes())
    picture(4).resize((80, 80)).save(test / "x_1.png")
    # What is left out, and what cannot be read.
    picture(30).save(train / "fear_1.png")
    picture(31).save(train / "fear_2.png")
    picture(32).save(train / "happy_sad.png")
    (train / "sad_0.png").write_bytes(b"")
    (test / "sad_8.png").write_bytes(b"text")
    # Black pictures are flat: only equal files are copies.
    Image.new("L", (20, 20)).save(test / "y_1.png")
    Image.new("L", (20, 21)).save(test / "y_2.png")
    return train, test


EXPECTED = {
    "images": 13 + 7,
    "counts": {
        "train": {"anger": 3, "happiness": 2, "neutral": 2, "sadness": 2, "surprise": 1},
        "test": {"anger": 2, "happiness": 1, "neutral": 0, "sadness": 1, "surprise": 0},
    },
    "left_out": {
        "train": {"class fear": 2, "two labels: happiness and sadness": 1},
        "test": {"no label": 3},
    },
    "imbalance": {"train": 3.0, "test": None},
    "unreadable": [
        {"file": "train/sad_0.png", "reason": "empty file (0 bytes)"},
        {
            "file": "test/sad_8.png",
            "reason": "not an image of a known format "
            "(JPEG, PNG, BMP, TIFF, WebP, GIF, AVIF)",
        },
    ],
    "duplicates": {
        "exact_sets": 1,
        "near_sets": 2,
        "images_in_sets": 7,
        "across_parts": [
            ["train/anger_1.png", "test/anger_1.jpg"],
            ["train/happy_2.png", "test/happy_9.png", "test/x_1.png"],
        ],
        "conflicting_labels": [["train/neutral_2.png", "train/sad_1.png"]],
        "copied_from_another_part": {"train": 2, "test": 3},
    },
}


def test_every_figure_of_the_made_set(made):
    train, test = map(read_dataset, made)
    done = []
    found = audit({"train": train, "test": test}, progress=done.append)
    assert found == EXPECTED
    assert done[-1] == 20


def test_processes_do_not_change_the_result(made, monkeypatch):
    import fer_classic.data.audit

    monkeypatch.setattr(fer_classic.data.audit, "CHUNK", 3)
    train, test = map(read_dataset, made)
    done = []
    found = audit({"train": train, "test": test}, jobs=2, progress=done.append)
    assert found == EXPECTED
    assert done == [3, 6, 9, 12, 15, 18, 20]


def test_a_part_with_splits_of_its_own_is_parted(tmp_path):
    for name in ("train/sad_1.png", "test/sad_2.png", "other/sad_3.png"):
        (tmp_path / name).parent.mkdir()
        picture(0).save(tmp_path / name)
    found = audit({"all": read_dataset(tmp_path)})
    assert {part: sum(c.values()) for part, c in found["counts"].items()} == {
        "all:no split": 1,
        "all:test": 1,
        "all:train": 1,
    }
    assert found["duplicates"]["across_parts"] == [
        ["all:no split/other/sad_3.png", "all:test/test/sad_2.png"]
        + ["all:train/train/sad_1.png"]
    ]
    assert found["duplicates"]["exact_sets"] == 1


def test_images_over_the_limit_of_pixels_count_as_unreadable(tmp_path):
    picture(0).save(tmp_path / "sad_1.png")
    found = audit({"train": read_dataset(tmp_path)}, max_pixels=96 * 96 - 1)
    assert found["unreadable"] == [
        {
            "file": "train/sad_1.png",
            "reason": "96 x 96 pixels are more than the limit of 9215 (raise it with "
            "`max_pixels`)",
        }
    ]
