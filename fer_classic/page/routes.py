"""What can be asked for. No address holds a path: rows are numbers, files are listed."""

from importlib.resources import files

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fer_classic.errors import FerClassicError, UnreadableImage
from fer_classic.page.api_film import FilmApi
from fer_classic.page.api_labels import LabelsApi
from fer_classic.page.api_live import LiveApi
from fer_classic.page.api_photo import PhotoApi
from fer_classic.page.api_rows import RowsApi
from fer_classic.page.guard import TooLarge, TooSlow
from fer_classic.page.journal import Conflict
from fer_classic.page.requests import BadRequest

TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


def make_app(workspace):
    """The application behind the guard.

    Parameters
    ----------
    workspace : Workspace

    Returns
    -------
    starlette.applications.Starlette
    """
    rows, labels, photo = RowsApi(workspace), LabelsApi(workspace), PhotoApi(workspace)
    film, live = FilmApi(workspace), LiveApi(workspace)
    gets = {
        "/api/state": rows.state,
        "/api/rows": rows.rows,
        "/api/row/{row:int}": rows.row,
        "/api/row/{row:int}/faces": rows.faces,
        "/api/row/{row:int}/near": rows.near,
        "/api/row/{row:int}/why": rows.why,
        "/api/row/{row:int}/heat.png": rows.heat,
        "/api/row/{row:int}/thumb.jpg": rows.thumbnail,
        "/api/row/{row:int}/photo.jpg": rows.photograph,
        "/api/row/{row:int}/face.png": rows.crop,
        "/api/changes/{since:int}": labels.changes,
        "/api/again": labels.again_status,
        "/api/export.csv": labels.download,
        "/api/photo/{name}/photo.jpg": photo.photograph,
        "/api/photo/{name}/{face:int}/face.png": photo.crop,
        "/api/photo/{name}/{face:int}/why": photo.why,
        "/api/photo/{name}/{face:int}/heat.png": photo.heat,
        "/api/film": film.film,
        "/api/film/{position:int}": film.moment,
        "/api/film/{position:int}/frame.jpg": film.frame,
        "/api/film/face/{track:int}.jpg": film.portrait,
    }
    posts = {
        "/api/photo": photo.take,
        "/api/live": live.look,
        "/api/live/stop": live.stop,
        "/api/decide": labels.decide,
        "/api/undo": labels.undo,
        "/api/export": labels.export,
        "/api/again": labels.again_start,
        "/api/again/stop": labels.again_stop,
    }
    routes = [Route(path, function) for path, function in gets.items()]
    routes += [Route(path, function, methods=["POST"]) for path, function in posts.items()]
    routes += [Route(path, _static(*content)) for path, content in static_files().items()]
    handlers = {
        TooLarge: lambda request, error: _told(413, error),
        TooSlow: lambda request, error: _told(408, error),
        BadRequest: lambda request, error: _told(400, error),
        Conflict: lambda request, error: _told(409, error),
        UnreadableImage: lambda request, error: _told(422, error),
        FerClassicError: lambda request, error: _told(422, error),
    }
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False
    app.state.training = labels.training
    return app


def static_files():
    """Content and type of each file of the page, by its address.

    Returns
    -------
    dict of str to (bytes, str)
    """
    found = {}
    folders = [("", files("fer_classic.page") / "static")]
    while folders:
        prefix, folder = folders.pop()
        for file in folder.iterdir():
            if file.is_dir():
                folders.append((f"{prefix}/{file.name}", file))
                continue
            kind = TYPES.get(f".{file.name.rsplit('.', 1)[-1]}")
            if kind:
                found[f"{prefix}/{file.name}"] = file.read_bytes(), kind
    found["/"] = found.pop("/index.html")
    return found


def _static(content, kind):
    def answer(request):
        return Response(content, media_type=kind)

    return answer


def _told(status, error):
    return JSONResponse({"error": str(error)}, status)
