"""What a run from Python takes where nothing is said."""

import pytest

import fer_classic as fc
from fer_classic.cli.settings import settings_from
from fer_classic.pipeline import whole_run


def test_learns_with_the_settings_of_the_command(monkeypatch, tmp_path):
    def stop(_train, _test, settings, **_given):
        seen.append(settings)
        raise fc.FerClassicError("far enough")

    seen = []
    monkeypatch.setattr(whole_run, "run_inputs", stop)
    with pytest.raises(fc.FerClassicError, match="far enough"):
        fc.run("train", out=tmp_path / "run")
    assert seen == [settings_from({"preset": None})]
