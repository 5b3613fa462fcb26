"""A run: train, predict, score, and a directory that holds all of it."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fer_classic.compute.cluster import on_cluster
from fer_classic.compute.processes import SILENT
from fer_classic.compute.timer import Timer
from fer_classic.data.voted import votes_without
from fer_classic.errors import check_range
from fer_classic.files.atomic import check_new, new_directory
from fer_classic.model.predict import Predictions, predict_faces
from fer_classic.model.start import check_fits, read_start
from fer_classic.model.store import Model
from fer_classic.pipeline.class_shares import moved_to_shares
from fer_classic.pipeline.faces import as_inputs, faces_of
from fer_classic.pipeline.folder import run_record, write_run
from fer_classic.pipeline.inputs import run_inputs
from fer_classic.pipeline.training import checkpoint_file, train_watched
from fer_classic.pipeline.votes import votes_of
from fer_classic.scores.subsets import copies_of, judge, judge_by_votes
from fer_classic.settings import DEFAULT_PRESET, Settings, preset_settings
from fer_classic.submissions.write import checked_template


@dataclass(frozen=True)
class Run:
    """What a run gave.

    Attributes
    ----------
    folder : pathlib.Path
        Its directory: submission.json, predictions.csv, metrics.json, settings.json,
        run.json, the model, the report.
    settings : Settings
    model : Model
    predictions : Predictions
        Of the test images; empty where there are none.
    metrics : dict
        ``test`` (where test images are labelled), ``votes``, ``cross_validation``.
    report : pathlib.Path or None
        None where the report could not be made.
    """

    folder: Path
    settings: Settings
    model: Model
    predictions: Predictions
    metrics: dict
    report: Path | None

    @property
    def submission(self):
        """The file of answers, pathlib.Path, or None without test images."""
        return next(iter(sorted(self.folder.glob("submission.*"))), None)


def run(
    train,
    test=None,
    *,
    out,
    settings=None,
    template=None,
    first_code=None,
    classes=None,
    votes=None,
    start=None,
    strict=False,
    strength=0.0,
    cache=None,
    overwrite=False,
    jobs=-1,
    cluster=None,
    watch=SILENT,
):
    """Train on photographs, predict others, score, and write everything to a directory.

    Parameters
    ----------
    train : path-like or list of path-like
        Folders, zips, manifests, images, or one folder of the command faces.
    test : path-like or list of path-like, optional
        Images to predict, scored where their labels are known. Without it: the data's own
        test (or val) part, else a 5-fold cross-validation.
    out : path-like
        Directory to write.
    settings : Settings, optional
        By default the start model's, else, as of the command, those of the preset "fast"
        (:func:`fer_classic.settings.preset_settings`).
    template : path-like, optional
        The contest's sample file, whose layout the submission then has. Where the test
        images have no labels, the training images are cross-validated.
    first_code : {0, 1}, optional
        Number of the first class in the sample, where its labels do not tell.
    classes : {"five", "seven", "eight"}, optional
        Class set, where ``train`` is a face table that shall not decide it.
    votes : path-like, optional
        Table of votes on the images: file names and a column for each class.
    start : path-like, optional
        Model whose faces the training images join, such as "five-fast": 50 to 3,000
        images then do better than alone. It decides classes, crops and what learns.
    strict : bool
        Whether a training image that is unusable is an error.
    strength : float
        Above 0, up to 1: the predictions of the test images are moved to the class shares
        that they tell of themselves (:mod:`fer_classic.learn.prior_shift`), so far.
    cache : path-like, optional
        Folder that keeps finished work, so that a stopped run goes on where it was.
    overwrite : bool
    jobs : int
        Processes and threads; -1 for all cores.
    cluster : str, optional
        Dask scheduler, as :func:`fer_classic.compute.cluster.on_cluster` takes it.
    watch : Silent
        Whoever wants to hear of progress and of what was left out.

    Returns
    -------
    Run

    Raises
    ------
    FerClassicError
        An input, a setting or the directory cannot be used; nothing is left behind.

    Examples
    --------
    >>> import fer_classic as fc
    >>> done = fc.run("train/", "test/", out="runs/first")  # doctest: +SKIP
    >>> done.metrics["test"]["all"]["balanced_accuracy"]["value"]  # doctest: +SKIP
    """
    out, cache = Path(out), cache and Path(cache)
    train, test = as_inputs(train), as_inputs(test)
    check_new(out, overwrite=overwrite)
    check_range("strength", strength, 0, 1)
    timer, start = Timer(), start and read_start(start)
    settings = settings or (start.settings if start else preset_settings(DEFAULT_PRESET))
    if start:
        check_fits(start, settings)
    with timer("reading names"):
        voted = votes_of(votes, train)
        inputs = run_inputs(
            train,
            test,
            settings,
            strict=strict,
            classes=settings.classes if start else classes,
            votes=voted,
            template=template,
            watch=watch,
        )
    settings, parts = inputs.settings, (inputs.training, inputs.tested)
    layout = checked_template(template, inputs.tested, first_code, watch)
    shared = {"jobs": jobs, "watch": watch}
    with on_cluster(cluster):
        with timer("faces"):
            faces, test_faces = (
                faces_of(rows, settings, cache=cache, title=title, **shared)
                for title, rows in zip(("training faces", "test faces"), parts, strict=True)
            )
        kept = checkpoint_file(cache, faces, settings, jobs, inputs.shares)
        model = train_watched(
            faces,
            settings,
            strict=strict,
            timer=timer,
            checkpoint=kept,
            targets=inputs.shares,
            start=start,
            **shared,
        )
    with timer("prediction"):
        predictions = predict_faces(model, test_faces, jobs=jobs)
        predictions, moved = moved_to_shares(
            model, predictions, test_faces, strength, watch
        )
    prior = "train" if moved else model.classifier.prior
    with timer("judging"):
        copied = copies_of(faces, test_faces)
        left = voted and votes_without(voted, faces.names)
        metrics = _metrics(model, predictions, test_faces, copied, prior, left)
    with timer("material of the report"):
        material = _tried(
            lambda: _material(model, faces, test_faces, predictions, copied, prior),
            "the report will lack its pictures",
            watch,
        )
        issues = _tried(lambda: _label_issues(model, faces), "no label_issues.csv", watch)
    record = run_record(model, train, test, faces, test_faces, copied, timer)
    if voted is not None:
        record["votes"] = voted.origin
    if moved:
        record["class_shares"] = moved
    with new_directory(out, overwrite=overwrite) as folder:
        write_run(folder, record, metrics, model, predictions, test_faces, layout)
        if material:
            (folder / "material.npz").write_bytes(material)
        if issues:
            (folder / "label_issues.csv").write_text(issues, encoding="utf-8", newline="")
    if kept:
        with suppress(OSError):  # it never was there, or its disk is read-only
            kept.unlink()
    # Once the run is safe: what goes wrong in the report must not lose it.
    remedy = f". The run itself is complete; try again with: fer-classic report {out}"
    report = _tried(lambda: _write_report(out), "no report", watch, remedy)
    return Run(out, model.settings, model, predictions, metrics, report)


def _metrics(model, predictions, faces, copied, prior, votes=None):
    metrics = {}
    if len(faces):
        given = {"prior": prior, "copied": copied}
        metrics["test"] = judge(predictions, faces, **given)
        if votes and (found := judge_by_votes(predictions, faces, votes, **given)):
            metrics["votes"] = found
    if "cross_validation" in model.trained_on:
        metrics["cross_validation"] = model.trained_on["cross_validation"]
    return metrics


def _tried(make, told, watch, remedy=""):
    """What a function makes; None if it fails, since the run is worth more."""
    try:
        return make()
    except Exception as error:  # whatever it is
        watch.say(f"{told}: {type(error).__name__}: {error}{remedy}")
        return None


def _material(model, faces, test_faces, predictions, copied, prior):
    """What the report needs, as the bytes of a file."""
    from fer_classic.report import collect, material_bytes

    rows = collect(model, faces, test_faces, predictions, copied, prior=prior)
    return material_bytes(rows)


def _label_issues(model, faces):
    """The table of suspect labels, as the text of a file."""
    from fer_classic.report.label_issues import label_issues_csv

    return label_issues_csv(model, faces)


def _write_report(folder):
    """Add report.html to a finished run; gives its path."""
    from fer_classic.files.atomic import write_file
    from fer_classic.report import make_report

    write_file(folder / "report.html", make_report(folder)[0], overwrite=True)
    return folder / "report.html"
