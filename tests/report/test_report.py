"""The report: complete, self-contained, escaped, and made of whatever a run left."""

import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from string import Formatter

import numpy as np
import pytest

from fer_classic import report
from fer_classic.compute.timer import Timer
from fer_classic.errors import FerClassicError
from fer_classic.files.text import to_json
from fer_classic.files.versions import versions
from fer_classic.model.predict import Predictions, predict_faces
from fer_classic.model.train import train_model
from fer_classic.report import collect, make_report, material_bytes
from fer_classic.report.curves import calibration_points, one_against_rest, thinned
from fer_classic.report.labelerrors import label_errors
from fer_classic.report.material import load_material, out_of_fold
from fer_classic.report.page import SECTIONS
from fer_classic.report.texts import drawn, interval, text_table
from fer_classic.scores.intervals import wilson
from fer_classic.scores.subsets import judge
from fer_classic.settings import Settings
from tests.browser import chromium

#: The name of a file that would run code if it were not escaped.
EVIL = "<img src=x onerror=alert(1)>.jpg"
QUICK = {
    "features": {"hog": {"cell": 16}, "lbp": {"grid": 4}, "geometry": {}},
    "classifier": {"n_estimators": 8, "num_leaves": 5},
}


def write_run(folder, model, faces, tested, *, material=True, predictions=None):
    """The files of a run directory that a report reads."""
    from fer_classic.model.store import save_model
    from fer_classic.pipeline.folder import curves_csv

    predictions = predictions or predict_faces(model, tested, jobs=1)
    copied = np.zeros(len(tested), dtype=bool)
    metrics = {}
    if len(tested):
        metrics["test"] = judge(predictions, tested, copied=copied)
    if "cross_validation" in model.trained_on:
        metrics["cross_validation"] = model.trained_on["cross_validation"]
    parts = {}
    for name, table in (("train", faces), ("test", tested)):
        status = {s: table.status.count(s) for s in set(table.status)}
        content = {"inputs": [f"{name}.zip"], "content_sha256": "0" * 64}
        parts[name] = {"images": len(table), "status": status, **content}
    timer = Timer()
    with timer("faces"):
        pass
    record = {"versions": versions(), "seconds": timer.seconds, **parts}
    folder.mkdir()
    for name, value in (
        ("run", record),
        ("metrics", metrics),
        ("settings", model.settings.to_dict()),
    ):
        (folder / f"{name}.json").write_text(to_json(value), encoding="utf-8")
    curves = model.trained_on["curves"]
    (folder / "curves.csv").write_text(curves_csv(curves), encoding="utf-8")
    (folder / "model").mkdir()
    save_model(model, folder / "model")
    if material:
        arrays = collect(model, faces, tested, predictions, copied)
        (folder / "material.npz").write_bytes(material_bytes(arrays))
    return folder


@pytest.fixture(scope="module")
def plain(train_faces):
    """A small model of the three families, and faces to test it on."""
    settings = Settings.from_dict(QUICK)
    return train_model(train_faces, settings, jobs=1), train_faces.take(range(0, 80, 2))


@pytest.fixture(scope="module")
def run(plain, train_faces, tmp_path_factory):
    """A run with a file of a dangerous name among its mistakes."""
    model, tested = plain
    labels = tested.labels.copy()
    labels[0] = (labels[0] + 1) % 5  # a mistake, whatever the model says
    names = (EVIL, *tested.names[1:])
    tested = replace(tested, labels=labels, names=names)
    return write_run(tmp_path_factory.mktemp("report") / "run", model, train_faces, tested)


@pytest.fixture(scope="module")
def page(run):
    return make_report(run)


def sections_of(page):
    return re.findall(r'<section id="(\w+)">', page)


def missing_of(page):
    return re.findall(r'<p class="missing">(.*?)</p>', page)


def test_every_section_is_there_and_none_lacks_anything(page):
    html, missing = page
    assert missing == []
    assert sections_of(html) == [s for s in SECTIONS if s not in ("ablation", "comparison")]
    assert html.count("<svg") > 40 and "failed" not in html
    assert len(html) < 3_000_000


class Addresses(HTMLParser):
    """Everything that a page could ask for, and its scripts."""

    def __init__(self):
        super().__init__()
        self.found, self.scripts = [], 0

    def handle_starttag(self, tag, attributes):
        self.scripts += tag == "script"
        for key, value in attributes:
            self.scripts += key.startswith("on")
            if key in ("src", "href", "xlink:href", "srcset", "action", "data"):
                self.found.append(value)


def test_nothing_is_loaded_and_nothing_runs(page):
    html, _ = page
    parser = Addresses()
    parser.feed(html)
    assert parser.scripts == 0 and len(parser.found) > 50
    assert [a for a in parser.found if not a.startswith(("data:", "#"))] == []
    assert "url(http" not in html and "@import" not in html


def test_names_from_strangers_are_escaped(page, run):
    html, _ = page
    assert EVIL not in html and "&lt;img src=x onerror=alert(1)&gt;.jpg" in html
    text, _ = make_report(run, format="md")
    assert "<img" not in text and "&lt;img src=x onerror=alert(1)&gt;.jpg" in text


def test_the_same_run_gives_the_same_bytes(page, run):
    assert make_report(run) == page


def test_charts_take_the_colour_of_the_page(page):
    html, _ = page
    assert "currentColor" in html and "#010203" not in html and "#040506" not in html
    assert "validation (held out" in html and ">boosting rounds</text>" in html


def test_all_text_tables_have_the_same_keys_and_places():
    english, chinese = text_table("en"), text_table("zh")
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        places = [
            {name for _, name, _, _ in Formatter().parse(own) if name}
            for own in (text, chinese[key])
        ]
        assert places[0] == places[1], key
        assert chinese[key].strip()


def test_no_text_is_unused(page):
    """Each key is named in the code, whole or by its beginning."""
    from pathlib import Path

    folder = Path(report.__file__).parent
    files = [*folder.glob("*.py"), *folder.glob("templates/*.j2")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in files)
    groups = ("class.", "family.", "region.", "status.", "step.")
    for key in text_table("en"):
        start = key.split(".")[0] + "."
        whole = f'"{key}"' in code
        assert whole or start in groups or f'f"{start}' in code or "{key}" in code, key


def test_chinese(run):
    html, missing = make_report(run, language="zh")
    assert missing == [] and '<html lang="zh">' in html
    for word in ("摘要", "混淆矩阵", "愤怒", "训练与验证曲线", "提升轮数"):
        assert word in html
    # English is left only in names of files, settings, packages and columns.
    prose = re.sub(r"<[^>]*>", " ", html[html.index("<main>") : html.index('id="made"')])
    for word in ("images", "expression", "the", "of", "anger", "mouth"):
        assert not re.search(rf"\b{word}\b", prose), word
    assert "。 " not in html


def test_markdown_has_text_and_tables(run):
    text, missing = make_report(run, format="md")
    assert missing == []
    assert "\n## Summary\n" in text and "| --- | ---: |" in text
    tables = re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE)
    assert len(tables) > 8
    for table in tables:
        counts = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(counts) == 1, table


def test_a_run_without_material_says_what_is_missing(run, tmp_path):
    old = shutil.copytree(run, tmp_path / "old")
    (old / "material.npz").unlink()
    html, missing = make_report(old)
    assert len(missing) >= 4 and "no material.npz" in missing[0]
    assert len(missing_of(html)) == len(missing)
    assert sections_of(html)[0] == "summary" and "Confusion" not in missing
    assert "Number of images" in html  # what needs no material is there


@pytest.mark.parametrize("damage", ["cut", "text", "format"])
def test_damaged_material_is_told(run, tmp_path, damage):
    other = shutil.copytree(run, tmp_path / "other")
    path = other / "material.npz"
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:1000])
    elif damage == "text":
        path.write_text("hello")
    else:
        arrays, notes = load_material(path)
        notes["format"] = 99
        arrays["notes"] = np.frombuffer(json.dumps(notes).encode(), dtype=np.uint8)
        path.write_bytes(material_bytes(arrays))
    _, missing = make_report(other)
    assert missing and ("is damaged" if damage != "format" else "format 99") in missing[0]


def test_material_is_small_and_holds_no_pickles(run):
    path = run / "material.npz"
    assert path.stat().st_size < 500_000
    with np.load(path, allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays)


def test_a_model_that_is_gone_or_changed(run, tmp_path):
    other = shutil.copytree(run, tmp_path / "other")
    shutil.rmtree(other / "model")
    (other / "curves.csv").write_text("round,train_log_loss\n1,x\n")
    _, missing = make_report(other)
    told = " ".join(missing)
    assert "model cannot be read" in told and "curves.csv is missing or empty" in told


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(FerClassicError, match=r"not the directory of a run: it has no run"):
        make_report(tmp_path)
    for name in ("run", "metrics", "settings"):
        (tmp_path / f"{name}.json").write_text("[")
    with pytest.raises(FerClassicError, match="is not JSON"):
        make_report(tmp_path)


def test_without_labels(plain, train_faces, tmp_path):
    model, tested = plain
    unknown = replace(tested, labels=np.full(len(tested), -1))
    folder = write_run(tmp_path / "run", model, train_faces, unknown)
    html, missing = make_report(folder)
    assert "The test images have no labels" in html
    assert all("no labels" in line for line in missing) and len(missing) == 5
    assert "test, predicted" in html


def test_cross_validation_only(train_faces, tmp_path):
    settings = Settings.from_dict(QUICK | {"folds": 2})
    model = train_model(train_faces, settings, jobs=1)
    empty = train_faces.take([])
    predictions = Predictions((), np.empty(0, int), np.empty((0, 5)), ())
    folder = tmp_path / "run"
    write_run(folder, model, train_faces, empty, predictions=predictions)
    html, missing = make_report(folder)
    assert missing == []
    assert "There was no labelled test set." in html
    assert "those of the cross-validation, for 80 of 80" in html
    arrays, notes = load_material(folder / "material.npz")
    assert notes["judged"]["part"] == "cross_validation"
    assert arrays["out_of_fold"].shape == (80, 5)


def test_one_face(plain, train_faces, tmp_path):
    model, tested = plain
    folder = write_run(tmp_path / "run", model, train_faces, tested.take([3]))
    html, missing = make_report(folder)
    assert missing == [] and "On 1 labelled test images" in html


def test_seven_classes_with_experts(train_faces, tmp_path):
    from fer_classic.data.labels import class_set

    seven = class_set("seven")
    labels = np.arange(len(train_faces)) % 7
    faces = replace(train_faces, labels=labels, classes=seven)
    expert = {"features": {"sift": {"cells": [3]}, "geometry": {}}, "components": 8}
    settings = Settings.from_dict(
        {"classes": "seven", "features": {"geometry": {}}, "experts": [expert]}
        | {"classifier": {"n_estimators": 5}}
    )
    model = train_model(faces, settings, jobs=1)
    html, missing = make_report(write_run(tmp_path / "run", model, faces, faces))
    assert missing == []
    assert "kernel expert" in html and "disgust" in html and ">SIFT<" in html


def test_many_rows_stay_quick_and_small(plain, train_faces, tmp_path):
    import time

    model, tested = plain
    random = np.random.default_rng(0)
    rows = random.integers(0, len(tested), 200_000)
    chances = random.dirichlet(np.ones(5), len(rows))
    start = time.perf_counter()
    arrays = collect(
        model,
        train_faces,
        replace(
            tested.take([0]),
            labels=tested.labels[rows],
            names=tuple(tested.names[r] for r in rows),
            status=tuple(tested.status[r] for r in rows),
            crops=np.broadcast_to(tested.crops[:1], (len(rows), 64, 64)),
            landmarks=np.broadcast_to(tested.landmarks[:1], (len(rows), 68, 2)),
        ),
        Predictions((), chances.argmax(axis=1), chances, ()),
        np.zeros(len(rows), dtype=bool),
    )
    assert time.perf_counter() - start < 60
    assert len(material_bytes(arrays)) < 500_000
    notes = json.loads(arrays["notes"].tobytes())
    assert notes["judged"]["images"] == 200_000
    assert max(len(c["roc"][0]) for c in notes["judged"]["curves"]) <= 160


ABLATION = {
    "data": {"images": 80},
    "folds": 5,
    "runs": [
        {
            "name": "base",
            "balanced_accuracy": {"value": 0.7, "low": 0.65, "high": 0.75},
            "difference": None,
            "p_holm": None,
            "columns": 3247,
            "train_seconds": 12.5,
            "predict_ms": 0.1,
        },
        {
            "name": "no <b>HOG</b>",
            "balanced_accuracy": {"value": 0.6, "low": 0.55, "high": 0.65},
            "difference": {"value": -0.1, "low": -0.15, "high": -0.05, "p": 0.0001},
            "p_holm": 0.0002,
            "columns": 1483,
            "train_seconds": 7.5,
            "predict_ms": 0.05,
        },
    ],
}
COMPARISON = {
    "truth": {"images": 40, "classes": {"anger": 8}},
    "results": [
        {
            "name": name,
            "answered": 40,
            "missing": ["a.jpg"],
            "scores": {
                key: {"value": 0.7, "low": 0.6, "high": 0.8}
                for key in ("balanced_accuracy", "accuracy", "macro_f1")
            },
        }
        for name in ("ours", "theirs")
    ],
    "pairs": [
        {
            "a": "ours",
            "b": "theirs",
            "difference": {"value": 0.031, "low": -0.02, "high": 0.08, "p": 0.2},
            "p_holm": 0.2,
            "mcnemar": {"only_a": 5, "only_b": 3, "p": 0.7266, "method": "exact"},
            "agreement": 0.8,
            "kappa": 0.75,
            "oracle": 0.9,
            "oracle_balanced": 0.89,
        }
    ],
}


def test_ablation_and_comparison_are_shown_where_they_lie(run, tmp_path):
    other = shutil.copytree(run, tmp_path / "other")
    (other / "ablation.json").write_text(json.dumps(ABLATION))
    (other / "comparison.json").write_text(json.dumps(COMPARISON))
    html, missing = make_report(other)
    assert missing == [] and {"ablation", "comparison"} <= set(sections_of(html))
    assert "-0.100 (-0.150 to -0.050)" in html and "&lt;0.001" in html
    assert "no &lt;b&gt;HOG" in html and "<b>HOG" not in html
    assert "ours against theirs" in html and "5 / 3" in html
    (other / "ablation.json").write_text('{"runs": [{}]}')
    (other / "comparison.json").write_text("[1]")
    html, missing = make_report(other)
    assert len(missing) == 2 and "this section failed" in missing[0]
    assert "must hold a JSON object" in missing[1]


#: Ends an attribute, a text, a chart, a comment, a style; begins a script, a handler.
NASTY = (
    "\"' onload='alert(1)' style='x:url(http://127.0.0.1:9/)' ><script>alert(2)</script>"
    "</title></style></svg>--><img src=x onerror=alert(3)>]]>{{7*7}}${7*7}\u2028"
)


def poisoned(value):
    """The same JSON with something nasty at the end of each text in it."""
    if isinstance(value, dict):
        return {key: poisoned(own) for key, own in value.items()}
    if isinstance(value, list):
        return [poisoned(own) for own in value]
    return value + NASTY if isinstance(value, str) else value


@pytest.fixture(scope="module")
def hostile(plain, train_faces, tmp_path_factory):
    """The page of a run whose every name, path and note is an attack."""
    model, tested = plain
    names = tuple(f"{i}{NASTY}.jpg" for i in range(len(tested)))
    tested = replace(tested, names=names, labels=(tested.labels + 1) % 5)
    trained = replace(train_faces, names=tuple(n + NASTY for n in train_faces.names))
    folder = tmp_path_factory.mktemp("hostile") / "'><script>alert(4)<"
    write_run(folder, model, trained, tested)
    for name, value in (("ablation", ABLATION), ("comparison", COMPARISON)):
        (folder / f"{name}.json").write_text(json.dumps(poisoned(value)))
    record = poisoned(json.loads((folder / "run.json").read_text("utf-8")))
    (folder / "run.json").write_text(json.dumps(record))
    return make_report(folder)[0], make_report(folder, format="md")[0]


def test_no_text_of_strangers_becomes_part_of_the_page(hostile):
    html, text = hostile
    assert html.count("alert(2)") > 30 and "7*7" in html
    parser = Addresses()
    parser.feed(html)
    assert parser.scripts == 0
    assert [a for a in parser.found if not a.startswith(("data:", "#"))] == []
    assert "<script" not in html and "<img src=x" not in html and "<img src=x" not in text
    assert "<script" not in text and "alert(2)" in text


def test_no_text_of_strangers_runs_in_a_browser(hostile, tmp_path):
    path = tmp_path / "hostile.html"
    path.write_text(hostile[0], encoding="utf-8")
    with chromium(tmp_path / "profile") as tab:
        tab.open(path.as_uri(), 1200, "light")
        assert tab.value("document.scripts.length") == 0
        assert tab.value("document.querySelectorAll('img[src=x]').length") == 0
        handlers = "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames())"
        assert tab.value(f"{handlers}.filter(n => n.startsWith('on')).length") == 0
        assert tab.value("document.body.textContent.includes('alert(2)')")
        asked = [a["request"]["url"] for a in tab.told("Network.requestWillBeSent")]
        assert {url.split(":")[0] for url in asked} <= {"file", "data"}
        assert tab.told("Page.javascriptDialogOpening", "Runtime.exceptionThrown") == []


def test_label_errors_by_hand():
    labels = np.array([0, 0, 0, 1, 1, 1])
    chances = np.array([0.9, 0.8, 0.1, 0.2, 0.3, 0.55])
    chances = np.stack([chances, 1 - chances], axis=1)
    # Thresholds: 0.6 for class 0, (0.8 + 0.7 + 0.45) / 3 = 0.65 for class 1.
    rows, joint = label_errors(labels, chances)
    assert rows.tolist() == [2]  # row 5 reaches neither threshold
    assert joint.tolist() == [[2, 1], [0, 2]]


def test_label_errors_finds_what_was_spoilt():
    random = np.random.default_rng(0)
    truth = random.integers(0, 5, 1000)
    chances = random.dirichlet(np.ones(5), 1000) * 0.4
    chances[np.arange(1000), truth] += 0.6
    labels = truth.copy()
    spoilt = random.choice(1000, 50, replace=False)
    labels[spoilt] = (labels[spoilt] + 1) % 5
    rows, joint = label_errors(labels, chances)
    # Right labels are never named; of the spoilt ones those that are below average are not.
    assert set(rows) <= set(spoilt) and len(rows) > 15
    assert joint.sum() - np.trace(joint) >= len(rows)
    own = chances[rows, labels[rows]]
    assert (np.diff(own) >= 0).all()


def test_a_class_without_rows_is_no_candidate():
    chances = np.array([[0.1, 0.1, 0.8], [0.2, 0.1, 0.7], [0.1, 0.8, 0.1]])
    rows, joint = label_errors(np.array([0, 0, 1]), chances)
    assert joint[:, 2].sum() == 0 and 2 not in rows


def test_curves_agree_with_scikit_learn():
    from sklearn.calibration import calibration_curve
    from sklearn.metrics import auc

    random = np.random.default_rng(1)
    truth = random.integers(0, 3, 3000)
    chances = random.dirichlet(np.ones(3), 3000)
    chances[np.arange(3000), truth] += 0.4
    chances /= chances.sum(axis=1, keepdims=True)
    for curve in one_against_rest(truth, chances):
        assert auc(*curve["roc"]) == pytest.approx(curve["auc"], abs=2e-3)
    points = calibration_points(truth, chances, prior="train")
    confidence, correct = chances.max(axis=1), chances.argmax(axis=1) == truth
    share, mean = calibration_curve(correct, confidence, n_bins=10)
    assert points["accuracy"] == pytest.approx(share)
    assert points["confidence"] == pytest.approx(mean)
    assert sum(points["n"]) == 3000 and sum(points["share"]) == pytest.approx(1)


def test_a_class_that_all_or_none_has_gives_no_curve():
    truth, chances = np.zeros(4, int), np.full((4, 2), 0.5)
    assert one_against_rest(truth, chances) == [None, None]


def test_thinning_keeps_the_ends():
    x = np.linspace(0, 1, 5000)
    few = thinned(x, np.sqrt(x), points=50)
    assert len(few[0]) <= 50 and (few[0][0], few[0][-1]) == (0, 1)
    assert thinned(x[:9], x[:9], points=50)[0] == pytest.approx(x[:9].tolist(), abs=1e-5)


def test_of_few_images_no_interval_is_shown():
    score = {"value": 1.0, "low": 1.0, "high": 1.0}
    assert interval(score, 9) == "1.000"
    assert interval(score, 10) == interval(score) == "1.000 (1.000–1.000)"
    assert interval({**score, "value": None}, 0) == "–"
    wide = {"value": 0.5, "low": 0.0, "high": 1.0}
    assert drawn("a", wide, 9) == ("a", 0.5, 0.5, 0.5)
    assert drawn("a", wide, 10) == ("a", 0.5, 0.0, 1.0)


def test_wilson_by_hand():
    assert wilson(3, 3) == pytest.approx((0.4385, 1.0), abs=1e-3)
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-3)
    assert wilson(0, 10)[0] == 0


def test_where_out_of_fold_probabilities_come_from(train_faces):
    settings = Settings.from_dict(QUICK)
    model = train_model(train_faces, settings, jobs=1)
    source, rows, chances = out_of_fold(model, train_faces.labels)
    assert source == "held_out" and sorted(rows) == list(range(80))
    assert chances.sum(axis=1) == pytest.approx(np.ones(80))
    settings = Settings.from_dict(
        QUICK | {"classifier": {"validation_fraction": 0, "n_estimators": 2}}
    )
    model = train_model(train_faces, settings, jobs=1)
    assert out_of_fold(model, train_faces.labels)[0] is None
    expert = {"features": {"geometry": {}}, "components": 4}
    model = train_model(train_faces, replace(settings, experts=[expert]), jobs=1)
    source, rows, chances = out_of_fold(model, train_faces.labels)
    assert source == "experts" and chances.shape == (80, 5)
    # The scores are by code, not by alphabet: the experts must beat guessing.
    assert (chances.argmax(axis=1) == train_faces.labels).mean() > 0.5


def test_held_out_probabilities_are_in_the_order_of_the_codes(train_faces):
    from fer_classic.data.labels import class_set

    seven = class_set("seven")  # whose codes are not in the order of the alphabet
    names = np.array(train_faces.classes.names)[train_faces.labels]
    names[np.flatnonzero(names == "happiness")[:8]] = ["disgust", "fear"] * 4
    labels = np.array([seven.names.index(name) for name in names])
    faces = replace(train_faces, classes=seven, labels=labels)
    settings = Settings.from_dict(
        QUICK | {"classes": "seven", "classifier": {"n_estimators": 30}}
    )
    model = train_model(faces, settings, jobs=1)
    _, rows, chances = out_of_fold(model, labels)
    assert (chances.argmax(axis=1) == labels[rows]).mean() > 0.6


#: How the table of times is aligned, and numbers that take two lines.
TIMES_ALIGN = """[...new Set([...document.querySelectorAll(
  "#made table:has(.bar) :is(td, th:last-child:not(:only-child))")]
  .filter((own) => own.cellIndex).map((own) => getComputedStyle(own).textAlign))]"""
BROKEN = """[...document.querySelectorAll("#made td")].filter((own) => {
  const range = document.createRange();
  range.selectNodeContents(own);
  const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
  return /^\\d{1,9}$/.test(own.textContent) && lines.size > 1;
}).map((own) => own.textContent)"""


def test_the_page_in_a_browser(run, page, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(page[0], encoding="utf-8")
    backgrounds = {}
    for width in (1200, 390):
        for scheme in ("light", "dark"):
            with chromium(tmp_path / f"{width}{scheme}") as tab:
                tab.open(path.as_uri(), width, scheme)
                assert tab.value("document.querySelectorAll('section').length") == 14
                assert tab.value("document.documentElement.scrollWidth") <= width
                assert tab.value("document.querySelectorAll('img[src=x]').length") == 0
                assert tab.value(
                    "[...document.images].every(i => i.complete && i.naturalWidth > 0)"
                )
                style = "getComputedStyle(document.body)"
                backgrounds[scheme] = tab.value(f"{style}.backgroundColor")
                shown = "getComputedStyle(document.querySelector('.charts text')).fill"
                assert tab.value(shown) == tab.value(f"{style}.color")
                assert tab.value(TIMES_ALIGN) == ["right"] and tab.value(BROKEN) == []
                asked = tab.told("Network.requestWillBeSent")
                assert {a["request"]["url"].split(":")[0] for a in asked} <= {
                    "file",
                    "data",
                }
                files = [a["request"]["url"] for a in asked]
                files = [url for url in files if url.startswith("file")]
                assert files == [path.as_uri()]
                kinds = ("Log.entryAdded", "Runtime.consoleAPICalled")
                assert tab.told(*kinds, "Runtime.exceptionThrown") == []
                assert tab.told("Page.javascriptDialogOpening") == []
    assert backgrounds["light"] != backgrounds["dark"]


def test_the_browser_test_would_notice(tmp_path):
    path = tmp_path / "bad.html"
    path.write_text("<script>console.error('x')</script><img src='http://127.0.0.1:9/x'>")
    with chromium(tmp_path / "profile") as tab:
        tab.open(path.as_uri(), 800, "light")
        assert tab.told("Runtime.consoleAPICalled")
        asked = [a["request"]["url"] for a in tab.told("Network.requestWillBeSent")]
        assert "http://127.0.0.1:9/x" in asked


def test_the_command(cli, run, tmp_path):
    other = shutil.copytree(run, tmp_path / "run")
    code, out, err = cli("report", other)
    assert (code, out.strip(), err) == (0, str(other / "report.html"), "")
    code, _, err = cli("report", other)
    assert code == 2 and "exists already" in err
    assert cli("report", other, "--overwrite")[0] == 0
    assert cli("report", other, "--lang", "zh")[1].strip().endswith("report-zh.html")
    code, out, _ = cli("report", other, "--format", "md", "--out", tmp_path / "own.md")
    assert code == 0 and (tmp_path / "own.md").read_text().startswith("# Facial")
    code, _, err = cli("report", other, "--format", "pdf")
    assert code == 2 and "--format must be one of {html, md}" in err
    code, _, err = cli("report", other, "--lang", "fr")
    assert code == 2 and "--lang must be one of {en, zh}" in err
    code, _, err = cli("report", tmp_path)
    assert code == 1 and "not the directory of a run" in err


def test_the_command_says_what_is_missing(cli, run, tmp_path):
    other = shutil.copytree(run, tmp_path / "run")
    (other / "material.npz").unlink()
    code, _, err = cli("report", other)
    assert code == 0 and "not in the report: Example faces: Not shown" in err


@pytest.mark.parametrize("broken", ["make_report", "collect"])
def test_a_failure_in_the_report_does_not_lose_the_run(
    cli, demo_folder, quick_file, tmp_path, monkeypatch, broken
):
    def fail(*arguments, **options):
        raise RuntimeError("no report today")

    monkeypatch.setattr(report, broken, fail)
    out = tmp_path / "out"
    code, stdout, err = cli(
        *("run", demo_folder / "train", "--test", demo_folder / "test"),
        *("--settings", quick_file, "--out", out, "-j", 1),
    )
    assert code == 0 and "no report today" in err
    assert (out / "submission.json").is_file() and (out / "model").is_dir()
    assert (out / "report.html").is_file() == (broken == "collect")
    assert ("report:" in stdout) == (broken == "collect")
