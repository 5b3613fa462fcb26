"""Films: tracks without switches, the right labels at the right seconds, any film told."""

import csv
import json
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from fer_classic.errors import FerClassicError
from fer_classic.model.analyzer import Analyzer
from fer_classic.video import follow
from fer_classic.video.annotate import annotate_film
from fer_classic.video.film import Film
from fer_classic.video.films import analyze_film
from fer_classic.video.smooth import Moment
from tests.video.madefilm import GROUP, background, frame_of, group_film, write_film


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return group_film(tmp_path_factory.mktemp("film") / "group.mp4")


@pytest.fixture(scope="module")
def analyzer():
    return Analyzer("five-fast", "all")


@pytest.fixture(scope="module")
def analyzed(film, analyzer, tmp_path_factory):
    out = tmp_path_factory.mktemp("analyzed")
    summaries, facts = analyze_film(film, analyzer, out, annotate=out / "again.mp4")
    return out, summaries, facts


def rows_of(out):
    with open(Path(out) / "frames.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_two_persons_are_two_tracks_over_a_gap(analyzed):
    out, summaries, facts = analyzed
    assert len(summaries) == 2 and facts["faces"] == 2
    for row in rows_of(out):
        right = float(row["x"]) + float(row["width"]) / 2 > 320
        assert row["track"] == ("1" if right else "2") or facts["faces"] != 2
    tracks = {row["track"] for row in rows_of(out) if float(row["x"]) > 320}
    assert len(tracks) == 1  # never switched, though a person was away for a second


def test_the_right_labels_at_the_right_seconds(analyzed):
    out, *_ = analyzed
    acts = {True: GROUP[1][2], False: GROUP[0][2]}
    right = total = 0
    for row in rows_of(out):
        seconds = float(row["time"])
        changes = [start for start, _ in acts[True]][1:]
        if min(abs(seconds - change) for change in changes) < 0.25:
            continue
        side = float(row["x"]) + float(row["width"]) / 2 > 320
        label = [name for start, name in acts[side] if start <= seconds][-1]
        total += 1
        right += label == row["label"]
    assert total > 350 and right == total


def test_boxes_follow_the_faces(analyzed):
    out, *_ = analyzed
    for row in rows_of(out):
        box = [float(row[key]) for key in ("x", "y", "width", "height")]
        middle = np.array([box[0] + box[2] / 2, box[1] + box[3] / 2])
        seconds = float(row["time"])
        places = [own[1](seconds) for own in GROUP]
        away = min(np.hypot(*(middle - place)) for place in places if place is not None)
        assert away < 0.45 * box[2]


def test_a_person_who_is_away_has_no_rows(analyzed):
    out, *_ = analyzed
    counts = {}
    for row in rows_of(out):
        counts[float(row["time"])] = counts.get(float(row["time"]), 0) + 1
    assert all(counts[t] == 1 for t in counts if 4.1 < t < 4.9)
    assert all(counts[t] == 2 for t in counts if t < 3.9 or t > 5.4)


def test_files_of_a_film(analyzed):
    out, summaries, facts = analyzed
    assert json.loads((out / "film.json").read_text())["frames"] == 225
    assert facts["notes"] == [] and facts["film"]["rate"] == 25
    rows = list(csv.DictReader((out / "tracks.csv").open()))
    assert [int(row["track"]) for row in rows] == [1, 2]
    for row, own in zip(rows, summaries, strict=True):
        shares = [float(value) for key, value in row.items() if key.startswith("share_")]
        assert sum(shares) == pytest.approx(1, abs=0.001)
        assert own.seconds == pytest.approx(8 if own.frames < 220 else 9, abs=0.4)
    assert Image.open(out / "timeline.png").width > 800
    assert Image.open(out / "track_0001.png").size == (96, 96)
    with av.open(str(out / "again.mp4")) as made:
        frames = list(made.decode(video=0))
    assert len(frames) == 225 and frames[-1].time == pytest.approx(8.96)
    shown = frames[30].to_ndarray(format="rgb24").astype(int)
    assert (np.abs(shown - frame_of(GROUP, 1.2)).max(axis=2) > 90).sum() > 300


class Stopped(Exception):
    pass


def stop_at(number):
    def progress(done):
        if done == number:
            raise Stopped

    return progress


@pytest.mark.parametrize("tracker", ["landmarks", "correlation"])
def test_a_killed_run_goes_on_and_gives_the_same(
    film, model_folder, tmp_path, monkeypatch, tracker
):
    monkeypatch.setattr(follow, "KEEP_AFTER", 5)
    analyzer, options = Analyzer(model_folder, "all"), {"tracker": tracker, "every": 8}
    outs = [tmp_path / name for name in ("whole", "pieces", "again")]
    for out in outs:
        out.mkdir()
    analyze_film(film, analyzer, outs[0], work=tmp_path / "a", **options)
    for number in (60, 150):
        with pytest.raises(Stopped):
            analyze_film(
                *(film, analyzer, outs[1]),
                work=tmp_path / "b",
                **options,
                progress=stop_at(number),
            )
    seen = []
    analyze_film(
        *(film, analyzer, outs[1]), work=tmp_path / "b", **options, progress=seen.append
    )
    assert seen[0] > 100  # not from the start
    assert rows_of(outs[1]) == rows_of(outs[0])
    done = []
    _, facts = analyze_film(
        *(film, analyzer, outs[2]), work=tmp_path / "b", **options, progress=done.append
    )
    assert done == [225] and facts["frames_a_second"] == 0
    assert rows_of(outs[2]) == rows_of(outs[0])


def test_smoothing_can_be_left_off(film, model_folder, tmp_path):
    analyzer = Analyzer(model_folder, "all")
    texts = []
    for name, smooth in (("raw", 0), ("smooth", 0.4)):
        (tmp_path / name).mkdir()
        analyze_film(film, analyzer, tmp_path / name, smooth=smooth, work=tmp_path / "w")
        own = [float(r["happiness"]) for r in rows_of(tmp_path / name) if r["track"] == "2"]
        texts.append(np.abs(np.diff(own)).sum())
    assert texts[1] < texts[0]


def small(seconds, rate=10):
    times = np.arange(round(seconds * rate)) / rate
    return [frame_of(GROUP[:1], t) for t in times]


def test_frames_that_come_unevenly_keep_their_times(tmp_path):
    stamps = [0, 0.04, 0.08, 0.5, 0.54, 1.7, 2.0]
    path = write_film(tmp_path / "v.mkv", small(0.7), stamps=stamps)
    with Film(path) as film:
        assert [round(f.time, 3) for f in film.frames()] == stamps


def turned(path, out):
    """The film with a tag that says it is to be turned by 90 degrees."""
    data = bytearray(path.read_bytes())
    place = data.index(b"tkhd") + 4
    matrix = place + (52 if data[place] else 40)
    one = 1 << 16
    numbers = (0, one, 0, -one, 0, 0, 0, 0, 1 << 30)
    data[matrix : matrix + 36] = struct.pack(">9i", *numbers)
    out.write_bytes(data)
    return out


def test_rotation_tags_are_applied(tmp_path):
    frames = small(0.5)
    path = write_film(tmp_path / "a.mp4", [np.rot90(own) for own in frames])
    with Film(turned(path, tmp_path / "b.mp4")) as film:
        first = next(film.frames()).image
    assert first.shape == (480, 640, 3)
    assert np.abs(first.astype(int) - frames[0]).mean() < 8


def test_pixels_that_are_no_squares(tmp_path):
    path = tmp_path / "tv.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 360, 288, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(64, 45)
        image = np.asarray(background((360, 288)))
        container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    with Film(path) as film:
        assert next(film.frames()).image.shape == (288, 512, 3)


def sound_only(path):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mp3" if path.suffix == ".mp3" else "aac", rate=44100)
        for number in range(20):
            frame = av.AudioFrame.from_ndarray(
                np.zeros((1, 1152), np.int16), format="s16", layout="mono"
            )
            frame.rate, frame.pts = 44100, number * 1152
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def test_what_is_no_film_says_why(tmp_path, analyzer):
    (tmp_path / "a.mp4").write_bytes(b"no film at all" * 99)
    (tmp_path / "b.mp4").write_bytes(b"")
    cases = {
        tmp_path / "a.mp4": "no film that FFmpeg reads: Invalid data",
        tmp_path / "b.mp4": "no film that FFmpeg reads",
        tmp_path / "c.mp4": "There is no film",
        tmp_path: "There is no film",
        sound_only(tmp_path / "d.m4a"): "holds sound only",
    }
    for path, words in cases.items():
        with pytest.raises(FerClassicError, match=words):
            analyze_film(path, analyzer, tmp_path)


def test_a_film_that_breaks_off_keeps_what_came_before(tmp_path, model_folder):
    path = write_film(tmp_path / "a.mkv", small(4))
    data = path.read_bytes()
    (tmp_path / "b.mkv").write_bytes(data[: int(len(data) * 0.6)])
    _, facts = analyze_film(tmp_path / "b.mkv", Analyzer(model_folder), tmp_path)
    assert 5 < facts["frames"] < 40
    middle = bytearray(data)
    start = len(data) // 2
    middle[start : start + 4000] = bytes(4000)
    (tmp_path / "c.mkv").write_bytes(middle)
    _, facts = analyze_film(tmp_path / "c.mkv", Analyzer(model_folder), tmp_path)
    assert facts["frames"] > 5


def test_a_film_without_a_face(tmp_path, model_folder):
    frames = [np.asarray(background())] * 12
    path = write_film(tmp_path / "a.mp4", frames)
    summaries, facts = analyze_film(path, Analyzer(model_folder), tmp_path)
    assert (
        summaries == [] and "No face was found in any of the 12 frames." in facts["notes"]
    )
    assert [row["status"] for row in rows_of(tmp_path)] == ["no_face"] * 12
    assert (tmp_path / "timeline.png").is_file()


def test_sound_stays_in_an_annotated_film(tmp_path):
    sound = sound_only(tmp_path / "s.m4a")
    pictures = write_film(tmp_path / "p.mp4", small(0.4))
    both = tmp_path / "both.mp4"
    with (
        av.open(str(pictures)) as first,
        av.open(str(sound)) as second,
        av.open(str(both), "w") as out,
    ):
        given = first.streams[0], second.streams[0]
        made = [out.add_stream_from_template(own) for own in given]
        for container, stream, new in zip((first, second), given, made, strict=True):
            for packet in container.demux(stream):
                if packet.dts is not None:
                    packet.stream = new
                    out.mux(packet)
    moments = [Moment(i, i / 10, ()) for i in range(4)]
    annotate_film(both, tmp_path / "new.mp4", moments, ("a",))
    with av.open(str(tmp_path / "new.mp4")) as made:
        assert len(made.streams.audio) == 1
        assert len(list(made.decode(video=0))) == 4
    with av.open(str(tmp_path / "new.mp4")) as made:
        assert len(list(made.decode(audio=0))) > 10


def test_an_annotation_that_cannot_be_written(film, tmp_path):
    with pytest.raises(FerClassicError, match=r"ends in \.mp4"):
        annotate_film(film, tmp_path / "new.xyz", [], ("a",))
