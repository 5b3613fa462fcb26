"""Is this installation able to work? Each check says what it saw."""

import os

from fer_classic.cache import VARIABLE, cache_folder, usage
from fer_classic.detect import BUILT_IN, make_detector, third_parties
from fer_classic.errors import FerClassicError
from fer_classic.gpus import gpus
from fer_classic.modelfiles import LANDMARK_LICENCE, MODEL_FILES, model_file, sha256
from fer_classic.runs import versions


def checks():
    """Check the installation, one part after the other.

    Yields
    ------
    name : str
    fine : bool
    detail : str
    """
    from joblib import cpu_count

    for name, version in versions().items():
        yield name, version != "unknown", version
    yield "dlib, as imported", *_dlib()
    yield "processors", True, f"{cpu_count()} of {os.cpu_count()} usable"
    for kind in MODEL_FILES:
        yield f"model file, {kind}", *_model_file(kind)
    for name, answer in gpus():
        yield f"GPU, as {name} sees it", True, answer
    yield "detectors", *_detectors()
    yield "licence", True, LANDMARK_LICENCE
    yield "cache of finished work", True, _cache()
    for name, check in (("compiled kernels", _kernels), ("self-test", _self_test)):
        try:
            yield name, *check()
        except (FerClassicError, ImportError, OSError) as error:
            yield name, False, f"cannot run: {error}"


def _dlib():
    try:
        import dlib
    except ImportError as error:
        return False, f"cannot be imported ({error}): pip install dlib-bin"
    fast = "with" if dlib.USE_AVX_INSTRUCTIONS or dlib.USE_NEON_INSTRUCTIONS else "without"
    return True, f"{dlib.__version__}, {fast} vector instructions"


def _model_file(kind):
    _, variable, expected = MODEL_FILES[kind]
    try:
        path = model_file(kind)
    except FerClassicError as error:
        return False, str(error)
    if sha256(path) == expected:
        return True, f"{path} (checksum as expected)"
    if os.environ.get(variable):
        return True, f"{path} (your own, named by {variable})"
    return False, (
        f"{path} is damaged or another version (its checksum differs): "
        "pip install --force-reinstall face_recognition_models"
    )


def _detectors():
    told, fine = [], True
    for name in (*BUILT_IN, *third_parties()):
        try:
            make_detector(name)
            told.append(name)
        except FerClassicError as error:
            # Extras are optional; what other packages bring should work.
            fine = fine and name in BUILT_IN
            told.append(f"{name} not usable: {error}")
    return fine, "; ".join(told)


def _cache():
    folder = cache_folder()
    if folder is None:
        return f"off: {VARIABLE} says none, or no home folder is known"
    chunks, size = usage(folder)
    return (
        f"{chunks} chunks, {size / 1e6:.0f} MB in {folder}; delete that folder, whole or "
        f"in part, to free the space; {VARIABLE} names another, or none"
    )


def _kernels():
    import time

    import numpy as np

    from fer_classic.align import canonical_shape, warp
    from fer_classic.features import HOGFeatures, LBPFeatures, SIFTFeatures, _kernels

    crops = np.zeros((1, 64, 64), dtype=np.uint8)
    start = time.perf_counter()
    warp(crops[0], np.eye(2, 3), 64)
    HOGFeatures().fit_transform(crops)
    LBPFeatures().fit_transform(crops)
    SIFTFeatures().fit_transform((crops, canonical_shape(64)[None]))
    seconds = time.perf_counter() - start
    cache = _kernels.lbp_codes.stats.cache_path
    return True, f"first call {seconds:.1f} s; compiled code is kept in {cache}"


def _self_test():
    """The whole way from bytes to features, on a public-domain portrait."""
    import io

    import numpy as np
    from PIL import Image
    from skimage.data import astronaut

    from fer_classic.dataset import Samples
    from fer_classic.faces import extract_faces
    from fer_classic.labels import FIVE
    from fer_classic.sources import BytesSource

    file = io.BytesIO()
    Image.fromarray(astronaut()).save(file, format="PNG")
    none = (None,)
    source = (BytesSource(file.getvalue()),)
    samples = Samples(("astronaut",), source, np.array([-1]), none, none, none, FIVE, ())
    faces = extract_faces(samples)
    x, y, width, height = faces.boxes[0]
    nose = faces.points[0, 30]
    inside = x < nose[0] < x + width and y < nose[1] < y + height
    fine = faces.status == ("face",) and inside
    detail = f"face at {x:.0f}, {y:.0f}, {width:.0f} x {height:.0f}, nose tip inside"
    return fine, detail if fine else f"no face found in the portrait: {faces.status[0]}"
