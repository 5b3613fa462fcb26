"""What the tests of the page share: a workspace over few photographs, and its server."""

import json
import shutil
import urllib.error
import urllib.request
from dataclasses import replace

import numpy as np
import pytest

from fer_classic.data.dataset import read_dataset
from fer_classic.faces.extract import extract_faces
from fer_classic.page.collection import Collection, copies_in
from fer_classic.page.journal import Journal
from fer_classic.page.server import Server
from fer_classic.page.workspace import Workspace
from tests.browser import NAMES
from tests.page.looking import PATIENCE, WIDE

#: A name that would run code if the page took it for HTML.
EVIL = "<img src=x onerror=alert(1)>&amp;'\".jpg"


class Asked:
    """An answer of the server."""

    def __init__(self, status, headers, content):
        self.status, self.headers, self.content = status, headers, content

    @property
    def json(self):
        return json.loads(self.content)


def ask(address, data=None, **headers):
    """Ask as any program of this machine could."""
    headers = {key.replace("_", "-"): value for key, value in headers.items()}
    if data is not None and "content-type" not in headers:
        headers["content-type"] = "application/json"
    if isinstance(data, dict):
        data = json.dumps(data).encode()
    request = urllib.request.Request(address, data, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return Asked(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        return Asked(error.code, error.headers, error.read())


def collection_of(folder, *, evil=False, parts=None, kind="data", settings=None):
    """A collection of labelled photographs with answers that are made up."""
    samples = read_dataset(folder)
    faces = extract_faces(samples)
    names = (EVIL, *faces.names[1:]) if evil else faces.names
    random = np.random.default_rng(0)
    chances = random.dirichlet(np.ones(5), len(faces)) * 0.3
    chances[np.arange(len(faces)), np.maximum(faces.labels, 0)] += 0.7
    return Collection(
        title="demo",
        kind=kind,
        faces=replace(faces, names=names),
        sources=samples.sources,
        parts=parts or ("data",) * len(faces),
        probabilities=chances,
        judged_by={"data": "held_out"},
        suspects=np.argsort(chances[np.arange(len(faces)), faces.labels])[:6],
        copies=copies_in(faces),
        settings=settings,
    )


@pytest.fixture(scope="session")
def shown(demo_folder):
    """A collection of the 24 test pictures, one of them of a dangerous name."""
    return collection_of(demo_folder / "test", evil=True)


@pytest.fixture
def workspace(model, shown, tmp_path):
    """The collection with a journal of its own."""
    journal = Journal(tmp_path / "demo.labels.jsonl")
    space = Workspace(model, ["demo"], model.settings, journal, jobs=1)
    space.show(shown)
    yield space
    journal.close()


@pytest.fixture
def server(workspace):
    with Server(workspace) as made:
        yield made


@pytest.fixture
def api(server):
    """Ask the server: ``api("state")``, ``api("undo", {...})``."""
    return lambda path, data=None, **headers: ask(
        f"{server.address}api/{path}", data, **headers
    )


@pytest.fixture(scope="session")
def browser(film_frames, tmp_path_factory):
    """Debian's Chromium by Playwright, a film in the place of its camera.

    Skips where one of them is missing.
    """
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright")
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(f"no browser: none of {', '.join(NAMES)} is installed")
    from tests.video.madefilm import write_camera

    camera = write_camera(tmp_path_factory.mktemp("camera") / "camera.mjpeg", film_frames)
    flags = ["--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream"]
    flags += [f"--use-file-for-fake-video-capture={camera}"]
    flags += ["--use-fake-ui-for-media-stream"]
    with sync_api.sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=program, args=flags)
        yield made
        made.close()


@pytest.fixture
def visit(browser):
    """Open an address: ``visit(address, size=…)``; what goes wrong there is an error."""
    contexts, wrong = [], []

    def opened(address, *, size=WIDE, ready=".tile", allowed=(), **options):
        allowed = ("ERR_CONNECTION", *allowed)  # a server may end before its page
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, **{"locale": "en-US"} | options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: noted(message, allowed))
        page.on("dialog", lambda dialog: wrong.append(f"dialog {dialog.message}"))
        page.on("request", lambda request: asked(request.url, address.split("#")[0]))
        page.goto(address)
        page.wait_for_selector(ready)
        return page

    def noted(message, allowed):
        if message.type in ("error", "warning") and not any(
            own in message.text for own in allowed
        ):
            wrong.append(message.text)

    def asked(url, address):
        if not url.startswith((address, "blob:")):
            wrong.append(f"asked for {url}")

    yield opened
    for context in contexts:
        context.close()
    assert not wrong


@pytest.fixture(scope="session")
def film_frames():
    """Two persons who move, for two seconds and a half."""
    pytest.importorskip("av", reason="needs PyAV")
    from tests.video.madefilm import group_frames

    return list(group_frames(seconds=2.4))


@pytest.fixture(scope="session")
def film_file(film_frames, tmp_path_factory):
    """The same as a film."""
    from tests.video.madefilm import write_film

    return write_film(tmp_path_factory.mktemp("page film") / "two <b>.mp4", film_frames)


@pytest.fixture(scope="session")
def film_folder(film_file, model_folder, tmp_path_factory):
    """What the command video writes of it."""
    from fer_classic.model.analyzer import Analyzer
    from fer_classic.video.films import analyze_film

    out = tmp_path_factory.mktemp("page run") / "clip"
    out.mkdir()
    analyze_film(film_file, Analyzer(model_folder, "all"), out)
    return out
