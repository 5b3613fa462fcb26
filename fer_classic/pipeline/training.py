"""Training under a progress bar: trees and experts, or the small network."""

import hashlib
import json

from fer_classic.compute.processes import SILENT
from fer_classic.compute.surroundings import surroundings
from fer_classic.model.start import in_words
from fer_classic.model.train import train_model


def train_watched(
    faces,
    settings,
    *,
    jobs=-1,
    strict=False,
    timer=None,
    checkpoint=None,
    targets=None,
    start=None,
    watch=SILENT,
):
    """Train what the settings name, with progress.

    Parameters
    ----------
    faces, settings, jobs, strict, timer
        As :func:`fer_classic.model.train.train_model` takes them.
    checkpoint : pathlib.Path, optional
        File that keeps each epoch of a network, so that a stopped training goes on.
    targets : ndarray, optional
        Shares of the classes in each row, where there are votes.
    start : Start, optional
        As :func:`fer_classic.model.train.train_model` takes it.
    watch : Silent

    Returns
    -------
    Model
    """
    given = {"jobs": jobs, "strict": strict, "timer": timer, "targets": targets}
    if start:
        model = train_model(faces, settings, start=start, **given)
        watch.say(in_words(model.trained_on["start"], model.trained_on["images"]))
        return model
    if settings.network:
        return _train_network(faces, settings, given, checkpoint, watch)
    from fer_classic.learn.trees import ExpressionClassifier

    rounds = ExpressionClassifier(**settings.classifier).n_estimators
    with watch.bar("training", rounds) as advance:

        def progress(done, loss):
            advance(done, f"held-out log loss {loss:.3f}" if loss == loss else "")

        return train_model(faces, settings, progress=progress, **given)


def _train_network(faces, settings, given, checkpoint, watch):
    """Say how long it will take, then train under a bar of faces seen."""
    from fer_classic.learn.cnn.classifier import SmallCNNClassifier
    from fer_classic.learn.cnn.files import epochs_kept
    from fer_classic.learn.cnn.start import planned_epochs

    classifier = SmallCNNClassifier(**settings.network, n_jobs=given["jobs"])
    n, epochs, first = len(faces), planned_epochs(classifier), epochs_kept(checkpoint)
    watch.say(_estimate(classifier, faces, epochs - first))
    if first:
        watch.say(f"a training that was stopped goes on after epoch {first}")
    with watch.bar("training", (epochs - first) * n) as advance:

        def progress(done, note):
            advance(round((done - first) * n), note)

        model = train_model(
            faces, settings, progress=progress, checkpoint=checkpoint, **given
        )
    for note in (*model.classifier.notes_, model.classifier.unkept_):
        if note:
            watch.say(f"warning: {note}")
    return model


def checkpoint_file(folder, faces, settings, jobs, targets=None):
    """File of a network's training, named by all that decides it; None for no folder."""
    if folder is None or not settings.network:
        return None
    import torch

    made_of = [settings.to_dict(), surroundings(), torch.__version__, jobs]
    digest = hashlib.sha256(json.dumps(made_of, sort_keys=True).encode())
    digest.update("".join(faces.digests).encode())
    digest.update(faces.labels.tobytes())
    if targets is not None:
        digest.update(targets.tobytes())
    return folder / "networks" / f"{digest.hexdigest()}.checkpoint"


def _estimate(classifier, faces, epochs):
    from fer_classic.learn.cnn.start import speed_of

    some = faces.crops[: classifier.batch_size]
    weights, seconds, share = speed_of(classifier, some, len(faces.classes))
    minutes = max(1, round(seconds * len(faces) * epochs / 60))
    return (
        f"{weights:,} weights, {1 / seconds:,.0f} faces a second, {share:.0%} of the time "
        f"in the network: about {minutes} min for {epochs} epochs, as busy as this machine "
        "is now"
    )
