"""Kernel experts: short vectors of faces, and the class scores that a kernel gives them.

LightGBM reads the sum of their scores (stacking: Wolpert 1992).
"""

from dataclasses import dataclass

import numpy as np

from fer_classic.errors import FerClassicError, UsageError
from fer_classic.faces.landmarks import MIRROR
from fer_classic.features import check_located, make_extractors, reading_landmarks
from fer_classic.features.sift import LENGTH
from fer_classic.files.arrays import check_array, check_finite
from fer_classic.learn.embedding import FaceEmbedding
from fer_classic.learn.kernel_ridge import KernelRidgeScores


@dataclass(frozen=True)
class Expert:
    """A fitted embedding and the kernel over it.

    Attributes
    ----------
    embedding : FaceEmbedding
    ridge : KernelRidgeScores
    crop : {"aligned", "upright"}
        Which crop of a face it looks at.
    """

    embedding: FaceEmbedding
    ridge: KernelRidgeScores
    crop: str = "aligned"

    def scores(self, faces, jobs=1, averaged=None):
        """Scores of every class.

        Parameters
        ----------
        faces : FaceTable
        jobs : int
            Threads.
        averaged : ndarray of bool, optional
            As :meth:`FaceEmbedding.transform` takes it.

        Returns
        -------
        ndarray of float32, shape (n, n_classes)
        """
        return self.ridge.transform(self.vectors(faces, jobs, averaged), jobs=jobs)

    def vectors(self, faces, jobs=1, averaged=None):
        """The vectors of faces, as :meth:`scores` takes faces.

        Returns
        -------
        ndarray of float32, shape (n, d)
        """
        data = _seen(faces, self.crop)
        return self.embedding.transform(data, jobs=jobs, averaged=averaged)


def expert_parameters(parameters):
    """Parameters of an expert, by the part that takes them.

    Parameters
    ----------
    parameters : dict
        As for :func:`fit_expert`.

    Raises
    ------
    UsageError
        Features that read landmarks shall see the upright crop.
    """
    ridge = KernelRidgeScores().get_params().keys() & parameters.keys()
    others = ridge | {"crop", "degraded", "share"}
    own = {key: value for key, value in parameters.items() if key not in others}
    reading = reading_landmarks(own["features"])
    if parameters.get("crop") == "upright" and reading:
        raise UsageError(
            f"An expert of the upright crop cannot read landmarks, as {reading[0]} "
            "does: give it hog, lbp or fisher, or the aligned crop."
        )
    return own, {key: parameters[key] for key in ridge}


def _seen(faces, crop):
    """Crops of one kind, and landmarks, as embeddings take them."""
    crops = faces.upright if crop == "upright" else faces.crops
    return np.asarray(crops), np.asarray(faces.landmarks)


def fit_expert(
    faces, groups, parameters, *, seed=0, jobs=1, targets=None, sample_weight=None
):
    """Fit an expert to labelled faces.

    Parameters
    ----------
    faces : FaceTable
        Each class is present.
    groups : ndarray, shape (n,)
        Rows of one group are left out together.
    parameters : dict
        Of FaceEmbedding and KernelRidgeScores; ``features`` at least. ``crop`` is
        "aligned" (default) or "upright", which is what the detector's box shows:
        landmarks that are misplaced cannot harm it. ``share`` is what its scores count
        beside those of the other experts (1 by default). ``degraded`` is the
        share of the crops that :func:`fer_classic.faces.degrade.degrade` makes worse
        before the kernel sees them (0 by default); the embedding is learned from all as
        they are.
    seed : int
    jobs : int
        Threads.
    targets, sample_weight : ndarray, optional
        As :meth:`KernelRidgeScores.fit` takes them.

    Returns
    -------
    expert : Expert
    out_of_fold : ndarray of float32, shape (n, n_classes)
        Scores of each row by a kernel that has not seen its group.
    """
    from fer_classic.faces.degrade import degrade

    own, ridge = expert_parameters(parameters)
    check_located(faces.settings.align, own["features"])
    crop = parameters.get("crop", "aligned")
    data = _seen(faces, crop)
    embedding = FaceEmbedding(**own, random_state=seed).fit(data, jobs=jobs)
    worse = degrade(data[0], parameters.get("degraded", 0), seed), data[1]
    vectors = embedding.transform(worse, jobs=jobs)
    ridge = KernelRidgeScores(**ridge, random_state=seed)
    ridge.fit(vectors, faces.labels, groups, targets, sample_weight, jobs=jobs)
    return Expert(embedding, ridge, crop), ridge.out_of_fold_


def add_scores(scores, parameters):
    """The scores of several experts as one: their sum, each times its share.

    Parameters
    ----------
    scores : list of ndarray, shape (n, k)
        At least one.
    parameters : list of dict
        Of the same experts, as for :func:`fit_expert`.

    Returns
    -------
    ndarray of float32, shape (n, k)
    """
    shares = [np.float32(own.get("share", 1.0)) for own in parameters]
    return sum(share * own for share, own in zip(shares, scores, strict=True))


#: What is learned, by the part that holds it.
_EMBEDDING = ("center_", "scale_", "basis_", "step_", "grain_")
_RIDGE = ("columns_", "step_", "coefficient_step_", "whole_coefficients_")
#: The same in models trained before vectors were rounded to one step.
_OLD_EMBEDDING, _OLD_RIDGE = _EMBEDDING[:4], ("support_", "step_", "coefficients_")


def experts_to_arrays(experts):
    """Everything that experts have learned, by name.

    Returns
    -------
    dict of str to ndarray
    """
    arrays = {}
    for number, expert in enumerate(experts):
        for part, owner, names in _parts(expert):
            for name in names:
                arrays[f"e{number}_{part}_{name}"] = getattr(owner, name)
    return arrays


def experts_from_arrays(arrays, parameters, size, n_classes):
    """Experts from what :func:`experts_to_arrays` gave.

    Parameters
    ----------
    arrays : mapping of str to ndarray
    parameters : list of dict
        As for :func:`fit_expert`.
    size : int
        Side of the crops in pixels.
    n_classes : int

    Raises
    ------
    ValueError
        A parameter is impossible, or an array is missing, left over or does not fit.
    """
    left, experts = dict(arrays), []
    for number, given in enumerate(parameters):
        own, ridge = expert_parameters(given)
        embedding = FaceEmbedding(**own)
        embedding.extractors_ = make_extractors(embedding.features)
        embedding.grain_ = np.float32(0)
        crop = given.get("crop", "aligned")
        expert = Expert(embedding, KernelRidgeScores(**ridge), crop)
        columns = sum(own.n_columns(size) for own in embedding.extractors_)
        length = _rows(left, f"e{number}_embedding_step_")
        old = f"e{number}_kernel_support_" in left
        coefficients = ("" if old else "whole_") + "coefficients_"
        rows = _rows(left, f"e{number}_kernel_{coefficients}")
        if not 1 <= length <= embedding.components:
            raise FerClassicError(
                f"expert {number} has vectors of {length} numbers; its settings allow "
                f"1 to {embedding.components}."
            )
        shapes = {
            **{"center_": columns, "scale_": columns, "basis_": (columns, length)},
            **{"step_": length, "support_": (rows, length), "columns_": (length, rows)},
            coefficients: (rows, n_classes),
        }
        for part, owner, names in _parts(expert, old):
            known = shapes if part in ("embedding", "kernel") else _learned(owner)
            for name in names:
                key = f"e{number}_{part}_{name}"
                dtype = _DTYPES.get(name, "f4")
                found = check_array(left.pop(key, None), dtype, known.get(name, ()), key)
                _check_values(found, name, key, size)
                setattr(owner, name, found)
        experts.append(expert)
    if left:
        raise FerClassicError(
            f"the experts hold {min(left)[:60]!r}, which none of them has."
        )
    return tuple(experts)


#: Types of what is learned, where they are not float32.
_DTYPES = {
    **{"basis_": "i1", "support_": "i1", "columns_": "i1", "whole_coefficients_": "i2"},
    **{"crop_size_": "i8", "n_landmarks_": "i8"},
}


def _rows(arrays, key):
    return len(arrays[key]) if np.ndim(arrays.get(key)) else 0


def _learned(extractor):
    """Shapes of what a vocabulary holds."""
    if extractor.family != "fisher":
        return {}
    words = (extractor.gaussians, extractor.components + 2)
    return {
        **{"center_": LENGTH, "components_": (LENGTH, extractor.components)},
        **{"weights_": extractor.gaussians, "means_": words, "variances_": words},
    }


def _check_values(array, name, key, size):
    check_finite(array, key)
    wanted = {"crop_size_": size, "n_landmarks_": len(MIRROR)}
    if name in wanted and array != wanted[name]:
        raise FerClassicError(f"{key} is {array}; it must be {wanted[name]}.")
    if name in ("weights_", "variances_") and not (array > 0).all():
        raise FerClassicError(f"{key} must be above 0 everywhere.")


def _parts(expert, old=False):
    """Name, owner and names of the arrays of each part of an expert."""
    parts = [
        ("embedding", expert.embedding, _OLD_EMBEDDING if old else _EMBEDDING),
        ("kernel", expert.ridge, _OLD_RIDGE if old else _RIDGE),
    ]
    for extractor in expert.embedding.extractors_:
        learned = ("crop_size_", *getattr(extractor, "learned", ()))
        if extractor.reads == "landmarks":
            learned = ("n_landmarks_",)
        parts.append((extractor.family, extractor, learned))
    return parts
