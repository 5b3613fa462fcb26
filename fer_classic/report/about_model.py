"""Sections on suspected labels, on what the trees use, and on how the run was made."""

import numpy as np

from fer_classic.regions import REGIONS, family_of, heat_map, place_of, region_sums
from fer_classic.report import charts, pictures
from fer_classic.report.about_data import no_material
from fer_classic.report.about_scores import answers
from fer_classic.report.blocks import (
    Cell,
    Charts,
    Gallery,
    Missing,
    Picture,
    Section,
    Table,
    Text,
)
from fer_classic.report.texts import interval, number, percent

#: Columns listed by their gain.
LISTED = 15


def labels(run, t):
    """Probable label errors in the training set.

    Parameters
    ----------
    run : RunFiles
    t : Texts

    Returns
    -------
    Section
    """
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
    """Gain by family and by place in the face, and the columns that gave most.

    Parameters
    ----------
    run : RunFiles
    t : Texts

    Returns
    -------
    Section
    """
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
    sums, counts = {}, {}
    for column, own in zip(columns, gain.tolist(), strict=True):
        family = family_of(column)
        sums[family] = sums.get(family, 0.0) + own
        counts[family] = counts.get(family, 0) + 1
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


def ablation(run, t):
    """The table of ablation.json, where the run directory has one.

    Parameters
    ----------
    run : RunFiles
    t : Texts

    Returns
    -------
    Section or None
    """
    found = run.ablation
    if found is None:
        return _damaged(run, t, "ablation")
    rows, lines = [], []
    for own in found["runs"]:
        change = own["difference"]
        rows.append(
            [
                own["name"],
                interval(own["balanced_accuracy"]),
                _change(change) if change else t("ablation.base"),
                _chance(own.get("p_holm")) if change else "–",
                f"{own['columns']:,}",
                number(own["train_seconds"], 1),
                number(own["predict_ms"], 2),
            ]
        )
        if change:
            lines.append((own["name"], change["value"], change["low"], change["high"]))
    keys = ("run", "score", "difference", "p", "columns", "train", "predict")
    blocks = [Table([t(f"ablation.{key}") for key in keys], rows)]
    if lines:
        svg = charts.intervals(
            "ablation", lines, t("ablation.difference"), limits=None, zero=0
        )
        blocks.insert(0, Charts([(svg, t("ablation.chart"))]))
    lead = t("ablation.lead", images=f"{found['data']['images']:,}", folds=found["folds"])
    return Section("ablation", t("ablation.title"), lead, blocks)


def comparison(run, t):
    """The tables of comparison.json, where the run directory has one.

    Parameters
    ----------
    run : RunFiles
    t : Texts

    Returns
    -------
    Section or None
    """
    found = run.comparison
    if found is None:
        return _damaged(run, t, "comparison")
    rows = [
        [
            own["name"],
            f"{own['answered']:,}",
            f"{len(own['missing']):,}",
            *(interval(own["scores"][s]) for s in ("balanced_accuracy", "accuracy")),
            interval(own["scores"]["macro_f1"]),
        ]
        for own in found["results"]
    ]
    keys = ("name", "answered", "missing")
    three = ("balanced_accuracy", "accuracy", "macro_f1")
    header = [*(t(f"comparison.{k}") for k in keys), *(t(f"scores.{s}") for s in three)]
    blocks = [Table(header, rows, caption=t("comparison.results"))]
    pairs = [
        [
            t("comparison.versus", a=own["a"], b=own["b"]),
            _change(own["difference"]),
            _chance(own.get("p_holm")),
            _chance(own["mcnemar"]["p"]),
            f"{own['mcnemar']['only_a']:,} / {own['mcnemar']['only_b']:,}",
            percent(own["agreement"]),
            number(own["kappa"]),
            percent(own["oracle"]),
        ]
        for own in found.get("pairs", [])
    ]
    if pairs:
        keys = ("pair", "difference", "p", "mcnemar", "only", "agreement", "kappa", "oracle")
        header = [t(f"comparison.{key}") for key in keys]
        note = t("comparison.note")
        blocks.append(Table(header, pairs, caption=t("comparison.pairs"), note=note))
    lead = t("comparison.lead", images=f"{found['truth']['images']:,}")
    return Section("comparison", t("comparison.title"), lead, blocks)


def _damaged(run, t, key):
    """A section that says why, if the file is there but cannot be used."""
    if reason := run.problems.get(f"{key}.json"):
        missing = [Missing(t("missing.damaged", reason=reason))]
        return Section(key, t(f"{key}.title"), "", missing)
    return None


def _change(score):
    return f"{score['value']:+.3f} ({score['low']:+.3f}–{score['high']:+.3f})"


def _chance(p):
    return "–" if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"


def made(run, t):
    """Settings, versions, inputs and timings.

    Parameters
    ----------
    run : RunFiles
    t : Texts

    Returns
    -------
    Section
    """
    inputs = [
        [t(f"data.{part}_images"), ", ".join(run.record[part]["inputs"]) or "–"]
        + [f"{run.record[part]['images']:,}", run.record[part]["content_sha256"][:16]]
        for part in ("train", "test")
        if run.record[part]["images"]
    ]
    header = [t("word.part"), t("made.input"), t("word.images"), t("made.checksum")]
    seconds = run.record["seconds"]
    total = max(sum(seconds.values()), 1e-9)
    steps = [
        [t.name("step", step), Cell(number(own, 1), bar=own / total)]
        for step, own in seconds.items()
    ]
    steps.append([t("word.sum"), number(total, 1)])
    settings = [[key, value] for key, value in _flat(run.settings)]
    if run.model:
        given = set(run.settings["classifier"])
        parameters = run.model.classifier.get_params()
        settings += [
            [f"classifier.{key}", str(parameters[key])]
            for key in sorted(parameters.keys() - given - {"n_jobs", "random_state"})
        ]
        temperature = number(run.model.classifier.temperature_)
        settings.append([t("made.temperature"), temperature])
    versions = [[name, own] for name, own in run.record["versions"].items()]
    blocks = [
        Table(header, inputs, caption=t("made.inputs")),
        Table([t("made.step"), t("made.seconds")], steps, caption=t("made.timings")),
        Table([t("made.setting"), t("made.value")], settings, caption=t("made.settings")),
        Table([t("made.package"), t("made.version")], versions, caption=t("made.versions")),
    ]
    return Section("made", t("made.title"), t("made.lead"), blocks)


def _flat(value, prefix=""):
    """Settings as pairs of a dotted key and a text."""
    if isinstance(value, dict) and value:
        for key, own in value.items():
            yield from _flat(own, f"{prefix}.{key}" if prefix else str(key))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for i, own in enumerate(value):
            yield from _flat(own, f"{prefix}[{i}]")
    else:
        yield prefix, "–" if value in (None, {}, []) else str(value)
