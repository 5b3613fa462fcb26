"""Training detectors and landmark files on drawn pictures."""

import json
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from fer_classic.detect import Face, make_detector
from fer_classic.detectbench.annotations import read_annotations
from fer_classic.detectbench.train_detector import possible_faces, train_detector
from fer_classic.detectbench.train_landmarks import landmark_error, train_landmarks
from fer_classic.errors import FerClassicError, UsageError
from fer_classic.faces.landmarks import detector_box, predict_landmarks
from fer_classic.files.weights import sha256


def drawn(random, n_faces=2, size=(320, 200)):
    """A noisy picture with a few schematic faces, and their boxes (x, y, side)."""
    noise = random.integers(90, 130, (size[1] // 8, size[0] // 8), dtype=np.uint8)
    picture = Image.fromarray(noise).resize(size, Image.Resampling.BILINEAR)
    draw = ImageDraw.Draw(picture)
    boxes = []
    for i in range(n_faces):
        side = int(random.integers(60, 90))
        x = int(random.integers(5, 40)) + i * 150
        y = int(random.integers(5, size[1] - side - 5))
        schematic_face(draw, x, y, side)
        boxes.append((x, y, side))
    return picture.filter(ImageFilter.GaussianBlur(1)), boxes


def schematic_face(draw, x, y, side):
    def spot(cx, cy, rx, ry, shade):
        draw.ellipse(
            [x + (cx - rx) * side, y + (cy - ry) * side]
            + [x + (cx + rx) * side, y + (cy + ry) * side],
            fill=shade,
        )

    spot(0.5, 0.5, 0.5, 0.5, 210)
    for cx in (0.3, 0.7):
        spot(cx, 0.38, 0.09, 0.06, 30)
    spot(0.5, 0.55, 0.05, 0.12, 150)
    spot(0.5, 0.78, 0.2, 0.07, 60)


def dataset(folder, n, seed=0):
    """Pictures with boxes as plain lines."""
    random, lines = np.random.default_rng(seed), []
    for i in range(n):
        picture, boxes = drawn(random)
        picture.save(folder / f"{seed}_{i}.png")
        lines += [f"{seed}_{i}.png {x} {y} {x + s} {y + s}" for x, y, s in boxes]
    path = folder / f"boxes{seed}.txt"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A detector trained on six drawn pictures: file, card, folder."""
    folder = tmp_path_factory.mktemp("trained")
    marked = read_annotations(dataset(folder, 6))
    card = train_detector(marked, folder / "face.svm", window=56, quiet=True)
    return folder / "face.svm", card, folder


def test_a_trained_detector_finds_faces_of_other_pictures(trained):
    path, _, folder = trained
    others = read_annotations(dataset(folder, 4, seed=1))
    detector = make_detector(str(path))
    assert detector.name == "trained"
    found = 0
    for picture in others.pictures:
        faces = detector.detect(np.asarray(Image.open(picture.path)))
        assert len(faces) <= 2
        for mark in picture.marks:
            near = [
                abs(f.x - mark.x) + abs(f.y - mark.y) < 0.25 * mark.width for f in faces
            ]
            found += any(near)
    assert found >= 7  # of 8
    assert detector.detect(np.full((100, 100), 120, np.uint8)) == []
    assert (
        make_detector(str(path), min_size=150).detect(np.asarray(Image.open(picture.path)))
        == []
    )


def test_the_card_tells_of_data_options_and_scores(trained):
    path, card, _ = trained
    assert card == json.loads(path.with_suffix(".json").read_text())
    assert card["sha256"] == sha256(path)
    told = card["trained_on"]
    assert (told["images"], told["faces"], told["ignored"]) == (6, 12, 0)
    assert told["annotations"] == "boxes0.txt" and told["format"] == "plain"
    assert card["options"]["detection_window_size"] == 56**2
    assert card["training_scores"]["recall"]["found"] >= 11
    assert card["seconds"] > 0 and "dlib" in card["versions"]


def test_a_gif_and_a_turned_photograph_are_learned_from_too(tmp_path):
    random, lines = np.random.default_rng(5), []
    for i, ending in enumerate(("gif", "png", "webp")):
        picture, boxes = drawn(random)
        picture.save(tmp_path / f"{i}.{ending}")
        lines += [f"{i}.{ending} {x} {y} {x + s} {y + s}" for x, y, s in boxes]
    (tmp_path / "boxes.txt").write_text("\n".join(lines))
    marked = read_annotations(tmp_path / "boxes.txt")
    card = train_detector(marked, tmp_path / "a.svm", window=56, mirror=False, quiet=True)
    assert card["trained_on"]["faces"] == 6


def test_faces_that_no_window_covers_are_named_and_ignored(tmp_path):
    path = dataset(tmp_path, 4)
    lines = path.read_text().splitlines()
    # A face of 6 pixels, and one that is eight times as wide as high.
    lines += ["0_0.png 1 1 7 7", "0_1.png 5 5 165 25"]
    path.write_text("\n".join(lines) + "\n")
    said = []
    card = train_detector(
        read_annotations(path), tmp_path / "a.svm", window=56, quiet=True, warn=said.append
    )
    (message,) = said
    assert "2 face(s) cannot be covered by a window of 56 pixels" in message
    assert f"{path}, line 9: 0_0.png: 6 x 6" in message
    assert f"{path}, line 10: 0_1.png: 160 x 20" in message
    assert (card["trained_on"]["faces"], card["trained_on"]["impossible"]) == (8, 2)


def test_upsampling_makes_smaller_faces_possible(tmp_path):
    Image.new("L", (300, 300)).save(tmp_path / "a.png")
    lines = [f"a.png 10 10 {10 + side} {10 + side}" for side in (80, 60, 40, 30)]
    (tmp_path / "x.txt").write_text("\n".join(lines))
    marked = read_annotations(tmp_path / "x.txt")
    for upsample, expected in ((0, 3), (1, 1), (2, 0)):
        _, told = possible_faces(marked, window=100, upsample=upsample)
        assert len(told) == expected


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"C": 0}, "C and epsilon must be above 0. Got 0"),
        ({"window": 8}, "`window` must be from 24 to 400 pixels. Got 8"),
        ({"upsample": 3}, "`upsample` must be 0, 1 or 2. Got 3"),
    ],
)
def test_impossible_options_are_refused(tmp_path, options, words):
    marked = read_annotations(dataset(tmp_path, 1))
    with pytest.raises(UsageError) as error:
        train_detector(marked, tmp_path / "a.svm", **options)
    assert words in str(error.value)
    with pytest.raises(UsageError, match=r"a .svm file"):
        train_detector(marked, tmp_path / "a.dat")
    with pytest.raises(FerClassicError, match=r"0 face\(s\) of .* can be learned"):
        train_detector(marked, tmp_path / "a.svm", window=400, upsample=0)
    (tmp_path / "b.svm").write_text("here")
    with pytest.raises(UsageError, match="exists already"):
        train_detector(marked, tmp_path / "b.svm")


def test_what_dlib_says_is_passed_on(tmp_path):
    from fer_classic.detectbench.train_job import run_trainer

    with pytest.raises(FerClassicError, match=r"dlib's trainer stopped: .*gone\.xml"):
        run_trainer(
            *("simple_object_detector", tmp_path / "gone.xml", tmp_path / "a.svm", {}),
            quiet=True,
        )


def test_an_interrupt_ends_the_trainer_and_leaves_nothing(tmp_path):
    import os
    import signal

    path = dataset(tmp_path, 8)
    command = [sys.executable, "-m", "fer_classic.cli", "detector", "train", str(path)]
    command += ["--out", str(tmp_path / "a.svm"), "--window", "40", "--epsilon", "0.000001"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    for _ in range(200):
        if children(process.pid):
            break
        time.sleep(0.1)
    (child,) = children(process.pid)
    os.kill(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130 and "interrupted" in told
    assert not os.path.exists(f"/proc/{child}")
    assert sorted(p.name for p in tmp_path.iterdir() if p.suffix != ".png") == [
        "boxes0.txt"
    ]


def test_a_killed_training_ends_the_trainer_and_litters_nothing(tmp_path):
    import os

    (tmp_path / "tmp").mkdir()
    path, out = dataset(tmp_path, 8), tmp_path / "a.svm"
    command = [sys.executable, "-m", "fer_classic.cli", "detector", "train", str(path)]
    command += ["--out", str(out), "--window", "40", "--quiet"]
    process = subprocess.Popen(
        [*command, "--epsilon", "0.000001"], env=os.environ | {"TMPDIR": tmp_path / "tmp"}
    )
    for _ in range(200):
        if children(process.pid):
            break
        time.sleep(0.1)
    (child,) = children(process.pid)
    time.sleep(0.5)  # it has to load dlib before it can train
    process.kill()
    process.wait()
    for _ in range(200):
        if not alive(child):
            break
        time.sleep(0.1)
    assert not alive(child) and os.listdir(tmp_path / "tmp") == []
    assert len(list(tmp_path.glob(".a.svm.partial-*"))) == 1
    assert subprocess.run([*command, "--epsilon", "0.1"]).returncode == 0
    assert list(tmp_path.glob(".*")) == []


def alive(process):
    """Whether a process runs, be it that nobody waits for it."""
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rsplit(") ", 1)[1][0] != "Z"
    except FileNotFoundError:
        return False


def children(pid):
    """Processes that another one started, from /proc."""
    path = f"/proc/{pid}/task/{pid}/children"
    try:
        with open(path) as file:
            return [int(word) for word in file.read().split()]
    except FileNotFoundError:
        return pytest.skip("no /proc here") if sys.platform != "linux" else []


def schematic_points(x, y, side):
    """68 points on a schematic face: on its outline, eyes, nose and mouth."""
    turn = np.linspace(0, np.pi, 17)
    jaw = np.stack([0.5 - 0.5 * np.cos(turn), 0.5 + 0.5 * np.sin(turn)], axis=1)
    brows = [(0.2 + 0.05 * i, 0.27) for i in range(5)]
    brows += [(0.6 + 0.05 * i, 0.27) for i in range(5)]
    nose = [(0.5, 0.43 + 0.06 * i) for i in range(4)]
    nose += [(0.44 + 0.03 * i, 0.67) for i in range(5)]
    eyes = [
        (cx + 0.09 * np.cos(a), 0.38 - 0.06 * np.sin(a))
        for cx in (0.3, 0.7)
        for a in np.pi - np.arange(6) * np.pi / 3
    ]
    mouth = [
        (0.5 + 0.2 * np.cos(a), 0.78 - 0.07 * np.sin(a))
        for a in np.pi - np.arange(20) * np.pi / 10
    ]
    points = np.concatenate([jaw, brows, nose, eyes, mouth])
    assert points.shape == (68, 2)
    return points * side + (x, y)


def landmark_set(folder, n, seed):
    """Pictures with parts as dlib's XML."""
    random, lines = np.random.default_rng(seed), []
    for i in range(n):
        picture, boxes = drawn(random)
        picture.save(folder / f"{seed}_{i}.png")
        lines.append(f"<image file='{seed}_{i}.png'>")
        for x, y, side in boxes:
            parts = "".join(
                f"<part name='{k:02d}' x='{px:.0f}' y='{py:.0f}'/>"
                for k, (px, py) in enumerate(schematic_points(x, y, side))
            )
            place = f"left='{x}' top='{y}' width='{side}' height='{side}'"
            lines.append(f"<box {place}>{parts}</box>")
        lines.append("</image>")
    path = folder / f"parts{seed}.xml"
    path.write_text(f"<dataset><images>{''.join(lines)}</images></dataset>")
    return path


@pytest.fixture(scope="module")
def own_landmarks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("landmarks")
    train, test = (read_annotations(landmark_set(folder, 8, seed)) for seed in (0, 1))
    card = train_landmarks(
        *(train, folder / "own.dat"),
        test=test,
        **{"trees": 60, "cascade": 6, "depth": 3, "quiet": True},
    )
    return folder / "own.dat", card, test


def test_a_trained_landmark_file_is_used_in_place_of_the_shipped_one(
    own_landmarks, monkeypatch
):
    path, card, test = own_landmarks
    assert card == json.loads(path.with_suffix(".json").read_text())
    assert card["training_error"] < card["test_error"] < 0.08
    shipped = landmark_error(test.pictures)
    monkeypatch.setenv("FER_CLASSIC_LANDMARKS", str(path))
    assert landmark_error(test.pictures) == card["test_error"] < shipped
    assert card["trained_on"]["faces"] == 16 and card["sha256"] == sha256(path)


def test_the_system_says_why_dlib_cannot_write(tmp_path):
    import errno

    from fer_classic.detectbench.train_job import run_trainer, write_dataset

    resource = pytest.importorskip("resource", reason="limits of Unix")
    pictures = read_annotations(landmark_set(tmp_path, 2, 0)).pictures
    made, most = tmp_path / "own.dat", 50_000
    data = write_dataset(pictures, tmp_path)
    options = {"num_trees_per_cascade_level": 20, "tree_depth": 3}
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        with pytest.raises(OSError) as told:
            run_trainer("shape_predictor", data, made, options, quiet=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert told.value.errno == errno.EFBIG and made.stat().st_size == most


def test_a_file_that_predicts_no_68_landmarks_is_told(tmp_path, monkeypatch):
    (tmp_path / "bad.dat").write_bytes(b"no landmarks")
    monkeypatch.setenv("FER_CLASSIC_LANDMARKS", str(tmp_path / "bad.dat"))
    with pytest.raises(FerClassicError, match=r"bad\.dat is not a landmark file of dlib's"):
        predict_landmarks(np.zeros((90, 90), np.uint8), Face(5.0, 5.0, 80.0, 80.0, 1.0))


def test_landmarks_of_300w(tmp_path):
    random = np.random.default_rng(2)
    for i in range(3):
        picture, ((x, y, side), _) = drawn(random)
        picture.save(tmp_path / f"{i}.png")
        lines = [f"{px + 1:.3f} {py + 1:.3f}" for px, py in schematic_points(x, y, side)]
        text = "version: 1\nn_points: 68\n{\n" + "\n".join(lines) + "\n}\n"
        (tmp_path / f"{i}.pts").write_text(text)
    quick = {"trees": 5, "cascade": 2, "depth": 2, "oversampling": 2, "quiet": True}
    card = train_landmarks(read_annotations(tmp_path), tmp_path / "a.dat", **quick)
    assert card["trained_on"] == {
        **{"annotations": tmp_path.name, "format": "pts"},
        **{"images": 3, "faces": 3},
    }


def test_the_box_around_landmarks_is_the_detectors():
    from skimage import data

    from fer_classic.data.image import to_gray

    gray = to_gray(data.astronaut())
    (face,) = make_detector("hog").detect(gray)
    found = detector_box(predict_landmarks(gray, face))
    assert found.box == pytest.approx(face.box, abs=0.12 * face.width)


def test_wrong_landmark_training_is_refused(tmp_path):
    boxes = read_annotations(dataset(tmp_path, 1))
    with pytest.raises(FerClassicError, match="holds no landmarks: name dlib XML with par"):
        train_landmarks(boxes, tmp_path / "a.dat")
    with pytest.raises(UsageError, match=r"a \.dat file"):
        train_landmarks(boxes, tmp_path / "a.svm")
    with pytest.raises(UsageError, match=r"nu must be from 1e-06 to 1. Got 2"):
        train_landmarks(boxes, tmp_path / "a.dat", nu=2)
    five = "".join(f"<part name='{i}' x='9' y='{i}'/>" for i in range(5))
    (tmp_path / "five.xml").write_text(
        "<dataset><images><image file='0_0.png'>\n<box left='1' top='1' width='50' "
        f"height='50'>{five}</box></image></images></dataset>"
    )
    with pytest.raises(FerClassicError, match=r"line 2: 0_0.png: a face with 5 landmarks"):
        train_landmarks(read_annotations(tmp_path / "five.xml"), tmp_path / "a.dat")
