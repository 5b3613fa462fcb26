"""What is fuzzed holds for good inputs and some changed ones, and a defect would be seen.

``scripts/fuzz.py`` searches on, guided by coverage; here no more than a few seconds go by.
"""

import json
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from random import Random

import fuzz
import fuzz_states
import fuzz_targets
import pytest
from fuzz import Escape, only_inside
from fuzz_mutate import as_utf_8, changed, changed_json
from fuzz_targets import TARGETS, accepts

from fer_classic.model.predict import Predictions

INPUTS = 150


def attack(name, folder):
    """Try good inputs and changed ones."""
    target, random = TARGETS[name], Random(name)
    seeds = target.seeds()
    for data in seeds:
        accepts(target.check, data, folder)
    for i in range(INPUTS):
        seed = random.choice(seeds)
        data = changed_json(seed, random) if i % 2 else None
        data = changed(seed, random, seeds) if data is None else data
        accepts(target.check, data, folder)


@pytest.mark.parametrize("name", TARGETS)
def test_changed_inputs_are_read_or_refused_in_words(name, tmp_path):
    target = TARGETS[name]
    assert sum(accepts(target.check, seed, tmp_path) for seed in target.seeds())
    with only_inside(tmp_path):
        attack(name, tmp_path)


def lossy_rows(real):
    return lambda *arguments: real(*arguments)[:-1]


def shifted_answers(real):
    def read(*arguments):
        found = real(*arguments)
        return replace(found, codes=found.codes[1:])

    return read


def unkind(real):
    def read(*arguments, **options):
        found = real(*arguments, **options)
        return found.astype(float) if found.ndim == 2 else found

    return read


def mixed_up(real):
    def submit(predictions, template):
        labels = predictions.labels[::-1]
        return real(
            Predictions(predictions.names, labels, None, predictions.class_names), template
        )

    return submit


def other_names(real):
    def read(*arguments):
        found = real(*arguments)
        return replace(found, names=tuple(f"{name}x" for name in found.names))

    return read


def named_twice(real):
    def read(*arguments, **options):
        found = real(*arguments, **options)
        return replace(found, names=found.names[:1] * len(found.names))

    return read


def forgetful(real):
    class Forgetful(real):
        def _write(self, *arguments):
            super()._write(*arguments)
            self._file.truncate(self._file.tell() - 1)

    return Forgetful


def greedy(real):
    class Greedy(real):
        def begin(self, state):
            super().begin(None)

    return Greedy


def changed_settings(real):
    return lambda path: replace(real(path), features={"hog": {"cell": (8,)}})


@pytest.mark.parametrize(
    ("target", "function", "spoil", "error"),
    [
        ("manifest", "read_csv", lossy_rows, AssertionError),
        ("answers-csv", "read_result", shifted_answers, AssertionError),
        ("image", "decode", unkind, AssertionError),
        ("template", "templated_submission", mixed_up, AssertionError),
        ("votes", "votes_from", other_names, AssertionError),
        ("truth-csv", "read_truth", named_twice, AssertionError),
        ("label-files", "label_files", lambda real: lambda a, b: ({}, {}), AssertionError),
        ("journal", "Journal", forgetful, AssertionError),
        ("film-state", "Records", greedy, AssertionError),
        ("settings", "read_settings", changed_settings, AssertionError),
        (
            "names",
            "match_names",
            lambda real: lambda a, b: real(a, b)[::-2],
            AssertionError,
        ),
    ],
)
def test_a_planted_defect_is_found(monkeypatch, tmp_path, target, function, spoil, error):
    module = fuzz_states if hasattr(fuzz_states, function) else fuzz_targets
    monkeypatch.setattr(module, function, spoil(getattr(module, function)))
    with pytest.raises(error):
        attack(target, tmp_path)


def test_text_is_made_utf_8():
    assert as_utf_8("é,".encode() + b"\xff\xed\xa0\x80;") == "é,;".encode()


def test_lines_of_json_are_changed_one_at_a_time():
    lines, random, seen = [b'{"a": 1}', b"[2, 3]", b"no JSON"], Random(0), set()
    for _ in range(60):
        made = changed_json(b"\n".join(lines), random)
        if made is not None:
            made = made.split(b"\n")
            assert len(made) == 3
            assert sum(a != b for a, b in zip(lines, made, strict=True)) <= 1
            seen |= {i for i in range(3) if lines[i] != made[i]}
    assert seen == {0, 1}
    assert json.loads(changed_json(b'\1{"a": 1}', random)[1:]) != {"a": 1}


def test_an_error_of_python_is_no_answer(tmp_path):
    def check(data, folder):
        return {}[data]

    with pytest.raises(KeyError):
        accepts(check, b"x", tmp_path)


@pytest.mark.parametrize(
    "action",
    [
        lambda place: (place / "x").write_bytes(b""),
        lambda place: (place / "x").mkdir(),
        lambda place: (place / "in" / "y").rename(place / "y"),
        lambda place: (place / "in" / ".." / "y").symlink_to("x"),
        lambda place: subprocess.run(["true"]),
    ],
    ids=["write", "mkdir", "rename", "symlink", "process"],
)
def test_what_is_done_outside_the_folder_is_seen(tmp_path, action):
    (tmp_path / "in").mkdir()
    with only_inside(tmp_path / "in"):
        (tmp_path / "in" / "y").write_bytes(b"")
        with pytest.raises(Escape):
            action(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_an_unknown_target_is_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["fuzz.py", "nothing", "--out", str(tmp_path)])
    with pytest.raises(SystemExit) as end:
        fuzz.main()
    assert end.value.code == 2
    assert "no target nothing; there are image, names" in capsys.readouterr().err


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed")
def test_the_script_writes_its_table(tmp_path):
    line = [sys.executable, fuzz.__file__, "names", "plan", "--runs", "500"]
    line += ["--jobs", "2", "--out", tmp_path]
    done = subprocess.run(line, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads((tmp_path / "fuzz.json").read_text())
    assert [row["target"] for row in rows] == ["names", "plan"]
    assert all(row["executions"] >= 500 and row["crashes"] == [] for row in rows)
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == ["names", "plan"]
