"""Single-stage networks: graphs with real heads, decoded here once more by plain loops."""

from math import exp, sqrt

import numpy as np
import pytest

from fer_classic.data.image import resize
from fer_classic.detect import make_detector
from fer_classic.detect.decoders import decode_s3fd, face_probability, priors
from fer_classic.detect.nms import groups, overlaps, suppress
from fer_classic.detect.specs import SPECS
from fer_classic.errors import FerClassicError, UsageError

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

# Networks with random weights find boxes that no face has.
pytestmark = pytest.mark.filterwarnings("ignore:.*boxes of the detector")

IMAGE = np.random.default_rng(3).integers(0, 256, (128, 256, 3), dtype=np.uint8)


class Graph:
    """A network of convolutions, each with random weights, written node by node."""

    def __init__(self, shape=(1, 3, "H", "W"), seed=0):
        self.shape, self.random = shape, np.random.default_rng(seed)
        self.nodes, self.weights, self.outputs = [], [], []

    def add(self, kind, inputs, **attributes):
        name = f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(onnx.helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, values):
        name = f"constant{len(self.weights)}"
        self.weights.append(onnx.numpy_helper.from_array(np.asarray(values), name))
        return name

    def head(self, step, channels, spread=1.0):
        """A map of so many channels, one cell for each step, from the image."""
        size = min(step, 8)
        weights = self.random.normal(size=(channels, 3, size, size))
        weights *= spread / 130 / size
        bias = self.random.normal(size=channels) * spread / 4
        inputs = ["image", self.constant(weights.astype(np.float32))]
        inputs.append(self.constant(bias.astype(np.float32)))
        # Like a padded backbone: a cell for every step that is begun.
        return self.add("Conv", inputs, strides=[step, step], auto_pad="SAME_UPPER")

    def rows(self, name, columns):
        """A map as rows: cell by cell, prior by prior."""
        turned = self.add("Transpose", [name], perm=[0, 2, 3, 1])
        shape = self.constant(np.array([1, -1, columns], dtype=np.int64))
        return self.add("Reshape", [turned, shape])

    def output(self, name, of, kind=1):
        self.nodes.append(onnx.helper.make_node("Identity", [of], [name]))
        self.outputs.append(onnx.helper.make_tensor_value_info(name, kind, None))

    def save(self, path):
        entry = onnx.helper.make_tensor_value_info("image", 1, self.shape)
        graph = onnx.helper.make_graph(
            self.nodes, "net", [entry], self.outputs, self.weights
        )
        model = onnx.helper.make_model(
            graph, opset_imports=[onnx.helper.make_opsetid("", 13)]
        )
        model.ir_version = 8
        onnx.save(model, path)
        return path


def prior_graph(path, spec, softmax=True, shape=(1, 3, "H", "W"), seed=0):
    """The heads of SSD and its kin: offsets and two classes of all priors."""
    graph = Graph(shape, seed)
    offsets, values = [], []
    for layer in SPECS[spec].layers:
        density = layer.density or (1,) * len(layer.sizes)
        n = sum(own * own for own in density)
        offsets.append(graph.rows(graph.head(layer.step, 4 * n), 4))
        values.append(graph.rows(graph.head(layer.step, 2 * n, spread=2), 2))
    together = graph.add("Concat", values, axis=1)
    if softmax:
        together = graph.add("Softmax", [together], axis=2)
    graph.output("loc", graph.add("Concat", offsets, axis=1))
    graph.output("conf", together)
    return graph.save(path)


def outputs_of(path, pixels):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [own.name for own in session.get_outputs()]
    return dict(zip(names, session.run(names, {"image": pixels}), strict=True))


def plain_pixels(image, order, mean, scale=1.0):
    """The input of a network, channel by channel."""
    channels = [image[..., "rgb".index(letter)].astype(np.float64) for letter in order]
    values = [(own - m) * scale for own, m in zip(channels, mean, strict=True)]
    return np.stack(values).astype(np.float32)[None]


def plain_overlap(a, b):
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    if wide <= 0 or high <= 0:
        return 0.0
    both = wide * high
    areas = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return both / (areas - both)


def plain_suppress(found, limit):
    kept = []
    for box, score in sorted(found, key=lambda own: -own[1]):
        if all(plain_overlap(box, other) <= limit for other, _ in kept):
            kept.append((box, score))
    return kept


def plain_priors(spec, height, width):
    """Centre and size of all priors, by loops."""
    made = []
    for layer in SPECS[spec].layers:
        for row in range(-(-height // layer.step)):
            for column in range(-(-width // layer.step)):
                for place, (w, h) in enumerate(layer.sizes):
                    n = layer.density[place] if layer.density else 1
                    for i in range(n):
                        for j in range(n):
                            dy, dx = (0.5, 0.5) if n == 1 else (i / n, j / n)
                            x, y = (column + dx) * layer.step, (row + dy) * layer.step
                            made.append((x, y, w, h))
    return made


def plain_prior_boxes(spec, outputs, height, width, threshold):
    found = []
    boxes = plain_priors(spec, height, width)
    assert len(boxes) == outputs["loc"].shape[1] == outputs["conf"].shape[1]
    for (x, y, w, h), o, c in zip(
        boxes, outputs["loc"][0], outputs["conf"][0], strict=True
    ):
        o, c = o.astype(float), c.astype(float)
        if c[1] < threshold:
            continue
        cx, cy = x + o[0] * 0.1 * w, y + o[1] * 0.1 * h
        bw, bh = w * exp(o[2] * 0.2), h * exp(o[3] * 0.2)
        found.append(((cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2), c[1]))
    return found


def same(faces, expected, scale=1.0):
    """Whether faces are those expected: boxes and scores, the surest first."""
    assert len(faces) == len(expected) > 0
    for face, (box, score) in zip(faces, expected, strict=True):
        corners = (face.x, face.y, face.x + face.width, face.y + face.height)
        assert corners == pytest.approx([v / scale for v in box], rel=1e-4, abs=1e-3)
        assert face.score == pytest.approx(score, abs=1e-5)
    return True


@pytest.mark.parametrize("spec", ["retinaface", "faceboxes"])
@pytest.mark.parametrize("seed", [0, 1])
def test_priors_and_offsets(tmp_path, spec, seed):
    path = prior_graph(tmp_path / "net.onnx", spec, seed=seed)
    pixels = plain_pixels(IMAGE, "bgr", (104, 117, 123))
    found = plain_prior_boxes(spec, outputs_of(path, pixels), 128, 256, 0.5)
    expected = plain_suppress(found, 0.3)
    assert same(make_detector(f"{spec}:{path}").detect(IMAGE), expected)


def test_ssd300_at_its_own_size(tmp_path):
    path = prior_graph(tmp_path / "net.onnx", "ssd", shape=(1, 3, 300, 300))
    image = np.random.default_rng(1).integers(0, 256, (300, 200, 3), dtype=np.uint8)
    filled = np.zeros((1, 3, 300, 300), np.float32)
    filled[:, :, :, :200] = plain_pixels(image, "bgr", (104, 177, 123))
    assert len(priors(SPECS["ssd"].layers, 300, 300)) == 8732  # as in the paper
    found = plain_prior_boxes("ssd", outputs_of(path, filled), 300, 300, 0.5)
    expected = plain_suppress(found, 0.3)
    assert same(make_detector(f"ssd:{path}").detect(image), expected)


def test_logits_and_probabilities_give_the_same(tmp_path):
    paths = [
        prior_graph(tmp_path / f"{soft}.onnx", "retinaface", softmax=soft)
        for soft in (True, False)
    ]
    one, other = (make_detector(f"retinaface:{path}").detect(IMAGE) for path in paths)
    assert len(one) == len(other) > 0
    for a, b in zip(one, other, strict=True):
        assert (*a.box, a.score) == pytest.approx((*b.box, b.score), abs=1e-4)
    assert face_probability(np.array([[0.0, 0.0], [2.0, -1.0]])) == pytest.approx(
        [0.5, 1 / (1 + exp(3))]
    )


@pytest.mark.parametrize("first", [4, 2])
def test_s3fd(tmp_path, first):
    graph = Graph()
    for i, layer in enumerate(SPECS["s3fd"].layers):
        channels = first if i == 0 else 2
        graph.output(f"cls{i + 1}", graph.head(layer.step, channels, spread=2))
        graph.output(f"reg{i + 1}", graph.head(layer.step, 4))
    path = graph.save(tmp_path / "net.onnx")
    outputs = outputs_of(path, plain_pixels(IMAGE, "bgr", (104, 117, 123)))
    found = []
    for i, layer in enumerate(SPECS["s3fd"].layers):
        step, side = layer.step, 4 * layer.step
        values, offsets = outputs[f"cls{i + 1}"][0], outputs[f"reg{i + 1}"][0]
        for row in range(values.shape[1]):
            for column in range(values.shape[2]):
                c = [float(v) for v in values[:, row, column]]
                background = max(c[:-1])
                score = 1 / (1 + exp(background - c[-1]))
                if score < 0.5:
                    continue
                o = [float(v) for v in offsets[:, row, column]]
                cx = (column + 0.5) * step + o[0] * 0.1 * side
                cy = (row + 0.5) * step + o[1] * 0.1 * side
                w, h = side * exp(o[2] * 0.2), side * exp(o[3] * 0.2)
                found.append(((cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2), score))
    assert [layer.sizes[0][0] for layer in SPECS["s3fd"].layers] == [
        16,
        32,
        64,
        128,
        256,
        512,
    ]
    expected = plain_suppress(found, 0.3)
    assert same(make_detector(f"s3fd:{path}").detect(IMAGE), expected)


def test_yunet(tmp_path):
    graph = Graph()
    for name, size in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
        for step in (8, 16, 32):
            rows = graph.rows(graph.head(step, size, spread=2), size)
            if name in ("cls", "obj"):
                rows = graph.add("Sigmoid", [rows])
            graph.output(f"{name}_{step}", rows)
    path = graph.save(tmp_path / "net.onnx")
    outputs = outputs_of(path, plain_pixels(IMAGE, "bgr", (0, 0, 0)))
    found = []
    for step in (8, 16, 32):
        columns = 256 // step
        for i in range((128 // step) * columns):
            c, o = outputs[f"cls_{step}"][0, i, 0], outputs[f"obj_{step}"][0, i, 0]
            score = sqrt(float(c) * float(o))
            if score < 0.6:
                continue
            dx, dy, dw, dh = (float(v) for v in outputs[f"bbox_{step}"][0, i])
            x, y = (i % columns + dx) * step, (i // columns + dy) * step
            w, h = exp(dw) * step, exp(dh) * step
            found.append(((x - w / 2, y - h / 2, x + w / 2, y + h / 2), score))
    expected = plain_suppress(found, 0.3)
    assert same(make_detector(f"yunet:{path}").detect(IMAGE), expected)


def test_centerface(tmp_path):
    graph = Graph()
    graph.output("537", graph.add("Sigmoid", [graph.head(4, 1, spread=3)]))
    for name, channels in (("538", 2), ("539", 2), ("540", 10)):
        graph.output(name, graph.head(4, channels))
    path = graph.save(tmp_path / "net.onnx")
    outputs = outputs_of(path, plain_pixels(IMAGE, "rgb", (0, 0, 0)))
    found = []
    for row in range(32):
        for column in range(64):
            score = float(outputs["537"][0, 0, row, column])
            if score < 0.5:
                continue
            h, w = (4 * exp(float(v)) for v in outputs["538"][0, :, row, column])
            dy, dx = (float(v) for v in outputs["539"][0, :, row, column])
            x, y = (column + dx + 0.5) * 4, (row + dy + 0.5) * 4
            found.append(((x - w / 2, y - h / 2, x + w / 2, y + h / 2), score))
    expected = plain_suppress(found, 0.3)
    assert same(make_detector(f"centerface:{path}").detect(IMAGE), expected)


@pytest.mark.parametrize("shape", [(3, "H", "W"), (1, 3, "H", "W")])
def test_torchvision(tmp_path, shape):
    graph = Graph(shape)
    flat = graph.constant(np.array([-1, 4], dtype=np.int64))
    if len(shape) == 3:
        whole = graph.add("Unsqueeze", ["image", graph.constant(np.array([0]))])
    else:
        whole = "image"
    weights = graph.random.normal(size=(6, 3, 8, 8))
    weights -= weights.mean(axis=(1, 2, 3), keepdims=True)  # so that signs differ
    weights = graph.constant(weights.astype(np.float32))
    maps = graph.add("Conv", [whole, weights], strides=[32, 32])
    turned = graph.add("Transpose", [maps], perm=[0, 2, 3, 1])
    six = graph.add("Reshape", [turned, graph.constant(np.array([-1, 6], dtype=np.int64))])
    corner, size, rest = "corner", "size", "rest"
    split = graph.constant(np.array([2, 2, 2], dtype=np.int64))
    graph.nodes.append(
        onnx.helper.make_node("Split", [six, split], [corner, size, rest], axis=1)
    )
    twenty = graph.constant(np.float32(40))
    size = graph.add("Add", [graph.add("Abs", [size]), graph.constant(np.float32(20))])
    corner = graph.add("Mul", [graph.add("Abs", [corner]), twenty])
    ends = graph.add("Add", [corner, size])
    both = graph.add("Concat", [corner, ends], axis=1)
    graph.output("boxes", graph.add("Reshape", [both, flat]))
    one = graph.constant(np.array([-1], dtype=np.int64))
    first = graph.add("Gather", [rest, graph.constant(np.int64(0))], axis=1)
    second = graph.add("Gather", [rest, graph.constant(np.int64(1))], axis=1)
    positive = graph.add("Greater", [first, graph.constant(np.float32(0))])
    label = graph.add("Cast", [positive], to=7)
    graph.output("labels", graph.add("Reshape", [label, one]), kind=7)
    graph.output("scores", graph.add("Sigmoid", [second]))
    path = graph.save(tmp_path / "net.onnx")
    pixels = plain_pixels(IMAGE, "rgb", (0, 0, 0), 1 / 255)
    outputs = outputs_of(path, pixels[0] if len(shape) == 3 else pixels)
    found = [
        (tuple(float(v) for v in box), float(score))
        for box, label, score in zip(*outputs.values(), strict=True)
        if label == 1 and score >= 0.5
    ]
    assert 0 < len(found) < len(outputs["scores"])
    expected = plain_suppress(found, 0.5)
    assert same(make_detector(f"torchvision:{path}").detect(IMAGE), expected)


def test_a_fixed_input_and_upsampling_keep_the_images_own_pixels(tmp_path):
    fixed = prior_graph(tmp_path / "f.onnx", "retinaface", shape=(1, 3, 64, 64))
    free = prior_graph(tmp_path / "d.onnx", "retinaface")
    image = np.kron(IMAGE[:64, :64], np.ones((2, 2, 1), np.uint8))
    # 128 pixels are shrunk by two to the input's 64.
    pixels = plain_pixels(resize(image, 64, 64), "bgr", (104, 117, 123))
    found = plain_prior_boxes("retinaface", outputs_of(fixed, pixels), 64, 64, 0.5)
    faces = make_detector(f"retinaface:{fixed}").detect(image)
    assert same(faces, plain_suppress(found, 0.3), 0.5)
    small = make_detector(f"retinaface:{free}", upsample=1)
    pixels, scale = small._prepared(IMAGE[:40, :60])
    assert pixels.shape == (1, 3, 96, 128) and scale == 2
    assert (pixels[:, :, 80:] == 0).all() and (pixels[:, :, :, 120:] == 0).all()
    pixels, scale = small._prepared(np.zeros((512, 2048, 3), np.uint8))
    assert pixels.shape == (1, 3, 256, 1024) and scale == 0.5


def test_gray_images_threshold_and_least_size(tmp_path):
    path = prior_graph(tmp_path / "net.onnx", "retinaface")
    name = f"retinaface:{path}"
    gray = np.repeat(IMAGE[..., :1], 3, axis=2)
    faces = make_detector(name).detect(gray[..., 0])
    assert faces == make_detector(name).detect(gray)
    limit = sorted(face.score for face in faces)[len(faces) // 2]
    above = make_detector(name, threshold=limit).detect(gray)
    assert above and all(face.score >= limit for face in above)
    large = make_detector(name, min_size=40).detect(gray)
    assert large == [f for f in faces if min(f.width, f.height) >= 40]


def test_what_is_wrong_with_a_file_is_told(tmp_path):
    path = prior_graph(tmp_path / "net.onnx", "retinaface")
    with pytest.raises(FerClassicError, match="as yunet: The outputs are not those") as e:
        make_detector(f"yunet:{path}").detect(IMAGE)
    assert "expected cls_8 with 512 x 1; it has loc (1, 1344, 4), conf" in str(e.value)
    with pytest.raises(FerClassicError, match="six pairs of maps"):
        make_detector(f"s3fd:{path}").detect(IMAGE)
    with pytest.raises(FerClassicError, match="maps of 1, 2 and 2 channels"):
        make_detector(f"centerface:{path}").detect(IMAGE)
    with pytest.raises(FerClassicError, match=r"boxes \(n, 4\), labels \(n,\)"):
        make_detector(f"torchvision:{path}").detect(IMAGE)
    with pytest.raises(FerClassicError, match="one of 682 x 4, the offsets"):
        make_detector(f"faceboxes:{path}").detect(IMAGE)
    with pytest.raises(FerClassicError, match=r"No detector file at .*gone\.onnx"):
        make_detector(f"yunet:{tmp_path / 'gone.onnx'}")
    (tmp_path / "text.onnx").write_text("no network")
    with pytest.raises(FerClassicError, match="is not a network that onnxruntime can read"):
        make_detector(f"yunet:{tmp_path / 'text.onnx'}")
    with pytest.raises(UsageError, match="does not say what kind of network"):
        make_detector(str(path))
    many = Graph((8, 3, 64, 64))
    many.output("loc", many.head(8, 4))
    with pytest.raises(FerClassicError, match="expected one image of floats, 1 x 3"):
        make_detector(f"yunet:{many.save(tmp_path / 'many.onnx')}")


def test_s3fds_maps_must_fit_the_input():
    maps = {}
    for i, layer in enumerate(SPECS["s3fd"].layers):
        side = 128 // layer.step
        maps[f"cls{i}"] = np.zeros((1, 2, side, side), np.float32)
        maps[f"reg{i}"] = np.zeros((1, 4, side, side), np.float32)
    boxes, scores = decode_s3fd(maps, SPECS["s3fd"], 128, 128)
    assert boxes.shape == (32**2 + 16**2 + 8**2 + 4**2 + 2**2 + 1, 4)
    assert (scores == 0.5).all()
    with pytest.raises(FerClassicError, match="64 x 64 cells at a step of 4"):
        decode_s3fd(maps, SPECS["s3fd"], 256, 256)


def test_suppression_by_hand():
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 8], [0, 0, 10, 5], [20, 0, 30, 10.0]])
    scores = np.array([0.5, 0.9, 0.8, 0.1])
    assert overlaps(boxes[0], boxes).tolist() == [1.0, 0.8, 0.5, 0.0]
    assert overlaps(boxes[0], boxes, of="smaller").tolist() == [1.0, 1.0, 1.0, 0.0]
    # The second is surest; it covers 0.8 of the first and 0.625 of the third.
    assert suppress(boxes, scores, 0.7).tolist() == [1, 2, 3]
    assert suppress(boxes, scores, 0.8).tolist() == [1, 2, 0, 3]
    assert suppress(boxes, scores, 0.9, of="smaller").tolist() == [1, 3]
    assert suppress(boxes[:0], scores[:0], 0.5).tolist() == []


def test_groups_by_hand():
    boxes = np.array([[0, 0, 10, 10], [50, 50, 60, 60], [0, 0, 10, 12], [0, 0, 10, 8.0]])
    means, counts = groups(boxes, 0.5)
    assert counts.tolist() == [3, 1]
    assert means.tolist() == [[0, 0, 10, 10], [50, 50, 60, 60]]
    assert groups(boxes[:0], 0.5)[1].tolist() == []
