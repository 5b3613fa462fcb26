"""The picture of an explanation: photograph, probabilities, regions and features."""

import io
import warnings

import numpy as np

from fer_classic.data.image import to_rgb
from fer_classic.features.places import in_words
from fer_classic.model.explain import METHODS

FOR, AGAINST, PLAIN = "#2f7d4f", "#c0392b", "#8a94a3"
#: Columns shown, and how many of them are those that spoke against.
LISTED, AGAINST_LISTED = 8, 3
#: Longest side of the photograph in the picture, in pixels.
LARGEST_SIDE = 900
_STYLE = {"text.parse_math": False, "font.size": 10, "axes.titlesize": 11}
#: Left, bottom, width and height over those of the picture.
_PLACES = {
    "photograph": (0.02, 0.53, 0.31, 0.36),
    "heat": (0.35, 0.53, 0.30, 0.36),
    "probabilities": (0.75, 0.57, 0.23, 0.30),
    "regions": (0.07, 0.17, 0.23, 0.27),
    "families": (0.41, 0.17, 0.12, 0.27),
    "columns": (0.80, 0.17, 0.18, 0.27),
}
_NAMES = {"hog": "HOG", "lbp": "LBP", "sift": "SIFT", "expert": "kernel expert"}
#: Radius by which the map over the face is softened, over the crop's side.
SOFT = 0.025
#: How much of the photograph is shown around the face, in sides of its box.
AROUND = 1.1


def explain_picture(image, face, explanation, title):
    """Draw an explanation.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3) or (H, W)
        The photograph.
    face : FaceTable
        Of one row.
    explanation : Explanation
    title : str
        Such as the file's name.

    Returns
    -------
    bytes
        A PNG file.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # letters that its font lacks show as boxes
        with matplotlib.rc_context(_STYLE):
            figure = Figure(figsize=(12, 8.2))
            axes = {name: figure.add_axes(place) for name, place in _PLACES.items()}
            name = explanation.class_names[explanation.chosen]
            share = explanation.probabilities[explanation.chosen]
            figure.suptitle(f"{title[-60:]}: {name}, {share:.1%}", fontsize=15)
            _photograph(axes["photograph"], image, face)
            _heat(axes["heat"], face, explanation)
            _probabilities(axes["probabilities"], explanation)
            _regions(axes["regions"], explanation)
            _families(axes["families"], explanation)
            _columns(axes["columns"], explanation)
            figure.text(0.02, 0.015, _notes(explanation), fontsize=9, color="#444")
            out = io.BytesIO()
            figure.savefig(out, format="png", dpi=110, metadata={"Software": None})
    return out.getvalue()


def _photograph(axes, image, face):
    from matplotlib.patches import Rectangle
    from PIL import Image

    picture = Image.fromarray(to_rgb(image))
    x, y, w, h = face.boxes[0].tolist()
    margin = AROUND * max(w, h)
    left, top = max(0, int(x - margin)), max(0, int(y - margin))
    right = min(picture.width, int(x + w + margin) + 1)
    bottom = min(picture.height, int(y + h + margin) + 1)
    picture = picture.crop((left, top, right, bottom))
    picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    axes.imshow(picture, extent=(left - 0.5, right - 0.5, bottom - 0.5, top - 0.5))
    axes.add_patch(Rectangle((x, y), w, h, fill=False, edgecolor="#00dc5a", linewidth=2))
    axes.plot(*face.points[0].T, ".", color="#ffe14d", markersize=3)
    axes.set_axis_off()
    told = {
        "face": f"face found ({face.n_faces[0]} in the photograph)",
        "no_face": "no face found: the whole image stands for it",
        "whole": "no face looked for: the whole image is the face",
    }
    axes.set_title(told[face.status[0]])


def _heat(axes, face, explanation):
    from scipy.ndimage import gaussian_filter

    crop = np.asarray(face.crops[0])
    heat = gaussian_filter(explanation.heat, SOFT * len(crop))
    limit = max(np.abs(heat).max(), 1e-9)
    axes.imshow(crop, cmap="gray", vmin=0, vmax=255)
    style = {"cmap": "RdYlGn", "vmin": -limit, "vmax": limit}
    axes.imshow(heat, **style, alpha=0.65 * np.sqrt(np.abs(heat) / limit))
    name = explanation.class_names[explanation.chosen]
    axes.set_title(f"the aligned face: green spoke for {name}, red against")
    axes.set_axis_off()


def _probabilities(axes, explanation):
    order = np.argsort(explanation.probabilities)
    names = [explanation.class_names[i] for i in order]
    values = explanation.probabilities[order]
    colours = [FOR if i == explanation.chosen else PLAIN for i in order]
    axes.barh(names, values, color=colours)
    for place, value in enumerate(values):
        axes.text(value + 0.01, place, f"{value:.1%}", va="center")
    axes.set(xlim=(0, 1.15), title="probabilities")
    axes.spines[["top", "right"]].set_visible(False)


def _regions(axes, explanation):
    name = explanation.class_names[explanation.chosen]
    if explanation.method == "occlusion":
        unit = f"percentage points of {name} lost without it"
        values = {key: 100 * own for key, own in explanation.regions.items()}
    else:
        unit, values = f"log odds added to {name}", explanation.regions
    _signed(axes, values, "regions of the face", unit)


def _families(axes, explanation):
    if len(explanation.families) == 1:
        axes.set_axis_off()  # nothing to compare
        return
    ordered = sorted(explanation.families.items(), key=lambda pair: -abs(pair[1]))
    values = {_NAMES.get(key, key): own for key, own in ordered}
    _signed(axes, values, "feature families", "log odds added")


def _columns(axes, explanation):
    speak = [own for own in explanation.columns if own[1] > 0][: LISTED - AGAINST_LISTED]
    speak += [own for own in explanation.columns if own[1] < 0][:AGAINST_LISTED]
    values = {in_words(name): value for name, value in speak}
    _signed(axes, values, "strongest columns", "log odds added")


def _notes(explanation):
    return (
        f"Regions by {METHODS[explanation.method]}. Families and columns by SHAP values, "
        "against the mean of all classes;\n0.7 log odds double the odds. Green spoke for "
        "the answer, red against it. This tells what the model used, not why a person "
        "feels something."
    )


def _signed(axes, values, title, unit):
    """Bars to the right for, to the left against, the largest on top."""
    names = list(values)[::-1]
    numbers = [values[name] for name in names]
    axes.barh(names, numbers, color=[FOR if v > 0 else AGAINST for v in numbers])
    axes.axvline(0, color="#333", linewidth=0.8)
    axes.set_title(title)
    axes.set_xlabel(unit, fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
