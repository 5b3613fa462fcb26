"""Pictures beside a prediction: overlays, and the faces cut out."""

from pathlib import Path

from fer_classic.cli.console import say
from fer_classic.faces.table import has_face
from fer_classic.submissions.write import answer_of


def write_overlays(samples, faces, predictions, folder):
    """Draw each image with its faces, their numbers and labels.

    Parameters
    ----------
    samples : Samples
    faces : FaceTable
        Of the same images.
    predictions : Predictions
    folder : pathlib.Path
        Where the pictures and ``index.csv`` go.
    """
    from fer_classic.faces.draw import Mark, overlay_faces
    from fer_classic.files.text import file_stem, write_rows

    index = [["picture", "file"]]
    for i, image, rows in readable_images(samples, faces):
        marks = [
            Mark(faces.boxes[r], _points(faces, r), text, faces.status[r])
            for r, text in zip(rows, labels_of(predictions, faces, rows), strict=True)
        ]
        file = samples.names[i]
        index.append([f"{i + 1:05d}_{file_stem(Path(file).stem)}.png", file])
        (folder / index[-1][0]).write_bytes(overlay_faces(image, marks))
    with open(folder / "index.csv", "w", encoding="utf-8", newline="") as out:
        write_rows(out, index)


def write_crops(samples, faces, predictions, folder, how):
    """Cut out each face.

    Parameters
    ----------
    samples, faces, predictions, folder
        As in :func:`write_overlays`.
    how : {"aligned", "boxed"}
        As :func:`fer_classic.faces.cutout.cut_out` takes it.
    """
    import io

    from PIL import Image

    from fer_classic.faces.cutout import cut_out
    from fer_classic.files.text import file_stem, write_rows

    index = [["picture", "file", "status", "label"]]
    for i, image, rows in readable_images(samples, faces):
        for number, row in enumerate(rows, start=1):
            crop = cut_out(image, faces.boxes[row], faces.points[row], how)
            stem = file_stem(Path(samples.names[i]).stem)
            part = f"_{number}" if len(rows) > 1 else ""
            label, _ = answer_of(predictions, faces, row)
            index.append([f"{i + 1:05d}_{stem}{part}.png", faces.names[row]])
            index[-1] += [faces.status[row], label]
            out = io.BytesIO()
            Image.fromarray(crop).save(out, format="PNG")
            (folder / index[-1][0]).write_bytes(out.getvalue())
    with open(folder / "index.csv", "w", encoding="utf-8", newline="") as out:
        write_rows(out, index)


def readable_images(samples, faces):
    """Images that can be read again, with the rows of their faces.

    Parameters
    ----------
    samples : Samples
    faces : FaceTable

    Yields
    ------
    number : int
        Row of ``samples``.
    image : ndarray of uint8
    rows : range
        Of ``faces``.
    """
    from fer_classic.data.image import decode
    from fer_classic.data.sources import read_same
    from fer_classic.errors import UnreadableImage
    from fer_classic.faces.settings import rows_by_image

    for i, rows in enumerate(rows_by_image(faces)):
        if faces.status[rows[0]] == "unreadable":
            continue
        try:
            data = read_same(samples.sources[i], faces.digests[rows[0]])
            image = decode(data, max_pixels=faces.settings.max_pixels)
        except UnreadableImage as error:  # it vanished or changed meanwhile
            say(f"no picture of {samples.names[i]}: {error}")
            continue
        yield i, image, rows


def _points(faces, row):
    """Landmarks of a face; none where there is no face."""
    return () if faces.status[row] == "no_face" else faces.points[row]


def labels_of(predictions, faces, rows):
    """What stands at each face of a picture: number, expression and probability.

    Parameters
    ----------
    predictions : Predictions
    faces : FaceTable
    rows : sequence of int

    Returns
    -------
    list of str
    """
    texts = []
    for number, row in enumerate(rows, start=1):
        name = predictions.label_name(row)
        text = f"{name} {predictions.probabilities[row].max():.2f}" if name else "?"
        if not has_face(faces.status[row]):
            text = "no face"
        texts.append(f"{number} {text}" if len(rows) > 1 else text)
    return texts
