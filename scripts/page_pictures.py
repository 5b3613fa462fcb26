"""Pictures of every view of the page, to be looked at.

Usage: python scripts/page_pictures.py FOLDER [--only PART]

FOLDER gets a picture of each view and state, in two widths, two colour schemes and two
languages: ``film-phone-dark-zh.png``. All photographs are the synthetic ones of the
demonstration set. Needs Chromium and the extras page, video and test.
"""

import argparse
import os
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
from tests.video.madefilm import background, group_film, write_camera, write_film

SIZES = {"desktop": (1280, 860), "phone": (390, 844)}
QUIET = 300  # milliseconds after the last step, for pictures to arrive


def make_data(folder):
    """A small set with every kind of doubt, a run of it, a film and a film without faces."""
    data, run = folder / "data", folder / "run"
    write_demo(data, train=80, test=24)
    train = data / "train"
    names = sorted(path.name for path in train.iterdir())
    shutil.copy(train / names[0], train / "surprise_copy.png")
    pair = [np.asarray(Image.open(train / n).convert("RGB").resize((256, 256))) for n in names[:2]]
    Image.fromarray(np.hstack(pair)).save(train / "happiness_two_persons.png")
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
    shutil.copytree(folder / "film", folder / "gone")


def tile(page, place=0):
    page.locator(".tile").nth(place).click()
    page.locator(".detail .bars").first.wait_for()


def why(page):
    tile(page)
    page.keyboard.press("w")
    page.locator(".heat img").first.wait_for()
    page.locator(".why").scroll_into_view_if_needed()


def cell(page):
    if page.locator("details:not([open])").count():
        page.locator("summary").first.click()
    page.locator(".cell-button").first.click()


def queue(key):
    def act(page):
        page.locator(".labels .fields select").select_option(key)
        if page.locator(".tile").count():
            tile(page)

    return act


def photo(*names):
    def act(page):
        page.set_input_files("input[type=file]", str(names[0]))
        page.locator(".result .beside, .result .missing").first.wait_for()

    return act


def moment(seconds):
    def act(page):
        page.locator(".now").wait_for()
        page.locator(".scrub input").focus()
        for _ in range(seconds):
            page.keyboard.press("Shift+ArrowRight")

    return act


def live(page):
    page.locator(".live button.main").click()
    page.wait_for_function("document.querySelector('.rate').textContent.match(/[0-9]/)", timeout=30000)


def again(page):
    page.locator(".again section button.main").first.click()
    page.locator(".again pre").wait_for()
    if not page.locator(".intervals").count():
        page.locator(".again section").nth(1).locator("button.main").click()
        page.locator(".intervals").wait_for(timeout=120_000)


def scenes(data):
    """Name, server, view and what is done there."""
    train = data / "data" / "train"
    face = next(path for path in sorted(train.iterdir()) if path.stem.startswith("happiness"))
    return [
        ("photo-empty", "nothing", "photo", None),
        ("photo-one", "nothing", "photo", photo(face)),
        ("photo-two", "nothing", "photo", photo(train / "happiness_two_persons.png")),
        ("photo-none", "nothing", "photo", photo(train / "neutral_nobody.png")),
        ("photo-broken", "nothing", "photo", photo(train / "anger_broken.jpg")),
        ("photo-camera", "nothing", "photo", lambda page: page.locator(".drop button").nth(1).click()),
        ("live-start", "nothing", "live", None),
        ("live", "nothing", "live", live),
        ("run", "run", "results", None),
        ("run-cell", "run", "results", cell),
        ("run-face", "run", "results", tile),
        ("run-why", "run", "results", why),
        ("labels", "data", "labels", lambda page: tile(page)),
        ("labels-copies", "data", "labels", queue("conflict")),
        ("labels-several", "data", "labels", queue("several")),
        ("labels-faceless", "data", "labels", queue("faceless")),
        ("labels-broken", "data", "labels", queue("unreadable")),
        ("labels-list", "data", "labels", lambda page: page.wait_for_timeout(400)),
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
        "gone": ([str(data / "gone")], {"film": data / "moved.mp4"}),
        "nobody": ([str(data / "nobody")], {}),
    }
    return {
        name: stack.enter_context(Server(make_workspace(inputs, None, **more, jobs=1)))
        for name, (inputs, more) in given.items()
    }


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
        write_camera(data / "camera.mjpeg")
    program = next(filter(None, map(shutil.which, NAMES)))
    flags = ["--no-sandbox", "--disable-gpu", "--use-fake-ui-for-media-stream"]
    flags += ["--use-fake-device-for-media-stream"]
    flags += [f"--use-file-for-fake-video-capture={data / 'camera.mjpeg'}"]
    with ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        servers = open_servers(stack, data)
        wanted = [own for own in scenes(data) if own[0].startswith(given.only)]
        kinds = product(SIZES, ("light", "dark"), ("en-US", "zh-CN"))
        for (name, server, view, act), (size, scheme, language) in product(wanted, list(kinds)):
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
            page.screenshot(path=given.folder / f"{name}-{size}-{scheme}-{language[:2]}.png")
            context.close()
        print(f"{len(list(given.folder.glob('*.png')))} pictures in {given.folder}")
        browser.close()


if __name__ == "__main__":
    main()
