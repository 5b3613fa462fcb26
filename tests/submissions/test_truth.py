"""True labels and answers in the forms of other programs."""

import json

import pytest

from fer_classic.data.labels import FIVE, SEVEN
from fer_classic.data.names import NameFinder
from fer_classic.errors import FerClassicError
from fer_classic.submissions.read_table import read_result
from fer_classic.submissions.truth import match_result, read_truth

NAMES = ("a.jpg", "b.jpg", "c.jpg")
CODES = (3, 1, 0)


def written(tmp_path, text, name="t.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


LINES = [json.dumps({"filename": n, "label": c}) for n, c in zip(NAMES, CODES, strict=True)]
FORMS = {
    "lines.jsonl": "\n".join(LINES),
    "marked.ndjson": "\ufeff" + "\r\n".join(LINES) + "\r\n",
    "lines.json": "\n".join(LINES) + "\n",
    "blanks.txt": "a.jpg 3\nb.jpg  1\nc.jpg 0\n",
    "list.lst": "a.jpg\t3\nb.jpg\t1\nc.jpg\t0\n",
    "sep.csv": "sep=;\nfile;label\na.jpg;3,0\nb.jpg;1,0\nc.jpg;0,0\n",
    "spaces.csv": "file , label\na.jpg , 3\nb.jpg , 1\nc.jpg , 0\n",
    "remarks.csv": "# mine\nImage_ID,Emotion_Name\na.jpg,sad\nb.jpg,happy\nc.jpg,angry\n",
    "index.csv": ",file,label\n0,a.jpg,3\n1,b.jpg,1\n2,c.jpg,0\n",
    "words.csv": "file,label,emotion\na.jpg,5,sad\nb.jpg,4,happy\nc.jpg,6,angry\n",
    "again.csv": "file,label\na.jpg,3\nb.jpg,1\na.jpg,3\nc.jpg,0\n",
}


@pytest.mark.parametrize("name", FORMS)
def test_truth_and_answers_are_read_alike(tmp_path, name):
    path = written(tmp_path, FORMS[name], name)
    truth = read_truth(path, FIVE)
    assert tuple(own.strip() for own in truth.names) == NAMES
    assert tuple(truth.labels) == CODES
    plain = written(tmp_path, "file,label\na.jpg,3\nb.jpg,1\nc.jpg,0\n", "plain.csv")
    for truth_path, answers in ((path, plain), (plain, path)):
        truth = read_truth(truth_path, FIVE)
        found = match_result(answers, "x", truth, NameFinder(truth.names))
        assert tuple(found.codes) == CODES


def test_a_short_row_has_no_label(tmp_path):
    for text in ("a.jpg,3\nb.jpg,1\nc.jpg\n", "file,label\na.jpg,3\nb.jpg,1\nc.jpg\n"):
        path = written(tmp_path, text)
        assert read_truth(path, FIVE).labels.tolist() == [3, 1, -1]
        assert read_result(path, FIVE).codes.tolist() == [3, 1, -1]


def test_a_row_of_too_many_cells_is_an_error_as_in_a_manifest(tmp_path):
    path = written(tmp_path, "file,label\na.jpg,3\nb,c.jpg,1\n")
    for read in (read_truth, read_result):
        with pytest.raises(FerClassicError, match="line 3: 3 cells under a header of 2"):
            read(path, FIVE)


def test_what_stands_for_no_label(tmp_path):
    path = written(tmp_path, "file,label\na.jpg,3\nb.jpg,-1\nc.jpg,N/A\n")
    truth = read_truth(path, FIVE)
    assert truth.labels.tolist() == [3, -1, -1]
    assert truth.notes[0] == (
        f"{path}: not scored, unknown label '-1' (1), unknown label 'N/A' (1)"
    )
    assert "numbers are read as the codes of `classes` five (0 anger" in truth.notes[1]
    assert not read_result(path, FIVE).outside.any()


@pytest.mark.parametrize("numbers", ["1234567", ["1.0", "7.0", "3.0"]])
def test_answers_numbered_from_1_are_refused(tmp_path, numbers):
    rows = "".join(f"{i}.jpg,{number}\n" for i, number in enumerate(numbers))
    path = written(tmp_path, "file,label\n" + rows)
    with pytest.raises(FerClassicError, match="its numbers seem to begin at 1"):
        read_result(path, SEVEN)


def test_one_number_outside_counts_as_wrong(tmp_path):
    path = written(tmp_path, "file,label\na.jpg,0\nb.jpg,1\nc.jpg,9\n")
    assert read_result(path, FIVE).outside.tolist() == [False, False, True]


def test_a_table_of_scores_without_rows(tmp_path):
    path = written(tmp_path, "file,anger,happiness,sadness\n")
    with pytest.raises(FerClassicError, match=r"t\.csv gives no image a class"):
        read_truth(path, FIVE)


def test_a_number_and_the_same_number_as_text_are_one_name(tmp_path):
    path = tmp_path / "t.json"
    named = (1, 2), ("1", "2"), ("a.jpg", 0)
    rows = [{"image": name, "class": label} for name, label in named]
    path.write_text(json.dumps(rows))
    truth = read_truth(path, FIVE)
    assert truth.names == ("1", "a.jpg") and truth.labels.tolist() == [2, 0]
    path.write_text(json.dumps([*rows, {"image": 1, "class": 3}]))
    with pytest.raises(FerClassicError, match="images twice, with different labels: 1"):
        read_truth(path, FIVE)


@pytest.mark.parametrize("number", ["1e20", "9", "-1e20"])
def test_a_number_beyond_the_codes_however_large(tmp_path, number):
    path = written(tmp_path, f"file,label\na.jpg,0\nb.jpg,{number}\n")
    with pytest.raises(FerClassicError, match=r"has the label -?\d+; `classes` five has"):
        read_truth(path, FIVE)
