"""Images that change while they are read, and the rows that results hold of them."""

import csv
import io
import json
import zipfile
from pathlib import Path

import numpy as np


def change_images(material, kind, random):
    """Cut short, replace and delete images of a set, or a zip of them.

    Parameters
    ----------
    material : pathlib.Path
        Holds the set as the folder ``test`` or as ``test.zip``.
    kind : {"folder", "zip"}
    random : random.Random

    Returns
    -------
    changed, gone : sets of str
        Names of images of other content, and of deleted ones.
    """
    if kind == "folder":
        paths = random.sample(sorted((material / "test").iterdir()), 12)
        for path in paths[:4]:
            path.write_bytes(path.read_bytes()[: random.randrange(path.stat().st_size)])
        for path, other in zip(paths[4:8], paths[8:], strict=True):
            path.write_bytes(other.read_bytes())
        for path in paths[8:]:
            path.unlink()
        names = [path.name for path in paths]
        return set(names[:8]), set(names[8:])
    path = material / "test.zip"
    change = random.choice(("cut", "replace", "delete"))
    if change == "cut":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif change == "delete":
        path.unlink()
    else:
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in reversed(members.items()):
                archive.writestr(name, data)
    return set(), set()


def rows_of(name, results):
    """What a command wrote of each image, in order.

    Parameters
    ----------
    name : str
        Of the command.
    results : pathlib.Path or dict of str to bytes
        The folder of its results, or their contents.

    Returns
    -------
    dict of str to object
        By image: "unreadable", or all else that is told of it.
    """

    def read(file):
        return (
            results[file] if isinstance(results, dict) else Path(results, file).read_bytes()
        )

    if name in ("predict", "run"):
        file = {"predict": "answers.csv", "run": "run/predictions.csv"}[name]
        rows = list(csv.DictReader(io.StringIO(read(file).decode())))
        return {r["file"]: "unreadable" if r["status"] == "unreadable" else r for r in rows}
    array, told = {
        "faces": ("faces/crops.npy", "faces/faces.json"),
        "features": ("features/X.npy", "features/features.json"),
    }[name]
    rows = json.loads(read(told))["rows"]
    X = np.load(io.BytesIO(read(array)), allow_pickle=False)
    names = rows["names" if name == "faces" else "file"]
    return {
        image: "unreadable" if status == "unreadable" else (status, own.tobytes())
        for image, status, own in zip(names, rows["status"], X, strict=True)
    }
