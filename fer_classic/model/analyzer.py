"""A model and a detector that stay loaded, and answer for whatever one holds."""

import threading
from dataclasses import replace
from itertools import islice

import numpy as np

from fer_classic.data.held import is_collection, is_single, name_of, read_held
from fer_classic.data.image import MAX_PIXELS
from fer_classic.errors import FerClassicError, UnreadableImage, one_of
from fer_classic.faces.photograph import (
    FIRST_SIDE,
    Photograph,
    may_be_reduced,
    read_photograph,
)
from fer_classic.faces.settings import WHICH, least_face
from fer_classic.model.result import AnalysisStopped, Result
from fer_classic.model.seen import AnalyzedImage, seen_face

#: Images whose faces are predicted together.
BATCH = 16


class Analyzer:
    """A model and a detector, loaded once, for many calls; threads may share it.

    Parameters
    ----------
    model : str or path-like
        Name of a model that ships, or folder of one of your own.
    faces : {"best", "largest", "all"}
        Which of an image's faces count.
    detector : str, optional
        In the place of the model's own, as ``--detector`` takes it: "hog", "mtcnn",
        "yunet:weights.onnx", "none" for faces that are cropped already.
    upsample : int, optional
        Times an image is doubled, to find smaller faces.
    threshold : float, optional
        Least detection score.
    min_face : float or str
        Least size of a face in pixels, or, below 1 or as "10%", as a share of the image's
        shorter side.
    jobs : int
        Threads of the prediction.

    Examples
    --------
    >>> import fer_classic as fc, skimage.data
    >>> analyzer = fc.Analyzer("seven-fast")
    >>> analyzer(skimage.data.astronaut())[0].faces[0].label
    'happiness'
    """

    def __init__(
        self,
        model="five-fast",
        faces="best",
        *,
        detector=None,
        upsample=None,
        threshold=None,
        min_face=0,
        jobs=1,
    ):
        from fer_classic.detect import with_folder
        from fer_classic.model.shipped import folder_of, model_named
        from fer_classic.model.store import load_model

        one_of(faces, WHICH, "faces")
        self.name = str(model)
        self.jobs = jobs
        self.folder = folder_of(model_named(model))
        self.model = load_model(self.folder)
        limit = min(self.model.settings.faces.max_pixels, MAX_PIXELS)
        changes = {
            "max_pixels": limit,  # a stranger's model must not raise it
            "detector": with_folder(detector, ".") if detector else None,
            **{"upsample": upsample, "threshold": threshold},
            **{"min_size": least_face(min_face), "which": faces},
        }
        self.settings = self.model.settings.with_changes(**changes).faces
        self.class_names = self.model.settings.class_set.names
        self._local = threading.local()
        self._predicting = threading.Lock()
        self.detector()  # a missing file is told now

    def __call__(self, images, **options):
        """The same as :meth:`analyze`."""
        return self.analyze(images, **options)

    def analyze(self, images, *, color="rgb", white=None):
        """Find the faces of images and tell their expressions.

        Parameters
        ----------
        images : path, bytes, file, ndarray, PIL.Image.Image, or an iterable of these
            As :func:`analyze` takes them.
        color : {"rgb", "bgr"}
            Order of an array's channels.
        white : {1, 255}, optional
            What white is in an array of floats.

        Returns
        -------
        Result

        Raises
        ------
        UnreadableImage, AnalysisStopped
            As :func:`analyze` does.
        """
        found = []
        if is_single(images) and not is_collection(images):
            found = self._images([(images, None)], color, white, 0)
            if found[0].status == "unreadable":
                raise UnreadableImage(f"{found[0].name}: {found[0].reason}.")
            return self._result(found)
        try:
            for image in self.stream(images, color=color, white=white):
                found.append(image)
        except FerClassicError:
            raise
        except Exception as error:  # of the caller's generator
            raise AnalysisStopped(
                f"The images came to an end after {len(found)}: {type(error).__name__}: "
                f"{error}. What was analyzed is in the attribute result of this error.",
                self._result(found),
            ) from error
        return self._result(found)

    def stream(self, images, *, color="rgb", white=None):
        """Analyze images one after the other, in memory that does not grow with them.

        Parameters
        ----------
        images, color, white
            As :meth:`analyze` takes them.

        Yields
        ------
        AnalyzedImage
            One an image, in order.
        """
        named = iter(self._named(images))
        # Of a generator each is answered before the next is asked for.
        size = BATCH if _is_at_hand(images) else 1
        number, error = 0, None
        while error is None:
            batch = []
            try:
                batch.extend(islice(named, size))
            except Exception as raised:  # of the caller's generator
                error = raised
            if not batch and error is None:
                return
            yield from self._images(batch, color, white, number)
            number += len(batch)
        raise error

    def with_faces(self, faces):
        """The same analyzer with another rule of which faces count.

        Parameters
        ----------
        faces : {"best", "largest", "all"}

        Returns
        -------
        Analyzer
            It shares model and detectors with this one.
        """
        other = object.__new__(Analyzer)
        vars(other).update(vars(self))
        other.settings = replace(self.settings, which=faces)
        return other

    def face_rows(self, photograph):
        """What is known of the faces of one image, before the model sees them.

        Parameters
        ----------
        photograph : Photograph

        Returns
        -------
        list of dict
            As of :func:`fer_classic.faces.row.find_rows`.
        """
        from fer_classic.faces.row import find_rows

        return find_rows(photograph, self.detector(), self.settings)

    def probabilities(self, rows):
        """What the model says of some faces.

        Parameters
        ----------
        rows : list of dict
            As of :meth:`face_rows`, each with a crop.

        Returns
        -------
        ndarray of float64, shape (n, k)
            By ``class_names``.
        """
        from fer_classic.faces.extract import table_of_rows
        from fer_classic.model.predict import predict_part

        if not rows:
            return np.zeros((0, len(self.class_names)))
        table = table_of_rows(rows, self.settings, self.model.settings.class_set)
        with self._predicting:
            return predict_part(self.model, table, np.arange(len(rows)), jobs=self.jobs)

    def detector(self):
        """The thread's own detector: one may keep the image that it looks at."""
        if not hasattr(self._local, "detector"):
            from fer_classic.detect import make_detector

            self._local.detector = make_detector(
                self.settings.detector,
                upsample=self.settings.upsample,
                threshold=self.settings.threshold,
                min_size=self.settings.min_pixels,
            )
        return self._local.detector

    def identity(self):
        """What tells the model from others, wherever it lies: checksums of its files."""
        path = self.folder / "SHA256SUMS"
        return path.read_text(encoding="utf-8") if path.is_file() else str(self.folder)

    def _named(self, images):
        """Pairs of an image, or its source, and its name or None."""
        if is_collection(images):
            from fer_classic.data.dataset import read_dataset

            samples = read_dataset(images, labels="none")
            return zip(samples.sources, samples.names, strict=True)
        if is_single(images):
            return [(images, None)]
        return ((image, None) for image in images)

    def _images(self, batch, color, white, first):
        """Several images, whose faces are predicted together."""
        seen = [
            self._seen(given, name or name_of(given, first + i), color, white)
            for i, (given, name) in enumerate(batch)
        ]
        rows = [row for _, faces, *_ in seen for row in faces if "crop" in row]
        answers = iter(self.probabilities(rows))
        return [self._image(*own, answers) for own in seen]

    def _seen(self, given, name, color, white):
        """Name, rows of faces, size and source of one image."""
        size, source, limit = (0, 0), None, self.settings.max_pixels
        try:
            held, source = read_held(given, color=color, white=white, max_pixels=limit)
            photograph = self._photograph(held)
            size = photograph.size[::-1]
            rows = self.face_rows(photograph)
        except UnreadableImage as error:
            rows = [{"error": str(error)}]
        except MemoryError:
            rows = [{"error": "not enough memory for this image"}]
        return name, rows, size, source

    def _photograph(self, held):
        """Pixels, of a file as few as finding its face needs."""
        if isinstance(held, np.ndarray):
            return Photograph.of(held)
        least = FIRST_SIDE if may_be_reduced(self.detector()) else None
        return read_photograph(held, least, self.settings.max_pixels)

    def _image(self, name, rows, size, source, answers):
        faces = [
            seen_face(row, next(answers) if "crop" in row else None, self.class_names)
            for row in rows
        ]
        return AnalyzedImage(name, faces, rows[0].get("n_faces", 0), size, source)

    def _result(self, images):
        return Result(images, self.name, self.class_names)

    def __repr__(self):
        told = f"model={self.name!r}, faces={self.settings.which!r}"
        return f"Analyzer({told}, detector={self.settings.detector!r})"


def _is_at_hand(images):
    """Whether images lie ready, and need not be waited for one by one."""
    return isinstance(images, list | tuple | np.ndarray) or is_collection(images)
