"""One call on whatever one holds: rows never drop, errors say what to do."""

import io
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import skimage.data
from PIL import Image

import fer_classic as fc
from fer_classic.errors import FerClassicError, UnreadableImage, UsageError
from fer_classic.model.analyzer import Analyzer

ASTRONAUT = skimage.data.astronaut()
BLANK = np.full((90, 90, 3), 77, np.uint8)


@pytest.fixture(scope="module")
def analyzer(model_folder):
    return Analyzer(model_folder)


@pytest.fixture(scope="module")
def group():
    face = Image.fromarray(ASTRONAUT).crop((130, 0, 330, 220))
    picture = Image.new("RGB", (700, 420), (90, 90, 90))
    picture.paste(face, (20, 60))
    picture.paste(face.resize((330, 363)), (340, 30))
    return np.asarray(picture)


def same(one, other):
    assert one.box == other.box and one.label == other.label
    assert list(one.probabilities.values()) == pytest.approx(
        list(other.probabilities.values())
    )


def test_every_kind_of_input_gives_the_same(analyzer, tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(ASTRONAUT).save(path)
    expected = analyzer(ASTRONAUT)[0].faces[0]
    assert expected.status == "face" and expected.crop.shape == (64, 64)
    assert expected.landmarks.shape == (68, 2)
    for given in (path, str(path), path.read_bytes(), io.BytesIO(path.read_bytes())):
        same(analyzer(given)[0].faces[0], expected)
    for given in (
        ASTRONAUT / 255,
        Image.open(path),
        np.dstack(
            [ASTRONAUT, BLANK.max() * 0 + np.full(ASTRONAUT.shape[:2], 255, np.uint8)]
        ),
    ):
        same(analyzer(given)[0].faces[0], expected)
    same(analyzer(ASTRONAUT[..., ::-1], color="bgr")[0].faces[0], expected)
    for several in (
        [path, ASTRONAUT],
        (n for n in (path, ASTRONAUT)),
        str(tmp_path),
        np.stack([ASTRONAUT] * 2),
    ):
        result = analyzer(several)
        assert len(result) in (1, 2)
        for image in result:
            same(image.faces[0], expected)


def test_it_agrees_with_the_table(analyzer, model, group, tmp_path):
    """The same faces and numbers as predict gives."""
    Image.fromarray(group).save(tmp_path / "a.png")
    samples = fc.read_dataset(tmp_path)
    table = fc.extract_faces(samples, model.settings.faces)
    expected = fc.predict_faces(model, table, jobs=1)
    face = analyzer(tmp_path / "a.png")[0].faces[0]
    np.testing.assert_allclose(
        list(face.probabilities.values()), expected.probabilities[0], atol=1e-9
    )
    np.testing.assert_allclose(face.box, table.boxes[0])


def test_every_face_and_how_it_is_told(model_folder, group):
    result = Analyzer(model_folder, faces="all")([group, BLANK, "no.jpg"])
    assert [len(image) for image in result] == [2, 1, 1]
    assert [image.status for image in result] == ["face", "no_face", "unreadable"]
    assert result[0].n_faces == 2 and result[0].size == (700, 420)
    frame = result.to_pandas()
    assert frame.shape == (4, 8 + 5 + 3)
    assert frame["face"].tolist() == [1, 2, 1, 1]
    assert frame["label"].isna().tolist() == [False, False, False, True]
    told = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert told["images"][0]["faces"][1]["box"].keys() == {"x", "y", "width", "height"}
    assert told["images"][2]["faces"][0]["probabilities"] is None
    assert "2 faces" in repr(result) and "1 image unreadable" in repr(result)
    assert len(result.faces) == 4 and len(result[:1]) == 1
    assert "No such file" in repr(result[2].faces[0])
    (largest,) = Analyzer(model_folder, faces="largest")(group)[0]
    assert largest.box[2] == max(face.box[2] for face in result[0])


def test_pictures_and_notebooks(model_folder, group):
    result = Analyzer(model_folder, faces="all")([group, BLANK, "no.jpg"])
    out = io.BytesIO()
    result.plot().savefig(out, dpi=40)
    assert out.getvalue().startswith(b"\x89PNG")
    html = result._repr_html_()
    assert html.count("<img") == 2 + 3 and "No such file" in html
    assert result[0].plot() is not None and "<table>" in result[0]._repr_html_()
    assert Analyzer(model_folder)([])._repr_html_()


def test_one_image_that_cannot_be_read_is_an_error(analyzer):
    with pytest.raises(UnreadableImage, match=r"no\.jpg: cannot be read"):
        analyzer("no.jpg")
    with pytest.raises(UnreadableImage, match="int is no image"):
        analyzer(5)
    with pytest.raises(FerClassicError, match="No file matches"):
        analyzer("none-of-these-*.jpg")


def test_of_several_each_is_an_entry(analyzer):
    result = analyzer([ASTRONAUT, None, b"", np.full((9, 9), np.nan), ASTRONAUT])
    assert [image.status for image in result] == ["face", *["unreadable"] * 3, "face"]
    assert "NaN" in result[3].reason and result[3].faces[0].label is None


def test_a_generator_that_raises_keeps_what_came_before(analyzer):
    def images():
        yield ASTRONAUT
        raise KeyError("lost")

    with pytest.raises(fc.AnalysisStopped, match="after 1: KeyError: 'lost'") as stopped:
        analyzer(images())
    assert len(stopped.value.result) == 1
    assert isinstance(stopped.value.__cause__, KeyError)


def test_a_stream_asks_for_one_image_at_a_time(analyzer):
    asked = []

    def images():
        for number in range(3):
            asked.append(number)
            yield BLANK

    stream = analyzer.stream(images())
    next(stream)
    assert asked == [0]


def test_threads_share_an_analyzer(analyzer, group):
    given = [ASTRONAUT, group] * 4
    alone = [analyzer(image)[0].faces[0] for image in given]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda image: analyzer(image)[0].faces[0], given))
    for one, other in zip(alone, together, strict=True):
        same(one, other)


def test_wrong_names_list_the_right_ones(model_folder):
    with pytest.raises(FerClassicError, match=r"there are .*five-fast"):
        fc.analyze(ASTRONAUT, model="five-fastest")
    with pytest.raises(UsageError, match="best, largest, all"):
        fc.analyze(ASTRONAUT, faces="every")
    with pytest.raises(UsageError, match="hog, cnn"):
        Analyzer(model_folder, detector="yolo")
    with pytest.raises(UsageError, match="share of the picture"):
        Analyzer(model_folder, min_face="large")


def test_small_faces_can_be_left_out(model_folder, group):
    image = Analyzer(model_folder, faces="all", min_face="30%")(group)[0]
    assert image.n_faces == 1


def test_the_shipped_model_is_loaded_once(monkeypatch):
    from fer_classic.model import analyze as module

    one = module._analyzer("five-fast", "best")
    assert module._analyzer("five-fast", "all").model is one.model
    assert fc.analyze(ASTRONAUT, faces="all")[0].faces[0].label == "happiness"
    assert "five-fast" in repr(one)


def test_importing_it_loads_nothing_heavy():
    code = "import fer_classic as fc, sys; fc.analyze; assert 'lightgbm' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
