"""The shape of the package: direction of imports, light start, size, docstrings."""

import ast
import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import fer_classic

ROOT = Path(fer_classic.__file__).parent
#: Parts of the package, in the order of the table of docs/architecture.md.
LAYERS = re.findall(
    r"^\| `(\w+)` \|",
    (ROOT.parent / "docs" / "architecture.md").read_text(encoding="utf-8"),
    flags=re.MULTILINE,
)
HEAVY = (
    *("dlib", "lightgbm", "sklearn", "skimage", "numba", "torch", "imblearn", "dask"),
    *("matplotlib", "jinja2", "onnxruntime"),
)
FILES = sorted(ROOT.rglob("*.py"))
#: Modules that import torch, never beside LightGBM: tests/learn/cnn looks at them.
OF_TORCH = [path for path in FILES if path.parent.name == "cnn"]


def name_of(path):
    return path.relative_to(ROOT).with_suffix("").as_posix()


def imports_of(path):
    """Layers of this package that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
            if node.module == "fer_classic":
                names = [f"fer_classic.{own.name}" for own in node.names]
        elif isinstance(node, ast.Import):
            names = [own.name for own in node.names]
        found |= {n.split(".")[1] for n in names if n.startswith("fer_classic.")}
    return found


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_layer_imports_only_from_those_before_it(path):
    layer = name_of(path).split("/")[0]
    if layer in ("__init__", "__main__"):
        return
    assert layer in LAYERS, f"{layer} has no row in docs/architecture.md: give it one"
    later = imports_of(path) - set(LAYERS[: LAYERS.index(layer)]) - {layer}
    assert not later


def test_every_folder_of_modules_is_a_package_that_git_keeps():
    """Without its __init__.py a folder works in a checkout and is absent from the wheel."""
    assert not {p.parent for p in FILES if not (p.parent / "__init__.py").is_file()}
    if (ROOT.parent / ".git").exists():
        ignored = subprocess.run(
            ["git", "-C", ROOT.parent, "check-ignore", "--no-index", *FILES],
            capture_output=True,
            text=True,
        )
        assert ignored.returncode != 0, f".gitignore has {ignored.stdout}"


def test_the_listing_is_the_table_of_the_architecture():
    names = {path.stem for path in ROOT.iterdir() if not path.name.startswith("__")}
    assert names == set(LAYERS)
    assert len([path for path in ROOT.iterdir() if path.name != "__pycache__"]) <= 22


def loaded_after(code):
    """Heavy packages that are loaded once some code has run in a new process."""
    code += (
        f"\nimport sys; print([n for n in {HEAVY} if n in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr.strip()


def test_import_loads_nothing_heavy():
    assert loaded_after("import fer_classic; dir(fer_classic)") == "[]"


def test_help_loads_nothing_heavy():
    code = (
        "import sys; sys.argv = ['fer-classic', 'run', '-h']\n"
        "from fer_classic.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass"
    )
    assert loaded_after(code) == "[]"


def test_public_names_exist():
    assert all(getattr(fer_classic, name) for name in fer_classic.__all__)
    assert set(fer_classic.__all__) <= set(dir(fer_classic))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = fer_classic.nothing


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_module_is_short_enough_to_read(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


def public_functions(files):
    """Public functions, classes and methods of modules, by dotted name."""
    found = {}
    for path in files:
        if "__main__" in path.name or "cli" in path.parts:
            continue
        dotted = ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)
        module = import_module(dotted.removesuffix(".__init__"))
        for name, own in vars(module).items():
            if name.startswith("_") or getattr(own, "__module__", "") != module.__name__:
                continue
            if not (inspect.isfunction(own) or inspect.isclass(own)):
                continue
            found[f"{module.__name__}.{name}"] = own
            if inspect.isclass(own):
                for method, function in vars(own).items():
                    if inspect.isfunction(function) and not method.startswith("_"):
                        found[f"{module.__name__}.{name}.{method}"] = function
    return found


def undocumented(files):
    """Names of functions without a docstring; of the public API, without Parameters."""
    functions = public_functions(files)
    lacking = {n for n, own in functions.items() if not (own.__doc__ or "").strip()}
    for name, own in functions.items():
        public = set(name.split(".")[-2:]) & set(fer_classic.__all__)
        if not public or not inspect.isfunction(own) or "Parameters\n" in own.__doc__:
            continue
        if len([p for p in inspect.signature(own).parameters if p != "self"]) > 1:
            lacking.add(name)
    return lacking


def test_everything_public_has_a_docstring():
    files = [path for path in FILES if path not in OF_TORCH]
    assert len(public_functions(files)) > 80
    assert not undocumented(files)


#: What holds a flag of another command, or none of a command at all.
OF_OTHERS = re.compile(r"fer-classic [a-z]|pip install|dask worker|var\(--")


def texts_of(path):
    """Strings of a module that are no docstrings, with their lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    for node in joined:
        yield node.lineno, "".join(part.value for part in _texts(node))
    left_out = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    left_out |= {id(part) for node in joined for part in node.values}
    for node in _texts(tree):
        if id(node) not in left_out:
            yield node.lineno, node.value


def _texts(tree):
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return [node for node in found if isinstance(node.value, str)]


@pytest.mark.parametrize("path", [p for p in FILES if "cli" not in p.parts], ids=name_of)
def test_messages_of_the_library_name_no_flags(path):
    flagged = [
        (line, text)
        for line, text in texts_of(path)
        if re.search(r"(?<![\w-])--[a-z]{2,}", text) and not OF_OTHERS.search(text)
    ]
    assert not flagged, "name the parameter in backticks: the command line adds the flag"
