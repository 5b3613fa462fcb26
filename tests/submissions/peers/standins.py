"""Stand-ins for other packages: as small as can be, called as the real ones are.

Each looks at the mean gray of the photograph: below 60 it finds no face, 60 to 69 it
raises, 70 to 79 it dies, 80 to 89 it never answers; else it is happy, from 160 on angry.
"""

import sys

_COMMON = """
import os, time
import numpy as np

def gray(image):
    value = int(np.mean(image))
    print("rubbish {} on stdout")
    os.write(1, b"more rubbish\\n")
    if 60 <= value < 70: raise RuntimeError("out of luck\\nsecond line")
    if 70 <= value < 80: os._exit(3)
    if 80 <= value < 90: time.sleep(600)
    return value
"""

#: Text of the files of each package, below a folder of its own.
PACKAGES = {
    "fer": {
        "fer/__init__.py": "",
        "fer/fer.py": """
from common import gray, np
class FER:
    def detect_emotions(self, image):
        assert image.ndim == 3 and image.dtype == np.uint8
        value = gray(image)
        if value < 60: return []
        angry = np.float32(0.75 if value >= 160 else 0.25)
        return [{"box": np.array([1, 2, 30, 40]), "emotions": {
            "angry": angry, "disgust": 0.0, "fear": 0.0, "happy": 1 - angry,
            "sad": 0.0, "surprise": 0.0, "neutral": 0.0}}]
""",
    },
    "deepface": {
        "deepface/__init__.py": "from deepface import DeepFace",
        "deepface/DeepFace.py": """
from common import gray, np
class FaceNotDetected(ValueError): pass
def analyze(img_path, actions=("emotion", "age"), enforce_detection=True,
            detector_backend="opencv", align=True, expand_percentage=0, silent=False,
            anti_spoofing=False):
    assert list(actions) == ["emotion"] and silent
    value = gray(img_path)
    if value < 60:
        raise FaceNotDetected("Face could not be detected. Please confirm that …")
    angry = np.float64(75.0 if value >= 160 else 25.0)
    return [{"region": {"x": 1, "y": 2, "w": 30, "h": 40, "left_eye": None},
             "face_confidence": np.float64(0.9), "dominant_emotion": "angry",
             "emotion": {"angry": angry, "happy": 100 - angry, "bored": 0.0}}]
""",
    },
    "feat": {
        "feat/__init__.py": """
from common import gray, np
from PIL import Image
import pandas as pd
COLUMNS = ["Anger", "Happiness", "Neutral"]
class Fex(pd.DataFrame):
    emotions = property(lambda self: self[COLUMNS])
class Detectorv2:
    def detect(self, inputs, data_type="image", progress_bar=True):
        assert data_type == "image" and len(inputs) == 1
        value = gray(np.asarray(Image.open(inputs[0])))
        none, angry = value < 60, 0.75 if value >= 160 else 0.25
        row = [np.nan] * 8 if none else [1, 2, 30, 40, 0.9, angry, 1 - angry, 0.0]
        sides = ["X", "Y", "Width", "Height"]
        names = [f"FaceRect{s}" for s in sides] + ["FaceScore", *COLUMNS]
        return Fex([row], columns=names)
""",
    },
    "rmn": {
        "rmn/__init__.py": """
from common import gray
class RMN:
    def detect_emotion_for_single_frame(self, frame):
        value = gray(frame)
        if value < 60: return []
        angry = 0.75 if value >= 160 else 0.25
        return [{"xmin": 1, "ymin": 2, "xmax": 31, "ymax": 42, "emo_label": "angry",
                 "emo_proba": angry,
                 "proba_list": [{"angry": angry}, {"happy": 1 - angry}]}]
""",
    },
}

#: The few lines of OpenCV that the adapters call.
_OPENCV = """
import io
import numpy as np
from PIL import Image
IMREAD_COLOR = 1
def setNumThreads(number): pass
def imdecode(data, how):
    try: return np.asarray(Image.open(io.BytesIO(data.tobytes())).convert("RGB"))[..., ::-1]
    except OSError: return None
"""


def make_python(folder, *packages, opencv=True, **changed):
    """A Python of an environment that holds stand-ins.

    Parameters
    ----------
    folder : pathlib.Path
    *packages : str
        Of PACKAGES.
    **changed : str
        Text of a package's module in the place of the usual one.
    """
    site = folder / "site"
    files = {"common.py": _COMMON} | ({"cv2.py": _OPENCV} if opencv else {})
    for package in packages:
        files |= PACKAGES[package]
    files |= {f"{name}/__init__.py": text for name, text in changed.items()}
    for name, text in files.items():
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{site}" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return str(python)
