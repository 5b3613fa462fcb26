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

from page_made import make_data, open_servers
from playwright.sync_api import sync_playwright

from tests.browser import NAMES
from tests.page.looking import CUT, PALE
from tests.video.madefilm import group_frames, write_camera

SIZES = {"desktop": (1280, 860), "phone": (390, 844)}
SCHEMES, LANGUAGES = ("light", "dark"), ("en-US", "zh-CN")
QUIET = 300  # milliseconds after the last step, for pictures to arrive
#: Pages that never come to show their photographs.
UNREAD = ("reading", "unread")
#: Bring the picture whose name has a part into sight, in the list of all.
SCROLL_TO = """async (part) => {
  const { names } = await (await fetch("api/rows")).json();
  const grid = document.querySelector(".grid");
  const columns = Math.floor(grid.clientWidth / 116);
  const row = names.findIndex((own) => own.includes(part));
  grid.scrollTop = Math.floor(row / columns) * 152;
}"""
#: Another window's decision about the picture that is looked at.
ELSEWHERE = r"""async () => {
  const row = Number(document.querySelector(".detail img").src.match(/row\/(\d+)/)[1]);
  const { decision } = await (await fetch(`api/row/${row}`)).json();
  const made = { rows: [row], seen: [decision.number], do: "label", value: "anger",
    window: "other" };
  const headers = { "content-type": "application/json" };
  await fetch("api/decide", { method: "POST", headers, body: JSON.stringify(made) });
}"""


def tile(page):
    """Choose the first face of the list."""
    page.locator(".tile").first.click()
    page.locator(".detail .facts").first.wait_for()
    page.locator(".near img, .detail .missing").first.wait_for()


def several(page):
    """Choose a picture of two persons."""
    queue("several")(page)
    page.locator(".spot").first.wait_for()


def named(part):
    """Choose the picture whose name has a part, in the list of all."""

    def act(page):
        page.locator(".labels .fields select").select_option("all")
        page.evaluate(SCROLL_TO, part)
        page.locator(f".tile[aria-label*='{part}']").click()
        page.locator(".file", has_text=part).wait_for()
        page.locator(".near img").first.wait_for()

    return act


def far(page):
    """Scroll to the end of the list by the keyboard."""
    page.locator(".tile").first.focus()
    page.keyboard.press("End")


def conflict(page):
    """Decide about a picture that was decided in another window meanwhile."""
    tile(page)
    page.evaluate(ELSEWHERE)
    page.keyboard.press("2")
    page.locator("#told.bad").wait_for()


def offline(page):
    """The command was ended while the page is open."""
    tile(page)
    page.route("**/api/**", lambda route: route.abort())
    page.keyboard.press("c")
    page.locator("#told.bad").wait_for()


def tabs(number):
    """Go through the page by the Tab key alone."""

    def act(page):
        for _ in range(number):
            page.keyboard.press("Tab")

    return act


def ended(act):
    """The lower end of a long page."""

    def acted(page):
        act(page)
        page.evaluate("document.documentElement.scrollTo(0, 1e6)")

    return acted


def wrong(page):
    """An address with another key."""
    page.goto(re.sub("/[^/]{32}/", "/another-key/", page.url))


def training(page):
    """Training again under way."""
    page.evaluate("location.hash = 'labels'")
    page.locator(".labels .fields select").select_option("all")
    page.locator(".tile").nth(1).click()
    page.locator(".detail .actions").wait_for()
    page.keyboard.press("3")
    page.locator(".progress", has_text="1").wait_for(state="attached")
    page.evaluate("location.hash = 'again'")
    again = page.locator(".again section").nth(1)
    again.locator("button").first.wait_for()
    if not again.locator("progress").count():
        again.locator("button.main").click()
    again.locator("progress").wait_for()


def printed(page):
    """As it is printed."""
    tile(page)
    page.emulate_media(media="print")


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
        page.locator(".film:not([aria-busy])").wait_for()

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
        ("photo-focus", "nothing", "photo", tabs(4)),
        ("photo-wrong-key", "nothing", "photo", wrong),
        ("photo-one", "nothing", "photo", photo(face)),
        ("photo-two", "nothing", "photo", photo(train / "happiness_two_persons.png")),
        ("photo-many", "nothing", "photo", photo(data / "crowd.png")),
        ("photo-none", "nothing", "photo", photo(train / "neutral_nobody.png")),
        ("photo-broken", "nothing", "photo", photo(train / "anger_broken.jpg")),
        ("photo-camera", "nothing", "photo", camera),
        ("live-start", "nothing", "live", None),
        ("live", "nothing", "live", live),
        ("reading", "reading", "results", None),
        ("reading-failed", "unread", "results", None),
        ("run", "run", "results", None),
        ("run-cell", "run", "results", cell),
        ("run-face", "run", "results", tile),
        ("run-why", "run", "results", why),
        ("run-focus", "run", "results", tabs(12)),
        ("run-printed", "run", "results", printed),
        ("run-untold", "untold", "results", tile),
        ("run-eight", "eight", "results", tile),
        ("run-many", "many", "results", None),
        ("run-many-end", "many", "results", far),
        ("labels", "data", "labels", tile),
        ("labels-copies", "data", "labels", queue("conflict")),
        ("labels-several", "data", "labels", several),
        ("labels-faceless", "data", "labels", queue("faceless")),
        ("labels-broken", "data", "labels", queue("unreadable")),
        ("labels-list", "data", "labels", None),
        ("labels-long", "data", "labels", named("a_very_long_name")),
        ("labels-evil", "data", "labels", named("onerror")),
        ("labels-eight", "eight", "labels", tile),
        ("labels-conflict", "test", "labels", conflict),
        ("labels-offline", "test", "labels", offline),
        ("again-start", "run", "again", None),
        ("again-training", "data", "again", training),
        ("again", "run", "again", again),
        ("again-end", "run", "again", ended(again)),
        ("film", "film", "film", moment(0)),
        ("film-later", "film", "film", moment(4)),
        ("film-end", "film", "film", ended(moment(6))),
        ("film-gone", "gone", "film", moment(2)),
        ("film-nobody", "nobody", "film", moment(1)),
    ]


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
    ready = ".reading *" if server in UNREAD else f"main > .{view}"
    page.locator(ready).first.wait_for(timeout=120_000)
    if act:
        act(page)
    page.wait_for_function(
        "() => [...document.querySelectorAll('.tile img')].every((own) => own.complete)"
    )
    page.wait_for_timeout(QUIET)
    stem = f"{name}-{size}-{scheme}-{language[:2]}"
    page.screenshot(path=folder / f"{stem}.png")
    looked = {"pale": PALE, "cut": CUT} if page.locator("main").count() else {}
    for what, look in looked.items():
        for own in page.evaluate(look):
            print(f"{stem}: {what}: {own}", flush=True)
    context.close()


def main():
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="views whose name begins so")
    parser.add_argument("--without", default="-", help="but not so")
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
        wanted = [own for own in scenes(data) if own[0].startswith(given.only)]
        wanted = [own for own in wanted if not own[0].startswith(given.without)]
        servers = open_servers(stack, data, {own[1] for own in wanted})
        for scene, kind in product(wanted, product(SIZES, SCHEMES, LANGUAGES)):
            take(browser, servers, scene, kind, given.folder)
        print(f"{len(list(given.folder.glob('*.png')))} pictures in {given.folder}")
        browser.close()


if __name__ == "__main__":
    main()
