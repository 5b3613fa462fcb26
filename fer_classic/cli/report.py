"""The command report, and the page that run adds to its directory."""

from pathlib import Path
from typing import Annotated

import typer

from fer_classic.cli import options as o
from fer_classic.cli.app import app
from fer_classic.cli.console import say
from fer_classic.errors import one_of


@app.command()
def report(
    run: Annotated[Path, typer.Argument(help="Directory that the command run made.")],
    format: Annotated[
        str, typer.Option(help="html (pictures inside) or md (text and tables).")
    ] = "html",
    lang: Annotated[str, typer.Option(help="en or zh.")] = "en",
    out: Annotated[
        Path | None,
        typer.Option(help="File to write.  [default: report.html in the directory]"),
    ] = None,
    overwrite: o.Overwrite = False,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", "-q", help="Do not tell what is not in the report."),
    ] = False,
):
    """Write a run's report again, in a language or format.

    Tables of ablation.json and comparison.json are shown where they lie in the directory.

    Example: fer-classic report runs/first --lang zh
    """
    from fer_classic.files.atomic import check_new_file, write_file
    from fer_classic.report import FORMATS, LANGUAGES, check_run, make_report

    one_of(format, FORMATS, "--format")
    one_of(lang, LANGUAGES, "--lang")
    check_run(run)
    if out is None:
        own = "report" if lang == "en" else f"report-{lang}"
        out = run / f"{own}.{format}"
    check_new_file(out, overwrite=overwrite)
    page, missing = make_report(run, format=format, language=lang)
    write_file(out, page, overwrite=overwrite)
    for line in [] if quiet else missing:
        say(f"not in the report: {line}")
    print(out)
