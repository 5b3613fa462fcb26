"""What the page asks of a collection: its rows, their pictures and reasons."""

import math

import numpy as np
from starlette.responses import JSONResponse

from fer_classic.errors import UnreadableImage
from fer_classic.page import export
from fer_classic.page.pictures import png
from fer_classic.page.requests import BadRequest, picture, tenths


class RowsApi:
    """One method a question; each answers JSON or a picture.

    Parameters
    ----------
    workspace : Workspace
    """

    def __init__(self, workspace):
        self.workspace = workspace

    def state(self, request):
        """What is loaded, and how far the reading is."""
        space, collection = self.workspace, self.workspace.collection
        told = {
            "progress": space.progress,
            "error": space.error,
            "classes": list(space.model.settings.class_set.names),
            "network": bool(space.model.settings.network),
            "inputs": bool(space.inputs),
            "film": space.film is not None,
        }
        if space.film is not None:
            told["title"] = space.film.name
        if collection is not None:
            told |= {
                "title": collection.title,
                "kind": collection.kind,
                "judged_by": collection.judged_by,
                "journal": str(space.journal.path),
                "export": str(export.place(space.journal.path)),
                "entries": len(space.journal.entries),
                "unknown": space.unknown_decisions(),
                "test": bool(len(collection.tested)),
            }
        return JSONResponse(told)

    def rows(self, request):
        """Columns of all rows, and the decisions so far."""
        self.workspace.loaded()
        entries = len(self.workspace.journal.entries)
        decisions = self.workspace.decisions()
        told = {**self.workspace.columns, "decisions": decisions, "entries": entries}
        return JSONResponse(told)

    def row(self, request):
        """All that is known of one picture."""
        row = self._row(request)
        faces, chances = (
            self.workspace.loaded().faces,
            self.workspace.loaded().probabilities[row],
        )
        known = bool(all(map(math.isfinite, chances)))
        return JSONResponse(
            {
                "size": self.workspace.pictures.size(row),
                "box": tenths(faces.boxes[row]),
                "points": tenths(faces.points[row]),
                "score": round(float(faces.scores[row]), 3),
                "probabilities": chances.tolist() if known else None,
                "error": "" if faces.readable[row] else faces.errors[row],
                "note": faces.errors[row] if faces.readable[row] else "",
                "problem": faces.problems[row],
                "group": faces.groups[row],
                "decision": self.workspace.decision(row),
            }
        )

    def faces(self, request):
        """Boxes of all faces in a picture."""
        pixels = self.workspace.pictures.pixels(self._row(request))
        found = self.workspace.reader.faces(pixels)
        boxes = [tenths(face.box) for face in found]
        height, width = pixels.shape[:2]
        return JSONResponse({"boxes": boxes, "width": width, "height": height})

    def near(self, request):
        """The nearest training faces."""
        row, collection = self._row(request), self.workspace.loaded()
        nearest = self.workspace.neighbours.nearest(row, collection.copies)
        return JSONResponse([[other, round(like, 3)] for other, like in nearest])

    def why(self, request):
        """Why the model answers so for a row."""
        return JSONResponse(self._explained(request)[0])

    def heat(self, request):
        """The same as a picture."""
        return picture(png(self._explained(request)[1]), "png")

    def thumbnail(self, request):
        """The face, small."""
        row = self._row(request)
        box = self.workspace.journal.decision(*self.workspace.picture_of(row)).face
        if box is None:
            return picture(self.workspace.pictures.thumbnail(row))
        return picture(self.workspace.pictures.thumbnail(row, box))

    def photograph(self, request):
        """The whole photograph."""
        return picture(self.workspace.pictures.photograph(self._row(request)))

    def crop(self, request):
        """The aligned face."""
        return picture(png(np.asarray(self._face(request).crops[0])), "png")

    def _row(self, request):
        row = request.path_params["row"]
        if row >= len(self.workspace.loaded()):
            raise BadRequest("there is no such row")
        return row

    def _face(self, request):
        row = self._row(request)
        faces = self.workspace.loaded().faces
        if not faces.readable[row]:
            raise UnreadableImage(faces.errors[row])
        box = self.workspace.journal.decision(*self.workspace.picture_of(row)).face
        return self.workspace.face_at(row, box) if box else faces.take([row])

    def _explained(self, request):
        row = self._row(request)
        key = row, self.workspace.decision(row)["face"]
        return self.workspace.explainer.explain(key, self._face(request))
