"""Charts as SVG whose text and lines take the colour of the page around them."""

import io
import re
import warnings
from contextlib import contextmanager

import numpy as np

#: Stands for the colour of the page's text until the SVG is written.
INK, FAINT = "#010203", "#040506"
#: Readable on white and on black.
COLOURS = ("#d1495b", "#d98e04", "#7a8594", "#3f7cc4", "#9259b8", "#2a9d8f", "#6a994e")
DASHES = ("", "6 2", "2 2", "8 2 2 2", "4 4", "1 2", "10 3")
#: Numbers of the styles of two lines: a whole one, and one that is dashed.
_PAIR = (0, 3)
#: Letters of a row's label at most: the lines need room too.
LONGEST = 34
_STYLE = {
    "svg.fonttype": "none",  # text stays text: any language, searchable, small
    "font.size": 11,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "xtick.color": INK,
    "ytick.color": INK,
    "figure.facecolor": "none",
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "text.parse_math": False,  # a dollar in a name is a dollar
}


def line_style(number):
    """Colour and dashes of the class of a code."""
    return COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]


@contextmanager
def _axes(width=4.4, height=3.1, **options):
    """Axes of a figure that no window shows; sizes in inches."""
    import matplotlib
    from matplotlib.figure import Figure

    with warnings.catch_warnings():
        # Its own font lacks Chinese letters; the reader's browser has them.
        warnings.simplefilter("ignore")
        with matplotlib.rc_context(_STYLE):
            figure = Figure(figsize=(width, height), layout="constrained")
            yield figure, figure.subplots(**options)


def _svg(figure, name):
    import matplotlib

    out = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    # Names of groups would be the same in every chart of the page.
    text = re.sub(r'<g id="[^"]*"', "<g", text)
    text = re.sub(r'(<svg [^>]*?) width="[^"]*" height="[^"]*"|', r"\1", text)
    text = re.sub(r'(<svg[^>]*?) (?:height|width)="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) (?:height|width)="[^"]*"', r"\1", text, count=1)
    text = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", text)
    text = text.replace(INK, "currentColor")
    return text.replace(FAINT, "var(--faint)").replace("\n", " ").strip()


def learning_curve(name, parts, best, ylabel, xlabel):
    """Training and validation curve over the rounds.

    Parameters
    ----------
    name : str
        Distinguishes the chart on the page.
    parts : list of list of float
        Training, and validation if there is one.
    best : int or None
        Round that was kept.
    ylabel, xlabel : str

    Returns
    -------
    str
        SVG.
    """
    with _axes() as (figure, axes):
        for number, values in enumerate(parts):
            colour = (COLOURS[3], COLOURS[0])[number]
            rounds = np.arange(1, len(values) + 1)
            axes.plot(rounds, values, color=colour, dashes=_dashes(("", "6 2")[number]))
        if best:
            axes.axvline(best, color=INK, linewidth=0.8, dashes=(1, 2))
        axes.set(xlabel=xlabel, ylabel=ylabel, ylim=(0, None))
        axes.grid(axis="y")
        return _svg(figure, name)


def intervals(name, rows, xlabel, limits=(0, 1), zero=None):
    """Values with their intervals, one line each.

    Parameters
    ----------
    name : str
    rows : list of (str, float, float, float)
        Label, value, low and high.
    xlabel : str
    limits : (float, float) or None
    zero : float, optional
        Where a line marks the value of guessing or of no difference.

    Returns
    -------
    str
        SVG.
    """
    with _axes(height=0.9 + 0.34 * len(rows)) as (figure, axes):
        places = np.arange(len(rows))[::-1]
        for place, (_, value, low, high) in zip(places, rows, strict=True):
            style = {"color": COLOURS[3], "clip_on": False}
            axes.plot([low, high], [place, place], linewidth=2, **style)
            axes.plot([value], [place], "o", markersize=6, **style)
        if zero is not None:
            axes.axvline(zero, color=INK, linewidth=0.8, dashes=(1, 2))
        axes.set_yticks(places, [_short(row[0]) for row in rows])
        axes.set(xlabel=xlabel, ylim=(-0.6, len(rows) - 0.4))
        if limits:
            axes.set_xlim(*limits)
        axes.grid(axis="x")
        return _svg(figure, name)


def calibration(name, points, xlabel, ylabel, sharelabel):
    """Confidence against accuracy, and how often each confidence occurs.

    Parameters
    ----------
    name : str
    points : dict
        As :func:`fer_classic.report.curves.calibration_points` gives them.
    xlabel, ylabel, sharelabel : str

    Returns
    -------
    str
        SVG.
    """
    options = {"nrows": 2, "sharex": True, "gridspec_kw": {"height_ratios": [3, 1]}}
    with _axes(height=3.8, **options) as (figure, (above, below)):
        above.plot([0, 1], [0, 1], color=INK, linewidth=0.8, dashes=(1, 2))
        x = points["confidence"]
        style = {"color": COLOURS[3], "markersize": 5, "clip_on": False}
        above.plot(x, points["accuracy"], "o-", **style)
        above.set(ylabel=ylabel, xlim=(0, 1), ylim=(0, 1))
        above.grid()
        below.bar(x, points["share"], width=0.06, color=COLOURS[2])
        below.set(xlabel=xlabel, ylabel=sharelabel)
        return _svg(figure, name)


def coverage(name, lines, xlabel, ylabel):
    """Scores of the surest answers over the share of them that is kept.

    Parameters
    ----------
    name : str
    lines : list of (list, list)
        x and y, drawn in the style of :func:`pair_style`.
    xlabel, ylabel : str

    Returns
    -------
    str
        SVG.
    """
    with _axes() as (figure, axes):
        for number, (x, y) in enumerate(lines):
            colour, dash = pair_style(number)
            axes.plot(x, y, color=colour, dashes=_dashes(dash), linewidth=1.6)
        least = min(min(y) for _, y in lines)
        low = max(0.0, np.floor(10 * least - 0.5) / 10)
        axes.set(xlabel=xlabel, ylabel=ylabel, xlim=(0, 1), ylim=(low, 1.005))
        axes.grid()
        return _svg(figure, name)


def pair_style(number):
    """Colour and dashes of the first or second of two lines."""
    return line_style(_PAIR[number])


def curves(name, lines, xlabel, ylabel, *, diagonal=False):
    """One curve a class.

    Parameters
    ----------
    name : str
    lines : list of ((list, list) or None)
        x and y by code; None is left out.
    xlabel, ylabel : str
    diagonal : bool
        Whether the diagonal, which guessing gives, is drawn.

    Returns
    -------
    str
        SVG.
    """
    with _axes(height=3.6) as (figure, axes):
        if diagonal:
            axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, dashes=(1, 2))
        for code, line in enumerate(lines):
            if line is not None:
                colour, dash = line_style(code)
                axes.plot(*line, color=colour, dashes=_dashes(dash), linewidth=1.6)
        axes.set(xlabel=xlabel, ylabel=ylabel, xlim=(0, 1), ylim=(0, 1.01))
        axes.grid()
        return _svg(figure, name)


def _short(text):
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _dashes(text):
    return [float(part) for part in text.split()] if text else (None, None)
