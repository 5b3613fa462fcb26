"""Text of any encoding: what a mark, the form or the words tell."""

import codecs
import os
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_classic.data.encodings import decode_text, read_text
from fer_classic.errors import FerClassicError

TEXTS = [
    *(
        (codec, "path,label\n张伟/1.jpg,高兴\n李娜/2.jpg,难过\n")
        for codec in ("gbk", "gb18030")
    ),
    ("gbk", "生气"),
    ("gbk", "训练/开心/0.jpg"),
    ("big5", "檔名,標籤\n王小明.jpg,悲傷\n陳美玲.jpg,憤怒\n"),
    ("big5", "驚訝"),
    ("big5", "功能/許.jpg\n"),  # second bytes that are a backslash
    ("cp932", "ファイル,ラベル\n山田.jpg,怒り\nソフト表.jpg,喜び\n"),
    ("cp932", "無表情"),
    ("cp1252", "Datei;Klasse\nMüller.jpg;glücklich\nGroß.jpg;Überraschung\n"),
    ("cp1252", "Amélie.jpg,heureux\nZoë.jpg,colère\n"),
    ("cp1252", "corazón.jpg,alegría\naversão.jpg,feliz"),
    ("cp1251", "файл,метка\nИванов.jpg,гнев\nПетрова.jpg,СЧАСТЬЕ\n"),
    ("cp866", "гнев/1.jpg\nрадость/2.jpg\n"),
    ("cp1250", "złość,radość,żal\nPříliš žluťoučký kůň\n"),
    ("cp1254", "kızgın,üzgün,şaşkın,mutlu yüz\n"),
    ("mac_roman", "Chloé.jpg,colère\nZoë.jpg,triste\n"),
    ("cp850", "Chloé.jpg,colère\nMüller.jpg,wütend\n"),
]


@pytest.mark.parametrize(("codec", "text"), TEXTS)
def test_legacy_encodings_are_known_by_their_words(codec, text):
    assert decode_text(text.encode(codec)) == text


@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_unicode_with_and_without_mark(codec):
    text = "path,label\nZoë 愤怒 😀.jpg,happy\r\n"
    assert decode_text(text.encode(codec)) == text


def test_utf_16_of_big_endians_with_its_mark():
    assert decode_text(codecs.BOM_UTF16_BE + "a,憤怒".encode("utf-16-be")) == "a,憤怒"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("Chloé, né à Orléans".encode() + b"\xff", "byte 0xff at place 23 is not UTF-8"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "value 0"),
        (
            b"a,b\n\xe9\xc0\xe9\xc1",
            "is not UTF-8, and no other encoding gives words",
        ),
        (b"\xff\xd8\xff\xe1\x01\x02", "is not UTF-8"),
    ],
)
def test_what_is_no_text_is_not_guessed(data, told):
    with pytest.raises(ValueError, match=told):
        decode_text(data)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_a_reason(data):
    try:
        assert isinstance(decode_text(data), str)
    except ValueError as error:
        assert str(error)


@given(st.text())
def test_utf_8_is_never_taken_for_something_else(text):
    if "\0" not in text and not text.startswith("\ufeff"):
        assert (
            decode_text(text.encode("utf-8", "ignore"))
            == text.encode("utf-8", "ignore").decode()
        )


def test_files(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("難過".encode("big5"))
    assert read_text(path) == "難過"
    path.write_bytes(os.urandom(8) + b"\0" * 9)
    with pytest.raises(FerClassicError, match=r"a\.txt is not a list: "):
        read_text(path, "a list")
    with pytest.raises(FerClassicError, match=r"no\.txt cannot be read: No such file"):
        read_text(tmp_path / "no.txt")


def test_a_long_word_takes_no_longer_than_its_letters():
    start = time.process_time()  # 13 s a 8,000 letters when each looked at all others
    assert decode_text(("гнев" * 8000).encode("cp1251")) == "гнев" * 8000
    assert time.process_time() - start < 5


def test_a_word_in_every_row_that_is_utf_8_by_chance():
    rows = [f"图片/{i:04d}.jpg,{('高兴', 'Sad', 'angry')[i % 3]}\n" for i in range(300)]
    text = "path,label\n" + "".join(rows)
    assert "图片".encode("gb18030").decode() == "ͼƬ"
    assert decode_text(text.encode("gb18030")) == text


def test_one_damaged_letter_does_not_make_utf_8_another_encoding():
    text = "".join(f"图片/{name}.jpg,高兴\n" for name in ("张伟", "李娜", "王芳", "刘洋"))
    data = bytearray(text.encode())
    data[data.index("娜".encode()) + 1] = 0x20
    with pytest.raises(ValueError, match="is not UTF-8"):
        decode_text(bytes(data))
