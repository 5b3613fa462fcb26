"""One row an image: statuses of real files, order, and processes."""

import hashlib
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from skimage import data

from fer_classic.data.dataset import Samples
from fer_classic.data.image import resize, to_gray
from fer_classic.data.labels import FIVE
from fer_classic.data.sources import BoxedSource, FileSource
from fer_classic.errors import FerClassicError
from fer_classic.faces import extract as module
from fer_classic.faces.extract import extract_faces
from fer_classic.faces.row import portrait_box
from fer_classic.faces.settings import FaceSettings
from fer_classic.faces.table import STATUSES, FaceTable

ASTRONAUT = data.astronaut()[:256, 96:352]


def _png(pixels, **options):
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", **options)
    return stream.getvalue()


def _gif():
    """Two frames: the astronaut, then noise."""
    noise = np.random.default_rng(0).integers(0, 256, ASTRONAUT.shape).astype(np.uint8)
    frames = [Image.fromarray(pixels) for pixels in (ASTRONAUT, noise)]
    stream = io.BytesIO()
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:])
    return stream.getvalue()


#: File name: (content, expected status, part of the expected error).
FILES = {
    "face.png": (_png(ASTRONAUT), "face", ""),
    "texture.png": (_png(data.brick()[:128, :128]), "no_face", ""),
    "empty.jpg": (b"", "unreadable", "empty file (0 bytes)"),
    "one.png": (_png(np.full((1, 1), 9, np.uint8)), "no_face", ""),
    "black.png": (_png(np.zeros((90, 70), np.uint8)), "no_face", ""),
    "vanished.png": (None, "unreadable", "cannot be read: No such file or directory"),
    "moving.gif": (_gif(), "face", ""),
    "deep.png": (_png(to_gray(ASTRONAUT).astype(np.uint16) * 257), "face", ""),
    "text.jpg": (b"hello", "unreadable", "not an image of a known format"),
    "cut.png": (_png(ASTRONAUT)[:9000], "unreadable", "damaged or truncated image"),
    "strip.png": (_png(np.zeros((2, 3000), np.uint8)), "no_face", ""),
    "表情 😀.png": (_png(resize(ASTRONAUT, 200, 200)), "face", ""),
}


def _samples(sources, names):
    n = len(names)
    return Samples(
        names=tuple(names),
        sources=tuple(sources),
        labels=np.arange(n) % 5,
        groups=tuple(f"person{i}" for i in range(n)),
        splits=("train",) * n,
        problems=(None,) * n,
        classes=FIVE,
        origin=("here",),
    )


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faces")
    for name, (content, _, _) in FILES.items():
        (folder / name).write_bytes(b"seen, then gone" if content is None else content)
    (folder / "vanished.png").unlink()
    return _samples([FileSource(str(folder / name)) for name in FILES], FILES)


@pytest.fixture(scope="module")
def table(samples):
    return extract_faces(samples)


def test_every_image_is_one_row_in_order(samples, table):
    assert table.names == tuple(FILES)
    assert len(table) == len(samples) == len(FILES)
    assert np.array_equal(table.labels, samples.labels)
    assert table.groups == samples.groups and table.splits == samples.splits
    n = len(FILES)
    assert table.boxes.shape == (n, 4) and table.boxes.dtype == np.float32
    assert table.points.shape == table.landmarks.shape == (n, 68, 2)
    assert table.crops.shape == (n, 64, 64) and table.crops.dtype == np.uint8
    assert table.hashes.shape == (n, 32) and table.n_faces.dtype == np.int64
    assert set(table.status) <= set(STATUSES)


@pytest.mark.parametrize("name", FILES)
def test_status_and_reason_of_a_file(table, name):
    row = table.names.index(name)
    content, status, reason = FILES[name]
    assert table.status[row] == status
    assert reason in table.errors[row]
    assert bool(table.errors[row]) == (status == "unreadable")
    assert table.n_faces[row] == (status == "face")
    digest = "" if content is None else hashlib.sha256(content).hexdigest()
    assert table.digests[row] == digest
    assert np.isfinite(table.landmarks[row]).all()


def test_boxes_of_faces_images_and_nothing(table):
    box = dict(zip(table.names, table.boxes.tolist(), strict=True))
    x, y, width, height = box["face.png"]
    assert (x, y) == pytest.approx((179 - 96, 83), abs=12)
    assert width == height == pytest.approx(88, abs=15)
    assert box["texture.png"] == [0, 0, 128, 128]
    assert box["black.png"] == [0, 0, 70, 90]
    assert box["empty.jpg"] == [0, 0, 0, 0]
    score = dict(zip(table.names, table.scores.tolist(), strict=True))
    assert score["face.png"] > 0.5 and score["texture.png"] == score["empty.jpg"] == 0


def test_the_first_frame_and_the_high_byte_show_the_same_face(table):
    rows = [table.names.index(name) for name in ("face.png", "moving.gif", "deep.png")]
    crops = table.crops[rows].astype(float)
    assert np.abs(crops[1:] - crops[0]).mean() < 8
    assert np.abs(table.boxes[rows] - table.boxes[rows[0]]).max() < 8
    assert crops[0].std() > 20


def test_unreadable_rows_are_empty(table):
    rows = ~table.readable
    assert rows.sum() == 4
    assert not table.crops[rows].any() and not table.points[rows].any()


def test_readable_and_covered(table):
    assert table.readable.tolist() == [FILES[n][1] != "unreadable" for n in table.names]
    assert table.covered.tolist() == [FILES[n][1] == "face" for n in table.names]


def _same(a, b):
    for key in FaceTable.__dataclass_fields__:
        one, other = getattr(a, key), getattr(b, key)
        if isinstance(one, np.ndarray):
            assert one.dtype == other.dtype
            assert one.tobytes() == other.tobytes(), key
        else:
            assert one == other, key


def test_processes_do_not_change_the_result(monkeypatch, samples, table):
    monkeypatch.setattr(module, "CHUNK", 5)
    heard = []
    _same(table, extract_faces(samples, jobs=2, progress=heard.append))
    assert heard == [5, 10, 12]


@pytest.mark.parametrize("held", [0, 100_000])
def test_the_result_does_not_depend_on_how_many_images_wait(
    monkeypatch, samples, table, held
):
    monkeypatch.setattr(module, "HELD", held)
    _same(table, extract_faces(samples))


def test_the_most_confident_face_is_taken():
    pair = np.concatenate([ASTRONAUT // 6 + 100, ASTRONAUT], axis=1)
    table = extract_faces(_samples([_Held(_png(pair))], ["pair"]))
    assert table.n_faces.tolist() == [2]
    assert table.boxes[0, 0] > 256
    mirrored = np.ascontiguousarray(pair[:, ::-1])
    other = extract_faces(_samples([_Held(_png(mirrored))], ["pair"]))
    assert other.boxes[0, 0] < 256


class _Held:
    """A source that gives bytes from memory, or fails."""

    def __init__(self, content):
        self.content = content

    def read(self):
        if isinstance(self.content, Exception):
            raise self.content
        return self.content


@pytest.mark.parametrize("detector", ["hog", "none"])
def test_a_person_may_say_where_the_face_is(samples, tmp_path, detector):
    plain = samples.take([0])
    box, outside = (100.0, 20.0, 80.0, 90.0), (9000.0, 0.0, 50.0, 50.0)
    sources = [BoxedSource(plain.sources[0], own) for own in (box, outside)]
    boxed = replace(samples.take([0, 0]), sources=tuple(sources))
    settings = FaceSettings(detector=detector)
    first = extract_faces(plain, settings, cache=tmp_path)
    table = extract_faces(boxed, settings, cache=tmp_path)
    assert table.status == ("face", "unreadable")
    assert table.n_faces.tolist() == [1, 0]
    assert table.boxes[0].tolist() == list(box) != first.boxes[0].tolist()
    assert "outside the image of" in table.errors[1]
    _same(extract_faces(boxed, settings, cache=tmp_path), table)  # from the cache


def test_an_image_too_large_for_memory_is_a_row():
    table = extract_faces(_samples([_Held(MemoryError())], ["large"]))
    assert table.status == ("unreadable",)
    assert table.errors == ("not enough memory for this image",)


def test_too_many_pixels_are_a_row():
    table = extract_faces(
        _samples([_Held(_png(ASTRONAUT))], ["a"]), FaceSettings(max_pixels=1000)
    )
    assert table.status == ("unreadable",)
    assert "256 x 256 pixels are more than the limit of 1000" in table.errors[0]


def test_a_missing_model_file_ends_the_run(monkeypatch, tmp_path):
    monkeypatch.setenv("FER_CLASSIC_LANDMARKS", str(tmp_path / "gone.dat"))
    with pytest.raises(FerClassicError, match="No model file at"):
        extract_faces(_samples([_Held(_png(ASTRONAUT))], ["a"]))


def test_detector_none_takes_whole_images(samples):
    table = extract_faces(samples, FaceSettings(detector="none"))
    for name, status, count in zip(table.names, table.status, table.n_faces, strict=True):
        readable = FILES[name][1] != "unreadable"
        assert status == ("whole" if readable else "unreadable")
        assert count == 0
    assert not table.covered.any()
    assert table.boxes[0].tolist() == [0, 0, 256, 256]


@pytest.mark.parametrize("settings", [{"detector": "none"}, {}])
def test_upright_crops_are_what_the_boxes_show(samples, settings):
    """Of the whole image where no face was sought or found."""
    table = extract_faces(samples, FaceSettings(**settings))
    expected = extract_faces(samples, FaceSettings(align="none", **settings))
    assert np.array_equal(table.upright, expected.crops)
    assert np.array_equal(expected.upright, expected.crops)
    assert not np.array_equal(table.upright[0], table.crops[0])
    row = table.names.index("black.png")
    assert table.status[row] != "face" and not table.upright[row].any()
    with Image.open(io.BytesIO(_png(ASTRONAUT))) as image:
        gray = np.asarray(image.convert("L").resize((64, 64), Image.Resampling.BOX))
    if settings:
        difference = table.upright[0].astype(int) - gray
        assert np.abs(difference).mean() < 3


def test_alignment_box_locates_no_landmarks_and_gives_the_crops_of_none(
    samples, monkeypatch
):
    expected = extract_faces(samples, FaceSettings(align="none"))

    def never(*_):
        raise AssertionError("landmarks were sought")

    monkeypatch.setattr("fer_classic.faces.landmarks.predict_landmarks", never)
    table = extract_faces(samples, FaceSettings(align="box"))
    assert np.array_equal(table.crops, expected.crops)
    assert np.array_equal(table.boxes, expected.boxes)
    assert table.status == expected.status
    assert np.isnan(table.landmarks[table.readable]).all()
    assert np.isnan(table.points[table.readable]).all()


@pytest.mark.parametrize("align", ["none", "5", "68"])
@pytest.mark.parametrize("size", [32, 96])
def test_alignment_and_size_of_crops(samples, align, size):
    settings = FaceSettings(align=align, crop_size=size)
    table = extract_faces(samples.take([0, 2]), settings)
    assert table.crops.shape == (2, size, size)
    assert table.settings == settings
    # Brows, eyes, nose and mouth lie in the crop.
    inner = table.landmarks[0, 17:]
    assert inner.min() > -0.1 * size and inner.max() < 1.1 * size
    # Landmarks lie on the crop as they lie on the photograph: the eyes are dark.
    eye = table.landmarks[0, 36:42].mean(axis=0).round().astype(int)
    cheek = table.landmarks[0, [2, 31]].mean(axis=0).round().astype(int)
    crop = table.crops[0].astype(int)
    assert crop[eye[1], eye[0]] < crop[cheek[1], max(cheek[0], 0)] - 30


def test_take_keeps_the_order_asked_for(table):
    picked = table.take([4, 0, 0])
    assert picked.names == ("black.png", "face.png", "face.png")
    assert np.array_equal(picked.crops[1], table.crops[0])
    assert picked.labels.tolist() == [4, 0, 0]
    assert picked.settings == table.settings and picked.classes == table.classes
    assert table.take(table.covered).names == tuple(
        name for name in FILES if FILES[name][1] == "face"
    )
    assert table.take(np.zeros(len(table), bool)).names == ()


def test_no_row_can_be_taken_and_no_image_read(table):
    for empty in (table.take([]), extract_faces(_samples([], []))):
        assert len(empty) == 0
        assert empty.crops.shape == (0, 64, 64) and empty.boxes.shape == (0, 4)
        assert empty.landmarks.shape == (0, 68, 2) and empty.hashes.shape == (0, 32)
        assert empty.readable.tolist() == []


def test_the_box_of_a_portrait_lies_in_it():
    face = portrait_box(200, 100)
    assert face.x > 0 and face.x + face.width < 200
    assert face.y > 0 and face.y + face.height < 100
    assert face.score == 0


def test_classes_that_a_set_lacks_become_unlabelled(train_faces):
    seven = train_faces.with_classes("seven")
    assert seven.classes.key == "seven" and (seven.labels >= 0).all()
    back = seven.with_classes("five")
    np.testing.assert_array_equal(back.labels, train_faces.labels)
    labels = np.where(np.arange(len(seven)) == 3, seven.classes.code("fear"), seven.labels)
    without = replace(seven, labels=labels).with_classes("five")
    assert without.labels[3] == -1 and without.problems[3] == "class fear"
    assert without.labels[2] == train_faces.labels[2] and without.problems[2] is None
