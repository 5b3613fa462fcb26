"""What the page asks about the pictures of the browser's camera."""

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from fer_classic.page.livefaces import LiveRooms
from fer_classic.page.requests import json_of, window_of


class LiveApi:
    """One method a question; each answers JSON.

    Parameters
    ----------
    workspace : Workspace
    """

    def __init__(self, workspace):
        self.rooms = LiveRooms(workspace.reader)

    async def look(self, request):
        """Find and answer for the faces of a picture that is sent."""
        window = window_of(request.query_params)
        data = await request.body()
        return JSONResponse(await run_in_threadpool(self.rooms.look, window, data))

    async def stop(self, request):
        """The camera is off."""
        self.rooms.forget(window_of(await json_of(request)))
        return JSONResponse({})
