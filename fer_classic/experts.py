"""Kernel experts: short vectors of faces, and the class scores that a kernel gives them.

LightGBM reads their scores beside the named columns (stacking: Wolpert 1992).
"""

from dataclasses import dataclass

import numpy as np

from fer_classic.embed import FaceEmbedding
from fer_classic.features import check_located, make_extractors
from fer_classic.kernel import KernelRidgeScores


@dataclass(frozen=True)
class Expert:
    """A fitted embedding and the kernel over it.

    Attributes
    ----------
    embedding : FaceEmbedding
    ridge : KernelRidgeScores
    """

    embedding: FaceEmbedding
    ridge: KernelRidgeScores

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
        data = (faces.crops, faces.landmarks)
        vectors = self.embedding.transform(data, jobs=jobs, averaged=averaged)
        return self.ridge.transform(vectors)


def expert_parameters(parameters):
    """Parameters of an expert, by the part that takes them.

    Parameters
    ----------
    parameters : dict
        Of FaceEmbedding and KernelRidgeScores; ``features`` at least.

    Returns
    -------
    embedding, ridge : dicts
    """
    ridge = KernelRidgeScores().get_params().keys() & parameters.keys()
    own = {key: value for key, value in parameters.items() if key not in ridge}
    return own, {key: parameters[key] for key in ridge}


def fit_expert(faces, groups, parameters, *, seed=0, jobs=1):
    """Fit an expert to labelled faces.

    Parameters
    ----------
    faces : FaceTable
        Each class is present.
    groups : ndarray, shape (n,)
        Rows of one group are left out together.
    parameters : dict
        Of FaceEmbedding and KernelRidgeScores; ``features`` at least.
    seed : int
    jobs : int
        Threads.

    Returns
    -------
    expert : Expert
    out_of_fold : ndarray of float32, shape (n, n_classes)
        Scores of each row by a kernel that has not seen its group.
    """
    own, ridge = expert_parameters(parameters)
    check_located(faces.settings.align, own["features"])
    data = (np.asarray(faces.crops), np.asarray(faces.landmarks))
    embedding = FaceEmbedding(**own, random_state=seed).fit(data, jobs=jobs)
    vectors = embedding.transform(data, jobs=jobs)
    ridge = KernelRidgeScores(**ridge, random_state=seed)
    ridge.fit(vectors, faces.labels, groups)
    return Expert(embedding, ridge), ridge.out_of_fold_


#: What is learned, by the part that holds it.
_EMBEDDING = ("center_", "scale_", "basis_", "step_")
_RIDGE = ("support_", "step_", "coefficients_")


def experts_to_arrays(experts):
    """Everything that experts have learned, by name.

    Parameters
    ----------
    experts : sequence of Expert

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


def experts_from_arrays(arrays, parameters):
    """Experts from what :func:`experts_to_arrays` gave.

    Parameters
    ----------
    arrays : mapping of str to ndarray
    parameters : list of dict
        As for :func:`fit_expert`.

    Returns
    -------
    tuple of Expert

    Raises
    ------
    KeyError, ValueError
        An array is missing or does not fit the others.
    """
    experts = []
    for number, given in enumerate(parameters):
        own, ridge = expert_parameters(given)
        embedding = FaceEmbedding(**own)
        embedding.extractors_ = make_extractors(embedding.features)
        expert = Expert(embedding, KernelRidgeScores(**ridge))
        for part, owner, names in _parts(expert):
            for name in names:
                setattr(owner, name, arrays[f"e{number}_{part}_{name}"])
        _check_shapes(expert)
        experts.append(expert)
    return tuple(experts)


def _parts(expert):
    """Name, owner and names of the arrays of each part of an expert."""
    parts = [
        ("embedding", expert.embedding, _EMBEDDING),
        ("kernel", expert.ridge, _RIDGE),
    ]
    for extractor in expert.embedding.extractors_:
        learned = ("crop_size_", *getattr(extractor, "learned", ()))
        if extractor.reads == "landmarks":
            learned = ("n_landmarks_",)
        parts.append((extractor.family, extractor, learned))
    return parts


def _check_shapes(expert):
    embedding, ridge = expert.embedding, expert.ridge
    columns, length = embedding.basis_.shape
    rows, classes = ridge.coefficients_.shape
    fits = (
        embedding.center_.shape == embedding.scale_.shape == (columns,)
        and embedding.step_.shape == ridge.step_.shape == (length,)
        and ridge.support_.shape == (rows, length)
        and classes > 1
    )
    if not fits:
        raise ValueError("the arrays of an expert do not fit each other")
