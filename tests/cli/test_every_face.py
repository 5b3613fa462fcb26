"""--faces, --crops and --min-face on the command line."""

import csv

import pytest
import skimage.data
from PIL import Image


@pytest.fixture(scope="module")
def group(tmp_path_factory):
    folder = tmp_path_factory.mktemp("group")
    face = Image.fromarray(skimage.data.astronaut()).crop((130, 0, 330, 220))
    picture = Image.new("RGB", (700, 420), (90, 90, 90))
    picture.paste(face, (20, 60))
    picture.paste(face.resize((330, 363)), (340, 30))
    picture.save(folder / "a.png")
    return folder / "a.png"


def test_predict_every_face_with_pictures(cli, group, model_folder, tmp_path):
    more = "--overlay", tmp_path / "seen", "--crops", tmp_path / "cut"
    code, out, err = cli(
        *("predict", group, "--model", model_folder, "--faces", "all", "--jobs", 1), *more
    )
    assert code == 0, err
    assert [line.split()[0] for line in out.splitlines()] == ["file", "a.png#1", "a.png#2"]
    assert (tmp_path / "seen" / "00001_a.png").is_file()
    rows = list(csv.DictReader((tmp_path / "cut" / "index.csv").open()))
    assert [row["file"] for row in rows] == ["a.png#1", "a.png#2"]
    picture = Image.open(tmp_path / "cut" / rows[0]["picture"])
    assert picture.size == (224, 224) and picture.mode == "RGB"
    again = "predict", group, "--model", model_folder, "--crop-as", "boxed", "--jobs", 1
    code, _, err = cli(*again, "--crops", tmp_path / "cut", "--overwrite")
    assert code == 0 and "several faces in 1 of 1 images" in err
    assert len(list((tmp_path / "cut").glob("*.png"))) == 1


def test_the_largest_and_the_least(cli, group, model_folder):
    line = "predict", group, "--model", model_folder, "--format", "csv", "--jobs", 1
    widths = {}
    for which in ("best", "largest", "all"):
        _, out, _ = cli(*line, "--faces", which)
        widths[which] = [float(row["width"]) for row in csv.DictReader(out.splitlines())]
    assert len(widths["best"]) == len(widths["largest"]) == 1 and len(widths["all"]) == 2
    assert widths["largest"] == [max(widths["all"])]
    _, out, _ = cli(*line, "--faces", "all", "--min-face", "30%")
    assert len(out.splitlines()) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--faces", "both"), "best, largest, all"),
        (("--min-face", "much"), "share of the picture"),
        (("--crops", "x", "--overlay", "x"), "two folders"),
        (("--crop-as", "round", "--crops", "x"), "aligned, boxed"),
        (("--faces", "all", "--template", "t.json"), "one answer an image"),
    ],
)
def test_wrong_options(cli, group, model_folder, options, words):
    code, _, err = cli("predict", group, "--model", model_folder, *options)
    assert code == 2 and words in " ".join(err.split())


def test_a_table_of_every_face(cli, group, tmp_path):
    code, _, err = cli(
        "faces", group, "--faces", "all", "--out", tmp_path / "t", "--jobs", 1
    )
    assert code == 0 and "2 rows: 2 face" in err
    code, _, err = cli("features", tmp_path / "t", "--out", tmp_path / "f", "--jobs", 1)
    assert code == 0 and "2 rows" in err


def test_explain_every_face(cli, group, model_folder, tmp_path):
    line = "explain", group, "--model", model_folder, "--faces", "all"
    code, out, err = cli(*line, "--out", tmp_path / "why.png")
    assert code == 0, err
    assert "a.png#1: " in out and "a.png#2: " in out
    assert {path.name for path in tmp_path.iterdir()} == {"why_1.png", "why_2.png"}
