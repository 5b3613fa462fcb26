"""A trained network as ONNX: from gray crops to calibrated probabilities."""

import io
import warnings

import numpy as np
import torch
from torch import nn

from fer_classic.errors import FerClassicError

#: Largest difference of a probability that rounding explains.
TOLERANCE = 1e-4


class _Whole(nn.Module):
    """All that ``predict_proba`` does, columns in the order of the class set."""

    def __init__(self, classifier, order):
        super().__init__()
        self.network, self.mirror = classifier.network_, classifier.mirror
        self.temperature, self.order = classifier.temperature_, order
        shift = torch.from_numpy(classifier.log_prior_shift_.astype(np.float32))
        self.register_buffer("shift", shift)

    def forward(self, crops):
        faces = crops.unsqueeze(1).float()
        logits = self.network(faces)
        if self.mirror:
            logits = (logits + self.network(faces.flip(3))) / 2
        scores = (logits + self.shift) / self.temperature
        return torch.softmax(scores, dim=1)[:, self.order]


def onnx_bytes(classifier, names):
    """Export a network, and compare it with onnxruntime on random pictures.

    Parameters
    ----------
    classifier : SmallCNNClassifier
        Fitted.
    names : sequence of str
        Classes in the order of the file's columns.

    Returns
    -------
    content : bytes
        Of an ONNX file: input ``crops`` uint8 (n, S, S), output ``probabilities``
        float32 (n, k); the metadata key ``classes`` holds the names, comma-separated.
    difference : float
        Largest difference of a probability from ``predict_proba``.

    Raises
    ------
    FerClassicError
        The difference is too large.
    """
    import onnx
    import onnxruntime

    order = [classifier.classes_.tolist().index(name) for name in names]
    whole = _Whole(classifier, order).cpu().eval()
    side = classifier.crop_size_
    crops = np.random.default_rng(0).integers(0, 256, (16, side, side), dtype=np.uint8)
    out = io.BytesIO()
    with warnings.catch_warnings():
        # torch announces another exporter, which needs further packages.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            whole,
            (torch.from_numpy(crops[:2]),),
            out,
            dynamo=False,
            input_names=["crops"],
            output_names=["probabilities"],
            dynamic_axes={"crops": {0: "n"}, "probabilities": {0: "n"}},
        )
    graph = onnx.load_from_string(out.getvalue())
    onnx.helper.set_model_props(graph, {"classes": ",".join(names)})
    content = graph.SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    found = session.run(None, {"crops": crops})[0]
    expected = classifier.predict_proba(crops)[:, order]
    difference = float(np.abs(found - expected).max())
    if not difference <= TOLERANCE:
        raise FerClassicError(
            f"onnxruntime's probabilities differ by up to {difference:.2g} from the "
            f"network's; {TOLERANCE:g} is allowed. Nothing was written."
        )
    return content, difference
