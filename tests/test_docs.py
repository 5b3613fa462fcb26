"""Documentation that can be run is run; what it names is there."""

import doctest
import json
import re
import sys
from functools import partial
from importlib import import_module
from pathlib import Path

import pytest

import fer_classic
from fer_classic.settings import Settings

ROOT = Path(fer_classic.__file__).parent
CHECKOUT = ROOT.parent
DOCS = CHECKOUT / "docs"
READMES = [CHECKOUT / "README.md", CHECKOUT / "README.zh-CN.md"]
PAGES = [
    *READMES,
    *sorted(DOCS.rglob("*.md")),
    *(CHECKOUT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")),
    CHECKOUT / "models" / "README.md",
]
#: A comment before a block of code that says why it is not run.
NOT_RUN = "<!-- not run:"
MODULES = [
    ".".join(p.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")
    for p in sorted(ROOT.rglob("*.py"))
    if p.name != "__main__.py" and p.parent.name != "cnn"  # those are for tests/learn/cnn
]

pages = pytest.mark.parametrize(
    "page", [page for page in PAGES if page.is_file()], ids=lambda page: page.name
)


@pytest.fixture
def docs():
    """The folder of the documentation, which an installed package lacks."""
    if not DOCS.is_dir():
        pytest.skip("no checkout: docs/ is not there")
    return DOCS


@pytest.mark.parametrize("name", MODULES)
def test_doctests(name):
    assert doctest.testmod(import_module(name)).failed == 0


def python_blocks(page):
    """The code of a page that is marked python, but for what a comment excepts."""
    text = page.read_text(encoding="utf-8")
    found = re.finditer(r"^```python\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    return [
        block[1]
        for block in found
        if NOT_RUN not in text[: block.start()].rstrip().rpartition("\n")[2]
    ]


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page.is_file() and python_blocks(page)],
    ids=lambda page: page.name,
)
def test_python_code_of_the_pages_runs(
    page, demo_folder, tmp_path, monkeypatch, capsys, quick_file
):
    """Each page's blocks follow one another, in a folder with what they name."""
    from PIL import Image
    from skimage.data import astronaut

    quick = Settings.from_dict(json.loads(quick_file.read_text()))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo").symlink_to(demo_folder)
    Image.fromarray(astronaut()).save("photo.jpg")
    # The same code with fewer trees: the whole would take minutes.
    monkeypatch.setattr(fer_classic, "Settings", lambda: quick, raising=False)
    short = partial(fer_classic.run, settings=quick, jobs=1)
    monkeypatch.setattr(fer_classic, "run", short, raising=False)
    names = {"__name__": "docs"}
    for number, block in enumerate(python_blocks(page), 1):
        exec(compile(block, f"{page.name}, block {number}", "exec"), names)
    if page in READMES:
        *faces, score = capsys.readouterr().out.splitlines()
        assert faces[0].startswith("happiness") and 0 < float(score) <= 1


@pages
def test_links_lead_somewhere(page):
    text = without_code(page.read_text(encoding="utf-8"))
    links = re.findall(r"\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"", text)
    for link in (one or other for one, other in links):
        if "://" in link or link.startswith("mailto:"):
            continue
        name, _, heading = link.partition("#")
        target = (page.parent / name) if name else page
        assert target.exists(), f"{page.name}: {link}"
        if heading:
            assert heading in headings(target), f"{page.name}: {link}"


def without_code(text):
    """A page's text outside blocks of code."""
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def headings(page):
    """What links to a page's headings may end with, as GitHub makes it."""
    found = re.findall(
        r"^#+ (.+)$", without_code(page.read_text(encoding="utf-8")), flags=re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in found}


def test_the_readme_is_one_screen_and_begins_with_a_command(docs):
    for page in READMES:
        lines = page.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 150
        assert any(line.startswith("fer-classic ") for line in lines[:25])


def test_every_page_is_in_the_index(docs):
    index = (docs / "index.md").read_text(encoding="utf-8")
    for page in docs.glob("*.md"):
        assert page.name == "index.md" or f"({page.name})" in index, page.name


def test_what_is_made_from_code_and_scores_is_up_to_date(docs, monkeypatch):
    monkeypatch.syspath_prepend(str(CHECKOUT / "scripts"))
    monkeypatch.delitem(sys.modules, "refresh_docs", raising=False)
    import refresh_docs

    for page, text in refresh_docs.pages().items():
        hint = f"{page.name}: give the command python scripts/refresh_docs.py"
        assert page.read_text(encoding="utf-8") == text, hint


def test_every_command_and_option_is_documented(docs):
    """Both ways: nothing is left out, and the page names no option that is not there."""
    from typer.main import get_command

    from fer_classic.cli.app import app, register

    register()
    text = (docs / "commands.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`-.*?) \|", text, flags=re.MULTILINE)
    named = {flag for row in rows for flag in re.findall(r"`(--?[a-z-]+)`", row)}
    known = set()
    for name, command in whole_commands(get_command(app)):
        assert f"\n## {name}\n" in text
        for parameter in command.params:
            if parameter.param_type_name == "option" and parameter.name != "help":
                known |= {*parameter.opts, *parameter.secondary_opts}
    assert named == known


def whole_commands(command, name=""):
    """Each command's whole name and itself."""
    if not hasattr(command, "commands"):
        return [(name.strip(), command)]
    inner = command.commands.items()
    return [own for key, c in inner for own in whole_commands(c, f"{name} {key}")]
