"""Results as pictures and, in notebooks, as HTML."""

import base64
import html
import io

import numpy as np

from fer_classic.errors import UnreadableImage
from fer_classic.faces.draw import Mark, overlay_faces

#: Images that a notebook shows as pictures, and faces that it lists.
SHOWN, LISTED = 6, 60
#: Longest side of a picture in a notebook, in pixels.
SIDE = 900
#: Images in a row of a plot.
COLUMNS = 3
#: Landmarks are drawn on faces of at least this many pixels: smaller ones they would hide.
DOTTED = 90

_BAR = (
    '<span style="display:inline-block;height:.7em;background:#4a90d9;'
    'width:{:.0f}px"></span> {:.2f}'
)


def marks_of(image):
    """What is drawn of an image's faces: box, landmarks, number and expression.

    Parameters
    ----------
    image : AnalyzedImage

    Returns
    -------
    list of Mark
    """
    numbered = len(image.faces) > 1
    marks = []
    for number, face in enumerate(image.faces, start=1):
        text = f"{face.label or 'not sure'} {face.probability:.2f}"
        if face.status == "no_face":
            text = "no face"
        text = f"{number} {text}" if numbered else text
        dotted = face.status == "face" and min(face.box[2:]) >= DOTTED
        marks.append(Mark(face.box, face.landmarks if dotted else (), text, face.status))
    return marks


def picture_of(image, side=None):
    """An image with its faces drawn.

    Parameters
    ----------
    image : AnalyzedImage
    side : int, optional
        Longest side in pixels.

    Returns
    -------
    PIL.Image.Image or None
        None where it cannot be read, or not again.
    """
    from PIL import Image

    pixels = _pixels_of(image)
    if pixels is None:
        return None
    marks = marks_of(image)
    if side and max(pixels.shape[:2]) > side:
        share = side / max(pixels.shape[:2])
        small = Image.fromarray(pixels)
        small = small.resize([max(1, round(n * share)) for n in small.size])
        marks = [_scaled(mark, share) for mark in marks]
        pixels = np.asarray(small)
    return Image.open(io.BytesIO(overlay_faces(pixels, marks)))


def plot_images(images, axes=None):
    """Draw images with their faces in one figure.

    Parameters
    ----------
    images : list of AnalyzedImage
    axes : matplotlib.axes.Axes, optional
        For one image.

    Returns
    -------
    matplotlib.figure.Figure
    """
    places = [axes]
    if axes is None:
        from matplotlib.figure import Figure

        columns = min(COLUMNS, max(1, len(images)))
        rows = -(-max(1, len(images)) // columns)
        width = 8 if columns == 1 else 4.5 * columns
        height = _height(images, columns, width)
        figure = Figure(figsize=(width, height * rows), layout="constrained")
        places = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for place in places[len(images) :]:
        place.set_axis_off()
    for image, place in zip(images, places, strict=False):
        _plot(image, place)
    return places[0].figure


def html_of(images):
    """Images with their faces drawn, and a table of the faces.

    Parameters
    ----------
    images : list of AnalyzedImage

    Returns
    -------
    str
    """
    parts = [_picture_html(image) for image in images[:SHOWN]]
    rows = [
        _row_html(image, number, face)
        for image in images
        for number, face in enumerate(image.faces, start=1)
    ]
    head = "<tr><th>image</th><th>face</th><th></th><th>expression</th>"
    names = images[0].faces[0].probabilities if images else ()
    head += "".join(f"<th>{html.escape(name)}</th>" for name in names)
    parts.append(f"<table>{head}</tr>{''.join(rows[:LISTED])}</table>")
    hidden = len(rows) - LISTED
    if hidden > 0:
        parts.append(f"<p>and {hidden} more faces: to_pandas() has them all.</p>")
    return "".join(parts)


def _scaled(mark, share):
    box = tuple(value * share for value in mark.box)
    return Mark(box, np.asarray(mark.points) * share, mark.text, mark.status)


def _height(images, columns, width):
    """Inches of a row, by the tallest image."""
    shares = [image.size[1] / image.size[0] for image in images if image.size[0]]
    return min(2.0, max(shares, default=0.75)) * width / columns + 0.4


def _pixels_of(image):
    from fer_classic.data.image import decode

    source = image.source
    if source is None or image.status == "unreadable":
        return None
    if isinstance(source, np.ndarray):
        return source
    try:
        pixels = decode(source.read())
    except UnreadableImage:
        return None
    return pixels if pixels.shape[1::-1] == tuple(image.size) else None


def _plot(image, axes):
    axes.set_axis_off()
    axes.set_title(image.name[-60:], fontsize=10, parse_math=False)
    picture = picture_of(image)
    if picture is not None:
        axes.imshow(picture)
        return
    why = image.reason or "the image cannot be read again"
    axes.text(0.5, 0.5, why[:80], ha="center", va="center", wrap=True, parse_math=False)


def _picture_html(image):
    picture = picture_of(image, SIDE)
    if picture is None:
        return f"<p>{html.escape(image.name)}: {html.escape(image.reason)}</p>"
    return f'<img alt="{html.escape(image.name)}" src="{_inline(picture, "JPEG")}"><br>'


def _row_html(image, number, face):
    from PIL import Image

    crop = ""
    if face.crop is not None:
        crop = f'<img width="48" src="{_inline(Image.fromarray(face.crop), "PNG")}">'
    label = html.escape(face.label or "not sure")
    if face.status != "face":
        label = f"{label} ({html.escape(face.reason or face.status.replace('_', ' '))})"
    if face.status == "unreadable":
        label = f"unreadable: {html.escape(face.reason)}"
    cells = [html.escape(image.name), str(number), crop, label]
    cells += [
        "" if value != value else _BAR.format(60 * value, value)
        for value in face.probabilities.values()
    ]
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _inline(picture, kind):
    out = io.BytesIO()
    picture.convert("L" if picture.mode == "L" else "RGB").save(out, format=kind)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(out.getvalue()).decode()}"
