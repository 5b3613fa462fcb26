"""Other packages asked about photographs; stand-ins have their documented interfaces."""

import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from fer_classic.data.dataset import read_dataset
from fer_classic.errors import UsageError
from fer_classic.submissions.peers.asked import tools_asked
from fer_classic.submissions.peers.bench import bench, evenly
from fer_classic.submissions.peers.process import ToolProcess, Unusable
from fer_classic.submissions.peers.rows import KeptRows
from fer_classic.submissions.read_table import read_result
from tests.submissions.peers.standins import make_python

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-ins' Python is a script")
#: Gray values by photograph: see the stand-ins.
GRAYS = {"happiness_1": 120, "anger_2": 200, "happiness_3": 30, "anger_4": 180}


def photographs(folder, grays=GRAYS):
    folder.mkdir(exist_ok=True)
    for name, gray in grays.items():
        Image.new("RGB", (64, 48), (gray,) * 3).save(folder / f"{name}.png")
    return read_dataset(folder)


def asked(samples, out, python, *names, **options):
    out.mkdir(exist_ok=True)
    tools = tools_asked(names, [], [python])
    return bench(samples, tools, out, **options)


def calls(out, tool):
    """How often a stand-in was asked."""
    return (out / f"{tool}.log").read_text().count("more rubbish")


@pytest.mark.parametrize(
    ("tool", "package"),
    [("fer", "fer"), ("deepface", "deepface"), ("py-feat", "feat"), ("rmn", "rmn")],
)
def test_each_package_is_called_as_it_is_documented(tmp_path, tool, package):
    pytest.importorskip("pandas") if package == "feat" else None
    samples = photographs(tmp_path / "photos")
    out = tmp_path / "out"
    found = asked(samples, out, make_python(tmp_path, package), tool)
    told = found["tools"][0]
    assert (told["asked"], told["faces"], told["failed"]) == (4, 3, 0)
    assert told["ms"] > 0 and told["load_s"] > 0 and told["peak_mb"] > 5
    scores = found["comparison"]["results"][0]
    assert scores["answered"] == 3
    assert scores["scores"]["accuracy"]["value"] == 0.75  # no face is wrong
    own = read_result(out / f"{tool}.json", samples.classes)
    row = own.probabilities[own.names.index("anger_2.png")]
    assert row[:2] == pytest.approx([0.75, 0.25])
    faces = json.loads((out / f"{tool}.json").read_text())["anger_2.png"]
    assert faces[0]["box"] == [1, 2, 30, 40]
    assert calls(out, tool) == 5  # the first photograph twice


def test_what_goes_wrong_is_a_row_and_the_rest_is_asked(tmp_path):
    grays = GRAYS | {"anger_5": 65, "anger_6": 75, "anger_7": 85, "happiness_8": 130}
    samples = photographs(tmp_path / "photos", grays)
    out = tmp_path / "out"
    found = asked(samples, out, make_python(tmp_path, "fer"), "fer", limit=3)
    told = found["tools"][0]
    assert (told["asked"], told["faces"], told["failed"]) == (8, 4, 3)
    note = " ".join(told["notes"])
    assert "RuntimeError: out of luck (1, such as anger_5.png)" in note
    assert "it crashed (exit 3) (1, such as anger_6.png)" in note
    assert "no answer within 3 s (1, such as anger_7.png)" in note
    assert found["comparison"]["results"][0]["answered"] == 4


def test_a_package_that_keeps_dying_is_given_up_and_asked_on_later(tmp_path):
    grays = {f"anger_{i}": 75 for i in range(5)} | {"anger_9": 200}
    samples = photographs(tmp_path / "photos", grays)
    python, out = make_python(tmp_path, "fer"), tmp_path / "out"
    told = asked(samples, out, python, "fer")["tools"][0]
    assert (told["asked"], told["failed"]) == (3, 3)
    assert "it died 3 times in a row and is not asked any more" in told["notes"]
    assert "3 of 6 photographs were not asked about" in told["notes"]
    again = asked(samples, out, python, "fer")
    assert again["tools"][0]["asked"] == 6
    assert again["comparison"]["results"][0]["answered"] == 1


def test_kept_rows_are_not_asked_again_unless_the_photograph_changed(tmp_path):
    samples = photographs(tmp_path / "photos")
    python, out = make_python(tmp_path, "fer"), tmp_path / "out"
    first = asked(samples, out, python, "fer")
    assert asked(samples, out, python, "fer") == first
    assert calls(out, "fer") == 5
    rows = out / "rows" / "fer.jsonl"
    rows.write_text(rows.read_text()[:-20])  # as a killed run leaves it
    Image.new("RGB", (64, 48), (210,) * 3).save(tmp_path / "photos" / "anger_2.png")
    found = asked(read_dataset(tmp_path / "photos"), out, python, "fer")
    assert found["tools"][0]["asked"] == 4
    assert calls(out, "fer") == 5 + 3  # two photographs, the first of them twice


def test_rows_of_another_version_are_dropped(tmp_path):
    kept = KeptRows(tmp_path / "rows.jsonl", {"tool": "fer"})
    kept.begin({"version": "1"})
    kept.add({"name": "a", "digest": "1"})
    kept = KeptRows(tmp_path / "rows.jsonl", {"tool": "fer"})
    assert kept.of("a", "1") and kept.of("a", "2") is None
    assert kept.begin({"version": "2"}) and kept.of("a", "1") is None
    kept.add({"name": "b", "digest": "1"})
    assert not KeptRows(tmp_path / "rows.jsonl", {"tool": "rmn"}).names()


def test_what_cannot_be_loaded_is_told_and_the_others_go_on(tmp_path):
    samples = photographs(tmp_path / "photos")
    broken = "raise SystemExit('no weights')"
    python = make_python(tmp_path, "fer", rmn=broken)
    found = asked(samples, tmp_path / "out", python, "rmn", "deepface", "fer")
    rmn, deepface, fer = found["tools"]
    assert rmn["notes"] == ["it cannot be loaded: SystemExit: no weights"]
    assert "cannot be imported" in deepface["notes"][0]
    assert "No module named 'deepface'" in deepface["notes"][0]
    assert not (tmp_path / "out" / "rmn.json").exists()
    assert fer["asked"] == 4
    assert [own["name"] for own in found["comparison"]["results"]] == ["fer"]


def test_a_package_that_never_loads_is_given_up(tmp_path):
    python = make_python(tmp_path, fer="import time; time.sleep(600)")
    start = time.monotonic()
    with pytest.raises(Unusable, match="no answer within 1 s while it was loaded"):
        ToolProcess("fer", None, python, tmp_path / "log", 1)
    assert time.monotonic() - start < 30


def test_other_class_names_and_odd_answers(tmp_path):
    odd = """
from common import gray
class RMN:
    def detect_emotion_for_single_frame(self, frame):
        face = dict(xmin=1, ymin=2, xmax=3, ymax=4)
        p = float("nan") if gray(frame) == 30 else 1.0
        return [face | {"proba_list": [{"bored": p}]}]
"""
    samples = photographs(tmp_path / "photos")
    found = asked(samples, tmp_path / "out", make_python(tmp_path, rmn=odd), "rmn")
    told = found["tools"][0]
    assert (told["faces"], told["failed"]) == (3, 1)
    assert "classes that are not known here: bored" in told["notes"]
    assert any(note.startswith("not scored: ") for note in told["notes"])
    assert found["comparison"] is None


def test_without_labels_there_is_no_score_and_unreadable_files_are_rows(tmp_path):
    samples = photographs(tmp_path / "photos", {"a": 120, "b": 200})
    (tmp_path / "photos" / "c.png").write_bytes(b"no picture")
    samples = read_dataset(tmp_path / "photos", labels="none")
    found = asked(samples, tmp_path / "out", make_python(tmp_path, "fer"), "fer")
    assert found["comparison"] is None
    told = found["tools"][0]
    assert (told["asked"], told["faces"], told["failed"]) == (3, 2, 1)
    assert "OpenCV cannot read this file" in told["notes"][0]


def test_a_model_of_this_package_beside(tmp_path):
    samples = photographs(tmp_path / "photos", {"anger_1": 200, "happiness_2": 120})
    python, out = make_python(tmp_path, "fer"), tmp_path / "out"
    out.mkdir()
    tools = tools_asked(["fer"], ["five-fast"], [f"fer={python}"])
    found = bench(samples, tools, out)
    own = found["tools"][0]
    assert own["name"] == "fer_classic-five-fast" and own["faces"] == 0
    assert [one["answered"] for one in found["comparison"]["results"]] == [2, 2]
    assert len(found["comparison"]["pairs"]) == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((["face-api"], [], []), "must be one of {fer, deepface, py-feat, rmn}"),
        ((["fer", "fer"], [], []), "fer is named twice"),
        ((["fer"], [], ["fer=/no/python"]), "'/no/python' is no program"),
        ((["fer"], [], [f"rmn={sys.executable}"]), "given for rmn, which is not asked"),
        (([], ["no-model"], []), "no-model"),
    ],
)
def test_what_cannot_be_asked_is_told_before_any_work(given, message):
    with pytest.raises(ValueError, match=message.replace("{", r"\{")):
        tools_asked(*given)


def test_a_part_is_spread_evenly(tmp_path):
    grays = {f"{name}_{i}": 100 for name in ("anger", "sadness") for i in range(5)}
    samples = photographs(tmp_path / "photos", grays)
    assert np.bincount(evenly(samples, 4).labels)[[0, 3]].tolist() == [2, 2]
    assert evenly(samples, None) is samples and evenly(samples, 99) is samples


def test_a_killed_comparison_leaves_no_process_and_continues(tmp_path):
    grays = {f"anger_{i}": 200 for i in range(3)} | {"happiness_9": 85}  # the last hangs
    samples = photographs(tmp_path / "photos", grays)
    python, out = make_python(tmp_path, "fer"), tmp_path / "out"
    command = [sys.executable, "-m", "fer_classic.cli", "bench", tmp_path / "photos"]
    command += ["--against", "fer", "--python", python, "--out", out, "--quiet"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        rows = out / "rows" / "fer.jsonl"
        deadline = time.monotonic() + 120
        while not (rows.exists() and rows.read_text().count("\n") == 4):
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.1)
        process.kill()
    time.sleep(2.5)
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    assert str(tmp_path) not in listed and "peers/tools.py fer\n" not in listed
    before = calls(out, "fer")
    told = asked(samples, out, python, "fer", limit=1)["tools"][0]
    assert (told["asked"], told["failed"]) == (4, 1)
    assert calls(out, "fer") - before <= 2


def test_the_command_prints_the_tables(tmp_path, capsys):
    photographs(tmp_path / "photos")
    python, out = make_python(tmp_path, "fer"), tmp_path / "out"
    command = [sys.executable, "-m", "fer_classic.cli", "bench", str(tmp_path / "photos")]
    command += ["--against", "fer", "--python", f"fer={python}", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "fer_classic-five-fast" in done.stdout and "Pairs" in done.stdout
    assert "75.0%" in done.stdout  # fer's coverage
    as_json = subprocess.run([*command, "--format", "json"], capture_output=True, text=True)
    assert json.loads(as_json.stdout) == json.loads((out / "bench.json").read_text())
    other = subprocess.run([*command[:-1], str(tmp_path)], capture_output=True, text=True)
    assert other.returncode == 2 and "holds something else" in other.stderr


def test_usage_errors_are_usage_errors():
    with pytest.raises(UsageError):
        tools_asked(["face-api"], [], [])


def test_what_was_answered_counts_though_the_package_is_gone(tmp_path):
    samples = photographs(tmp_path / "photos")
    python, out = make_python(tmp_path, "fer"), tmp_path / "out"
    asked(samples, out, python, "fer")
    more = photographs(tmp_path / "photos", {"anger_5": 200})
    (tmp_path / "site" / "fer" / "fer.py").unlink()
    found = asked(more, out, python, "fer")
    assert found["tools"][0]["asked"] == 4
    notes = found["tools"][0]["notes"]
    assert "cannot be imported" in notes[0]
    assert "1 of 5 photographs were not asked about" in notes
    assert found["comparison"]["results"][0]["answered"] == 3
