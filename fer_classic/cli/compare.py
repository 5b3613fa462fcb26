"""The command compare."""

from pathlib import Path
from typing import Annotated

import typer

from fer_classic.cli import options as o
from fer_classic.cli.app import app
from fer_classic.cli.console import Terminal, percent, say, table
from fer_classic.cli.settings import settings_from
from fer_classic.data.names import listed
from fer_classic.errors import UsageError, one_of
from fer_classic.files.text import markdown_table


@app.command()
@o.shared(o.READING)
def compare(
    results: Annotated[
        list[Path],
        typer.Argument(
            metavar="RESULTS",
            help="Result files: submission.json of any layout, predictions.csv, other CSV, "
            "or JSON of fer, deepface, py-feat (CSV), hsemotion.",
        ),
    ],
    truth: Annotated[
        list[str],
        typer.Option(
            help="Labelled images (folder, zip, CSV manifest), or JSON or CSV of file and "
            "label."
        ),
    ],
    fuse: Annotated[
        bool,
        typer.Option("--fuse", help="Average the probabilities as one more result."),
    ] = False,
    fit_on: Annotated[
        list[str] | None,
        typer.Option(
            help="Other labelled images that the results name too, to fit the weights of "
            "--fuse on.  [default: out of fold on the truth]"
        ),
    ] = None,
    format: Annotated[str, typer.Option(help="text, json or md")] = "text",
    out: Annotated[Path | None, typer.Option(help="JSON file to write as well.")] = None,
    show: Annotated[
        int, typer.Option(min=0, help="Images listed on which the results differ.")
    ] = 20,
    overwrite: o.Overwrite = False,
    given: dict | None = None,
):
    """Compare results on labelled images.

    Scores with intervals, paired tests, and the images on which the results differ.

    Example: fer-classic compare submission.json deepface.json --truth val.zip
    """
    from fer_classic.files.atomic import check_new_file, write_file
    from fer_classic.files.text import to_json
    from fer_classic.submissions.compare import compare as compared

    one_of(format, ("text", "json", "md"), "--format")
    if out is not None:
        check_new_file(out, overwrite=overwrite)
    if fit_on and not fuse:
        raise UsageError("--fit-on fits the weights of --fuse: give both.")
    settings = settings_from(given)
    fitted = read_true_labels(fit_on, settings) if fit_on else None
    known = read_true_labels(truth, settings)
    found = compared(results, known, show=show, fuse=fuse, fit_on=fitted)
    if out is not None:
        write_file(out, to_json(found), overwrite=overwrite)
        say(f"comparison: {out}")
    print(
        to_json(found) if format == "json" else comparison_page(found, format == "md"),
        end="",
    )


def read_true_labels(truth, settings):
    """Truth from a table of names and labels, or from labelled images.

    Parameters
    ----------
    truth : list of str
        The option --truth.
    settings : Settings
    """
    from fer_classic.pipeline.faces import read_samples
    from fer_classic.pipeline.inputs import say_groups
    from fer_classic.submissions.truth import read_truth, truth_of

    watch = Terminal()
    if len(truth) == 1 and is_truth_table(truth[0]):
        known = read_truth(truth[0], settings.class_set, settings.groups, settings.labels)
        for note in known.notes:
            watch.say(f"note: {note}")
    else:
        known = truth_of(read_samples(truth, settings, watch))
    if settings.groups:
        own = [None] * len(known.names) if known.groups is None else known.groups
        named = [one if one and not one.startswith("row ") else None for one in own]
        say_groups(named, settings.groups, watch)
    return known


def is_truth_table(path):
    """Whether a file holds names and labels only; manifests tell groups, or pixels, too.

    Parameters
    ----------
    path : str
    """
    from fer_classic.data.headers import GROUPS, header_key
    from fer_classic.data.tables import header_and_rows, table_rows
    from fer_classic.submissions.sample import TABLES

    suffix = Path(path).suffix.lower()
    if suffix not in TABLES or not Path(path).is_file():
        return suffix in (".json", ".jsonl", ".ndjson")
    rows = table_rows(Path(path).read_bytes(), path, blanks=suffix != ".csv")
    header = {header_key(text) for text in header_and_rows(rows)[0]}
    return not header & {"pixels", *GROUPS}


def comparison_page(found, markdown):
    """The comparison as text, or as Markdown.

    Parameters
    ----------
    found : dict
        As :func:`fer_classic.submissions.compare.compare` gives it.
    markdown : bool
    """
    parts = [_truth_line(found["truth"])]
    parts += [_section(title, *own, markdown) for title, own in _tables(found).items()]
    if notes := _notes(found):
        parts.append("\n".join(f"- {note}" for note in notes))
    return "\n\n".join(parts) + "\n"


def _truth_line(truth):
    counts = ", ".join(f"{name} {n}" for name, n in truth["classes"].items())
    line = f"{truth['images']} images with a true label ({counts})"
    if truth["unlabelled"]:
        line += f"; {truth['unlabelled']} without one are left out"
    return line


def _section(title, rows, header, note, markdown):
    if not markdown:
        return f"{title}\n{table(rows, header)}{f'{chr(10)}{note}' if note else ''}"
    body = markdown_table(header, rows)
    return f"## {title}\n\n{body}{f'{chr(10)}{chr(10)}{note}' if note else ''}"


def _tables(found):
    """Rows, header and note of each table, by title."""
    made = {"Scores": _scores(found), "Recall by class": _recalls(found)}
    if found["pairs"]:
        made["Pairs"] = _pairs(found["pairs"])
    if found["differing"]:
        shown, all_of_them = len(found["differing"]), found["differing_images"]
        made[f"Images on which they differ most ({shown} of {all_of_them})"] = (
            [
                [one["file"], one["truth"], *(a or "-" for a in one["answers"].values())]
                for one in found["differing"]
            ],
            ["file", "truth", *(own["name"] for own in found["results"])],
            "First where right and wrong are split most evenly, then where most different "
            "answers are given, then by the range of the probability of the true class.",
        )
    return made


def _scores(found):
    images = found["truth"]["images"]
    rows = []
    for own in found["results"]:
        scores = own["scores"]
        rows.append(
            [own["name"], f"{own['answered']}/{images}"]
            + [
                percent(scores[s], images)
                for s in ("balanced_accuracy", "accuracy", "macro_f1")
            ]
            + [
                f"{scores[s]:.4f}" if s in scores else "-"
                for s in ("log_loss", "calibration_error")
            ]
        )
    header = [
        *("result", "answered", "balanced accuracy (95%)", "accuracy (95%)"),
        *("macro F1 (95%)", "log loss", "calibration error"),
    ]
    note = "An image without an answer counts as wrong."
    if any("log_loss" in own["scores"] for own in found["results"]):
        note += (
            " Log loss and calibration error: over the images with probabilities, so "
            "compare them only where the same images are answered."
        )
    return rows, header, note


def _recalls(found):
    rows = []
    for name, n in found["truth"]["classes"].items():
        own = [r["scores"]["per_class"][name]["recall"] for r in found["results"]]
        rows.append([name, n, *(percent(recall, n) for recall in own)])
    return rows, ["class", "images", *(own["name"] for own in found["results"])], ""


def _pairs(pairs):
    rows = []
    for pair in pairs:
        gap, test = pair["difference"], pair["mcnemar"]
        rows.append(
            [
                f"{pair['a']} - {pair['b']}",
                f"{gap['value']:+.4f} ({gap['low']:+.4f} to {gap['high']:+.4f})",
                _p(gap["p"]),
                _p(pair["p_holm"]),
                f"{test['only_a']} / {test['only_b']}",
                f"{_p(test['p'])} ({test['method']})",
                f"{pair['agreement']:.4f}",
                "-" if pair["kappa"] is None else f"{pair['kappa']:.4f}",
                f"{pair['oracle_balanced']:.4f}",
            ]
        )
    header = [
        *("pair", "balanced accuracy, difference (95%)", "p", "p, Holm"),
        *("right alone (a / b)", "McNemar p", "agreement", "kappa", "oracle"),
    ]
    note = (
        "p: paired bootstrap, least 0.001; Holm: adjusted for the number of pairs. McNemar "
        "compares plain accuracy and takes every image by itself. Oracle: "
        "balanced accuracy of whoever knew which is right."
    )
    return rows, header, note


def _p(value):
    return f"{value:.4f}" if value >= 0.0001 else "<0.0001"


def _notes(found):
    """What is to be known of each result: names and answers that do not fit."""
    lines = []
    for own in found["results"]:
        kinds = {
            "missing": "image(s) of the truth are missing and count as wrong",
            "extra": "name(s) are not in the truth and are left out",
            "double": "image(s) are named more than once; the first answer counts",
        }
        for key, told in kinds.items():
            if names := own[key]:
                lines.append(f"{own['name']}: {len(names)} {told}: {listed(names)}")
        unanswered = found["truth"]["images"] - own["answered"] - len(own["missing"])
        if silent := unanswered - own["outside"]:
            lines.append(
                f"{own['name']}: {silent} image(s) are named without an answer (no face?) "
                "and count as wrong"
            )
        lines += [f"{own['name']}: {note}" for note in own["notes"]]
    return lines
