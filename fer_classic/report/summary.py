"""The summary on top of the report, in plain words."""

import numpy as np

from fer_classic.report.blocks import Points, Section, Text
from fer_classic.report.texts import interval, number, percent
from fer_classic.scores.intervals import wilson

#: A class with fewer test images has a recall that says little.
FEW = 50


def summary(run, t):
    """What was done, what came out, and what to keep in mind."""
    lines = [_done(run, t), *_came_out(run, t)]
    caveats = _caveats(run, t)
    blocks = [Points(lines)]
    if caveats:
        blocks += [Text(t("summary.caveats")), Points(caveats)]
    return Section("summary", t("summary.title"), "", blocks)


def _done(run, t):
    record, settings = run.record, run.settings
    families = [t.name("family", name) for name in settings["features"]]
    what = t("list.comma").join(families)
    beside = t("summary.beside", families=what) if families else ""
    experts = len(settings["experts"])
    key = "summary.done_experts" if experts else "summary.done"
    return t(
        "summary.done_network" if run.network else key,
        network=run.network.get("network"),
        images=f"{record['train']['images']:,}",
        tested=f"{record['test']['images']:,}",
        classes=len(run.classes),
        names=t("list.comma").join(t.name("class", name) for name in run.classes),
        families=what,
        beside=beside,
        experts=experts,
    )


def _came_out(run, t):
    if run.judged is None:
        return [t("summary.no_labels")]
    part, scores = run.judged
    balanced = scores["balanced_accuracy"]
    k = sum(own["n"] > 0 for own in scores["per_class"].values())
    lines = [
        t(
            f"summary.score_{part}",
            value=number(balanced["value"]),
            low=number(balanced["low"]),
            high=number(balanced["high"]),
            accuracy=number(scores["accuracy"]["value"]),
            hundred=round(100 * balanced["value"]),
            guess=round(100 / max(k, 1)),
            n=f"{scores['n']:,}",
        )
    ]
    recalls = {
        name: own["recall"]["value"]
        for name, own in scores["per_class"].items()
        if own["recall"]["value"] is not None
    }
    if len(recalls) > 1:
        best, worst = max(recalls, key=recalls.get), min(recalls, key=recalls.get)
        lines.append(
            t(
                "summary.best_worst",
                best=t.name("class", best),
                best_recall=percent(recalls[best], 0),
                worst=t.name("class", worst),
                worst_recall=percent(recalls[worst], 0),
            )
        )
    if pair := confusions(scores, 1):
        lines.append(confused(pair[0], t, "summary.confused_most"))
    return lines


def confusions(scores, most):
    """The commonest confusions: (true class, taken for, images, share of the true class).

    Parameters
    ----------
    scores : dict
        As :func:`fer_classic.scores.metrics.evaluate` gives them.
    most : int

    Returns
    -------
    list of tuple
        Ordered by the share.
    """
    names, counts = list(scores["per_class"]), np.array(scores["confusion"])
    totals = counts.sum(axis=1)
    found = [
        (names[i], names[j], int(counts[i, j]), counts[i, j] / totals[i])
        for i in range(len(names))
        for j in range(len(names))
        if i != j and counts[i, j]
    ]
    return sorted(found, key=lambda pair: (-pair[3], -pair[2]))[:most]


def confused(pair, t, key="summary.confused"):
    """A confusion as a sentence.

    Parameters
    ----------
    pair : tuple
        Of :func:`confusions`.
    t : Texts
    key : str
        Of the sentence.
    """
    true, taken, images, share = pair
    return t(
        key,
        true=t.name("class", true),
        taken=t.name("class", taken),
        images=images,
        share=percent(share, 0),
    )


def _caveats(run, t):
    lines = []
    test = run.metrics.get("test") or {}
    lost = run.record["test"]["status"].get("no_face", 0)
    if lost and "uncovered" in test and test["uncovered"]["n"]:
        own = test["uncovered"]
        score = interval(own["balanced_accuracy"], own["n"])
        share = percent(lost / run.record["test"]["images"])
        lines.append(t("summary.faceless", images=lost, share=share, score=score))
    copies = run.record["test"].get("copies_of_training_images", 0)
    if copies:
        key = "summary.copies_only"
        values = {"images": copies}
        if test.get("duplicate_free", {}).get("n"):
            key = "summary.copies"
            own = test["duplicate_free"]
            values["score"] = interval(own["balanced_accuracy"], own["n"])
        lines.append(t(key, **values))
    per_class = run.judged[1]["per_class"] if run.judged else {}
    absent = [name for name, own in per_class.items() if own["n"] == 0]
    lines += [t("summary.absent", name=t.name("class", name)) for name in absent]
    small = [_small(t.name("class", n), c, t) for n, c in per_class.items() if _few(c)]
    if small:
        lines.append(t("summary.small", classes=t("list.comma").join(small)))
    judged = run.notes.get("out_of_fold", {})
    if judged.get("suspects"):
        of, images = f"{judged['images']:,}", f"{judged['suspects']:,}"
        lines.append(t("summary.suspects", images=images, of=of))
    return lines


def _few(own):
    return 0 < own["n"] < FEW


def _small(name, own, t):
    low, high = wilson(round(own["recall"]["value"] * own["n"]), own["n"])
    ends = {"low": percent(low, 0), "high": percent(high, 0)}
    return t("summary.small_class", name=name, n=own["n"], **ends)
