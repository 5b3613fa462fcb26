"""A run directory as a report reads it: whatever is there, and why the rest is not."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from fer_classic.errors import FerClassicError
from fer_classic.files.text import read_json
from fer_classic.report.material import MATERIAL, load_material

#: Files that make a folder a run directory.
_NEEDED = ("run.json", "metrics.json", "settings.json")


@dataclass(frozen=True)
class RunFiles:
    """What was found in a run directory.

    Attributes
    ----------
    name : str
        Of the directory.
    record, metrics, settings : dict
        run.json, metrics.json and settings.json.
    curves : dict of str to list of float
        Columns of curves.csv; empty if it cannot be read.
    model : Model or None
    arrays, notes : dict
        As :func:`fer_classic.report.material.load_material` gives them; empty without.
    ablation, comparison : dict or None
        None where the run directory has no such file.
    problems : dict of str to str
        Why a file could not be used, by its name.
    """

    name: str
    record: dict
    metrics: dict
    settings: dict
    curves: dict
    model: object
    arrays: dict
    notes: dict
    ablation: dict | None
    comparison: dict | None
    problems: dict

    @property
    def classes(self):
        """Names of the classes in the order of their codes, tuple of str."""
        from fer_classic.data.labels import class_set

        return class_set(self.settings["classes"]).names

    @property
    def network(self):
        """The parameters of the network that learned; empty where trees did."""
        return self.settings.get("network", {})

    @property
    def judged(self):
        """The name and the scores of the part that was judged; None without labels."""
        test = self.metrics.get("test")
        if test and test["all"]["n"]:
            return "test", test["all"]
        if "cross_validation" in self.metrics:
            return "cross_validation", self.metrics["cross_validation"]
        return None


def check_run(folder):
    """Raise unless a folder is one that the command run made.

    Raises
    ------
    FerClassicError
        It is not; names what is missing.
    """
    for name in _NEEDED:
        if not (Path(folder) / name).is_file():
            raise FerClassicError(
                f"{folder} is not the directory of a run: it has no {name}. Name a "
                "directory that fer-classic run has made with --out."
            )


def read_run(folder):
    """Read all that a report uses of a run directory.

    Raises
    ------
    FerClassicError
        It is not a run directory, or one of its JSON files is damaged.
    """
    folder = Path(folder)
    check_run(folder)
    record, metrics, settings = (_object(folder / name) for name in _NEEDED)
    problems = {}

    def tried(name, read):
        path = folder / name
        if not path.exists():
            problems[name] = ""
            return None
        try:
            return read(path)
        except FerClassicError as error:
            problems[name] = str(error)
            return None

    arrays, notes = tried(MATERIAL, load_material) or ({}, {})
    return RunFiles(
        name=folder.resolve().name,
        record=record,
        metrics=metrics,
        settings=settings,
        curves=tried("curves.csv", _columns) or {},
        model=tried("model", _model),
        arrays=arrays,
        notes=notes,
        ablation=tried("ablation.json", _object),
        comparison=tried("comparison.json", _object),
        problems=problems,
    )


def _model(path):
    from fer_classic.model.store import load_model

    return load_model(path)


def _object(path):
    value = read_json(path)
    if not isinstance(value, dict):
        raise FerClassicError(f"{path} must hold a JSON object.")
    return value


def _columns(path):
    try:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
        values = [[float(cell) for cell in row] for row in rows[1:]]
        columns = zip(*values, strict=True)
        return dict(zip(rows[0], map(list, columns), strict=True))
    except (OSError, ValueError, IndexError) as error:
        raise FerClassicError(f"{path} is damaged: {error}.") from None
