"""The command train."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from fer_classic.cli import options as o
from fer_classic.cli.app import app
from fer_classic.cli.console import progress_bar, say, scores_text
from fer_classic.cli.extract import faces_with_bar, is_face_table, read_samples
from fer_classic.cli.votes import joined, votes_from_option


def train_with_bar(faces, settings, jobs, strict, quiet, timer=None, targets=None):
    """Train a model under a progress bar of boosting rounds."""
    from fer_classic.learn.classifier import ExpressionClassifier
    from fer_classic.model.train import train_model

    rounds = ExpressionClassifier(**settings.classifier).n_estimators
    with progress_bar("training", rounds, quiet) as advance:

        def progress(done, loss):
            advance(done, f"held-out log loss {loss:.3f}" if loss == loss else "")

        return train_model(
            faces,
            settings,
            jobs=jobs,
            strict=strict,
            progress=progress,
            timer=timer,
            targets=targets,
        )


def training_samples(inputs, settings, strict, votes=None):
    """What to train on: labelled, and of the training part where the data names parts.

    Parameters
    ----------
    inputs : list of str
    settings : Settings
    strict : bool
        Whether an image without a usable label is an error.
    votes : Votes, optional

    Returns
    -------
    training : Samples
    shares : ndarray or None
        Of the classes in each of its rows, where there are votes.
    whole : Samples
        All that the inputs hold.
    """
    from fer_classic.model.train import check_classes

    whole = read_samples(inputs, settings)
    training = whole.in_split("train") if "train" in whole.splits else whole
    training, shares = joined(training, votes, settings, strict=strict)
    say_left_out(training)
    if shares is not None:
        shares = shares[training.labels >= 0]
    training = training.training_part(strict=strict)
    check_classes(training.labels, training.classes)
    return training, shares, whole


def say_left_out(rows):
    """Say which images of a training set have no label of the class set."""
    for reason, number in Counter(p for p in rows.problems if p).most_common():
        first = rows.names[rows.problems.index(reason)]
        say(f"left out of training: {number} image(s), {reason} (for example {first})")


def table_for(inputs, arguments):
    """The face table that an input is.

    Parameters
    ----------
    inputs : list of str
        As :func:`fer_classic.cli.extract.is_face_table` knows it.
    arguments : dict
        The command's ``locals()``: ``classes`` may choose a smaller or larger class set;
        other options that decide faces are refused.
    """
    from fer_classic.faces.store import load_faces

    classes = arguments.get("classes")
    o.refuse_for_faces({k: v for k, v in arguments.items() if k != "classes"})
    found = load_faces(inputs[0])
    return found if classes is None else found.with_classes(classes)


def say_unused(whole, used):
    """Say which parts of the data, by its own split, take no part in a training.

    Parameters
    ----------
    whole : Samples
    used : tuple of str
        The parts that do.
    """
    if "train" not in whole.splits:
        return
    for part, number in Counter(s for s in whole.splits if s not in used).items():
        say(f"not used: {number} image(s) of {f'the part {part}' if part else 'no part'}")


@app.command()
def train(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="DATA", help=o.DATA_OR_FACES),
    ],
    out: Annotated[Path, typer.Option(help="Folder to write the model to.")],
    classes: o.Classes = None,
    labels: o.Labels = None,
    groups: o.Groups = None,
    detector: o.Detector = None,
    upsample: o.Upsample = None,
    threshold: o.Threshold = None,
    min_size: o.MinFace = None,
    align: o.Align = None,
    crop_size: o.CropSize = None,
    max_pixels: o.MaxPixels = None,
    votes: o.VotesFile = None,
    vote_share: o.VoteShare = None,
    preset: o.Preset = None,
    features: o.Features = None,
    balance: o.Balance = None,
    prior: o.Prior = None,
    folds: o.Folds = None,
    seed: o.Seed = None,
    settings_file: o.SettingsFile = None,
    strict: o.Strict = False,
    cache: o.Cache = None,
    overwrite: o.Overwrite = False,
    jobs: o.Jobs = -1,
    cluster: o.Cluster = None,
    quiet: o.Quiet = False,
):
    """Train a model on labelled photographs.

    Example: fer-classic train train.zip --out my-model --cv 5
    """
    from fer_classic.compute.cluster import on_cluster
    from fer_classic.files.atomic import check_new, new_directory
    from fer_classic.model.store import save_model

    settings = o.settings_from(locals())
    voted = votes_from_option(votes, inputs)
    check_new(out, overwrite=overwrite)
    if is_face_table(inputs):
        found = table_for(inputs, locals())
        found, shares = joined(found, voted, settings, strict=strict)
        say_left_out(found)
        settings = replace(settings, faces=found.settings, classes=found.classes.key)
    else:
        found, shares, whole = training_samples(inputs, settings, strict, voted)
        say_unused(whole, ("train",))
    kept = o.cache_folder_from(cache)
    with on_cluster(cluster):
        found = faces_with_bar(found, settings, jobs, quiet, "faces", kept)
        model = train_with_bar(found, settings, jobs, strict, quiet, targets=shares)
    with new_directory(out, overwrite=overwrite) as folder:
        save_model(model, folder)
    if "cross_validation" in model.trained_on:
        say(scores_text({"all": model.trained_on["cross_validation"]}))
    print(out)
