"""What is fuzzed, and what must hold of it whatever the input.

A check gets bytes and a folder to write into. A FerClassicError is a right answer, a wrong
result an AssertionError; anything else that escapes is a defect.
"""

import json
from dataclasses import dataclass
from functools import lru_cache, partial

import fuzz_seeds as seeds
import numpy as np

from fer_classic.ablation.plan import read_plan
from fer_classic.data.dataset import read_dataset
from fer_classic.data.encodings import decode_text
from fer_classic.data.image import decode, image_size, to_gray, to_rgb
from fer_classic.data.labels import FIVE, labels_from
from fer_classic.data.manifest import read_csv
from fer_classic.data.names import NameFinder, match_names
from fer_classic.data.spelling import (
    ALIASES,
    expressions_in,
    label_expression,
    nearest_expression,
    word_expression,
)
from fer_classic.data.tables import header_and_rows, table_rows
from fer_classic.detectbench.annotations import READERS, read_annotations
from fer_classic.errors import FerClassicError, UnreadableImage
from fer_classic.faces.store import load_faces
from fer_classic.features.store import load_features
from fer_classic.files.checksums import write_seal
from fer_classic.model.predict import Predictions
from fer_classic.submissions.read_table import read_predictions, read_result
from fer_classic.submissions.sample import read_sample, read_template
from fer_classic.submissions.write import templated_submission

#: Images with more are not unpacked here, to try more inputs a second.
PIXELS = 1 << 18


@dataclass(frozen=True)
class Target:
    """Something that reads input of strangers.

    Attributes
    ----------
    check : callable
        Takes bytes and a folder; raises what is wrong.
    seeds : callable
        Gives good inputs, list of bytes.
    """

    check: callable
    seeds: callable


def check_image(data, folder):
    """Any bytes are an upright picture of the size its header says, or unreadable."""
    try:
        pixels = decode(data, max_pixels=PIXELS)
    except UnreadableImage:
        pixels = None
    size = image_size(data)
    if pixels is not None:
        assert pixels.dtype == np.uint8 and pixels.shape[2:] in ((), (3,)), pixels.shape
        assert pixels.shape[:2] == size[::-1], f"{pixels.shape} is not {size}"
        assert to_gray(pixels).shape == pixels.shape[:2] == to_rgb(pixels).shape[:2]


def check_names(data, folder):
    """Names are found once each, in the order asked for; labels are known ones."""
    images, _, asked = data.decode("utf-8", "replace").partition("\n\n")
    images, asked = list(dict.fromkeys(images.split("\n"))), asked.split("\n")
    for name in (*images, *asked):
        found = expressions_in(name)
        assert set(found) <= ALIASES.keys() and len(set(found)) == len(found), found
        assert label_expression(name) in (None, *ALIASES), name
    find = NameFinder(images)
    assert [find.row(name) for name in images] == list(range(len(images)))
    rows = match_names(asked, images)
    assert sorted(rows) == list(range(len(images)))


def check_manifest(data, folder, origin="m.csv", labels="auto"):
    """A row for each line with cells, in order, with the name that its cell holds."""
    convention = labels_from(labels)[1]
    rows = read_csv(data, origin, lambda name: name, convention)
    table = table_rows(data, origin, blanks=not origin.endswith(".csv"))
    _, _, lines = header_and_rows(table)
    lines = [own for _, own in lines]
    assert len(rows) == len(lines), "rows are not the lines of the table"
    for row in rows:
        assert row["name"] == row["path"] and row["name"], row
        assert row.get("expression") in (None, *ALIASES), row
        assert "code" not in row or row["expression"] is None, row
    if isinstance(rows[0]["source"], str):
        cells = [[c.strip().replace("\\", "/") for c in line] for line in lines]
        for row, own in zip(rows, cells, strict=True):
            assert any(row["name"] in (c, c[1:]) for c in own), f"{row} is not of {own}"


def check_text(data, folder):
    """Bytes are text without a mark, or are said not to be; a label is of the table."""
    try:
        text = decode_text(data)
    except ValueError as error:
        assert str(error), "an error without words"
        return
    assert isinstance(text, str)
    for line in text.splitlines()[:20]:
        assert label_expression(line[:80]) in (None, *ALIASES), line
        assert nearest_expression(line[:80]) in (None, *ALIASES), line
        assert word_expression(line[:80]) in (None, *ALIASES), line


def check_sample(data, folder, ending=".csv"):
    """An answer has the rows of the sample, the names of its images, and other labels."""
    path = folder / f"s{ending}"
    path.write_bytes(data)
    sample = read_sample(path)
    shares = np.full((len(seeds.NAMES), len(FIVE)), 0.1)
    shares[[0, 1, 2], [3, 0, 1]] = 0.6
    predictions = Predictions(seeds.NAMES, np.array([3, 0, 1]), shares, FIVE.names)
    path.write_text(templated_submission(predictions, sample), encoding="utf-8", newline="")
    again = read_sample(path)
    assert again.form == sample.form and again.delimiter == sample.delimiter
    assert len(again.tree) >= len(sample.tree), "rows are lost"  # an excerpt gains some
    if sample.form == "csv":
        kept = again.tree[: len(sample.tree)]
        assert list(map(len, kept)) == list(map(len, sample.tree)), "cells are lost"


def check_zip(data, folder):
    """A row for each image of an archive, whose bytes are read or which says why not."""
    (folder / "a.zip").write_bytes(data)
    samples = read_dataset(folder / "a.zip")
    assert len(samples) == len(set(samples.names)) == len(samples.sources) > 0
    for name, source in zip(samples.names, samples.sources, strict=True):
        name.encode()
        try:
            assert isinstance(source.read(), bytes)
        except UnreadableImage:
            continue


def check_annotations(data, folder, kind="auto"):
    """Pictures that are there, with boxes of finite numbers that lie in them."""
    for name in seeds.NAMES:
        if not (folder / name).exists():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(seeds.picture("PNG"))
    path = folder / ("a.pts" if kind == "pts" else "x.txt")
    path.write_bytes(data)
    found = read_annotations(path, format=kind, images=folder)
    assert found.pictures and found.n_faces > 0
    lines = len(data.decode("latin-1").replace("\r", "\n").splitlines()) + 1
    for picture in found.pictures:
        assert picture.path.is_file() and picture.size == (15, 12), picture
        for mark in picture.marks:
            assert 1 <= mark.line <= lines, mark
            assert mark.ignored or np.isfinite(mark.corners).all(), mark
            assert mark.points is None or np.isfinite(mark.points).all(), mark
    if kind == "coco":
        assert len(found.pictures) == len(json.loads(data)["images"]), "images are lost"


def check_template(data, folder):
    """The answers in a template's layout are read back as they were."""
    path = folder / "t.json"
    path.write_bytes(data)
    labels = np.array([3, 0, 1])
    predictions = Predictions(seeds.NAMES, labels, None, FIVE.names)
    text = templated_submission(predictions, read_template(path))
    path.write_text(text, encoding="utf-8")
    again = read_predictions(path, seeds.NAMES, FIVE)
    first = again.labels[0] - labels[0]  # numbers from 1 are read as they are written
    assert again.names == seeds.NAMES and first in (0, 1), text
    assert again.labels.tolist() == (labels + first).tolist(), text


def check_answers(data, folder, ending=".json"):
    """As many answers as names, and probabilities that sum to 1 or are absent."""
    path = folder / f"r{ending}"
    path.write_bytes(data)
    found = read_result(path, FIVE, seeds.NAMES)
    n = len(found.names)
    assert n == len(found.labels) == len(found.codes) == len(found.outside)
    assert ((found.codes >= -1) & (found.codes < len(FIVE))).all(), found.codes
    if found.probabilities is not None:
        assert found.probabilities.shape == (n, len(FIVE))
        total = found.probabilities.sum(axis=1)
        assert (np.isnan(total) | (abs(total - 1) < 1e-6)).all(), total
    own = read_predictions(path, seeds.NAMES, FIVE)
    assert own.names == seeds.NAMES and (own.labels >= 0).all()


def check_plan(data, folder):
    """A plan has a base and runs of different names, whose settings can be written."""
    (folder / "p.toml").write_bytes(data)
    plan = read_plan(folder / "p.toml", train=["x"])
    names = [run.name for run in plan.runs]
    assert len(names) == len(set(names)) >= 2
    for run in plan.runs:
        json.dumps(run.settings.to_dict(), allow_nan=False)


@lru_cache
def face_table():
    """Ten faces of noise."""
    from fer_classic.faces.align import canonical_shape
    from fer_classic.faces.settings import FaceSettings
    from fer_classic.faces.table import FaceTable

    random, n = np.random.default_rng(0), 10
    points = canonical_shape(32) + random.normal(0, 1, (n, 68, 2))
    return FaceTable(
        names=tuple(f"{i}.jpg" for i in range(n)),
        status=("face",) * n,
        errors=("",) * n,
        n_faces=np.ones(n, np.int64),
        boxes=np.ones((n, 4), np.float32),
        scores=np.ones(n, np.float32),
        points=points.astype(np.float32),
        landmarks=points.astype(np.float32),
        crops=random.integers(0, 256, (n, 32, 32), np.uint8),
        upright=random.integers(0, 256, (n, 32, 32), np.uint8),
        digests=("0" * 64,) * n,
        hashes=np.zeros((n, 32), np.uint8),
        labels=np.arange(n) % 5,
        groups=(None,) * n,
        splits=(None,) * n,
        problems=(None,) * n,
        classes=FIVE,
        settings=FaceSettings(crop_size=32),
    )


def save_faces(folder):
    """Write a face table of noise."""
    from fer_classic.faces.store import save_faces

    save_faces(face_table(), folder)


def save_features(folder):
    """Write a feature table of noise."""
    from fer_classic.features import FeatureTable
    from fer_classic.features.store import save_features

    rows = {"file": ["a", "b"], "label": ["anger", None]}
    X = np.array([[1, 2, 3], [4, 5, 6]], np.float32)
    save_features(FeatureTable(X, ("x", "y", "z")), rows, folder)


def save_model(folder):
    """Write a model of few trees, trained on noise."""
    from fer_classic.model.store import save_model
    from fer_classic.model.train import train_model
    from fer_classic.settings import Settings

    features = {"geometry": {}}
    trees = {"n_estimators": 2, "num_leaves": 3, "min_child_samples": 1}
    settings = Settings.from_dict({"features": features, "classifier": trees})
    save_model(train_model(face_table(), settings, jobs=1), folder)


@lru_cache
def files_of(save):
    """Content of the files of a folder by name, dict of str to bytes."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        save(Path(folder))
        return {own.name: own.read_bytes() for own in sorted(Path(folder).iterdir())}


def folder_seeds(save):
    """Each file of a folder, behind its number; the seal is made anew for each input."""
    names = enumerate(files_of(save).values())
    return [bytes([number]) + content for number, content in names]


def check_folder(data, folder, save, use):
    """A folder whose seal is right and one of whose files is not."""
    files, own = files_of(save), folder / "own"
    if not own.exists():
        own.mkdir()
        for name, content in files.items():
            (own / name).write_bytes(content)
    name = list(files)[data[0] % len(files)] if data else next(iter(files))
    (own / name).write_bytes(data[1:])
    try:
        if name != "SHA256SUMS":
            write_seal(own)
        use(own)
    finally:
        (own / name).write_bytes(files[name])


def use_faces(folder):
    """Every column has a row for each name, and a part of the table can be taken."""
    table = load_faces(folder)
    for key, column in vars(table).items():
        if isinstance(column, tuple | np.ndarray) and key != "classes":
            assert len(column) == len(table), f"{key} has {len(column)} rows"
    assert ((table.labels >= -1) & (table.labels < len(table.classes))).all()
    size = table.settings.crop_size
    assert table.crops.shape[1:] == (size, size) and table.crops.dtype == np.uint8
    assert table.landmarks.shape[1:] == (68, 2)
    assert len(table.take(range(len(table)))) == len(table)
    table.with_classes("seven")


def use_features(folder):
    """Every column has a name, and every row its further columns."""
    table, rows = load_features(folder)
    assert table.X.shape == (len(table), len(table.names)), table.X.shape
    assert all(len(own) == len(table) for own in rows.values()), rows


def use_model(folder):
    """A model gives each row probabilities that sum to 1."""
    from fer_classic.model.predict import predict_faces
    from fer_classic.model.store import load_model

    model = load_model(folder)
    found = predict_faces(model, face_table(), jobs=1).probabilities
    assert found.shape == (10, 5) and np.allclose(found.sum(axis=1), 1), found


def _folder(save, use):
    return Target(partial(check_folder, save=save, use=use), partial(folder_seeds, save))


TARGETS = {
    "image": Target(check_image, seeds.images),
    "names": Target(check_names, seeds.name_lists),
    "manifest": Target(check_manifest, seeds.manifests),
    "list": Target(
        partial(check_manifest, origin="list.txt", labels="rafdb"), seeds.label_lists
    ),
    "text": Target(check_text, seeds.texts),
    "sample-csv": Target(check_sample, seeds.sample_tables),
    "sample-lines": Target(partial(check_sample, ending=".jsonl"), seeds.sample_lines),
    "zip": Target(check_zip, seeds.zips),
    **{
        f"annotations-{kind}": Target(
            partial(check_annotations, kind=kind),
            lambda kind=kind: seeds.annotations()[kind],
        )
        for kind in READERS
    },
    "annotations-auto": Target(
        check_annotations, lambda: [own[0] for own in seeds.annotations().values()]
    ),
    "template": Target(check_template, seeds.templates),
    "answers-json": Target(check_answers, seeds.answer_objects),
    "answers-csv": Target(partial(check_answers, ending=".csv"), seeds.answer_tables),
    "plan": Target(check_plan, seeds.plans),
    "faces": _folder(save_faces, use_faces),
    "features": _folder(save_features, use_features),
    "model": _folder(save_model, use_model),
}


def accepts(check, data, folder):
    """Whether a check takes an input; False where it is refused in so many words.

    Parameters
    ----------
    check : callable
    data : bytes
    folder : pathlib.Path

    Returns
    -------
    bool
    """
    try:
        check(data, folder)
    except FerClassicError as error:
        assert str(error).strip(), "an error without words"
        return False
    return True
