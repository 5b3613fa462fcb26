"""Commands that look at results: score, info, doctor."""

import json
from pathlib import Path
from typing import Annotated

import typer

from fer_classic.cli import options as o
from fer_classic.cli.app import app
from fer_classic.cli.compare import read_true_labels
from fer_classic.cli.console import Terminal, percent, scores_text
from fer_classic.cli.settings import settings_from
from fer_classic.errors import FerClassicError, one_of


@app.command()
@o.shared(o.READING | {"votes": o.VotesFile})
def score(
    submission: Annotated[
        Path, typer.Argument(help="submission.json of any layout, or predictions.csv.")
    ],
    truth: Annotated[
        list[str],
        typer.Option(
            help="Labelled images (folder, zip, CSV manifest), or JSON or CSV of file and "
            "label."
        ),
    ],
    format: Annotated[str, typer.Option(help="text or json")] = "text",
    given: dict | None = None,
):
    """Score predictions against labelled images.

    Example: fer-classic score submission.json --truth val.zip
    """
    from fer_classic.data.voted import shares_of, with_majority
    from fer_classic.files.text import to_json
    from fer_classic.pipeline.faces import read_samples
    from fer_classic.pipeline.votes import tell_absent, votes_of
    from fer_classic.scores.metrics import distribution_scores, evaluate
    from fer_classic.submissions.read_table import read_predictions
    from fer_classic.submissions.truth import truth_of

    one_of(format, ("text", "json"), "--format")
    settings = settings_from(given)
    voted = votes_of(given["votes"], truth)
    if voted is None:
        known = read_true_labels(truth, settings)
    else:
        samples = read_samples(truth, settings, Terminal())
        tell_absent(samples.names, voted, watch=Terminal())
        samples = with_majority(samples, voted)
        known = truth_of(samples)
    predictions = read_predictions(submission, known.names, known.classes)
    result = evaluate(
        known.labels,
        predictions.labels,
        known.classes.names,
        predictions.probabilities,
        groups=known.groups,
    )
    if voted is not None and predictions.probabilities is not None:
        shares = shares_of(samples.names, voted, known.classes)
        result["distribution"] = distribution_scores(shares, predictions.probabilities)
    print(
        to_json(result) if format == "json" else scores_text({"all": result}) + "\n", end=""
    )


@app.command()
def info(
    model: Annotated[Path, typer.Argument(help="Folder of a model or run.")],
    format: Annotated[str, typer.Option(help="text or json")] = "text",
):
    """Show what a model is and what it was trained on.

    Example: fer-classic info runs/first
    """
    from fer_classic.files.text import to_json
    from fer_classic.model.store import load_model

    one_of(format, ("text", "json"), "--format")
    loaded = load_model(model)
    trained = {k: v for k, v in loaded.trained_on.items() if k != "curves"}
    if format == "json":
        told = {"settings": loaded.settings.to_dict(), "trained_on": trained}
        print(to_json(told | {"columns": len(loaded.feature_names)}), end="")
        return
    counts = ", ".join(f"{name} {n}" for name, n in trained["classes"].items())
    print(f"classes:     {', '.join(loaded.settings.class_set.names)}")
    print(f"trained on:  {trained['images']} images ({counts})")
    print(f"faces found: {trained['faces_found']}")
    if network := loaded.settings.network:
        weights = sum(own.numel() for own in loaded.classifier.network_.parameters())
        print(f"network:     {network['network']}, {weights:,} weights")
        print(f"epoch kept:  {trained['best_iteration']}")
    else:
        rounds = f"{trained['best_iteration']} rounds of {len(trained['classes'])}"
        print(f"columns:     {len(loaded.feature_names)}")
        print(f"trees:       {rounds}")
    print(f"settings:    {json.dumps(loaded.settings.to_dict())}")
    if "cross_validation" in trained:
        own = trained["cross_validation"]
        print(f"{own['folds']}-fold balanced accuracy: {percent(own['balanced_accuracy'])}")


@app.command()
def doctor():
    """Check the installation.

    Versions, model files, their checksums, and a self-test from photograph to features.

    Example: fer-classic doctor
    """
    from fer_classic.demo.doctor import checks

    failed = 0
    for name, fine, detail in checks():
        print(f"{'ok ' if fine else 'BAD'}  {name}: {detail}")
        failed += not fine
    if failed:
        raise FerClassicError(f"{failed} check(s) failed; see the lines marked BAD.")
