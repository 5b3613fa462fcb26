"""Sections on ablation, comparison, and how the run was made."""

from fer_classic.report import charts
from fer_classic.report.blocks import Cell, Charts, Missing, Section, Table
from fer_classic.report.texts import interval, number, percent


def ablation(run, t):
    """The table of ablation.json, where the run directory has one."""
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
    """The tables of comparison.json, where the run directory has one."""
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
        keys = (
            "pair",
            "difference",
            "p",
            "mcnemar",
            "only",
            "agreement",
            "kappa",
            "oracle",
        )
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
    return f"{score['value']:+.3f} ({score['low']:+.3f} to {score['high']:+.3f})"


def _chance(p):
    return "–" if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"


def made(run, t):
    """Settings, versions, inputs and timings."""
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
        kind = "network" if run.network else "classifier"
        given = set(run.settings[kind])
        parameters = run.model.classifier.get_params()
        settings += [
            [f"{kind}.{key}", str(parameters[key])]
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
