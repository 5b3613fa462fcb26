"""Labels as people write them, in nine languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_classic.data.spelling import (
    ALIASES,
    expressions_in,
    label_expression,
    nearest_expression,
    spelling_like,
    words_of,
)

MEANT = {
    "anger": "Angry Faces|ANGRY_01|angry-images|05 anger|AngryFaces|angryface|wuetend|"
    "Wütende Gesichter|ÄRGER|Colère|en colère|fâchée|Enojados|enfado|Raiva|zangada|Гнев|"
    "злые лица|愤怒_12|生气的表情|憤怒 (2)|生氣|怒り顔|Mad|Ira",
    "happiness": "happy (3)|HAPPINESS|2-happy|joy|Smiling faces|Glücklich|Freude|FELIZ|"
    "glueckliche Gesichter|heureuses|Joie|Felices|alegría|Счастье|радостные|开心|高興|"
    "喜び|笑顔 (1)|嬉しい",
    "neutral": "Neutral Faces|NEUTRAL (1)|neutral0|Neutre|neutra|нейтральный|中性|平靜|"
    "無表情|自然表情|normal",
    "sadness": "SAD|sad faces 2|Sadness.|traurige Bilder|Trauer|Tristes|tristeza|грусть|"
    "悲伤图片|難過|悲しい|悲しみ",
    "surprise": "surprise-images|Surprised|suprise|Überraschung|ueberrascht|étonné|"
    "Sorpresa|sorprendidas|surpreso|Удивление|惊讶|驚訝|驚き|びっくり",
    "fear": "fear_copy|Scared|Angst|ängstlich|Peur|Miedo|medo|страх|恐惧|害怕|恐懼|怖い",
    "disgust": "Disgusted|Ekel|dégoût|ASCO|nojo|отвращение|厌恶|厭惡|嫌悪",
    "contempt": "Contempt|Verachtung|mépris|desprecio|desprezo|презрение|轻蔑|輕蔑|軽蔑",
}


@pytest.mark.parametrize("name", MEANT)
def test_what_people_write_is_understood(name):
    texts = MEANT[name].split("|")
    assert {text: label_expression(text) for text in texts} == dict.fromkeys(texts, name)


@pytest.mark.parametrize(
    "text",
    ["unknown", "none", "not happy", "happy sad", "sad songs", "7", "", "class_3", "faces"]
    + ["unhappy people of joy", "愤怒的小鸟", "高兴难过", "n/a"],
)
def test_what_is_no_label_of_its_own_is_none(text):
    assert label_expression(text) is None


def test_words_that_count_only_alone_are_no_labels_of_a_file_name():
    assert [label_expression(word) for word in ("mad", "ira", "normal")] == [
        *("anger", "anger", "neutral")
    ]
    assert expressions_in("mad_max_2") == expressions_in("normal-ira") == []
    assert expressions_in("IMG_happyface_12") == ["happiness"]
    assert expressions_in("IMG_生气的脸_12") == ["anger"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        *(("hapiness", "happiness"), ("Angery", "anger"), ("suprisd", "surprise")),
        *(("desgusted", "disgust"), ("traurg", "sadness"), ("felis", "happiness")),
        *(("qwertz", None), ("none", None), ("x", None), ("", None)),
    ],
)
def test_the_nearest_class(text, name):
    assert nearest_expression(text) == name


@given(
    st.sampled_from([(n, w) for n, words in ALIASES.items() for w in words]),
    st.text("0123456789 _-()", max_size=6),
)
def test_signs_and_case_do_not_count(pair, around):
    name, word = pair
    assert label_expression(around + word.upper() + around) == name


@given(st.text())
def test_any_text_has_an_answer(text):
    assert label_expression(text) in (None, *ALIASES)
    assert nearest_expression(text) in (None, *ALIASES)


@pytest.mark.parametrize(
    ("shown", "five"),
    [
        (["Happy"], "Angry Happy Neutral Sad Surprised"),
        (["Wut"], "Wut Freude Neutral Trauer Überraschung"),
        (["glücklich"], "wütend glücklich neutral traurig überrascht"),
        (["heureux", "triste"], "fâché heureux neutre triste surpris"),
        (["FELIZ", "ENOJADO"], "ENOJADO FELIZ NEUTRAL TRISTE SORPRENDIDO"),
        (["Радость"], "Гнев Радость Нейтральность Грусть Удивление"),
        (["憤怒"], "憤怒 高興 中性 悲傷 驚訝"),
        (["felice", "arrabbiato"], "arrabbiato felice neutro triste sorpreso"),
        (["喜び"], "怒り 喜び 無表情 悲しみ 驚き"),
    ],
)
def test_other_classes_are_spelled_in_language_and_form_of_a_sample(shown, five):
    spell = spelling_like(shown)
    names = ("anger", "happiness", "neutral", "sadness", "surprise")
    assert " ".join(spell(name) for name in names) == five


def test_every_word_means_one_expression():
    words = [word for name in ALIASES for word in words_of(name)]
    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ビックリ", "surprise"),
        ("ﾋﾞｯｸﾘ", "surprise"),
        ("ウレシイ顔", "happiness"),
        ("행복", "happiness"),
        ("슬픔 얼굴", "sadness"),
        ("Angry men", "anger"),
        ("old woman sad", "sadness"),
        ("Wütende Menschen", "anger"),
        ("非常高兴", "happiness"),
        ("Felicità (2)", "happiness"),
        ("volti arrabbiati", "anger"),
        ("non felice", None),
        ("不开心", None),
    ],
)
def test_more_people_and_languages(text, expected):
    assert label_expression(text) == expected


def test_what_says_nothing_is_near_nothing():
    assert nearest_expression("not a face") is None
