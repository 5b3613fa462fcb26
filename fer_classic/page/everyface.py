"""Every face of one photograph: found, located, cropped and answered for."""

import threading
from dataclasses import dataclass, replace

import numpy as np

from fer_classic.data.image import MAX_PIXELS, decode, to_gray
from fer_classic.errors import UnreadableImage
from fer_classic.faces.table import FaceTable

#: dlib's objects are not made for several threads.
_one_at_a_time = threading.Lock()
#: Faces shown of a photograph at most.
MOST = 100


@dataclass(frozen=True)
class Photograph:
    """A photograph and its faces.

    Attributes
    ----------
    image : ndarray of uint8, shape (H, W, 3) or (H, W)
    faces : FaceTable
        One row a face, the most confident first; the whole image where none is found.
    probabilities : ndarray of float64, shape (n, k)
    """

    image: np.ndarray
    faces: FaceTable
    probabilities: np.ndarray


class FaceReader:
    """Finds all faces of photographs, under the settings of a model.

    Parameters
    ----------
    model : Model
    """

    def __init__(self, model):
        self.model = model
        self.settings = replace(
            model.settings.faces,
            max_pixels=min(model.settings.faces.max_pixels, MAX_PIXELS),
        )
        self._detector = None

    def read(self, data):
        """A photograph with the answers for each face.

        Parameters
        ----------
        data : bytes
            A file of an image.

        Returns
        -------
        Photograph

        Raises
        ------
        UnreadableImage
            It is no image that can be read.
        """
        from fer_classic.model.predict import predict_faces

        image = decode(data, max_pixels=self.settings.max_pixels)
        gray = to_gray(image)
        if min(gray.shape) < 2:
            raise UnreadableImage(f"{gray.shape[1]} x {gray.shape[0]} pixels hold no face")
        with _one_at_a_time:
            found = self.detect(image)[:MOST]
            table = self.table(gray, [[face] for face in found] or [[]], len(found))
        chances = predict_faces(self.model, table, jobs=1).probabilities
        return Photograph(image, table, chances)

    def faces(self, image):
        """All faces of an image, the most confident first.

        Parameters
        ----------
        image : ndarray of uint8, shape (H, W, 3) or (H, W)

        Returns
        -------
        list of Face
        """
        with _one_at_a_time:
            return self.detect(image)[:MOST]

    def at(self, image, box):
        """The face at a place that a person has chosen.

        Parameters
        ----------
        image : ndarray of uint8, shape (H, W, 3) or (H, W)
        box : sequence of 4 float

        Returns
        -------
        FaceTable
            Of one row.
        """
        from fer_classic.faces.row import chosen_face

        with _one_at_a_time:
            gray = to_gray(image)
            return self.table(gray, [[chosen_face(box, gray)]], 1, chosen=True)

    def detect(self, image):
        """Like :meth:`faces`, for a caller that has the detector to itself."""
        from fer_classic.detect import make_detector

        if self.settings.detector == "none":
            return []
        if self._detector is None:
            self._detector = make_detector(
                self.settings.detector,
                upsample=self.settings.upsample,
                threshold=self.settings.threshold,
                min_size=self.settings.min_size,
            )
        return self._detector.detect(image)

    def table(self, gray, found, number, *, chosen=False):
        """The rows of several faces of one image."""
        from fer_classic.faces.row import face_row

        rows = [face_row(gray, faces, self.settings, chosen=chosen) for faces in found]
        n, size = len(rows), self.settings.crop_size

        def stack(key, dtype=np.float32):
            return np.array([row[key] for row in rows], dtype=dtype)

        return FaceTable(
            names=tuple(f"face {i + 1}" for i in range(n)),
            status=tuple(row["status"] for row in rows),
            errors=("",) * n,
            n_faces=np.full(n, number, dtype=np.int64),
            boxes=stack("box").reshape(n, 4),
            scores=stack("score"),
            points=stack("points"),
            landmarks=stack("landmarks"),
            crops=stack("crop", np.uint8).reshape(n, size, size),
            upright=stack("upright", np.uint8).reshape(n, size, size),
            digests=("",) * n,
            hashes=np.zeros((n, 32), dtype=np.uint8),
            labels=np.full(n, -1, dtype=np.int64),
            groups=(None,) * n,
            splits=(None,) * n,
            problems=(None,) * n,
            classes=self.model.settings.class_set,
            settings=self.settings,
        )
