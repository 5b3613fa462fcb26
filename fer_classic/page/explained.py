"""The explanation of an answer, as the page draws it."""

import threading
from collections import OrderedDict

import numpy as np
from PIL import Image, ImageFilter

from fer_classic.errors import FerClassicError
from fer_classic.features.places import in_words
from fer_classic.model.explain import explain_face

#: Columns listed for the answer and against it.
LISTED = 5
#: Colours of what spoke for it and against it, as in the picture of the command explain.
FOR, AGAINST = (47, 125, 79), (192, 57, 43)
SOFT = 0.025
SIDE = 256

#: Explanations kept, since the page asks for words and picture one after the other.
KEPT = 16


class Explainer:
    """Explains a model's answers, each once.

    Parameters
    ----------
    model : Model
    """

    def __init__(self, model):
        self.model = model
        self._lock, self._made = threading.Lock(), OrderedDict()

    def explain(self, key, face):
        """Why the model answers so for a face.

        Parameters
        ----------
        key : tuple
            Equal for equal faces.
        face : FaceTable
            Of one row, readable.

        Returns
        -------
        told : dict of JSON types
        heat : ndarray of uint8, shape (SIDE, SIDE, 4)
            To be laid over the aligned face.

        Raises
        ------
        FerClassicError
            The model is a network.
        """
        if self.model.settings.network:
            raise FerClassicError(
                "A network has no named features to explain its answers with."
            )
        with self._lock:
            if key not in self._made:
                self._made[key] = explanation(self.model, face)
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
            return self._made[key]


def explanation(model, face):
    """What :meth:`Explainer.explain` gives, anew.

    Parameters
    ----------
    model : Model
        No network.
    face : FaceTable
    """
    made = explain_face(model, face)
    strongest = [own for own in made.columns if own[1] > 0][:LISTED]
    strongest += [own for own in made.columns if own[1] < 0][:LISTED]
    told = {
        "chosen": made.chosen,
        "method": made.method,
        "regions": [[name, float(value)] for name, value in made.regions.items()],
        "families": [[name, float(value)] for name, value in made.families.items()],
        "columns": [[name, float(v), in_words(name)] for name, v in strongest],
    }
    return told, coloured(made.heat)


def coloured(heat):
    """A heat map as a picture: green for, red against, clear where nothing spoke.

    Parameters
    ----------
    heat : ndarray of float, shape (S, S)

    Returns
    -------
    ndarray of uint8, shape (SIDE, SIDE, 4)
    """
    share = heat / max(np.abs(heat).max(), 1e-9)
    picture = Image.fromarray(np.uint8(np.rint(127.5 + 127.5 * share)))
    picture = picture.filter(ImageFilter.GaussianBlur(SOFT * len(heat)))
    picture = picture.resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    share = np.asarray(picture, dtype=np.float64) / 127.5 - 1
    made = np.empty((SIDE, SIDE, 4), dtype=np.uint8)
    made[..., :3] = np.where((share > 0)[..., None], FOR, AGAINST)
    made[..., 3] = np.rint(165 * np.sqrt(np.abs(share)))
    return made
