"""Is this installation able to work? Each check says what it saw."""

import os
import subprocess
import sys

from fer_classic.detect import BUILT_IN, make_detector, third_parties
from fer_classic.errors import FerClassicError
from fer_classic.faces.cache import usage
from fer_classic.files.kept import VARIABLE, cache_folder
from fer_classic.files.versions import versions
from fer_classic.files.weights import LANDMARK_LICENCE, MODEL_FILES, model_file, sha256


def checks():
    """Check the installation, one part after the other."""
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

    from fer_classic.compute.compiled import unkept
    from fer_classic.faces.align import canonical_shape, warp
    from fer_classic.features import HOGFeatures, LBPFeatures, SIFTFeatures, _kernels

    crops = np.zeros((1, 64, 64), dtype=np.uint8)
    start = time.perf_counter()
    warp(crops[0], np.eye(2, 3), 64)
    HOGFeatures().fit_transform(crops)
    LBPFeatures().fit_transform(crops)
    SIFTFeatures().fit_transform((crops, canonical_shape(64)[None]))
    seconds = time.perf_counter() - start
    if unkept:
        return True, (
            f"ready in {seconds:.1f} s; compiled anew in every process, as neither the "
            "package's folder nor the user's cache can be written"
        )
    cache = _kernels.lbp_codes.stats.cache_path
    return True, f"first call {seconds:.1f} s; compiled code is kept in {cache}"


def _self_test():
    """The whole way from bytes to features, on a public-domain portrait."""
    import io

    import numpy as np
    from PIL import Image
    from skimage.data import astronaut

    from fer_classic.data.dataset import Samples
    from fer_classic.data.labels import FIVE
    from fer_classic.data.sources import BytesSource
    from fer_classic.faces.extract import extract_faces

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


#: Never in one process: torch and LightGBM bring an OpenMP runtime each.
_QUESTIONS = {
    "torch": """
import torch
if torch.cuda.is_available():
    print(f"yes, {torch.cuda.get_device_name()} by CUDA {torch.version.cuda}")
elif torch.version.cuda:
    print(f"no, torch {torch.__version__} finds no device or no driver")
else:
    print(f"no, torch {torch.__version__} is a build for CPUs alone")
""",
    "dlib": """
import dlib
if not dlib.DLIB_USE_CUDA:
    print(f"no, dlib {dlib.__version__} is a build without CUDA")
elif dlib.cuda.get_num_devices() < 1:
    print("no, dlib has CUDA and finds no device")
else:
    print(f"yes, {dlib.cuda.get_num_devices()} by CUDA")
""",
    "lightgbm": """
import lightgbm, numpy
X = numpy.arange(200.0).reshape(100, 2)
found = []
for kind in ("cuda", "gpu"):
    data = lightgbm.Dataset(X, X[:, 0] > 99, params={"verbose": -1})
    try:
        lightgbm.train({"device_type": kind, "verbose": -1}, data, 1)
    except lightgbm.basic.LightGBMError as error:
        found.append(f"{kind}: {str(error).splitlines()[0]}")
    else:
        print(f"yes, by device_type {kind!r}")
        break
else:
    print("no;", "; ".join(found))
""",
}


def gpus():
    """Ask torch, dlib and LightGBM whether they see a GPU.

    Yields
    ------
    name : str
    answer : str
        Begins with "yes", "no" or "not installed".
    """
    for name, question in _QUESTIONS.items():
        yield name, _answer(name, question)


def _answer(name, question):
    from importlib.util import find_spec

    if find_spec(name) is None:
        return "not installed" + (
            ": pip install 'fer_classic[cnn]'" if name == "torch" else ""
        )
    command = [sys.executable, "-c", question]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"no, asking failed: {error}"
    told = done.stdout.strip().splitlines()
    if done.returncode or not told:
        reason = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        return f"no, {name} cannot be asked: {reason}"
    return told[-1]
