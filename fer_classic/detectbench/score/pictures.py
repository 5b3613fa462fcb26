"""Pictures of what a detector missed and of what it took for a face."""

import io
from pathlib import Path

from PIL import Image, ImageDraw

from fer_classic.data.image import decode, to_rgb
from fer_classic.detectbench.score.counts import count
from fer_classic.files.text import file_stem, write_rows

#: Marked and found, marked and missed, detected on no face; the detector's boxes.
_FOUND, _MISSED, _BOX = (0, 190, 80), (230, 40, 40), (255, 200, 0)
#: Larger pictures are shrunk to this many pixels a side.
_LARGEST = 1200


def miss_pictures(comparison, show):
    """The pictures with most misses, and empty ones with false alarms.

    Parameters
    ----------
    comparison : Comparison
    show : int
        At most so many for each detector, of each kind.

    Yields
    ------
    detector : str
    file : pathlib.Path
        The image.
    data : bytes
        PNG: faces found in green, missed in red, the detector's boxes in yellow.
    """
    for own, (marked, empty) in zip(
        comparison.detectors, comparison.detections, strict=True
    ):
        counted = count(comparison.pictures, marked, iou=comparison.iou)
        missed = [int((~found).sum()) for found in counted["found"]]
        order = sorted(range(len(missed)), key=lambda i: (-missed[i], i))
        for i in order[:show]:
            if missed[i]:
                picture = comparison.pictures[i]
                marks = list(zip(picture.faces, counted["found"][i], strict=True))
                yield own["name"], picture.path, _drawn(picture.path, marks, marked[i])
        alarmed = [i for i, found in enumerate(empty) if found]
        for i in alarmed[:show]:
            path = comparison.empty[i]
            yield own["name"], path, _drawn(path, [], empty[i])


def write_pictures(comparison, show, folder):
    """Write the pictures of :func:`miss_pictures` and an index of them.

    Parameters
    ----------
    comparison : Comparison
    show : int
    folder : pathlib.Path
        Existing and empty.

    Returns
    -------
    int
        Pictures written.
    """
    index = [["picture", "detector", "file"]]
    for detector, file, data in miss_pictures(comparison, show):
        stem = f"{file_stem(Path(detector).stem)}_{file_stem(file.stem)}"
        index.append([f"{len(index):05d}_{stem}.png", detector, str(file)])
        (folder / index[-1][0]).write_bytes(data)
    with open(folder / "index.csv", "w", encoding="utf-8", newline="") as out:
        write_rows(out, index)
    return len(index) - 1


def _drawn(path, marks, boxes):
    picture = Image.fromarray(to_rgb(decode(path.read_bytes())))
    scale = min(1.0, _LARGEST / max(picture.size))
    picture = picture.resize([max(1, round(side * scale)) for side in picture.size])
    draw = ImageDraw.Draw(picture)
    line = max(1, max(picture.size) // 400)
    for face in boxes:
        draw.rectangle([v * scale for v in face.corners], outline=_BOX, width=line)
    for mark, found in marks:
        colour = _FOUND if found else _MISSED
        draw.rectangle([v * scale for v in mark.corners], outline=colour, width=line)
    out = io.BytesIO()
    picture.save(out, format="PNG")
    return out.getvalue()
