"""Reading labelled and unlabelled photographs: folder, zip, CSV, globs, single files."""

import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import numpy as np

from fer_classic.data.find import find_images
from fer_classic.data.labels import FIVE, ClassSet, class_set, labels_from
from fer_classic.data.verdicts import Verdicts
from fer_classic.errors import FerClassicError, UsageError

_SPLITS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "publictest": "val",
    "test": "test",
    "testing": "test",
    "privatetest": "test",
}


@dataclass(frozen=True)
class Samples:
    """Images with what is known of them, one row an image.

    Attributes
    ----------
    names : tuple of str
        File names below the input they came from, with ``/``.
    sources : tuple
        Objects whose ``read()`` gives an image's bytes.
    labels : ndarray of int64, shape (n,)
        Codes of ``classes``; -1 where no label of the set is known.
    groups : tuple of (str or None)
        Rows of one group (a person, say) never stand in two parts of a split.
    splits : tuple of (str or None)
        "train", "val" or "test" where the data says so.
    problems : tuple of (str or None)
        Why a row has no label: "no label", "two labels: …" or "class fear".
    classes : ClassSet
    origin : tuple of str
        The inputs as given.
    notes : tuple of str
        What the user should know of how they were read.
    """

    names: tuple
    sources: tuple
    labels: np.ndarray
    groups: tuple
    splits: tuple
    problems: tuple
    classes: ClassSet
    origin: tuple
    notes: tuple = ()

    def __len__(self):
        return len(self.names)

    def take(self, rows):
        """The samples of some rows, in the order asked for."""
        rows = np.asarray(rows)
        rows = np.arange(len(self))[rows if rows.size else rows.astype(int)]
        pick = {
            key: tuple(getattr(self, key)[row] for row in rows)
            for key in ("names", "sources", "groups", "splits", "problems")
        }
        return replace(self, labels=self.labels[rows], **pick)

    def in_split(self, split):
        """The samples of one split."""
        return self.take([own == split for own in self.splits])

    def left_out(self):
        """Number of unlabelled rows by reason, the most frequent first.

        Returns
        -------
        dict of str to int
        """
        return dict(Counter(p for p in self.problems if p).most_common())

    def training_part(self, *, strict=False):
        """The rows with a label.

        Parameters
        ----------
        strict : bool
            Whether a row without a usable label is an error.

        Raises
        ------
        FerClassicError
            No row has a label, or ``strict`` and one has none.
        """
        labelled = self.labels >= 0
        if not labelled.any():
            example = f", for example {self.names[0]!r}" if self.names else ""
            raise FerClassicError(
                f"No label found in {', '.join(self.origin)} ({len(self)} images"
                f"{example}). Labels are read from file names "
                "(anger_0001.jpg), folder names (anger/0001.jpg) or a CSV manifest "
                f"(path,label); classes are {', '.join(self.classes.names)}."
            )
        if strict and not labelled.all():
            bad = [i for i in range(len(self)) if not labelled[i]]
            shown = "; ".join(f"{self.names[i]}: {self.problems[i]}" for i in bad[:5])
            raise FerClassicError(
                f"{len(bad)} of {len(self)} images have no usable label ({shown}"
                f"{'; …' if len(bad) > 5 else ''}). Mend the names, or leave these "
                "images out by running without `strict`."
            )
        return self.take(labelled)


def read_dataset(*inputs, classes=FIVE, labels="auto", group_pattern=None):
    """Find images and what their names, folders or manifests say of them.

    Parameters
    ----------
    *inputs : path-like
        Folders, zip archives, CSV manifests (path, label, optional split and group),
        FER2013's own CSV (emotion, pixels, Usage), single images, or glob patterns.
    classes : ClassSet or str
        A class set, or its key ("five", "seven", "eight"). Images of other classes get
        the label -1 and a problem that names the class.
    labels : str
        Where labels are read from: "auto" (name and folder; against each other, the folder
        counts), "name", "folder" or "none"; a data set whose codes and names are meant
        ("rafdb", "kdef", …, see :mod:`fer_classic.data.conventions`); or pairs such as
        "1=anger,2=happiness". A manifest's own labels always count.
    group_pattern : str, optional
        Regular expression searched in each name; its first parenthesis (or the whole
        match) is the row's group.

    Returns
    -------
    Samples
        In the order of the inputs, sorted by name within a folder or archive.

    Raises
    ------
    FerClassicError
        An input is missing, holds no image, cannot be listed, or is given twice.
    UsageError
        An option has an impossible value.
    """
    classes = class_set(classes) if isinstance(classes, str) else classes
    place, convention = labels_from(labels)
    group = group_finder(group_pattern)
    rows, notes = find_images(inputs, convention)
    verdicts = Verdicts(rows, place, convention, classes)
    persons = verdicts.persons(rows)
    return Samples(
        names=tuple(row["name"] for row in rows),
        sources=tuple(row["source"] for row in rows),
        labels=np.array([code for code, _ in verdicts.decided], dtype=np.int64),
        groups=tuple(
            row.get("group") or group(row["name"]) or person
            for row, person in zip(rows, persons, strict=True)
        ),
        splits=tuple(_split(row) for row in rows),
        problems=tuple(problem for _, problem in verdicts.decided),
        classes=classes,
        origin=tuple(map(str, inputs)),
        notes=(*notes, *verdicts.notes),
    )


def group_finder(pattern=None):
    """Function from a name to its group, or None.

    Parameters
    ----------
    pattern : str, optional
        See :func:`read_dataset`.

    Raises
    ------
    UsageError
        The pattern is not a regular expression.
    """
    try:
        compiled = re.compile(pattern) if pattern else None
    except re.error as error:
        raise UsageError(
            f"The group pattern {pattern!r} is not a regular expression: {error}"
        ) from None

    def group(name):
        match = compiled.search(name) if compiled else None
        if not match:
            return None
        return match.group(1 if match.groups() else 0) or None

    return group


def _split(row):
    if row.get("split"):
        return _SPLITS.get(row["split"].strip().lower(), row["split"].strip())
    for folder in PurePosixPath(row["path"]).parts[:-1]:
        if folder.lower() in _SPLITS:
            return _SPLITS[folder.lower()]
    return None


def check_classes(labels, classes):
    """Raise if a class has fewer than two images.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        Codes of the readable images, or of all where nothing has been read yet.
    classes : ClassSet

    Raises
    ------
    FerClassicError
        Names the class and what to do.
    """
    counts = np.bincount(labels[labels >= 0], minlength=len(classes))
    for name, count in zip(classes.names, counts, strict=True):
        if count < 2:
            have = "no readable image" if count == 0 else "a single readable image"
            raise FerClassicError(
                f"Class {name!r} has {have} in the training set; every class needs at "
                f"least 2. Add images named like {name}_0001.jpg, or train on another "
                "class set with `classes`."
            )
