"""Packages compared on one's own photographs: score, coverage, time, memory, failures."""

import statistics
from collections import Counter
from pathlib import Path

import numpy as np

from fer_classic.compute.processes import SILENT
from fer_classic.data.names import NameFinder, listed
from fer_classic.errors import FerClassicError
from fer_classic.files.atomic import write_file
from fer_classic.files.text import to_json
from fer_classic.submissions.compare import compare
from fer_classic.submissions.other_tools import column
from fer_classic.submissions.peers.asking import ROWS, ask_about_all
from fer_classic.submissions.peers.process import LOAD_LIMIT
from fer_classic.submissions.truth import match_result, truth_of

#: Seconds for one photograph.
LIMIT = 60


def bench(samples, tools, out, *, limit=LIMIT, load_limit=LOAD_LIMIT, watch=SILENT):
    """Ask every tool about every photograph, and compare what they say.

    Parameters
    ----------
    samples : Samples
        Scored are those with a label.
    tools : list of Tool
        As :func:`tools_asked` gives them.
    out : path-like
        An existing folder: for each tool an answers' file that ``compare`` reads and what
        it printed; and ``rows/``, from which a stopped comparison goes on.
    limit, load_limit : float
        Seconds for a photograph, and for loading a tool.
    watch : Silent

    Returns
    -------
    dict of JSON types
        ``images``; ``tools``: name, version, asked, faces, failed, ms, load_s, peak_mb and
        notes; ``comparison``: what :func:`fer_classic.submissions.compare.compare` gives of
        the tools that answered, None without labels.
    """
    out = Path(out)
    (out / ROWS).mkdir(parents=True, exist_ok=True)
    for tool in tools:
        ask_about_all(tool, samples, out, (limit, load_limit), watch)
        if tool.rows:
            write_file(_answers_file(tool, out), to_json(_answers(tool)), overwrite=True)
    comparison = _compared(samples, [own for own in tools if own.rows], out)
    return {
        "images": len(samples),
        "tools": [_told(own, len(samples)) for own in tools],
        "comparison": comparison,
    }


def _answers_file(tool, out):
    return out / f"{tool.name}.json"


def _answers(tool):
    """By photograph, in the layout of fer, which ``compare`` reads."""
    return {row["name"]: row.get("faces", []) for row in tool.rows}


def _compared(samples, tools, out):
    """The comparison of the tools that answered; None without labels."""
    if not (samples.labels >= 0).any():
        return None
    truth = truth_of(samples)
    find, understood = NameFinder(truth.names), []
    for tool in tools:
        path = _answers_file(tool, out)
        try:
            match_result(path, tool.name, truth, find)
            understood.append(path)
        except FerClassicError as error:
            tool.notes.append(f"not scored: {str(error).rstrip('.')}")
    return compare(understood, truth) if understood else None


def _told(tool, images):
    """Numbers of one tool."""
    rows = tool.rows
    failures = [row for row in rows if "error" in row]
    times = [row["ms"] for row in rows if "ms" in row]
    peaks = [own.get("peak_mb") for own in (tool.facts, *rows)]
    if failures:
        tool.notes.append(_failures(failures))
    if rows and (lacking := images - len(rows)):
        tool.notes.append(f"{lacking} of {images} photographs were not asked about")
    if strange := _strange_classes(rows):
        tool.notes.append(f"classes that are not known here: {listed(strange)}")
    return {
        "name": tool.name,
        "version": tool.facts.get("version"),
        "python": tool.python,
        "asked": len(rows),
        "faces": sum(any(f.get("box") for f in row.get("faces", [])) for row in rows),
        "failed": len(failures),
        "ms": statistics.median(times) if times else None,
        "load_s": tool.facts.get("load_s"),
        "peak_mb": max((own for own in peaks if own), default=None),
        "notes": tool.notes,
    }


def _failures(rows):
    """Reasons and how often, the most frequent first, each with an example."""
    reasons = Counter(row["error"] for row in rows)
    shown = []
    for reason, count in reasons.most_common(3):
        name = next(row["name"] for row in rows if row["error"] == reason)
        shown.append(f"{reason} ({count}, such as {name})")
    more = len(reasons) - len(shown)
    return "failed: " + "; ".join(shown) + (f"; {more} other reasons" if more else "")


def _strange_classes(rows):
    names = {name for row in rows for f in row.get("faces", []) for name in f["emotions"]}
    return sorted(name for name in names if column(name) is None)


def evenly(samples, number):
    """So many samples, spread evenly over all.

    Parameters
    ----------
    samples : Samples
    number : int or None
        None for all.
    """
    if number is None or number >= len(samples):
        return samples
    return samples.take(np.linspace(0, len(samples) - 1, number).round().astype(int))
