"""Ultra-Light, SCRFD and BlazeFace, other priors, implausible boxes, auto's first."""

from math import exp

import numpy as np
import pytest

from fer_classic.detect import detector_identity, make_detector, parse_detector, with_folder
from fer_classic.detect.given import changed_spec
from fer_classic.detect.plausible import odd_boxes
from fer_classic.detect.specs import SPECS
from fer_classic.errors import FerClassicError, UsageError
from tests.detect.test_onnx import (
    IMAGE,
    Graph,
    outputs_of,
    plain_pixels,
    plain_suppress,
    prior_graph,
    same,
)

onnx = pytest.importorskip("onnx")
pytestmark = pytest.mark.filterwarnings("ignore:.*boxes of the detector")


def planted(rows, columns, places, values, fill=0.0):
    """An output of one number everywhere but in a few rows."""
    array = np.full((1, rows, columns), fill, np.float32)
    for place, value in zip(places, values, strict=True):
        array[0, place] = value
    return array


def constant_net(path, outputs, shape):
    """A network that says the same of every image."""
    graph = Graph(shape)
    for name, array in outputs.items():
        graph.output(name, graph.constant(array))
    return graph.save(path)


@pytest.mark.parametrize(("rows", "height", "width"), [(4420, 240, 320), (17640, 480, 640)])
def test_ultralight(tmp_path, rows, height, width):
    """The image fills the left half of the input: its scale is that of its height."""
    boxes = planted(
        rows, 4, (7, 9, 1000), [(0.1, 0.2, 0.3, 0.5)] * 2 + [(0.4, 0.5, 0.5, 0.7)]
    )
    scores = planted(rows, 2, (7, 9, 1000), [(0.1, 0.9), (0.2, 0.8), (0.25, 0.75)])
    scores[0, :, 0][scores[0, :, 1] == 0] = 1
    path = constant_net(
        tmp_path / "rfb.onnx", {"scores": scores, "boxes": boxes}, (1, 3, height, width)
    )
    image = np.zeros((height // 2, width // 4, 3), np.uint8)
    one, other = make_detector(f"ultralight:{path}").detect(image)
    expected = np.array([0.1 * width, 0.2 * height, 0.2 * width, 0.3 * height]) / 2
    assert one.box == pytest.approx(expected.tolist(), rel=1e-5)
    assert (one.score, other.score) == pytest.approx((0.9, 0.75))


def test_ultralight_sees_what_its_authors_feed_it(tmp_path):
    """(pixels - 127) / 128 in the order red, green, blue: read off a network that tells."""
    graph = Graph((1, 3, 64, 64))
    flat = graph.add("Reshape", ["image", graph.constant(np.array([1, -1, 4], np.int64))])
    graph.output("boxes", flat)
    scores = np.tile(np.float32([0, 1]), (1, 3 * 64 * 64 // 4, 1))
    graph.output("scores", graph.constant(scores))
    path = graph.save(tmp_path / "net.onnx")
    image = np.zeros((64, 64, 3), np.uint8)
    image[..., 0], image[..., 1], image[..., 2] = 255, 127, 0
    detector = make_detector(f"ultralight:{path}")
    pixels, scale = detector._prepared(image)
    assert scale == 1 and pixels.shape == (1, 3, 64, 64)
    assert pixels[0, :, 5, 5].tolist() == [1.0, 0.0, -127 / 128]


def scrfd_net(path, anchors=2, seed=0):
    graph, scores, boxes = Graph(seed=seed), [], []
    for step in (8, 16, 32):
        values = graph.rows(graph.head(step, anchors, spread=3), 1)
        scores.append(graph.add("Sigmoid", [values]))
        offsets = graph.rows(graph.head(step, 4 * anchors), 4)
        boxes.append(graph.add("Abs", [offsets]))
    for number, name in enumerate([*scores, *boxes]):
        graph.output(str(440 + number), name)
    return graph.save(path)


@pytest.mark.parametrize("anchors", [1, 2])
def test_scrfd(tmp_path, anchors):
    path = scrfd_net(tmp_path / "net.onnx", anchors)
    pixels = plain_pixels(IMAGE, "rgb", (127.5,) * 3, 1 / 128)
    outputs = outputs_of(path, pixels)
    found = []
    for i, step in enumerate((8, 16, 32)):
        scores, sides = outputs[str(440 + i)][0], outputs[str(443 + i)][0]
        row = 0
        for y in range(128 // step):
            for x in range(256 // step):
                for _ in range(anchors):
                    left, up, right, down = (float(v) * step for v in sides[row])
                    cx, cy = x * step, y * step
                    box = (cx - left, cy - up, cx + right, cy + down)
                    if scores[row, 0] >= 0.5:
                        found.append((box, float(scores[row, 0])))
                    row += 1
        assert row == len(scores)
    expected = plain_suppress(found, 0.4)
    assert same(make_detector(f"scrfd:{path}").detect(IMAGE), expected)


@pytest.mark.parametrize("last", [False, True], ids=["channels first", "channels last"])
@pytest.mark.parametrize("split", [False, True], ids=["joined", "a grid an output"])
@pytest.mark.parametrize(
    ("side", "grids"),
    [(128, [(16, 2), (8, 6)]), (256, [(16, 2), (8, 6)]), (192, [(48, 1)])],
)
def test_blazeface(tmp_path, side, grids, split, last):
    number = sum(n * n * k for n, k in grids)
    raw, scores = np.zeros((1, number, 16), np.float32), np.full((1, number, 1), -9.0)
    cells, count = grids[-1]
    place = number - cells * cells * count + (2 * cells + 3) * count  # row 2, column 3
    raw[0, place, :4] = (4, -6, 40, 50)
    scores[0, place] = 2.0
    outputs = {"regressors": raw, "classificators": scores.astype(np.float32)}
    if split and len(grids) == 2:
        outputs = {
            "c1": scores[:, 512:].astype(np.float32),
            "r0": raw[:, :512],
            "c0": scores[:, :512].astype(np.float32),
            "r1": raw[:, 512:],
        }
    shape = (1, side, side, 3) if last else (1, 3, side, side)
    path = constant_net(tmp_path / "net.onnx", outputs, shape)
    image = np.zeros((side, side, 3), np.uint8)
    (face,) = make_detector(f"blazeface:{path}").detect(image)
    cx, cy = 3.5 / cells * side + 4, 2.5 / cells * side - 6
    assert face.box == pytest.approx((cx - 20, cy - 25, 40, 50), rel=1e-5)
    assert face.score == pytest.approx(1 / (1 + exp(-2)))


@pytest.mark.parametrize("kind", ["ultralight", "scrfd", "blazeface"])
def test_other_networks_are_told_apart(tmp_path, kind):
    path = prior_graph(tmp_path / "net.onnx", "faceboxes")
    with pytest.raises(FerClassicError, match="outputs are not those of this kind"):
        other = np.zeros((1, 7, 3), np.float32)
        net = constant_net(tmp_path / "c.onnx", {"a": other}, (1, 3, 64, 64))
        make_detector(f"{kind}:{net}").detect(IMAGE)
    if kind != "ultralight":  # which is n x 4 and n x 2 too
        with pytest.raises(FerClassicError, match="outputs are not those of this kind"):
            make_detector(f"{kind}:{path}").detect(IMAGE)


OTHERS = "min_sizes=10,20;32,64;128,256"


def test_a_retinaface_with_other_priors(tmp_path, monkeypatch):
    path = prior_graph(tmp_path / "net.onnx", "retinaface")
    usual = make_detector(f"retinaface:{path}").detect(IMAGE)
    other = make_detector(f"retinaface:{path}?{OTHERS}").detect(IMAGE)
    monkeypatch.setitem(SPECS, "retinaface", changed_spec(SPECS["retinaface"], OTHERS))
    expected = make_detector(f"retinaface:{path}").detect(IMAGE)
    assert [own.box for own in other] == [own.box for own in expected]
    assert [own.box for own in other] != [own.box for own in usual]


def test_what_may_be_given():
    spec = changed_spec(
        SPECS["retinaface"], f"{OTHERS}&steps=4,8,16&mean=127&scale=0.5&order=rgb"
    )
    assert [layer.step for layer in spec.layers] == [4, 8, 16]
    assert spec.layers[0].sizes == ((10, 10), (20, 20))
    assert spec.mean == (127,) * 3 and spec.scale == 0.5 and spec.order == "rgb"
    assert changed_spec(spec, "") is spec
    assert changed_spec(spec, "variances=0.2,0.3").variances == (0.2, 0.3)
    assert changed_spec(spec, "steps=16,32,64").layers[2].step == 64


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("min_size=10", "min_sizes, steps"),
        ("min_sizes=a;b;c", "sides of the priors"),
        ("min_sizes=10,20;32", "2 layers and steps 3"),
        ("min_sizes=-1;2;3", "sides of the priors"),
        ("steps=8,16", "steps must be 3"),
        ("order=gbr", "rgb, bgr"),
        ("mean=1,2", "one number or three"),
        ("scale=x", "one number"),
    ],
)
def test_what_is_given_wrongly_is_told_at_once(text, words):
    with pytest.raises(UsageError, match=words):
        parse_detector(f"retinaface:net.onnx?{text}")


def test_priors_are_of_networks_that_have_some():
    with pytest.raises(UsageError, match="ssd, retinaface and faceboxes"):
        parse_detector(f"yunet:net.onnx?{OTHERS}")


def test_what_is_given_belongs_to_the_name(tmp_path):
    path = prior_graph(tmp_path / "net.onnx", "retinaface")
    name = with_folder(f"retinaface:net.onnx?{OTHERS}", tmp_path)
    assert name == f"retinaface:{path}?{OTHERS}"
    assert detector_identity(name) != detector_identity(f"retinaface:{path}")


def test_boxes_that_no_face_has_are_warned_of_once(tmp_path):
    places = range(0, 4420, 200)
    boxes = planted(4420, 4, places, [(x / 30, 0.1, x / 30 + 0.01, 0.9) for x in range(23)])
    scores = planted(4420, 2, places, [(0.0, 1.0)] * 23)
    scores[0, :, 0][scores[0, :, 1] == 0] = 1
    path = constant_net(tmp_path / "n.onnx", {"s": scores, "b": boxes}, (1, 3, 240, 320))
    detector = make_detector(f"ultralight:{path}")
    image = np.zeros((240, 320, 3), np.uint8)
    with pytest.warns(UserWarning, match="of no face's shape.*other priors") as caught:
        detector.detect(image)
        detector.detect(image)
    assert len(caught) == 1


def test_which_boxes_are_odd():
    boxes = np.array(
        [
            (10, 10, 50, 60),
            (10, 10, 12, 60),
            (90, 90, 130, 140),
            (5, 5, 5, 9),
            (-99, -99, 299, 299),
        ],
        dtype=float,
    )
    assert odd_boxes(boxes, 100, 100).tolist() == [False, True, True, True, True]


def test_auto_begins_with_the_detector_that_was_named(tmp_path, monkeypatch):
    boxes = planted(4420, 4, (5,), [(0.1, 0.2, 0.3, 0.5)])
    scores = planted(4420, 2, (5,), [(0.01, 0.99)])
    scores[0, :, 0][scores[0, :, 1] == 0] = 1
    path = constant_net(tmp_path / "n.onnx", {"s": scores, "b": boxes}, (1, 3, 240, 320))
    before = detector_identity("auto")
    monkeypatch.setenv("FER_CLASSIC_DETECTOR", f"ultralight:{path}")
    (face,) = make_detector("auto").detect(np.zeros((240, 320, 3), np.uint8))
    assert face.score == pytest.approx(0.99)
    assert detector_identity("auto") != before
    for wrong in ("auto", "none", "yolo"):
        monkeypatch.setenv("FER_CLASSIC_DETECTOR", wrong)
        with pytest.raises(UsageError, match="FER_CLASSIC_DETECTOR"):
            make_detector("auto")
