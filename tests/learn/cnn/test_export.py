"""ONNX files give the probabilities of the network."""

import numpy as np
import pytest

from fer_classic.errors import FerClassicError
from fer_classic.learn.cnn import export
from fer_classic.learn.cnn.classifier import SmallCNNClassifier

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module", params=["default", "mini"])
def fitted(request, toy):
    return SmallCNNClassifier(
        network=request.param, size=29, epochs=1, batch_size=16, prior="train", n_jobs=1
    ).fit(*toy)


def test_onnx_gives_the_same_probabilities_for_any_number_of_faces(fitted, toy):
    names = ("low", "middle", "high")  # another order than that of classes_
    content, difference = export.onnx_bytes(fitted, names)
    assert difference < 1e-5
    session = onnxruntime.InferenceSession(content)
    meta = session.get_modelmeta().custom_metadata_map
    assert meta == {"classes": "low,middle,high"}
    order = [fitted.classes_.tolist().index(name) for name in names]
    for n in (1, 7):
        found = session.run(["probabilities"], {"crops": toy[0][:n]})[0]
        expected = fitted.predict_proba(toy[0][:n])[:, order]
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_file_that_differs_is_not_written(fitted, monkeypatch):
    monkeypatch.setattr(export, "TOLERANCE", -1.0)
    with pytest.raises(FerClassicError, match=r"differ by up to .* Nothing was written"):
        export.onnx_bytes(fitted, ("low", "middle", "high"))
