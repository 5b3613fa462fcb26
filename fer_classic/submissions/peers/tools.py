"""Asks one package about photographs, in a process and an environment of its own.

Run as a script, ``python tools.py TOOL [MODEL]``, by the Python that holds the package,
which need not hold this one: only the standard library is imported above. Each package is
called as its own documentation shows. Paths of photographs come by stdin, a line each; the
answers leave, a line of JSON each, by what stdout was at the start. What a package prints
goes to stderr.
"""

import json
import os
import sys
import threading
import time
from importlib import metadata


def fer(_):
    """https://pypi.org/project/fer: Haar cascade, mini-Xception."""
    from fer.fer import FER

    detector = FER()

    def ask(data, path):
        faces = detector.detect_emotions(_pixels(data))
        return [{"box": face["box"], "emotions": face["emotions"]} for face in faces]

    return ask


def deepface(_):
    """https://pypi.org/project/deepface: a face that is not found is an error there."""
    from deepface import DeepFace

    def ask(data, path):
        try:
            found = DeepFace.analyze(_pixels(data), actions=["emotion"], silent=True)
        except ValueError as error:
            if "could not be detected" not in str(error):
                raise
            return []
        return [
            {
                "box": [face["region"][key] for key in "xywh"],
                "confidence": face.get("face_confidence"),
                "emotions": face["emotion"],
            }
            for face in (found if isinstance(found, list) else [found])
        ]

    return ask


def py_feat(_):
    """https://py-feat.org: the detector of version 0.7 and later, or that of before."""
    try:
        from feat import Detectorv2 as Detector
    except ImportError:
        from feat import Detector
    detector = Detector()

    def ask(data, path):
        found = detector.detect([path], data_type="image", progress_bar=False)
        boxes = found[[f"FaceRect{side}" for side in ("X", "Y", "Width", "Height")]]
        sure, names = found["FaceScore"].tolist(), list(found.emotions.columns)
        rows = zip(boxes.values.tolist(), sure, found.emotions.values.tolist(), strict=True)
        return [
            {"box": box, "confidence": p, "emotions": dict(zip(names, row, strict=True))}
            for box, p, row in rows
            if p == p  # NaN: py-feat's row of a photograph without a face
        ]

    return ask


def rmn(_):
    """https://pypi.org/project/rmn: YuNet, residual masking network."""
    from rmn import RMN

    detector = RMN()

    def ask(data, path):
        faces = detector.detect_emotion_for_single_frame(_pixels(data))
        return [
            {
                "box": [
                    *(face["xmin"], face["ymin"]),
                    *(face["xmax"] - face["xmin"], face["ymax"] - face["ymin"]),
                ],
                "emotions": {k: p for one in face["proba_list"] for k, p in one.items()},
            }
            for face in faces
        ]

    return ask


def fer_classic(model):
    """A model of this package; without a face it guesses from the whole photograph."""
    import fer_classic as fc

    analyzer = fc.Analyzer(model)

    def ask(data, path):
        return [
            {
                "box": face.box if face.status == "face" else None,
                "emotions": face.probabilities,
            }
            for face in analyzer(data)[0].faces
        ]

    return ask


#: Functions by the name of the package as pip knows it.
TOOLS = {
    "fer": fer,
    "deepface": deepface,
    "py-feat": py_feat,
    "rmn": rmn,
    "fer_classic": fer_classic,
}


def _pixels(data):
    """Pixels in the order blue, green, red, as OpenCV's imread gives them."""
    import cv2
    import numpy as np

    cv2.setNumThreads(1)
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError("OpenCV cannot read this file")
    return image


def main(tool, model=None):
    """Load a package, and answer until stdin ends.

    Parameters
    ----------
    tool : str
        Of TOOLS.
    model : str, optional
    """
    threading.Thread(target=_end_with, args=[os.getppid()], daemon=True).start()
    questions, tell = _own_streams()
    start = time.process_time()
    try:
        ask = TOOLS[tool](model)
    except ImportError as error:
        return tell({"missing": str(error)})
    except BaseException as error:
        return tell({"broken": _reason(error)})
    seconds = time.process_time() - start
    tell({"version": _version(tool), "load_s": seconds, "peak_mb": _peak()})
    warm = False
    for line in questions:
        answer = _answer(ask, json.loads(line), warm)
        warm = warm or "faces" in answer
        tell(answer | {"peak_mb": _peak()})


def _answer(ask, path, warm):
    """Faces and processor milliseconds; the first photograph is asked about twice."""
    try:
        with open(path, "rb") as file:
            data = file.read()
        if not warm:
            ask(data, path)
        start = time.process_time()
        faces = ask(data, path)
        used = 1e3 * (time.process_time() - start)
        plain = json.loads(json.dumps(faces, default=_plain, allow_nan=False))
        return {"faces": plain, "ms": used}
    except Exception as error:
        return {"error": _reason(error)}


def _plain(value):
    """What NumPy's numbers and arrays hold; numbers of other kinds as floats."""
    return value.tolist() if hasattr(value, "tolist") else float(value)


def _reason(error):
    first = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}"[:300]


def _own_streams():
    """Questions, and a function that tells: beyond the reach of what packages print."""
    questions = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)

    def tell(value):
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    return questions, tell


def _version(tool):
    try:
        return metadata.version(tool)
    except metadata.PackageNotFoundError:
        return None


def _peak():
    """Most memory so far in MB; None where the system does not tell.

    Linux's getrusage would count what the process was forked from.
    """
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            lines = dict(line.split(":", 1) for line in file)
        return int(lines["VmHWM"].split()[0]) * 1024 / 1e6
    except (OSError, KeyError, ValueError):
        pass
    try:
        import resource
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def _end_with(parent):
    """End when the process that asks is gone, even within a call that never returns."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [own for own in sys.path if os.path.abspath(own or ".") != here]
    main(*sys.argv[1:])
