"""The command bench."""

from pathlib import Path
from typing import Annotated

import typer

from fer_classic.cli import options as o
from fer_classic.cli.app import app
from fer_classic.cli.console import Terminal, percent, say, table
from fer_classic.cli.settings import settings_from
from fer_classic.errors import UsageError, one_of
from fer_classic.files.text import markdown_table

_COLUMNS = (
    "face found: share of all photographs. ms: median of the processor's time for one "
    "photograph,\none thread, from the file's bytes to the answer; s to load likewise. MB: "
    "most memory of\nthe process."
)


@app.command()
@o.shared(o.READING)
def bench(
    data: Annotated[list[str], typer.Argument(metavar="DATA", help=o.DATA)],
    out: Annotated[
        Path,
        typer.Option(help="Folder for the answers; what it holds is not asked again."),
    ],
    against: Annotated[
        str | None,
        typer.Option(help="Comma-separated packages: fer, deepface, py-feat, rmn."),
    ] = None,
    python: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[TOOL=]PATH",
            help="Python of the environment that holds a package, such as "
            "fer=venvs/fer/bin/python; without TOOL=, of all others.  [default: this one]",
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="Shipped model, or folder of a model or a run; may be given several "
            "times.  [default: five-fast]"
        ),
    ] = None,
    images: Annotated[
        int | None,
        typer.Option(min=1, help="Ask about so many, spread evenly.  [default: all]"),
    ] = None,
    limit: Annotated[
        float, typer.Option(min=0.1, help="Most seconds for one photograph.")
    ] = 60,
    format: Annotated[str, typer.Option(help="text, json or md")] = "text",
    quiet: o.Quiet = False,
    given: dict | None = None,
):
    """Compare other packages with this one on your photographs.

    Each package runs in a process, and with --python in an environment, of its own: score,
    coverage, time, memory, failures. Photographs without labels are not scored.

    Example: fer-classic bench val.zip --against fer --python venvs/fer/bin/python --out b
    """
    from fer_classic.files.atomic import write_file
    from fer_classic.files.text import to_json
    from fer_classic.pipeline.faces import read_samples
    from fer_classic.pipeline.inputs import say_groups
    from fer_classic.submissions.peers.asked import tools_asked
    from fer_classic.submissions.peers.bench import bench as compared
    from fer_classic.submissions.peers.bench import evenly

    one_of(format, ("text", "json", "md"), "--format")
    _check_folder(out)
    names = [own.strip() for own in (against or "").split(",") if own.strip()]
    tools = tools_asked(names, model or ["five-fast"], python or [])
    settings, watch = settings_from(given), Terminal(quiet)
    samples = evenly(read_samples(data, settings, watch), images)
    say_groups(samples.groups, settings.groups, watch)
    found = compared(samples, tools, out, limit=limit, watch=watch)
    write_file(out / "bench.json", to_json(found), overwrite=True)
    print(to_json(found) if format == "json" else _page(found, format == "md"), end="")
    say(f"answers: {out}")


def _check_folder(out):
    """Refuse a folder that holds something else, or where nothing can be written."""
    from fer_classic.files.atomic import check_new
    from fer_classic.submissions.peers.asking import ROWS

    if (out / ROWS).is_dir() or (out.is_dir() and not any(out.iterdir())):
        return  # begun
    if out.is_dir():
        raise UsageError(f"{out} holds something else: name another folder.")
    check_new(out)


def _page(found, markdown):
    """The tables as text, or as Markdown."""
    from fer_classic.cli.compare import comparison_page

    rows, header = _rows(found)
    shape = markdown_table(header, rows) if markdown else table(rows, header)
    parts = [shape]
    if notes := [f"{own['name']}: {n}" for own in found["tools"] for n in own["notes"]]:
        parts.append("\n".join(f"- {note}" for note in notes))
    parts.append(_COLUMNS)
    if found["comparison"] is None:
        parts.append("No photograph has a label that was answered: no scores.")
        return "\n\n".join(parts) + "\n"
    return "\n\n".join(parts) + "\n\n" + comparison_page(found["comparison"], markdown)


def _rows(found):
    """The first table: rows and header."""
    comparison = found["comparison"] or {"results": []}
    scores = {own["name"]: own["scores"] for own in comparison["results"]}
    rows = []
    for own in found["tools"]:
        scored = scores.get(own["name"])
        rows.append(
            [
                *(own["name"], own["version"] or "-"),
                percent(scored["balanced_accuracy"], comparison["truth"]["images"])
                if scored
                else "-",
                f"{own['faces'] / found['images']:.1%}" if own["asked"] else "-",
                own["failed"] if own["asked"] else "-",
                *(_number(own[key], 1) for key in ("ms", "load_s")),
                _number(own["peak_mb"], 0),
            ]
        )
    header = ["tool", "version", "balanced accuracy (95%)", "face found", "failed"]
    return rows, [*header, "ms", "s to load", "MB"]


def _number(value, digits):
    return "-" if value is None else f"{value:.{digits}f}"
