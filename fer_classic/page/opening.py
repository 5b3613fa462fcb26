"""From what the user named to a collection: a run directory, or photographs."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from fer_classic.errors import FerClassicError, UsageError
from fer_classic.page.collection import Collection, copies_in

RUN_FILES = ("run.json", "settings.json", "metrics.json")


def is_run(path):
    """Whether a path is the directory of a run.

    Parameters
    ----------
    path : path-like
    """
    return all((Path(path) / name).is_file() for name in RUN_FILES)


def run_inputs(folder):
    """What a run was trained and tested on, as its record tells it.

    Parameters
    ----------
    folder : path-like

    Returns
    -------
    dict of str to list of str
        "train" and "test"; paths that are there.

    Raises
    ------
    FerClassicError
        The photographs are not where they were.
    """
    from fer_classic.files.text import read_json

    record = read_json(Path(folder) / "run.json")
    try:
        inputs = {
            part: list(map(str, record[part]["inputs"])) for part in ("train", "test")
        }
    except (KeyError, TypeError):
        raise FerClassicError(f"{folder}/run.json names no photographs.") from None
    for path in (*inputs["train"], *inputs["test"]):
        if not Path(path).exists() and "*" not in path:
            raise FerClassicError(
                f"The run's photographs are not at {path!r}: start the page in the folder "
                "in which the run was started, or put them back."
            )
    return inputs


class Opener:
    """Reads a run or a data set step by step, and tells how far it is.

    Parameters
    ----------
    inputs : list of str
        One run directory, or photographs as :func:`read_dataset` takes them.
    model : Model
        The run's own, or the one that answers for photographs.
    settings : Settings
        Where labels and groups are read from, and what to train with.
    jobs : int
    cache : path-like or None
    say : callable
        Called as ``say(step, done, total)``.
    """

    def __init__(self, inputs, model, settings, *, jobs=-1, cache=None, say=None):
        self.inputs = inputs
        self.model = model
        self.settings = settings
        self.jobs = jobs
        self.cache = cache
        self.say = say or (lambda step, done=0, total=0: None)

    def open(self):
        """Read all of it.

        Returns
        -------
        Collection
        """
        from fer_classic.faces.table import join_tables

        self.say("reading")
        run = is_run(self.inputs[0]) and Path(self.inputs[0])
        tables = self._of_run(run) if run else self._of_data()
        faces = join_tables([table for table, _, _ in tables])
        if not faces.readable.any():
            raise FerClassicError(
                f"No picture of {len(faces)} can be read; the first, "
                f"{faces.names[0]!r}: {faces.errors[0]}."
            )
        parts = tuple(name for table, _, name in tables for _ in range(len(table)))
        self.say("copies")
        copies = copies_in(faces)
        title = Path(self.inputs[0]).resolve().name
        made = Collection(
            title=title if len(self.inputs) == 1 else f"{title} …",
            kind="run" if run else "data",
            faces=faces,
            sources=tuple(source for _, sources, _ in tables for source in sources),
            parts=parts,
            probabilities=np.full((len(faces), len(faces.classes)), np.nan),
            judged_by={},
            suspects=np.empty(0, np.int64),
            copies=copies,
            settings=self.settings,
        )
        return self._judged(made, run)

    def _of_data(self):
        """(faces, sources, part) of each part that the data names."""
        whole = self._samples(self.inputs)
        named = list(dict.fromkeys(whole.splits))
        parts = [(whole.in_split(split), split or "data") for split in named]
        return self._faces(parts)

    def _of_run(self, folder):
        inputs = run_inputs(folder)
        whole = self._samples(inputs["train"])
        split = "train" in whole.splits
        training = whole.in_split("train") if split else whole
        parts = [(training, "train")]
        if inputs["test"]:
            parts.append((self._samples(inputs["test"]), "test"))
        elif split:
            other = "test" if "test" in whole.splits else "val"
            parts.append((whole.in_split(other), "test"))
        return self._faces([part for part in parts if len(part[0])])

    def _samples(self, inputs):
        from fer_classic.data.dataset import read_dataset

        if (Path(inputs[0]) / "faces.json").is_file():
            raise UsageError(
                f"{inputs[0]} holds faces without their photographs: name the photographs "
                "that it was made of."
            )
        return read_dataset(
            *inputs,
            classes=self.settings.class_set,
            labels=self.settings.labels,
            group_pattern=self.settings.groups,
        )

    def _faces(self, parts):
        from fer_classic.faces.extract import extract_faces

        total, done, tables = sum(len(samples) for samples, _ in parts), 0, []
        for samples, name in parts:

            def progress(number, before=done):
                self.say("faces", before + number, total)

            table = extract_faces(
                samples,
                self.settings.faces,
                jobs=self.jobs,
                progress=progress,
                cache=self.cache,
            )
            tables.append((table, samples.sources, name))
            done += len(samples)
        return tables

    def _judged(self, made, run):
        """The collection with probabilities and suspects."""
        from fer_classic.page.doubt import held_out, suspects

        chances = np.array(made.probabilities)
        judged_by = {}
        for part in dict.fromkeys(made.parts):
            rows = made.rows_of(part)
            self.say("answers")
            if (
                run
                and part == "test"
                and (known := run_answers(run, made, rows)) is not None
            ):
                chances[rows], judged_by[part] = known, "run"
            else:
                chances[rows], judged_by[part] = self._answers(made.faces, rows), "model"
        learned = made.training
        learned = learned[(made.faces.labels[learned] >= 0) & made.faces.readable[learned]]
        self.say("doubts")
        found = self._stored(run, made, learned) if run else None
        if found is None:
            found = held_out(made.faces.take(learned), self.jobs)
        order = np.empty(0, np.int64)
        if found is not None:
            chances[learned] = found
            judged_by |= dict.fromkeys({made.parts[i] for i in learned}, "held_out")
            order = learned[suspects(made.faces.labels[learned], found)]
        return replace(made, probabilities=chances, judged_by=judged_by, suspects=order)

    def _answers(self, faces, rows):
        from fer_classic.model.predict import predict_faces

        part = faces.take(rows)
        found = predict_faces(self.model, part, jobs=self.jobs).probabilities
        return np.where(part.readable[:, None], found, np.nan)

    def _stored(self, run, made, learned):
        """What the run itself held out, if its photographs are still the same."""
        from fer_classic.files.text import read_json
        from fer_classic.report.material import MATERIAL, load_material

        rows = made.rows_of("train")
        train = made.faces.take(rows)
        known = [i for i, label in enumerate(train.labels) if label >= 0]
        if not (run / MATERIAL).is_file() or content_of(train.take(known)) != read_json(
            run / "run.json"
        )["train"].get("content_sha256"):
            return None
        arrays, notes = load_material(run / MATERIAL)
        if notes["out_of_fold"]["source"] is None:
            return None
        if len(arrays["out_of_fold_rows"]) != len(learned):
            return None
        found = np.empty((len(learned), len(made.faces.classes)))
        found[arrays["out_of_fold_rows"]] = arrays["out_of_fold"]
        return found


def content_of(faces):
    """The checksum of names and contents that a run's record holds.

    Parameters
    ----------
    faces : FaceTable

    Returns
    -------
    str
    """
    content = hashlib.sha256()
    for name, digest in zip(faces.names, faces.digests, strict=True):
        content.update(f"{name}\0{digest}\n".encode("utf-8", "surrogateescape"))
    return content.hexdigest()


def run_answers(run, made, rows):
    """What a run has answered for its test images; None where that is not known.

    Parameters
    ----------
    run : pathlib.Path
    made : Collection
    rows : ndarray of int
        Those of the test.

    Returns
    -------
    ndarray of float64, shape (len(rows), k), or None
    """
    from fer_classic.submissions.read_table import read_predictions

    names = [made.faces.names[row] for row in rows]
    try:
        found = read_predictions(run / "predictions.csv", names, made.faces.classes)
    except FerClassicError:
        return None
    readable = made.faces.readable[rows]
    if found.probabilities is None:
        return None
    return np.where(readable[:, None], found.probabilities, np.nan)
