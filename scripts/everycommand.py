"""Every command that writes, on a small set, and what its results have to be.

For scripts/faults.py and tests/test_determinism.py: the commands' words, the folder they
run in, and the comparison of what they wrote.
"""

import json
import re
import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from xml.sax.saxutils import quoteattr

#: Settings that train in a second: no search for faces, few columns, few small trees.
QUICK = {
    "faces": {"detector": "none"},
    "features": {"hog": {"cell": 16}, "geometry": {}},
    "classifier": {"balance": "class_weight", "n_estimators": 6, "num_leaves": 5},
}
PLAN = """
folds = 2
[base]
features = ["geometry"]
n_estimators = 6
[[run]]
name = "larger trees"
num_leaves = 40
"""


@dataclass(frozen=True)
class Command:
    """A command that writes.

    Attributes
    ----------
    words : str
        Its line; ``OUT`` stands for the folder of its results, other paths are relative to
        the folder that :func:`prepare` made.
    jobs : bool
        Whether it has the option --jobs.
    cache : bool
        Whether it has the option --cache.
    later : tuple of str
        Results that follow once the others lie in their place, so a command that was
        stopped may lack them.
    then : str
        The line that makes those; the same line again where it is empty.
    """

    words: str
    jobs: bool = True
    cache: bool = True
    later: tuple = ()
    then: str = ""

    def line(self, out, jobs=1, cache="none", words=None):
        """The arguments of ``fer-classic`` as a list of str."""
        line = [word.replace("OUT", str(out)) for word in (words or self.words).split()]
        options = ["--jobs", str(jobs)] if self.jobs else []
        return line + options + (["--cache", str(cache)] if self.cache else [])


_QUICK = "--settings quick.json --quiet"
COMMANDS = {
    "demo": Command("demo OUT/demo --train 12 --test 6", jobs=False, cache=False),
    "faces": Command("faces test --quiet --out OUT/faces"),
    "features": Command(f"features test {_QUICK} --csv --out OUT/features"),
    "train": Command(f"train train {_QUICK} --cv 2 --out OUT/model"),
    "run": Command(
        f"run train --test test {_QUICK} --template template.json --out OUT/run",
        later=("run/report.html",),
        then="report OUT/run",
    ),
    "predict": Command(
        "predict test --model model --template template.json --quiet "
        "--overlay OUT/overlay --out OUT/answers.json"
    ),
    "explain": Command(
        "explain one.jpg --model model --out OUT/explain.png", jobs=False, cache=False
    ),
    "report": Command("report run --out OUT/report.html", jobs=False, cache=False),
    "compare": Command(
        "compare run/predictions.csv answers.csv --truth test --fuse --out OUT/both.json",
        jobs=False,
        cache=False,
    ),
    # Its folder grows: what it holds is not done again.
    "ablate": Command(
        "ablate plan.toml --quiet --out OUT/ablation", later=("ablation/*", "parts/*")
    ),
    "detector train": Command(
        "detector train marks.xml --window 60 --upsample 0 --epsilon 0.05 --quiet "
        "--out OUT/face.svm",
        jobs=False,
        cache=False,
    ),
    "detector score": Command(
        "detector score hog none --truth marks.xml --quiet --out OUT/scores.json "
        "--misses OUT/misses",
        cache=False,
    ),
    "landmarks train": Command(
        "landmarks train marks.xml --cascade 3 --trees 30 --oversampling 5 --depth 3 "
        "--quiet --out OUT/own.dat",
        jobs=False,
        cache=False,
    ),
}
#: In a process of their own: torch and LightGBM are never loaded together.
OF_TORCH = {
    "train-cnn": Command(
        "train-cnn train --test test --network mini --epochs 2 --quiet --out OUT/cnn",
        later=("cnn/report.html",),
        then="report OUT/cnn",
    ),
    "export": Command("export cnn --out OUT/cnn.onnx", jobs=False, cache=False),
}
if find_spec("torch") and find_spec("onnxruntime"):
    COMMANDS |= OF_TORCH

#: All that differs between two runs of the same command, by file: measured times.
VARYING = {
    "*.json": r'"(\w*seconds|\w*ms)": (\{[^}]*\}|[\d.e-]+)',
    "*/report.html": r"<caption>Time by step</caption>.*?</table>",
    "ablation/ablation.csv": r"(?m),[\d.e-]+,[\d.e-]+$",
    "ablation/ablation.md": r"\| \d+ s \| [\d.]+ ms \|",
}


def prepare(folder, fer_classic, *, train=40, test=40, network=True):
    """Make what the commands read.

    Parameters
    ----------
    folder : pathlib.Path
        To make.
    fer_classic : callable
        Runs a command line, a list of str, in that folder.
    train, test : int
        Images of the synthetic set.
    network : bool
        Whether to train one too, for the command export, where torch is there.
    """
    from fer_classic.faces.store import load_faces

    folder.mkdir(parents=True)
    fer_classic(["demo", "made", "--train", str(train), "--test", str(test)])
    for part in ("train", "test"):
        (folder / "made" / part).rename(folder / part)
    shutil.rmtree(folder / "made")
    names = sorted(path.name for path in (folder / "test").iterdir())
    shutil.copy(next((folder / "test").glob("happiness*.jpg")), folder / "one.jpg")
    (folder / "quick.json").write_text(json.dumps(QUICK))
    answers = [{"filename": name, "label": 0} for name in names]
    (folder / "template.json").write_text(json.dumps(answers))
    (folder / "plan.toml").write_text(f'train = "train"\n{PLAN}')
    for name in ("faces", "train", "run", "predict"):
        fer_classic(COMMANDS[name].line("."))
    if network and "train-cnn" in COMMANDS:
        fer_classic(COMMANDS["train-cnn"].line("."))
    _write_marks(load_faces(folder / "faces"), folder / "marks.xml")


def _write_marks(faces, path):
    """The faces found, as dlib's imglab writes boxes and landmarks."""
    lines = ["<dataset><images>"]
    for i, name in enumerate(faces.names):
        if faces.status[i] != "face":
            continue
        x, y, width, height = faces.boxes[i].round().astype(int)
        box = f"top='{y}' left='{x}' width='{width}' height='{height}'"
        marked = enumerate(faces.points[i].round().astype(int))
        parts = [f"<part name='{k:02d}' x='{u}' y='{v}'/>" for k, (u, v) in marked]
        file = quoteattr(f"test/{name}")
        lines.append(f"<image file={file}><box {box}>{''.join(parts)}</box></image>")
    path.write_text("\n".join([*lines, "</images></dataset>"]), encoding="utf-8")


def is_hidden(path):
    """Whether a relative path goes through a hidden name."""
    return any(part.startswith(".") for part in Path(path).parts)


def contents(folder):
    """Bytes of all files below a folder by name; hidden ones and VARYING left out."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if not is_hidden(name) and path.is_file():
            found[name.as_posix()] = constant(name, path.read_bytes())
    return found


def constant(name, data):
    """The bytes of a result without what VARYING names."""
    for pattern, varying in VARYING.items():
        if Path(name).match(pattern):
            data = re.sub(varying.encode(), b"", data, flags=re.DOTALL)
    return data


def differences(found, expected):
    """What tells two results of :func:`contents` apart, as {name: what it is}."""
    told = dict.fromkeys(expected.keys() - found.keys(), "is missing")
    told |= dict.fromkeys(found.keys() - expected.keys(), "is not expected")
    both = expected.keys() & found.keys()
    return told | {n: "differs" for n in sorted(both) if found[n] != expected[n]}
