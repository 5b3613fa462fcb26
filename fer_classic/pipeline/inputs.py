"""What a run learns from and what it tests: samples, or finished face tables."""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fer_classic.compute.processes import SILENT
from fer_classic.data.dataset import check_classes
from fer_classic.errors import UsageError
from fer_classic.faces.store import load_faces
from fer_classic.pipeline.faces import read_samples
from fer_classic.pipeline.votes import joined


def say_groups(groups, pattern, watch):
    """Say how many groups a pattern found, and in how many images none.

    Parameters
    ----------
    groups : sequence of (str or None)
    pattern : str or None
        The setting groups.
    watch : Silent

    Raises
    ------
    UsageError
        The pattern matches no name at all.
    """
    if not pattern or not len(groups):
        return
    found = [group for group in groups if group is not None]
    if not found:
        raise UsageError(
            f"`groups` {pattern!r} matches the name of none of {len(groups)} images: write "
            "a regular expression that finds the person in a name, such as '_(p[0-9]+)_'."
        )
    lacking = len(groups) - len(found)
    watch.say(
        f"groups: {len(set(found))} in {len(found)} image(s)"
        + (f", none in {lacking}" if lacking else "")
    )


def is_face_table(inputs):
    """Whether the input is a folder that the command faces wrote."""
    return len(inputs) == 1 and Path(inputs[0], "faces.json").is_file()


@dataclass(frozen=True)
class Inputs:
    """What a run works on.

    Attributes
    ----------
    settings : Settings
        Those of the face table, where one is given.
    training : Samples or FaceTable
        Labelled images.
    shares : ndarray of float, shape (n, n_classes), or None
        Of the classes in each of them, where there are votes.
    tested : Samples or FaceTable
    """

    settings: object
    training: object
    shares: object
    tested: object


def training_inputs(
    inputs, settings, *, strict=False, classes=None, votes=None, watch=SILENT
):
    """What to train on: labelled, and of the training part where the data names parts.

    Parameters
    ----------
    inputs : list of str
    settings : Settings
    strict : bool
        Whether an image without a usable label is an error.
    classes : str, optional
        The class set, where a face table shall not decide it.
    votes : Votes, optional
    watch : Silent

    Returns
    -------
    Inputs
        Its ``tested`` is all that the inputs hold; nothing of a face table.
    """
    if is_face_table(inputs):
        faces = _face_table(inputs, classes)
        faces, shares = joined(faces, votes, settings, strict=strict, watch=watch)
        _say_left_out(faces, watch)
        settings = replace(settings, faces=faces.settings, classes=faces.classes.key)
        return Inputs(settings, faces, shares, faces.take([]))
    whole = read_samples(inputs, settings, watch)
    training = whole.in_split("train") if "train" in whole.splits else whole
    say_groups(training.groups, settings.groups, watch)
    training, shares = joined(training, votes, settings, strict=strict, watch=watch)
    _say_left_out(training, watch)
    if shares is not None:
        shares = shares[training.labels >= 0]
    training = training.training_part(strict=strict)
    check_classes(training.labels, training.classes)
    return Inputs(settings, training, shares, whole)


def _face_table(inputs, classes=None):
    faces = load_faces(inputs[0])
    return faces if classes is None else faces.with_classes(classes)


def say_unused(whole, used, watch):
    """Say which parts of the data, by its own split, take no part in a training."""
    if "train" not in whole.splits:
        return
    for part, number in Counter(s for s in whole.splits if s not in used).items():
        named = f"the part {part}" if part else "no part"
        watch.say(f"not used: {number} image(s) of {named}")


def _say_left_out(rows, watch, what="left out of training"):
    for reason, number in Counter(p for p in rows.problems if p).most_common():
        first = rows.names[rows.problems.index(reason)]
        watch.say(f"{what}: {number} image(s), {reason} (for example {first})")


def run_inputs(train, test, settings, *, template=None, watch=SILENT, **options):
    """What to train on and to test.

    Test images come from an input of their own, or from the data's own split; without
    either, the training images are cross-validated.

    Parameters
    ----------
    train, test : list of str
        ``test`` may be empty.
    settings : Settings
    template : path-like, optional
        The contest's sample file, which needs images to predict.
    watch : Silent
    **options
        As :func:`training_inputs` takes them.

    Returns
    -------
    Inputs

    Raises
    ------
    UsageError
        The test faces were made with other settings, or there is nothing to test on and
        a network or a template needs it.
    """
    found = training_inputs(train, settings, watch=watch, **options)
    settings, tested = found.settings, found.tested
    if not is_face_table(train):
        tested = _own_test_part(tested, test, watch)
    if test and is_face_table(test):
        tested = _face_table(test, settings.classes)
        if (np.asarray(tested.labels) >= 0).any():  # else there is no score, which is told
            _say_left_out(tested, watch, "not scored")
        if tested.settings != settings.faces:
            raise UsageError(
                f"The faces in {test[0]} were made with other settings than the training "
                f"faces ({tested.settings} and {settings.faces}). Make both alike."
            )
    elif test:
        tested = read_samples(test, settings, watch)
    if not len(tested) and settings.network:
        raise UsageError("There are no images to test on: name them with `test`.")
    if not len(tested):
        settings = settings.with_changes(folds=settings.folds or 5)
        if template:
            raise UsageError("`template` needs images to predict: name them with `test`.")
    if template and not settings.network and not (np.asarray(tested.labels) >= 0).any():
        smallest = np.bincount(found.training.labels[found.training.labels >= 0]).min()
        settings = settings.with_changes(
            folds=settings.folds or int(min(5, max(2, smallest)))
        )
    return replace(found, settings=settings, tested=tested)


def _own_test_part(whole, test, watch):
    """The test part that the data names itself; none if other test images are given."""
    if test or "train" not in whole.splits:
        say_unused(whole, ("train",), watch)
        return whole.take([])
    part = "test" if "test" in whole.splits else "val"
    say_unused(whole, ("train", part), watch)
    return whole.in_split(part)
