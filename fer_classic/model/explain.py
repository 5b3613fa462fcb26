"""Why a model chose an expression: what spoke for it and against it, and where."""

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageFilter

from fer_classic.detect import Face
from fer_classic.faces.align import similarity, transform, upright, warp
from fer_classic.features.places import (
    REGIONS,
    columns_in,
    family_of,
    heat_map,
    region_map,
    region_sums,
)
from fer_classic.model.predict import columns, predict_faces

#: How the effect of a region is measured.
METHODS = {
    "shap": "SHAP values of the columns (Lundberg et al. 2020), summed by region",
    "occlusion": "occlusion: each region in turn replaced by the training faces' average",
}
#: Standard deviation of the blur that hides a region from what sees the whole crop, over
#: the crop's side.
BLUR = 0.12


@dataclass(frozen=True)
class Explanation:
    """Why a model chose an expression for one face.

    Attributes
    ----------
    class_names : tuple of str
    probabilities : ndarray of float64, shape (k,)
    chosen : int
        Code of the most probable class, which all else is about.
    families : dict of str to float
        What each feature family added to the score of the class (in log odds against
        the mean of all classes).
    columns : list of (str, float)
        The named columns and what each added, the largest first.
    method : {"shap", "occlusion"}
        How ``regions`` and ``heat`` were measured.
    regions : dict of str to float
        Positive where the region spoke for the class: with "shap" in log odds, with
        "occlusion" the probability that is lost when the region is hidden.
    heat : ndarray of float64, shape (S, S)
        The same over the aligned crop.
    """

    class_names: tuple
    probabilities: np.ndarray
    chosen: int
    families: dict
    columns: list
    method: str
    regions: dict
    heat: np.ndarray


def explain_face(model, face):
    """Explain what a model says of a face.

    The trees' columns are explained by their SHAP values (Lundberg et al., Nature Machine
    Intelligence 2020), which sum to the score. A kernel expert compares whole faces and
    has no such values: where the model has experts, regions are judged by occlusion
    (Zeiler & Fergus, ECCV 2014). All columns of a region, in the experts and in the trees,
    are set to their average over the training faces, and the fall of the probability is
    what the region did. Fisher vectors and experts of the upright crop see the whole crop:
    there the region is blurred.

    Parameters
    ----------
    model : Model
    face : FaceTable
        Of one row, readable.
    """
    names = model.settings.class_set.names
    probabilities = predict_faces(model, face, jobs=1).probabilities[0]
    chosen = int(probabilities.argmax())
    values = _contributions(model, _columns(model, face), names[chosen])
    families = {}
    for column, value in zip(model.feature_names, values.tolist(), strict=True):
        family = family_of(column)
        families[family] = families.get(family, 0.0) + value
    order = np.argsort(-np.abs(values), kind="stable")
    columns = [(model.feature_names[i], float(values[i])) for i in order]
    if model.experts:
        method, (regions, heat) = "occlusion", _occluded(model, face, chosen)
    else:
        place = model.feature_names, values, model.settings.features, face.crops.shape[1]
        method, regions, heat = "shap", region_sums(*place), heat_map(*place)
    ordered = sorted(regions.items(), key=lambda pair: -abs(pair[1]))
    return Explanation(
        names, probabilities, chosen, families, columns, method, dict(ordered), heat
    )


def _columns(model, face, averaged=None):
    """The row that the trees read; each expert may count some columns as average."""
    averaged = averaged or [None] * len(model.experts)
    scores = [
        expert.scores(face, averaged=own)
        for expert, own in zip(model.experts, averaged, strict=True)
    ]
    return columns(face, model.settings, scores).X


def _contributions(model, row, name):
    """SHAP values of the columns for a class, against the mean of all classes."""
    classifier = model.classifier
    shap = classifier.booster_.predict(
        row, pred_contrib=True, num_iteration=classifier.best_iteration_
    )
    # Softmax only sees differences: what all classes share says nothing.
    shap = np.asarray(shap).reshape(len(classifier.classes_), -1)[:, :-1]
    shap = shap / classifier.temperature_
    return shap[classifier.classes_.tolist().index(name)] - shap.mean(axis=0)


def _occluded(model, face, chosen):
    """What the probability loses with each region hidden, and the same as a map."""
    size = face.crops.shape[1]
    whole = _probability(model, _columns(model, face), chosen)
    means = _average_columns(model)
    pixels = region_map(size)
    effects, heat = {}, np.zeros((size, size))
    everywhere = any(map(_sees_all, model.settings.experts))
    for index, region in enumerate(REGIONS):
        within = pixels == index
        hidden = [columns_in(_expert_columns(e), region) for e in model.experts]
        if not everywhere and not any(own.any() for own in hidden):
            continue  # the cheeks have no landmarks
        row = _columns(model, _blurred(face, within) if everywhere else face, hidden)
        own = columns_in(model.feature_names, region)
        known = np.array([name in means for name in model.feature_names])
        for i in np.flatnonzero(own & known):
            row[0, i] = means[model.feature_names[i]]
        effects[region] = whole - _probability(model, row, chosen)
        heat[within] = effects[region]
    return effects, heat


def _sees_all(parameters):
    """Whether an expert looks at whole crops and not at landmarks alone."""
    return "fisher" in parameters["features"] or parameters.get("crop") == "upright"


def _expert_columns(expert):
    extractors = expert.embedding.extractors_
    return [name for own in extractors for name in own.get_feature_names_out()]


def _average_columns(model):
    """Averages over the training faces, of the columns that an expert reads too."""
    means = {}
    for expert in model.experts:
        if expert.crop != "aligned":
            continue  # the named columns are of the aligned crop
        center = expert.embedding.center_.tolist()
        means |= dict(zip(_expert_columns(expert), center, strict=True))
    return means


def _probability(model, row, chosen):
    name = model.settings.class_set.names[chosen]
    column = model.classifier.classes_.tolist().index(name)
    return float(model.classifier.predict_proba(row)[0, column])


def _blurred(face, within):
    """The face with a region of its aligned crop blurred, in both crops."""
    crops = _blur(np.asarray(face.crops[0]), within)
    same = _blur(np.asarray(face.upright[0]), _in_upright(face, within))
    return replace(face, crops=crops[None], upright=same[None])


def _in_upright(face, within):
    """Where the upright crop shows a region of the aligned one."""
    if not np.isfinite(face.points[0]).all():
        return within  # no landmarks, no alignment: both crops are the same
    size = len(within)
    box = Face(*face.boxes[0].tolist(), 0.0)
    there = transform(face.points[0], upright(box, size))
    # A border, because the image is continued by it, and the region must not be.
    bordered = np.pad((within * 255).astype(np.uint8), 1)
    return warp(bordered, similarity(face.landmarks[0] + 1, there), size) > 127


def _blur(crop, within):
    radius = BLUR * len(crop)
    soft = Image.fromarray((within * 255).astype(np.uint8))
    share = np.asarray(soft.filter(ImageFilter.GaussianBlur(1.5)), dtype=np.float64) / 255
    smooth = Image.fromarray(crop).filter(ImageFilter.GaussianBlur(radius))
    mixed = crop * (1 - share) + np.asarray(smooth) * share
    return np.rint(mixed).astype(np.uint8)
