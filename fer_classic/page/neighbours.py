"""The training faces that are most like a face."""

import threading

import numpy as np

#: Faces shown, and numbers that describe a face where the model has no experts.
SHOWN, COMPONENTS = 8, 96


class Neighbours:
    """Finds the nearest training faces, as the model itself compares faces.

    With kernel experts, likeness is the sum of their kernels; a model without experts
    compares no faces, and an embedding of edges and geometry stands in.

    Parameters
    ----------
    model : Model
    faces : FaceTable
        All faces of the collection.
    training : ndarray of int
        Rows among which neighbours are sought.
    """

    def __init__(self, model, faces, training):
        self.model = model
        self.faces = faces
        self.training = training[faces.readable[training]]
        self._lock, self._views = threading.Lock(), None

    def nearest(self, row, copies):
        """Training rows nearest to a row, itself and its copies left out.

        Parameters
        ----------
        row : int
        copies : ndarray of int, shape (n,)
            Equal numbers mark copies.

        Returns
        -------
        list of (int, float)
            Row and likeness, from 0 to 1, the nearest first.
        """
        if not self.faces.readable[row] or len(np.unique(copies[self.training])) < 2:
            return []  # of one picture alone, nothing can be learned about likeness
        with self._lock:
            if self._views is None:
                self._views = self._made()
        one = self.faces.take([row])
        total = sum(share * likeness(one) for share, likeness in self._views)
        total /= sum(share for share, _ in self._views)
        total = np.where(copies[self.training] == copies[row], -1.0, total)
        best = np.argsort(-total, kind="stable")[:SHOWN]
        return [(int(self.training[i]), float(total[i])) for i in best if total[i] >= 0]

    def _made(self):
        """(share, function from a face to its likeness with each training face)."""
        from fer_classic.learn.embedding import FaceEmbedding
        from fer_classic.learn.kernel_blocks import gaussian_kernel

        table = self.faces.take(self.training)
        views = []
        for expert, own in zip(
            self.model.experts, self.model.settings.experts, strict=True
        ):
            views.append(
                (own.get("share", 1.0), expert.embedding, expert.crop, expert.ridge.gamma)
            )
        if not views:
            features = {"hog": {"cell": 8}}
            if np.isfinite(self.faces.points[self.training[0]]).all():
                features["geometry"] = {}
            embedding = FaceEmbedding(features, components=COMPONENTS)
            embedding.fit((np.asarray(table.crops), np.asarray(table.landmarks)))
            views.append((1.0, embedding, "aligned", 1.5))

        def likeness_of(embedding, crop, gamma):
            def vectors(faces):
                crops = faces.upright if crop == "upright" else faces.crops
                return embedding.transform(
                    (np.asarray(crops), np.asarray(faces.landmarks)), jobs=1
                )

            known = vectors(table)
            return lambda face: gaussian_kernel(vectors(face), known, gamma)[0]

        return [(share, likeness_of(*view)) for share, *view in views]
