"""Data sets whose labels lie in a file of their own beside each image."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from fer_classic.data.dataset import read_dataset
from fer_classic.data.labels import EIGHT, FIVE


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (8, 8), 100).save(path)


def written(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def npy(value):
    out = io.BytesIO()
    np.save(out, np.array(value))
    return out.getvalue()


@pytest.fixture
def ck(tmp_path):
    """The tree of CK+, as it is handed out: the last image of a sequence has a label."""
    root = tmp_path / "ck"
    for sequence, last in (("S005/001", 11), ("S010/002", 14), ("S010/004", 19)):
        stem = sequence.replace("/", "_")
        for number in (1, last):
            picture(root / "cohn-kanade-images" / sequence / f"{stem}_{number:08}.png")
        written(root / "Landmarks" / sequence / f"{stem}_00000001_landmarks.txt", b"1 2")
    labels = {"S005/001/S005_001_00000011": b"   3.0000000e+00\n"}
    labels["S010/002/S010_002_00000014"] = b"   7.0000000e+00\n"
    for name, text in labels.items():
        written(root / "Emotion" / f"{name}_emotion.txt", text)
    return root


def test_ck_takes_the_label_of_the_last_image(ck):
    found = read_dataset(ck, labels="ck", classes=EIGHT)
    names = [name.rsplit("/", 1)[1] for name in found.names]
    told = dict(zip(names, found.labels.tolist(), strict=True))
    code = EIGHT.code
    assert told.pop("S005_001_00000011.png") == code("disgust")
    assert told.pop("S010_002_00000014.png") == code("surprise")
    assert set(told.values()) == {-1}  # nor the number of a sequence's folder
    assert found.left_out() == {"no label": 4}
    assert sorted(set(found.groups)) == ["S005", "S010"]
    assert not [note for note in found.notes if "skipped" in note]


def test_ck_without_its_labels_has_none(ck):
    found = read_dataset(ck / "cohn-kanade-images", labels="ck")
    assert set(found.labels.tolist()) == {-1}


def test_ck_sorted_into_folders_is_read_as_before(tmp_path):
    picture(tmp_path / "anger" / "S010_004_00000017.png")
    picture(tmp_path / "5" / "S010_006_00000015.png")
    found = read_dataset(tmp_path, labels="ck")
    told = {
        name.rsplit("/", 1)[1][5:8]: found.labels[i] for i, name in enumerate(found.names)
    }
    assert told == {"004": FIVE.code("anger"), "006": FIVE.code("happiness")}


@pytest.fixture
def affectnet(tmp_path):
    """A few images of both parts of AffectNet, whose numbers are the same in both."""
    root = tmp_path / "affectnet"
    values = {"train_set": ["1", "6", "2"], "val_set": ["4", "0", "7"]}
    for part, codes in values.items():
        for number, code in enumerate(codes):
            picture(root / part / "images" / f"{number}.jpg")
            for kind, value in (("exp", code), ("val", "0.5"), ("lnd", np.zeros(136))):
                path = root / part / "annotations" / f"{number}_{kind}.npy"
                written(path, npy(value))
    return root


@pytest.mark.parametrize("packed", [False, True])
def test_affectnet_takes_the_arrays_beside(affectnet, tmp_path, packed):
    place = affectnet
    if packed:
        place = tmp_path / "affectnet.zip"
        with zipfile.ZipFile(place, "w") as archive:
            for path in sorted(affectnet.rglob("*.*")):
                archive.write(path, path.relative_to(affectnet.parent))
    found = read_dataset(place, labels="affectnet", classes=EIGHT)
    names = [EIGHT.names[code] for code in found.labels]
    assert names == [
        *("happiness", "anger", "sadness"),
        *("fear", "neutral", "contempt"),
    ]
    assert not [note for note in found.notes if "skipped" in note]


@pytest.mark.parametrize("value", [3, 3.0, np.int64(3), [3], b"3"])
def test_a_code_may_be_any_single_value(tmp_path, value):
    picture(tmp_path / "images" / "1.jpg")
    written(tmp_path / "annotations" / "1_exp.npy", npy(value))
    assert read_dataset(tmp_path, labels="affectnet").labels.tolist() == [4]


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"no array", npy([1, 2]), npy("x"), npy("99"), npy("")),
        npy("3").replace(b"{", b"("),  # what fuzzing found: the header has no end
        npy("3").replace(b"'shape': ()", b"'shape': (99999999999,)"),
        b"PK\3\4" + npy("3"),
        npy("3")[:-1],
    ],
)
def test_what_is_no_label_is_told_in_the_row(tmp_path, content):
    picture(tmp_path / "images" / "1.jpg")
    picture(tmp_path / "images" / "2.jpg")
    written(tmp_path / "annotations" / "1_exp.npy", content)
    written(tmp_path / "annotations" / "2_exp.npy", npy("8"))  # none
    found = read_dataset(tmp_path, labels="affectnet")
    assert found.labels.tolist() == [-1, -1]
    assert found.problems[1] == "AffectNet's 8: no expression"


def test_nothing_is_unpickled(tmp_path):
    picture(tmp_path / "images" / "1.jpg")
    out = io.BytesIO()
    np.save(out, np.array(["1"], dtype=object), allow_pickle=True)
    written(tmp_path / "annotations" / "1_exp.npy", out.getvalue())
    found = read_dataset(tmp_path, labels="affectnet")
    assert found.problems == ("annotations/1_exp.npy holds no label",)
