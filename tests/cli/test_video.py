"""The command video, as users give it."""

import csv

import pytest

from tests.video.madefilm import group_film


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return group_film(tmp_path_factory.mktemp("film") / "group.mp4", seconds=1.2)


def test_a_film_in_one_command(cli, film, model_folder, tmp_path):
    out, drawn = tmp_path / "out", tmp_path / "drawn.mp4"
    line = ("video", film, "--out", out, "--model", model_folder)
    code, text, err = cli(*line, "--annotate", drawn)
    assert code == 0, err
    assert text.splitlines()[0].split()[:4] == ["face", "from", "to", "seconds"]
    assert len(list(csv.DictReader((out / "frames.csv").open()))) == 60
    assert drawn.stat().st_size > 1000 and "30 frames" in err
    code, _, err = cli(*line)
    assert code == 2 and "exists already" in err
    code, _, err = cli(*line, "--overwrite", "--smooth", "0", "--faces", "best")
    assert code == 0, err
    assert len(list(csv.DictReader((out / "frames.csv").open()))) == 30
    assert not list(tmp_path.glob(".*"))  # nothing half done is left


def test_wrong_films_and_options(cli, film, tmp_path):
    out = "--out", tmp_path / "out"
    code, _, err = cli("video", tmp_path / "no.mp4", *out)
    assert code == 1 and "There is no film" in err
    code, _, err = cli("video", film, *out, "--tracker", "magic")
    assert code == 2 and "landmarks, correlation" in err
    code, _, err = cli("video", film, *out, "--annotate", film)
    assert code == 2 and "names the film itself" in err
    code, _, err = cli("video", film, *out, "--annotate", tmp_path / "x.nothing")
    assert code == 1 and "ends in .mp4" in err and not (tmp_path / "out").exists()
    (tmp_path / "a.mp4").write_bytes(b"none")
    code, _, err = cli("video", tmp_path / "a.mp4", *out)
    assert code == 1 and "no film that FFmpeg reads" in err
