"""Sections on the training and on how good the model is."""

from fer_classic.report import charts
from fer_classic.report.blocks import (
    Cell,
    Charts,
    Missing,
    Points,
    Section,
    Table,
    Text,
)
from fer_classic.report.summary import confused, confusions
from fer_classic.report.texts import drawn, interval, number, percent

#: Parts of the test that are judged by themselves, in the order shown.
PARTS = ("all", "duplicate_free", "covered", "uncovered")
#: Scores of a part.
SCORES = ("balanced_accuracy", "accuracy", "macro_f1")


def training(run, t):
    """Training and validation curves."""
    lead = t("training.lead_network" if run.network else "training.lead")
    head = "training", t("training.title"), lead
    if run.model and "start" in run.model.trained_on:
        return Section(head[0], head[1], t("training.lead_start"), _started(run, t))
    if not run.curves:
        reason = run.problems.get("curves.csv", "")
        return Section(*head, [Missing(t("missing.curves", reason=reason))])
    best = run.model.trained_on["best_iteration"] if run.model else None
    shown = []
    for metric in ("log_loss", "error"):
        parts = [
            run.curves[f"{part}_{metric}"]
            for part in ("train", "validation")
            if f"{part}_{metric}" in run.curves
        ]
        unit = t("training.epochs" if run.network else "training.rounds")
        words = t(f"training.{metric}"), unit
        rounds = best if best and best <= len(parts[0]) else None
        svg = charts.learning_curve(f"training-{metric}", parts, rounds, *words)
        shown.append((svg, t(f"training.{metric}_caption")))
    if run.network:
        shown[0] = shown[0][0], t("training.caption_network")
    legend = [(charts.COLOURS[3], "", t("training.train"))]
    blocks = []
    if "validation_log_loss" in run.curves:
        legend.append((charts.COLOURS[0], "6 2", t("training.validation")))
        blocks.append(Text(_reading(run, t, best)))
        held = run.curves["validation_log_loss"]
        if held[-1] == min(held) and not run.network:
            blocks.append(Text(t("training.falling")))
    else:
        blocks.append(Text(t("training.no_validation")))
    blocks.append(Charts(shown, legend))
    return Section(*head, blocks)


def _started(run, t):
    """Which model the training started from, what was tried, and what was chosen."""
    told = run.model.trained_on["start"]
    words = t(
        "training.start",
        model=told["model"],
        images=f"{told['images']:,}",
        own=f"{run.model.trained_on['images']:,}",
        copies=f"{told['copies']:,}",
        sha=told["sha256"][:12],
    )
    chosen = told["chosen"]
    blocks = [Text(words), Text(t(f"training.start_{chosen['kind']}", own=chosen["own"]))]
    if "scores" in told:
        rows = [
            [
                t(f"training.kind_{kind}"),
                percent(own["balanced_accuracy"]),
                number(own["log_loss"]),
            ]
            for kind, own in told["scores"].items()
        ]
        keys = ("kind", "balanced", "loss")
        blocks.append(Table([t(f"training.start_{key}") for key in keys], rows))
    return blocks


def _reading(run, t, best):
    train, held = run.curves["train_log_loss"], run.curves["validation_log_loss"]
    low = min(range(len(held)), key=held.__getitem__)
    if run.network and best:
        low = best - 1  # the epoch kept
    text = t(
        "training.reading_network" if run.network else "training.reading",
        rounds=len(held),
        best=best or low + 1,
        train=number(train[low]),
        held=number(held[low]),
    )
    several = best and best != low + 1  # of parts held out in turn
    return text + t("training.small") if several else text


def scores(run, t):
    """All scores with their intervals."""
    head = "scores", t("scores.title"), t("scores.lead")
    if run.judged is None:
        return Section(*head, [no_labels(run, t)])
    part, whole = run.judged
    found = run.metrics["test"] if part == "test" else {"all": whole}
    rows, lines = [], []
    for key in PARTS:
        own = found.get(key)
        if own and own["n"]:
            name = t(f"scores.{key}" if part == "test" else "scores.cross_validation")
            rows.append(_row(name, own))
            lines.append(drawn(name, own["balanced_accuracy"], own["n"]))
    if part == "test" and "cross_validation" in run.metrics:
        own = run.metrics["cross_validation"]
        rows.append(_row(t("scores.cross_validation"), own))
    header = [
        t("word.part"),
        t("word.images"),
        *(t(f"scores.{s}") for s in SCORES),
    ]
    blocks = [Table(header, rows)]
    if len(lines) > 1:
        svg = charts.intervals("scores", lines, t("scores.balanced_accuracy"))
        blocks.append(Charts([(svg, t("scores.chart"))]))
    words = [
        t(f"scores.explain_{s}") for s in ("balanced_accuracy", "macro_f1", "interval")
    ]
    if "log_loss" in whole:
        loss = {s: number(whole[s]) for s in ("log_loss", "calibration_error")}
        words.append(t("scores.explain_loss", **loss))
    if moved := run.record.get("class_shares"):
        words.append(_moved(moved, t))
    blocks.append(Points(words))
    return Section(*head, blocks)


def _row(name, own):
    return [name, f"{own['n']:,}", *(interval(own[s], own["n"]) for s in SCORES)]


def _moved(moved, t):
    """A sentence on class shares that were estimated from the predictions."""
    shares = t("list.comma").join(
        f"{t.name('class', name)} {percent(share)}"
        for name, share in moved["shares"].items()
    )
    before = moved.get("balanced_accuracy_before")
    told = t("scores.moved", shares=shares, strength=f"{moved['strength']:g}")
    return told + ("" if before is None else t("scores.moved_before", value=number(before)))


def no_labels(run, t):
    """Why there is no score."""
    return Missing(t("missing.labels"))


def confusion(run, t):
    """Confusion counts and shares, and the commonest confusions in words."""
    head = "confusion", t("confusion.title"), t("confusion.lead")
    if run.judged is None:
        return Section(*head, [no_labels(run, t)])
    _, found = run.judged
    names = [t.name("class", name) for name in found["per_class"]]
    header = [t("confusion.corner"), *names]
    counts = found["confusion"]
    most = max(max(row) for row in counts) or 1
    absolute = [
        [name, *(Cell(f"{n:,}", shade=n / most) for n in row)]
        for name, row in zip(names, counts, strict=True)
    ]
    shares = []
    for name, row in zip(names, counts, strict=True):
        total = sum(row)
        cells = [
            Cell(percent(n / total), shade=n / total) if total else Cell("–") for n in row
        ]
        shares.append([name, *cells])
    blocks = [
        Table(header, shares, caption=t("confusion.shares")),
        Table(header, absolute, caption=t("confusion.counts")),
    ]
    if pairs := confusions(found, 4):
        blocks.append(Points([confused(pair, t) for pair in pairs]))
    return Section(*head, blocks)


def classes(run, t):
    """Recall of each class with its interval, precision and F1."""
    head = "classes", t("classes.title"), t("classes.lead")
    if run.judged is None:
        return Section(*head, [no_labels(run, t)])
    per_class = run.judged[1]["per_class"]
    rows, lines = [], []
    for name, own in per_class.items():
        word, recall = t.name("class", name), own["recall"]
        rows.append(
            [
                word,
                f"{own['n']:,}",
                interval(recall, own["n"]),
                number(own["precision"]),
                number(own["f1"]),
            ]
        )
        if recall["value"] is not None:
            lines.append(drawn(word, recall, own["n"]))
    header = [
        t("word.class"),
        t("word.images"),
        *(t(f"classes.{s}") for s in ("recall", "precision", "f1")),
    ]
    guess = 1 / len(per_class)
    svg = charts.intervals("classes", lines, t("classes.recall"), zero=guess)
    blocks = [Charts([(svg, t("classes.chart"))]), Table(header, rows)]
    if overused := _overused(run, t):
        blocks.append(Points(overused))
    return Section(*head, blocks)


def _overused(run, t):
    """Sentences on classes that are wrong more often than right when they are given."""
    scores = run.judged[1]
    given = [sum(column) for column in zip(*scores["confusion"], strict=True)]
    lines = []
    for (name, own), predicted in zip(scores["per_class"].items(), given, strict=True):
        if predicted > own["n"] and own["precision"] < 0.5:
            values = {"predicted": predicted, "n": own["n"]}
            share = percent(own["precision"], 0)
            word = t.name("class", name)
            lines.append(t("classes.low_precision", name=word, precision=share, **values))
    parameters = run.network or run.settings["classifier"]
    if lines and parameters.get("prior", "uniform") == "uniform":
        lines.append(t("classes.prior"))
    return lines
