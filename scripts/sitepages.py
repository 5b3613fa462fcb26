"""Gather the pages of the documentation, and the reference made from the code, as a site.

Usage: python scripts/sitepages.py [--out build/site]

bash scripts/docs installs what it needs and runs it. Links to other files of the project
lead to their copies in the site; those to files that are no pages become plain text. MkDocs
then fails on any link that leads nowhere. Fonts, scripts and styles are the site's own.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import fer_classic

ROOT = Path(__file__).resolve().parents[1]
#: Pages outside docs/, and their names in the site.
OUTSIDE = {
    "README.md": "readme-of-the-project.md",
    "README.zh-CN.md": "readme-of-the-project.zh-CN.md",
    "CHANGELOG.md": "changes.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "models/README.md": "models.md",
}
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
ATTRIBUTE = re.compile(r"\b(src|href)=\"([^\"]+)\"")

#: Options stay whole; links and numbers within code are not too pale in the dark.
STYLE = """
.md-typeset p code, .md-typeset li code { display: inline-block; max-width: 100%; }
.md-typeset td:first-child code { white-space: nowrap; }
[data-md-color-scheme="slate"][data-md-color-primary] {
  --md-typeset-a-color: #7d9bf0;
  --md-code-hl-number-color: #ef7b83;
  --md-code-hl-constant-color: #a99bf0;
}
"""
#: A line's end within Chinese text: a browser would show a space.
CHINESE_END = re.compile(r"(?<=[\u3000-\uffff,;:])\n *(?=[\u3000-\uffff])")

SETTINGS = """site_name: fer_classic
docs_dir: {source}
site_dir: {site}
use_directory_urls: false
theme:
  name: material
  font: false
  features: [navigation.sections, navigation.top, content.code.copy]
  palette:
    - media: "(prefers-color-scheme: light)"
      scheme: default
    - media: "(prefers-color-scheme: dark)"
      scheme: slate
extra_css: [site.css]
plugins:
  - search
  - mkdocstrings:
      handlers:
        python:
          paths: [{root}]
          options:
            docstring_style: numpy
            docstring_section_style: list
            show_source: false
            show_root_heading: true
            show_root_full_path: false
            separate_signature: true
            heading_level: 2
markdown_extensions: [tables, attr_list, admonition, toc, pymdownx.superfences]
validation:
  omitted_files: ignore
  anchors: warn
nav:
{nav}
"""


def main():
    """Read the command line, gather, build."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "site")
    out = parser.parse_args().out.resolve()
    source = out.with_name(out.name + "-pages")
    shutil.rmtree(source, ignore_errors=True)
    gather(source)
    (source / "reference.md").write_text(reference(), encoding="utf-8")
    (source / "site.css").write_text(STYLE)
    nav = navigation((source / "index.md").read_text(encoding="utf-8"))
    settings = out.with_name(out.name + ".yml")
    settings.write_text(SETTINGS.format(source=source, site=out, root=ROOT, nav=nav))
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-f", settings]
    # Material for MkDocs would print an advertisement.
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    code = subprocess.run(command, check=False, env=quiet).returncode
    if code == 0:
        page = out / "reference.html"
        page.write_text(without_roles(page.read_text(encoding="utf-8")), encoding="utf-8")
        print(out / "index.html")
    sys.exit(code)


def without_roles(html):
    """A page whose docstrings name things in Sphinx's way, by the names alone."""
    html = re.sub(r":(?:class|func|meth|mod|data|attr):(?=<code>)", "", html)
    return re.sub(r"<code>~(?:\w+\.)*(\w+)</code>", r"<code>\1</code>", html)


def gather(source):
    """Copy pages and pictures, their links changed to the site's names."""
    source.mkdir(parents=True)
    names = {ROOT / path: name for path, name in OUTSIDE.items()}
    for card in sorted(ROOT.glob("models/*/README.md")):
        names[card] = f"model-{card.parent.name}.md"
    for page in sorted((ROOT / "docs").glob("*")):
        if page.is_file():
            names[page] = page.name
    for path, name in names.items():
        if path.suffix == ".md":
            text = with_links(path.read_text(encoding="utf-8"), path, names)
            if path.stem.endswith("zh-CN"):
                text = CHINESE_END.sub("", text)
            (source / name).write_text(text, encoding="utf-8")
        else:
            shutil.copy(path, source / name)


def with_links(text, page, names):
    """The text of a page with the site's links; those to no page become plain text."""

    def place(target):
        target, sign, anchor = target.partition("#")
        if not target or re.match(r"[a-z]+:", target):
            return target + sign + anchor
        path = (page.parent / target).resolve()
        name = names.get(path) or names.get(path / "README.md")
        return name and name + sign + anchor

    def linked(found):
        picture, words, target = found.groups()
        name = place(target)
        return f"{picture}[{words}]({name})" if name else words

    def attributed(found):
        return f'{found[1]}="{place(found[2]) or found[2]}"'

    return ATTRIBUTE.sub(attributed, LINK.sub(linked, text))


def navigation(index):
    """The pages in the order and under the headings of the index, as MkDocs takes them."""
    lines = ["  - index.md", "  - README: readme-of-the-project.md"]
    lines.append("  - 中文: readme-of-the-project.zh-CN.md")
    for line in index.splitlines():
        if line.startswith("## "):
            lines.append(f"  - {line[3:]}:")
            if line == "## Reference":
                lines.append("    - Python API: reference.md")
        elif line.startswith("| ["):
            first = line.split("|")[1]
            for _, words, target in LINK.findall(first):
                if target.endswith(".md"):
                    lines.append(f'    - "{words}": {target}')
    return "\n".join(lines)


def reference():
    """The page of everything that ``import fer_classic`` offers."""
    lines = ["# Reference of the Python API", ""]
    for name in sorted(fer_classic.__all__, key=str.lower):
        own = getattr(fer_classic, name)
        if not callable(own):
            continue
        if own.__module__ == "fer_classic.features.estimators":
            own = next(c for c in own.__mro__[1:] if c.__name__ == name)
        lines += [f"::: {own.__module__}.{own.__qualname__}", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
