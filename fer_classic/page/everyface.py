"""Every face of one photograph: found, located, cropped and answered for."""

import threading
from dataclasses import dataclass, replace

import numpy as np

from fer_classic.data.image import MAX_PIXELS
from fer_classic.errors import UnreadableImage
from fer_classic.faces.extract import table_of_rows
from fer_classic.faces.photograph import Photograph, find_faces, read_photograph
from fer_classic.faces.row import chosen_row, find_rows
from fer_classic.faces.table import FaceTable

#: Faces shown of a photograph at most.
MOST = 100


@dataclass(frozen=True)
class SeenPhotograph:
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
        faces = model.settings.faces
        limit = min(faces.max_pixels, MAX_PIXELS)
        self.settings = replace(faces, max_pixels=limit, which="all")
        self._lock, self._detector = threading.Lock(), None
        self._predicting = threading.Lock()

    def read(self, data):
        """A photograph with the answers for each face.

        Parameters
        ----------
        data : bytes
            A file of an image.

        Returns
        -------
        SeenPhotograph

        Raises
        ------
        UnreadableImage
            It is no image that can be read.
        """
        from fer_classic.model.predict import predict_faces

        photograph = read_photograph(data, None, self.settings.max_pixels)
        with self._lock:
            rows = find_rows(photograph, self._made(), self.settings)[:MOST]
        if "status" not in rows[0]:  # a face's row may tell something in "error", too
            raise UnreadableImage(rows[0]["error"])
        table = self._table(rows)
        chances = predict_faces(self.model, table, jobs=1).probabilities
        return SeenPhotograph(photograph.image, table, chances)

    def probabilities(self, rows):
        """What the model says of some faces.

        Parameters
        ----------
        rows : list of dict
            As :func:`fer_classic.faces.row.find_rows` gives them, each with a crop.

        Returns
        -------
        ndarray of float64, shape (n, k)
        """
        from fer_classic.model.predict import predict_part

        if not rows:
            return np.zeros((0, len(self.model.settings.class_set.names)))
        with self._predicting:
            return predict_part(self.model, self._table(rows), np.arange(len(rows)), jobs=1)

    def faces(self, image):
        """All faces of an image, the most confident first.

        Parameters
        ----------
        image : ndarray of uint8, shape (H, W, 3) or (H, W)

        Returns
        -------
        list of Face
        """
        if self.settings.detector == "none":
            return []
        with self._lock:
            found = find_faces(Photograph.of(image), self._made(), self.settings)
        return found[1][:MOST]

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
        return self._table([chosen_row(Photograph.of(image), box, self.settings)])

    def _table(self, rows):
        return table_of_rows(rows, self.settings, self.model.settings.class_set)

    def new_detector(self):
        """A detector of one's own: one may keep the image that it looks at."""
        from fer_classic.detect import make_detector

        return make_detector(
            self.settings.detector,
            upsample=self.settings.upsample,
            threshold=self.settings.threshold,
            min_size=self.settings.min_pixels,
        )

    def _made(self):
        """The detector that photographs share, one thread at a time."""
        if self._detector is None:
            self._detector = self.new_detector()
        return self._detector
