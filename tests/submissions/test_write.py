"""Submissions: every layout of a contest's sample, written, read back, and refused."""

import csv
import io
import json
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_classic.data.labels import FIVE, SEVEN
from fer_classic.data.spelling import ALIASES
from fer_classic.errors import FerClassicError
from fer_classic.model.predict import Predictions
from fer_classic.submissions.read_table import read_predictions
from fer_classic.submissions.sample import read_template
from fer_classic.submissions.write import (
    default_submission,
    predictions_csv,
    templated_submission,
)

NAMES = ("test/0001.jpg", "test/0002.png", "test/愤怒 😀.jpg")
CODES = (3, 0, 4)


def predictions(names=NAMES, codes=CODES, classes=FIVE):
    probabilities = np.full((len(names), len(classes)), 0.1)
    probabilities[np.arange(len(names)), list(codes)] += 1 - 0.1 * len(classes)
    codes = np.array(codes, dtype=np.int64)
    return Predictions(tuple(names), codes, probabilities, classes.names)


def answer(template, **options):
    return json.loads(templated_submission(predictions(**options), template))


def refused(template, names=NAMES, codes=CODES):
    with pytest.raises(FerClassicError) as error:
        templated_submission(predictions(names, codes), template)
    return str(error.value)


def written(path, text):
    path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
    return path


def test_default_layout():
    assert default_submission(predictions()) == (
        "[\n"
        '{"filename": "test/0001.jpg", "label": 3},\n'
        '{"filename": "test/0002.png", "label": 0},\n'
        '{"filename": "test/愤怒 😀.jpg", "label": 4}\n'
        "]\n"
    )


def test_default_layout_of_one_image_and_of_none():
    one = json.loads(default_submission(predictions(NAMES[:1], CODES[:1])))
    assert one == [{"filename": "test/0001.jpg", "label": 3}]
    assert json.loads(default_submission(predictions((), ()))) == []


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (  # records, any keys, another order, extra keys, no folder
            [
                {"emotion": 0, "img": "愤怒 😀.jpg", "note": "x"},
                {"img": "0001.jpg", "emotion": 0, "note": None},
                {"emotion": 0, "img": "0002.png", "note": [1]},
            ],
            [
                {"emotion": 4, "img": "愤怒 😀.jpg", "note": "x"},
                {"img": "0001.jpg", "emotion": 3, "note": None},
                {"emotion": 0, "img": "0002.png", "note": [1]},
            ],
        ),
        (  # an object, without extension
            {"0002": 0, "愤怒 😀": 0, "0001": 0},
            {"0002": 0, "愤怒 😀": 4, "0001": 3},
        ),
        (  # a list of one-pair objects, numbers as text, folder without extension
            [{"test/0001": "0"}, {"test/0002": "0"}, {"test/愤怒 😀": "0"}],
            [{"test/0001": "3"}, {"test/0002": "0"}, {"test/愤怒 😀": "4"}],
        ),
        (  # another folder, another extension, a Windows path
            {"images/0001.jpg": None, "0002.jpg": None, "a\\愤怒 😀.jpg": None},
            {"images/0001.jpg": 3, "0002.jpg": 0, "a\\愤怒 😀.jpg": 4},
        ),
        (  # empty labels
            [{"f": name, "y": ""} for name in NAMES],
            [{"f": name, "y": code} for name, code in zip(NAMES, CODES, strict=True)],
        ),
    ],
)
def test_layouts_by_hand(template, expected):
    made = answer(template)
    assert made == expected
    assert json.dumps(made) == json.dumps(expected)  # the order of keys too


def test_the_key_of_names_is_found_in_another_folder_too():
    """The label is text as well and comes first; names differ in their folder."""
    template = [{"label": "happy", "file": f"other/{n.split('/')[1]}"} for n in NAMES]
    assert [one["label"] for one in answer(template)] == ["sad", "angry", "surprised"]


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (["happiness"], ["anger", "happiness", "neutral", "sadness", "surprise"]),
        (["happy"], ["angry", "happy", "neutral", "sad", "surprised"]),
        (["Happy", "Neutral"], ["Angry", "Happy", "Neutral", "Sad", "Surprised"]),
        (["SURPRISE"], ["ANGER", "HAPPINESS", "NEUTRAL", "SADNESS", "SURPRISE"]),
        (["ANGRY"], ["ANGRY", "HAPPY", "NEUTRAL", "SAD", "SURPRISED"]),
        (["neutral"], ["anger", "happiness", "neutral", "sadness", "surprise"]),
        (["calm", "happy"], ["angry", "happy", "calm", "sad", "surprised"]),
        (["joy", "sad"], ["angry", "joy", "neutral", "sad", "surprised"]),
        (["高兴"], ["愤怒", "高兴", "中性", "悲伤", "惊讶"]),
        (["3"], ["0", "1", "2", "3", "4"]),
        (["-1"], ["0", "1", "2", "3", "4"]),
        ([0], [0, 1, 2, 3, 4]),
        ([None], [0, 1, 2, 3, 4]),
        ([0.0], [0.0, 1.0, 2.0, 3.0, 4.0]),
    ],
)
def test_spelling_of_labels(shown, expected):
    names = [f"{i}.jpg" for i in range(5)]
    template = {name: shown[i % len(shown)] for i, name in enumerate(names)}
    made = answer(template, names=names, codes=range(5))
    assert list(made.values()) == expected
    assert [type(a) for a in made.values()] == [type(e) for e in expected]


def test_words_of_the_seven_classes():
    names = [f"{i}.jpg" for i in range(7)]
    made = answer(dict.fromkeys(names, "Sad"), names=names, codes=range(7), classes=SEVEN)
    words = ["Angry", "Disgusted", "Fearful", "Happy", "Sad", "Surprised", "Neutral"]
    assert list(made.values()) == words


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_every_layout_comes_back(tmp_path_factory, data):
    """Written in the layout of a random sample and read again: the same labels."""
    stems = data.draw(
        st.lists(
            st.text(st.sampled_from("ab1 _愤😀"), min_size=1, max_size=5)
            .map(str.strip)
            .filter(bool),
            min_size=1,
            max_size=6,
            unique=True,
        )
    )
    names = [f"d/{stem}.jpg" for stem in stems]
    codes = [data.draw(st.integers(0, 4)) for _ in names]
    spelling = data.draw(st.sampled_from(["d/{}.jpg", "{}.jpg", "d/{}", "{}", "x/{}.png"]))
    asked = data.draw(st.permutations([spelling.format(stem) for stem in stems]))
    words = [alias for name in FIVE.names for alias in ALIASES[name]]
    placeholder = data.draw(st.sampled_from([0, "0", None, *words, "HAPPY", "Sad"]))
    kind = data.draw(st.sampled_from(["records", "object", "pairs"]))
    template = {
        "records": [{"y_label": placeholder, "n": name, "z": 1} for name in asked],
        "object": dict.fromkeys(asked, placeholder),
        "pairs": [{name: placeholder} for name in asked],
    }[kind]
    text = templated_submission(predictions(names, codes), template)
    made = json.loads(text)
    if kind == "records":
        assert [one["n"] for one in made] == list(asked)
        assert all(list(one) == ["y_label", "n", "z"] and one["z"] == 1 for one in made)
    else:
        keys = list(made) if kind == "object" else [next(iter(one)) for one in made]
        assert keys == list(asked)
    path = written(tmp_path_factory.mktemp("s") / "submission.json", text)
    back = read_predictions(path, names, FIVE)
    assert back.names == tuple(names)
    assert back.labels.tolist() == codes
    assert back.probabilities is None
    assert templated_submission(back, template) == text


NUMBERED = tuple(f"{i:02d}.jpg" for i in range(12))


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (
            {**dict.fromkeys(NAMES, 0), "x.jpg": 0, "y.jpg": 0},
            "The template names 2 image(s) that are not in the input: x.jpg, y.jpg.",
        ),
        (
            {"x": {NAMES[0].upper(): 0}},
            "The template names 1 of 3 images, as TEST/0001.JPG: how it would write the "
            "others is not clear. Give a sample that names all of them.",
        ),
        (
            [{name: 0} for name in (*NAMES, "0001", NAMES[1])],
            "The template names images twice: test/0001.jpg, test/0002.png.",
        ),
        (
            [],
            "The template must be a JSON list of records, a list of one-pair objects, or "
            "an object of name to label. Got an empty list instead.",
        ),
        (
            {},
            "The template must be a JSON list of records, a list of one-pair objects, or "
            "an object of name to label. Got an empty object instead.",
        ),
        (
            "text",
            "The template must be a JSON list of records, a list of one-pair objects, or "
            "an object of name to label. Got text instead.",
        ),
        (
            None,
            "The template must be a JSON list of records, a list of one-pair objects, or "
            "an object of name to label. Got null instead.",
        ),
        (
            7,
            "The template must be a JSON list of records, a list of one-pair objects, or "
            "an object of name to label. Got a number instead.",
        ),
        (
            [{"a": 1}, ["b", 2]],
            "Every entry of the template must be an object. Got a list instead.",
        ),
        (
            [{"a": 1}, {}],
            "Every entry of the template must be an object. Got an empty object instead.",
        ),
        (
            [True],
            "Every entry of the template must be an object. Got true instead.",
        ),
        (
            [{"f": NAMES[0], "label": 0}, {"f": NAMES[1], "emotion": 0}],
            "The template's records differ in their keys: f, label and f, emotion.",
        ),
        (
            [{"filename": name} for name in NAMES],
            "The template's records have the one key 'filename': the key that holds the "
            "label is missing.",
        ),
        (
            [{"id": 7, "label": 0}],
            "No key of the template (id, label) holds names of the images.",
        ),
        (
            [{"f": name, "x": 0, "y": 0} for name in NAMES],
            "The template's records have the keys f, x, y: it is unclear which one holds "
            "the label. Name it 'label' or leave the others out.",
        ),
        (
            [{"f": name, "label": 0, "class": 0} for name in NAMES],
            "The template's records have the keys f, label, class: it is unclear which "
            "one holds the label. Name it 'label' or leave the others out.",
        ),
        (
            dict.fromkeys(NAMES, "hungry"),
            "The template's label 'hungry' (at test/0001.jpg) is neither a number nor an "
            "expression such as anger, happiness, neutral, sadness, surprise.",
        ),
    ],
)
def test_refused_templates(template, message):
    assert refused(template) == message


def test_long_lists_are_cut():
    message = refused(
        {"00.jpg": 0, **dict.fromkeys(map(str, range(99, 88, -1)), 0)}, NUMBERED, [0] * 12
    )
    listed = ", ".join(map(str, range(99, 89, -1)))
    assert (
        message == f"The template names 11 image(s) that are not in the input: {listed}, …."
    )


def test_names_that_fit_several_images():
    message = refused({"1": 0, "2": 0}, ("a/1.jpg", "a/1.png", "b/2.jpg"))
    assert message == (
        "1 name(s) of the template fit several images: 1. Write them with folder and "
        "extension."
    )
    exact = {"a/1.jpg": 0, "a/1.png": 0, "2": 0}
    assert answer(exact, names=("a/1.jpg", "a/1.png", "b/2.jpg")) == {
        "a/1.jpg": 3,
        "a/1.png": 0,
        "2": 4,
    }


def test_a_whole_name_beats_a_name_without_extension():
    names = ("1.jpg", "1")
    assert answer({"1": 0, "1.jpg": 0}, names=names, codes=(3, 4)) == {"1": 4, "1.jpg": 3}


def test_ten_thousand_names_take_a_second():
    import time

    names = tuple(f"d/{i:05d}.jpg" for i in range(10_000))
    template = [{"n": f"{i:05d}", "label": "0"} for i in range(10_000)]
    start = time.perf_counter()
    made = answer(template, names=names, codes=[i % 5 for i in range(10_000)])
    assert time.perf_counter() - start < 5
    assert made[9_998] == {"n": "09998", "label": "3"}


def test_reading_templates(tmp_path):
    path = written(tmp_path / "t.json", '\ufeff{"愤怒": 1}')
    assert read_template(path) == {"愤怒": 1}
    for text, end in (
        ("", "Expecting value: line 1 column 1 (char 0)."),
        ('{"a": 1', "Expecting ',' delimiter: line 1 column 8 (char 7)."),
    ):
        with pytest.raises(FerClassicError) as error:
            read_template(written(path, text))
        assert str(error.value) == f"{path} is not a JSON file: {end}"
    path.write_bytes(b'{"\xff": 1}')
    for data in (b'{"\xff": 1}', b"[" * 100_000):
        path.write_bytes(data)
        with pytest.raises(FerClassicError, match="is not a JSON file: "):
            read_template(path)
    with pytest.raises(FerClassicError) as error:
        read_template(tmp_path / "no.json")
    assert str(error.value) == f"{tmp_path / 'no.json'} cannot be read: " + (
        "No such file or directory."
    )


def face_rows():
    return SimpleNamespace(
        status=("face", "no_face", "unreadable"),
        n_faces=np.array([2, 0, 0]),
        boxes=np.array([[1.25, 2, 30, 40.06], [0, 0, 8, 6], [0, 0, 0, 0]], np.float32),
        scores=np.array([1.23456, 0, 0], np.float32),
        errors=("", "", 'damaged, "x"'),
    )


def test_predictions_csv_and_back(tmp_path):
    given_ = predictions()
    text = predictions_csv(given_, face_rows())
    lines = list(csv.reader(io.StringIO(text)))
    head = "file status n_faces x y width height score anger happiness neutral sadness"
    assert " ".join(lines[0]) == head + " surprise label error guess"
    assert lines[1][:8] == ["test/0001.jpg", "face", "2", "1.2", "2.0", "30.0", "40.1"] + [
        "1.2346"
    ]
    assert lines[1][-3:] == ["sadness", "", ""]
    assert lines[2][-3:] == ["", "", "anger"]  # no face: no expression, a guess
    assert lines[3][-3:] == ["", 'damaged, "x"', "surprise"]
    assert len(lines) == 4
    path = written(tmp_path / "predictions.csv", text)
    back = read_predictions(path, NAMES[::-1], FIVE)
    assert back.labels.tolist() == list(CODES[::-1])
    np.testing.assert_array_equal(back.probabilities, given_.probabilities[::-1])


def test_a_csv_without_probabilities(tmp_path):
    path = written(tmp_path / "p.CSV", "label,file\nsad,0001\n0,0002\nHappy,愤怒 😀\n")
    back = read_predictions(path, NAMES, FIVE)
    assert back.labels.tolist() == [3, 0, 1]
    assert back.probabilities is None


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("", " must have the columns file and label. Got an empty file."),
        ("a,b\n1,2\n", " must have the columns file and label. Got a, b."),
        (
            "file,label,anger,happiness,neutral,sadness,surprise\n1,0,x,0,0,0,0\n",
            " has a probability that is no number.",
        ),
        ("file,label\n" + "x" * (1 << 25), ", line 2: field larger than field limit "),
    ],
)
def test_refused_csv(tmp_path, text, end):
    path = written(tmp_path / "p.csv", text)
    with pytest.raises(FerClassicError) as error:
        read_predictions(path, NAMES, FIVE)
    assert str(error.value).startswith(f"{path}{end}")


def test_csv_that_cannot_be_read(tmp_path):
    (tmp_path / "p.csv").write_bytes(b"file,label\n\xff,0\n")
    with pytest.raises(FerClassicError, match=r"p\.csv is no table of text: byte 0xff"):
        read_predictions(tmp_path / "p.csv", NAMES, FIVE)
    with pytest.raises(FerClassicError, match=r"no\.csv cannot be read: No such file"):
        read_predictions(tmp_path / "no.csv", NAMES, FIVE)


@pytest.mark.parametrize(
    "label",
    [5, -1, 3.5, True, None, "hungry", "fear", "", "3.5", {}]
    + [float("inf"), float("nan")],
)
def test_impossible_labels(tmp_path, label):
    path = written(tmp_path / "s.json", [{"filename": "a.jpg", "label": label}])
    with pytest.raises(FerClassicError) as error:
        read_predictions(path, ("a.jpg",), FIVE)
    assert str(error.value) == (
        f"{path} has the label {label!r}; allowed are 0 to 4 or anger, happiness, neutral, "
        "sadness, surprise."
    )


@pytest.mark.parametrize(
    "label", [3, 3.0, "3", " 3 ", "3.0", "3,0", [3], "sad", "SADNESS", "悲伤"]
)
def test_possible_labels(tmp_path, label):
    path = written(tmp_path / "s.json", {"a": label})
    assert read_predictions(path, ("a.jpg",), FIVE).labels.tolist() == [3]


def test_a_submission_that_lacks_images(tmp_path):
    path = written(tmp_path / "s.json", [{"filename": NAMES[0], "label": 1}])
    with pytest.raises(FerClassicError) as error:
        read_predictions(path, NAMES, FIVE)
    assert str(error.value) == (
        "The submission lacks 2 image(s) of the input: test/0002.png, test/愤怒 😀.jpg."
    )


def test_a_submission_of_no_known_layout(tmp_path):
    path = written(tmp_path / "s.json", [1, 2])
    with pytest.raises(FerClassicError) as error:
        read_predictions(path, NAMES, FIVE)
    assert str(error.value) == (
        "Every entry of the submission must be an object. Got a number instead."
    )


def test_half_a_surrogate_pair_in_a_template_is_written_as_it_came():
    template = [
        {"file": name, "label": 0, "note": "\ud800"}
        for name in ("0001.jpg", "0002.png", "愤怒 😀.jpg")
    ]
    text = templated_submission(predictions(), template)
    assert '"note": "\\ud800"' in text and text.encode()
    assert [one["label"] for one in json.loads(text)] == list(CODES)
    assert {one["note"] for one in json.loads(text)} == {"\ud800"}


FORMULAS = ("=1+1", "@SUM(1)", "+1", "-1", "\tx", "\rx", "'=x", "''", "a\rb", 'a"\nb', "-1")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(FORMULAS)
        | st.text(
            st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1
        ),
        min_size=1,
        max_size=6,
        unique=True,
    )
)
def test_predictions_of_any_names_come_back(tmp_path_factory, names):
    codes = [i % 5 for i in range(len(names))]
    given_ = predictions(names, codes)
    n = len(names)
    faces = SimpleNamespace(
        status=("face",) * n,
        errors=("=1",) * n,
        boxes=np.zeros((n, 4)),
        scores=np.zeros(n),
        n_faces=np.ones(n, int),
    )
    text = predictions_csv(given_, faces)
    rows = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert len(rows) == n and all(row[-2] == "'=1" for row in rows)
    assert not any(row[0].startswith(("=", "+", "@", "\t", "\r")) for row in rows)
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_text(text, encoding="utf-8", newline="")
    back = read_predictions(path, names, FIVE)
    assert back.labels.tolist() == codes
    np.testing.assert_array_equal(back.probabilities, given_.probabilities)
