"""Settings: defaults, settings files, and values that are impossible."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_classic.data.labels import FIVE, SEVEN
from fer_classic.errors import FerClassicError, UsageError
from fer_classic.faces.settings import FaceSettings, face_settings
from fer_classic.settings import PRESETS, Settings, read_settings


def message_of(function, *arguments, kind=UsageError, **options):
    with pytest.raises(kind) as error:
        function(*arguments, **options)
    return str(error.value)


def test_defaults_are_the_documented_ones():
    settings = Settings()
    assert settings.class_set is FIVE
    assert (settings.labels, settings.groups, settings.seed) == ("auto", None, 0)
    assert settings.faces == FaceSettings(detector="hog", align="68", crop_size=64)
    assert set(settings.features) == {"hog", "lbp", "geometry"}
    assert Settings(classes="seven").class_set is SEVEN


def test_defaults_are_not_shared():
    Settings().features["hog"] = None
    Settings().classifier["balance"] = "none"
    assert Settings().features["hog"] is not None
    assert Settings().classifier == {"balance": "none"}


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "classes": st.sampled_from(["five", "seven", "eight"]),
            "labels": st.sampled_from(["auto", "name", "folder", "none"]),
            "groups": st.none() | st.just(r"p(\d+)_"),
            "faces": st.fixed_dictionaries(
                {},
                optional={
                    "detector": st.sampled_from(["hog", "cnn", "none"]),
                    "upsample": st.integers(0, 4),
                    "threshold": st.floats(-10, 10),
                    "min_size": st.floats(0, 1000),
                    "align": st.sampled_from(["68", "5", "none"]),
                    "crop_size": st.integers(32, 512),
                },
            ),
            "classifier": st.fixed_dictionaries(
                {}, optional={"balance": st.just("none"), "n_estimators": st.integers(1, 9)}
            ),
            "folds": st.just(0) | st.integers(2, 100),
            "seed": st.integers(0, 2**32 - 1),
        },
    )
)
def test_settings_survive_json(values):
    settings = Settings.from_dict(values)
    again = Settings.from_dict(json.loads(json.dumps(settings.to_dict())))
    assert again == settings
    for key, value in values.items():
        if key == "faces":
            for own, expected in value.items():
                assert getattr(settings.faces, own) == expected
        else:
            assert getattr(settings, key) == value


def test_with_changes_reaches_every_level_and_leaves_the_original():
    settings = Settings()
    changed = settings.with_changes(
        classes="seven", detector="cnn", crop_size=None, num_leaves=7, seed=0
    )
    assert changed.classes == "seven"
    assert changed.faces == FaceSettings(detector="cnn")
    assert changed.classifier == {"balance": "none", "num_leaves": 7}
    assert settings == Settings()
    assert "detector must be one of" in message_of(settings.with_changes, detector="x")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"class": "five"},
            "key of the settings must be one of {classes, labels, groups, faces, features, "
            "experts, classifier, network, folds, vote_share, seed}. Got 'class' instead.",
        ),
        (
            {"faces": {"size": 3}},
            "key of the settings of faces must be one of {detector, upsample, threshold, "
            "min_size, align, crop_size, max_pixels, which}. Got 'size' instead.",
        ),
        (
            {"classes": "six"},
            "classes must be one of {five, seven, eight}. Got 'six' instead.",
        ),
        (
            {"classes": ["five"]},
            "classes must be one of {five, seven, eight}. Got ['five'] instead.",
        ),
        (
            {"labels": "exif"},
            "labels must be one of {auto, name, folder, none, rafdb, fer2013, affectnet, "
            "expw, ck, kdef, jaffe, rafd} or pairs such as 1=anger,2=happiness. Got 'exif' "
            "instead.",
        ),
        (
            {"groups": 3},
            "groups must be a regular expression as text, or null. Got 3 instead.",
        ),
        ({"faces": "hog"}, "faces must be an object {…}. Got 'hog' instead."),
        ({"features": ["hog"]}, "features must be an object {…}. Got ['hog'] instead."),
        ({"features": {"hog": 8}}, "features 'hog' must be an object {…}. Got 8 instead."),
        ({"classifier": None}, "classifier must be an object {…}. Got None instead."),
        ({"folds": 1}, "folds must be from 2 to 100. Got 1 instead."),
        ({"folds": False}, "folds must be a whole number. Got False instead."),
        ({"folds": 2.5}, "folds must be a whole number. Got 2.5 instead."),
        ({"seed": -1}, "seed must be from 0 to 4294967295. Got -1 instead."),
        ({"seed": "0"}, "seed must be a whole number. Got '0' instead."),
        ({"faces": {"upsample": 5}}, "upsample must be from 0 to 4. Got 5 instead."),
        (
            {"faces": {"crop_size": 64.5}},
            "crop_size must be a whole number. Got 64.5 instead.",
        ),
        ({"faces": {"crop_size": 31}}, "crop_size must be from 32 to 512. Got 31 instead."),
        ({"faces": {"min_size": "x"}}, "min_size must be a number. Got 'x' instead."),
        (
            {"faces": {"threshold": float("nan")}},
            "threshold must be from -100 to 100. Got nan instead.",
        ),
        (
            {"faces": {"max_pixels": 0}},
            "max_pixels must be from 1 to 10000000000. Got 0 instead.",
        ),
        (
            {"faces": {"align": 68}},
            "align must be one of {box, none, 5, 68}. Got 68 instead.",
        ),
    ],
)
def test_impossible_settings(values, message):
    assert message_of(Settings.from_dict, values) == message


def test_unknown_names_in_the_classifier():
    message = message_of(Settings.from_dict, {"classifier": {"leaves": 3}})
    assert message.startswith("key of the settings of classifier must be one of {balance, ")
    assert message.endswith("}. Got 'leaves' instead.")
    message = message_of(Settings.from_dict, {"classifier": {"balance": "smoke"}})
    assert message.startswith("balance must be one of {none, ")


def test_face_settings_of_a_dictionary():
    assert face_settings({"align": "5"}) == FaceSettings(align="5")
    assert message_of(face_settings, [1]) == "faces must be an object {…}. Got [1] instead."


def test_a_settings_file(tmp_path):
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(Settings(groups="愤(怒)", seed=3).to_dict()), "utf-8")
    assert read_settings(path) == Settings(groups="愤(怒)", seed=3)
    path.write_text("{}")
    assert read_settings(path) == Settings()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", " is not JSON: Expecting value: line 1 column 1 (char 0)."),
        (b"{'a': 1}", " is not JSON: Expecting property name enclosed in double quotes"),
        (b"\xff", " is not JSON: 'utf-8' codec can't decode byte 0xff"),
        (b"[" * 100_000, " is not JSON: maximum recursion depth exceeded"),
        (b"[]", " must hold a JSON object of settings."),
    ],
)
def test_a_file_that_holds_no_settings(tmp_path, data, message):
    path = tmp_path / "settings.json"
    path.write_bytes(data)
    assert message_of(read_settings, path, kind=FerClassicError).startswith(
        f"{path}{message}"
    )


def test_a_settings_file_that_is_not_there(tmp_path):
    path = tmp_path / "no.json"
    assert message_of(read_settings, path, kind=FerClassicError) == (
        f"{path} cannot be read: No such file or directory."
    )


def test_what_trains_without_a_preset_is_fast():
    from fer_classic.cli.settings import settings_from

    given = {"preset": None, "features": None, "align": None}
    assert settings_from(given).experts == PRESETS["fast"]["experts"]
    assert settings_from(given | {"features": "hog"}).features.keys() == {"hog"}
    assert settings_from(given | {"features": "hog"}).experts == []
    assert settings_from({}).experts == []  # commands that train nothing


@pytest.mark.parametrize(
    "text", ['{"labels": []}', '{"labels": {"a": 1}}', '{"labels": 3}']
)
def test_labels_are_named_by_text(tmp_path, text):
    (tmp_path / "s.json").write_text(text)
    told = message_of(read_settings, tmp_path / "s.json")
    assert told.startswith("labels must be one of {")


def test_numbers_are_finite(tmp_path):
    for value in ("NaN", "1e999", "[1, [-Infinity]]"):
        text = '{"classifier": {"learning_rate": HERE}}'
        (tmp_path / "s.json").write_text(text.replace("HERE", value))
        told = message_of(read_settings, tmp_path / "s.json")
        assert told.startswith("settings must be of finite numbers. Got NaN or Infinity")
