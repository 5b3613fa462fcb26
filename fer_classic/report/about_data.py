"""Sections on the run as a whole, its data, and what the features see of a face."""

import numpy as np

from fer_classic.features import FAMILIES
from fer_classic.regions import family_of
from fer_classic.report import pictures
from fer_classic.report.blocks import (
    Cell,
    Gallery,
    Missing,
    Picture,
    Points,
    Section,
    Table,
    Text,
)
from fer_classic.report.texts import interval, number, percent

#: A class with fewer test images has a recall that says little.
FEW = 50


def summary(run, t):
    """What was done, what came out, and what to keep in mind.

    Parameters
    ----------
    run : RunFiles
    t : Texts

    Returns
    -------
    Section
    """
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
    experts = len(settings["experts"])
    key = "summary.done_experts" if experts else "summary.done"
    return t(
        key,
        images=f"{record['train']['images']:,}",
        tested=f"{record['test']['images']:,}",
        classes=len(run.classes),
        names=t("list.comma").join(t.name("class", name) for name in run.classes),
        families=what,
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
        As :func:`fer_classic.evaluate.evaluate` gives them.
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
        score = test["uncovered"]["balanced_accuracy"]
        share = percent(lost / run.record["test"]["images"])
        lines.append(
            t("summary.faceless", images=lost, share=share, score=interval(score))
        )
    copies = run.record["test"].get("copies_of_training_images", 0)
    if copies:
        key = "summary.copies_only"
        values = {"images": copies}
        if test.get("duplicate_free", {}).get("n"):
            key = "summary.copies"
            values["score"] = interval(test["duplicate_free"]["balanced_accuracy"])
        lines.append(t(key, **values))
    per_class = run.judged[1]["per_class"] if run.judged else {}
    absent = [name for name, own in per_class.items() if own["n"] == 0]
    lines += [t("summary.absent", name=t.name("class", name)) for name in absent]
    small = [_small(t.name("class", n), c, t) for n, c in per_class.items() if _few(c)]
    if small:
        lines.append(t("summary.small", classes=t("list.comma").join(small)))
    suspects = run.notes.get("out_of_fold", {}).get("suspects")
    if suspects:
        lines.append(t("summary.suspects", images=f"{suspects:,}"))
    return lines


def _few(own):
    return 0 < own["n"] < FEW


def _small(name, own, t):
    low, high = wilson(round(own["recall"]["value"] * own["n"]), own["n"])
    ends = {"low": percent(low, 0), "high": percent(high, 0)}
    return t("summary.small_class", name=name, n=own["n"], **ends)


def wilson(hits, n):
    """95% interval of a share, sound for few images too (Wilson, JASA 1927).

    Parameters
    ----------
    hits, n : int

    Returns
    -------
    (float, float)
    """
    z = 1.959964
    share, extra = hits / n, z * z / n
    middle = share + extra / 2
    width = z * np.sqrt(share * (1 - share) / n + extra / (4 * n))
    low, high = (middle - width) / (1 + extra), (middle + width) / (1 + extra)
    return max(0.0, float(low)), min(1.0, float(high))


def data(run, t):
    """Counts, imbalance, copies and faces found.

    Parameters
    ----------
    run : RunFiles
    t : Texts

    Returns
    -------
    Section
    """
    blocks = [_counts(run, t)]
    trained = run.model.trained_on if run.model else None
    if trained:
        counts = trained["classes"]
        ratio = max(counts.values()) / max(min(counts.values()), 1)
        most, least = max(counts, key=counts.get), min(counts, key=counts.get)
        blocks.append(
            Text(
                t(
                    "data.imbalance",
                    most=t.name("class", most),
                    least=t.name("class", least),
                    ratio=f"{ratio:.1f}",
                )
            )
        )
    blocks.append(_copies(run, t))
    blocks.append(_status(run, t))
    return Section("data", t("data.title"), t("data.lead"), blocks)


def _counts(run, t):
    trained = run.model.trained_on["classes"] if run.model else {}
    test = run.metrics.get("test", {}).get("all", {}).get("per_class", {})
    predicted = run.notes.get("test", {}).get("predicted")
    has_test = run.record["test"]["images"] > 0
    columns = []
    if trained:
        columns.append((t("data.training"), [trained[name] for name in run.classes]))
    if test:
        columns.append((t("data.test"), [test[name]["n"] for name in run.classes]))
    if predicted and has_test:
        columns.append((t("data.predicted"), predicted))
    if not columns:
        return Missing(t("missing.model", reason=run.problems.get("model", "")))
    rows = []
    for code, name in enumerate(run.classes):
        cells = [
            Cell(
                f"{own[code]:,} ({percent(own[code] / max(sum(own), 1))})",
                bar=own[code] / max(*own, 1),
            )
            for _, own in columns
        ]
        rows.append([t.name("class", name), *cells])
    rows.append([t("word.sum"), *(f"{sum(own):,}" for _, own in columns)])
    return Table([t("word.class"), *(head for head, _ in columns)], rows)


def _copies(run, t):
    notes = run.notes.get("duplicates")
    copied = run.record["test"].get("copies_of_training_images", 0)
    if not notes:
        return Text(t("data.copies_test", copied=copied))
    if not notes["images"] and not copied:
        return Text(t("data.no_copies"))
    return Text(t("data.copies", copied=copied, **notes))


def _status(run, t):
    parts = [p for p in ("train", "test") if run.record[p]["images"]]
    kinds = [s for s in ("face", "no_face", "whole", "unreadable")]
    used = [s for s in kinds if any(run.record[p]["status"].get(s) for p in parts)]
    rows = []
    for part in parts:
        total = run.record[part]["images"]
        cells = []
        for kind in used:
            n = run.record[part]["status"].get(kind, 0)
            cells.append(f"{n:,} ({percent(n / total)})")
        rows.append([t(f"data.{part}_images"), f"{total:,}", *cells])
    header = [t("word.part"), t("word.images"), *(t(f"status.{s}") for s in used)]
    return Table(header, rows, caption=t("data.faces"), note=t("data.faces_note"))


def faces(run, t):
    """Example faces of each class with their landmarks, and the mean faces.

    Parameters
    ----------
    run : RunFiles
    t : Texts

    Returns
    -------
    Section
    """
    blocks = []
    if not run.arrays:
        blocks.append(no_material(run, t))
    else:
        notes = run.notes["samples"]
        for code, name in enumerate(run.classes):
            rows = [i for i, own in enumerate(notes["labels"]) if own == code]
            own = [_sample(run, t, i, name) for i in rows]
            blocks.append(Gallery(own, title=t.name("class", name)))
        means = [
            Picture(
                pictures.data_address(run.arrays["means"][code]),
                t("faces.mean_of", name=t.name("class", name)),
                [t.name("class", name)],
                side=run.arrays["means"].shape[1],
            )
            for code, name in enumerate(run.classes)
        ]
        note = t("faces.mean_note")
        blocks.append(Gallery(means, title=t("faces.mean"), note=note))
    return Section("faces", t("faces.title"), t("faces.lead"), blocks)


def _sample(run, t, i, name):
    crop = run.arrays["samples_crops"][i]
    return Picture(
        pictures.data_address(crop),
        t("faces.alt", name=t.name("class", name)),
        dots=pictures.dots(run.arrays["samples_points"][i]),
        side=crop.shape[0],
    )


def no_material(run, t):
    """Why what the data would show is not there.

    Parameters
    ----------
    run : RunFiles
    t : Texts

    Returns
    -------
    Missing
    """
    reason = run.problems.get("material.npz", "")
    return Missing(t("missing.damaged", reason=reason) if reason else t("missing.material"))


def features(run, t):
    """What each feature family of the model sees of one face.

    Parameters
    ----------
    run : RunFiles
    t : Texts

    Returns
    -------
    Section
    """
    own = dict(run.settings["features"])
    inside = {}
    for expert in run.settings["experts"]:
        inside |= expert["features"]
    blocks = []
    if run.model:
        counts = {}
        for column in run.model.feature_names:
            counts[family_of(column)] = counts.get(family_of(column), 0) + 1
        rows = [
            [t.name("family", name), f"{n:,}", t(f"features.{name}")]
            for name, n in counts.items()
        ]
        header = [t("word.family"), t("word.columns"), t("word.what")]
        blocks.append(Table(header, rows, caption=t("features.columns")))
    drawn = [n for n in FAMILIES if n in own | inside and n != "fisher"]
    if "fisher" in inside:
        blocks.append(Text(t("features.fisher")))
    if not run.arrays:
        blocks.append(no_material(run, t))
    else:
        i = _example(run)
        crop = run.arrays["samples_crops"][i]
        points = run.arrays["samples_points"][i]
        shown = [
            Picture(pictures.data_address(crop), t("features.face"), [t("features.face")])
        ]
        for name in drawn:
            seen = pictures.seen_by(name, crop, points, (inside | own)[name])
            words = [t.name("family", name), t(f"features.see_{name}")]
            shown.append(Picture(pictures.data_address(seen), words[0], words))
        blocks.append(Gallery(shown, large=True))
    return Section("features", t("features.title"), t("features.lead"), blocks)


def _example(run):
    """A face with much to see: a happy one where there is one."""
    labels = run.notes["samples"]["labels"]
    wanted = run.classes.index("happiness") if "happiness" in run.classes else labels[0]
    return labels.index(wanted) if wanted in labels else 0
