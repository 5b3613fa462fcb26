"""How a detector is named: one text, on the command line, in settings and in plans."""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fer_classic.errors import FerClassicError, UsageError
from fer_classic.files.weights import model_file, mtcnn_file, mtcnn_is_here, sha256

BUILT_IN = ("none", "hog", "cnn", "cascade", "auto", "mtcnn")
#: Entry points of other distributions: ``name = package.module:make``.
GROUP = "fer_classic.detectors"
#: Environment variable with the detector with which ``auto`` begins.
VARIABLE = "FER_CLASSIC_DETECTOR"


@dataclass(frozen=True)
class DetectorName:
    """A detector's name, taken apart.

    Attributes
    ----------
    kind : {"built-in", "third party", "trained", "onnx"}
    name : str
        The built-in or third party's name, or the kind of network; "trained" else.
    path : pathlib.Path or None
        File of the weights.
    given : str
        What follows the ``?`` after the file of a network.
    """

    kind: str
    name: str
    path: Path | None = None
    given: str = ""

    def file(self):
        """Path of the weights.

        Raises
        ------
        FerClassicError
            There is no such file.
        """
        if not self.path.is_file():
            raise FerClassicError(
                f"No detector file at {self.path}, which the settings name: put it there, "
                "or name another detector with `detector`."
            )
        return self.path


def parse_detector(text):
    """Take a detector's name apart. No file is looked for.

    Raises
    ------
    UsageError
        It has none of the forms.
    """
    if not isinstance(text, str):
        raise UsageError(f"detector must be text. Got {text!r} instead.")
    if text in BUILT_IN:
        return DetectorName("built-in", text)
    if text.lower().endswith(".svm"):
        return DetectorName("trained", "trained", Path(text))
    from fer_classic.detect.given import changed_spec
    from fer_classic.detect.specs import SPECS

    spec, _, path = text.partition(":")
    path, _, given = path.partition("?")
    if spec in SPECS and path.lower().endswith(".onnx"):
        changed_spec(SPECS[spec], given)  # what is wrong in it is told now
        return DetectorName("onnx", spec, Path(path), given)
    if text.lower().endswith(".onnx"):
        raise UsageError(
            f"detector {text!r} does not say what kind of network it is: put one of "
            f"{{{', '.join(SPECS)}}} and a colon before the path."
        )
    if text in third_parties():
        return DetectorName("third party", text)
    raise UsageError(
        f"detector must be one of {{{', '.join(BUILT_IN)}}}, the name of an installed "
        "detector, path/to/detector.svm, or KIND:path/to/weights.onnx with KIND one of "
        f"{{{', '.join(SPECS)}}}. Got {text!r} instead."
        + ("" if not third_parties() else f" Installed: {', '.join(third_parties())}.")
    )


def with_folder(text, folder):
    """The same name with an absolute path, where it has one.

    Parameters
    ----------
    text : str
    folder : path-like
        What a relative path is relative to.
    """
    named = parse_detector(text)
    if named.path is None:
        return text
    path = Path(folder).absolute() / named.path
    given = f"?{named.given}" if named.given else ""
    return str(path) if named.kind == "trained" else f"{named.name}:{path}{given}"


def first_of_auto():
    """The detector with which ``auto`` begins, where the user named one once.

    Returns
    -------
    str or None

    Raises
    ------
    UsageError
        The environment variable names none.
    """
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return None
    try:
        named = parse_detector(text)
    except UsageError as error:
        raise UsageError(f"The environment variable {VARIABLE}: {error}") from None
    if named.name in ("auto", "none"):
        raise UsageError(
            f"The environment variable {VARIABLE} names the detector with which auto "
            f"begins, and {text} cannot be it."
        )
    return text


def steps_of_auto():
    """The detectors that ``auto`` asks in turn until one finds a face.

    Returns
    -------
    tuple of str

    Raises
    ------
    UsageError
        The environment variable names none.
    """
    if first := first_of_auto():
        return (first, "hog")
    return ("hog", "mtcnn", "cnn") if mtcnn_is_here() else ("hog", "cnn")


@lru_cache
def third_parties():
    """Detectors that other distributions bring.

    Returns
    -------
    dict of str to importlib.metadata.EntryPoint
        By name; built-in names cannot be taken.
    """
    from importlib.metadata import entry_points

    return {e.name: e for e in entry_points(group=GROUP) if e.name not in BUILT_IN}


def detector_identity(text):
    """What decides a detector's answers, wherever its files lie.

    Returns
    -------
    list of str
        Kind, name, and checksums or versions.

    Raises
    ------
    FerClassicError
        A file or package is missing.
    """
    named = parse_detector(text)
    told = [named.kind, named.name]
    if named.path is not None:
        told.append(sha256(named.file()))
    if named.given:
        told.append(named.given)
    if text == "auto":
        for step in steps_of_auto():
            told += detector_identity(step)
    if named.kind == "third party":
        entry = third_parties()[text]
        told += [entry.value, entry.dist.name, entry.dist.version]
    if text == "cnn":
        told.append(sha256(model_file("cnn_detector")))
    if text == "mtcnn":
        told += [sha256(mtcnn_file(net)) for net in ("pnet", "rnet", "onet")]
    if named.kind == "onnx" or text == "mtcnn":
        from fer_classic.files.versions import package_version

        told.append(package_version("onnxruntime"))
    return told
