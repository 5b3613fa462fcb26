"""Single-stage networks with the user's own weights, on onnxruntime."""

from functools import lru_cache

import numpy as np

from fer_classic.data.image import resize, to_rgb
from fer_classic.detect.base import Face, most_confident_first
from fer_classic.detect.decoders import DECODERS
from fer_classic.detect.given import changed_spec
from fer_classic.detect.nms import suppress
from fer_classic.detect.plausible import BoxWatch
from fer_classic.detect.published import PUBLISHED
from fer_classic.detect.specs import SPECS
from fer_classic.errors import FerClassicError


@lru_cache(maxsize=4)
def open_network(path):
    """A session of onnxruntime on one thread.

    Raises
    ------
    FerClassicError
        onnxruntime is not installed, or the file is not an ONNX network.
    """
    try:
        import onnxruntime
    except ImportError:
        raise FerClassicError(
            "onnxruntime is not installed, which this detector needs: "
            "pip install 'fer_classic[onnx]'"
        ) from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # processes share the cores
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"]
        )
    # onnxruntime's exceptions have no common base of their own.
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise FerClassicError(
            f"{path} is not a network that onnxruntime can read: {reason}. Name an .onnx "
            "file with its weights inside."
        ) from None


class ONNXDetector:
    """A network of a known kind; see :mod:`fer_classic.detect.specs`.

    Parameters
    ----------
    spec : str
        Key of SPECS.
    path : path-like
        The .onnx file. Where it states the size of its input, the image is fitted into
        that; else it is given in its own size, within ``max_side``.
    upsample : int
        Times the image is doubled before the search, where the input's size is free.
    given : str
        What is changed of the kind, as :func:`fer_classic.detect.given.changed_spec`
        takes it.
    threshold : float
        Least score; 0 for that of the spec.
    min_size : float
        Least width and height of a face in pixels.
    max_side : int
        Images are shrunk for the search so that the longer side is at most this.
    """

    def __init__(
        self,
        spec,
        path,
        *,
        given="",
        upsample=0,
        threshold=0.0,
        min_size=0,
        max_side=1024,
    ):
        self.name = spec
        self.spec = changed_spec(SPECS[spec], given)
        self.path = path
        self.upsample = upsample
        self.threshold = threshold or self.spec.threshold
        self.min_size = min_size
        self.max_side = max_side
        self.session = open_network(str(path))
        self._rank, self._fixed, self._last = _input_shape(self.session, path)
        self._watch = BoxWatch(f"{spec}:{path}")

    def detect(self, image):
        """Find faces.

        Parameters
        ----------
        image : ndarray of uint8, shape (H, W, 3) in RGB order or (H, W)

        Raises
        ------
        FerClassicError
            The network's outputs are not those of its kind.
        """
        pixels, scale = self._prepared(to_rgb(image))
        names = [own.name for own in self.session.get_outputs()]
        entry = self.session.get_inputs()[0].name
        try:
            outputs = self.session.run(names, {entry: pixels})
        except Exception as error:  # as above
            reason = " ".join(str(error).split())[:200]
            raise FerClassicError(f"{self.path} cannot be run: {reason}.") from None
        height, width = pixels.shape[-3:-1] if self._last else pixels.shape[-2:]
        decode = (DECODERS | PUBLISHED)[self.spec.decoder]
        try:
            boxes, scores = decode(
                dict(zip(names, outputs, strict=True)), self.spec, height, width
            )
        except FerClassicError as error:
            raise FerClassicError(f"{self.path}, as {self.name}: {error}") from None
        sure = (scores >= self.threshold) & np.isfinite(boxes).all(axis=1)
        boxes, scores = boxes[sure], scores[sure]
        kept = suppress(boxes, scores, self.spec.overlap)
        self._watch.look(boxes[kept], height, width)
        faces = [
            Face(x1 / scale, y1 / scale, (x2 - x1) / scale, (y2 - y1) / scale, float(s))
            for (x1, y1, x2, y2), s in zip(
                boxes[kept].tolist(), scores[kept].tolist(), strict=True
            )
        ]
        return most_confident_first(faces, self.min_size)

    def _prepared(self, rgb):
        """The network's input, and its scale: the image at the top left, then the mean."""
        height, width = rgb.shape[:2]
        if self._fixed:
            rows, columns = self._fixed
            scale = min(rows / height, columns / width)
        else:
            scale = min(2.0**self.upsample, self.max_side / max(height, width))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = resize(rgb, *size).astype(np.float32)
        if not self._fixed:
            m = self.spec.multiple
            rows, columns = -(-size[1] // m) * m, -(-size[0] // m) * m
        order = slice(None) if self.spec.order == "rgb" else slice(None, None, -1)
        small = (small[..., order] - np.float32(self.spec.mean)) * np.float32(
            self.spec.scale
        )
        pixels = np.zeros((3, rows, columns), dtype=np.float32)
        pixels[:, : size[1], : size[0]] = small[:rows, :columns].transpose(2, 0, 1)
        if self._last:
            pixels = np.ascontiguousarray(pixels.transpose(1, 2, 0))
        return (pixels if self._rank == 3 else pixels[None]), scale


def _input_shape(session, path):
    """Rank of the input, its height and width if stated, and if channels come last."""
    entry, *more = session.get_inputs()
    shape = [side if isinstance(side, int) else None for side in entry.shape]
    last = len(shape) in (3, 4) and shape[-1] == 3 and shape[-3] != 3
    ordered = [*shape[:-3], shape[-1], *shape[-3:-1]] if last else shape
    right = [1, 3][-len(shape) + 2 :] if len(shape) in (3, 4) else None
    fits = right and all(
        own in (None, side) for own, side in zip(ordered[:-2], right, strict=True)
    )
    if more or not fits or entry.type != "tensor(float)":
        told = ", ".join(f"{own.name} {own.shape} {own.type}" for own in [entry, *more])
        raise FerClassicError(
            f"{path} takes {told}: expected one image of floats, 1 x 3 x height x width. "
            "Export the network for one image."
        )
    free = None in ordered[-2:]
    return len(shape), None if free else tuple(ordered[-2:]), last
