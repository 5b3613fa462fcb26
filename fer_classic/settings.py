"""Every option of a run in one place; a settings file is this, as JSON."""

from dataclasses import asdict, dataclass, field, fields, replace

from fer_classic.align import METHODS as ALIGNMENTS
from fer_classic.dataset import LABELS_FROM
from fer_classic.detect import parse_detector
from fer_classic.errors import FerClassicError, UsageError, one_of
from fer_classic.image import MAX_PIXELS
from fer_classic.labels import CLASS_SETS, class_set
from fer_classic.runs import read_json

#: The card's recipe: HOG, LBP and geometry of one aligned face.
CARD_FEATURES = {
    "hog": {"cell": 8},
    "lbp": {"radii": [2], "grid": 4},
    "geometry": {},
}


@dataclass(frozen=True)
class FaceSettings:
    """What decides the crop and landmarks of an image.

    Attributes
    ----------
    detector : str
        As :func:`fer_classic.detect.make_detector` takes it.
    upsample : int
        Times the image is doubled before the search.
    threshold : float
        Least detection score.
    min_size : float
        Least width and height of a face in pixels.
    align : {"68", "5", "none", "box"}
        Landmarks that the alignment is fitted to; with "box" none are located at all.
    crop_size : int
        Side of the aligned crop in pixels.
    max_pixels : int
        Larger images are not unpacked.
    """

    detector: str = "hog"
    upsample: int = 0
    threshold: float = 0.0
    min_size: float = 0.0
    align: str = "68"
    crop_size: int = 64
    max_pixels: int = MAX_PIXELS

    def __post_init__(self):
        parse_detector(self.detector)
        one_of(self.align, ALIGNMENTS, "align")
        _within("upsample", self.upsample, 0, 4, kind=int)
        _within("threshold", self.threshold, -100, 100)
        _within("min_size", self.min_size, 0, 100_000)
        _within("crop_size", self.crop_size, 32, 512, kind=int)
        _within("max_pixels", self.max_pixels, 1, 10**10, kind=int)


@dataclass(frozen=True)
class Settings:
    """Everything that decides the result of a run.

    Attributes
    ----------
    classes : {"five", "seven"}
    labels : {"auto", "name", "folder", "none"}
        Where labels are read from.
    groups : str or None
        Regular expression that finds the group (a person, say) in a file name.
    faces : FaceSettings
    features : dict of str to dict
        Parameters of each feature family.
    experts : list of dict
        Parameters of each kernel expert, as :func:`fer_classic.experts.fit_expert` takes
        them.
    classifier : dict
        Parameters of :class:`ExpressionClassifier` that differ from its defaults.
    network : dict
        Parameters of :class:`fer_classic.cnn.classifier.SmallCNNClassifier`. Where it
        names a ``network``, that learns in place of features, experts and trees.
    folds : int
        Folds of the cross-validation on the training images; 0 for none.
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
    seed: int = 0

    def __post_init__(self):
        # It loads scikit-learn, which takes a second that processes for faces can spare.
        from fer_classic.balance import METHODS as BALANCES
        from fer_classic.cnn.parameters import NETWORKS

        class_set(self.classes)
        one_of(self.labels, LABELS_FROM, "labels")
        if not isinstance(self.groups, str | None):
            raise UsageError(
                f"groups must be a regular expression as text, or null. Got "
                f"{self.groups!r} instead."
            )
        _object("features", self.features)
        for name, parameters in self.features.items():
            _object(f"features {name!r}", parameters)
        _check_experts(self.experts)
        _object("classifier", self.classifier)
        one_of(self.classifier.get("balance", "none"), BALANCES, "balance")
        _object("network", self.network)
        if self.network:
            one_of(self.network.get("network"), NETWORKS, "network")
        if self.folds != 0 or isinstance(self.folds, bool):
            _within("folds", self.folds, 2, 100, kind=int)
        _within("seed", self.seed, 0, 2**32 - 1, kind=int)

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
        return asdict(self)

    @classmethod
    def from_dict(cls, values):
        """Settings from plain JSON types; what is not named keeps its default.

        Raises
        ------
        UsageError
            A key is unknown or a value impossible.
        """
        values = dict(values)
        _known(values, cls, "settings")
        if "faces" in values:
            values["faces"] = face_settings(values["faces"])
        settings = cls(**values)
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


def face_settings(values):
    """FaceSettings from plain JSON types.

    Raises
    ------
    UsageError
        A key is unknown or a value impossible.
    """
    _object("faces", values)
    _known(values, FaceSettings, "settings of faces")
    return FaceSettings(**values)


def read_settings(path):
    """Read a settings file: JSON, as every run directory holds one.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    Settings

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
    from fer_classic.classify import ExpressionClassifier  # loads scikit-learn

    # Threads and seed are options of their own.
    return sorted(ExpressionClassifier().get_params().keys() - {"n_jobs", "random_state"})


def _network_parameters():
    from fer_classic.cnn.classifier import SmallCNNClassifier

    known = SmallCNNClassifier().get_params().keys()
    return sorted(known - {"n_jobs", "random_state"})


def _expert_parameters():
    from fer_classic.embed import FaceEmbedding
    from fer_classic.kernel import KernelRidgeScores

    known = FaceEmbedding({}).get_params() | KernelRidgeScores().get_params()
    return sorted(known.keys() - {"random_state"} | {"crop", "degraded", "share"})


def _check_experts(experts):
    if not isinstance(experts, list | tuple):
        raise UsageError(f"experts must be a list [...]. Got {experts!r} instead.")
    for expert in experts:
        _object("each of experts", expert)
        _object("features of each of experts", expert.get("features"))
        _object("weights of each of experts", expert.get("weights", {}))
        _within("components", expert.get("components", 1), 1, 4096, kind=int)
        _within("folds", expert.get("folds", 2), 2, 100, kind=int)
        one_of(expert.get("crop", "aligned"), ("aligned", "upright"), "crop of an expert")
        _within("degraded", expert.get("degraded", 0), 0, 1)
        for name in ("gamma", "ridge", "share"):
            _within(name, expert.get(name, 1.0), 1e-6, 1e6)


def _known(values, cls, what):
    allowed = [f.name for f in fields(cls)]
    for key in values:
        one_of(key, allowed, f"key of the {what}")


def _object(name, value):
    if not isinstance(value, dict):
        raise UsageError(f"{name} must be an object {{…}}. Got {value!r} instead.")


def _within(name, value, low, high, kind=int | float):
    if isinstance(value, bool) or not isinstance(value, kind):
        what = "a whole number" if kind is int else "a number"
        raise UsageError(f"{name} must be {what}. Got {value!r} instead.")
    if not low <= value <= high:
        raise UsageError(f"{name} must be from {low} to {high}. Got {value} instead.")
