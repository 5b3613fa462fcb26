"""Samples that name a few of the images, as contests show them."""

import csv
import io
import json

import pytest

from fer_classic.compute.processes import Silent
from fer_classic.data.dataset import read_dataset
from fer_classic.submissions.sample import Sample
from fer_classic.submissions.write import checked_template, templated_submission
from tests.submissions.test_write import predictions, refused

NAMES = tuple(f"test/{i:04}.jpg" for i in range(1, 5))
CODES = (3, 0, 4, 1)


def answer(template, form="json", names=NAMES):
    sample = Sample(template, form)
    text = templated_submission(predictions(names, CODES[: len(names)]), sample)
    return text if form != "json" else json.loads(text)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (
            [{"filename": "0002.jpg", "label": 0}],
            [
                {"filename": n, "label": c}
                for n, c in zip("2134", (0, 3, 4, 1), strict=True)
            ],
        ),
        (
            {"predictions": {"0001": "happy", "0002": "happy"}, "team": "us"},
            {
                "predictions": {
                    "0001": "sad",
                    "0002": "angry",
                    "0003": "surprised",
                    "0004": "happy",
                },
                "team": "us",
            },
        ),
        (
            [{"0001": "neutral"}],
            [{"0001": "sadness"}, {"0002": "anger"}]
            + [{"0003": "surprise"}, {"0004": "happiness"}],
        ),
        (
            [["test/0001.jpg", 0], ["test/0003.jpg", 0]],
            [[NAMES[0], 3], [NAMES[2], 4], [NAMES[1], 0], [NAMES[3], 1]],
        ),
        (
            {"names": ["0001.jpg", "0002.jpg"], "labels": [0, 0]},
            {"names": [n[5:] for n in NAMES], "labels": list(CODES)},
        ),
        (
            [
                {"id": i, "image": {"name": n}, "label": 0, "model": "x"}
                for i, n in ((7, "0001.jpg"), (8, "0002.jpg"))
            ],
            [
                {"id": 7 + i, "image": {"name": NAMES[i][5:]}, "label": c, "model": "x"}
                for i, c in enumerate(CODES)
            ],
        ),
    ],
)
def test_rows_are_added_in_the_layout_of_the_sample(template, expected):
    if isinstance(expected, list) and "filename" in expected[0]:
        expected = [own | {"filename": f"000{own['filename']}.jpg"} for own in expected]
    before = json.dumps(template)
    assert answer(template) == expected
    assert json.dumps(template) == before


def test_a_table_with_and_without_a_header():
    table = [["Id", "Category"], ["1", "1"], ["2", "5"]]
    rows = list(csv.reader(io.StringIO(answer(table, "csv"))))
    assert rows == [["Id", "Category"], ["1", "4"], ["2", "1"], ["3", "5"], ["4", "2"]]
    rows = list(csv.reader(io.StringIO(answer([["0001.jpg", "0"]], "csv"))))
    assert rows == [[n[5:], str(c)] for n, c in zip(NAMES, CODES, strict=True)]


def test_lines_of_json():
    text = answer([{"file": "0001", "label": "anger"}], "lines")
    assert [json.loads(own)["label"] for own in text.splitlines()] == [
        *("sadness", "anger", "surprise", "happiness")
    ]


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (
            [
                {"id": "x7", "file": "0001.jpg", "label": 0},
                {"id": "q3", "file": "0002.jpg", "label": 0},
            ],
            "The template has rows for some of the images, and what the others' 'id' is "
            "(at [0].id) is not clear. Give a sample that names all images.",
        ),
        (
            [{"id": 7, "file": "0001.jpg", "label": 0}],
            "The template has rows for some of the images, and what the others' 'id' is "
            "(at [0].id) is not clear. Give a sample that names all images.",
        ),
        (
            [{"file": "TEST/0001.JPG", "label": 0}],
            "The template names 1 of 4 images, as TEST/0001.JPG: how it would write the "
            "others is not clear. Give a sample that names all of them.",
        ),
        (
            [{"file": "0001.jpg", "label": 0}, {"file": "9999.jpg", "label": 0}],
            "The template names 1 image(s) that are not in the input: 9999.jpg.",
        ),
        (
            [{"file": "0001.jpg", "label": 0}] * 2,
            "The template lacks 3 image(s) of the input: test/0002.jpg, test/0003.jpg, "
            "test/0004.jpg.",
        ),
    ],
)
def test_what_is_not_clear_is_refused(template, message):
    assert refused(template, NAMES, CODES) == message


def test_names_that_would_be_equal_are_refused():
    names = ("a/1.jpg", "b/2.jpg", "c/2.jpg")
    message = refused([{"file": "1.jpg", "label": 0}], names, CODES[:3])
    assert message.startswith("The template names 1 of 3 images, as 1.jpg: how it would")


def test_one_line_tells_it(tmp_path):
    watch, said = Silent(), []
    watch.say = said.append
    for name in NAMES:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    (tmp_path / "sample.json").write_text('{"0001.jpg": 0}')
    samples = read_dataset(tmp_path / "test")
    checked_template(tmp_path / "sample.json", samples, watch=watch)
    assert said == [
        f"{tmp_path}/sample.json names 1 of 4 images: the others are written after them, "
        "in its layout"
    ]
