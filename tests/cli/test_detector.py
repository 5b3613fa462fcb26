"""The commands detector and landmarks, and --detector with files, as a user runs them."""

import json

import numpy as np
import pytest
from PIL import Image
from skimage import data


@pytest.fixture(scope="module")
def portraits(tmp_path_factory):
    """A portrait at several places of a wide picture, with marks; and an empty texture."""
    folder = tmp_path_factory.mktemp("portraits")
    lines, picture = [], Image.fromarray(data.astronaut()).resize((256, 256))
    for i, shift in enumerate((0, 30, 60)):
        wide = Image.new("RGB", (350, 256), (90, 90, 90))
        wide.paste(picture, (shift, 0))
        wide.save(folder / f"{i}.png")
        lines.append(f"{i}.png {89 + shift} 40 {134 + shift} 87")
    (folder / "boxes.txt").write_text("\n".join(lines))
    (folder / "empty").mkdir()
    Image.fromarray(data.brick()).save(folder / "empty" / "brick.png")
    return folder


@pytest.fixture(scope="module")
def own_detector(portraits, tmp_path_factory):
    """A detector trained on them by the command."""
    import subprocess
    import sys

    out = tmp_path_factory.mktemp("own") / "face.svm"
    command = [sys.executable, "-m", "fer_classic.cli", "detector", "train"]
    command += [portraits / "boxes.txt", "--out", out, "--window", "40"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    # Only the file's name goes to stdout; dlib's progress goes to stderr.
    assert done.stdout.strip() == str(out)
    assert "Training complete" in done.stderr
    assert "3 faces in 3 images, 0 ignored" in done.stderr
    return out


@pytest.mark.parametrize("names", [("detector", "train"), ("landmarks", "train")])
def test_help_of_the_commands_below(cli, names):
    code, out, _ = cli(*names, "-h")
    assert code == 0 and f"Example: fer-classic {' '.join(names)}" in " ".join(out.split())
    code, out, _ = cli("detector", "score", "-h")
    assert code == 0 and "Example: fer-classic detector score" in " ".join(out.split())


def test_several_detectors_in_one_table(cli, portraits, own_detector, tmp_path):
    code, out, err = cli(
        *("detector", "score", "hog", own_detector, "none"),
        *("--truth", portraits / "boxes.txt", "--no-face", portraits / "empty"),
        *("--out", tmp_path / "scores.json", "--misses", tmp_path / "misses"),
    )
    assert code == 0, err
    assert "3 images, 3 faces; a face is found from an intersection over union of" in out
    rows = [line.split()[0] for line in out.splitlines() if line]
    assert {"hog", "face.svm", "none"} <= set(rows)
    told = json.loads((tmp_path / "scores.json").read_text())
    recalls = [own["scores"]["recall"]["found"] for own in told["detectors"]]
    assert recalls == [3, 3, 0]
    assert [own["no_face"]["boxes"] for own in told["detectors"]] == [0, 0, 1]
    pictures = sorted(p.name for p in (tmp_path / "misses").iterdir())
    assert pictures == [
        *("00001_none_0.png", "00002_none_1.png", "00003_none_2.png"),
        *("00004_none_brick.png", "index.csv"),
    ]
    # The folder is known as one made here.
    arguments = ("detector", "score", "none", "--truth", portraits / "boxes.txt")
    assert cli(*arguments, "--misses", tmp_path / "misses", "--overwrite")[0] == 0
    code, _, err = cli(*arguments, "--misses", tmp_path / "misses")
    assert code == 2 and "exists already" in err


def test_output_as_json_and_markdown(cli, portraits):
    arguments = ("detector", "score", "none", "--truth", portraits / "boxes.txt", "-q")
    fit = ("--fit", portraits / "boxes.txt")
    found = json.loads(cli(*arguments, "--output", "json", *fit)[1])
    assert found["fitted"] and found["detectors"][0]["mapped"]["recall"]["faces"] == 3
    assert "| none |" in cli(*arguments, "--output", "md")[1]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["score", "eye", "--truth", "B"], 2, "detector must be one of {none, hog"),
        (["score", "gone.svm", "--truth", "B"], 1, "No detector file at gone.svm"),
        (["score", "hog", "--truth", "gone.txt"], 1, "No annotation file at gone.txt"),
        (["score", "hog", "--truth", "B", "--iou", "2"], 2, "--iou must be between 0 and"),
        (["score", "hog", "--truth", "B", "--no-face", "x"], 2, "No image in x"),
        (["score", "hog", "--truth", "B", "--output", "pdf"], 2, "{text, md, json}"),
        (["score", "hog", "--truth", "B", "--format", "me"], 2, "must be one of {auto"),
        (["train", "B", "--out", "a.dat"], 2, "names the detector, a .svm file"),
        (["train", "gone.xml", "--out", "a.svm"], 1, "No annotation file at gone.xml"),
        (["train", "B", "--out", "a.svm", "--window", "3"], 2, "must be from 24 to 400"),
    ],
)
def test_wrong_usage(cli, portraits, monkeypatch, tmp_path, arguments, code, words):
    monkeypatch.chdir(tmp_path)
    own = [portraits / "boxes.txt" if word == "B" else word for word in arguments]
    found, out, err = cli("detector", *own)
    assert (found, out) == (code, "") and words in err, err
    assert list(tmp_path.iterdir()) == []


def test_a_model_remembers_its_detector_by_content(
    cli, demo_folder, quick_file, own_detector, tmp_path, monkeypatch
):
    moved = tmp_path / "face.svm"
    moved.write_bytes(own_detector.read_bytes())
    monkeypatch.chdir(tmp_path)
    code, _, err = cli(
        *("train", demo_folder / "train", "--out", "model", "--settings", quick_file),
        *("--detector", "face.svm", "-q", "--jobs", 1),
    )
    assert code == 0, err
    settings = json.loads((tmp_path / "model" / "model.json").read_text())["settings"]
    assert settings["faces"]["detector"] == str(moved)
    image = sorted((demo_folder / "test").iterdir())[0]
    monkeypatch.chdir("/")
    assert cli("predict", image, "--model", tmp_path / "model", "-j", 1)[0] == 0
    moved.unlink()
    code, _, err = cli("predict", image, "--model", tmp_path / "model")
    assert code == 1 and f"No detector file at {moved}, which the settings name" in err
    arguments = ("predict", image, "--model", tmp_path / "model", "--detector", "hog")
    code, out, err = cli(*arguments, "-j", 1)
    assert code == 0 and image.name in out, err


def test_a_plan_finds_detectors_beside_it(tmp_path, own_detector, demo_folder):
    from fer_classic.ablation.plan import read_plan
    from fer_classic.errors import UsageError

    (tmp_path / "own.svm").write_bytes(own_detector.read_bytes())
    text = "[[run]]\nname = 'own'\ndetector = 'own.svm'\n"
    (tmp_path / "plan.toml").write_text(text)
    plan = read_plan(tmp_path / "plan.toml", train=[str(demo_folder / "train")])
    assert plan.runs[1].settings.faces.detector == str(tmp_path / "own.svm")
    (tmp_path / "plan.toml").write_text(text.replace("own.svm", "gone.svm"))
    with pytest.raises(UsageError, match=r"Run 'own': No detector file at .*gone\.svm"):
        read_plan(tmp_path / "plan.toml", train=[str(demo_folder / "train")])


def test_a_worker_with_another_detector_file_is_refused(tmp_path, own_detector):
    from fer_classic.errors import FerClassicError
    from fer_classic.faces.extract import _detector
    from fer_classic.faces.settings import FaceSettings

    settings = FaceSettings(detector=str(own_detector))
    with pytest.raises(FerClassicError, match="A worker has another file or version of"):
        _detector(settings, ("trained", "trained", "another checksum"))


def test_landmarks_from_the_command_line(cli, portraits, tmp_path):
    points = "".join(
        f"<part name='{i:02d}' x='{95 + i}' y='{45 + i % 17 * 3}'/>" for i in range(68)
    )
    boxes = "".join(
        f"<image file='{i}.png'><box left='{89 + 30 * i}' top='40' width='45' "
        f"height='47'>{points}</box></image>"
        for i in range(3)
    )
    (tmp_path / "own.xml").write_text(f"<dataset><images>{boxes}</images></dataset>")
    quick = ("--trees", 5, "--cascade", 2, "--depth", 2, "--oversampling", 2, "-q")
    code, out, err = cli(
        *("landmarks", "train", tmp_path / "own.xml", "--images", portraits),
        *("--out", tmp_path / "own.dat", "--test", tmp_path / "own.xml"),
        *("--test-images", portraits, *quick),
    )
    assert code == 0, err
    assert out.strip() == str(tmp_path / "own.dat")
    assert "3 faces in 3 images" in err and "on the 3 others" in err
    code, _, err = cli(
        *("landmarks", "train", portraits / "boxes.txt", "--out", tmp_path / "no.dat")
    )
    assert code == 1 and "holds no landmarks" in err


def test_doctor_tells_which_detectors_work():
    from fer_classic.demo.doctor import _detectors

    fine, told = _detectors()
    assert fine and told.startswith("none; hog; cnn; cascade; auto; mtcnn")


@pytest.mark.data
def test_real_photographs():
    import os
    from pathlib import Path

    from fer_classic.detectbench.annotations import read_annotations
    from fer_classic.detectbench.score import detect_all, score_detections

    if not (folder := os.environ.get("FER_CLASSIC_DATA")):
        pytest.skip("FER_CLASSIC_DATA does not name the real data")
    photos = read_annotations(Path(folder) / "photos" / "testing.xml").pictures
    found, _ = detect_all("hog", [picture.path for picture in photos])
    scores = score_detections(photos, found)
    assert scores["recall"]["value"] == 1.0 and scores["false_alarms"] == 0
    scenes = read_annotations(
        Path(folder) / "scenes" / "boxes.txt", images=Path(folder) / "scenes" / "images"
    )
    assert (len(scenes.pictures), scenes.n_faces) == (117, 511)
    assert np.mean([len(picture.marks) for picture in scenes.pictures]) > 4


THIRD_PARTY = '''
from fer_classic.detect import Face


class Middle:
    """Takes the middle of the picture for a face."""

    name = "middle"

    def __init__(self, upsample=0, threshold=0.0, min_size=0):
        self.min_size = min_size

    def detect(self, image):
        height, width = image.shape[:2]
        return [Face(width / 4, height / 4, width / 2, height / 2, 1.0)]
'''


def test_an_installed_packages_detector_is_found_by_its_entry_point(portraits, tmp_path):
    import os
    import subprocess
    import sys

    import fer_classic

    site = tmp_path / "site"
    info = site / "middle_detector-0.3.dist-info"
    info.mkdir(parents=True)
    (site / "middle_detector.py").write_text(THIRD_PARTY)
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: middle-detector\nVersion: 0.3\n"
    )
    (info / "entry_points.txt").write_text(
        "[fer_classic.detectors]\nmiddle = middle_detector:Middle\n"
    )
    package = os.path.dirname(os.path.dirname(fer_classic.__file__))
    paths = os.pathsep.join([str(site), package])
    done = subprocess.run(
        [sys.executable, "-m", "fer_classic.cli", "faces", portraits / "0.png"]
        + ["--out", tmp_path / "faces", "--detector", "middle", "--labels", "none"],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": paths},
    )
    assert done.returncode == 0, done.stderr
    boxes = np.load(tmp_path / "faces" / "boxes.npy")
    assert boxes.tolist() == [[87.5, 64.0, 175.0, 128.0]]


def test_pictures_and_scores_come_into_their_places_together(
    cli, portraits, monkeypatch, tmp_path
):
    from fer_classic.errors import FerClassicError
    from fer_classic.files import atomic as runs

    def full(*_, **__):
        raise FerClassicError("No space left on device")

    monkeypatch.setattr(runs, "write_file", full)
    code, _, err = cli(
        *("detector", "score", "none", "--truth", portraits / "boxes.txt"),
        *("--out", tmp_path / "scores.json", "--misses", tmp_path / "misses"),
    )
    assert code == 1 and "No space left" in err and list(tmp_path.iterdir()) == []
