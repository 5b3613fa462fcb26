"""What is known of each kind of single-stage network: its input and its priors."""

from dataclasses import dataclass

#: Subtracted from blue, green and red: ImageNet's means, as Caffe's networks use them.
_CAFFE_MEAN = (104.0, 117.0, 123.0)
_OPENCV_MEAN = (104.0, 177.0, 123.0)


@dataclass(frozen=True)
class Layer:
    """Priors of one feature map.

    Attributes
    ----------
    step : int
        Pixels of the input to one cell.
    sizes : tuple of (float, float)
        Width and height of the priors in pixels, in the network's order.
    density : tuple of int
        Rows and columns in which each prior is repeated within a cell.
    """

    step: int
    sizes: tuple
    density: tuple = ()


@dataclass(frozen=True)
class Spec:
    """One kind of network.

    Attributes
    ----------
    decoder : str
        Function of :mod:`fer_classic.detect.decoders`.
    order : {"rgb", "bgr"}
    mean : tuple of 3 float
        Subtracted from the channels, in that order, of values from 0 to 255.
    scale : float
        Multiplies what is left.
    multiple : int
        Both sides of the input are multiples of this.
    layers : tuple of Layer
    variances : tuple of 2 float
        Factors of the offsets of centre and size.
    threshold : float
        Least score where the user names none.
    overlap : float
        Boxes that overlap a surer one by more (intersection over union) are dropped.
    """

    decoder: str
    order: str = "bgr"
    mean: tuple = (0.0, 0.0, 0.0)
    scale: float = 1.0
    multiple: int = 32
    layers: tuple = ()
    variances: tuple = (0.1, 0.2)
    threshold: float = 0.5
    overlap: float = 0.3


def _squares(*sides):
    return tuple((float(side), float(side)) for side in sides)


def _ssd(step, small, large, ratios):
    """SSD's priors of a cell: two squares, then two of each ratio (Liu et al. 2016)."""
    sizes = [*_squares(small, (small * large) ** 0.5)]
    for ratio in ratios:
        root = ratio**0.5
        sizes += [(small * root, small / root), (small / root, small * root)]
    return Layer(step, tuple(sizes))


#: By name: the kinds that ``KIND:weights.onnx`` may say.
SPECS = {
    # Wu et al. 2023; decoding as OpenCV's face_detect.cpp (FaceDetectorYN).
    "yunet": Spec(
        "yunet",
        layers=tuple(Layer(step, ()) for step in (8, 16, 32)),
        threshold=0.6,
    ),
    # Liu et al. 2016, SSD300 as in OpenCV's res10_300x300_ssd.
    "ssd": Spec(
        "priors",
        mean=_OPENCV_MEAN,
        layers=(
            _ssd(8, 30, 60, (2,)),
            _ssd(16, 60, 111, (2, 3)),
            _ssd(32, 111, 162, (2, 3)),
            _ssd(64, 162, 213, (2, 3)),
            _ssd(100, 213, 264, (2,)),
            _ssd(300, 264, 315, (2,)),
        ),
        multiple=300,
    ),
    # Deng et al. 2020, the MobileNet of Pytorch_Retinaface: an SSD with square priors.
    "retinaface": Spec(
        "priors",
        mean=_CAFFE_MEAN,
        layers=(
            Layer(8, _squares(16, 32)),
            Layer(16, _squares(64, 128)),
            Layer(32, _squares(256, 512)),
        ),
    ),
    # Zhang et al. 2017: small priors are repeated within their cell.
    "faceboxes": Spec(
        "priors",
        mean=_CAFFE_MEAN,
        layers=(
            Layer(32, _squares(32, 64, 128), (4, 2, 1)),
            Layer(64, _squares(256), (1,)),
            Layer(128, _squares(512), (1,)),
        ),
        multiple=128,
    ),
    # Zhang et al. 2017: six layers of squares, four cells wide.
    "s3fd": Spec(
        "s3fd",
        mean=_CAFFE_MEAN,
        layers=tuple(Layer(2**i, _squares(2 ** (i + 2))) for i in range(2, 8)),
        multiple=128,
    ),
    # Xu et al. 2020: the centre of a face, its size and its offset.
    "centerface": Spec("centerface", order="rgb"),
    # Linzaer's Ultra-Light-Fast-Generic-Face-Detector-1MB, RFB and slim: boxes decoded.
    "ultralight": Spec(
        "ultralight",
        order="rgb",
        mean=(127.0, 127.0, 127.0),
        scale=1 / 128,
        threshold=0.7,
        multiple=64,
    ),
    # Guo et al. 2021 (InsightFace): distances to the sides from each cell.
    "scrfd": Spec(
        "scrfd",
        order="rgb",
        mean=(127.5, 127.5, 127.5),
        scale=1 / 128,
        layers=tuple(Layer(step, ()) for step in (8, 16, 32)),
        overlap=0.4,
    ),
    # Bazarevsky et al. 2019 (MediaPipe): anchors in two grids, or one.
    "blazeface": Spec(
        "blazeface",
        order="rgb",
        mean=(127.5, 127.5, 127.5),
        scale=1 / 127.5,
        multiple=128,
    ),
    # torchvision.models.detection, exported: boxes, labels and scores.
    "torchvision": Spec("torchvision", order="rgb", scale=1 / 255, overlap=0.5),
}
