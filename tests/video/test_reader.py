"""Frames of a film by their time, and its table read back."""

import json
import random

import numpy as np
import pytest

from fer_classic.errors import FerClassicError
from fer_classic.video.film import Film, import_av
from fer_classic.video.readback import KeptMoments, read_moments
from fer_classic.video.reader import FilmReader
from fer_classic.video.records import Records
from fer_classic.video.smooth import FaceNow, Moment
from fer_classic.video.summary import write_frames
from tests.video.madefilm import write_camera, write_film

CLASSES = ("anger", "happiness", "neutral", "sadness", "surprise")


def gray_frames(n, size=(120, 160)):
    """Pictures that tell their number by their brightness."""
    return [np.full((*size, 3), 10 + 2 * i, np.uint8) for i in range(n)]


def check(path, n):
    """Any frame, in any order, is the one that comes when the film is read through."""
    with Film(path) as film:
        known = list(film.frames())
    assert len(known) == n
    reader = FilmReader(path)
    order = [0, n - 1, n // 2, n // 2, n // 2 + 1, 1]
    for i in order + random.Random(0).choices(range(n), k=8):
        found = reader.at(round(known[i].time, 3))
        assert (found.image == known[i].image).all(), i
        assert found.time == pytest.approx(known[i].time)
    reader.close()


def test_frames_at_any_time(tmp_path):
    check(write_film(tmp_path / "a.mp4", gray_frames(110)), 110)


def test_frames_that_come_unevenly(tmp_path):
    stamps = np.cumsum(np.random.default_rng(0).uniform(0.01, 0.4, 60))
    check(write_film(tmp_path / "a.mkv", gray_frames(60), stamps=stamps), 60)


def test_a_film_without_stamps_and_without_an_index(tmp_path):
    check(write_camera(tmp_path / "a.mjpeg", gray_frames(40)), 40)


def test_the_end_and_what_is_no_film(tmp_path):
    path = write_film(tmp_path / "a.mp4", gray_frames(30))
    reader = FilmReader(path)
    assert reader.at(1.5).time == pytest.approx(29 / 25)  # the last one
    with pytest.raises(FerClassicError, match=r"no picture at 90\.00 s"):
        reader.at(90)
    assert reader.at(0.0).time == 0  # and it goes on
    (tmp_path / "b.mp4").write_bytes(b"no film")
    with pytest.raises(FerClassicError, match="no film"):
        FilmReader(tmp_path / "b.mp4").at(0)


def test_a_film_that_breaks_off(tmp_path):
    path = write_film(tmp_path / "a.mkv", gray_frames(100))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    reader = FilmReader(path)
    assert reader.at(0.4).time == pytest.approx(0.4)
    with pytest.raises(FerClassicError, match="no picture at"):
        reader.at(3.9)
    assert reader.at(0.0).time == 0


def moments(n):
    """Frames with no face, one and two."""
    random = np.random.default_rng(0)
    return [
        Moment(
            3 * i,
            i / 10,
            tuple(
                FaceNow(k + 1, ("found", "followed")[k], (1.5, 2, 30, 40), 0.5, chances)
                for k, chances in enumerate(random.dirichlet(np.ones(5), i % 3))
            ),
        )
        for i in range(n)
    ]


def test_the_table_is_read_back(tmp_path):
    made = moments(12)
    with open(tmp_path / "frames.csv", "w", newline="") as file:
        list(write_frames(file, made, CLASSES))
    names, found = read_moments(tmp_path / "frames.csv")
    assert names == CLASSES
    kept = KeptMoments(5)
    for own in found:
        kept.append(own)
    assert len(kept) == 12
    for i, own in enumerate(made):
        assert (kept[i].index, kept[i].time) == (own.index, own.time)
        assert [f.track for f in kept[i].faces] == [f.track for f in own.faces]
        for one, other in zip(kept[i].faces, own.faces, strict=True):
            assert one.status == other.status and one.box == other.box
            assert one.probabilities == pytest.approx(other.probabilities, abs=1e-6)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("5,0.5,1,found,1,2,3", "line 15: 7 cells, expected 15"),
        ("x,0.5,,no_face" + "," * 11, "line 15: invalid literal"),
        ("40,9e9,,no_face" + "," * 11, "line 15: a frame that cannot be"),
        ("1,0.1,,no_face" + "," * 11, "time runs backwards"),
        ("40,4.0,1,found,nan,2,30,40,1,0,0,0,0,1,surprise", "numbers that cannot be"),
        ("99999999999999999999,4.0,,no_face" + "," * 11, "a frame that cannot be"),
        ("40,4.0,1,found,1e300,2,30,40,1,0,0,0,0,1,surprise", "numbers that cannot be"),
        ("40,4.0,-2,found,1,2,30,40,1,0,0,0,0,1,surprise", "numbers that cannot be"),
    ],
)
def test_damaged_tables_name_the_line(tmp_path, line, told):
    path = tmp_path / "frames.csv"
    with open(path, "w", newline="") as file:
        list(write_frames(file, moments(10), CLASSES))
        file.write(f"{line}\n")
    with pytest.raises(FerClassicError, match=told):
        list(read_moments(path)[1])


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00"])
def test_what_is_no_table_of_frames(tmp_path, content):
    (tmp_path / "frames.csv").write_bytes(content)
    with pytest.raises(FerClassicError, match="no table"):
        read_moments(tmp_path / "frames.csv")


def test_a_state_that_is_not_whole_is_none(tmp_path):
    records = Records(tmp_path)
    records.add(moments(3))
    records.keep(done=True, notes=[], frames=3)
    whole = json.loads((tmp_path / "state.json").read_text())
    assert records.state() == whole and len(list(records)) == 3
    for change in (
        *({"size": -1}, {"size": 1.5}, {"size": whole["size"] + 1}, {"frames": None}),
        *({"version": 0}, {"notes": 3}, {"done": None}, {"done": False}),
    ):
        (tmp_path / "state.json").write_text(json.dumps(whole | change))
        assert records.state() is None
    for text in ("", "[]", "[" * 100_000, "\0" * 40):
        (tmp_path / "state.json").write_text(text)
        assert records.state() is None


@pytest.mark.parametrize("line", [b"\0\0\0\n", b"[1, 2]\n", b"3\n", b'"\xff"\n'])
def test_a_damaged_line_of_frames_is_told(tmp_path, line):
    records = Records(tmp_path)
    records.rows.write_bytes(line)
    with pytest.raises(FerClassicError, match=r"frames\.jsonl is damaged: remove"):
        list(records)


def test_a_film_is_closed_while_its_decoder_has_something_to_say(tmp_path):
    """The decoder's threads need no lock of Python's, which closing holds: no deadlock."""
    path = write_film(tmp_path / "a.mp4", gray_frames(40))
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 200] = bytes(200)
    path.write_bytes(content)
    for _ in range(20):
        with Film(path) as film:
            next(film.frames())
    assert import_av().logging.get_level() is None
