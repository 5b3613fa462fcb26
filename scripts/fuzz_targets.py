"""What is fuzzed, and what must hold of it whatever the input.

A check gets bytes and a folder to write into. A FerClassicError is a right answer, a wrong
result an AssertionError; anything else that escapes is a defect.
"""

import json
from dataclasses import dataclass
from functools import partial

import fuzz_seeds as seeds
import numpy as np
from fuzz_folders import (
    check_folder,
    folder_seeds,
    save_faces,
    save_features,
    save_model,
    use_faces,
    use_features,
    use_model,
)
from fuzz_states import (
    check_film_state,
    check_forest,
    check_frames,
    check_journal,
    check_start,
)

from fer_classic.ablation.plan import read_plan
from fer_classic.data.conventions import CONVENTIONS, convention_named, whole_number
from fer_classic.data.dataset import read_dataset
from fer_classic.data.encodings import decode_text
from fer_classic.data.image import decode, image_size, to_gray, to_rgb
from fer_classic.data.labelfiles import label_beside, label_files
from fer_classic.data.labels import EIGHT, FIVE, labels_from
from fer_classic.data.manifest import label_of, read_csv
from fer_classic.data.names import NameFinder, match_names
from fer_classic.data.spelling import (
    ALIASES,
    expressions_in,
    label_expression,
    nearest_expression,
    word_expression,
)
from fer_classic.data.tables import header_and_rows, table_rows
from fer_classic.data.voted import rows_of_votes
from fer_classic.data.votes import is_votes_table, majorities, votes_from
from fer_classic.detectbench.annotations import READERS, read_annotations
from fer_classic.errors import FerClassicError, UnreadableImage
from fer_classic.model.predict import Predictions
from fer_classic.settings import Settings, read_settings
from fer_classic.submissions.read_table import read_predictions, read_result
from fer_classic.submissions.sample import read_sample, read_template
from fer_classic.submissions.truth import match_result, read_truth
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
    text : bool
        Whether it reads text by :func:`~fer_classic.data.encodings.decode_text`, which has
        a target of its own: most inputs are UTF-8.
    """

    check: callable
    seeds: callable
    text: bool = False


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


def check_votes(data, folder):
    """Each image once, with votes; a manifest of the same table names the same images."""
    votes = votes_from(data, "v.csv")
    n = len(votes)
    assert n == len(set(votes.names)) == len(votes.lines) > 0 and all(votes.names)
    assert votes.counts.shape == (n, len(votes.answers)) and len(set(votes.answers)) > 1
    assert np.isfinite(votes.counts).all() and (votes.counts >= 0).all()
    total = votes.shares(EIGHT).sum(axis=1)
    assert ((abs(total - 1) < 1e-6) | (total == 0)).all(), total
    bits = votes.entropy()
    assert ((bits > -1e-9) & (bits < np.log2(len(votes.answers)) + 1e-9)).all(), bits
    told = majorities(votes)
    assert all((own["expression"] in ALIASES) != ("problem" in own) for own in told), told
    assert rows_of_votes(votes.names, votes).tolist() == list(range(n))
    (folder / "v.csv").write_bytes(data)
    if is_votes_table(folder / "v.csv"):
        rows = read_csv(data, "v.csv", str)
        assert [row["name"] for row in rows] == list(votes.names), rows


def check_truth(data, folder, ending=".csv"):
    """Images once each with a class or none; a result of the same file fits it."""
    path = folder / f"t{ending}"
    path.write_bytes(data)
    truth = read_truth(path, FIVE, group_pattern="^[^.]")
    n = len(truth.names)
    assert n == len(set(truth.names)) == len(truth.labels) and all(truth.notes)
    assert truth.groups is None or len(truth.groups) == n
    assert ((truth.labels >= -1) & (truth.labels < 5)).all() and truth.labels.max() >= 0
    found = match_result(path, "own", truth, NameFinder(truth.names))
    assert found.codes.shape == (n,) and found.told["answered"] <= n
    if found.probabilities is not None:
        assert found.probabilities.shape == (n, 5)
    assert set(found.told["missing"]) <= set(truth.names)


def check_label_sources(data, folder):
    """Names and codes of known data sets tell an expression, a person, or nothing."""
    for text in data.decode("utf-8", "replace").split("\n")[:8]:
        number = whole_number(text)
        assert number is None or float(text.strip().replace(",", ".")) == number
        for own in CONVENTIONS.values():
            label, person = own.of_name(text)
            assert label in (None, *ALIASES) and person != "", (label, person)
            assert own.expression(text) in (None, *ALIASES)
            told = label_of(text, "m.csv", own) if own.knows(text) else {}
            assert told.get("expression") in (None, *ALIASES) and "code" not in told
    own = convention_named(text)
    assert set(own.codes.values()) <= {None, *ALIASES} and own.told()


class OneFile:
    """Stands for a folder whose every file has the same content."""

    def __init__(self, data):
        self.data = data

    def read(self, name):
        """The content of a file."""
        return self.data


def check_label_files(data, folder):
    """A file beside an image tells its expression, or that it holds no label."""
    for key, image in (("ck", "S005_001_00000011.png"), ("affectnet", "images/12.jpg")):
        name = {"ck": "E/S005_001_00000011_emotion.txt", "affectnet": "a/12_exp.npy"}[key]
        files, others = label_files([image, name], CONVENTIONS[key])
        assert list(files.values()) == [name] and others == {name}
        told = label_beside(image, files, OneFile(data), CONVENTIONS[key])
        assert told["expression"] in (None, *ALIASES) and "code" not in told, told
        assert "problem" not in told or told["problem"].isprintable(), told


def check_plan(data, folder):
    """A plan has a base and runs of different names, whose settings can be written."""
    (folder / "p.toml").write_bytes(data)
    plan = read_plan(folder / "p.toml", train=["x"])
    names = [run.name for run in plan.runs]
    assert len(names) == len(set(names)) >= 2
    for run in plan.runs:
        json.dumps(run.settings.to_dict(), allow_nan=False)


def check_settings(data, folder):
    """What settings are read is written and read again as the same."""
    (folder / "s.json").write_bytes(data)
    settings = read_settings(folder / "s.json")
    text = json.dumps(settings.to_dict(), allow_nan=False)
    assert Settings.from_dict(json.loads(text)) == settings, text


def _folder(save, use):
    return Target(partial(check_folder, save=save, use=use), partial(folder_seeds, save))


TARGETS = {
    "image": Target(check_image, seeds.images),
    "names": Target(check_names, seeds.name_lists),
    "manifest": Target(check_manifest, seeds.manifests, text=True),
    "list": Target(
        partial(check_manifest, origin="list.txt", labels="rafdb"),
        seeds.label_lists,
        text=True,
    ),
    "text": Target(check_text, seeds.texts),
    "sample-csv": Target(check_sample, seeds.sample_tables, text=True),
    "sample-lines": Target(
        partial(check_sample, ending=".jsonl"), seeds.sample_lines, text=True
    ),
    "zip": Target(check_zip, seeds.zips),
    **{
        f"annotations-{kind}": Target(
            partial(check_annotations, kind=kind),
            lambda kind=kind: seeds.annotations()[kind],
            text=True,
        )
        for kind in READERS
    },
    "annotations-auto": Target(
        check_annotations,
        lambda: [own[0] for own in seeds.annotations().values()],
        text=True,
    ),
    "template": Target(check_template, seeds.templates, text=True),
    "answers-json": Target(check_answers, seeds.answer_objects, text=True),
    "answers-csv": Target(
        partial(check_answers, ending=".csv"), seeds.answer_tables, text=True
    ),
    "votes": Target(check_votes, seeds.votes, text=True),
    "truth-csv": Target(check_truth, seeds.answer_tables, text=True),
    "truth-json": Target(
        partial(check_truth, ending=".json"), seeds.answer_objects, text=True
    ),
    "label-sources": Target(check_label_sources, seeds.label_sources),
    "label-files": Target(check_label_files, seeds.label_files),
    "journal": Target(check_journal, seeds.journals),
    "film-frames": Target(check_frames, seeds.frames),
    "film-state": Target(check_film_state, seeds.film_states),
    "settings": Target(check_settings, seeds.settings),
    "start": Target(check_start, seeds.starts),
    "landmarks": Target(check_forest, seeds.forests),
    "plan": Target(check_plan, seeds.plans, text=True),
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
