"""What was seen in images: a list of images, each a list of faces."""

from collections.abc import Sequence

from fer_classic.errors import FerClassicError
from fer_classic.model.seen import counted, number_of


class Result(Sequence):
    """What :func:`fer_classic.analyze` saw: a list with one entry an image.

    Parameters
    ----------
    images : list of AnalyzedImage
        In the order given.
    model : str
        Name of the model.
    class_names : tuple of str
        The expressions that it tells apart.

    Examples
    --------
    >>> import fer_classic as fc, skimage.data
    >>> result = fc.analyze(skimage.data.astronaut())
    >>> result
    <Result: 1 image, 1 face: 1 happiness>
    >>> result[0].faces[0].label
    'happiness'
    """

    def __init__(self, images, model, class_names):
        self.images = list(images)
        self.model = model
        self.class_names = tuple(class_names)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, place):
        if isinstance(place, slice):
            return Result(self.images[place], self.model, self.class_names)
        return self.images[place]

    @property
    def faces(self):
        """Every face of every image, list of AnalyzedFace."""
        return [face for image in self.images for face in image.faces]

    def to_dict(self):
        """Everything but pixels and landmarks as plain JSON types.

        Returns
        -------
        dict
            ``{"model": ..., "classes": [...], "images": [...]}``
        """
        return {
            "model": self.model,
            "classes": list(self.class_names),
            "images": [image.to_dict() for image in self.images],
        }

    def to_pandas(self):
        """One row a face.

        Returns
        -------
        pandas.DataFrame
            Columns image, face (from 1), status, x, y, width, height, score, one for each
            expression, label, probability and reason.

        Raises
        ------
        FerClassicError
            pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise FerClassicError(
                "to_pandas needs pandas, which is not installed: pip install pandas. "
                "to_dict() does without."
            ) from None
        columns = ["image", "face", "status", "x", "y", "width", "height", "score"]
        columns += [*self.class_names, "label", "probability", "reason"]
        rows = [
            self._row(image.name, number, face)
            for image in self.images
            for number, face in enumerate(image.faces, start=1)
        ]
        return pandas.DataFrame(rows, columns=columns)

    def _row(self, name, number, face):
        nan = float("nan")
        probabilities = [face.probabilities[own] for own in self.class_names]
        return [
            *(name, number, face.status, *(face.box or (nan,) * 4), face.score),
            *(*probabilities, face.label, face.probability, face.reason),
        ]

    def plot(self):
        """Draw every image with its faces.

        Returns
        -------
        matplotlib.figure.Figure
        """
        from fer_classic.model.showresult import plot_images

        return plot_images(self.images)

    def _repr_html_(self):
        from fer_classic.model.showresult import html_of

        return html_of(self.images)

    def __repr__(self):
        return f"<Result: {number_of(len(self), 'image')}, {counted(self.images)}>"


class AnalysisStopped(FerClassicError):
    """The images given came to an early end.

    Attributes
    ----------
    result : Result
        What was analyzed before.
    """

    def __init__(self, message, result):
        super().__init__(message)
        self.result = result
