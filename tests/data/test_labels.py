"""Labels: aliases, file names, folder names, class sets."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_classic.data.labels import FIVE, SEVEN, class_set
from fer_classic.data.spelling import ALIASES, expressions_in, label_expression
from fer_classic.errors import UsageError, one_of


def test_codes_of_the_two_class_sets():
    assert [FIVE.code(n) for n in ("anger", "happiness", "neutral", "sadness")] == [
        0,
        1,
        2,
        3,
    ]
    assert FIVE.code("surprise") == 4
    assert FIVE.code("fear") is None
    # FER2013: 0 angry, 1 disgust, 2 fear, 3 happy, 4 sad, 5 surprise, 6 neutral.
    words = ("Angry", "Disgust", "Fear", "Happy", "Sad", "Surprise", "Neutral")
    assert [SEVEN.code(label_expression(word)) for word in words] == list(range(7))
    assert len(FIVE) == 5 and len(SEVEN) == 7
    assert class_set("seven") is SEVEN


def test_unknown_class_set():
    with pytest.raises(UsageError) as error:
        class_set("six")
    assert (
        str(error.value)
        == "classes must be one of {five, seven, eight}. Got 'six' instead."
    )
    assert error.value.exit_code == 2


def test_one_of_returns_the_value():
    assert one_of("a", iter("abc"), "letter") == "a"


def test_no_alias_means_two_expressions():
    every = [alias for many in ALIASES.values() for alias in many]
    assert len(every) == len(set(every))
    assert all(
        label_expression(alias.upper()) == label_expression(alias) for alias in every
    )


@pytest.mark.parametrize("name", ALIASES)
def test_aliases_in_any_case(name):
    for alias in ALIASES[name]:
        for text in (alias, alias.upper(), alias.title(), f" {alias}\n"):
            assert label_expression(text) == name


@pytest.mark.parametrize("text", ["", "hungry", "angr", "0", "class_1", "sad song"])
def test_other_words_mean_nothing(text):
    assert label_expression(text) is None


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("anger_0001", ["anger"]),
        ("0001-anger", ["anger"]),
        ("Happy001", ["happiness"]),
        ("001SURPRISED", ["surprise"]),
        ("person7.sad.front", ["sadness"]),
        ("愤怒_01", ["anger"]),
        ("01 高兴 😀", ["happiness"]),
        ("neutral_calm", ["neutral"]),
        ("sad_then_happy", ["sadness", "happiness"]),
        ("anger", ["anger"]),
        ("angerous", []),
        ("unhappy_3", []),
        ("IMG_2041", []),
        ("", []),
    ],
)
def test_words_of_a_file_name(name, found):
    assert expressions_in(name) == found


@given(
    st.sampled_from([a for many in ALIASES.values() for a in many]),
    st.text("0123456789_-. ()😀", max_size=8),
    st.text("0123456789_-. ()😀", max_size=8),
)
def test_an_alias_is_found_between_anything_that_is_no_letter(alias, before, after):
    assert expressions_in(before + alias.upper() + after) == [label_expression(alias)]


@given(st.text())
def test_any_text_gives_known_expressions_once(text):
    found = expressions_in(text)
    assert len(found) == len(set(found))
    assert set(found) <= set(ALIASES)


@pytest.mark.parametrize(
    ("folder", "found"),
    [
        ("3_sadness", "sadness"),
        ("Happy", "happiness"),
        ("happy-happiness", "happiness"),
        ("sad songs", None),
        ("happy_sad", None),
        ("2024", None),
        ("", None),
        ("惊讶", "surprise"),
    ],
)
def test_a_folder_counts_only_if_all_its_words_are_one_label(folder, found):
    assert label_expression(folder) == found


def test_message_of_one_of_lists_what_is_allowed():
    message = "key must be one of {a, b}. Got 3 instead."
    with pytest.raises(UsageError, match=f"^{re.escape(message)}$"):
        one_of(3, ("a", "b"), "key")


@pytest.mark.parametrize(
    "name",
    ["non_happy_1", "not-sad", "no anger 3", "nicht_wütend_2", "sans colère", "не_грусть"],
)
def test_a_word_that_is_denied_tells_nothing(name):
    assert expressions_in(name) == []


def test_no_is_a_number_too():
    assert expressions_in("no1_happy") == expressions_in("No. 12 happy") == ["happiness"]
    assert expressions_in("piano_happy") == ["happiness"]
