"""Labels that lie in a file of their own beside each image, as some data sets have them.

CK+: ``Emotion/S005/001/S005_001_00000011_emotion.txt`` holds the code of the image
``S005_001_00000011.png``, the last of its sequence. AffectNet: ``annotations/12_exp.npy``
holds the code of ``images/12.jpg``.
"""

from pathlib import PurePosixPath

from fer_classic.data.manifest import label_of
from fer_classic.errors import FerClassicError
from fer_classic.files.arrays import array_from_bytes

#: Endings of the files' names by data set, and those of files that tell something else.
ENDINGS = {"ck": "_emotion.txt", "affectnet": "_exp.npy"}
BESIDE = {
    "ck": ("_landmarks.txt", "_facs.txt"),
    "affectnet": ("_val.npy", "_aro.npy", "_lnd.npy"),
}
#: A file that holds one code is smaller.
_LARGEST = 4096


def label_files(names, convention):
    """The files of labels among those of a folder or archive.

    Parameters
    ----------
    names : list of str
    convention : Convention or None

    Returns
    -------
    files : dict of str to str
        File by the key that :func:`image_key` gives its image; empty where the data set
        has none.
    others : set of str
        These, and files of the data set that tell something else than a label.
    """
    ending = ENDINGS.get(convention.key) if convention is not None else None
    if ending is None:
        return {}, set()
    found = [name for name in names if name.lower().endswith(ending)]
    others = {n for n in names if n.lower().endswith((ending, *BESIDE[convention.key]))}
    key = convention.key
    return {image_key(name[: -len(ending)], key): name for name in found}, others


def image_key(path, key):
    """What an image and the file of its label have in common.

    Parameters
    ----------
    path : str
        Of the image without its ending; of the label's file without what is added.
    key : {"ck", "affectnet"}
    """
    path = PurePosixPath(path)
    if key == "ck":  # names are distinct, and the label lies in a tree of its own
        return path.name
    return str(path.parent.parent / path.name)


def label_beside(image, files, holding, convention):
    """What the file of an image's label says.

    Parameters
    ----------
    image : str
    files : dict of str to str
        As :func:`label_files` gives them.
    holding : Folder or Zip
    convention : Convention

    Returns
    -------
    dict
        As :func:`fer_classic.data.manifest.label_of` gives it; no expression where the
        image has no such file.
    """
    key = image_key(PurePosixPath(image).with_suffix("").as_posix(), convention.key)
    if key not in files:
        return {"expression": None}
    name = files[key]
    try:
        data = holding.read(name)
        text = (
            _npy_text(data, name)
            if name.lower().endswith(".npy")
            else data[:_LARGEST].decode()
        )
        return label_of(text.strip(), name, convention)
    except (FerClassicError, ValueError):
        return {"expression": None, "problem": f"{name} holds no label"}


def _npy_text(data, name):
    """The one value of an array, as text."""
    array = array_from_bytes(data[:_LARGEST], name)
    if array.size != 1:
        raise ValueError("not a single value")
    value = array.reshape(-1)[0]
    return value.decode() if isinstance(value, bytes) else str(value)
