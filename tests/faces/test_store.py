"""Tables that are written and read part by part are the tables made at once."""

import os
import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_classic.cli import data as commands
from fer_classic.data.dataset import read_dataset
from fer_classic.errors import FerClassicError
from fer_classic.faces import extract as faces_module
from fer_classic.faces.extract import extract_faces, face_parts
from fer_classic.faces.settings import FaceSettings
from fer_classic.faces.store import load_face_parts, load_faces, save_faces, write_faces
from fer_classic.faces.table import FaceTable
from fer_classic.features import FeatureTable
from fer_classic.features.store import load_features, save_features, write_features
from fer_classic.files.checksums import write_seal
from fer_classic.model.predict import features_of
from fer_classic.settings import CARD_FEATURES


def assert_same_files(one, other):
    assert sorted(os.listdir(one)) == sorted(os.listdir(other)) != []
    for name in os.listdir(one):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


@pytest.fixture
def folder(tmp_path):
    def make(name):
        (tmp_path / name).mkdir()
        return tmp_path / name

    return make


def in_parts(table, size):
    return (table.take(range(len(table))[i : i + size]) for i in range(0, len(table), size))


@pytest.mark.parametrize("size", [1, 33, 80])
def test_faces_in_parts_are_the_same_files(train_faces, folder, size):
    save_faces(train_faces, whole := folder("whole"))
    rows = write_faces(in_parts(train_faces, size), 80, parts := folder("parts"))
    assert rows["names"] == list(train_faces.names)
    assert_same_files(whole, parts)


def test_a_part_that_is_missing_is_an_error(train_faces, folder):
    with pytest.raises(ValueError, match=r"is to hold 80 rows\. Got 40"):
        write_faces(in_parts(train_faces.take(range(40)), 8), 80, folder("parts"))


def test_faces_come_in_parts_from_the_workers_too(demo_folder, monkeypatch):
    monkeypatch.setattr(faces_module, "CHUNK", 7)
    samples = read_dataset(demo_folder / "test")
    settings = FaceSettings(detector="none")
    parts = list(face_parts(samples, settings, jobs=2))
    assert [len(part) for part in parts] == [7, 7, 7, 3]
    assert sum((part.names for part in parts), ()) == samples.names
    whole = extract_faces(samples, settings)
    for key in ("crops", "landmarks", "labels"):
        joined = np.concatenate([getattr(part, key) for part in parts])
        assert joined.tobytes() == getattr(whole, key).tobytes()
    (empty,) = face_parts(samples.take([]), settings)
    assert len(empty) == 0 and empty.crops.shape == (0, 64, 64)


def test_loaded_arrays_stay_in_their_files(train_faces, folder):
    place = folder("faces")
    save_faces(train_faces, place)
    loaded = load_faces(place)
    assert isinstance(loaded.crops, np.memmap) and not loaded.crops.flags.writeable
    assert not isinstance(loaded.take([3, 1]).crops, np.memmap)


@pytest.mark.parametrize("size", [33, 80, 200])
def test_parts_of_a_table_on_disk_are_its_rows(train_faces, folder, size):
    place = folder("faces")
    save_faces(train_faces, place)
    parts = list(load_face_parts(load_faces(place), place, size))
    assert [len(p) for p in parts] == [len(p) for p in in_parts(train_faces, size)]
    for part, own in zip(parts, in_parts(train_faces, size), strict=True):
        for key in FaceTable.__dataclass_fields__:
            a, b = getattr(part, key), getattr(own, key)
            if isinstance(b, np.ndarray):
                assert a.tobytes() == b.tobytes() and not isinstance(a, np.memmap)
            else:
                assert a == b


@pytest.mark.parametrize("size", [1, 33])
def test_features_in_parts_are_the_same_files(train_faces, folder, size):
    def described(table):
        return features_of(table, CARD_FEATURES), {"file": list(table.names)}

    save_features(*described(train_faces), folder("whole"))
    parts = map(described, in_parts(train_faces, size))
    names, rows = write_features(parts, 80, place := folder("parts"))
    assert_same_files(place.parent / "whole", place)
    loaded, its_rows = load_features(place)
    assert loaded.names == names and its_rows == rows and len(rows["file"]) == 80


def test_the_command_features_does_not_depend_on_its_parts(
    cli, train_faces, folder, monkeypatch
):
    place = folder("faces")
    save_faces(train_faces, place)
    for batch in (256, 33):
        monkeypatch.setattr(commands, "BATCH", batch)
        out = place.parent / f"features-{batch}"
        assert cli("features", place, "--out", out, "--csv")[0] == 0
    assert_same_files(place.parent / "features-256", out)
    assert len((out / "features.csv").read_text().splitlines()) == 81
    assert len(load_features(out)[1]["status"]) == 80


def test_a_header_as_python_2_wrote_it_warns_nobody(train_faces, folder):
    save_faces(train_faces, whole := folder("whole"))
    data = (whole / "scores.npy").read_bytes()
    data = data.replace(b"'shape': (80,), } ", b"'shape': (80L,), }")
    (whole / "scores.npy").write_bytes(data)
    assert b"80L" in data
    write_seal(whole)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(load_faces(whole).scores, train_faces.scores)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"'shape': (80,), }", b"'shape': (80,), ("),  # tokenize.TokenError
        (b"'shape': (80,)", b"'shape': (79,)"),
    ],
)
def test_a_sealed_array_with_a_hostile_header_is_one_sentence(
    train_faces, folder, old, new
):
    save_faces(train_faces, whole := folder("whole"))
    data = (whole / "scores.npy").read_bytes()
    assert old in data
    (whole / "scores.npy").write_bytes(data.replace(old, new))
    write_seal(whole)
    with warnings.catch_warnings(), pytest.raises(FerClassicError, match="The faces in"):
        warnings.simplefilter("error")
        load_faces(whole)


def test_a_seal_that_names_a_file_longer_than_the_system_takes(train_faces, folder):
    save_faces(train_faces, whole := folder("whole"))
    with open(whole / "SHA256SUMS", "a") as file:
        file.write(f"{'0' * 64}  {'n' * 300}\n")
    with pytest.raises(
        FerClassicError, match="nnn is missing: copy the whole folder again"
    ):
        load_faces(whole)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(TEXT, st.none() | TEXT, st.integers(-1, 4)), min_size=1, max_size=6)
)
def test_any_names_and_labels_are_read_as_they_were_written(
    train_faces, tmp_path_factory, rows
):
    names, groups, labels = zip(*rows, strict=True)
    table = train_faces.take(range(len(rows)))
    table = replace(table, names=names, groups=groups, labels=np.array(labels))
    save_faces(table, folder := tmp_path_factory.mktemp("any"))
    back = load_faces(folder)
    assert (back.names, back.groups) == (names, groups)
    assert back.labels.tolist() == list(labels)
    np.testing.assert_array_equal(back.crops, table.crops)
    X = table.landmarks.reshape(len(rows), -1)
    made = FeatureTable(X, tuple(f"x{i}" for i in range(X.shape[1])))
    own = tmp_path_factory.mktemp("features")
    save_features(made, {"file": list(names), "group": list(groups)}, own)
    found, its = load_features(own)
    assert its == {"file": list(names), "group": list(groups)}
    np.testing.assert_array_equal(found.X, X)
