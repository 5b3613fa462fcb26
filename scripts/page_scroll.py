"""How smoothly the page scrolls through many faces.

Usage: python scripts/page_scroll.py [--faces 10000] [--speed 3000]

The set is made: the synthetic portraits, many times over, each a file of its own, so that
each has a thumbnail of its own to be made. The list is scrolled as a finger does it: first
without thumbnails at hand, then with them. The frames' times by the clock are those of a
quiet machine only; the main thread's processor time is the same on any.
"""

import argparse
import hashlib
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from playwright.sync_api import sync_playwright

from fer_classic.data.dataset import read_dataset
from fer_classic.data.sources import BytesSource
from fer_classic.demo.generate import write_demo
from fer_classic.faces.extract import extract_faces
from fer_classic.model.shipped import shipped_model
from fer_classic.model.store import load_model
from fer_classic.page.collection import Collection
from fer_classic.page.journal import Journal
from fer_classic.page.server import Server
from fer_classic.page.workspace import Workspace
from tests.browser import NAMES

#: Scroll at a speed in pixels a second for some seconds. How long frames took, and how many
#: pictures were not there yet; then, when it stands still, how late the last of them came.
SCROLL = """async ([speed, seconds]) => {
  const grid = document.querySelector(".grid");
  const start = performance.now();
  const from = grid.scrollTop;
  const times = [];
  let [before, tiles, empty, seen] = [start, 0, 0, 0];
  while (performance.now() - start < 1000 * seconds) {
    grid.scrollTop = from + (speed * (performance.now() - start)) / 1000;
    const now = await new Promise((done) => requestAnimationFrame(done));
    times.push(now - before);
    before = now;
    const shown = [...document.querySelectorAll(".tile img")].filter((own) => {
      const box = own.getBoundingClientRect();
      return box.bottom > grid.getBoundingClientRect().top && box.top < innerHeight;
    });
    tiles = Math.max(tiles, document.querySelectorAll(".tile").length);
    seen += shown.length;
    empty += shown.filter((own) => !own.complete || !own.naturalWidth).length;
  }
  const stopped = performance.now();
  const waiting = () => [...document.querySelectorAll(".tile img")]
    .some((own) => !own.complete || !own.naturalWidth);
  while (waiting()) await new Promise((done) => requestAnimationFrame(done));
  times.sort((a, b) => a - b);
  return { frames: times.length, median: times[times.length >> 1],
    most: times[Math.floor(0.95 * times.length)], longest: times.at(-1),
    slow: times.filter((time) => time > 50).length, tiles, empty: empty / seen,
    late: performance.now() - stopped };
}"""


def many_faces(folder, n):
    """A collection of n pictures, each of another content."""
    write_demo(folder, train=80, test=5)
    samples = read_dataset(folder / "train")
    faces = extract_faces(samples)
    contents = [source.read() for source in samples.sources]
    rows = np.arange(n) % len(faces)
    data = [contents[row] + str(i).encode() for i, row in enumerate(rows)]
    faces = replace(
        faces.take(rows),
        names=tuple(f"{i:05d}.jpg" for i in range(n)),
        digests=tuple(hashlib.sha256(own).hexdigest() for own in data),
    )
    return Collection(
        **{"title": "many", "kind": "data", "faces": faces},
        sources=tuple(map(BytesSource, data)),
        parts=("data",) * n,
        probabilities=np.random.default_rng(0).dirichlet(np.ones(5), n),
        judged_by={"data": "model"},
        suspects=np.arange(100),
        copies=np.arange(n),
        settings=None,
    )


def busy(session):
    """Seconds of the main thread so far, by processor time."""
    found = session.send("Performance.getMetrics")["metrics"]
    return {own["name"]: own["value"] for own in found}["TaskDuration"]


def measure(page, session, speed, seconds):
    """What a frame costs while the list is scrolled."""
    before = busy(session)
    told = page.evaluate(SCROLL, [speed, seconds])
    cost = 1000 * (busy(session) - before) / seconds
    print(
        f"{speed:+6d} pixels/s: {cost:.0f} ms of processor time a second; "
        f"{told['frames'] / seconds:.0f} frames/s, median {told['median']:.0f} ms, "
        f"95% within {told['most']:.0f} ms, {told['slow']} of {told['frames']} over 50 ms, "
        f"longest {told['longest']:.0f} ms; at most {told['tiles']} tiles in the document, "
        f"{told['empty']:.0%} of those in sight without a picture yet, all there "
        f"{told['late']:.0f} ms after the end"
    )


def main():
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faces", type=int, default=10_000)
    parser.add_argument("--speed", type=int, default=3000, help="pixels a second")
    parser.add_argument("--seconds", type=float, default=8)
    given = parser.parse_args()
    program = next(filter(None, map(shutil.which, NAMES)))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        folder = Path(folder)
        model = load_model(shipped_model())
        journal = Journal(folder / "many.labels.jsonl")
        space = Workspace(model, ["many"], model.settings, journal, cache=folder / "cache")
        space.show(many_faces(folder / "demo", given.faces))
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        with Server(space) as server:
            page = browser.new_page(viewport={"width": 1280, "height": 860})
            page.goto(server.address)
            page.get_by_label("Sort by").select_option("name")
            page.locator(".tile").first.wait_for()
            session = page.context.new_cdp_session(page)
            session.send("Performance.enable", {"timeDomain": "threadTicks"})
            measure(page, session, given.speed, given.seconds)
            lines = int(given.speed * given.seconds / 152) + 20
            for row in range(min(given.faces, 8 * lines)):  # what was scrolled past
                space.pictures.thumbnail(row)
            measure(page, session, -given.speed, given.seconds)
            measure(page, session, given.speed, given.seconds)
        browser.close()


if __name__ == "__main__":
    main()
