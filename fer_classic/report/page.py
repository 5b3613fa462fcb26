"""The page: sections in their order, through a template."""

from functools import lru_cache

from fer_classic.files.text import writable
from fer_classic.report import (
    about_answers,
    about_data,
    about_model,
    about_run,
    about_scores,
)
from fer_classic.report.blocks import Missing, Section
from fer_classic.report.runfiles import read_run
from fer_classic.report.summary import summary
from fer_classic.report.texts import Texts

FORMATS = ("html", "md")
#: In the order of the page, with the key of the title that each has even if it fails.
SECTIONS = {
    "summary": summary,
    "data": about_data.data,
    "faces": about_data.faces,
    "features": about_data.features,
    "training": about_scores.training,
    "scores": about_scores.scores,
    "confusion": about_scores.confusion,
    "classes": about_scores.classes,
    "probabilities": about_answers.probabilities,
    "sureness": about_answers.sureness,
    "mistakes": about_answers.mistakes,
    "labels": about_model.labels,
    "importance": about_model.importance,
    "ablation": about_run.ablation,
    "comparison": about_run.comparison,
    "made": about_run.made,
}
#: What Markdown, or the HTML that may stand in it, gives a meaning.
_MARKUP = {ord(mark): "\\" + mark for mark in "\\`*_{}[]#+!|~$"}
_MARKUP |= {ord("<"): "&lt;", ord(">"): "&gt;", ord("&"): "&amp;", ord("\n"): " "}


def make_report(run, *, format="html", language="en"):
    """The report of a run.

    Parameters
    ----------
    run : path-like
        Directory that ``fer-classic run`` made.
    format : {"html", "md"}
        One page with its pictures inside, or text and tables only.
    language : {"en", "zh"}

    Returns
    -------
    page : str
    missing : list of str
        What the page lacks and why, a line each.

    Raises
    ------
    FerClassicError
        The directory is not that of a run.
    """
    found, t = read_run(run), Texts(language)
    sections = [_section(key, make, found, t) for key, make in SECTIONS.items()]
    sections = [section for section in sections if section is not None]
    missing = [
        f"{section.title}: {block.text}"
        for section in sections
        for block in section.blocks
        if isinstance(block, Missing)
    ]
    page = _environment().get_template(f"report.{format}.j2")
    return writable(page.render(sections=sections, t=t, name=found.name)), missing


def _section(key, make, run, t):
    """A section; one that fails says so and leaves the others whole."""
    try:
        return make(run, t)
    except Exception as error:  # files that others wrote may hold anything
        reason = t("missing.failed", reason=f"{type(error).__name__}: {error}")
        return Section(key, t(f"{key}.title"), "", [Missing(reason)])


@lru_cache(maxsize=1)
def _environment():
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("fer_classic.report"),
        autoescape=lambda name: name.endswith(".html.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["md"] = lambda text: str(text).translate(_MARKUP)
    return environment
