"""Every option of a run in one place; a settings file is this, as JSON."""

from dataclasses import asdict, dataclass, field, fields, replace

from fer_classic.data.labels import CLASS_SETS, class_set, labels_from
from fer_classic.errors import (
    FerClassicError,
    UsageError,
    check_finite,
    check_keys,
    check_object,
    check_range,
    one_of,
)
from fer_classic.faces.settings import FaceSettings, face_settings
from fer_classic.files.text import read_json

#: The card's recipe: HOG, LBP and geometry of one aligned face.
CARD_FEATURES = {
    "hog": {"cell": 8},
    "lbp": {"radii": [2], "grid": 4},
    "geometry": {},
}


@dataclass(frozen=True)
class Settings:
    """Everything that decides the result of a run.

    Attributes
    ----------
    classes : {"five", "seven", "eight"}
    labels : str
        Where labels are read from, as ``read_dataset`` has it.
    groups : str or None
        Regular expression that finds the group (a person, say) in a file name.
    faces : FaceSettings
    features : dict of str to dict
        Parameters of each feature family.
    experts : list of dict
        Parameters of each kernel expert, as :func:`fer_classic.learn.experts.fit_expert`
        takes them.
    classifier : dict
        Parameters of :class:`ExpressionClassifier` that differ from its defaults.
    network : dict
        Parameters of :class:`fer_classic.learn.cnn.classifier.SmallCNNClassifier`. Where it
        names a ``network``, that learns in place of features, experts and trees.
    folds : int
        Folds of the cross-validation on the training images; 0 for none.
    vote_share : float
        What the votes of annotators count beside an image's own label, where there are
        votes: 0 for the label alone, 1 for the votes alone.
    seed : int
    """

    classes: str = "five"
    labels: str = "auto"
    groups: str | None = None
    faces: FaceSettings = field(default_factory=FaceSettings)
    features: dict = field(default_factory=lambda: dict(CARD_FEATURES))
    experts: list = field(default_factory=list)
    classifier: dict = field(default_factory=lambda: {"balance": "none"})
    network: dict = field(default_factory=dict)
    folds: int = 0
    vote_share: float = 1.0
    seed: int = 0

    def __post_init__(self):
        class_set(self.classes)
        labels_from(self.labels)
        if not isinstance(self.groups, str | None):
            raise UsageError(
                f"groups must be a regular expression as text, or null. Got "
                f"{self.groups!r} instead."
            )
        check_object("features", self.features)
        for name, parameters in self.features.items():
            check_object(f"features {name!r}", parameters)
        _check_experts(self.experts)
        check_object("classifier", self.classifier)
        _check_balance(self.classifier.get("balance", "none"))
        check_object("network", self.network)
        if self.network:
            from fer_classic.learn.cnn.parameters import NETWORKS

            one_of(self.network.get("network"), NETWORKS, "network")
        if self.folds != 0 or isinstance(self.folds, bool):
            check_range("folds", self.folds, 2, 100, kind=int)
        check_range("vote_share", self.vote_share, 0, 1)
        check_range("seed", self.seed, 0, 2**32 - 1, kind=int)

    @property
    def class_set(self):
        """The ClassSet itself."""
        return CLASS_SETS[self.classes]

    def every_features(self):
        """Parameters by family of the named columns, and those of each expert.

        Returns
        -------
        list of dict
        """
        return [self.features, *(own["features"] for own in self.experts)]

    def to_dict(self):
        """The settings as plain JSON types."""
        return asdict(self) | {"faces": self.faces.to_dict()}

    @classmethod
    def from_dict(cls, values):
        """Settings from plain JSON types; what is not named keeps its default.

        Raises
        ------
        UsageError
            A key is unknown or a value impossible.
        """
        values = dict(values)
        check_keys(values, cls, "settings")
        if "faces" in values:
            values["faces"] = face_settings(values["faces"])
        settings = cls(**values)
        check_finite("settings", settings.to_dict())
        for key in settings.classifier:
            one_of(key, _classifier_parameters(), "key of the settings of classifier")
        for key in settings.network:
            one_of(key, _network_parameters(), "key of the settings of network")
        for expert in settings.experts:
            for key in expert:
                one_of(key, _expert_parameters(), "key of the settings of an expert")
        return settings

    def with_changes(self, **changes):
        """A copy with some values replaced; those that are None stay.

        Parameters
        ----------
        **changes
            Names of this class, of FaceSettings, or of ExpressionClassifier.
        """
        given = {key: value for key, value in changes.items() if value is not None}
        own = {f.name for f in fields(self)}
        face = {f.name for f in fields(FaceSettings)}
        faces = replace(self.faces, **{k: v for k, v in given.items() if k in face})
        rest = {k: v for k, v in given.items() if k not in own | face}
        return replace(
            self,
            faces=faces,
            classifier=self.classifier | rest,
            **{k: v for k, v in given.items() if k in own},
        )


def read_settings(path):
    """Read a settings file: JSON, as every run directory holds one.

    Raises
    ------
    FerClassicError
        The file cannot be read, or a key is unknown or a value impossible.
    """
    values = read_json(path)
    if not isinstance(values, dict):
        raise FerClassicError(f"{path} must hold a JSON object of settings.")
    return Settings.from_dict(values)


def _classifier_parameters():
    from fer_classic.learn.trees import ExpressionClassifier

    # Threads and seed are options of their own.
    return sorted(ExpressionClassifier().get_params().keys() - {"n_jobs", "random_state"})


def _network_parameters():
    from fer_classic.learn.cnn.classifier import SmallCNNClassifier

    known = SmallCNNClassifier().get_params().keys()
    return sorted(known - {"n_jobs", "random_state"})


def _expert_parameters():
    from fer_classic.learn.embedding import FaceEmbedding
    from fer_classic.learn.kernel_ridge import KernelRidgeScores

    known = FaceEmbedding({}).get_params() | KernelRidgeScores().get_params()
    return sorted(known.keys() - {"random_state"} | {"crop", "degraded", "share"})


def _check_balance(balance):
    if balance != "none":
        from fer_classic.learn.balance import METHODS

        one_of(balance, METHODS, "balance")


def _check_experts(experts):
    if not isinstance(experts, list | tuple):
        raise UsageError(f"experts must be a list [...]. Got {experts!r} instead.")
    for expert in experts:
        check_object("each of experts", expert)
        check_object("features of each of experts", expert.get("features"))
        check_object("weights of each of experts", expert.get("weights", {}))
        check_range("components", expert.get("components", 1), 1, 4096, kind=int)
        check_range("folds", expert.get("folds", 2), 2, 100, kind=int)
        one_of(expert.get("crop", "aligned"), ("aligned", "upright"), "crop of an expert")
        check_range("degraded", expert.get("degraded", 0), 0, 1)
        for name in ("gamma", "ridge", "share"):
            check_range(name, expert.get(name, 1.0), 1e-6, 1e6)


#: The trees read the experts' scores alone: a few columns, hence all in every small tree.
_ABOVE_EXPERTS = {
    "features": {},
    "classifier": {
        "balance": "none",
        "learning_rate": 0.05,
        "num_leaves": 8,
        "colsample": 1.0,
    },
}

#: What the commands take where neither a preset nor named columns are asked for: it scores
#: better than HOG, LBP and geometry in about the same time.
DEFAULT_PRESET = "fast"

#: What each preset changes in Settings(). docs/experiments.md tells why.
PRESETS = {
    # As the project was conceived: HOG, LBP and geometry into LightGBM with SMOTE.
    "card": {"features": CARD_FEATURES, "classifier": {"balance": "smote"}},
    # The best score for at most 1 ms a face.
    "fast": _ABOVE_EXPERTS
    | {
        "experts": [
            {
                "features": {"sift": {"cells": [3, 6]}, "geometry": {}},
                "weights": {"geometry": 0.2},
                "components": 256,
                "gamma": 1.5,
                "ridge": 0.3,
                "folds": 5,
            },
            # It does not depend on landmarks, which fail where no face is found.
            {
                "crop": "upright",
                "share": 0.5,
                "features": {
                    "fisher": {"cells": [6], "step": 6, "gaussians": 32, "components": 32}
                },
                "components": 128,
                "gamma": 1.5,
                "ridge": 0.3,
                "folds": 5,
            },
        ]
    },
    # The best score for at most 15 ms a face and 40 MB.
    "accurate": _ABOVE_EXPERTS
    | {
        "experts": [
            {
                "features": {"sift": {"cells": [2, 4, 8]}, "fisher": {}, "geometry": {}},
                "weights": {"geometry": 0.15},
                "components": 512,
                "gamma": 1.2,
                "ridge": 0.3,
            },
            {
                "crop": "upright",
                "share": 0.5,
                "features": {"fisher": {}},
                "components": 320,
                "gamma": 2.0,
                "ridge": 0.3,
            },
        ]
    },
}


def preset_settings(name, **changes):
    """The settings of a preset.

    Parameters
    ----------
    name : {"card", "fast", "accurate"}
    **changes
        As :meth:`Settings.with_changes` takes them.

    Raises
    ------
    UsageError
        The name is unknown.
    """
    one_of(name, PRESETS, "`preset`")
    return Settings(**PRESETS[name]).with_changes(**changes)
