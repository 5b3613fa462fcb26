"""Options that several commands share."""

import functools
import inspect
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

DATA = "Folder, zip, CSV manifest, FER2013 CSV, image or glob."
DATA_OR_FACES = f"{DATA} Or a folder of the command faces."

Classes = Annotated[
    str | None,
    typer.Option(
        help="Class set: five, seven (FER2013's) or eight (FER+'s, with contempt).  "
        "[default: five]"
    ),
]
Labels = Annotated[
    str | None,
    typer.Option(
        help="Where labels are: auto (name and folder), name, folder or none; a data set "
        "whose codes are meant: rafdb, fer2013, affectnet, expw, ck, kdef, jaffe, rafd; or "
        "pairs such as 1=anger,2=happiness.  [default: auto]"
    ),
]
Groups = Annotated[
    str | None,
    typer.Option(
        help="Regular expression that finds a person (or other group) in a file name; "
        "groups are never parted, e.g. '_(p[0-9]+)_'."
    ),
]
Detector = Annotated[
    str | None,
    typer.Option(
        help="hog, cascade, cnn (slow, finds turned faces), auto, mtcnn, none (images are "
        "faces already), path/to/face.svm or KIND:path/to/net.onnx.  [default: hog]"
    ),
]
Upsample = Annotated[
    int | None,
    typer.Option(help="Times an image is doubled to find smaller faces.  [default: 0]"),
]
FirstCode = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=1,
        help="Number of the first class in --template, where its labels do not tell.",
    ),
]
Threshold = Annotated[
    float | None,
    typer.Option(help="Least detection score; 0: the detector's own.  [default: 0]"),
]


def _least_face(text):
    from fer_classic.errors import UsageError
    from fer_classic.faces.settings import least_face

    try:
        return least_face(text)
    except UsageError as error:
        raise typer.BadParameter(str(error)) from None


MinFace = Annotated[
    float | None,
    typer.Option(
        "--min-face",
        "--min-size",
        parser=_least_face,
        metavar="SIZE",
        help="Least size of a face in pixels, such as 40, or as a share of the picture's "
        "shorter side, such as 0.1 or 10%.  [default: 0]",
    ),
]
Which = Annotated[
    str | None,
    typer.Option(
        "--faces",
        help="Which of an image's faces count: best (the detector is surest of it), "
        "largest or all, each a row such as photo.jpg#1.  [default: best]",
    ),
]
Align = Annotated[
    str | None,
    typer.Option(
        help="Landmarks to align by: 68, 5, none (upright) or box (the same, and none are "
        "located: for hog and lbp).  [default: 68]"
    ),
]
CropSize = Annotated[
    int | None, typer.Option(help="Side of the aligned crop in pixels.  [default: 64]")
]
MaxPixels = Annotated[
    int | None,
    typer.Option(help="Images with more pixels are not read.  [default: 100 million]"),
]
StartFrom = Annotated[
    str | None,
    typer.Option(
        "--start",
        help="Model whose faces your photographs join, for 50 to 3,000 of them: five-fast, "
        "five-accurate or a folder. It decides classes, crops and what learns.",
    ),
]
Preset = Annotated[
    str | None,
    typer.Option(
        help="Features and models together: card (HOG, LBP and geometry, SMOTE), fast or "
        "accurate (kernel experts below the trees).  [default: fast; none with --features]"
    ),
]
Features = Annotated[
    str | None,
    typer.Option(
        help="Comma-separated families of named columns: hog, lbp, geometry, sift.  "
        "[default: hog,lbp,geometry]"
    ),
]
Balance = Annotated[
    str | None,
    typer.Option(
        help="none, class_weight, smote, borderline_smote, adasyn, smote_enn, random_over, "
        "random_under or mirror. Besides, --prior weighs the classes.  [default: none]"
    ),
]
Prior = Annotated[
    str | None,
    typer.Option(
        help="Class frequencies that probabilities assume: uniform, for a score "
        "that weighs classes evenly; train, for photographs that come as the training set "
        "did.  "
        "[default: uniform]"
    ),
]
Folds = Annotated[
    int | None,
    typer.Option("--cv", help="Folds of a cross-validation on the training images."),
]
VotesFile = Annotated[
    Path | None,
    typer.Option(help="CSV table of votes: file names and a column for each class (FER+)."),
]
VoteShare = Annotated[
    float | None,
    typer.Option(help="What votes count beside labels, from 0 to 1.  [default: 1]"),
]
Seed = Annotated[
    int | None, typer.Option(min=0, help="Seed of all randomness.  [default: 0]")
]
SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="settings.json of an earlier run, to repeat it."),
]
#: Options that decide what is read, then those that decide the faces, by parameter.
READING = {"classes": Classes, "labels": Labels, "groups": Groups}
FACES = READING | {
    "detector": Detector,
    "upsample": Upsample,
    "threshold": Threshold,
    "min_size": MinFace,
    "align": Align,
    "crop_size": CropSize,
    "max_pixels": MaxPixels,
}
#: Options that decide what learns.
LEARNING = {
    "votes": VotesFile,
    "vote_share": VoteShare,
    "preset": Preset,
    "features": Features,
    "balance": Balance,
    "prior": Prior,
    "folds": Folds,
    "seed": Seed,
}
FILE = {"settings_file": SettingsFile}
TRAINING = FACES | LEARNING | FILE

#: What --start decides, so that these options cannot.
DECIDED_BY_START = ("preset", "features", "balance", "prior")

Strict = Annotated[
    bool, typer.Option("--strict", help="Stop at a training image that is unusable.")
]


def _jobs(value):
    if value == 0 or value < -1:
        raise typer.BadParameter(f"must be -1 (all cores) or at least 1. Got {value}.")
    return value


Jobs = Annotated[
    int,
    typer.Option("--jobs", "-j", help="Processes; -1 for all cores.", callback=_jobs),
]


def _cluster(address):
    if address is not None:
        from fer_classic.compute.cluster import check_address

        check_address(address)
    return address


Cluster = Annotated[
    str | None,
    typer.Option(
        help="Dask scheduler whose workers do the work, such as tcp://10.0.0.1:8786, or "
        "local:N for N processes here; needs fer-classic[dask].",
        callback=_cluster,
    ),
]


def on_cluster(address):
    """A block whose work is done by the cluster of the option --cluster, if it is given."""
    if address is None:
        return nullcontext(0)
    from fer_classic.compute.cluster import on_cluster

    return on_cluster(address)


_KEPT = (
    "Folder that keeps finished work, so that a stopped run continues where it was; none"
)
Cache = Annotated[
    str | None,
    typer.Option(help=f"{_KEPT} for no folder.  [default: the user's cache folder]"),
]
CacheIfNamed = Annotated[str | None, typer.Option(help=f"{_KEPT} by default.")]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace the output if it exists.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]


def shared(options):
    """Declare options that several commands share: a decorator.

    The command takes them as one dict, its parameter ``given``; None where an option is
    not given.

    Parameters
    ----------
    options : dict of str to Annotated
        READING, FACES, TRAINING or a part of them.
    """

    def declare(command):
        @functools.wraps(command)
        def whole(**arguments):
            given = {name: arguments.pop(name) for name in options}
            return command(given=given, **arguments)

        signature = inspect.signature(command)
        own = [p for name, p in signature.parameters.items() if name != "given"]
        own = [p.replace(kind=p.KEYWORD_ONLY) for p in own]
        more = [
            inspect.Parameter(name, own[0].KEYWORD_ONLY, default=None, annotation=kind)
            for name, kind in options.items()
        ]
        whole.__signature__ = signature.replace(parameters=[*own, *more])
        whole.__annotations__ = {p.name: p.annotation for p in (*own, *more)}
        return whole

    return declare
