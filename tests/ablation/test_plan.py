"""Plans of ablations."""

import pytest

from fer_classic.ablation.plan import read_plan
from fer_classic.errors import FerClassicError, UsageError
from fer_classic.settings import PRESETS

HEAD = 'train = "photographs"\n'
RUN = '[[run]]\nname = "one"\n'


@pytest.fixture
def plan(tmp_path):
    """Read a plan from its text."""

    def read(text, **options):
        path = tmp_path / "plan.toml"
        path.write_text(text, encoding="utf-8")
        return read_plan(path, **options)

    return read


def test_a_run_changes_the_base_and_nothing_else(plan):
    read = plan(
        'train = ["a", "b.zip"]\nimages = 500\nfolds = 4\nseed = 7\nclasses = "seven"\n'
        '[base]\nname = "all"\nbalance = "smote"\ncrop_size = 96\n'
        + '[[run]]\nname = "no LBP"\nwithout = ["lbp"]\n'
        + '[[run]]\nname = "finer"\nhog.cell = 6\nalign = "5"\nlearning_rate = 0.05\n'
        + '[[run]]\nname = "few"\nfraction = 0.25\nestimator = "svm"\n'
    )
    base, lean, finer, few = read.runs
    assert (read.images, read.folds, read.seed) == (500, 4, 7)
    assert [one.rsplit("/", 1)[1] for one in read.train] == ["a", "b.zip"]
    assert base.name == "all" and base.settings.classes == "seven"
    assert all(run.settings.seed == 7 for run in read.runs)
    assert all(run.settings.classifier["balance"] == "smote" for run in read.runs)
    assert all(run.settings.faces.crop_size == 96 for run in read.runs)
    assert list(lean.settings.features) == ["hog", "geometry"]
    assert finer.settings.features["hog"] == {"cell": 6}
    assert finer.settings.features["lbp"] == base.settings.features["lbp"]
    assert finer.settings.faces.align == "5" and base.settings.faces.align == "68"
    assert finer.settings.classifier["learning_rate"] == 0.05
    assert (few.fraction, few.estimator) == (0.25, "svm")
    assert few.settings == base.settings


def test_a_preset_keeps_what_all_runs_share(plan):
    read = plan(
        HEAD + 'classes = "seven"\n[base]\ndetector = "none"\n' + RUN + 'preset = "fast"\n'
    )
    run = read.runs[1].settings
    assert run.experts == PRESETS["fast"]["experts"]
    assert (run.classes, run.faces.detector) == ("seven", "none")


def test_inputs_of_the_command_replace_those_of_the_plan(plan):
    assert plan(RUN, train=["/data/x.zip"]).train == ("/data/x.zip",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("train = ", "is not a TOML file"),
        (RUN, "must name its images"),
        ("train = [1]\n" + RUN, "train of .* must be text. Got 1"),
        (HEAD, r"at least one \[\[run\]\]"),
        (HEAD + "colour = 1\n" + RUN, "key of .* must be one of .* Got 'colour'"),
        (HEAD + "folds = 1\n" + RUN, "folds must be a whole number of at least 2. Got 1"),
        (HEAD + "images = 'all'\n" + RUN, "images must be a whole number .* Got 'all'"),
        (HEAD + "[[run]]\nbalance = 'smote'\n", "Run 1 .* must have a name .* Got None"),
        (HEAD + RUN + RUN, "names two runs 'one'"),
        (HEAD + "[[run]]\nname = 'base'\n", "names two runs 'base'"),
        (HEAD + RUN + "colour = 1", "Run 'one': key must be one of .* Got 'colour'"),
        (HEAD + RUN + "seed = 1", "Run 'one': seed is the same for all runs"),
        (HEAD + RUN + "balance = 'luck'", "Run 'one': balance must be one of"),
        (HEAD + RUN + "align = '7'", "Run 'one': align must be one of"),
        (HEAD + RUN + "align = 'box'", r"Run 'one': Features read landmarks \(geometry\)"),
        (
            HEAD + RUN + "align = 'box'\nfeatures = ['hog', 'sift']",
            r"Run 'one': Features read landmarks \(sift\), .* or `features` hog,lbp",
        ),
        (HEAD + RUN + "detector = 'eye'", "Run 'one': detector must be one of"),
        (
            HEAD + RUN + "crop_size = 9",
            "Run 'one': crop_size must be from 32 to",
        ),
        (HEAD + RUN + "preset = 'best'", "Run 'one': `preset` must be one of"),
        (HEAD + RUN + "features = ['nose']", "Run 'one': family of features must be one"),
        (HEAD + RUN + "without = ['sift']", "Run 'one': family in without must be one of"),
        (HEAD + RUN + "without = ['hog', 'lbp', 'geometry']", "nothing to learn from"),
        (HEAD + RUN + "hog = 6", "Run 'one': hog must be a table. Got 6"),
        (HEAD + RUN + "hog.size = 6", "Run 'one': parameter of the features 'hog'"),
        (HEAD + RUN + "hog.cell = 0", "Run 'one': cell of HOGFeatures must be"),
        (HEAD + RUN + "lbp.radii = []", "Run 'one': .*radii"),
        (HEAD + RUN + "learning_rate = -1", "Run 'one': learning_rate of Expression"),
        (HEAD + RUN + "fraction = 0", "Run 'one': fraction must be above 0"),
        (HEAD + RUN + "fraction = 'half'", "Run 'one': fraction must be a number"),
        (HEAD + RUN + "estimator = 'net'", "Run 'one': estimator must be one of"),
        (
            HEAD + RUN + "preset = 'fast'\nestimator = 'svm'",
            "Run 'one': estimator 'svm' reads named columns only",
        ),
        (
            HEAD + RUN + "experts = [{features = {nose = {}}}]",
            "Run 'one': feature family must be one of",
        ),
    ],
)
def test_what_is_wrong_is_named_before_anything_starts(plan, text, words):
    with pytest.raises(UsageError, match=words):
        plan(text)


def test_a_missing_plan(tmp_path):
    with pytest.raises(FerClassicError, match="cannot be read: No such file"):
        read_plan(tmp_path / "none.toml")
