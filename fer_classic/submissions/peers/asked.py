"""Which packages are asked, and by which Python."""

import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from fer_classic.errors import UsageError, one_of
from fer_classic.submissions.peers.tools import TOOLS

#: Of other makers, by name.
PEERS = tuple(name for name in TOOLS if name != "fer_classic")


@dataclass
class Tool:
    """A package and how it did.

    Attributes
    ----------
    name : str
        As its files are called.
    tool, model, python
        See :class:`ToolProcess`.
    facts : dict
        What it told when it was loaded.
    rows : list of dict
        What it said of each photograph; shorter than these where it gave up.
    notes : list of str
        What a reader of its numbers should know.
    """

    name: str
    tool: str
    model: str | None = None
    python: str | None = None
    facts: dict = field(default_factory=dict)
    rows: list = field(default_factory=list)
    notes: list = field(default_factory=list)


def tools_asked(against, models, pythons):
    """The tools of a comparison, the models of this package first.

    Parameters
    ----------
    against : sequence of str
        Of PEERS.
    models : sequence of str
        Names of shipped models or folders.
    pythons : sequence of str
        ``TOOL=PATH``, or a path for all tools that are not named so.

    Returns
    -------
    list of Tool

    Raises
    ------
    FerClassicError
        A tool is unknown or named twice, a Python is none, or a model cannot be found.
    """
    named, common = {}, None
    for text in pythons:
        tool, equals, path = text.partition("=")
        if equals and tool in PEERS:
            named[tool] = _program(path)
        else:
            common = _program(text)
    if spare := [tool for tool in named if tool not in against]:
        raise UsageError(f"A Python is given for {spare[0]}, which is not asked.")
    own = [Tool(name, "fer_classic", model) for name, model in _model_names(models)]
    peers = [one_of(tool, PEERS, "a tool to compare with") for tool in against]
    if twice := [tool for tool, count in Counter(peers).items() if count > 1]:
        raise UsageError(f"{twice[0]} is named twice: name each tool once.")
    return own + [Tool(tool, tool, None, named.get(tool, common)) for tool in peers]


def _program(path):
    found = shutil.which(path)
    if found is None:
        raise UsageError(
            f"{path!r} is no program that can be run: name the Python of the environment "
            "that holds the tool, such as /home/me/fer/bin/python."
        )
    return str(Path(found).absolute())


def _model_names(models):
    """Pairs of a distinct name and a model, which is there."""
    from fer_classic.model.shipped import folder_of, model_named

    made = {}
    for model in models:
        folder_of(model_named(model))
        stem = name = f"fer_classic-{Path(model).name or Path(model).absolute().name}"
        number = 2
        while name in made:
            name, number = f"{stem} ({number})", number + 1
        made[name] = str(model)
    return made.items()
