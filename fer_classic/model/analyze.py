"""One call for whatever one holds: images in, every face with its expression out."""

import os
import threading

from fer_classic.errors import one_of
from fer_classic.faces.settings import WHICH
from fer_classic.model.analyzer import Analyzer

#: Analyzers of earlier calls that are kept; each takes tens of megabytes.
KEPT = 2


def analyze(images, faces="best", model="five-fast", **options):
    """Find the faces of images and tell their expressions.

    Parameters
    ----------
    images : path, bytes, file, ndarray, PIL.Image.Image, or an iterable of these
        Arrays are height x width, or with 1 to 4 channels: gray, gray and alpha, RGB, RGBA.
        Integers are 0 to 255 (uint16 up to 65535), floats 0 to 1 or 0 to 255. A folder, a
        zip, a CSV table or a pattern such as ``"photos/*.jpg"`` is many images.
    faces : {"best", "largest", "all"}
        Which of an image's faces count: the one that the detector is surest of, the
        largest, or every one.
    model : str or path-like
        Name of a model that ships, or folder of one of your own.
    **options
        As :class:`Analyzer` takes them, such as ``color="bgr"`` for frames of OpenCV.

    Returns
    -------
    Result
        One entry an image, in order. An image that cannot be read is an entry with the
        status "unreadable" and the reason.

    Raises
    ------
    UnreadableImage
        The one image that was given cannot be read.
    AnalysisStopped
        An iterable raised; its ``result`` has what was analyzed before.
    FerClassicError
        There is no such model, folder or detector.

    Examples
    --------
    >>> import fer_classic as fc, skimage.data
    >>> result = fc.analyze(skimage.data.astronaut(), faces="all")
    >>> [(face.label, face.status) for face in result[0]]
    [('happiness', 'face')]
    """
    own = {key: options.pop(key) for key in ("color", "white") if key in options}
    return _analyzer(str(model), faces, **options).analyze(images, **own)


_loaded = {}
_loading = threading.Lock()


def _analyzer(model, faces, **options):
    """The analyzer of earlier calls, where model and options are the same."""
    from fer_classic.model.shipped import model_named

    folder = model_named(model)
    try:
        changed = (folder / "model.json").stat().st_mtime_ns
    except OSError:
        changed = 0  # of a run's folder, or none: loading says so
    options = {key: value for key, value in options.items() if value is not None}
    key = (str(folder), changed, os.getcwd(), repr(sorted(options.items())))
    one_of(faces, WHICH, "faces")
    with _loading:
        if key not in _loaded:
            while len(_loaded) >= KEPT:
                _loaded.pop(next(iter(_loaded)))
            _loaded[key] = Analyzer(model, **options)
        loaded = _loaded[key]
    if loaded.settings.which != faces:
        loaded = loaded.with_faces(faces)
    return loaded
