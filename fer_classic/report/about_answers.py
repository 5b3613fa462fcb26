"""Sections on the probabilities, on unsure answers and on the mistakes."""

from fer_classic.report import charts, pictures
from fer_classic.report.about_data import no_material
from fer_classic.report.about_scores import no_labels
from fer_classic.report.blocks import Charts, Gallery, Picture, Section, Table, Text
from fer_classic.report.texts import number, percent


def probabilities(run, t):
    """Calibration, ROC and precision-recall curves."""
    head = "probabilities", t("probabilities.title"), t("probabilities.lead")
    if missing := _unjudged(run, t):
        return Section(*head, [missing])
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


def sureness(run, t):
    """Accuracy of the answers that are kept where unsure ones are left out."""
    own = run.notes.get("sureness")
    if own is None:  # few labelled images, or a run of an earlier version
        return None
    keys = ("balanced_accuracy", "accuracy")
    names = [t(f"scores.{key}") for key in keys]
    svg = charts.coverage(
        "sureness", [own[key] for key in keys], t("sureness.share"), t("sureness.score")
    )
    legend = [(*charts.pair_style(i), name) for i, name in enumerate(names)]
    rows = [
        [
            percent(row["share"], 0),
            f"{row['images']:,}",
            number(row["least"]),
            *(number(row[key]) for key in keys),
        ]
        for row in own["rows"]
    ]
    header = [t("sureness.share"), t("word.images"), t("sureness.least"), *names]
    mean = t(f"sureness.mean_{own['part']}", mean=number(own["mean_accuracy"]))
    blocks = [Charts([(svg, t("sureness.caption"))], legend), Table(header, rows)]
    lead = t("sureness.lead")
    return Section("sureness", t("sureness.title"), lead, [*blocks, Text(mean)])


def mistakes(run, t):
    """The most confident mistakes."""
    head = "mistakes", t("mistakes.title"), t("mistakes.lead")
    if missing := _unjudged(run, t):
        return Section(*head, [missing])
    own = run.notes["judged"]
    if not own["wrong"]:
        return Section(*head, [Text(t("mistakes.none", images=f"{own['images']:,}"))])
    shown = answers(run, t, "mistakes", "mistakes.truth")
    key = f"mistakes.count_{own['part']}"
    counts = {s: f"{own[s]:,}" for s in ("wrong", "images")}
    text = Text(t(key, shown=len(shown), **counts))
    return Section(*head, [text, Gallery(shown)])


def _unjudged(run, t):
    """Why there is nothing to judge; None where there is."""
    if run.judged is None:
        return no_labels(run, t)
    return None if "judged" in run.notes else no_material(run, t)


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
        shown.append(Picture(pictures.data_address(crop), alt, lines, side=crop.shape[0]))
    return shown
