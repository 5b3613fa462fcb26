"""Sections on suspected labels and on what the trees use."""

from collections import Counter

import numpy as np

from fer_classic.features.places import REGIONS, family_of, heat_map, place_of, region_sums
from fer_classic.report import pictures
from fer_classic.report.about_answers import answers
from fer_classic.report.about_data import no_material
from fer_classic.report.blocks import (
    Cell,
    Gallery,
    Missing,
    Picture,
    Section,
    Table,
    Text,
)
from fer_classic.report.texts import percent

#: Columns listed by their gain.
LISTED = 15


def labels(run, t):
    """Probable label errors in the training set."""
    head = "labels", t("labels.title"), t("labels.lead")
    if not run.arrays:
        return Section(*head, [no_material(run, t)])
    notes = run.notes["out_of_fold"]
    if notes["source"] is None:
        return Section(*head, [Missing(t("missing.out_of_fold"))])
    counts = {s: f"{notes[s]:,}" for s in ("images", "of")}
    blocks = [Text(t(f"labels.source_{notes['source']}", **counts))]
    if not notes["suspects"]:
        return Section(*head, [*blocks, Text(t("labels.none"))])
    shown = answers(run, t, "suspects", "labels.given")
    share = percent(notes["suspects"] / notes["images"])
    words = t(
        "labels.count", n=f"{notes['suspects']:,}", share=share, shown=f"{len(shown):,}"
    )
    names = [t.name("class", name) for name in run.notes["classes"]]
    joint = np.array(notes["joint"])
    off = joint - np.diag(np.diag(joint))
    most = max(off.max(), 1)
    rows = [
        [name, *(Cell(f"{n:,}", shade=o / most) for n, o in zip(row, own, strict=True))]
        for name, row, own in zip(names, joint.tolist(), off.tolist(), strict=True)
    ]
    table = Table(
        [t("labels.corner"), *names],
        rows,
        caption=t("labels.joint"),
        note=t("labels.joint_note"),
    )
    return Section(*head, [*blocks, Text(words), Gallery(shown), table])


def importance(run, t):
    """Gain by family and by place in the face, and the columns that gave most."""
    if run.network:
        return None
    head = "importance", t("importance.title"), t("importance.lead")
    if run.model is None:
        reason = run.problems.get("model", "")
        return Section(*head, [Missing(t("missing.model", reason=reason))])
    columns = run.model.feature_names
    gain = run.model.classifier.booster_.feature_importance("gain").astype(np.float64)
    gain /= max(gain.sum(), 1e-12)
    blocks = [_families(columns, gain, t)]
    features, size = run.settings["features"], run.settings["faces"]["crop_size"]
    placed = sum(g for c, g in zip(columns, gain, strict=True) if g and place_of(c))
    if any(family_of(column) == "expert" for column in columns):
        blocks.append(Text(t("importance.experts", share=percent(1 - placed))))
    if placed > 0:
        blocks.append(_regions(columns, gain, features, size, t))
        if run.arrays:
            blocks.append(_heat_maps(run, columns, gain, t))
        else:
            blocks.append(no_material(run, t))
    blocks.append(_top(columns, gain, t))
    return Section(*head, blocks)


def _families(columns, gain, t):
    sums, counts = {}, Counter(map(family_of, columns))
    for column, own in zip(columns, gain.tolist(), strict=True):
        family = family_of(column)
        sums[family] = sums.get(family, 0.0) + own
    rows = [
        [t.name("family", name), f"{counts[name]:,}", Cell(percent(own), bar=own)]
        for name, own in sorted(sums.items(), key=lambda pair: -pair[1])
    ]
    header = [t("word.family"), t("word.columns"), t("importance.gain")]
    return Table(header, rows, caption=t("importance.by_family"))


def _regions(columns, gain, features, size, t):
    sums = region_sums(columns, gain, features, size)
    total = max(sum(sums.values()), 1e-12)
    rows = [
        [t.name("region", name), Cell(percent(own / total), bar=own / total)]
        for name, own in sorted(sums.items(), key=lambda pair: -pair[1])
    ]
    header = [t("word.region"), t("importance.gain")]
    return Table(header, rows, caption=t("importance.by_region"))


def _heat_maps(run, columns, gain, t):
    features = run.settings["features"]
    face = run.arrays["means"][-1]
    size = face.shape[0]
    present = [n for n in ("hog", "lbp", "geometry", "sift") if n in features]
    shown = [] if len(present) == 1 else [("all", gain)]
    for name in present:
        own = np.array([family_of(column) == name for column in columns])
        shown.append((name, np.where(own, gain, 0.0)))
    drawn = []
    for name, values in shown:
        picture = pictures.heat(face, heat_map(columns, values, features, size))
        word = t("importance.all") if name == "all" else t.name("family", name)
        words = [word, percent(values.sum())]
        drawn.append(Picture(pictures.data_address(picture), word, words))
    return Gallery(
        drawn, title=t("importance.map"), note=t("importance.map_note"), large=True
    )


def _top(columns, gain, t):
    rows = []
    for i in np.argsort(-gain, kind="stable")[:LISTED]:
        if gain[i] <= 0:
            break
        place = place_of(columns[i])
        rows.append(
            [
                columns[i],
                t.name("family", family_of(columns[i])),
                _where(place, t),
                Cell(percent(gain[i], 2), bar=gain[i] / gain.max()),
            ]
        )
    header = [t("word.column"), t("word.family"), t("word.place"), t("importance.gain")]
    return Table(header, rows, caption=t("importance.top", n=len(rows)))


def _where(place, t):
    if place is None:
        return "–"
    if isinstance(place[0], str):
        return t("importance.cell", row=place[1] + 1, column=place[2] + 1)
    own = [name for name, points in REGIONS.items() if set(place) & set(points)]
    return t("list.comma").join(t.name("region", name) for name in own)
