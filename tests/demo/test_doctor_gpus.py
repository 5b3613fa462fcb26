"""The doctor's question whether a GPU is seen, with and without an answer."""

import sys

from fer_classic.demo import doctor as module
from fer_classic.demo.doctor import gpus


def test_each_package_answers_in_a_process_of_its_own(monkeypatch):
    before = set(sys.modules)
    found = dict(gpus())
    assert list(found) == ["torch", "dlib", "lightgbm"]
    assert all(own.startswith(("yes", "no", "not installed")) for own in found.values())
    assert "torch" not in set(sys.modules) - before


def test_what_is_missing_or_breaks_is_told(monkeypatch):
    questions = {"torch_of_nobody": "", "dlib": "raise OSError('no driver')", "json": ""}
    monkeypatch.setattr(module, "_QUESTIONS", questions)
    found = dict(gpus())
    assert found["torch_of_nobody"] == "not installed"
    assert found["dlib"] == "no, dlib cannot be asked: OSError: no driver"
    assert found["json"] == "no, json cannot be asked: no answer"
