"""What a face looks like, to know it again; and when a film cuts to another scene."""

import numpy as np
from PIL import Image

#: Sides of the small pictures that are compared.
FACE, AROUND, SCENE = 16, 6, 16
#: How much of a new look a track takes over.
LEARN = 0.2
#: Mean difference in gray levels, over those of a typical picture, that makes a cut.
CUT = 30.0
#: Width of what is compared in colour, over that of the box: hair and collar too.
WIDER = 1.6


class Looks:
    """A face's gray values, aligned, and the colours around it.

    Parameters
    ----------
    gray : ndarray of float32, shape (FACE * FACE,)
        Mean 0, length 1.
    colours : ndarray of float32, shape (AROUND * AROUND * 3,)
        From 0 to 1.
    """

    def __init__(self, gray, colours):
        self.gray = gray
        self.colours = colours

    @classmethod
    def of(cls, row, image):
        """Looks of a face.

        Parameters
        ----------
        row : dict
            As of :func:`fer_classic.faces.row.face_row`.
        image : ndarray of uint8, shape (H, W, 3)

        Returns
        -------
        Looks
        """
        crop = Image.fromarray(row["crop"]).resize((FACE, FACE), Image.Resampling.BOX)
        gray = np.asarray(crop, dtype=np.float32).ravel()
        gray = gray - gray.mean()
        x, y, width, height = row["box"]
        side = max(width, height) * WIDER
        left, top = x + width / 2 - side / 2, y + height / 2 - side / 2
        around = Image.fromarray(image).transform(
            (AROUND * 4, AROUND * 4),
            Image.Transform.EXTENT,
            (left, top, left + side, top + side),
            Image.Resampling.BILINEAR,
        )
        around = around.resize((AROUND, AROUND), Image.Resampling.BOX)
        colours = np.asarray(around, dtype=np.float32).ravel() / 255
        return cls(gray / max(1e-6, float(np.linalg.norm(gray))), colours)

    def likeness(self, other):
        """From 1 for the same to below 0.

        Parameters
        ----------
        other : Looks

        Returns
        -------
        float
        """
        same = float(self.gray @ other.gray)
        apart = float(np.abs(self.colours - other.colours).mean())
        return 0.5 * same + 0.5 * (1 - 4 * apart)

    def learn(self, other):
        """Take over a part of what a face looks like now.

        Parameters
        ----------
        other : Looks
        """
        gray = (1 - LEARN) * self.gray + LEARN * other.gray
        self.gray = gray / max(1e-6, float(np.linalg.norm(gray)))
        self.colours = (1 - LEARN) * self.colours + LEARN * other.colours

    def to_dict(self):
        """As JSON types."""
        return {"gray": self.gray.tolist(), "colours": self.colours.tolist()}

    @classmethod
    def from_dict(cls, values):
        """From what :meth:`to_dict` gave."""
        arrays = (np.array(values[k], dtype=np.float32) for k in ("gray", "colours"))
        return cls(*arrays)


def small_picture(gray):
    """A picture in few pixels, to tell cuts by.

    Parameters
    ----------
    gray : ndarray of uint8, shape (H, W)

    Returns
    -------
    ndarray of float32, shape (SCENE, SCENE)
    """
    step = max(1, min(gray.shape) // (4 * SCENE))
    small = Image.fromarray(np.ascontiguousarray(gray[::step, ::step]))
    small = small.resize((SCENE, SCENE), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float32)


def is_cut(before, after):
    """Whether the film cut to another scene between two frames.

    Parameters
    ----------
    before, after : ndarray of float32
        Of :func:`small_picture`.

    Returns
    -------
    bool
    """
    return float(np.abs(before - after).mean()) > CUT
