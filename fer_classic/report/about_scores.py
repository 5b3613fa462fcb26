"""Sections on the training and on how good the model is."""

from fer_classic.report import charts, pictures
from fer_classic.report.about_data import confused, confusions, no_material
from fer_classic.report.blocks import (
    Cell,
    Charts,
    Gallery,
    Missing,
    Picture,
    Points,
    Section,
    Table,
    Text,
)
from fer_classic.report.texts import interval, number, percent

#: Parts of the test that are judged by themselves, in the order shown.
PARTS = ("all", "duplicate_free", "covered", "uncovered")


def training(run, t):
    """Training and validation curves.

    Parameters
    ----------
    run : RunFiles
    t : Texts

    Returns
    -------
    Section
    """
    if not run.curves:
        reason = run.problems.get("curves.csv", "")
        blocks = [Missing(t("missing.curves", reason=reason))]
        return Section("training", t("training.title"), t("training.lead"), blocks)
    best = run.model.trained_on["best_iteration"] if run.model else None
    shown = []
    for metric in ("log_loss", "error"):
        parts = [
            run.curves[f"{part}_{metric}"]
            for part in ("train", "validation")
            if f"{part}_{metric}" in run.curves
        ]
        words = t(f"training.{metric}"), t("training.rounds")
        rounds = best if best and best <= len(parts[0]) else None
        svg = charts.learning_curve(f"training-{metric}", parts, rounds, *words)
        shown.append((svg, t(f"training.{metric}_caption")))
    legend = [(charts.COLOURS[3], "", t("training.train"))]
    blocks = []
    if "validation_log_loss" in run.curves:
        legend.append((charts.COLOURS[0], "6 2", t("training.validation")))
        blocks.append(Text(_reading(run, t, best)))
        held = run.curves["validation_log_loss"]
        if held[-1] == min(held):
            blocks.append(Text(t("training.falling")))
    else:
        blocks.append(Text(t("training.no_validation")))
    blocks.append(Charts(shown, legend))
    return Section("training", t("training.title"), t("training.lead"), blocks)


def _reading(run, t, best):
    train, held = run.curves["train_log_loss"], run.curves["validation_log_loss"]
    low = min(range(len(held)), key=held.__getitem__)
    return t(
        "training.reading",
        rounds=len(held),
        best=best or low + 1,
        train=number(train[low]),
        held=number(held[low]),
    )


def scores(run, t):
    """All scores with their intervals.

    Parameters
    ----------
    run : RunFiles
    t : Texts

    Returns
    -------
    Section
    """
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
            three = ("balanced_accuracy", "accuracy", "macro_f1")
            rows.append([name, f"{own['n']:,}", *(interval(own[s]) for s in three)])
            balanced = own["balanced_accuracy"]
            lines.append((name, balanced["value"], balanced["low"], balanced["high"]))
    if part == "test" and "cross_validation" in run.metrics:
        own = run.metrics["cross_validation"]
        name = t("scores.cross_validation")
        three = ("balanced_accuracy", "accuracy", "macro_f1")
        rows.append([name, f"{own['n']:,}", *(interval(own[s]) for s in three)])
    header = [
        t("word.part"),
        t("word.images"),
        *(t(f"scores.{s}") for s in ("balanced_accuracy", "accuracy", "macro_f1")),
    ]
    blocks = [Table(header, rows)]
    if len(lines) > 1:
        svg = charts.intervals("scores", lines, t("scores.balanced_accuracy"))
        blocks.append(Charts([(svg, t("scores.chart"))]))
    words = [t(f"scores.explain_{s}") for s in ("balanced_accuracy", "macro_f1", "interval")]
    if "log_loss" in whole:
        loss = {s: number(whole[s]) for s in ("log_loss", "calibration_error")}
        words.append(t("scores.explain_loss", **loss))
    blocks.append(Points(words))
    return Section(*head, blocks)


def no_labels(run, t):
    """Why there is no score.

    Parameters
    ----------
    run : RunFiles
    t : Texts

    Returns
    -------
    Missing
    """
    return Missing(t("missing.labels"))


def confusion(run, t):
    """Confusion counts and shares, and the commonest confusions in words.

    Parameters
    ----------
    run : RunFiles
    t : Texts

    Returns
    -------
    Section
    """
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
    """Recall of each class with its interval, precision and F1.

    Parameters
    ----------
    run : RunFiles
    t : Texts

    Returns
    -------
    Section
    """
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
                interval(recall),
                number(own["precision"]),
                number(own["f1"]),
            ]
        )
        if recall["value"] is not None:
            lines.append((word, recall["value"], recall["low"], recall["high"]))
    header = [
        t("word.class"),
        t("word.images"),
        *(t(f"classes.{s}") for s in ("recall", "precision", "f1")),
    ]
    guess = 1 / len(per_class)
    svg = charts.intervals("classes", lines, t("classes.recall"), zero=guess)
    blocks = [Charts([(svg, t("classes.chart"))]), Table(header, rows)]
    return Section(*head, blocks)


def probabilities(run, t):
    """Calibration, ROC and precision-recall curves.

    Parameters
    ----------
    run : RunFiles
    t : Texts

    Returns
    -------
    Section
    """
    head = "probabilities", t("probabilities.title"), t("probabilities.lead")
    if run.judged is None:
        return Section(*head, [no_labels(run, t)])
    if "judged" not in run.notes:
        return Section(*head, [no_material(run, t)])
    own = run.notes["judged"]
    words = (t(f"probabilities.{s}") for s in ("confidence", "accuracy", "share"))
    calibration = charts.calibration("calibration", own["calibration"], *words)
    names = [t.name("class", name) for name in run.notes["classes"]]
    drawn = own["curves"]

    def lines(key):
        return [curve and curve[key] for curve in drawn]

    roc = charts.curves(
        "roc",
        lines("roc"),
        t("probabilities.false"),
        t("probabilities.true"),
        diagonal=True,
    )
    recalled = charts.curves(
        "precision-recall",
        lines("precision_recall"),
        t("classes.recall"),
        t("classes.precision"),
    )
    legend = [(*charts.line_style(i), name) for i, name in enumerate(names) if drawn[i]]
    rows = [
        [
            name,
            number(curve["auc"]) if curve else "–",
            number(curve["average_precision"]) if curve else "–",
            percent(curve["share"]) if curve else "–",
        ]
        for name, curve in zip(names, drawn, strict=True)
    ]
    keys = ("auc", "average_precision", "share_of")
    header = [t("word.class"), *(t(f"probabilities.{s}") for s in keys)]
    blocks = [
        Charts([(calibration, t("probabilities.calibration_caption"))]),
        Charts(
            [
                (roc, t("probabilities.roc_caption")),
                (recalled, t("probabilities.recall_caption")),
            ],
            legend,
        ),
        Table(header, rows),
    ]
    return Section(*head, blocks)


def mistakes(run, t):
    """The most confident mistakes.

    Parameters
    ----------
    run : RunFiles
    t : Texts

    Returns
    -------
    Section
    """
    head = "mistakes", t("mistakes.title"), t("mistakes.lead")
    if run.judged is None:
        return Section(*head, [no_labels(run, t)])
    if "judged" not in run.notes:
        return Section(*head, [no_material(run, t)])
    own = run.notes["judged"]
    if not own["wrong"]:
        return Section(*head, [Text(t("mistakes.none", images=f"{own['images']:,}"))])
    shown = answers(run, t, "mistakes", "mistakes.truth")
    key = f"mistakes.count_{own['part']}"
    counts = {s: f"{own[s]:,}" for s in ("wrong", "images")}
    text = Text(t(key, shown=len(shown), **counts))
    return Section(*head, [text, Gallery(shown)])


def answers(run, t, key, given):
    """Pictures of faces with the label given and what was predicted.

    Parameters
    ----------
    run : RunFiles
    t : Texts
    key : str
        Of the faces in the material.
    given : str
        Key of the text that tells the label.

    Returns
    -------
    list of Picture
    """
    notes, crops = run.notes[key], run.arrays[f"{key}_crops"]
    names = [t.name("class", name) for name in run.notes["classes"]]
    shown = []
    for i, crop in enumerate(crops):
        chances = run.arrays[f"{key}_probabilities"][i]
        best, label = int(chances.argmax()), notes["labels"][i]
        lines = [
            t("answers.predicted", name=names[best], share=percent(chances[best], 0)),
            t(given, name=names[label], share=percent(chances[label], 0)),
            notes["names"][i],
        ]
        if notes["status"][i] != "face":
            lines.append(t(f"status.{notes['status'][i]}"))
        alt = t("answers.alt", predicted=names[best], given=names[label])
        shown.append(
            Picture(pictures.data_address(crop), alt, lines, side=crop.shape[0])
        )
    return shown
