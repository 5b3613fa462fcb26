"""Which of the packages that can use a GPU see one; each is asked in its own process."""

import subprocess
import sys

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
