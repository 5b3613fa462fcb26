"""The documentation as a site: it builds, is whole, and loads nothing from elsewhere."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import fer_classic

ROOT = Path(fer_classic.__file__).parents[1]

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(find_spec("mkdocstrings") is None, reason="needs the extra docs"),
    pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="an installation, no checkout"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp("site") / "site"
    command = [sys.executable, ROOT / "scripts" / "sitepages.py", "--out", out]
    done = subprocess.run(command, capture_output=True, text=True)
    # Strict: a link or picture that leads nowhere ends it.
    assert done.returncode == 0, done.stderr
    return out


def test_every_page_of_the_documentation_is_there(site):
    made = {path.name for path in site.glob("*.html")}
    assert {path.stem + ".html" for path in (ROOT / "docs").glob("*.md")} <= made
    assert {"readme-of-the-project.html", "changes.html", "security.html"} <= made


def test_the_reference_has_every_public_name(site):
    text = (site / "reference.html").read_text()
    for name in fer_classic.__all__:
        if callable(getattr(fer_classic, name)):
            assert re.search(rf'id="fer_classic\.[a-z_.]*{name}"', text), name
    assert "Balance, train and calibrate" in text  # a method's docstring
    assert not re.search(r":(class|func|meth|mod):|<code>~", text)


def test_nothing_is_loaded_from_elsewhere(site):
    for page in site.glob("*.html"):
        text = page.read_text()
        loaded = re.findall(r'<(?:script|img|iframe)[^>]* src="([^"]*)"', text)
        loaded += re.findall(r'<link[^>]*href="([^"]*)"', text)
        assert loaded and not [own for own in loaded if own.startswith(("http", "//"))]
    for style in site.rglob("*.css"):
        assert not re.search(r"url\((https?:)?//", style.read_text())


def test_chinese_pages_have_no_spaces_where_their_lines_end(site):
    text = (site / "contest.zh-CN.html").read_text(encoding="utf-8")
    assert re.findall("[\u4e00-\u9fff,。]\\n *[\u4e00-\u9fff]", text) == []
    assert "site.css" in text and (site / "site.css").is_file()
