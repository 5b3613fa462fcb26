"""Sections on the data, and on what the features see of a face."""

from collections import Counter

from fer_classic.faces.table import STATUSES
from fer_classic.features import FAMILIES
from fer_classic.features.places import family_of
from fer_classic.report import pictures
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


def data(run, t):
    """Counts, imbalance, copies and faces found."""
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
    used = [s for s in STATUSES if any(run.record[p]["status"].get(s) for p in parts)]
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
    """Example faces of each class with their landmarks, and the mean faces."""
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
    """Why what the data would show is not there."""
    reason = run.problems.get("material.npz", "")
    return Missing(t("missing.damaged", reason=reason) if reason else t("missing.material"))


def features(run, t):
    """What each feature family of the model sees of one face."""
    if run.network:
        return None
    own = dict(run.settings["features"])
    inside = {}
    for expert in run.settings["experts"]:
        inside |= expert["features"]
    blocks = []
    if run.model:
        counts = Counter(map(family_of, run.model.feature_names))
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
    """A face with much to see: a happy one, if there is one, of strong contrast."""
    labels = run.notes["samples"]["labels"]
    wanted = run.classes.index("happiness") if "happiness" in run.classes else labels[0]
    rows = [row for row, label in enumerate(labels) if label == wanted] or [0]
    return max(rows, key=lambda row: run.arrays["samples_crops"][row].std())
