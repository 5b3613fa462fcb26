"""Write anew what the documentation takes from the code and from the models that ship.

Usage: python scripts/refresh_docs.py [--pictures]

docs/commands.md lists every command and option as the code declares them; README.md and
README.zh-CN.md have a table of the models that ship, from their scores.json. With
--pictures, what the shipped model says of a public-domain portrait is computed again as
well: its two pictures in docs/, and the answer that the READMEs show. Text beside these
places is left alone; tests/test_docs.py tells when one of them is out of date.
"""

import argparse
import inspect
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READMES = {"README.md": "en", "README.zh-CN.md": "zh"}
#: Colours of the pictures, which makes their files small.
COLOURS = 128
MODELS = ("five-fast", "five-accurate", "five-cnn")
HEADERS = {
    "en": "| model | face found | web photographs, balanced accuracy (95%) | FER2013's "
    "labels | ms a face | MB |",
    "zh": "| 模型 | 检出人脸 | 网络照片,平衡准确率(95% 区间) | FER2013 标签 | "
    "每张脸毫秒 | MB |",
}


def main():
    """Read the command line, write what is out of date."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pictures", action="store_true", help="the portrait's too")
    given = parser.parse_args()
    answer = portrait() if given.pictures else None
    for path, text in pages(answer).items():
        if path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(path.relative_to(ROOT))


def pages(answer=None):
    """Each page's path and the text that it should have.

    Parameters
    ----------
    answer : str, optional
        What the command predict prints of the portrait; without it, that is kept.
    """
    made = {}
    path = ROOT / "docs" / "commands.md"
    made[path] = between(path.read_text(encoding="utf-8"), "commands", commands())
    for name, language in READMES.items():
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        text = between(text, "models", models(language))
        made[path] = between(text, "answer", answer) if answer else text
    return made


def between(text, name, inside):
    """The text with another part between a pair of comments."""
    pattern = rf"(<!-- {name}[^>]*-->\n).*?(<!-- /{name} -->)"
    if not re.search(pattern, text, flags=re.DOTALL):
        raise SystemExit(f"refresh_docs.py: no <!-- {name} --> … <!-- /{name} --> found")
    return re.sub(
        pattern, lambda m: m[1] + inside.strip("\n") + "\n" + m[2], text, flags=re.DOTALL
    )


# -- Commands ---------------------------------------------------------------


def commands():
    """Every command with its options, as Markdown."""
    from fer_classic.cli.app import app, place_in_help, register

    register()
    alone = sorted(app.registered_commands, key=place_in_help)
    own = {name_of(command): parameters(command) for command in alone}
    texts = {name_of(command): command.callback.__doc__ for command in alone}
    for group in app.registered_groups:
        for command in group.typer_instance.registered_commands:
            name = f"{group.typer_instance.info.name} {name_of(command)}"
            own[name], texts[name] = parameters(command), command.callback.__doc__
    shared = described_alike(own.values())
    sections = [section(name, texts[name], own[name], shared) for name in own]
    rows = "\n".join(shared.values())
    return "\n\n".join([*sections, f"## Options of several commands\n\n{HEADER}\n{rows}"])


def described_alike(commands):
    """Options that several commands describe in the same words, by name."""
    counts = Counter(row for rows in commands for row in rows.items())
    shared = {}
    for (name, row), count in counts.items():
        owed = not name.startswith("-") or "| required |" in row
        if not owed and count > counts.get((name, shared.get(name)), 1):
            shared[name] = row
    return shared


HEADER = "| option | default | what |\n|---|---|---|"


def name_of(command, join="-"):
    """A command's name."""
    return command.callback.__name__.replace("_", join)


def section(name, text, lines, shared):
    """A command's part of the page."""
    what, *examples = re.split(r"\n\s*Examples?: ", inspect.cleandoc(text) + "\n")
    examples = [" ".join(example.split()) for example in examples]
    parts = [f"## {name}", what.strip(), "```\n" + "\n".join(examples) + "\n```"]
    rows = [row for key, row in lines.items() if shared.get(key) != row]
    if rows:
        parts.append(f"{HEADER}\n" + "\n".join(rows))
    if also := [f"`{key}`" for key, row in lines.items() if shared.get(key) == row]:
        parts.append(f"Also {', '.join(also)}: see [below](#options-of-several-commands).")
    return "\n\n".join(parts)


def parameters(command):
    """A row of Markdown for each argument and option of a command, by name."""
    rows = {}
    for own in inspect.signature(command.callback).parameters.values():
        kind = own.annotation.__metadata__[0]
        names = flags(own.name, kind, own.annotation.__origin__ is bool)
        says, default = told(kind.help or "", own.default)
        cell = ", ".join(f"`{name}`" for name in names)
        rows[names[0]] = f"| {cell} | {default} | {says} |"
    return rows


def flags(name, kind, switch):
    """How an argument or option is written; a switch has its opposite too."""
    if type(kind).__name__ == "ArgumentInfo":
        return [name.upper()]
    given = [*([kind.default] if isinstance(kind.default, str) else [])]
    given += kind.param_decls or []
    if not given:
        dashed = name.replace("_", "-")
        return [f"--{dashed}", *([f"--no-{dashed}"] if switch else [])]
    return [one for own in given for one in own.split("/")]


def told(text, default):
    """An option's description, and its default in words."""
    text = text.replace("|", "\\|").replace("<", "&lt;")
    said = re.search(r"\s*\[default: (.*)\]$", text)
    if said:
        return text[: said.start()], said[1]
    if default is inspect.Parameter.empty:
        return text, "required"
    if default is None or isinstance(default, bool):
        return text, {None: "", False: "off", True: "on"}[default]
    return text, default


# -- Models ------------------------------------------------------------------


def models(language):
    """The table of the models that ship, from their scores."""
    lines = [HEADERS[language], "|---|---|---|---|---|---|"]
    for name in MODELS:
        folder = ROOT / "models" / name
        scores = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
        web = scores["webfaces"]
        own = interval(web["all"]["balanced_accuracy"], language)
        labels = interval(scores["all"]["balanced_accuracy"], language)
        found = f"{web['coverage']:.1%}"
        cells = [f"`{name}`", found, own, labels, f"{scores['ms_a_face']:.1f}"]
        lines.append(f"| {' | '.join([*cells, f'{megabytes(folder):.0f}'])} |")
    return "\n".join(lines)


def interval(score, language):
    """A score with its interval, in words."""
    text = {"en": "{:.3f} ({:.3f} to {:.3f})", "zh": "{:.3f}({:.3f} 至 {:.3f})"}
    return text[language].format(score["value"], score["low"], score["high"])


def megabytes(folder):
    """Size of what predicting reads: without card, submissions and ``start.npz``."""
    ours = (p for p in folder.iterdir() if p.suffix in (".npz", ".txt", ".safetensors"))
    return sum(path.stat().st_size for path in ours if path.name != "start.npz") / 1e6


# -- The portrait ------------------------------------------------------------


def portrait():
    """Draw the two pictures of the portrait; what predict prints of it."""
    from PIL import Image
    from skimage.data import astronaut

    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "photo.jpg"
        Image.fromarray(astronaut()[:300, 85:425]).save(photo, quality=92)
        said = fer_classic("predict", photo, "--overlay", folder + "/seen")
        fer_classic("explain", photo, "--out", folder + "/explain.png")
        drawn = {"overlay.png": next(Path(folder, "seen").iterdir())}
        for name, path in (drawn | {"explain.png": Path(folder, "explain.png")}).items():
            picture = (
                Image.open(path).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
            )
            picture.save(ROOT / "docs" / name, optimize=True)
    return f"```\n$ fer-classic predict photo.jpg\n{said.strip()}\n```"


def fer_classic(*arguments):
    """What a command prints."""
    line = [sys.executable, "-m", "fer_classic.cli", *map(str, arguments)]
    return subprocess.run(line, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
