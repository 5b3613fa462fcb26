"""LightGBM's text is refused before LightGBM, which follows it blindly, sees it.

Of the 42 changes in CRASHES, LightGBM 4.7 by itself dies of 14 (segmentation faults, a
division by zero, failed checks in a thread), never ends with 2, refuses 4, and takes the
other 22 as they are, reading other memory or other numbers.
"""

import re
import shutil

import lightgbm
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fer_classic.errors import FerClassicError
from fer_classic.files.checksums import write_seal
from fer_classic.model.store import load_model
from fer_classic.model.treetext import DEEPEST, read_trees

COLUMNS = 20


def grown(rows, columns, classes, rounds, **parameters):
    """The text of trees on random numbers."""
    X = np.random.default_rng(0).normal(size=(rows, columns))
    parameters |= {"objective": "multiclass", "num_class": classes, "verbose": -1}
    data = lightgbm.Dataset(X, np.arange(rows) % classes)
    return lightgbm.train(parameters, data, rounds).model_to_string()


@pytest.fixture(scope="module")
def text():
    return grown(300, COLUMNS, 5, 3, num_leaves=5, min_data_in_leaf=5, seed=0)


def resized(text):
    """The text with the tree_sizes of what it holds now."""
    starts = [m.start() for m in re.finditer(r"^Tree=", text, flags=re.M)]
    ends = [*starts[1:], text.index("end of trees")]
    sizes = " ".join(str(b - a) for a, b in zip(starts, ends, strict=True))
    return re.sub(r"^tree_sizes=.*", f"tree_sizes={sizes}", text, flags=re.M)


def changed(text, pattern, new, fit=True):
    made = re.sub(pattern, new, text, count=1, flags=re.M)
    assert made != text
    return resized(made) if fit else made


CRASHES = [
    (r"^split_feature=\d+", "split_feature=99999999", "tree 0 splits by a column outside"),
    (r"^split_feature=\d+", "split_feature=-1", "tree 0 splits by a column outside 0 to"),
    (r"^left_child=-?\d+", "left_child=99999999", "tree 0 has a child outside its nodes"),
    (r"^left_child=-?\d+", "left_child=-6", "tree 0 has a child outside its leaves"),
    (r"^right_child=-?\d+", "right_child=-99999999", "a child outside its leaves"),
    (r"^left_child=-?\d+", "left_child=0", "has a child outside its nodes"),
    (r"^num_leaves=5", "num_leaves=2000000000", "num_leaves of tree 0 is '2000000000'"),
    (r"^num_leaves=5", "num_leaves=-5", "num_leaves of tree 0 is '-5'"),
    (r"^num_leaves=5", "num_leaves=0", "tree 0 has 0 leaves: allowed are 1 to 131072"),
    (r"^num_leaves=5", "num_leaves=6", "has 4 values, and must have 5"),
    (r"^threshold=.*", "threshold=0.5", "threshold of tree 0 has 1 values, and must have"),
    (r"^left_child=.*", "left_child=1", "left_child of tree 0 has 1 values, and must hav"),
    (r"^num_cat=0", "num_cat=5", "num_cat of tree 0 is '5', and must be '0'"),
    (r"^is_linear=0", "is_linear=1", "is_linear of tree 0 is '1', and must be '0'"),
    (r"^is_linear=0", "leaf_coeff=1 2\nis_linear=0", "tree 0 has 'leaf_coeff', where"),
    (r"^leaf_value=\S+", "leaf_value=nan", "leaf_value is not finite somewhere"),
    (r"^leaf_value=\S+", "leaf_value=1e999", "leaf_value is not finite somewhere"),
    (r"^threshold=\S+", "threshold=inf", "threshold is not finite somewhere"),
    (r"^threshold=\S+", "threshold=1_0", "threshold of tree 0 is no list of numbers"),
    (r"^threshold=\S+", "threshold=", "threshold of tree 0 is no list of numbers"),
    (r"^split_feature=\d+", f"split_feature={'9' * 30}", "split_feature of tree 0 is no l"),
    (r"^split_feature=\d+", f"split_feature={'9' * 9000}", "split_feature of tree 0 is no"),
    (r"^decision_type=\d+", "decision_type=1", "tree 0 has a wild decision_type"),
    (r"^decision_type=\d+", "decision_type=14", "tree 0 has a wild decision_type"),
    (r"^internal_count=\d+", "internal_count=0", "internal_count is 0 somewhere"),
    (r"^leaf_count=\d+", "leaf_count=-1", "leaf_count is negative or too large somewhere"),
    (r"^leaf_weight=\S+", "leaf_weight=-1", "leaf_weight is negative or too large"),
    (r"^shrinkage=.*", "shrinkage=nan", "shrinkage is not finite somewhere"),
    (r"^num_class=5", "num_class=500", "num_class is '500', and must be '5'"),
    (r"^num_tree_per_iteration=5", "num_tree_per_iteration=500", "must be '5'"),
    (r"^num_tree_per_iteration=5", "num_tree_per_iteration=0", "must be '5'"),
    (r"^num_tree_per_iteration=5", "num_tree_per_iteration=-1", "must be '5'"),
    (r"^max_feature_idx=\d+", "max_feature_idx=2000000000", "max_feature_idx is '2000000"),
    (r"^objective=.*", "objective=nonsense", "objective is 'nonsense', and must be 'multi"),
    (r"^version=v4", "version=v3", "version is 'v3', and must be 'v4'"),
    (r"^objective=", "average_output\nobjective=", "the header has 'average_output', whe"),
    (r"^feature_names=\S+ ", "feature_names=", "feature_names must describe"),
    (r"^feature_infos=\S+", "feature_infos=0:1:2", "feature_infos must describe"),
    (r"^Tree=1$", "Tree=7", "Tree of tree 1 is '7', and must be '1'"),
    (r"pandas_categorical:null", "pandas_categorical:" + "[" * 9000, "what follows the"),
    (r"^\[seed: 0\]", '[seed: "[[["]', "what follows the trees is not what LightGBM"),
    (r"^end of parameters", "more: 1\nend of parameters", "what follows the trees"),
]


@pytest.mark.parametrize(("pattern", "new", "words"), CRASHES)
def test_a_crafted_text_is_refused_with_its_reason(text, pattern, new, words):
    with pytest.raises(FerClassicError, match=r"lightgbm\.txt: ") as caught:
        read_trees(changed(text, pattern, new).encode(), 5, COLUMNS)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "new", "words"),
    [
        (r"^tree_sizes=\d+", "tree_sizes=99999999999", "tell more than the file holds"),
        (r"^tree_sizes=\d+", "tree_sizes=-5", "there must be trees for each of 5 classes"),
        (r"^tree_sizes=\d+ ", "tree_sizes=", "there must be trees for each of 5 classes"),
        (r"^tree_sizes=.*", "tree_sizes=", "tree_sizes has 0 values"),
        (r"^tree_sizes=.*", "tree_sizes=9 9 9 9 9", "tree 0 does not end where"),
        (r"^Tree=0\n", "Tree=0\n ", "tree 0 does not end where tree_sizes says"),
    ],
)
def test_wrong_sizes_are_refused(text, pattern, new, words):
    crafted = changed(text, pattern, new, fit=False)
    with pytest.raises(FerClassicError, match=words):
        read_trees(crafted.encode(), 5, COLUMNS)


@pytest.mark.parametrize("raw", [b"\0", "é".encode(), b"\r", b"\t"])
def test_bytes_that_are_no_plain_text_are_refused(text, raw):
    with pytest.raises(FerClassicError, match="bytes that are no plain text"):
        read_trees(text.encode() + raw, 5, COLUMNS)


def test_a_child_with_two_parents_and_a_cycle_are_refused(text):
    def with_children(left, right):
        made = re.sub(r"^left_child=.*", f"left_child={left}", text, count=1, flags=re.M)
        return changed(made, r"^right_child=.*", f"right_child={right}").encode()

    assert read_trees(with_children("1 2 3 -1", "-2 -3 -4 -5"), 5, COLUMNS)
    with pytest.raises(FerClassicError, match="tree 0 gives a node or leaf two parents"):
        read_trees(with_children("1 2 3 -1", "-2 -3 -4 -4"), 5, COLUMNS)
    # Nodes 1 and 2 are each other's child, and each has one parent.
    with pytest.raises(FerClassicError, match="tree 0 has a cycle"):
        read_trees(with_children("3 2 1 -1", "-2 -3 -4 -5"), 5, COLUMNS)


def chain(text, splits):
    """The text with a first tree of so many splits below each other."""
    head, tree, rest = re.split(r"(?=^Tree=[01]$)", text, maxsplit=2, flags=re.M)
    lists = {
        "num_leaves": [splits + 1],
        **{key: [1] * splits for key in ("split_feature", "split_gain", "threshold")},
        **{key: [1] * splits for key in ("internal_value", "internal_weight")},
        **{"internal_count": [1] * splits, "decision_type": [2] * splits},
        **{
            "left_child": [*range(1, splits), -1],
            "right_child": range(-2, -splits - 2, -1),
        },
        **{key: [1] * (splits + 1) for key in ("leaf_value", "leaf_weight", "leaf_count")},
    }
    for key, values in lists.items():
        line = f"{key}={' '.join(map(str, values))}"
        tree = re.sub(rf"^{key}=.*", line, tree, flags=re.M)
    return resized(head + tree + rest).encode()


def test_a_tree_may_be_so_deep_and_no_deeper(text):
    assert read_trees(chain(text, DEEPEST), 5, COLUMNS)
    with pytest.raises(FerClassicError, match=f"deeper than {DEEPEST} splits"):
        read_trees(chain(text, DEEPEST + 1), 5, COLUMNS)


def test_a_tree_of_one_leaf_is_read():
    for least in (50, 5):  # no split is possible with 50
        written = grown(60, 3, 2, 3, min_data_in_leaf=least)
        assert ("num_leaves=1\n" in written) == (least == 50)
        assert read_trees(written.encode(), 2, 3).text == written


@pytest.mark.parametrize("number", [0, 4, 17, 41])
def test_a_sealed_model_with_such_a_text_is_refused(model_folder, tmp_path, number):
    folder = shutil.copytree(model_folder, tmp_path / "model")
    pattern, new, words = CRASHES[number]
    text = (folder / "lightgbm.txt").read_text()
    (folder / "lightgbm.txt").write_text(changed(text, pattern, new))
    write_seal(folder)
    with pytest.raises(FerClassicError, match=re.escape(words)) as caught:
        load_model(folder)
    assert str(caught.value).startswith(f"The model in {folder} cannot be used: lightgbm")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.floats(0, 1), raw=st.binary(min_size=1, max_size=4), cut=st.booleans())
def test_any_other_bytes_are_refused_or_read_in_bounds(text, place, raw, cut):
    content = text.encode()
    at = int(place * len(content))
    crafted = content[:at] + raw + (b"" if cut else content[at + len(raw) :])
    try:
        read = read_trees(crafted, 5, COLUMNS).text
    except FerClassicError as error:
        assert "lightgbm.txt" in str(error)
    else:
        # What is left to change are numbers within bounds, and notes beside the trees.
        for key, low, high in (("split_feature", 0, COLUMNS - 1), ("left_child", -5, 3)):
            for line in re.findall(rf"^{key}=(.*)$", read, flags=re.M):
                assert all(low <= int(word) <= high for word in line.split())
