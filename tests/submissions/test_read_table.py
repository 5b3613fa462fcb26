"""Result files of every shape that users have, read into one."""

import csv
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_classic.data.labels import FIVE, SEVEN
from fer_classic.data.spelling import ALIASES
from fer_classic.errors import FerClassicError
from fer_classic.submissions import sample as submission
from fer_classic.submissions.read_table import read_predictions, read_result

DEEPFACE = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


def read(tmp_path, content, classes=FIVE, name="r.json", names=()):
    path = tmp_path / name
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    return read_result(path, classes, names)


def refused(tmp_path, content, classes=FIVE, name="r.json"):
    with pytest.raises(FerClassicError) as error:
        read(tmp_path, content, classes, name)
    return str(error.value)


def emotions(best, share=0.7, scale=1.0, names=DEEPFACE):
    rest = (1 - share) / (len(names) - 1)
    return {name: scale * (share if name == best else rest) for name in names}


def fer_face(best, box=(0, 0, 10, 10), **options):
    return {"box": list(box), "emotions": emotions(best, **options)}


def test_fer_a_list_of_faces_for_each_file(tmp_path):
    found = read(
        tmp_path,
        {
            "a.jpg": [fer_face("happy")],
            "b.jpg": [],
            "c.jpg": [fer_face("sad", (0, 0, 20, 20)), fer_face("happy", (5, 5, 60, 50))],
        },
    )
    assert found.names == ["a.jpg", "b.jpg", "c.jpg"]
    assert found.codes.tolist() == [1, -1, 1]  # the larger face counts
    assert not found.outside.any() and found.notes == []
    # 0.7 and four of 0.05: fear and disgust are left out.
    np.testing.assert_allclose(found.probabilities[0], np.array([1, 14, 1, 1, 1]) / 18)
    assert np.isnan(found.probabilities[1]).all()


@pytest.mark.parametrize(
    "records",
    [
        [{"file": "a.jpg", **fer_face("sad")}, {"file": "b.jpg", **fer_face("happy")}],
        [
            {"image": "a.jpg", "faces": [fer_face("sad")]},
            {"image": "b.jpg", "faces": [fer_face("happy")]},
        ],
        [{"a.jpg": [fer_face("sad")]}, {"b.jpg": [fer_face("happy")]}],
        [{"name": "a.jpg", **emotions("sad")}, {"name": "b.jpg", **emotions("happy")}],
        {"a.jpg": emotions("sad"), "b.jpg": emotions("happy")},
        {"a.jpg": ["sad", 0.9], "b.jpg": ["happy", 0.8]},
    ],
)
def test_fer_in_other_wrappings(tmp_path, records):
    found = read(tmp_path, records)
    assert found.names == ["a.jpg", "b.jpg"]
    assert found.codes.tolist() == [3, 1]


def test_fer_without_a_top_emotion(tmp_path):
    assert read(tmp_path, {"a": [None, None], "b": ["sad", 1]}).codes.tolist() == [-1, 3]


def test_records_of_one_file_are_its_faces(tmp_path):
    records = [
        {"file": "a.jpg", **fer_face("sad", (0, 0, 5, 5))},
        {"file": "b.jpg", "error": "no face"},
        {"file": "a.jpg", **fer_face("happy", (0, 0, 9, 9))},
    ]
    found = read(tmp_path, records)
    assert found.names == ["a.jpg", "b.jpg"]
    assert found.codes.tolist() == [1, -1]


def deepface_face(best, confidence=0.9, side=10, **options):
    return {
        "emotion": emotions(best, scale=100, **options),
        "dominant_emotion": best,
        "region": {"x": 0, "y": 0, "w": side, "h": side, "left_eye": None},
        "face_confidence": confidence,
    }


def test_deepface_in_percent_with_the_most_confident_face(tmp_path):
    found = read(
        tmp_path,
        {
            "a.jpg": [deepface_face("angry", 0.5, 90), deepface_face("surprise", 0.95)],
            "b.jpg": deepface_face("neutral"),
            "c.jpg": [deepface_face("sad", 0, 9), deepface_face("happy", 0, 99)],
        },
        SEVEN,
    )
    assert [SEVEN.names[c] for c in found.codes] == ["surprise", "neutral", "happiness"]
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)
    assert found.probabilities[0, 5] == pytest.approx(0.7)
    assert found.notes == []


def test_deepface_as_text_numbers(tmp_path):
    """What json.dump(..., default=str) makes of its float32."""
    face = deepface_face("happy")
    face["emotion"] = {key: str(value) for key, value in face["emotion"].items()}
    found = read(tmp_path, {"a.jpg": [face]}, SEVEN)
    assert found.probabilities[0, 3] == pytest.approx(0.7)


def test_the_best_class_within_the_set_counts(tmp_path):
    face = {"dominant_emotion": "fear", "emotion": {"fear": 60, "sad": 30, "happy": 10}}
    found = read(tmp_path, {"a": [face], "b": [deepface_face("happy")]})
    assert found.codes.tolist() == [3, 1]
    np.testing.assert_allclose(found.probabilities[0], [0, 0.25, 0, 0.75, 0])
    assert not found.outside.any()


def test_without_scores_a_class_outside_is_wrong_and_told(tmp_path):
    found = read(tmp_path, {"a": "fear", "b": "happy", "c": None, "d": "hungry", "e": 7})
    assert found.codes.tolist() == [-1, 1, -1, -1, -1]
    assert found.outside.tolist() == [True, False, False, True, True]
    assert found.notes == [
        "3 answer(s) are no class of the set ('fear', 'hungry', 7) and count as wrong"
    ]
    assert found.probabilities is None


def test_scores_that_lie_outside_the_set_altogether(tmp_path):
    found = read(tmp_path, {"a": {"fear": 1.0, "happy": 0.0}, "b": {"happy": 1.0}})
    assert found.codes.tolist() == [-1, 1]
    assert found.outside.tolist() == [True, False]
    assert found.notes[0] == "it has no scores for anger, neutral, sadness, surprise"


HSEMOTION = ("Anger", "Contempt", "Disgust", "Fear", "Happiness", "Neutral", "Sadness")


@pytest.mark.parametrize("extra", [(), (0.5, -0.5)])  # valence and arousal
def test_hsemotion_logits_in_its_own_order(tmp_path, extra):
    logits = [0.1, -1.2, 0.3, 4.0, 2.0, -0.7, 1.0, -2.0]
    found = read(tmp_path, {"a.jpg": ["Fear", [*logits, *extra]]}, SEVEN)
    power = np.exp(logits)
    names = (*map(str.lower, HSEMOTION), "surprise")
    own = np.array([power[names.index(name)] for name in SEVEN.names])
    np.testing.assert_allclose(found.probabilities[0], own / own.sum())
    assert found.codes.tolist() == [SEVEN.code("fear")]
    assert found.notes == ["its scores are not probabilities: the softmax of them is taken"]
    assert read(tmp_path, {"a": ["Fear", [*logits, *extra]]}).codes.tolist() == [1]


def test_hsemotion_with_seven_classes_and_probabilities(tmp_path):
    scores = [0.1, 0.0, 0.0, 0.6, 0.1, 0.1, 0.1]  # without contempt
    found = read(tmp_path, {"a.jpg": ["Happiness", scores]}, SEVEN)
    assert found.probabilities[0, SEVEN.code("happiness")] == pytest.approx(0.6)
    assert found.probabilities[0, SEVEN.code("surprise")] == pytest.approx(0.1)
    assert found.notes == []
    record = [{"file": "a", "emotion": "Happiness", "scores": scores}]
    assert read(tmp_path, record, SEVEN).probabilities[0, 3] == pytest.approx(0.6)


def fex(rows, tmp_path, name="fex.csv"):
    columns = ["frame", "FaceRectX", "FaceScore", "AU01", *SEVEN.names, "input"]
    with open(tmp_path / name, "w", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return tmp_path / name


def test_py_feat_with_several_faces_and_none(tmp_path):
    def face(path, score, best):
        own = emotions(best, names=SEVEN.names)
        return {"input": path, "FaceScore": score, "frame": 0, **own}

    path = fex(
        [
            face("C:\\data\\a.jpg", 0.8, "anger"),
            face("C:\\data\\a.jpg", 0.99, "sadness"),
            {"input": "C:\\data\\b.jpg", "frame": 1},
            {"input": "C:\\data\\c.jpg", "FaceScore": "nan", "anger": "nan"},
            face("C:\\data\\d.jpg", 0.7, "fear"),
        ],
        tmp_path,
    )
    found = read_result(path, FIVE)
    assert [name[-5:] for name in found.names] == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]
    assert found.codes[:3].tolist() == [3, -1, -1]
    np.testing.assert_allclose(found.probabilities[3], 0.2)
    assert np.isnan(found.probabilities[1:3]).all()
    assert not found.outside.any()


@pytest.mark.parametrize("name", ["file", "Filename", "IMAGE", "input", "path"])
@pytest.mark.parametrize("label", ["label", "Class", "emotion", "dominant_emotion"])
def test_plain_csv(tmp_path, name, label):
    text = f"x,{label},{name}\n1,Happy,a.jpg\n2,3,b.jpg\n\n3,,c.jpg\n4,愤怒,d.jpg\n5\n"
    found = read(tmp_path, text, name="r.csv")
    assert found.names == ["a.jpg", "b.jpg", "c.jpg", "d.jpg", ""]
    assert found.codes.tolist() == [1, 3, -1, 0, -1]


def test_a_table_with_true_and_predicted_labels(tmp_path):
    """A result gives its predictions: the true labels would make it perfect."""
    text = "image_path,label,predicted_emotion\na.jpg,sad,happy\nb.jpg,sad,sad\n"
    assert read(tmp_path, text, name="r.csv").codes.tolist() == [1, 3]
    asked = read_result(tmp_path / "r.csv", FIVE, true=True)
    assert asked.codes.tolist() == [3, 3]


def test_numbers_that_are_no_floats(tmp_path):
    found = read(tmp_path, {"a": {"sad": 1, "happy": 10**400}, "b": "sad", "c": [{}]})
    assert found.codes.tolist() == [-1, 3, -1]
    found = read(tmp_path, '{"a": {"sad": 0.9, "happy": NaN}, "b": {"sad": Infinity}}')
    assert found.codes.tolist() == [3, -1]


def test_csv_of_scores_under_any_alias_and_order(tmp_path):
    text = "Surprised,sad,file,calm,Joy,angry\n0.1,0.2,a,0.4,0.2,0.1\n,,b,,,\n"
    found = read(tmp_path, text, name="r.csv")
    np.testing.assert_allclose(found.probabilities[0], [0.1, 0.2, 0.4, 0.2, 0.1])
    assert found.codes.tolist() == [2, -1]


def test_the_label_counts_before_the_scores(tmp_path):
    text = "file,label,angry,happy,neutral,sad,surprise\na,sad,0.1,0.6,0.1,0.1,0.1\n"
    assert read(tmp_path, text, name="r.csv").codes.tolist() == [3]


def test_the_key_of_names_without_knowing_the_images(tmp_path):
    records = [{"label": "happy", "filename": "1.jpg"}, {"label": "sad", "filename": "2"}]
    assert read(tmp_path, records).names == ["1.jpg", "2"]


def test_a_key_that_stands_twice_in_an_object(tmp_path):
    found = read(tmp_path, '{"a.jpg": 1, "b.jpg": 2, "a.jpg": 3}')
    assert found.names == ["a.jpg", "b.jpg", "a.jpg"]
    assert found.codes.tolist() == [1, 2, 3]
    with pytest.raises(FerClassicError, match=r"The submission names images twice: a\.jpg"):
        read_predictions(tmp_path / "r.json", ("a.jpg", "b.jpg"), FIVE)


def test_score_takes_the_other_packages_too(tmp_path):
    path = tmp_path / "deepface.json"
    path.write_text(json.dumps({"/x/b.jpg": [deepface_face("sad")], "/x/a.jpg": "happy"}))
    found = read_predictions(path, ("a.jpg", "b.jpg"), FIVE)
    assert found.labels.tolist() == [1, 3]
    assert np.isnan(found.probabilities[0]).all()
    path.write_text(json.dumps({"a.jpg": [], "b.jpg": [deepface_face("sad")]}))
    with pytest.raises(FerClassicError, match="has the label None; allowed are 0 to 4"):
        read_predictions(path, ("a.jpg", "b.jpg"), FIVE)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            {"a": [[1, 2]]},
            "The answer for 'a' is a list that is neither one of faces nor a pair of a "
            "label and its scores.",
        ),
        (
            {"a": ["Happiness", [1, 2, 3]]},
            "The scores for 'a' must be 7 or 8 numbers in the order anger, contempt, "
            "disgust, fear, happiness, neutral, sadness, surprise (7: without contempt), "
            "or an object of names and scores.",
        ),
        (
            [{"box": [1], "emotions": {"happy": 1}, "n": 1}],
            "The records have no key of file names: they have box, emotions, n; expected "
            "is one such as file, filename, file_name.",
        ),
        (
            [1],
            "Every entry of the submission must be an object. Got a number instead.",
        ),
    ],
)
def test_shapes_that_are_not_known(tmp_path, content, message):
    assert refused(tmp_path, content) == message


def test_labels_of_another_world(tmp_path):
    assert refused(tmp_path, {"a": "cat", "b": "dog"}) == (
        f"{tmp_path / 'r.json'}: none of 2 labels, such as 'cat', is a class of the set; "
        "allowed are 0 to 4 or anger, happiness, neutral, sadness, surprise."
    )


def test_refused_tables(tmp_path):
    path = tmp_path / "r.csv"
    assert refused(tmp_path, "a,happy\n1,1\n", name="r.csv").startswith(
        f"{path} must have the columns file and label. Got a, happy. Instead of label "
    )
    assert refused(tmp_path, "file,happy\na,1\nb,x\n", name="r.csv") == (
        f"{path} has a probability that is no number. Line 3: could not convert string to "
        "float: 'x'."
    )


def test_deep_and_huge_files(tmp_path, monkeypatch):
    path = tmp_path / "r.json"
    assert refused(tmp_path, "[" * 200_000) == (
        f"{path} is not a JSON file: its lists and objects lie too deep in each other."
    )
    # Below the limit of the parser, and no face either.
    deep = '{"a": ' + "[" * 500 + "]" * 500 + "}"
    assert refused(tmp_path, deep).startswith("The answer for 'a' is a list that is ")
    faces = '{"a": ' + '{"faces": ' * 700 + "{}" + "}" * 700 + "}"
    assert refused(tmp_path, faces) == "The faces for 'a' lie too deep in each other."
    monkeypatch.setattr(submission, "MAX_JSON", 1 << 20)
    assert refused(tmp_path, json.dumps(["x" * 3_000_000])) == (
        f"{path} has 2 MiB; JSON is read up to 1 MiB. Write a CSV file with the columns "
        "file and label, which has no limit."
    )


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_every_shape_gives_the_same_answers(tmp_path_factory, data):
    """The same scores, written as each package writes them."""
    tmp_path = tmp_path_factory.mktemp("shapes")
    n = data.draw(st.integers(1, 5))
    draw = st.lists(st.integers(1, 40), min_size=7, max_size=7)
    shares = np.array([data.draw(draw) for _ in range(n)], dtype=float)
    shares /= shares.sum(axis=1, keepdims=True)
    words = [data.draw(st.sampled_from(ALIASES[name])) for name in SEVEN.names]
    own = [dict(zip(words, row.tolist(), strict=True)) for row in shares]
    percent = [{key: 100 * value for key, value in one.items()} for one in own]
    theirs = [name.lower() for name in (*HSEMOTION, "Surprise") if name != "Contempt"]
    order = [SEVEN.names.index(name) for name in theirs]
    files = [f"d/{i}.jpg" for i in range(n)]
    best = [words[row.argmax()] for row in shares]
    answers = [
        [[{"box": [0, 0, 1, 1], "emotions": one}] for one in own],
        [{"emotion": e, "dominant_emotion": b} for e, b in zip(percent, best, strict=True)],
        [[b, row[order].tolist()] for b, row in zip(best, shares, strict=True)],
        [[b, np.log(row[order]).tolist()] for b, row in zip(best, shares, strict=True)],
    ]
    classes = data.draw(st.sampled_from([FIVE, SEVEN]))
    inside = shares[:, [SEVEN.names.index(name) for name in classes.names]]
    inside /= inside.sum(axis=1, keepdims=True)
    for one in answers:
        found = read(tmp_path, dict(zip(files, one, strict=True)), classes)
        assert found.names == files
        np.testing.assert_allclose(found.probabilities, inside, rtol=1e-9)
        picked = inside[np.arange(n), found.codes]
        np.testing.assert_allclose(picked, inside.max(axis=1), rtol=1e-9)
