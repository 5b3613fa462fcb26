"""What other packages say of the same photographs, and what a photograph costs them.

Usage: python scripts/peers.py TOOL PHOTOGRAPHS.zip ANSWERS.json

TOOL is fer, as its README calls it (Haar cascade), or fer_classic (five-fast, or the
model that --model names). Run it in an environment that holds the tool; the peers never
share one. Then

    fer-classic compare fer.json fer_classic.json --truth PHOTOGRAPHS.zip

scores all answers alike: photographs without an answer count as wrong. Milliseconds are
the processor's, from the bytes in memory to the answer, of one thread, after one warming
call; the median of all photographs. "on disk" is what the environment's packages take.
"""

import argparse
import json
import os
import statistics
import sys
import sysconfig
import time
import zipfile
from pathlib import Path

THREADS = ("OMP", "OPENBLAS", "MKL", "NUMBA", "TF_NUM_INTEROP", "TF_NUM_INTRAOP")
for start in THREADS:
    os.environ[f"{start}_THREADS" if "TF" in start else f"{start}_NUM_THREADS"] = "1"


def main():
    """Ask the tool about every photograph, write its answers, tell the cost."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tool", choices=TOOLS)
    parser.add_argument("photographs", type=Path, help="a zip of images")
    parser.add_argument("answers", type=Path, help="JSON file to write")
    parser.add_argument("--first", type=int, help="ask about the first so many alone")
    parser.add_argument("--model", default="five-fast", help="of fer_classic")
    given = parser.parse_args()
    ask = TOOLS[given.tool](given.model)
    answers, times = {}, []
    with zipfile.ZipFile(given.photographs) as archive:
        names = [n for n in archive.namelist() if n.endswith((".jpg", ".png"))]
        names = names[: given.first]
        ask(archive.read(names[0]))
        for name in names:
            data, start = archive.read(name), time.process_time()
            answers[name] = ask(data)
            times.append(1e3 * (time.process_time() - start))
    given.answers.write_text(json.dumps(answers), encoding="utf-8")
    answered = sum(any(face["box"] for face in own) for own in answers.values())
    print(f"{given.tool}: {answered} of {len(names)} photographs with a face")
    print(f"processor ms a photograph, median: {statistics.median(times):.1f}")
    print(f"on disk: {size(sysconfig.get_path('purelib')) / 1e6:.0f} MB")


def fer(_):
    """A function from bytes to what the package fer says."""
    import cv2
    import numpy as np
    from fer.fer import FER

    cv2.setNumThreads(1)
    detector = FER()

    def ask(data):
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        faces = detector.detect_emotions(image)
        return [
            {
                "box": [int(value) for value in face["box"]],
                "emotions": {name: float(p) for name, p in face["emotions"].items()},
            }
            for face in faces
        ]

    return ask


def fer_classic(model):
    """A function from bytes to what this package says, in the layout of fer."""
    import fer_classic as fc

    analyzer = fc.Analyzer(model)

    def ask(data):
        return [
            {
                "box": [float(v) for v in face.box] if face.status == "face" else None,
                "emotions": {name: float(p) for name, p in face.probabilities.items()},
            }
            for face in analyzer(data)[0].faces
        ]

    return ask


def size(folder):
    """Bytes of all files below a folder."""
    return sum(p.stat().st_size for p in Path(folder).rglob("*") if p.is_file())


TOOLS = {"fer": fer, "fer_classic": fer_classic}

if __name__ == "__main__":
    sys.exit(main())
