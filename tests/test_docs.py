"""Documentation that can be run is run."""

import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest

import fer_classic
from fer_classic.settings import Settings

ROOT = Path(fer_classic.__file__).parent
README = ROOT.parent / "README.md"
MODULES = [
    ".".join(p.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")
    for p in sorted(ROOT.rglob("*.py"))
    if p.name != "__main__.py" and p.parent.name != "cnn"  # those are for tests/learn/cnn
]


def readme(what):
    text = README.read_text(encoding="utf-8") if README.is_file() else ""
    if what not in text:
        pytest.skip(f"README.md has no {what!r}")
    return text


@pytest.mark.parametrize("name", MODULES)
def test_doctests(name):
    assert doctest.testmod(import_module(name)).failed == 0


def test_python_code_of_the_readme_runs(
    demo_folder, tmp_path, monkeypatch, capsys, quick_file
):
    import json

    quick = Settings.from_dict(json.loads(quick_file.read_text()))
    blocks = re.findall(r"```python\n(.*?)```", readme("```python"), flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo").symlink_to(demo_folder)
    # The same code with fewer trees: the whole would take minutes.
    monkeypatch.setattr(fer_classic, "Settings", lambda: quick, raising=False)
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})
    assert "value" in capsys.readouterr().out


def test_every_command_and_option_is_in_the_readme():
    from fer_classic.cli.app import app, register

    register()
    text = readme("## Commands")
    for command in app.registered_commands:
        assert f"`{command.callback.__name__.replace('_', '-')}" in text
    named = set(re.findall(r"`(--[a-z-]+)", text))
    known = {"--cv", "--settings"}
    groups = [own.typer_instance for own in app.registered_groups]
    for group in groups:
        for command in group.registered_commands:
            assert f"`{group.info.name} {command.callback.__name__}" in text
    commands = [
        *app.registered_commands,
        *(c for g in groups for c in g.registered_commands),
    ]
    for command in commands:
        known |= {f"--{p.replace('_', '-')}" for p in command.callback.__annotations__}
    assert named <= known
