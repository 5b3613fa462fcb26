"""Folders, archives and tables as people have them; each kind for every reader alike."""

import io
import os
import unicodedata
import zipfile

import numpy as np
import pytest
from PIL import Image

from fer_classic.data.conventions import CONVENTIONS, whole_number
from fer_classic.data.dataset import read_dataset
from fer_classic.data.labels import FIVE, SEVEN, labels_from
from fer_classic.errors import FerClassicError, UsageError

WORDS = ("anger", "happiness", "neutral", "sadness", "surprise")


def picture(value=0, kind="PNG"):
    out = io.BytesIO()
    Image.new("L", (8, 6), value % 256).save(out, format=kind)
    return out.getvalue()


def folder_of(path, files):
    for i, (name, content) in enumerate(files.items()):
        place = path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(picture(i) if content is None else content)
    return path


def zip_of(path, files, codec=None):
    """An archive; with a codec its names are in that code page and not said to be."""
    with zipfile.ZipFile(path, "w") as archive:
        for i, (name, content) in enumerate(files.items()):
            raw = name.encode(codec).decode("cp437") if codec else name
            info = zipfile.ZipInfo(raw)
            archive.writestr(info, picture(i) if content is None else content)
    if codec:  # zipfile says UTF-8 of all that is not ASCII: take the flag away
        _unflag(path, {name: name.encode(codec) for name in files})
    return path


def _unflag(path, names):
    """Write the archive again, with names of raw bytes and without the flag."""

    class Info(zipfile.ZipInfo):
        raw = b""

        def _encodeFilenameFlags(self):
            return self.raw, self.flag_bits & ~0x800

    with zipfile.ZipFile(path) as old:
        contents = [old.read(info) for info in old.infolist()]
    with zipfile.ZipFile(path, "w") as new:
        for (name, raw), content in zip(names.items(), contents, strict=True):
            info = Info(name)
            info.raw = raw
            new.writestr(info, content)


def classes_of(samples):
    return [samples.classes.names[c] if c >= 0 else None for c in samples.labels]


def both(tmp_path, files, **options):
    """Samples of a folder and of a zip of the same files, which must be alike."""
    folder = read_dataset(folder_of(tmp_path / "in", files), **options)
    archive = read_dataset(zip_of(tmp_path / "in.zip", files), **options)
    assert classes_of(folder) == classes_of(archive)
    assert folder.problems == archive.problems

    def told(samples, given):
        return [note.replace(str(given), "IN") for note in samples.notes]

    assert told(folder, tmp_path / "in") == told(archive, tmp_path / "in.zip")
    return folder


def test_a_name_never_counts_against_its_class_folder_in_silence(tmp_path):
    files = {f"{own}/{word}_{i}.png": None for own in WORDS for i, word in enumerate(WORDS)}
    found = both(tmp_path, files)
    assert found.labels.tolist() == sorted([0, 1, 2, 3, 4] * 5)
    (note,) = found.notes
    assert note.startswith(
        "20 of 25 image(s) name another expression than their folder does"
    )
    assert read_dataset(tmp_path / "in", labels="name").notes == ()


def test_a_single_folder_against_the_names_is_no_label(tmp_path):
    found = both(tmp_path, {"x/happy/angry_1.png": None, "x/happy/happy_2.png": None})
    assert classes_of(found) == [None, "happiness"]
    assert found.problems[0] == "name against folder: anger, in a folder named happiness"


def test_what_is_no_label_is_named_with_the_nearest_class(tmp_path):
    files = {f"{own}/1.png": None for own in ("Angry Faces", "Hapy", "愤怒 (2)", "bored")}
    found = both(tmp_path, files | {"sad-images/1.png": None})
    told = dict(zip(found.names, found.problems, strict=True))
    assert told["Hapy/1.png"] == "unknown label 'Hapy' (nearest: happiness) as a folder"
    assert told["bored/1.png"].startswith("unknown label 'bored'")
    assert [n for n, p in told.items() if p is None] == [
        *("Angry Faces/1.png", "sad-images/1.png", "愤怒 (2)/1.png")
    ]


def test_every_file_is_a_row_or_counted(tmp_path):
    files = {"a.png": None, "b": None, "c.jpg_large": None, "d.txt": b"x", "e.mp4": b"x"}
    files |= {"f": b"no picture", "g.cr2": b"II*\0x", "h.HEIC": b"x", "i.png": b"broken"}
    found = both(tmp_path, files)
    assert found.names == ("a.png", "b", "c.jpg_large", "h.HEIC", "i.png")
    assert [note.partition(" of ")[0] for note in found.notes] == ["skipped 4 file(s)"]
    assert found.notes[0].endswith(": .txt 1, .mp4 1, no ending 1, .cr2 1")


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("a,b\n1,2\n", "no column of image paths"),
        ("id,label\n1.png,0\n", "it lists 1 of 5 images"),
        (",pth,label\n0,anger/1.png,sad\n", "it lists 1 of 5 images"),
        ("path,n\n" + "".join(f"{w}/1.png,3\n" for w in WORDS), "no column of labels"),
        (b"\x89PNG\0\0", "no table"),
    ],
)
def test_a_table_that_is_no_manifest_is_left_aside_and_named(tmp_path, table, reason):
    data = table if isinstance(table, bytes) else table.encode()
    found = both(tmp_path, {f"{w}/1.png": None for w in WORDS} | {"x.csv": data})
    assert classes_of(found) == list(WORDS)
    (note,) = found.notes
    assert note.endswith(f": left aside, as no table of its images: x.csv ({reason})")


def test_samples_of_answers_are_left_aside(tmp_path):
    rows = "".join(f"{w}/1.png,0\n" for w in WORDS)
    files = {f"{w}/1.png": None for w in WORDS}
    found = both(tmp_path, files | {"sample_submission.csv": f"id,label\n{rows}".encode()})
    assert classes_of(found) == list(WORDS) and "looks like answers" in found.notes[0]


def test_a_manifest_inside_is_read_alike(tmp_path):
    files = {"p/1.png": None, "p/2.png": None, "p/3.png": None}
    table = "﻿Image Name;Emotion\np/1.png;Wut\np\\2;traurig\n;\n".encode()
    found = both(tmp_path, files | {"labels.csv": table})
    assert classes_of(found) == ["anger", "sadness"]
    assert "1 image(s) that labels.csv does not list are left out" in found.notes[0]


@pytest.mark.parametrize(
    ("codec", "names"),
    [
        ("gbk", ("训练/生气", "训练/开心", "训练/难过")),
        ("big5", ("訓練/憤怒", "訓練/高興", "訓練/悲傷")),
        ("cp932", ("画像/怒り", "画像/喜び", "画像/悲しみ")),
        ("cp866", ("лица/гнев", "лица/радость", "лица/грусть")),
        ("cp850", ("Gesichter/wütend", "Gesichter/glücklich", "Gesichter/traurig")),
        ("utf-8", ("表情/愤怒", "表情/高兴", "表情/悲伤")),
    ],
)
def test_names_of_archives_in_any_code_page(tmp_path, codec, names):
    files = {f"{name}/{i}.png": None for i, name in enumerate(names)}
    found = read_dataset(zip_of(tmp_path / "a.zip", files, codec))
    assert sorted(found.labels.tolist()) == [0, 1, 3], found.names
    assert {name.split("/")[0] for name in found.names} == {n.split("/")[1] for n in names}
    assert all(source.read() for source in found.sources)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_are_compared_after_composition(tmp_path, form):
    other = {"NFC": "NFD", "NFD": "NFC"}[form]
    names = [unicodedata.normalize(form, n) for n in ("Zoë.png", "José.png")]
    folder_of(tmp_path, {f"i/{name}": None for name in names})
    asked = [unicodedata.normalize(other, n) for n in ("i/Zoë.png", "i\\José")]
    (tmp_path / "m.csv").write_text(f"path,label\n{asked[0]},sad\n{asked[1]},joy\n")
    found = read_dataset(tmp_path / "m.csv")
    assert found.labels.tolist() == [3, 1]
    assert all(source.read() for source in found.sources)


def test_a_file_of_another_folder_is_not_taken(tmp_path):
    folder_of(tmp_path, {"b/1.png": None})
    (tmp_path / "m.csv").write_text("path,label\na/1.png,sad\n/home/me/b/1.png,sad\n")
    found = read_dataset(tmp_path / "m.csv")
    assert [os.path.exists(own.path) for own in found.sources] == [False, True]


def test_spreadsheets_and_other_classes(tmp_path):
    folder_of(tmp_path, {f"{i}.png": None for i in range(4)})
    text = "Datei;Klasse;;\r\n0.png;Wut;;\r\n1.png;unknown;;\r\n2.png;3.0;;\r\n;;;\r\n"
    text += "3.png;n/a;;\r\n"
    (tmp_path / "m.csv").write_bytes(text.encode("utf-16"))
    found = read_dataset(tmp_path / "m.csv")
    assert found.labels.tolist() == [0, -1, 3, -1]
    assert found.problems == (None, "unknown label 'unknown'", None, "unknown label 'n/a'")
    assert "numbers are read as the codes of `classes` five (0 anger" in found.notes[0]
    assert len(found.training_part()) == 2
    with pytest.raises(FerClassicError, match="unknown label 'unknown'"):
        found.training_part(strict=True)


def test_codes_of_other_data_sets(tmp_path):
    folder_of(tmp_path, {f"Image/aligned/train_{i}_aligned.png": None for i in range(1, 4)})
    table = tmp_path / "EmoLabel" / "list_patition_label.txt"
    table.parent.mkdir()
    table.write_text("train_1.png 4\ntrain_2.png 7\ntrain_3.png 1\n")
    with pytest.raises(UsageError, match="has the label 7; `classes` five has the codes"):
        read_dataset(table)
    found = read_dataset(table, labels="rafdb")
    assert classes_of(found) == ["happiness", "neutral", "surprise"]
    assert all(source.read() for source in found.sources)
    table.write_text("train_1.png 0\n")
    with pytest.raises(FerClassicError, match=r"0 is no label of RAF-DB \(1 surprise"):
        read_dataset(table, labels="rafdb")


@pytest.mark.parametrize(
    ("key", "name", "label", "person"),
    [
        ("kdef", "AF01HAS.JPG", "happiness", "F01"),
        ("kdef", "BM35AFHL.JPG", "fear", "M35"),
        ("jaffe", "KA.SU2.37.tiff", "surprise", "KA"),
        ("rafd", "Rafd090_01_Caucasian_female_disgusted_frontal.jpg", "disgust", "01"),
        ("ck", "S005_001_00000011.png", None, "S005"),
        ("expw", "angry_actor_104.jpg", "anger", None),
    ],
)
def test_names_of_known_sets(tmp_path, key, name, label, person):
    found = read_dataset(folder_of(tmp_path, {name: None}), labels=key, classes=SEVEN)
    assert classes_of(found) == [label] and found.groups == (person,)


@pytest.mark.parametrize(
    ("key", "codes"),
    [
        ("affectnet", {"0": "neutral", "6": "anger", "7": "contempt", "8": None}),
        ("ck", {"0": "neutral", "1": "anger", "5": "happiness"}),
        ("fer2013", {str(i): name for i, name in enumerate(SEVEN.names)}),
        ("expw", {str(i): name for i, name in enumerate(SEVEN.names)}),
        ("rafdb", {"1": "surprise", "6": "anger", "7": "neutral"}),
    ],
)
def test_codes(tmp_path, key, codes):
    assert {code: CONVENTIONS[key].codes[code] for code in codes} == codes
    files = {f"train/{code}/1.png": None for code in codes}
    found = read_dataset(folder_of(tmp_path, files), labels=key, classes=SEVEN)
    expected = [codes[n.split("/")[1]] for n in found.names]
    assert classes_of(found) == [n if n in SEVEN.names else None for n in expected]


def test_pairs_name_any_codes():
    place, own = labels_from("1=joy,2=Wut,x=none")
    assert place == "auto"
    assert [own.expression(t) for t in ("1", "2.0", "X", "sad")] == [
        *("happiness", "anger", None, "sadness")
    ]
    with pytest.raises(UsageError, match="'nonsense' of '1=nonsense' is no expression"):
        labels_from("1=nonsense")


@pytest.mark.parametrize(
    ("text", "number"),
    [("3", 3), (" 3.0 ", 3), ("3,0", 3), ("3.0000000e+00", 3), ("-1", -1), ("3.5", None)]
    + [("", None), ("x", None), ("1e999", None), ("٣", None), ("0x3", None)],
)
def test_whole_numbers(text, number):
    assert whole_number(text) == number


def test_the_numbers_of_classes_are_those_of_the_set(tmp_path):
    folder_of(tmp_path, {f"{i}.png": None for i in range(5)})
    rows = "".join(f"{i}.png,{i}\n" for i in range(5))
    (tmp_path / "m.csv").write_text(f"file,target\n{rows}")
    assert classes_of(read_dataset(tmp_path / "m.csv")) == list(FIVE.names)
    np.testing.assert_array_equal(read_dataset(tmp_path / "m.csv").labels, range(5))


@pytest.mark.parametrize("left", ["bytes", "signs of DOS"])
def test_folders_that_were_unpacked_in_the_wrong_code_page(tmp_path, left):
    for i, name in enumerate(("生气", "开心", "难过")):
        raw = name.encode("gbk")
        made = os.fsencode(raw.decode("cp437")) if left != "bytes" else raw
        os.mkdir(os.path.join(os.fsencode(tmp_path), made))
        with open(os.path.join(os.fsencode(tmp_path), made, b"1.png"), "wb") as file:
            file.write(picture(i))
    found = read_dataset(tmp_path)
    assert sorted(found.labels.tolist()) == [0, 1, 3]
    assert all(source.read() for source in found.sources)


def test_predicting_asks_for_no_labels(tmp_path):
    folder_of(tmp_path, {"happy/sad_1.png": None, "angry/sad_2.png": None})
    (tmp_path / "m.csv").write_text("path,label\nhappy/sad_1.png,7\nangry/sad_2.png,2\n")
    found = read_dataset(tmp_path / "m.csv", labels="none")
    assert found.labels.tolist() == [-1, 2] and found.notes == ()
    assert read_dataset(tmp_path / "happy", labels="none").notes == ()
