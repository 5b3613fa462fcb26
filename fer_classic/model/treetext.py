"""The text of LightGBM's trees, read before LightGBM does, which follows it blindly.

A feature or child out of range, a cycle or a wrong count ends in a crash, an endless loop
or foreign memory there. Here the text must be what LightGBM 4 writes for our models:
multiclass, without categories and linear leaves.
"""

import re
from array import array

import numpy as np

from fer_classic.errors import FerClassicError
from fer_classic.learn.trees import Trees

#: Splits on the way to a leaf at most; SHAP values need the square of it in memory.
DEEPEST = 512
#: Leaves of a tree at most, as LightGBM allows.
MOST_LEAVES = 131_072

_HEADER = (
    *("tree", "version", "num_class", "num_tree_per_iteration", "label_index"),
    *("max_feature_idx", "objective", "feature_names", "feature_infos", "tree_sizes"),
)
#: Lines of a tree: those of one number, and those of a list.
_TREE = (
    *("Tree", "num_leaves", "num_cat", "split_feature", "split_gain", "threshold"),
    *("decision_type", "left_child", "right_child", "leaf_value", "leaf_weight"),
    *("leaf_count", "internal_value", "internal_weight", "internal_count"),
    *("is_linear", "shrinkage"),
)
_WHOLE = ("split_feature", "decision_type", "left_child", "right_child")
_COUNTS = ("leaf_count", "internal_count")
_WEIGHTS = ("leaf_weight", "internal_weight")
_REALS = ("split_gain", "threshold", "leaf_value", "internal_value", "shrinkage")

_PRINTABLE = bytes([*b"\n", *range(32, 127)])
_INFO = re.compile(r"(?:(?:^| )(?:none|\[[-+.e0-9]+:[-+.e0-9]+\]))+")
_NAMES = re.compile(r"(?:(?:^| )[A-Za-z0-9_]+)+")
_REST = re.compile(
    r"end of trees\n\nfeature_importances:\n(?:[A-Za-z0-9_]+=[0-9]+\n)*"
    r"\nparameters:\n(?:\[[a-z0-9_]+: [A-Za-z0-9_ .,:;=+@/-]*\]\n)*"
    r"\nend of parameters\n\npandas_categorical:null\n"
)


def read_trees(content, n_classes, n_features):
    """Read trees, and refuse a text that LightGBM would misread.

    Parameters
    ----------
    content : bytes
    n_classes, n_features : int
        What the model must have.

    Returns
    -------
    Trees

    Raises
    ------
    FerClassicError
        Says what is wrong, and in which tree.
    """
    if content.translate(None, _PRINTABLE):
        raise FerClassicError("lightgbm.txt holds bytes that are no plain text.")
    text = content.decode("ascii")
    start, sizes = _check_header(text, n_classes, n_features)
    columns = {key: array("q") for key in (*_WHOLE, *_COUNTS)}
    columns |= {key: array("d") for key in (*_WEIGHTS, *_REALS)}
    leaves = []
    for number, size in enumerate(sizes):
        lines = text[start : start + size].split("\n")
        leaves.append(_read_tree(number, lines, columns))
        start += size
    if not _REST.fullmatch(text, start):
        raise _wrong("what follows the trees is not what LightGBM writes")
    columns = {key: np.frombuffer(own, own.typecode) for key, own in columns.items()}
    _check_numbers(columns)
    leaves = np.array(leaves)
    _check_nodes(leaves, [columns[key] for key in _WHOLE], n_features)
    nodes = {key: columns[key] for key in (*_WHOLE, "threshold", "leaf_value")}
    return Trees(text, n_classes, leaves, nodes)


def _check_header(text, n_classes, n_features):
    """Where the first tree begins, and the length of each."""
    head, found, _ = text.partition("\n\n")
    values = _values(head.split("\n"), _HEADER, "the header")
    fixed = {
        "tree": "",
        "version": "v4",
        "num_class": str(n_classes),
        "num_tree_per_iteration": str(n_classes),
        "label_index": "0",
        "max_feature_idx": str(n_features - 1),
        "objective": f"multiclass num_class:{n_classes}",
    }
    for key, wanted in fixed.items():
        if values[key] != wanted:
            raise _wrong(f"{key} is {values[key][:40]!r}, and must be {wanted!r}")
    for key, pattern in (("feature_names", _NAMES), ("feature_infos", _INFO)):
        number = values[key].count(" ") + 1
        if number != n_features or not pattern.fullmatch(values[key]):
            raise _wrong(f"{key} must describe {n_features} columns, and has {number}")
    sizes = array("q")
    _read(sizes, values["tree_sizes"], values["tree_sizes"].count(" ") + 1, "tree_sizes")
    if min(sizes) < 1 or len(sizes) % n_classes:
        raise _wrong(f"there must be trees for each of {n_classes} classes in every round")
    start = len(head) + len(found)
    if start + sum(sizes) > len(text):
        raise _wrong("tree_sizes tell more than the file holds")
    return start, sizes


def _read_tree(number, lines, columns):
    """Append a tree's numbers to the columns of all trees, and tell its leaves."""
    what = f"tree {number}"
    if lines[-3:] != ["", "", ""]:
        raise _wrong(f"{what} does not end where tree_sizes says")
    values = _values(lines[:-3], _TREE, what)
    for key, wanted in (("Tree", str(number)), ("num_cat", "0"), ("is_linear", "0")):
        if values[key] != wanted:
            raise _wrong(f"{key} of {what} is {values[key][:40]!r}, and must be {wanted!r}")
    if not re.fullmatch("[0-9]{1,6}", values["num_leaves"]):
        raise _wrong(f"num_leaves of {what} is {values['num_leaves'][:40]!r}")
    leaves = int(values["num_leaves"])
    if not 1 <= leaves <= MOST_LEAVES:
        raise _wrong(f"{what} has {leaves} leaves: allowed are 1 to {MOST_LEAVES}")
    lengths = {"leaf_value": leaves, "shrinkage": 1}
    for key in ("leaf_weight", "leaf_count"):
        # Versions differ in what they tell of a single leaf, and none of them reads it.
        lengths[key] = leaves if leaves > 1 or values[key] else 0
    for key, column in columns.items():
        _read(column, values[key], lengths.get(key, leaves - 1), f"{key} of {what}")
    return leaves


def _values(lines, keys, what):
    """The values of lines ``key=value``, whose keys and order are known."""
    found = [line.partition("=") for line in lines]
    for (own, _, _), wanted in zip(found, keys, strict=False):
        if own != wanted:
            raise _wrong(f"{what} has {own[:40]!r}, where {wanted!r} belongs")
    if len(found) != len(keys):
        raise _wrong(f"{what} has {len(found)} lines, and must have {len(keys)}")
    return {key: value for key, _, value in found}


def _read(column, text, number, what):
    """Append a list of numbers, each parted from the next by one space."""
    words = text.split(" ") if text else []
    if len(words) != number:
        raise _wrong(f"{what} has {len(words)} values, and must have {number}")
    try:
        if "_" in text:  # Python's own way to write numbers
            raise ValueError
        column.extend(map(int if column.typecode == "q" else float, words))
    except (ValueError, OverflowError):
        raise _wrong(f"{what} is no list of numbers") from None


def _check_numbers(columns):
    for key in (*_WEIGHTS, *_REALS):
        if not np.isfinite(columns[key]).all():
            raise _wrong(f"{key} is not finite somewhere")
    for key in (*_WEIGHTS, *_COUNTS):
        if not ((columns[key] >= 0) & (columns[key] < 2**31)).all():
            raise _wrong(f"{key} is negative or too large somewhere")
    if not columns["internal_count"].all():
        raise _wrong("internal_count is 0 somewhere")


def _check_nodes(leaves, nodes, n_features):
    """Every tree must be one: each node but the root has one parent."""
    features, decisions, *children = nodes
    inner = leaves - 1
    tree = np.repeat(np.arange(len(leaves)), inner)

    def refuse(bad, reason):
        if bad.any():
            raise _wrong(f"tree {tree[np.argmax(bad)]} {reason}")

    wild = (features < 0) | (features >= n_features)
    refuse(wild, f"splits by a column outside 0 to {n_features - 1}")
    # Bit 0 is a category, bit 1 the default direction, bits 2 and 3 what is missing.
    refuse((decisions & ~0b1110 != 0) | (decisions > 0b1011), "has a wild decision_type")
    first_inner, first_leaf = np.cumsum(inner) - inner, np.cumsum(leaves) - leaves
    places, total = [], len(tree)
    for own in children:
        # A child from 0 is a node, below 0 it is a leaf: -1 the first, -2 the second.
        refuse((own == 0) | (own >= inner[tree]), "has a child outside its nodes")
        refuse(own < -leaves[tree], "has a child outside its leaves")
        leaf = total + first_leaf[tree] - own - 1
        places.append(np.where(own > 0, first_inner[tree] + own, leaf))
    places = np.stack(places)
    parents = np.bincount(places.ravel(), minlength=total + leaves.sum())
    roots = first_inner[inner > 0]
    parents[roots] += 1
    parents[total + first_leaf[inner == 0]] += 1
    refuse((parents[places] != 1).any(axis=0), "gives a node or leaf two parents")
    reached, level = np.zeros(total, dtype=bool), roots
    for _ in range(DEEPEST):
        reached[level] = True
        level = places[:, level].ravel()
        level = level[level < total]
    refuse(~reached, f"has a cycle, or is deeper than {DEEPEST} splits")


def _wrong(reason):
    return FerClassicError(f"lightgbm.txt: {reason}.")
