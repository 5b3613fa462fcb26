"""The journal: on the disk at once, whole after a crash, one process and one window."""

import json
import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_classic.errors import FerClassicError, UsageError
from fer_classic.page.journal import Conflict, Decision, Journal

A, B = ("a.jpg", "1" * 64), ("<img src=x onerror=alert(1)>\n.jpg", "2" * 64)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "set.labels.jsonl"


@pytest.fixture
def journal(path):
    made = Journal(path)
    yield made
    made.close()


def again(journal):
    """The journal as another process would read it."""
    journal.close()
    return Journal(journal.path)


def decide(journal, do, value=None, *, pictures=(A,), window="w"):
    seen = [journal.decision(*picture).number for picture in pictures]
    journal.decide(list(pictures), do, value, seen=seen, window=window)


def test_every_kind_of_decision_is_there_when_it_is_read_again(journal):
    decide(journal, "label", "anger")
    decide(journal, "face", [1, 2, 30.5, 40])
    decide(journal, "exclude", pictures=[B])
    made = again(journal)
    assert made.decision(*A) == Decision("anger", True, False, (1, 2, 30.5, 40), 2)
    assert made.decision(*B) == Decision(excluded=True, number=3)
    assert made.decision("c.jpg", "") == Decision()
    made.close()


def test_a_later_decision_holds(journal):
    decide(journal, "exclude")
    decide(journal, "label", "anger")
    decide(journal, "confirm")
    assert journal.decision(*A) == Decision(confirmed=True, number=3)


def test_undo_takes_back_the_last_of_the_same_window(journal):
    decide(journal, "label", "anger", pictures=[A, B])
    decide(journal, "exclude", window="other", pictures=[("c.jpg", "3")])
    decide(journal, "exclude")
    assert journal.undo("w") == [A]
    assert journal.decision(*A).label == "anger"
    assert journal.undo("w") == [A, B]
    assert not journal.decision(*A).made and not journal.decision(*B).made
    assert journal.undo("w") == []
    made = again(journal)
    assert not made.decision(*A).made and made.decision("c.jpg", "3").excluded
    made.close()


def test_two_windows_do_not_overwrite_each_other(journal):
    seen = [journal.decision(*A).number]
    journal.decide([A], "label", "anger", seen=seen, window="one")
    with pytest.raises(Conflict, match=r"a\.jpg was decided in another window"):
        journal.decide([A], "label", "sadness", seen=seen, window="two")
    with pytest.raises(Conflict):  # all or none
        journal.decide([B, A], "exclude", None, seen=[0, 0], window="two")
    assert journal.decision(*A).label == "anger" and not journal.decision(*B).made
    decide(journal, "confirm", window="two")
    with pytest.raises(Conflict, match="undo it there"):
        journal.undo("one")
    journal.undo("two")
    assert journal.undo("one") == [A]


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_line_that_a_crash_cut_off_is_dropped(journal, cut):
    decide(journal, "label", "anger")
    decide(journal, "exclude")
    journal.close()
    os.truncate(journal.path, os.path.getsize(journal.path) - cut)
    made = again(journal)
    assert made.decision(*A) == Decision("anger", True, number=1)
    decide(made, "label", "neutral")
    last = again(made)
    assert last.decision(*A).label == "neutral" and len(last.entries) == 2
    last.close()


def test_an_empty_file_and_a_cut_first_line_begin_anew(path):
    path.write_bytes(b"")
    Journal(path).close()
    whole = path.read_bytes()
    path.write_bytes(whole[:10])
    Journal(path).close()
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    "line",
    [
        b"not JSON",
        b"[]",
        b"\xff\xfe",
        b'{"n": 2}',
        b'{"n": 1, "do": "label", "value": 3, "window": "w", "pictures": [["a", "b"]]}',
        b'{"n": 1, "do": "undo", "value": 1, "window": "w", "pictures": [["a", "b"]]}',
        b'{"n": 1, "do": "face", "value": [1], "window": "w", "pictures": [["a", "b"]]}',
        b'{"n": 1, "do": "fly", "value": null, "window": "w", "pictures": []}',
        b'{"n": 1, "do": "exclude", "value": null, "window": "w", "pictures": [["a"]]}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_line_is_named(path, line):
    Journal(path).close()
    with open(path, "ab") as file:
        file.write(line + b"\n")
    before = path.read_bytes()
    with pytest.raises(FerClassicError, match="line 2, is damaged"):
        Journal(path)
    assert path.read_bytes() == before


def test_another_file_is_not_touched(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("my notes\n")
    with pytest.raises(UsageError, match="is no journal of labels"):
        Journal(path)
    assert path.read_text() == "my notes\n"


def test_a_place_that_cannot_be_written(tmp_path):
    with pytest.raises(UsageError, match="cannot be written: No such file"):
        Journal(tmp_path / "no" / "set.labels.jsonl")


def test_only_one_process_has_it(journal):
    with pytest.raises(UsageError, match="is open in another page already"):
        Journal(journal.path)


def test_a_killed_process_loses_nothing_and_lets_go(path):
    code = (
        "import os, sys; from fer_classic.page.journal import Journal\n"
        "j = Journal(sys.argv[1])\n"
        "for i in range(5): j.decide([('a.jpg', str(i))], 'exclude', None, seen=[0], "
        "window='w')\n"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=False, timeout=60)
    made = Journal(path)
    assert [made.decision("a.jpg", str(i)).excluded for i in range(6)] == [True] * 5 + [
        False
    ]
    made.close()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_disk_keeps_what_was_decided_before(journal, monkeypatch):
    decide(journal, "label", "anger")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(
        FerClassicError, match=r"cannot be written: No space left .* is kept"
    ):
        decide(journal, "label", "sadness")
    monkeypatch.undo()
    assert journal.decision(*A).label == "anger"
    decide(journal, "exclude")
    made = again(journal)
    assert made.decision(*A) == Decision("anger", True, True, number=2)
    made.close()


_NAMES = st.sampled_from(["a", "b", "é\ud800", '"\n\0'])
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("undo"), st.none(), st.just(())),
        st.tuples(st.just("exclude"), st.none(), st.sets(_NAMES, min_size=1)),
        st.tuples(
            st.just("label"), st.sampled_from(["anger", "x"]), st.sets(_NAMES, min_size=1)
        ),
        st.tuples(st.just("confirm"), st.none(), st.sets(_NAMES, min_size=1)),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(steps=_STEPS, cut=st.integers(0, 400))
def test_whatever_was_decided_is_read_again(tmp_path_factory, steps, cut):
    """Also after a cut: what is left is what held after some number of whole lines."""
    journal = Journal(tmp_path_factory.mktemp("journal") / "j")
    pictures = [(name, "d") for name in ["a", "b", "é\ud800", '"\n\0']]
    held = [[journal.decision(*own) for own in pictures]]
    for do, value, names in steps:
        if do == "undo":
            before = len(journal.entries)
            journal.undo("w")
            if len(journal.entries) == before:
                continue
        else:
            decide(journal, do, value, pictures=[(name, "d") for name in sorted(names)])
        held.append([journal.decision(*own) for own in pictures])
    made = again(journal)
    assert [made.decision(*own) for own in pictures] == held[-1]
    made.close()
    os.truncate(made.path, max(0, os.path.getsize(made.path) - cut))
    made = Journal(made.path)
    assert [made.decision(*own) for own in pictures] == held[len(made.entries)]
    made.close()


def test_a_line_is_ascii_json(journal):
    decide(journal, "label", "anger", pictures=[("愤怒\n.jpg", "d")])
    lines = journal.path.read_bytes().split(b"\n")
    assert len(lines) == 3 and all(max(line, default=0) < 128 for line in lines)
    assert json.loads(lines[1])["pictures"] == [["愤怒\n.jpg", "d"]]


@pytest.mark.parametrize("content", [b"my notes\nand more", b"my notes", b"\xff\xd8\xff"])
def test_the_last_line_of_another_file_is_not_cut_off(path, content):
    path.write_bytes(content)
    with pytest.raises(UsageError, match="is no journal of labels"):
        Journal(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "change",
    [
        {"n": 1.0},
        {"n": True},
        {"do": "face", "value": [1, 2, float("nan"), 40]},
        {"do": "face", "value": [True, 2, 30, 40]},
        {"do": "face", "value": [1, 2, 10**400, 40]},
        {"do": ["label"]},
    ],
)
def test_a_line_of_other_types_is_damaged(journal, change):
    decide(journal, "label", "anger")
    journal.close()
    head, line = journal.path.read_text().splitlines()
    journal.path.write_text(f"{head}\n{json.dumps(json.loads(line) | change)}\n")
    with pytest.raises(FerClassicError, match="line 2, is damaged"):
        Journal(journal.path)
    entry = json.loads(line)
    del entry["value"]
    journal.path.write_text(f"{head}\n{json.dumps(entry | {'do': 'face'})}\n")
    with pytest.raises(FerClassicError, match="line 2, is damaged"):
        Journal(journal.path)
