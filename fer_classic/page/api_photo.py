"""What the page asks about a photograph that was dropped, pasted, chosen or taken."""

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from fer_classic.page.pictures import jpeg, png
from fer_classic.page.requests import BadRequest, picture, tenths


class PhotoApi:
    """One method a question; each answers JSON or a picture.

    Parameters
    ----------
    workspace : Workspace
    """

    def __init__(self, workspace):
        self.workspace = workspace

    async def take(self, request):
        """Find and answer for all faces of a photograph that is sent."""
        data = await request.body()
        photograph = await run_in_threadpool(self.workspace.reader.read, data)
        name = self.workspace.keep_photograph(photograph)
        faces = photograph.faces
        height, width = photograph.image.shape[:2]
        found = [
            {
                "status": faces.status[i],
                "box": tenths(faces.boxes[i]),
                "points": tenths(faces.points[i]),
                "probabilities": photograph.probabilities[i].tolist(),
            }
            for i in range(len(faces))
        ]
        told = {"name": name, "width": width, "height": height, "faces": found}
        return JSONResponse(told)

    def photograph(self, request):
        """A photograph that was sent."""
        return picture(jpeg(self._held(request).image))

    def crop(self, request):
        """One of its faces, aligned."""
        return picture(png(self._face(request).crops[0]), "png")

    def why(self, request):
        """Why the model answers so for one of its faces."""
        return JSONResponse(self._explained(request)[0])

    def heat(self, request):
        """The same as a picture."""
        return picture(png(self._explained(request)[1]), "png")

    def _held(self, request):
        found = self.workspace.photograph(request.path_params["name"])
        if found is None:
            raise BadRequest("this photograph is not held any more: show it again")
        return found

    def _face(self, request):
        faces = self._held(request).faces
        if request.path_params["face"] >= len(faces):
            raise BadRequest("the photograph has no such face")
        return faces.take([request.path_params["face"]])

    def _explained(self, request):
        key = request.path_params["name"], request.path_params["face"]
        return self.workspace.explainer.explain(key, self._face(request))
