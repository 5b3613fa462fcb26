"""The table of an ablation as CSV, Markdown and picture."""

import io

from fer_classic.files.text import _escaped, csv_text, markdown_table

COLUMNS = (
    *("run", "balanced_accuracy", "low", "high", "accuracy"),
    *("difference", "difference_low", "difference_high", "p", "p_holm"),
    *("columns", "train_seconds", "predict_ms"),
)


def ablation_csv(table):
    """One line a run, numbers unrounded.

    Parameters
    ----------
    table : dict
        From :meth:`fer_classic.ablation.run.Ablation.table`.
    """
    rows = [COLUMNS]
    for run in table["runs"]:
        own, change = run["balanced_accuracy"], run["difference"] or {}
        scores = [own["value"], own["low"], own["high"], run["accuracy"]["value"]]
        paired = [change.get(key, "") for key in ("value", "low", "high", "p")]
        adjusted = "" if run["p_holm"] is None else run["p_holm"]
        costs = [run["columns"], run["train_seconds"], run["predict_ms"]]
        rows.append([run["name"], *scores, *paired, adjusted, *costs])
    return csv_text(rows)


def ablation_cells(table):
    """The header and the rows as a person reads them.

    Returns
    -------
    header : list of str
    rows : list of list of str
        Scores in percent, differences in points with their 95% intervals.
    """
    header = ["run", "balanced accuracy", "difference to the base", "p (Holm)"]
    header += ["columns", "training", "a face"]
    rows = []
    for run in table["runs"]:
        own, change = run["balanced_accuracy"], run["difference"]
        told, p = "", ""
        if change:
            low, high = change["low"] * 100, change["high"] * 100
            told = f"{change['value'] * 100:+.1f} ({low:+.1f} to {high:+.1f})"
            p = f"{run['p_holm']:.3f}" if run["p_holm"] >= 0.001 else "< 0.001"
        score = f"{own['value']:.1%} ({own['low']:.1%} to {own['high']:.1%})"
        cost = [f"{run['train_seconds']:.0f} s", f"{run['predict_ms']:.2f} ms"]
        rows.append([run["name"], score, told, p, f"{run['columns']:,}", *cost])
    return header, rows


def ablation_markdown(table):
    """A Markdown table with a line that says what was done."""
    header, rows = ablation_cells(table)
    counts = ", ".join(f"{name} {n:,}" for name, n in table["data"]["classes"].items())
    lines = [
        f"{table['data']['images']:,} images ({counts}), {table['folds']} folds that part "
        "neither copies nor groups. In brackets 95% intervals by bootstrap; differences "
        "are paired, their p-values corrected for the number of runs (Holm).",
        "",
        markdown_table(header, [[_escaped(cell) for cell in row] for row in rows]),
    ]
    return "\n".join(lines) + "\n"


def ablation_picture(table):
    """The differences to the base with their intervals, as a picture.

    Returns
    -------
    bytes
        PNG.
    """
    from matplotlib.figure import Figure

    base, *runs = table["runs"]
    figure = Figure(figsize=(8, 1.3 + 0.32 * len(runs)), layout="constrained")
    axes = figure.subplots()
    for place, run in enumerate(runs):
        value, low, high = (run["difference"][k] * 100 for k in ("value", "low", "high"))
        sure = run["p_holm"] < 0.05
        colour = "#777777" if not sure else "#0b6e4f" if value > 0 else "#b3261e"
        axes.plot([low, high], [place, place], color=colour, lw=2)
        axes.plot(value, place, "o", color=colour, ms=6)
    axes.axvline(0, color="black", lw=1)
    axes.set_yticks(range(len(runs)), [_short(run["name"]) for run in runs])
    axes.set_ylim(len(runs) - 0.5, -0.5)
    axes.grid(axis="x", color="#dddddd")
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(
        "points of balanced accuracy against the base "
        f"({_short(base['name'])}: {base['balanced_accuracy']['value']:.1%});\n"
        "lines: 95% intervals; coloured: p < 0.05 after Holm's correction"
    )
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=130, metadata={"Software": None})
    return out.getvalue()


def _short(name):
    """A name that fits, without matplotlib's markup of formulas."""
    name = name if len(name) <= 48 else name[:47] + "…"
    return name.replace("$", r"\$")
