"""Pictures of every view of the page, to be looked at.

Usage: python scripts/page_pictures.py FOLDER [--only PART]

FOLDER gets a picture of each view and state, in two widths, two colour schemes and two
languages: ``film-phone-dark-zh.png``. Words that are cut off or too pale are printed. All
photographs are the synthetic ones of the demonstration set. Needs Chromium and the extras
page, video and test.
"""

import argparse
import os
import re
import shutil
import sys
from contextlib import ExitStack
from itertools import product
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

import fer_classic as fc
from fer_classic.demo.generate import write_demo
from fer_classic.model.analyzer import Analyzer
from fer_classic.page.server import Server
from fer_classic.page.starting import make_workspace
from fer_classic.video.films import analyze_film
from tests.browser import NAMES
from tests.conftest import QUICK
from tests.page.looking import CUT, PALE
from tests.video.madefilm import (
    GROUP,
    background,
    frame_of,
    group_film,
    group_frames,
    write_camera,
    write_film,
)

SIZES = {"desktop": (1280, 860), "phone": (390, 844)}
SCHEMES, LANGUAGES = ("light", "dark"), ("en-US", "zh-CN")
QUIET = 300  # milliseconds after the last step, for pictures to arrive


def make_data(folder):
    """A small set with every kind of doubt, a run of it, and two films."""
    data, run = folder / "data", folder / "run"
    write_demo(data, train=80, test=24)
    train = data / "train"
    names = sorted(path.name for path in train.iterdir())
    shutil.copy(train / names[0], train / "surprise_copy.png")
    Image.fromarray(frame_of(GROUP, 0)).save(train / "happiness_two_persons.png")
    Image.fromarray(np.asarray(background())).save(train / "neutral_nobody.png")
    (train / "anger_broken.jpg").write_bytes(b"no image")
    shutil.copy(train / names[3], train / ("sadness_" + "a_very_long_name_" * 5 + ".png"))
    fc.run(train, data / "test", out=run, settings=fc.Settings.from_dict(QUICK))
    film = group_film(folder / "two persons.mp4")
    empty = write_film(folder / "nobody.mp4", [np.asarray(background())] * 50)
    analyzer = Analyzer("five-fast", "all")
    for path, out in ((film, "film"), (empty, "nobody")):
        (folder / out).mkdir()
        analyze_film(path, analyzer, folder / out)
    shutil.copytree(folder / "film", folder / "away" / "gone")
    record = folder / "away" / "gone" / "film.json"
    record.write_text(record.read_text().replace("two persons.mp4", "gone.mp4"))


def tile(page):
    """Choose the first face of the list."""
    page.locator(".tile").first.click()
    page.locator(".detail .facts").first.wait_for()


def why(page):
    """Explain it."""
    tile(page)
    page.keyboard.press("w")
    page.locator(".heat img").first.wait_for()
    page.locator(".why").scroll_into_view_if_needed()


def cell(page):
    """Choose a number of the confusion."""
    if not page.locator("details[open]").count():
        page.locator("summary").first.click()
    page.locator(".cell-button").first.click()


def queue(key):
    """Choose a kind of doubt, and its first picture."""

    def act(page):
        page.locator(".labels .fields select").select_option(key)
        tile(page)

    return act


def photo(path):
    """Give the page a photograph."""

    def act(page):
        page.set_input_files("input[type=file]", str(path))
        page.locator(".result .beside, .result .missing").first.wait_for()

    return act


def camera(page):
    """Open the camera for a photograph."""
    page.locator(".drop button").nth(1).click()


def moment(seconds):
    """Go to a second of the film by the keyboard."""

    def act(page):
        page.locator(".now").wait_for()
        page.locator(".scrub input").focus()
        for _ in range(seconds):
            page.keyboard.press("Shift+ArrowRight")

    return act


def live(page):
    """Start the camera, and wait until the rate is told."""
    page.locator(".live button.main").click()
    page.locator(".rate", has_text=re.compile("[0-9]")).wait_for()


def again(page):
    """Mend some labels, export, and train again unless that was done."""
    page.locator(".again section:last-child div").locator("button, .note").first.wait_for()
    if not page.locator(".again section:last-child button").count():
        page.evaluate("location.hash = 'labels'")
        queue("all")(page)
        for done in range(1, 13):
            page.keyboard.press("0")
            page.locator(".progress", has_text=f"{done} of").wait_for()
        page.evaluate("location.hash = 'again'")
    page.locator(".again section button.main").first.click()
    page.locator(".again pre").wait_for()
    if not page.locator(".intervals").count():
        page.locator(".again section").nth(1).locator("button.main").click()
        page.locator(".intervals").first.wait_for(timeout=120_000)


def scenes(data):
    """Name, server, view and what is done there."""
    train = data / "data" / "train"
    face = min(path for path in train.iterdir() if path.name.startswith("happiness_0"))
    return [
        ("photo-empty", "nothing", "photo", None),
        ("photo-one", "nothing", "photo", photo(face)),
        ("photo-two", "nothing", "photo", photo(train / "happiness_two_persons.png")),
        ("photo-none", "nothing", "photo", photo(train / "neutral_nobody.png")),
        ("photo-broken", "nothing", "photo", photo(train / "anger_broken.jpg")),
        ("photo-camera", "nothing", "photo", camera),
        ("live-start", "nothing", "live", None),
        ("live", "nothing", "live", live),
        ("run", "run", "results", None),
        ("run-cell", "run", "results", cell),
        ("run-face", "run", "results", tile),
        ("run-why", "run", "results", why),
        ("labels", "data", "labels", tile),
        ("labels-copies", "data", "labels", queue("conflict")),
        ("labels-several", "data", "labels", queue("several")),
        ("labels-faceless", "data", "labels", queue("faceless")),
        ("labels-broken", "data", "labels", queue("unreadable")),
        ("labels-list", "data", "labels", None),
        ("again-start", "data", "again", None),
        ("again", "run", "again", again),
        ("film", "film", "film", moment(0)),
        ("film-later", "film", "film", moment(4)),
        ("film-gone", "gone", "film", moment(2)),
        ("film-nobody", "nobody", "film", moment(1)),
    ]


def open_servers(stack, data):
    """A page of each kind, by name."""
    given = {
        "nothing": ([], {}),
        "run": ([str(data / "run")], {"journal": data / "run.labels.jsonl"}),
        "data": ([str(data / "data" / "train")], {}),
        "film": ([str(data / "film")], {}),
        "gone": ([str(data / "away" / "gone")], {}),
        "nobody": ([str(data / "nobody")], {}),
    }
    return {
        name: stack.enter_context(Server(make_workspace(inputs, None, **more, jobs=1)))
        for name, (inputs, more) in given.items()
    }


def take(browser, servers, scene, kind, folder):
    """One picture."""
    (name, server, view, act), (size, scheme, language) = scene, kind
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        **{"color_scheme": scheme, "locale": language, "has_touch": size == "phone"},
    )
    page = context.new_page()
    page.goto(f"{servers[server].address}#{view}")
    page.locator(f"main > .{view}").wait_for(timeout=120_000)
    if act:
        act(page)
    page.wait_for_timeout(QUIET)
    stem = f"{name}-{size}-{scheme}-{language[:2]}"
    page.screenshot(path=folder / f"{stem}.png")
    for what, found in (("pale", page.evaluate(PALE)), ("cut", page.evaluate(CUT))):
        for own in found:
            print(f"{stem}: {what}: {own}", flush=True)
    context.close()


def main():
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="views whose name begins so")
    given = parser.parse_args()
    data = given.folder / "made"
    if not data.exists():
        data.mkdir(parents=True)
        make_data(data)
        write_camera(data / "camera.mjpeg", group_frames())
    program = next(filter(None, map(shutil.which, NAMES)))
    flags = ["--no-sandbox", "--disable-gpu", "--use-fake-ui-for-media-stream"]
    flags += ["--use-fake-device-for-media-stream"]
    flags += [f"--use-file-for-fake-video-capture={data / 'camera.mjpeg'}"]
    with ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        servers = open_servers(stack, data)
        wanted = [own for own in scenes(data) if own[0].startswith(given.only)]
        for scene, kind in product(wanted, product(SIZES, SCHEMES, LANGUAGES)):
            take(browser, servers, scene, kind, given.folder)
        print(f"{len(list(given.folder.glob('*.png')))} pictures in {given.folder}")
        browser.close()


if __name__ == "__main__":
    main()
