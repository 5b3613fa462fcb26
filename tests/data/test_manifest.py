"""CSV tables: manifests and FER2013's own, with every cell that can be wrong."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_classic.data.image import decode
from fer_classic.data.labels import SEVEN
from fer_classic.data.manifest import read_csv
from fer_classic.data.sources import BoxedSource
from fer_classic.errors import FerClassicError
from fer_classic.files.text import csv_text


def rows_of(text):
    data = text if isinstance(text, bytes) else text.encode()
    return read_csv(data, "m.csv", lambda name: f"source of {name}")


def error_of(text):
    with pytest.raises(FerClassicError) as error:
        rows_of(text)
    return str(error.value)


def test_a_manifest():
    rows = rows_of("path,label,split,group\n愤怒 1.jpg,Angry,Training,p1\nb/2.png,,,\n")
    assert rows == [
        {
            "name": "愤怒 1.jpg",
            "path": "愤怒 1.jpg",
            "given": "m.csv",
            "source": "source of 愤怒 1.jpg",
            "expression": "anger",
            "split": "Training",
            "group": "p1",
        },
        {
            "name": "b/2.png",
            "path": "b/2.png",
            "given": "m.csv",
            "source": "source of b/2.png",
            "expression": None,
        },
    ]


@pytest.mark.parametrize("path", ["path", "File", " filename ", "IMAGE", "name"])
@pytest.mark.parametrize("label", ["label", "Emotion", "expression", "class"])
def test_names_of_columns(path, label):
    (row,) = rows_of(f"x,{label},{path}\n0,sad,a.jpg\n")
    assert (row["path"], row["expression"]) == ("a.jpg", "sadness")


def test_without_labels_the_path_tells_them():
    (row,) = rows_of("path\nhappy_1.jpg\n")
    assert "expression" not in row


def test_byte_order_mark_blank_lines_quotes_and_windows():
    text = '\ufeffpath,label\r\n\r\n"a, b.jpg",sad\r\nx\\y.jpg,happy\r\n'
    assert [row["path"] for row in rows_of(text)] == ["a, b.jpg", "x/y.jpg"]


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\\"))
        .map(str.strip)
        .filter(bool),
        min_size=1,
        unique=True,
    )
)
def test_any_path_survives(paths):
    import csv
    import io

    out = io.StringIO()
    csv.writer(out).writerows([["path", "label"], *([path, "sad"] for path in paths)])
    assert [row["path"] for row in rows_of(out.getvalue())] == paths


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,label\na.jpg,sad\n ,sad\n", "m.csv, line 3: the path is empty."),
        (
            "path,label\na, b.jpg,sad\n",
            "m.csv, line 2: 3 cells under a header of 2; write a path that has a comma "
            "in quotes.",
        ),
        (
            "number,label\n12,sad\n",
            "m.csv has no column of image paths: its header is number, label; expected "
            "path,label[,split,group] or FER2013's emotion,pixels,Usage.",
        ),
        (
            "",
            "m.csv has no column of image paths: its header is empty; expected "
            "path,label[,split,group] or FER2013's emotion,pixels,Usage.",
        ),
        ("path,label\n", "m.csv lists no image: it has a header and no rows."),
        (
            b"path,label\n\xe9\xc0\xe9\xc1.jpg,sad\n",
            "m.csv is no table of text: byte 0xe9 at place 11 is not UTF-8, and no other "
            "encoding gives words: save it as UTF-8.",
        ),
        (
            "emotion,pixels\n3,1 2 3 4\n7,1 2 3 4\n",
            "m.csv, line 3: the emotion must be a number from 0 to 6, or empty where it "
            "is not known. Got '7' instead.",
        ),
        (
            "emotion,pixels\nhappy,1 2 3 4\n",
            "m.csv, line 2: the emotion must be a number from 0 to 6, or empty where it "
            "is not known. Got 'happy' instead.",
        ),
        (
            "emotion,pixels\n3,1 2 3 256\n",
            "m.csv, line 2: the pixels must be numbers from 0 to 255 with spaces between. "
            "Got '1 2 3 256' instead.",
        ),
        (
            "emotion,pixels\n3,1 2 x 4\n",
            "m.csv, line 2: the pixels must be numbers from 0 to 255 with spaces between. "
            "Got '1 2 x 4' instead.",
        ),
        (
            "emotion,pixels\n3,1 2 3\n",
            "m.csv, line 2: 3 pixels do not make a square; FER2013 has 48 x 48 = 2304 in "
            "each row.",
        ),
        (
            "emotion,pixels\n3\n",
            "m.csv, line 2: 0 pixels do not make a square; FER2013 has 48 x 48 = 2304 in "
            "each row.",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text, message):
    assert error_of(text) == message


def test_a_cell_without_end():
    message = error_of("path,label\n" + "x" * (1 << 25))
    assert message == "m.csv, line 2: field larger than field limit (16777216)."


def test_fer2013():
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (8, 48, 48), dtype=np.uint8)
    usages = ["Training"] * 6 + ["PublicTest", "PrivateTest"]
    lines = [
        f"{i % 7},{' '.join(map(str, picture.ravel()))},{usage}"
        for i, (picture, usage) in enumerate(zip(pictures, usages, strict=True))
    ]
    rows = rows_of("emotion,pixels,Usage\n" + "\n".join(lines) + "\n")
    assert [row["name"] for row in rows] == [f"{i:05d}.png" for i in range(1, 9)]
    assert [row["expression"] for row in rows] == [SEVEN.names[i % 7] for i in range(8)]
    assert [row["split"] for row in rows] == usages
    for row, picture in zip(rows, pictures, strict=True):
        np.testing.assert_array_equal(decode(row["source"].read()), picture)


def test_fer2013_without_emotions():
    for text in ("pixels\n1 2 3 4\n", "emotion,pixels\n,1 2 3 4\n"):
        (row,) = rows_of(text)
        assert row["expression"] is None
        np.testing.assert_array_equal(decode(row["source"].read()), [[1, 2], [3, 4]])


def test_cells_that_were_made_safe_for_spreadsheets_are_read_as_they_were():
    names = ["=1+1.jpg", "-x/@y.png", "'=z.jpg", "'tis.jpg", "a.jpg"]
    text = csv_text([["path", "label", "group"], *([n, "sad", "+p"] for n in names)])
    assert "\n'=1+1.jpg,sad,'+p\n" in text
    assert [row["name"] for row in rows_of(text)] == names
    assert {row["group"] for row in rows_of(text)} == {"+p"}


BOX = "path,face_x,face_y,face_width,face_height\n"


def test_the_place_of_a_face():
    one, other = rows_of(BOX + "a.jpg,1,2.5,30,40\nb.jpg,,,,\n")
    assert one["source"] == BoxedSource("source of a.jpg", (1.0, 2.5, 30.0, 40.0))
    assert other["source"] == "source of b.jpg"


@pytest.mark.parametrize("cells", ["1,2,3,", "1,2,0,4", "1,2,3,-4", "a,2,3,4", "nan,2,3,4"])
def test_a_wrong_place_of_a_face(cells):
    said = error_of(f"{BOX}a.jpg,{cells}\n")
    assert said.startswith("m.csv, line 2: face_x, face_y, face_width, face_height must be")


def test_a_place_of_a_face_needs_all_its_columns():
    assert "m.csv has the column face_x" in error_of("path,face_x\na.jpg,3\n")


def test_a_line_of_votes_that_ends_before_its_name():
    assert error_of("anger,happiness,path\n3,4\n") == "m.csv, line 2: the path is empty."
    message = error_of("anger,happiness,path\n3,4,a.jpg\n3,4\n")
    assert message == "m.csv, line 3: the path is empty."
