"""What the tests of the page share: a workspace over few photographs, and its server."""

import json
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
