"""The commands model key, sign and verify, as a user runs them."""

import shutil
from pathlib import Path

import pytest

pytest.importorskip("cryptography")


@pytest.fixture
def copy(model_folder, tmp_path):
    return Path(shutil.copytree(model_folder, tmp_path / "run" / "model"))


@pytest.mark.parametrize("name", ["key", "sign", "verify"])
def test_help_has_an_example(cli, name):
    code, out, _ = cli("model", name, "-h")
    assert code == 0 and f"Example: fer-classic model {name}" in " ".join(out.split())


def test_from_a_key_to_a_verified_model(cli, copy, tmp_path):
    key = tmp_path / "my.key"
    code, out, err = cli("model", "key", key)
    assert (code, out) == (0, f"{key}\n")
    fingerprint = err.split()[-1]
    (copy / "README.md").write_text("a card")
    code, out, err = cli("model", "sign", copy.parent, "--key", key)  # the run's folder
    assert (code, out) == (0, f"{copy / 'SHA256SUMS.sig'}\n")
    assert fingerprint in err and "not part of the model: README.md" in err
    code, out, err = cli("model", "verify", copy, "--key", f"{key}.pub")
    assert code == 0 and f"by the key {key}.pub, fingerprint {fingerprint}" in out
    assert "right for 3 files (lightgbm.txt, model.json, state.npz)" in out
    assert "a model of 5 classes that can be used" in out
    assert "not vouched for, and not part of the model: README.md" in err
    code, out, _ = cli("model", "verify", copy)
    assert code == 0
    assert "not checked; without --key this says nothing of who made it" in out


def test_what_cannot_be_verified_is_exit_1(cli, copy, tmp_path):
    key = tmp_path / "my.key"
    cli("model", "key", key)
    code, out, err = cli("model", "verify", copy, "--key", f"{key}.pub")
    assert (code, out) == (1, "") and "is not signed (it has no SHA256SUMS.sig)" in err
    cli("model", "sign", copy, "--key", key)
    code, out, err = cli("model", "verify", copy, "--key", key)
    assert (code, out) == (1, "") and "is a private key: name the public one" in err
    (copy / "state.npz").write_bytes(b"other")
    for command in (("verify", copy), ("verify", copy, "--key", f"{key}.pub")):
        code, out, err = cli("model", *command)
        assert (code, out) == (1, "") and "has been changed or damaged" in err
    code, out, err = cli("model", "sign", copy, "--key", key, "--overwrite")
    assert (code, out) == (1, "") and "has been changed or damaged" in err
    code, out, err = cli("model", "verify", tmp_path / "none")
    assert (code, out) == (1, "") and "there is no such folder" in err


def test_wrong_usage_is_exit_2(cli, copy, tmp_path):
    assert cli("model", "key", tmp_path / "k")[0] == 0
    code, _, err = cli("model", "key", tmp_path / "k")
    assert code == 2 and "keys are never overwritten" in err
    assert cli("model", "sign", copy, "--key", tmp_path / "k")[0] == 0
    code, _, err = cli("model", "sign", copy, "--key", tmp_path / "k")
    assert code == 2 and "or give --overwrite" in err
    assert cli("model", "sign", copy)[0] == 2
