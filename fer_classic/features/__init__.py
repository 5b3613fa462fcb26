"""Hand-crafted features, one family a file, each a transformer with named columns."""

from dataclasses import dataclass
from importlib import import_module

import numpy as np

from fer_classic.errors import UsageError, one_of

#: Families by the name users give them, and the class of each in the module of that name.
FAMILIES = {
    "hog": "HOGFeatures",
    "lbp": "LBPFeatures",
    "geometry": "GeometryFeatures",
    "sift": "SIFTFeatures",
    "fisher": "FisherFeatures",
}
#: Those that follow from the face alone; the others learn from training images first.
CROP_FAMILIES = ("hog", "lbp", "geometry", "sift")
#: Those that read landmarks.
LANDMARK_FAMILIES = ("geometry", "sift")

__all__ = [
    "CROP_FAMILIES",
    "FAMILIES",
    "FeatureTable",
    "FisherFeatures",
    "GeometryFeatures",
    "HOGFeatures",
    "LBPFeatures",
    "SIFTFeatures",
    "check_located",
    "compute_features",
    "family_class",
    "make_extractors",
]


def __getattr__(name):
    """The families as scikit-learn knows them, imported when first used."""
    if name not in FAMILIES.values():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.estimators"), name)


@dataclass(frozen=True)
class FeatureTable:
    """Features of many faces, one row a face.

    Attributes
    ----------
    X : ndarray of float32, shape (n, d)
    names : tuple of str
        Name of each column, ``family__place_bin``.
    """

    X: np.ndarray
    names: tuple

    def __len__(self):
        return len(self.X)

    def take(self, rows):
        """Some of the rows.

        Parameters
        ----------
        rows : ndarray of int
        """
        return FeatureTable(self.X[rows], self.names)

    def family(self, prefix):
        """The columns whose names begin with ``prefix`` and two underscores.

        Parameters
        ----------
        prefix : str
            "hog", "lbp" or "geo".
        """
        keep = [i for i, name in enumerate(self.names) if name.startswith(f"{prefix}__")]
        return FeatureTable(self.X[:, keep], tuple(self.names[i] for i in keep))


def family_class(name):
    """The transformer of a family, without scikit-learn; its module is loaded for it.

    Parameters
    ----------
    name : str
        Of FAMILIES.

    Returns
    -------
    type
    """
    return getattr(import_module(f"{__name__}.{name}"), FAMILIES[name])


def make_extractors(features):
    """Transformers from their settings.

    Parameters
    ----------
    features : dict of str to dict
        Parameters by family, such as ``{"hog": {"cell": 8}, "geometry": {}}``.

    Raises
    ------
    UsageError
        A family or parameter is unknown, or no family is named.
    """
    if not features:
        raise UsageError(f"Name at least one feature family of {', '.join(FAMILIES)}.")
    for name, parameters in features.items():
        known = family_class(one_of(name, FAMILIES, "feature family"))().get_params()
        for key in parameters:
            one_of(key, known, f"parameter of the features {name!r}")
    return [family_class(name)(**features[name]) for name in FAMILIES if name in features]


def check_located(align, *features):
    """Refuse features that read landmarks where the alignment locates none.

    Parameters
    ----------
    align : str
        Of :data:`fer_classic.faces.align.METHODS`.
    *features : dict of str to dict
        Parameters by family, as of the named columns and of each expert.

    Raises
    ------
    UsageError
    """
    reading = reading_landmarks(*features)
    if align == "box" and reading:
        raise UsageError(
            f"Features read landmarks ({', '.join(reading)}), and the alignment 'box' "
            "locates none: give another `align`, or `features` hog,lbp."
        )


def reading_landmarks(*features):
    """Families that read landmarks, in the order of FAMILIES.

    Parameters
    ----------
    *features : dict of str to dict
        Parameters by family.
    """
    named = set().union(*features)
    return [name for name in LANDMARK_FAMILIES if name in named]


def compute_features(crops, landmarks, features):
    """All columns of the chosen families.

    Parameters
    ----------
    crops : ndarray of uint8, shape (n, S, S)
    landmarks : ndarray of float32, shape (n, 68, 2)
        In pixels of the crop.
    features : dict of str to dict
        Parameters by family of CROP_FAMILIES, as :func:`make_extractors` takes them.

    Returns
    -------
    FeatureTable
    """
    for name in features:
        one_of(name, CROP_FAMILIES, "family of named columns")
    given = {"crops": crops, "landmarks": landmarks, "faces": (crops, landmarks)}
    parts, names = [], []
    for extractor in make_extractors(features):
        parts.append(extractor.fit_transform(given[extractor.reads]))
        names += extractor.get_feature_names_out().tolist()
    return FeatureTable(np.concatenate(parts, axis=1), tuple(names))
