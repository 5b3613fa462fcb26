"""What the page asks about labels: decisions, undo, export, and training again."""

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse, Response

from fer_classic.errors import FerClassicError
from fer_classic.page import export
from fer_classic.page.again import Again
from fer_classic.page.requests import (
    BadRequest,
    are_numbers,
    is_box,
    json_of,
    window_of,
)

#: Rows that one decision may concern.
MOST_ROWS = 1000


class LabelsApi:
    """One method a question; each answers JSON.

    Parameters
    ----------
    workspace : Workspace
    """

    def __init__(self, workspace):
        self.workspace = workspace
        self.training = Again(workspace)

    def changes(self, request):
        """Decisions since an entry of the journal."""
        self.workspace.loaded()
        since = request.path_params["since"]
        entries = len(self.workspace.journal.entries)
        rows = self.workspace.decisions(since)
        return JSONResponse({"entries": entries, "rows": rows})

    async def decide(self, request):
        """Write a decision about some rows."""
        asked = await json_of(request)
        return await run_in_threadpool(self._decide, asked)

    def _decide(self, asked):
        collection = self.workspace.loaded()
        rows, seen, do = asked.get("rows"), asked.get("seen"), asked.get("do")
        if not are_numbers(rows, len(collection)) or not are_numbers(seen, 1 << 40):
            raise BadRequest("rows and seen are lists of numbers")
        if len(rows) != len(seen) or not 0 < len(rows) <= MOST_ROWS:
            raise BadRequest(f"1 to {MOST_ROWS} rows, each with the number seen")
        value = self._value(do, asked.get("value"))
        pictures = [self.workspace.picture_of(row) for row in rows]
        window = window_of(asked)
        self.workspace.journal.decide(pictures, do, value, seen=seen, window=window)
        return self._decided(pictures)

    def _value(self, do, value):
        if do in ("confirm", "exclude") and value is None:
            return None
        if do == "label" and value in self.workspace.loaded().faces.classes.names:
            return value
        if do == "face" and is_box(value):
            return value
        raise BadRequest(f"no such decision: {str(do)[:20]} {str(value)[:40]}")

    async def undo(self, request):
        """Take back the last decision of a window."""
        asked = await json_of(request)
        self.workspace.loaded()
        undone = await run_in_threadpool(self.workspace.journal.undo, window_of(asked))
        return self._decided(undone)

    def _decided(self, pictures):
        rows = [self.workspace.row_of(picture) for picture in pictures]
        told = {row: self.workspace.decision(row) for row in rows if row is not None}
        return JSONResponse({"rows": told, "entries": len(self.workspace.journal.entries)})

    def export(self, request):
        """Write the manifest beside the journal."""
        self.workspace.loaded()
        return JSONResponse(export.write(self.workspace))

    def download(self, request):
        """The manifest that was written."""
        self.workspace.loaded()
        path = export.place(self.workspace.journal.path)
        if not path.is_file():
            return PlainTextResponse("Nothing has been exported yet.\n", 404)
        headers = {"content-disposition": 'attachment; filename="mended.csv"'}
        return Response(path.read_bytes(), media_type="text/csv", headers=headers)

    def again_status(self, request):
        """How far the training is, and its result."""
        return JSONResponse(self.training.status)

    def again_start(self, request):
        """Train with the labels as they were and as they are."""
        self.workspace.loaded()
        if self.workspace.model.settings.network:
            raise FerClassicError(
                "A network is not trained in the page: export the labels, and give them "
                "to fer-classic train-cnn."
            )
        self.training.start()
        return JSONResponse(self.training.status)

    def again_stop(self, request):
        """End the training."""
        self.training.stop()
        return JSONResponse(self.training.status)
