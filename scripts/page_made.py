"""Photographs, runs and films of every kind, for pictures of the page."""

import shutil

import numpy as np
from page_scroll import many_faces
from PIL import Image

import fer_classic as fc
from fer_classic.demo.generate import write_demo
from fer_classic.model.analyzer import Analyzer
from fer_classic.model.shipped import shipped_model
from fer_classic.model.store import load_model
from fer_classic.page.journal import Journal
from fer_classic.page.server import Server
from fer_classic.page.starting import make_workspace
from fer_classic.page.workspace import Workspace
from fer_classic.video.films import analyze_film
from tests.conftest import QUICK
from tests.video.madefilm import GROUP, background, frame_of, group_film, write_film

#: A name without any place to break it, and one that would run code in a careless page.
LONG = "sadness_" + "a_very_long_name_" * 5 + ".png"
EVIL = "happiness_<img src=x onerror=alert(1)>&amp;'\".png"
#: What the demonstration set has, told as the three classes that it lacks.
RENAMED = {"anger": "contempt", "sadness": "disgust", "surprise": "fear"}


def make_data(folder):
    """A small set with every kind of doubt, runs of it, and films."""
    data = folder / "data"
    write_demo(data, train=80, test=24)
    train = data / "train"
    names = sorted(path.name for path in train.iterdir())
    shutil.copy(train / names[0], train / "surprise_copy.png")
    Image.fromarray(frame_of(GROUP, 0)).save(train / "happiness_two_persons.png")
    Image.fromarray(np.asarray(background())).save(train / "neutral_nobody.png")
    (train / "anger_broken.jpg").write_bytes(b"no image")
    shutil.copy(train / names[3], train / LONG)
    shutil.copy(train / names[5], train / EVIL)
    crowd = [
        np.asarray(Image.open(train / name).convert("RGB").resize((240, 260)))
        for name in names[10:22]
    ]
    rows = [np.concatenate(crowd[start : start + 4], axis=1) for start in (0, 4, 8)]
    Image.fromarray(np.concatenate(rows)).save(folder / "crowd.png")
    settings = fc.Settings.from_dict(QUICK)
    fc.run(train, data / "test", out=folder / "run", settings=settings)
    make_runs(folder, settings)
    make_films(folder)


def make_runs(folder, settings):
    """A run whose test has no labels, and one of eight classes."""
    train, test = folder / "data" / "train", folder / "data" / "test"
    (folder / "unlabelled").mkdir()
    for number, path in enumerate(sorted(test.iterdir())):
        shutil.copy(path, folder / "unlabelled" / f"{number:04d}{path.suffix}")
    fc.run(train, folder / "unlabelled", out=folder / "untold", settings=settings)
    eight = folder / "eight"
    for part, source in (("train", train), ("test", test)):
        (eight / part).mkdir(parents=True)
        for number, path in enumerate(sorted(source.iterdir())):
            label, rest = path.name.split("_", 1)
            label = RENAMED.get(label, label) if number % 2 else label
            shutil.copy(path, eight / part / f"{label}_{number}{rest[-40:]}")
    settings = settings.with_changes(classes="eight")
    fc.run(eight / "train", eight / "test", out=folder / "eight_run", settings=settings)


def make_films(folder):
    """A film of two persons, one of nobody, and one that is gone."""
    film = group_film(folder / "two persons.mp4")
    empty = write_film(folder / "nobody.mp4", [np.asarray(background())] * 50)
    analyzer = Analyzer("five-fast", "all")
    for path, out in ((film, "film"), (empty, "nobody")):
        (folder / out).mkdir()
        analyze_film(path, analyzer, folder / out)
    shutil.copytree(folder / "film", folder / "away" / "gone")
    record = folder / "away" / "gone" / "film.json"
    record.write_text(record.read_text().replace("two persons.mp4", "gone.mp4"))


def open_servers(stack, data, wanted):
    """The wanted pages, by name."""
    run = {"journal": data / "run.labels.jsonl"}
    given = {
        "nothing": ([], {}),
        "run": ([str(data / "run")], run),
        "untold": ([str(data / "untold")], {"journal": data / "untold.labels.jsonl"}),
        "eight": ([str(data / "eight_run")], {"journal": data / "eight.labels.jsonl"}),
        "data": ([str(data / "data" / "train")], {}),
        "test": ([str(data / "data" / "test")], {}),
        "film": ([str(data / "film")], {}),
        "gone": ([str(data / "away" / "gone")], {}),
        "nobody": ([str(data / "nobody")], {}),
    }
    given["reading"] = [str(data / "data")], {"journal": data / "reading.labels.jsonl"}
    given["unread"] = [str(data / "broken")], {}
    (data / "broken").mkdir(exist_ok=True)
    (data / "broken" / "anger_1.jpg").write_bytes(b"no image")
    spaces = {
        name: make_workspace(inputs, None, **more, jobs=1, cache=data / "cache")
        for name, (inputs, more) in given.items()
        if name in wanted
    }
    if "many" in wanted:
        spaces["many"] = many(data)
    if "reading" in wanted:
        spaces["reading"].open = lambda: spaces["reading"]._say("faces", 37, 120)
    return {name: stack.enter_context(Server(own)) for name, own in spaces.items()}


def many(data):
    """A page of 10,000 faces."""
    model = load_model(shipped_model())
    journal = Journal(data / "many.labels.jsonl")
    space = Workspace(model, ["many"], model.settings, journal, cache=data / "cache")
    portraits = data / "portraits"
    shutil.rmtree(portraits, ignore_errors=True)
    space.show(many_faces(portraits, 10_000))
    return space
