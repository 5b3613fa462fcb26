"""dlib's trainers in a process of their own: they print to stdout and cannot be stopped."""

import json
import subprocess
import sys
from pathlib import Path
from xml.sax.saxutils import quoteattr

from PIL import Image

from fer_classic.data.image import decode, to_gray
from fer_classic.errors import FerClassicError, UsageError
from fer_classic.files.atomic import check_new_file, write_files
from fer_classic.files.text import to_json

#: What the other process runs: a trainer of dlib's on a data set, with its options.
_CODE = """
import json, sys
if sys.platform == "linux":
    import ctypes
    ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG: it ends with a parent that is killed
import dlib
job = json.loads(sys.argv[1])
options = getattr(dlib, job["trainer"] + "_training_options")()
for name, value in job["options"].items():
    setattr(options, name, value)
getattr(dlib, "train_" + job["trainer"])(job["data"], job["out"], options)
"""


def check_out(out, ending, what, *, overwrite=False):
    """Raise UsageError unless a trained file and its card can be written.

    Parameters
    ----------
    out : path-like
    ending : str
        That the file must have, such as ".svm".
    what : str
        The file's name for people.
    overwrite : bool
    """
    out = Path(out)
    if out.suffix != ending:
        raise UsageError(f"`out` names the {what}, a {ending} file. Got {out}.")
    for path in (out, out.with_suffix(".json")):
        check_new_file(path, overwrite=overwrite)


def write_with_card(made, out, card, *, overwrite=False):
    """Put what a trainer made into its place, and the card beside it as .json.

    Parameters
    ----------
    made : pathlib.Path
    out : path-like
    card : dict of JSON types
    overwrite : bool
    """
    out = Path(out)
    contents = {out.with_suffix(".json"): to_json(card), out: made.read_bytes()}
    write_files(contents, overwrite=overwrite)


def write_dataset(pictures, folder):
    """Write gray pictures and their marks as a data set of dlib's.

    Parameters
    ----------
    pictures : sequence of Picture
        With paths.
    folder : path-like
        Existing and empty.

    Returns
    -------
    pathlib.Path
        The XML file. Ignored marks stay marked as such.
    """
    folder = Path(folder)
    lines = ["<dataset><images>"]
    for i, picture in enumerate(pictures):
        name = f"{i:06d}.png"
        # Upright, and of any format that is read here.
        image = to_gray(decode(picture.path.read_bytes()))
        Image.fromarray(image).save(folder / name, compress_level=1)
        lines.append(f"<image file={quoteattr(name)}>")
        lines += [_box(mark) for mark in picture.marks]
        lines.append("</image>")
    lines.append("</images></dataset>")
    path = folder / "data.xml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _box(mark):
    box = {
        "left": round(mark.x),
        "top": round(mark.y),
        "width": max(1, round(mark.width)),
        "height": max(1, round(mark.height)),
        "ignore": int(mark.ignored),
    }
    told = " ".join(f"{key}='{value}'" for key, value in box.items())
    parts = "".join(
        f"<part name='{i:02d}' x='{round(float(x))}' y='{round(float(y))}'/>"
        for i, (x, y) in enumerate(() if mark.points is None else mark.points)
    )
    return f"<box {told}>{parts}</box>"


def run_trainer(trainer, data, out, options, *, quiet=False):
    """Run one of dlib's trainers; its progress goes to stderr.

    Parameters
    ----------
    trainer : {"simple_object_detector", "shape_predictor"}
    data : path-like
        XML file of :func:`write_dataset`.
    out : path-like
        File to write.
    options : dict
        Attributes of dlib's options.
    quiet : bool
        No progress.

    Raises
    ------
    FerClassicError
        dlib refused or the process ended; with dlib's own words.
    OSError
        The detector or predictor cannot be written: a full disk, or files are limited.
    """
    job = {"trainer": trainer, "data": str(data), "out": str(out), "options": options}
    command = [sys.executable, "-c", _CODE, json.dumps(job)]
    target = subprocess.DEVNULL if quiet else sys.stderr.fileno()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=target, stderr=subprocess.PIPE, text=True
    )
    try:
        _, told = process.communicate()
    finally:
        if process.poll() is None:  # interrupted
            process.kill()
            process.wait()
    if process.returncode < 0:
        raise FerClassicError(
            "dlib's trainer was killed, most likely because memory ran out: give fewer or "
            "smaller images, a larger `window`, or less `upsample`."
        )
    if process.returncode:
        reason = " ".join((told.strip().splitlines() or ["no reason given"])[-1].split())
        if "serializ" in reason:  # dlib does not say why it cannot write; the system does
            with open(out, "ab") as file:
                file.write(bytes(1 << 16))
        raise FerClassicError(f"dlib's trainer stopped: {reason[:500]}")
