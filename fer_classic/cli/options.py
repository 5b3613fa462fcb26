"""Options that several commands share."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from fer_classic.cli.face_options import MinFace as MinFace
from fer_classic.cli.face_options import Which as Which

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
    typer.Option(help="Where labels are: auto, name, folder or none.  [default: auto]"),
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
Threshold = Annotated[
    float | None,
    typer.Option(help="Least detection score; 0: the detector's own.  [default: 0]"),
]
MinSize = Annotated[
    float | None, typer.Option(help="Least face size in pixels.  [default: 0]")
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
Preset = Annotated[
    str | None,
    typer.Option(
        help="Features and models together: card (HOG, LBP and geometry, SMOTE), fast or "
        "accurate (kernel experts below the trees); other options then change it."
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
        help="Class frequencies that probabilities assume: uniform suits a score that "
        "weighs classes evenly, train photographs that come as the training set did.  "
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
#: Options that are settings, by the name of their parameter; the first decide the faces.
_OF_FACES = (
    *("classes", "labels", "groups", "detector", "upsample", "threshold", "min_size"),
    *("align", "crop_size", "max_pixels", "which"),
)
_SETTINGS = (*_OF_FACES, "balance", "prior", "folds", "vote_share", "seed")

#: Options of a network, by the name of their parameter.
_OF_NETWORK = (
    *("network", "size", "epochs", "batch_size", "learning_rate", "balance", "prior"),
    *("device", "compile"),
)

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
    from fer_classic.compute.cluster import check_address

    if address is not None:
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


def settings_from(arguments):
    """Settings from a command's options.

    Parameters
    ----------
    arguments : dict
        The command's ``locals()``: options that are settings are taken where they are
        not None, and ``settings_file`` names the settings they change.
    """
    from fer_classic.errors import UsageError, one_of
    from fer_classic.features import CROP_FAMILIES, check_located, make_extractors
    from fer_classic.learn.classifier import PRIORS, ExpressionClassifier
    from fer_classic.settings import CARD_FEATURES, Settings, preset_settings, read_settings

    path, preset = arguments.get("settings_file"), arguments.get("preset")
    if path and preset:
        raise UsageError(
            "--preset and --settings both say everything: give one of them. A settings "
            "file holds what its run's preset was."
        )
    settings = read_settings(path) if path else Settings()
    if settings.network:
        raise UsageError(
            f"{path} holds the settings of a network: give it to the command train-cnn."
        )
    if preset:
        settings = preset_settings(preset)
    changes = {key: arguments.get(key) for key in _SETTINGS}
    if changes["detector"] is not None:
        changes["detector"] = detector_from(changes["detector"])
    if arguments.get("features") is not None:
        given = arguments["features"].split(",")
        names = [one_of(name.strip(), CROP_FAMILIES, "--features") for name in given]
        known = CARD_FEATURES | settings.features
        changes["features"] = {name: known.get(name, {}) for name in names}
    settings = settings.with_changes(**changes)
    # What only training would find out, minutes later.
    if settings.features or not settings.experts:
        make_extractors(settings.features)
    if "features" in arguments:
        check_located(settings.faces.align, *settings.every_features())
    known = ExpressionClassifier().get_params()
    for key in settings.classifier:
        one_of(key, known, "key of the classifier's settings")
    one_of(settings.classifier.get("prior", "uniform"), PRIORS, "prior")
    return settings


def network_settings_from(arguments):
    """Settings of a network from the options of the command train-cnn.

    Parameters
    ----------
    arguments : dict
        The command's ``locals()``, as in :func:`settings_from`.
    """
    from fer_classic.errors import UsageError
    from fer_classic.learn.cnn.classifier import SmallCNNClassifier
    from fer_classic.settings import Settings, read_settings

    path = arguments.get("settings_file")
    settings = read_settings(path) if path else Settings(network={"network": "default"})
    if not settings.network:
        raise UsageError(f"{path} holds the settings of a model that is no network.")
    given = {key: arguments.get(key) for key in (*_OF_FACES, "seed")}
    changes = {key: arguments[key] for key in _OF_NETWORK if arguments[key] is not None}
    settings = settings.with_changes(**given, network=settings.network | changes)
    # Nothing besides the network learns.
    settings = replace(settings, features={}, experts=[], classifier={}, folds=0)
    try:
        SmallCNNClassifier(**settings.network).check_parameters()
    except ValueError as error:
        raise UsageError(str(error)) from None
    return settings


def detector_from(name):
    """A detector as settings hold it: its file is there, its path absolute.

    Parameters
    ----------
    name : str
        The option --detector.
    """
    from fer_classic.detect import detector_identity, with_folder

    named = with_folder(name, ".")
    detector_identity(named)  # what is missing is told before any work
    return named


def cache_folder_from(cache, *, default=True):
    """Where finished work is kept, from the option --cache or the environment.

    Parameters
    ----------
    cache : str or None
        The option.
    default : bool
        Whether work is kept where neither says anything.
    """
    from fer_classic.faces.cache import cache_folder

    return cache_folder(cache, default=default)


def refuse_for_faces(arguments):
    """Refuse options that cannot change a face table that is already made.

    Parameters
    ----------
    arguments : dict
        The command's ``locals()``.

    Raises
    ------
    UsageError
        One of them is given.
    """
    from fer_classic.errors import UsageError

    if given := [key for key in _OF_FACES if arguments.get(key) is not None]:
        raise UsageError(
            f"--{given[0].replace('_', '-')} has no effect on a finished face table: give "
            "it to the command faces, or give photographs here."
        )
