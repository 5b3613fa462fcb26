"""Reading data sets: folders, archives, tables, globs, single files, and bad input."""

import io
import os
import re
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fer_classic.data.dataset import read_dataset
from fer_classic.data.image import decode
from fer_classic.data.labels import SEVEN
from fer_classic.errors import FerClassicError, UnreadableImage, UsageError


def picture(value):
    out = io.BytesIO()
    Image.new("L", (8, 6), value % 256).save(out, format="PNG")
    return out.getvalue()


def write_folder(folder, names):
    """Small pictures; the i-th is of gray i. Text stays text."""
    for i, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(i))
    return folder


def zip_folder(folder, path, top=""):
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*"), key=lambda p: str(p)[::-1]):  # any order
            if file.is_file():
                archive.write(file, top + file.relative_to(folder).as_posix())
    return path


def message_of(function, *arguments, kind=FerClassicError, **options):
    with pytest.raises(kind) as error:
        function(*arguments, **options)
    return str(error.value)


def labels_of(*names, tmp_path, **options):
    samples = read_dataset(write_folder(tmp_path / "set", names), **options)
    return dict(zip(samples.names, samples.labels.tolist(), strict=True))


def test_labels_from_names_and_folders(tmp_path):
    found = labels_of(
        "anger_0001.jpg",
        "0002-Happy.PNG",
        "中性 (3) 😀.webp",
        "sad/x.jpg",
        "Surprised/deep/er/1.jpg",
        "happy/anger_1.jpg",
        tmp_path=tmp_path,
    )
    assert found == {
        "anger_0001.jpg": 0,
        "0002-Happy.PNG": 1,
        "中性 (3) 😀.webp": 2,
        "sad/x.jpg": 3,
        "Surprised/deep/er/1.jpg": 4,
        "happy/anger_1.jpg": 1,  # folders that are classes count, never the name alone
    }


@pytest.mark.parametrize(
    ("labels", "expected"), [("auto", -1), ("name", 0), ("folder", 1), ("none", -1)]
)
def test_where_labels_are_read_from(tmp_path, labels, expected):
    found = labels_of("happy/anger_1.jpg", tmp_path=tmp_path, labels=labels)
    assert found == {"happy/anger_1.jpg": expected}


def test_problems_are_named_and_counted(tmp_path):
    names = ["happy_sad.jpg", "fear_1.jpg", "fear_2.jpg", "x.jpg", "sad.jpg", "disgust.jpg"]
    samples = read_dataset(write_folder(tmp_path, names))
    assert dict(zip(samples.names, samples.problems, strict=True)) == {
        "disgust.jpg": "class disgust",
        "fear_1.jpg": "class fear",
        "fear_2.jpg": "class fear",
        "happy_sad.jpg": "two labels: happiness and sadness",
        "sad.jpg": None,
        "x.jpg": "no label",
    }
    assert samples.labels.tolist() == [-1, -1, -1, -1, 3, -1]
    assert samples.left_out() == {
        "class fear": 2,
        "class disgust": 1,
        "two labels: happiness and sadness": 1,
        "no label": 1,
    }
    assert samples.training_part().names == ("sad.jpg",)
    assert message_of(samples.training_part, strict=True) == (
        "5 of 6 images have no usable label (disgust.jpg: class disgust; fear_1.jpg: class "
        "fear; fear_2.jpg: class fear; happy_sad.jpg: two labels: happiness and sadness; "
        "x.jpg: no label). Mend the names, or leave these images out by running without "
        "`strict`."
    )


def test_strict_shows_five_of_many_and_passes_whole_sets(tmp_path):
    samples = read_dataset(
        write_folder(tmp_path, [f"{i}.jpg" for i in range(6)] + ["sad.jpg"])
    )
    assert "4.jpg: no label; …)" in message_of(samples.training_part, strict=True)
    assert len(samples.take([6]).training_part(strict=True)) == 1


def test_a_class_set_is_named_by_its_key(tmp_path):
    folder = write_folder(tmp_path, ["fear_1.png", "anger_2.png"])
    own, same = read_dataset(folder, classes="seven"), read_dataset(folder, classes=SEVEN)
    assert own.classes is SEVEN and own.labels.tolist() == same.labels.tolist() == [0, 2]
    with pytest.raises(UsageError, match="classes must be one of"):
        read_dataset(folder, classes="six")


def test_the_seven_classes(tmp_path):
    found = labels_of("fear_1.jpg", "neutral_1.jpg", tmp_path=tmp_path, classes=SEVEN)
    assert found == {"fear_1.jpg": 2, "neutral_1.jpg": 6}


def test_no_label_anywhere(tmp_path):
    samples = read_dataset(write_folder(tmp_path / "p", ["b.jpg", "a.jpg"]))
    assert message_of(samples.training_part) == (
        f"No label found in {tmp_path / 'p'} (2 images, for example 'a.jpg'). Labels are "
        "read from file names (anger_0001.jpg), folder names (anger/0001.jpg) or a CSV "
        "manifest (path,label); classes are anger, happiness, neutral, sadness, surprise."
    )
    none = samples.in_split("train")
    assert len(none) == 0
    assert "(0 images). Labels are read" in message_of(none.training_part)


NAMES = st.lists(
    st.lists(
        st.text(
            st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='/\\:*?"<>|'),
            min_size=1,
            max_size=5,
        )
        .map(str.strip)
        .filter(lambda part: part and not part.startswith(".")),
        min_size=1,
        max_size=3,
    ).map(lambda parts: "/".join(parts) + ".png"),
    min_size=1,
    max_size=8,
    unique_by=str.casefold,
)


@settings(max_examples=40, deadline=None)
@given(names=NAMES, top=st.sampled_from(["", "set/", "愤怒/"]))
def test_a_zip_reads_as_the_folder_does(tmp_path_factory, names, top):
    tmp_path = tmp_path_factory.mktemp("same")
    folder = write_folder(tmp_path / "set", names)
    if len({name.split("/")[0] for name in names}) == 1 and not top:
        top = "set/"  # a zip of a single folder is that folder
    archive = zip_folder(folder, tmp_path / "set.zip", top)
    unzipped, zipped = (
        read_dataset(folder, labels="name"),
        read_dataset(archive, labels="name"),
    )
    assert unzipped.names == zipped.names == tuple(sorted(names))
    assert unzipped.labels.tolist() == zipped.labels.tolist()
    for row, name in enumerate(unzipped.names):
        assert decode(unzipped.sources[row].read())[0, 0] == names.index(name)
        assert zipped.sources[row].read() == unzipped.sources[row].read()


def test_a_zip_with_a_table_inside(tmp_path):
    write_folder(tmp_path / "set", ["a.jpg", "b.jpg", "unlisted.jpg"])
    table = "path,label\nb.jpg,sad\na.jpg,happy\nset/b.jpg,anger\ngone.jpg,sad\n"
    (tmp_path / "set" / "labels.csv").write_text(table)
    samples = read_dataset(zip_folder(tmp_path / "set", tmp_path / "a.zip", "set/"))
    assert samples.names == ("b.jpg", "a.jpg", "set/b.jpg", "gone.jpg")
    assert samples.labels.tolist() == [3, 1, 0, 3]
    assert [decode(s.read())[0, 0] for s in samples.sources[:3]] == [1, 0, 1]
    message = message_of(samples.sources[3].read, kind=UnreadableImage)
    assert message == f"not in the archive {tmp_path / 'a.zip'}"


def test_a_zip_with_a_damaged_table(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("labels.csv", "path,label\na.jpg,sad\n")
    data = (tmp_path / "a.zip").read_bytes().replace(b"a.jpg,sad", b"b.jpg,sad")
    (tmp_path / "a.zip").write_bytes(data)
    assert message_of(read_dataset, tmp_path / "a.zip") == (
        f"{tmp_path / 'a.zip'}:labels.csv cannot be unpacked: Bad CRC-32 for file "
        "'labels.csv'."
    )


def test_fer2013_in_a_zip(tmp_path):
    with zipfile.ZipFile(tmp_path / "fer.zip", "w") as archive:
        archive.writestr("x/fer.csv", "emotion,pixels,Usage\n3,1 2 3 4,PrivateTest\n")
    samples = read_dataset(tmp_path / "fer.zip")
    assert (samples.names, samples.labels.tolist()) == (("00001.png",), [1])
    assert samples.splits == ("test",)
    np.testing.assert_array_equal(decode(samples.sources[0].read()), [[1, 2], [3, 4]])


def test_a_manifest_s_paths_are_below_its_folder(tmp_path):
    write_folder(tmp_path / "pictures", ["1.jpg"])
    elsewhere = write_folder(tmp_path / "other", ["2.jpg"]) / "2.jpg"
    table = f"path,label,split,group\npictures/1.jpg,SAD,val,p\n{elsewhere},happy,,\n"
    (tmp_path / "m.csv").write_text(table)
    samples = read_dataset(tmp_path / "m.csv", labels="none", group_pattern="other")
    assert samples.labels.tolist() == [3, 1]  # a manifest's own labels always count
    assert samples.splits == ("val", None)
    assert samples.groups == ("p", "other")
    assert [len(source.read()) > 0 for source in samples.sources] == [True, True]


def test_a_manifest_names_members_of_archives(tmp_path):
    write_folder(tmp_path / "in", ["a.jpg", "b/c.jpg"])
    zip_folder(tmp_path / "in", tmp_path / "set.zip")
    table = tmp_path / "m.csv"
    table.write_text("path,label\nset.zip/b/c.jpg,sad\nset.zip/d.jpg,sad\nno.zip/a.jpg,\n")
    found = read_dataset(table)
    assert found.names == ("set.zip/b/c.jpg", "set.zip/d.jpg", "no.zip/a.jpg")
    assert found.sources[0].read() == (tmp_path / "in/b/c.jpg").read_bytes()
    for source, reason in zip(
        found.sources[1:], ("not in the archive", "no such"), strict=True
    ):
        with pytest.raises(UnreadableImage, match=f"(?i){reason}"):
            source.read()


def test_a_manifest_beside_a_damaged_archive(tmp_path):
    (tmp_path / "set.zip").write_bytes(b"PK no archive")
    (tmp_path / "m.csv").write_text("path\nset.zip/a.jpg\n")
    said = message_of(read_dataset, tmp_path / "m.csv")
    reason = "cannot be read as a zip archive: it is damaged or no zip."
    assert said == f"{tmp_path / 'set.zip'} {reason}"


def test_splits_from_folders_and_tables(tmp_path):
    names = ["train/a.jpg", "Validation/b.jpg", "x/TEST/c.jpg", "d.jpg", "PublicTest/e.jpg"]
    samples = read_dataset(write_folder(tmp_path / "set", names))
    assert dict(zip(samples.names, samples.splits, strict=True)) == {
        "train/a.jpg": "train",
        "Validation/b.jpg": "val",
        "x/TEST/c.jpg": "test",
        "d.jpg": None,
        "PublicTest/e.jpg": "val",
    }
    assert samples.in_split("val").names == ("PublicTest/e.jpg", "Validation/b.jpg")
    (tmp_path / "m.csv").write_text("path,split\na,Training\nb,PrivateTest\nc,Fold 1\nd,\n")
    assert read_dataset(tmp_path / "m.csv").splits == ("train", "test", "Fold 1", None)


@pytest.mark.parametrize(
    ("pattern", "groups"),
    [
        (r"p\d+", ("p1", "p12", None)),
        (r"(p\d)\d*_", ("p1", "p1", None)),
        (r"(?:q(\d))?_", (None, None, "9")),
        (r"z*", (None, None, None)),  # an empty match is no group
        (None, (None, None, None)),
    ],
)
def test_groups_from_names(tmp_path, pattern, groups):
    names = ["p12_sad.jpg", "p1_sad.jpg", "q9_sad.jpg"]
    samples = read_dataset(write_folder(tmp_path, names), group_pattern=pattern)
    by_name = dict(zip(samples.names, samples.groups, strict=True))
    assert tuple(by_name[n] for n in ("p1_sad.jpg", "p12_sad.jpg", "q9_sad.jpg")) == groups


def test_a_group_pattern_that_is_no_regular_expression(tmp_path):
    message = message_of(read_dataset, tmp_path, group_pattern="(p", kind=UsageError)
    assert message.startswith(
        "The group pattern '(p' is not a regular expression: missing )"
    )


def test_impossible_source_of_labels(tmp_path):
    assert message_of(read_dataset, tmp_path, labels="exif", kind=UsageError) == (
        "labels must be one of {auto, name, folder, none, rafdb, fer2013, affectnet, expw, "
        "ck, kdef, jaffe, rafd} or pairs such as 1=anger,2=happiness. Got 'exif' instead."
    )


def test_single_files_and_globs(tmp_path, monkeypatch):
    monkeypatch.chdir(write_folder(tmp_path, ["b/sad_2.jpg", "a/sad_1.jpg", "a[1].jpg"]))
    assert read_dataset("a[1].jpg", "b/sad_2.jpg").names == ("a[1].jpg", "sad_2.jpg")
    assert read_dataset("**/sad_*.jpg").names == ("sad_1.jpg", "sad_2.jpg")
    assert read_dataset("?").names == ("sad_1.jpg", "sad_2.jpg")  # matches folders


def test_equal_names_of_several_inputs_are_told_apart(tmp_path, monkeypatch):
    names = ["1.jpg", "sub/2.jpg", "only.jpg"]
    monkeypatch.chdir(tmp_path)
    write_folder(tmp_path / "a", names)
    write_folder(tmp_path / "b", names[:2])
    zip_folder(tmp_path / "b", tmp_path / "b.zip")
    (tmp_path / "m.csv").write_text("path\n1.jpg\n")
    samples = read_dataset("a", "b", "b.zip", "m.csv")
    assert samples.names == (
        *("a/1.jpg", "only.jpg", "a/sub/2.jpg"),
        *("b/1.jpg", "b/sub/2.jpg", "b.zip/1.jpg", "b.zip/sub/2.jpg", "m.csv/1.jpg"),
    )
    assert read_dataset("a/1.jpg", "b/1.jpg").names == ("a/1.jpg", "b/1.jpg")
    assert samples.origin == ("a", "b", "b.zip", "m.csv")


def test_an_image_given_twice(tmp_path, monkeypatch):
    monkeypatch.chdir(write_folder(tmp_path, ["a/1.jpg", "a/2.jpg"]))
    message = "1 image(s) are given twice: a/1.jpg. Give each image once."
    assert message_of(read_dataset, "a", "a/1.jpg") == message
    (tmp_path / "m.csv").write_text("path,label,split\n1.jpg,sad,train\n1.jpg,sad,test\n")
    assert message_of(read_dataset, "m.csv") == message.replace("a/", "m.csv/")


@pytest.mark.parametrize("kind", ["empty", "text only", "hidden only"])
def test_a_folder_or_zip_without_images(tmp_path, kind):
    names = {"empty": [], "text only": ["a.txt", "b/c.md"], "hidden only": [".a.jpg"]}[kind]
    folder = write_folder(tmp_path / "set", names)
    folder.mkdir(exist_ok=True)
    for path in (folder, zip_folder(folder, tmp_path / "set.zip")):
        assert message_of(read_dataset, path) == (
            f"No image in {path}: expected files such as .jpg, .png, .bmp, .tif, .webp or "
            ".gif (in folders below it too)."
            + (
                f" Skipped 2 file(s) of {path}: .txt 1, .md 1."
                if names == ["a.txt", "b/c.md"]
                else ""
            )
        )


def test_missing_inputs(tmp_path):
    missing = str(tmp_path / "no")
    assert message_of(read_dataset, missing) == f"There is no file or folder {missing!r}."
    pattern = str(tmp_path / "*.jpg")
    assert message_of(read_dataset, pattern) == f"No file matches the pattern {pattern!r}."


def test_a_folder_that_cannot_be_listed_is_an_error(tmp_path, monkeypatch):
    """Its whole path is longer than the system takes; images would be lost silently."""
    write_folder(tmp_path, ["sad_1.jpg"])
    monkeypatch.chdir(tmp_path)
    for _ in range(25):
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
    message = message_of(read_dataset, tmp_path)
    assert message.startswith("A folder cannot be listed, so its images would be missing: ")
    assert message.endswith(": File name too long. Allow reading it or move it elsewhere.")


def test_odd_files_are_rows_all_the_same(tmp_path):
    write_folder(tmp_path, ["dir.jpg/sad_1.jpg", "ok_sad.jpg"])
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "again").symlink_to(tmp_path)
    samples = read_dataset(tmp_path)
    assert samples.names == ("dir.jpg/sad_1.jpg", "empty.jpg", "loop.jpg", "ok_sad.jpg")
    assert samples.sources[1].read() == b""
    with pytest.raises(UnreadableImage, match="symbolic links"):
        samples.sources[2].read()


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_a_name_that_is_not_utf_8_can_be_written(tmp_path):
    raw = os.fsencode(tmp_path) + b"/sad_\xe9.png"
    try:
        with open(raw, "wb") as file:
            file.write(picture(1))
    except OSError:
        pytest.skip("the file system takes UTF-8 only")
    for samples in (read_dataset(tmp_path), read_dataset(os.fsdecode(raw))):
        assert samples.names == ("sad_\\xe9.png",)
        samples.names[0].encode("utf-8")
        assert samples.sources[0].read() == picture(1)


def test_take_and_order(tmp_path):
    samples = read_dataset(
        write_folder(tmp_path, ["sad_1.jpg", "sad_2.jpg", "happy_3.jpg"])
    )
    assert samples.names == ("happy_3.jpg", "sad_1.jpg", "sad_2.jpg")
    assert samples.take([2, 0]).names == ("sad_2.jpg", "happy_3.jpg")
    assert samples.take([2, 0]).labels.tolist() == [3, 1]
    assert samples.take([True, False, True]).names == ("happy_3.jpg", "sad_2.jpg")
    assert len(samples.take([])) == 0
    assert len(read_dataset()) == 0


def test_messages_are_one_line_and_have_no_parts_of_code(tmp_path):
    for arguments in ((tmp_path,), (tmp_path / "x",), (str(tmp_path / "*"),)):
        message = message_of(read_dataset, *arguments)
        assert re.fullmatch(r"[A-Z][^\n]*\.", message)
