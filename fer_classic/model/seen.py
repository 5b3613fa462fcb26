"""What was seen in one image: its faces."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, repr=False)
class AnalyzedFace:
    """One face, or the whole image where none was found.

    Attributes
    ----------
    box : tuple of 4 float, or None
        x, y (top left), width and height in pixels; None where the image is unreadable.
    score : float
        The detector's confidence; 0 where none was found.
    label : str or None
        The expression; None where the image is unreadable, or no expression is sure enough.
    probabilities : dict of str to float
        By expression; NaN where the image is unreadable.
    landmarks : ndarray of float32, shape (68, 2), or None
        x and y in pixels of the image, in the order of 300-W.
    crop : ndarray of uint8, shape (S, S), or None
        The aligned gray face, as the model sees it.
    status : {"face", "no_face", "whole", "unreadable"}
        A face was found; none was, and the whole image stands for it; none was looked for;
        the image could not be read.
    reason : str
        Why it could not be read, or "".
    """

    box: tuple | None
    score: float
    label: str | None
    probabilities: dict
    landmarks: np.ndarray | None
    crop: np.ndarray | None
    status: str
    reason: str = ""

    @property
    def probability(self):
        """That of the label, or of the most probable expression where there is none."""
        if self.label is not None:
            return self.probabilities[self.label]
        return max(self.probabilities.values())

    def to_dict(self):
        """The face as plain JSON types, without pixels and landmarks."""
        names = ("x", "y", "width", "height")
        sure = self.status != "unreadable"
        return {
            "status": self.status,
            "reason": self.reason,
            "box": dict(zip(names, self.box, strict=True)) if self.box else None,
            "score": self.score,
            "label": self.label,
            "probabilities": dict(self.probabilities) if sure else None,
        }

    def __repr__(self):
        if self.status == "unreadable":
            return f"<AnalyzedFace: unreadable, {self.reason}>"
        x, y, width, height = map(round, self.box)
        what = f"{self.label or 'not sure'} {self.probability:.2f}"
        where = {"face": "", "no_face": ", no face found", "whole": ", whole image"}
        return (
            f"<AnalyzedFace: {what} at ({x}, {y}, {width}, {height}){where[self.status]}>"
        )


@dataclass(frozen=True, repr=False)
class AnalyzedImage:
    """One image and its faces.

    Attributes
    ----------
    name : str
        Its path or file name; "image 0" and so on where it has none.
    faces : list of AnalyzedFace
        The most confident first; at least one, whose ``status`` tells what it is.
    n_faces : int
        Faces found, of which not all need be in ``faces``.
    size : tuple of int
        Width and height in pixels; (0, 0) where it is unreadable.
    source : object
        What it can be read from again, to be drawn; None where it is not kept.
    """

    name: str
    faces: list
    n_faces: int
    size: tuple
    source: object = field(default=None, compare=False)

    @property
    def status(self):
        """That of the first face: "face", "no_face", "whole" or "unreadable"."""
        return self.faces[0].status

    @property
    def reason(self):
        """Why the image could not be read, or ""."""
        return self.faces[0].reason

    def __len__(self):
        return len(self.faces)

    def __iter__(self):
        return iter(self.faces)

    def __getitem__(self, place):
        return self.faces[place]

    def to_dict(self):
        """The image and its faces as plain JSON types."""
        return {
            "name": self.name,
            "width": self.size[0],
            "height": self.size[1],
            "n_faces": self.n_faces,
            "faces": [face.to_dict() for face in self.faces],
        }

    def plot(self, axes=None):
        """Draw the image with its faces.

        Parameters
        ----------
        axes : matplotlib.axes.Axes, optional
            By default those of a new figure.

        Returns
        -------
        matplotlib.figure.Figure
        """
        from fer_classic.model.showresult import plot_images

        return plot_images([self], axes)

    def _repr_html_(self):
        from fer_classic.model.showresult import html_of

        return html_of([self])

    def __repr__(self):
        return f"<AnalyzedImage {self.name!r}: {counted([self])}>"


def seen_face(row, values, class_names):
    """A face from what was found and what the model says of it.

    Parameters
    ----------
    row : dict
        As of :func:`fer_classic.faces.row.find_rows`.
    values : ndarray of float, shape (k,), or None
        Probabilities; None where the row has no face but an error.
    class_names : tuple of str

    Returns
    -------
    AnalyzedFace
    """
    if values is None:
        unknown = dict.fromkeys(class_names, float("nan"))
        reason = row["error"]
        return AnalyzedFace(None, 0.0, None, unknown, None, None, "unreadable", reason)
    return AnalyzedFace(
        box=tuple(map(float, row["box"])),
        score=float(row["score"]),
        label=class_names[int(np.argmax(values))],
        probabilities=dict(zip(class_names, values.tolist(), strict=True)),
        landmarks=row["points"],
        crop=row["crop"],
        status=row["status"],
    )


def counted(images):
    """Faces and expressions in words.

    Parameters
    ----------
    images : list of AnalyzedImage

    Returns
    -------
    str
        Such as "5 faces: 3 happiness, 2 neutral".
    """
    seen = [face for image in images for face in image.faces]
    found = [face for face in seen if face.status in ("face", "whole")]
    labels = Counter(face.label or "not sure" for face in found).most_common()
    told = number_of(len(found), "face")
    if labels:
        told += ": " + ", ".join(f"{number} {label}" for label, number in labels)
    for status, words in (("no_face", "without a face"), ("unreadable", "unreadable")):
        if number := sum(face.status == status for face in seen):
            told += f"; {number_of(number, 'image')} {words}"
    return told


def number_of(number, word):
    """A number with its word, such as "1 face" or "2 faces"."""
    return f"{number} {word}" + ("" if number == 1 else "s")
