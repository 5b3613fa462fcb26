"""Tables without formulas that are read back, and names of files that are harmless."""

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import fer_classic
from fer_classic.files.text import cell_text, csv_text, file_stem

ROOT = Path(fer_classic.__file__).parent.parent
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def read(text):
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "'=", "''@"])
def test_text_that_begins_as_a_formula_gets_an_apostrophe(start):
    name = f'{start}HYPERLINK("http://x")|cmd.jpg'
    ((cell,),) = read(csv_text([[name]]))
    assert cell == f"'{name}"
    assert cell_text(cell) == name


def test_numbers_and_other_text_stay_as_they_are():
    cells = [-1.5, "-1.5", "-2e-05", "1", -3, None, "a=b", "'tis", "愤怒.jpg", "", " =x"]
    assert csv_text([cells]) == "-1.5,-1.5,-2e-05,1,-3,,a=b,'tis,愤怒.jpg,, =x\n"


@pytest.mark.parametrize("text", ["-1+1", "-1|cmd", "+1", "-", "--1", "-1_0", "-1 "])
def test_what_only_begins_as_a_number_is_none(text):
    assert csv_text([[text]]) == f"'{text}\n"


@given(st.lists(st.lists(TEXT, min_size=2, max_size=4), min_size=1, max_size=4))
@example([["a\rb", "=1\r"], ["\r", '"\n']])
@example([["'", "''="], ["-5", "'-5"]])
def test_any_text_comes_back_and_is_no_formula(rows):
    found = read(csv_text(rows))
    assert [[cell_text(cell) for cell in row] for row in found] == rows
    for cell in (cell for row in found for cell in row):
        assert not re.match(r"[=+@\t\r\n]|-(?![\d.e+-]+$)", cell)


def test_every_table_is_written_by_this_module():
    files = [*ROOT.glob("fer_classic/**/*.py"), *ROOT.glob("scripts/*.py")]
    found = [
        p.name
        for p in files
        if re.search(r"csv\.(Dict)?[wW]riter\(|to_csv|savetxt", p.read_text("utf-8"))
    ]
    # A contest's sample is written as it was, formulas included.
    assert sorted(found) == ["sample.py", "text.py"]


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("C:\\x\0y\n\ud800.é", "C__x_y__.é"),
        ("a" * 300, "a" * 80),
        ("愤" * 80, "愤" * 26),
        ("\U00020000" * 80, "\U00020000" * 20),
    ],
)
def test_a_file_name_that_is_harmless_and_that_no_system_finds_too_long(
    name, stem, tmp_path
):
    assert file_stem(name) == stem
    (tmp_path / f"00001_{stem}_{stem}.png").write_bytes(b"")


@given(st.text())
def test_no_file_name_leads_out_of_its_folder(name):
    made = file_stem(name)
    assert not set(made) & set("/\\:\0\n") and len(made.encode()) <= 80
