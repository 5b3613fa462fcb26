"""Balancing uneven classes by resampling or weights. Used only inside ``fit``."""

import copy

import numpy as np

from fer_classic.errors import UsageError, one_of
from fer_classic.features.base import Parameters

METHODS = (
    "none",
    "class_weight",
    "smote",
    "borderline_smote",
    "adasyn",
    "smote_enn",
    "random_over",
    "random_under",
    "mirror",
)
#: Those under which each row keeps a weight of its own, as votes give it one.
WEIGHED = ("none", "class_weight")
_WITH_NEIGHBORS = ("smote", "borderline_smote", "adasyn", "smote_enn")

#: Dimensions in which neighbours are sought, and rows from which they are learned.
COMPONENTS = 64
FIT_ROWS = 3000


def resample(X, y, method, *, n_neighbors=5, random_state=0, X_mirror=None):
    """Balance a training set.

    Neighbours are sought among standardised columns, rotated to their principal
    components where there are many, because distances over thousands of columns of
    unlike scale mean little; new rows are interpolated between the original ones.

    Parameters
    ----------
    X : ndarray of float32, shape (n, d)
    y : ndarray, shape (n,)
        Classes.
    method : str or sampler
        An imbalanced-learn sampler (anything with ``fit_resample``) is cloned and used as
        it is. "none" and "class_weight" keep the rows; "smote" (Chawla et al. 2002),
        "borderline_smote" (Han et al. 2005), "adasyn" (He et al. 2008; SMOTE for a
        class that no other touches) and "random_over" add rows to the smaller classes;
        "smote_enn" (Batista et al. 2004) then removes rows that most of their 3
        neighbours contradict; "random_under" cuts all classes to the smallest;
        "mirror" adds the mirrored copies of images of smaller classes, at most one
        each.
    n_neighbors : int
        Neighbours of the SMOTE family.
    random_state : int
    X_mirror : ndarray of float32, shape (n, d), optional
        Features of the mirrored images, needed by "mirror".

    Returns
    -------
    X : ndarray of float32, shape (m, d)
    y : ndarray, shape (m,)
    weights : ndarray of float64, shape (m,)
        Mean 1; uneven only for "class_weight".

    Raises
    ------
    ValueError
        The method is unknown, a class has too few rows for its neighbours, or
        ``X_mirror`` is missing.
    """
    weights = None
    if hasattr(method, "fit_resample"):
        from sklearn.base import clone

        X, y = clone(method).fit_resample(X, y)
    elif one_of(method, METHODS, "balance") == "class_weight":
        weights = balanced_weights(y)
    elif method == "mirror":
        X, y = _mirror(X, y, X_mirror, random_state)
    elif method in _WITH_NEIGHBORS:
        check_neighbors(y, method, n_neighbors)
        X, y = _with_neighbors(X, y, method, n_neighbors, random_state)
    elif method != "none":
        from imblearn.over_sampling import RandomOverSampler
        from imblearn.under_sampling import RandomUnderSampler

        over = method == "random_over"
        sampler = RandomOverSampler if over else RandomUnderSampler
        X, y = sampler(random_state=random_state).fit_resample(X, y)
    return X, y, np.ones(len(y)) if weights is None else weights


def check_weighed(method):
    """Refuse to balance by other rows where rows have weights.

    Parameters
    ----------
    method : str or sampler

    Raises
    ------
    UsageError
    """
    if method not in WEIGHED:
        raise UsageError(
            "With votes, classes are balanced by 'none' or 'class_weight': rows that "
            f"`balance` adds or removes have no votes. Got {method!r} instead."
        )


def balanced_weights(y):
    """Weights that give each class an equal share of the total.

    Parameters
    ----------
    y : ndarray, shape (n,)

    Returns
    -------
    ndarray of float64, shape (n,), of mean 1
    """
    _, index, counts = np.unique(y, return_inverse=True, return_counts=True)
    return (len(y) / len(counts) / counts)[index]


def check_neighbors(y, method, n_neighbors):
    """Raise ValueError if a class has too few rows for a method of the SMOTE family.

    Parameters
    ----------
    y : ndarray, shape (n,)
    method : str
    n_neighbors : int
    """
    if method not in _WITH_NEIGHBORS:
        return
    names, counts = np.unique(y, return_counts=True)
    for name, count in zip(names, counts, strict=True):
        if count <= n_neighbors:
            lower = f", lower n_neighbors to {count - 1}" if count > 1 else ""
            images = "images" if count > 1 else "image"
            raise ValueError(
                f"Class {str(name)!r} has {count} training {images}, but "
                f"balance={method!r} with n_neighbors={n_neighbors} needs at least "
                f"{n_neighbors + 1}. Add images of this class{lower}, or choose "
                "balance='class_weight'."
            )


def _with_neighbors(X, y, method, n_neighbors, random_state):
    from imblearn.combine import SMOTEENN
    from imblearn.over_sampling import SMOTE, BorderlineSMOTE
    from imblearn.under_sampling import EditedNearestNeighbours

    classes, y = np.unique(y, return_inverse=True)  # edited neighbours take numbers only
    space = _Space(X, random_state)

    def neighbors(number):
        # imbalanced-learn counts a row as its own first neighbour.
        return _SpaceNeighbors(n_neighbors=number + 1, space=space)

    k = neighbors(n_neighbors)
    if method == "adasyn":
        resampled, labels = _adasyn(X, y, k, random_state)
        return resampled, classes[labels]
    if method == "borderline_smote":
        m = neighbors(min(10, len(y) - 1))
        sampler = BorderlineSMOTE(k_neighbors=k, m_neighbors=m, random_state=random_state)
    else:
        sampler = SMOTE(k_neighbors=k, random_state=random_state)
    if method == "smote_enn":
        enn = EditedNearestNeighbours(
            sampling_strategy="all", n_neighbors=neighbors(3), kind_sel="mode"
        )
        sampler = SMOTEENN(smote=sampler, enn=enn, random_state=random_state)
    resampled, labels = sampler.fit_resample(X, y)
    gone = np.setdiff1d(y, labels)
    if len(gone):
        raise ValueError(
            f"balance={method!r} removed every image of class {str(classes[gone[0]])!r}. "
            "Choose balance='smote' or 'class_weight'."
        )
    return resampled, classes[labels]


def _adasyn(X, y, neighbors, random_state):
    """ADASYN class by class; imbalanced-learn's own gives up all at the first refusal."""
    from imblearn.over_sampling import ADASYN, SMOTE

    classes, counts = np.unique(y, return_counts=True)
    rows, labels = [X], [y]
    for name in classes[counts < counts.max()]:
        wanted = {name: int(counts.max())}
        try:
            sampler = ADASYN(
                sampling_strategy=wanted, n_neighbors=neighbors, random_state=random_state
            )
            more, own = sampler.fit_resample(X, y)
        except ValueError as error:
            if "No samples will be generated" not in str(error):
                raise
            continue  # so few are wanted that each row's share rounds to none
        except RuntimeError:  # no row of this class is near another class
            sampler = SMOTE(
                sampling_strategy=wanted, k_neighbors=neighbors, random_state=random_state
            )
            more, own = sampler.fit_resample(X, y)
        rows.append(more[len(X) :])
        labels.append(own[len(y) :])
    return np.concatenate(rows), np.concatenate(labels)


def _mirror(X, y, X_mirror, random_state):
    if X_mirror is None:
        raise ValueError(
            "balance='mirror' needs X_mirror, the features of the mirrored images. "
            "Pass X_mirror to fit, or choose another balance."
        )
    random = np.random.default_rng(random_state)
    classes, counts = np.unique(y, return_counts=True)
    added = []
    for name, count in zip(classes, counts, strict=True):
        wanted = min(counts.max() - count, count)
        rows = np.flatnonzero(y == name)
        added.append(np.sort(random.choice(rows, wanted, replace=False)))
    added = np.concatenate(added)
    return np.concatenate([X, X_mirror[added]]), np.concatenate([y, y[added]])


class _Space:
    """Standardised columns, projected to principal components if there are many."""

    def __init__(self, X, random_state):
        from sklearn.decomposition import PCA

        random = np.random.default_rng(random_state)
        rows = random.choice(len(X), min(len(X), FIT_ROWS), replace=False)
        sample = np.asarray(X[np.sort(rows)], dtype=np.float32)
        self.mean = sample.mean(axis=0)
        self.scale = np.maximum(sample.std(axis=0), 1e-6)
        self.basis = None
        if X.shape[1] > COMPONENTS and len(sample) > COMPONENTS:
            seed = int(random.integers(2**31))
            pca = PCA(COMPONENTS, svd_solver="randomized", random_state=seed)
            self.basis = pca.fit((sample - self.mean) / self.scale).components_.T

    def __call__(self, X):
        Z = (np.asarray(X, dtype=np.float32) - self.mean) / self.scale
        return Z if self.basis is None else Z @ self.basis

    def __deepcopy__(self, memo):
        return copy.copy(self)  # read only: cloning an estimator need not copy arrays


class _SpaceNeighbors(Parameters):
    """Nearest neighbours in a :class:`_Space`, as imbalanced-learn's samplers take them."""

    def __init__(self, n_neighbors=5, space=None, n_jobs=None):
        self.n_neighbors = n_neighbors
        self.space = space
        self.n_jobs = n_jobs  # EditedNearestNeighbours sets it

    def fit(self, X, y=None):
        from sklearn.neighbors import NearestNeighbors

        self.nearest_ = NearestNeighbors(n_neighbors=self.n_neighbors, n_jobs=self.n_jobs)
        self.nearest_.fit(self.space(X))
        return self

    def kneighbors(self, X=None, n_neighbors=None, return_distance=True):
        X = None if X is None else self.space(X)
        return self.nearest_.kneighbors(X, n_neighbors, return_distance)

    def kneighbors_graph(self, X=None, n_neighbors=None, mode="connectivity"):
        X = None if X is None else self.space(X)
        return self.nearest_.kneighbors_graph(X, n_neighbors, mode)
