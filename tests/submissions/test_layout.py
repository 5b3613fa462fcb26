"""Samples of contests in any wrapping: written as they are, or refused with the place."""

import csv
import io
import json
from types import SimpleNamespace

import numpy as np
import pytest

from fer_classic.data.dataset import Samples
from fer_classic.data.labels import FIVE
from fer_classic.errors import FerClassicError
from fer_classic.model.predict import Predictions
from fer_classic.submissions.read_table import read_predictions
from fer_classic.submissions.sample import read_sample
from fer_classic.submissions.write import checked_template, templated_submission

NAMES = ("t/0001.jpg", "t/0002.jpg", "t/0010.jpg")
CODES = (3, 0, 4)
SHARES = np.array(
    [[0.1, 0.1, 0.1, 0.6, 0.1], [0.5, 0.2, 0.1, 0.1, 0.1], [0, 0, 0, 0.25, 0.75]]
)
OURS = Predictions(NAMES, np.array(CODES), SHARES, FIVE.names)
STEMS = ("0001", "0002", "0010")


def answer(template, first=None):
    return json.loads(templated_submission(OURS, template, first))


def refused(template, **options):
    with pytest.raises(FerClassicError) as error:
        templated_submission(OURS, template, **options)
    return str(error.value)


def records(labels, **more):
    return [{"f": n, "label": label} | more for n, label in zip(STEMS, labels, strict=True)]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (  # one list inside an object, with other things beside it
            {"team": "x", "n": 3, "predictions": records([0, 0, 0])},
            {"team": "x", "n": 3, "predictions": records([3, 0, 4])},
        ),
        (  # deeper
            {"data": {"version": [1, 2], "rows": {"r": records(["0", "0", "0"])}}},
            {"data": {"version": [1, 2], "rows": {"r": records(["3", "0", "4"])}}},
        ),
        (  # an object inside an object
            {"results": dict.fromkeys(STEMS, "Happy")},
            {"results": {"0001": "Sad", "0002": "Angry", "0010": "Surprised"}},
        ),
        (  # parallel lists
            {"filenames": list(STEMS), "labels": [0, 0, 0], "by": "me"},
            {"filenames": list(STEMS), "labels": [3, 0, 4], "by": "me"},
        ),
        (  # pairs
            [[n, 0] for n in STEMS],
            [["0001", 3], ["0002", 0], ["0010", 4]],
        ),
        (  # pairs, label first
            [[None, n] for n in STEMS],
            [[3, "0001"], [0, "0002"], [4, "0010"]],
        ),
        (  # pandas: split, columns and index
            {"columns": ["k", "emotion", "f"], "data": [[7, 0, n] for n in STEMS]},
            {
                "columns": ["k", "emotion", "f"],
                "data": [[7, 3, "0001"], [7, 0, "0002"], [7, 4, "0010"]],
            },
        ),
        (
            {"f": dict(enumerate(STEMS)), "y": dict.fromkeys(range(3), 0)},
            {"f": {"0": "0001", "1": "0002", "2": "0010"}, "y": {"0": 3, "1": 0, "2": 4}},
        ),
        (
            {str(i): {"f": n, "y": 0} for i, n in enumerate(STEMS)},
            {
                str(i): {"f": n, "y": c}
                for i, (n, c) in enumerate(zip(STEMS, CODES, strict=True))
            },
        ),
        (  # names as numbers, labels from 1
            [{"image_id": i, "category_id": c} for i, c in ((1, 5), (2, 1), (10, 2))],
            [{"image_id": i, "category_id": c} for i, c in ((1, 4), (2, 1), (10, 5))],
        ),
        (  # an object a name
            {n: {"label": 0, "confidence": 0.5} for n in STEMS},
            {
                "0001": {"label": 3, "confidence": 0.6},
                "0002": {"label": 0, "confidence": 0.5},
                "0010": {"label": 4, "confidence": 0.75},
            },
        ),
        (  # a list of one label, and an object around it
            {n: {"out": {"class": [0]}, "note": "x"} for n in STEMS},
            {
                n: {"out": {"class": [c]}, "note": "x"}
                for n, c in zip(STEMS, CODES, strict=True)
            },
        ),
        (  # one-hot, and probabilities, by the names of the classes
            [
                {
                    "id": n,
                    **{
                        w: int(w == "sad")
                        for w in ("angry", "happy", "neutral", "sad", "surprise")
                    },
                }
                for n in STEMS
            ],
            [
                {
                    "id": n,
                    **{
                        w: int(i == c)
                        for i, w in enumerate(
                            ("angry", "happy", "neutral", "sad", "surprise")
                        )
                    },
                }
                for n, c in zip(STEMS, CODES, strict=True)
            ],
        ),
        (
            [
                {
                    "id": n,
                    "Surprise": 0.2,
                    "Anger": 0.2,
                    "Joy": 0.2,
                    "Calm": 0.2,
                    "Sad": 0.2,
                    "Fear": 0.0,
                }
                for n in STEMS
            ],
            [
                {
                    "id": n,
                    "Surprise": s[4],
                    "Anger": s[0],
                    "Joy": s[1],
                    "Calm": s[2],
                    "Sad": s[3],
                    "Fear": 0.0,
                }
                for n, s in zip(STEMS, SHARES.tolist(), strict=True)
            ],
        ),
        (  # a label, its confidence and the scores
            [
                {
                    "id": n,
                    "label": "sad",
                    "score": 0.0,
                    "probs": dict.fromkeys(FIVE.names, 0.2),
                }
                for n in STEMS
            ],
            [
                {
                    "id": n,
                    "label": w,
                    "score": max(s),
                    "probs": dict(zip(FIVE.names, s, strict=True)),
                }
                for n, w, s in zip(
                    STEMS, ("sad", "angry", "surprised"), SHARES.tolist(), strict=True
                )
            ],
        ),
        (records(["class_0"] * 3), records(["class_3", "class_0", "class_4"])),
        (records(["C1", "C5", "C2"]), records(["C4", "C1", "C5"])),
        (records(["00", "01", "00"]), records(["03", "00", "04"])),
        (records([-1, -1, -1]), records([3, 0, 4])),
        (records([1, 5, 1]), records([4, 1, 5])),
    ],
)
def test_written_as_the_sample_is(template, expected):
    made = answer(template)
    assert made == expected
    assert json.dumps(made) == json.dumps(expected)  # the order of keys and the types


def test_where_the_numbers_begin_is_said_or_asked():
    assert answer(records([1, 1, 1]), 1) == records([4, 1, 5])
    assert answer(records([1, 1, 1]), 0) == records([3, 0, 4])
    assert refused(records([1, 1, 1])) == (
        "The template's label 1 (at [0].label) does not tell whether the first class has "
        "the number 0 or 1, as no label is 0 or 5: say so with `first_code` 0 or "
        "`first_code` 1."
    )
    assert "does not lie in 1 to 5" in refused(records([0, 1, 2]), first=1)


@pytest.mark.parametrize(
    ("template", "told"),
    [
        (records([0, 6, 1]), "label 6 (at [1].label) is no number of one of 5 classes"),
        (records([0, 5, 1]), "label 5 (at [1].label) is no number of one of 5 classes"),
        (records([0.5, 0, 1]), "label 0.5 (at [0].label) is neither a number nor an "),
        (records([True, 0, 1]), "true in place of a label at [0].label. Expected is"),
        (
            {"x": records([[0, 0, 1, 0, 0]] * 3)},
            "a list in place of a label at x[0].label as one-hot or scores; the order of "
            "the classes is not told. Expected is a number or text.",
        ),
        (records([0, 0, 0], confidence=97.5), "has 97.5 at [0].confidence, where a "),
        (records([0, 0, 0], confidence="high"), "has 'high' at [0].confidence, where a "),
        (
            records([0, 0, 0], scores=[0.2] * 5),
            "a list of numbers at [0].scores that may stand for the classes: their order",
        ),
        (
            [{"id": n, "sad": 0, "happy": 0, "angry": 1} for n in STEMS],
            "columns of classes such as [0].sad, but none for neutral, surprise.",
        ),
        (
            [{"id": n, **dict.fromkeys(FIVE.names, 0)} for n in STEMS],
            "(at [0].anger) are whole numbers, but not one 1 in each row",
        ),
        (
            {"a": records([0, 0, 0]), "b": records([0, 0, 0])},
            "names images at a and b: it is unclear which of them is to be filled.",
        ),
        ({"predictions": []}, "an empty list in place of a label at predictions."),
        ({"anger": list(STEMS)}, "in place of a label at anger"),
        (list(STEMS), "Every entry of the template must be an object. Got text instead."),
        ([[n, 0, 0] for n in STEMS], "it is unclear which one holds the label."),
        (
            {"filenames": [*STEMS, "x"], "labels": [0] * 4},
            "names 1 image(s) that are not in the input: x.",
        ),
        ({"filenames": [*STEMS], "labels": [0] * 4}, "in place of a label at filenames"),
    ],
)
def test_what_cannot_be_written_exactly_is_refused_with_its_place(template, told):
    assert told in refused(template)


def written(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "id,label\n0001.jpg,0\n0002.jpg,0\n0010.jpg,0\n",
            "id,label\n0001.jpg,3\n0002.jpg,0\n0010.jpg,4\n",
        ),
        (  # any names of columns, a semicolon, Windows' line ends, a mark
            "\ufeffBild;Nr;Klasse\r\n0010;1;Happy\r\n0001;2;Happy\r\n0002;3;Sad\r\n",
            "\ufeffBild;Nr;Klasse\r\n0010;1;Surprised\r\n0001;2;Sad\r\n0002;3;Angry\r\n",
        ),
        (
            "0001.jpg\t0\n0002.jpg\t0\n0010.jpg\t0\n",
            "0001.jpg\t3\n0002.jpg\t0\n0010.jpg\t4\n",
        ),
        ("image_id,category\n1,5\n2,1\n10,2\n", "image_id,category\n1,4\n2,1\n10,5\n"),
        (
            "f,y,note\n0001,0.0,a\n0002,0.0,\n0010,0.0,c\n".replace("y", "label"),
            "f,label,note\n0001,3.0,a\n0002,0.0,\n0010,4.0,c\n",
        ),
        (
            "f,label,confidence\n0001,0,0\n0002,0,0\n0010,0,0\n",
            "f,label,confidence\n0001,3,0.6\n0002,0,0.5\n0010,4,0.75\n",
        ),
        (
            "f,anger,happiness,neutral,sadness,surprise\n0001,1,0,0,0,0\n0002,1,0,0,0,0\n0010,1,0,0,0,0\n",
            "f,anger,happiness,neutral,sadness,surprise\n0001,0,0,0,1,0\n0002,1,0,0,0,0\n0010,0,0,0,0,1\n",
        ),
        (
            "文件名,标签\n0001,高兴\n0002,高兴\n0010,高兴\n",
            "文件名,标签\n0001,悲伤\n0002,愤怒\n0010,惊讶\n",
        ),
    ],
)
def test_tables(tmp_path, text, expected):
    sample = read_sample(written(tmp_path / "sample.csv", text))
    assert templated_submission(OURS, sample) == expected


def test_a_table_in_another_code_page_is_read(tmp_path):
    sample = read_sample(
        written(tmp_path / "s.csv", "图片,标签\n0001,难过\n0002,难过\n0010,难过\n", "gbk")
    )
    assert list(csv.reader(io.StringIO(templated_submission(OURS, sample))))[1] == [
        "0001",
        "难过",
    ]


def test_json_lines(tmp_path):
    text = '{"f": "0001", "y": 0}\n{"f": "0002", "y": 0}\n{"f": "0010", "y": 0}\n'
    made = templated_submission(OURS, read_sample(written(tmp_path / "s.jsonl", text)))
    assert made == text.replace('1", "y": 0', '1", "y": 3').replace(
        '10", "y": 0', '10", "y": 4'
    )


def test_a_table_with_rows_of_other_lengths_is_refused(tmp_path):
    sample = read_sample(written(tmp_path / "s.csv", "f,label\n0001,0\n0002\n0010,0\n"))
    assert "has 2 columns, and 1 cells in row 3" in refused(sample)
    with pytest.raises(FerClassicError, match=r"s\.csv is empty"):
        read_sample(written(tmp_path / "s.csv", "\n"))


@pytest.mark.parametrize(
    "template",
    [
        {"predictions": records([0, 0, 0])},
        {"filenames": list(STEMS), "labels": [0, 0, 0]},
        [[n, 0] for n in STEMS],
        {n: {"label": 0, "confidence": 0.5} for n in STEMS},
        {n: [0] for n in STEMS},
        [{"id": n, **dict.fromkeys(FIVE.names, 0.2)} for n in STEMS],
    ],
)
def test_what_is_written_is_read_again(tmp_path, template):
    path = written(tmp_path / "submission.json", templated_submission(OURS, template))
    assert read_predictions(path, NAMES, FIVE).labels.tolist() == list(CODES)


@pytest.mark.parametrize(
    ("template", "told"),
    [
        (records([0, 0, 0], label2=0), "labels at [0].label and at [0].label2"),
        (records(["sad"] * 3, class_id=0), "it is unclear which"),
        (records(["0_angry", "1_happy", "0_angry"]), "is more than a word for its class"),
        (records(["Happy face"] * 3), "(at [0].label) is more than a word for its class"),
        (
            {"anger": [*STEMS], "happiness": [], "neutral": [], "sadness": []},
            "a list in place of a label at anger",
        ),
        ({"anger": [*STEMS], "sadness": [*STEMS]}, "a list in place of a label at anger"),
    ],
)
def test_what_would_be_half_written_is_refused(template, told):
    assert told in refused(template)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("0,0", ["3,0", "0,0", "4,0"]),
        ("0.00", ["3.00", "0.00", "4.00"]),
        ("0.000e+00", ["3.000e+00", "0.000e+00", "4.000e+00"]),
        ("0.", ["3.", "0.", "4."]),
    ],
)
def test_numbers_as_text_keep_their_digits(label, expected):
    assert answer(records([label] * 3)) == records(expected)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("s.csv", "sep=;\nid;label\n{0};0\n{1};0\n{2};0\n", "sep=;\nid;label\n{0};3\n"),
        ("s.csv", "# a\nid,label\n{0},0\n{1},0\n{2},0\n", "# a\nid,label\n{0},3\n"),
        ("s.txt", "{0} 0\n{1} 0\n{2} 0\n", "{0} 3\n"),
        ("s.csv", '"i","y"\n"{0}","0"\n"{1}","0"\n"{2}","0"\n', '"i","y"\n"{0}","3"\n'),
        ("s.json", '{{"id": "{0}", "label": 0}}\n{{"id": "{1}", "label": 0}}\n'
         '{{"id": "{2}", "label": 0}}\n', '{{"id": "{0}", "label": 3}}\n'),
    ],
)  # fmt: skip
def test_forms_are_kept(tmp_path, name, text, expected):
    sample = read_sample(written(tmp_path / name, text.format(*STEMS)))
    made = templated_submission(OURS, sample)
    assert made.startswith(expected.format(*STEMS))


def test_columns_of_one_name_are_refused(tmp_path):
    text = "id,label,label\n" + "".join(f"{stem},0,0\n" for stem in STEMS)
    sample = read_sample(written(tmp_path / "s.csv", text))
    with pytest.raises(FerClassicError, match="two columns 'label'"):
        templated_submission(OURS, sample)


def test_numbers_that_leave_their_beginning_open_are_told(tmp_path):
    said = []
    watch = SimpleNamespace(say=said.append)
    path = written(tmp_path / "s.json", json.dumps(records([3, 2, 3])))
    nothing = (None,) * len(NAMES)
    samples = Samples(
        NAMES, nothing, np.full(len(NAMES), -1), nothing, nothing, nothing, FIVE, ()
    )
    checked_template(path, samples, None, watch)
    assert said == [
        f"note: no label of {path} is 0, 1 or 5: its numbers are taken to begin at 0"
    ]
    checked_template(path, samples, 0, watch)
    assert len(said) == 1


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["Angry", "Happy", "Angry"], "Neutral, Sad, Surprised"),
        (["高兴", "高兴", "悲伤"], "愤怒, 中性, 惊讶"),
        ([0, 0, 0], None),
        (["1", "1", "5"], None),
        (["class_0", "class_0", "class_1"], None),
        (["", "", ""], None),
    ],
)
def test_words_for_classes_that_a_sample_does_not_show_are_told(tmp_path, labels, words):
    said = []
    path = written(tmp_path / "s.json", json.dumps(records(labels)))
    nothing = (None,) * len(NAMES)
    samples = Samples(
        NAMES, nothing, np.full(len(NAMES), -1), nothing, nothing, nothing, FIVE, ()
    )
    checked_template(path, samples, None, SimpleNamespace(say=said.append))
    told = "shows how these classes are written; they will be:"
    assert said == ([f"note: no label of {path} {told} {words}"] if words else [])


def test_a_sure_column_named_after_labels_beside_columns_of_classes(tmp_path):
    head = "id,anger,happiness,neutral,sadness,surprise,label_score\n"
    text = head + "".join(f"{stem},1,0,0,0,0,1\n" for stem in STEMS)
    made = templated_submission(OURS, read_sample(written(tmp_path / "s.csv", text)))
    assert made.startswith(head) and made.count("\n") == text.count("\n")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{{"x": {{"{0}": 1}}, "x": "{0}"}}', "'x' twice at the top"),
        ('{{"r": {{"s": [["{0}", 0]], "s": 5}}}}', "'s' twice at r"),
    ],
)
def test_a_key_that_stands_twice_around_the_rows(tmp_path, text, place):
    path = written(tmp_path / "s.json", text.format(NAMES[0]))
    with pytest.raises(FerClassicError, match=f"The template has the key {place}: it is"):
        templated_submission(OURS, read_sample(path))


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("wrapped", [False, True])
def test_records_by_running_number_of_some_images(tmp_path, first, wrapped):
    tree = {str(first + i): {"file": NAMES[i], "label": 0} for i in range(2)}
    path = written(tmp_path / "s.json", json.dumps({"data": tree} if wrapped else tree))
    made = json.loads(templated_submission(OURS, read_sample(path)))
    made = made["data"] if wrapped else made
    assert list(made) == [str(first + i) for i in range(len(NAMES))]
    assert [own["file"] for own in made.values()] == list(NAMES)
    assert [own["label"] for own in made.values()] == OURS.labels.tolist()


def test_records_by_keys_that_do_not_run_of_some_images(tmp_path):
    path = written(tmp_path / "s.json", json.dumps({"a": {"file": NAMES[0], "label": 0}}))
    with pytest.raises(FerClassicError, match="what the others' keys at the top are is"):
        templated_submission(OURS, read_sample(path))
