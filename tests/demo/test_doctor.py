"""The doctor sees what is there, and what is not."""

import fer_classic.demo.doctor as doctor
from fer_classic.errors import FerClassicError


def test_a_sound_installation_passes(cli):
    code, out, _ = cli("doctor")
    assert code == 0
    assert "ok   self-test: face at" in out and "BAD" not in out
    assert "checksum as expected" in out and "excludes commercial use" in out


def test_a_missing_model_file_is_one_bad_line_among_the_others(cli, monkeypatch, tmp_path):
    monkeypatch.setenv("FER_CLASSIC_LANDMARKS", str(tmp_path / "none.dat"))
    code, out, err = cli("doctor")
    assert code == 1 and "2 check(s) failed; see the lines marked BAD" in err
    assert "BAD  model file, landmarks: No model file at" in out
    assert "BAD  self-test: cannot run" in out
    assert "ok   model file, cnn_detector" in out


def test_a_model_file_of_ones_own_is_told(monkeypatch, tmp_path):
    (tmp_path / "own.dat").write_bytes(b"x")
    monkeypatch.setenv("FER_CLASSIC_CNN_DETECTOR", str(tmp_path / "own.dat"))
    fine, detail = doctor._model_file("cnn_detector")
    assert fine and "your own, named by FER_CLASSIC_CNN_DETECTOR" in detail


def test_a_damaged_model_file_is_told(monkeypatch, tmp_path):
    (tmp_path / "own.dat").write_bytes(b"x")
    monkeypatch.setattr(doctor, "model_file", lambda kind: tmp_path / "own.dat")
    fine, detail = doctor._model_file("landmarks")
    assert not fine and "is damaged or another version" in detail


def test_a_failing_check_does_not_hide_the_others(monkeypatch):
    def fail():
        raise FerClassicError("broken")

    monkeypatch.setattr(doctor, "_kernels", fail)
    found = {name: (fine, detail) for name, fine, detail in doctor.checks()}
    assert found["compiled kernels"] == (False, "cannot run: broken")
    assert found["self-test"][0]
