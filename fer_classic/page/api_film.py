"""What the page asks about a film that was analyzed."""

from starlette.responses import JSONResponse

from fer_classic.errors import FerClassicError
from fer_classic.page.requests import BadRequest, picture


class FilmApi:
    """One method a question; each answers JSON or a picture.

    Parameters
    ----------
    workspace : Workspace
    """

    def __init__(self, workspace):
        self.workspace = workspace

    def film(self, request):
        """The whole of it: faces, and their expressions over time."""
        return JSONResponse(self._film().told())

    def moment(self, request):
        """The faces of one frame."""
        return JSONResponse(self._film().at(self._position(request)))

    def frame(self, request):
        """The picture of one frame."""
        return picture(self._film().frame(self._position(request)))

    def portrait(self, request):
        """The picture of one face."""
        return picture(self._film().portrait(request.path_params["track"]))

    def _film(self):
        film = self.workspace.film
        if film is None:
            raise FerClassicError("No film is open in this page.")
        if not film.classes:
            raise FerClassicError(self.workspace.error or "Nothing is loaded yet.")
        return film

    def _position(self, request):
        position = request.path_params["position"]
        if position >= len(self._film()):
            raise BadRequest("the film has no such frame")
        return position
