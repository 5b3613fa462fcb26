"""A camera, with a film in its place."""

import json
import time

import numpy as np
import pytest

from fer_classic.errors import FerClassicError
from fer_classic.model.analyzer import Analyzer
from fer_classic.video.live import camera_source, watch
from tests.video.madefilm import background, group_film, write_film


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return group_film(tmp_path_factory.mktemp("film") / "group.mp4", seconds=2.6)


def test_a_second_after_the_other(film, model_folder):
    analyzer = Analyzer(model_folder, "all")
    analyzer.probabilities(analyzer_rows(analyzer))  # what is loaded once counts not here
    start = time.perf_counter()
    seconds = list(watch(film, analyzer))
    passed = time.perf_counter() - start
    assert passed > 2.4  # it plays as a camera would
    assert 1 <= len(seconds) <= 6
    for second in seconds:
        assert second.frames >= 1 and 0 < second.latency <= second.worst
    for second in seconds[:-1]:  # each of a second or more
        assert 0 < second.rate <= 1.01 * second.frames
    last = seconds[-1].moment
    assert {face.track for face in last.faces} == {1, 2}
    for face in last.faces:
        assert face.probabilities.sum() == pytest.approx(1)


def analyzer_rows(analyzer):
    from fer_classic.faces.photograph import Photograph

    return analyzer.face_rows(Photograph.of(np.full((90, 90), 70, np.uint8)))


def test_late_frames_are_left_out(film, model_folder):
    class Slow(Analyzer):
        def probabilities(self, rows):
            time.sleep(0.2)
            return super().probabilities(rows)

    seconds = list(watch(film, Slow(model_folder, "best")))
    assert 2 <= sum(second.frames for second in seconds) <= 14  # of 65
    assert seconds[-1].moment.time > 2.0


def test_it_stops_when_it_is_told(film, model_folder):
    start = time.perf_counter()
    seconds = list(watch(film, Analyzer(model_folder), seconds=0.5))
    assert len(seconds) == 1 and time.perf_counter() - start < 5


def test_nobody_before_the_camera(tmp_path, model_folder):
    path = write_film(tmp_path / "a.mp4", [np.asarray(background())] * 10)
    *_, second = watch(path, Analyzer(model_folder))
    assert second.moment.faces == ()


def test_cameras_that_are_none(monkeypatch, model_folder):
    assert camera_source("no/such") == ("no/such", camera_source()[1])
    with pytest.raises(FerClassicError, match="no camera that can be opened"):
        list(watch("/dev/no-such-camera", Analyzer(model_folder)))


def test_the_command(cli, film, model_folder):
    line = "live", film, "--model", model_folder, "--seconds", "0.4"
    code, out, err = cli(*line)
    assert code == 0, err
    assert "frames/s  latency" in out and "face 1: " in out
    code, out, _ = cli(*line, "--format", "json")
    told = json.loads(out.splitlines()[0])
    assert told["latency_ms"] > 0 and told["faces"][0]["box"]["width"] > 50
    code, _, err = cli("live", "/dev/no-such-camera")
    assert code == 1 and "no camera" in err
    code, _, err = cli(*line, "--format", "yaml")
    assert code == 2 and "text, json" in err
