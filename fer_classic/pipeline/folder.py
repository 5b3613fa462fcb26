"""The directory of a run: what each file holds."""

import hashlib

from fer_classic.files.text import csv_text, to_json
from fer_classic.files.versions import versions
from fer_classic.model.store import save_model
from fer_classic.submissions.write import (
    default_submission,
    predictions_csv,
    templated_submission,
)


def run_record(model, train, test, faces, test_faces, copied, timer):
    """What run.json tells: inputs, versions and seconds, as JSON types."""
    network = bool(model.settings.network)
    record = {
        "versions": versions("torch") if network else versions(),
        "train": _described(train, faces),
        "test": _described(test, test_faces)
        | {"copies_of_training_images": int(copied.sum())},
        "seconds": timer.seconds,
    }
    if "start" in model.trained_on:
        record["start"] = model.trained_on["start"]
    if network:
        record["training_seconds"] = model.classifier.seconds_
    return record


def _described(inputs, table):
    content = hashlib.sha256()
    for name, digest in zip(table.names, table.digests, strict=True):
        content.update(f"{name}\0{digest}\n".encode("utf-8", "surrogateescape"))
    return {
        "inputs": list(inputs),
        "images": len(table),
        "status": {s: table.status.count(s) for s in sorted(set(table.status))},
        # Of names and contents, equal for a folder and for a zip of it.
        "content_sha256": content.hexdigest(),
    }


def write_run(folder, record, metrics, model, predictions, faces, layout=None):
    """Write all but the report into an existing, empty folder.

    Parameters
    ----------
    folder : pathlib.Path
    record : dict
        As :func:`run_record` gives it.
    metrics : dict
    model : Model
    predictions : Predictions
    faces : FaceTable
        The rows predicted.
    layout : Sample, optional
        The contest's sample file.
    """
    texts = {
        "settings.json": to_json(model.settings.to_dict()),
        "run.json": to_json(record),
        "metrics.json": to_json(metrics),
        "curves.csv": curves_csv(model.trained_on["curves"]),
    }
    if len(predictions.names):
        texts["predictions.csv"] = predictions_csv(predictions, faces)
        if layout is None:
            texts["submission.json"] = default_submission(predictions)
        else:
            text = templated_submission(predictions, layout)
            texts[f"submission{layout.ending}"] = text
    for part in metrics.values():
        scores = part.get("all", part)
        if scores["n"]:
            texts["confusion.csv"] = _confusion_csv(scores)
            break
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    (folder / "model").mkdir()
    save_model(model, folder / "model")


def _confusion_csv(scores):
    names = list(scores["per_class"])
    rows = zip(names, scores["confusion"], strict=True)
    return csv_text([["true \\ predicted", *names], *([name, *row] for name, row in rows)])


def curves_csv(curves):
    """Training and held-out loss and error by round."""
    columns = {
        f"{part}_{metric}": values
        for part, metrics in curves.items()
        for metric, values in metrics.items()
    }
    rounds = enumerate(zip(*columns.values(), strict=True), start=1)
    return csv_text([["round", *columns], *([i, *values] for i, values in rounds)])
