"""Signatures of models: each thing that can be wrong with one has its sentence."""

import os
import shutil
import stat
import sys
from pathlib import Path

import pytest

from fer_classic.errors import FerClassicError, UsageError
from fer_classic.files.checksums import write_seal
from fer_classic.model.signing import check_signature, make_key, sign_model
from fer_classic.model.store import load_model, save_model

serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")


@pytest.fixture
def pair(tmp_path):
    """Private and public file."""
    public, _ = make_key(tmp_path / "my.key")
    return tmp_path / "my.key", public


@pytest.fixture
def copy(model_folder, tmp_path):
    return Path(shutil.copytree(model_folder, tmp_path / "model"))


def pem(key, password=None):
    how = serialization.NoEncryption()
    if password:
        how = serialization.BestAvailableEncryption(password)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how
    )


def public_pem(key):
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def test_a_signed_model_is_verified_and_loaded(copy, pair, model, train_faces):
    fingerprint = sign_model(copy, pair[0])
    assert check_signature(copy, pair[1]) == fingerprint and len(fingerprint) == 64
    assert len((copy / "SHA256SUMS.sig").read_bytes()) == 64
    assert load_model(copy).feature_names == model.feature_names


def test_the_seal_leaves_the_signature_out(copy, pair):
    before = (copy / "SHA256SUMS").read_bytes()
    sign_model(copy, pair[0])
    write_seal(copy)
    assert (copy / "SHA256SUMS").read_bytes() == before
    check_signature(copy, pair[1])


def test_a_key_is_private_and_never_overwritten(tmp_path, pair):
    if os.name == "posix":
        assert stat.S_IMODE(os.stat(pair[0]).st_mode) == 0o600
    before = [own.read_bytes() for own in pair]
    for name in ("my.key", "my"):
        (tmp_path / "my.pub").write_text("somebody's")
        with pytest.raises(UsageError, match="exists already; keys are never overwritten"):
            make_key(tmp_path / name)
    assert [own.read_bytes() for own in pair] == before
    assert not (tmp_path / "my").exists()
    with pytest.raises(FerClassicError, match="cannot be written: No such file"):
        make_key(tmp_path / "none" / "my.key")


def test_another_key_and_other_bytes_are_refused(copy, pair, tmp_path):
    other, _ = make_key(tmp_path / "other.key")
    sign_model(copy, pair[0])
    words = "is not a signature of SHA256SUMS by the key"
    with pytest.raises(FerClassicError, match=words):
        check_signature(copy, other)
    (copy / "more.txt").write_text("one more file")
    write_seal(copy)
    with pytest.raises(FerClassicError, match="Do not use the model"):
        check_signature(copy, pair[1])
    for content in (b"", b"nonsense", bytes(64), bytes(100_000)):
        (copy / "SHA256SUMS.sig").write_bytes(content)
        with pytest.raises(FerClassicError, match=words):
            check_signature(copy, pair[1])
    (copy / "SHA256SUMS.sig").unlink()
    with pytest.raises(FerClassicError, match=r"is not signed \(it has no SHA256SUMS\.sig"):
        check_signature(copy, pair[1])


def test_a_signature_is_replaced_only_when_asked(copy, pair):
    sign_model(copy, pair[0])
    with pytest.raises(UsageError, match="exists already"):
        sign_model(copy, pair[0])
    assert sign_model(copy, pair[0], overwrite=True)


def test_keys_that_cannot_be_used(copy, pair, tmp_path):
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    curve = ec.generate_private_key(ec.SECP256R1())
    own = ed25519.Ed25519PrivateKey.generate()
    wrong = tmp_path / "wrong"
    for content, sign_words, check_words in (
        (pem(own, b"secret"), "is encrypted: decrypt it first", "is a private key: name"),
        (pem(curve), r"another kind \(ECPrivateKey\)", "is a private key: name the pub"),
        (public_pem(curve), "is a public key: name", r"another kind \(ECPublicKey\)"),
        (public_pem(own), "is a public key: name the private one", None),
        (b"", "is no private key in PEM", "is no public key in PEM"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n", "is no private key", "is a private key"),
        (os.urandom(500), "is no private key in PEM", "is no public key in PEM"),
    ):
        wrong.write_bytes(content)
        with pytest.raises(FerClassicError, match=sign_words):
            sign_model(copy, wrong)
        sign_model(copy, pair[0], overwrite=True)
        if check_words:
            with pytest.raises(FerClassicError, match=check_words):
                check_signature(copy, wrong)
    for missing in (tmp_path / "none", tmp_path):
        with pytest.raises(FerClassicError, match="cannot be read"):
            sign_model(copy, missing)


def test_the_package_that_is_missing_is_named(copy, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives", None)
    for use in (
        lambda: make_key(tmp_path / "a"),
        lambda: sign_model(copy, tmp_path / "a"),
        lambda: check_signature(copy, tmp_path / "a"),
    ):
        with pytest.raises(FerClassicError, match=r"pip install 'fer_classic\[sign\]'"):
            use()


def test_a_model_that_is_saved_anew_is_not_signed(copy, pair, tmp_path):
    sign_model(copy, pair[0])
    (tmp_path / "again").mkdir()
    save_model(load_model(copy), tmp_path / "again")
    assert not (tmp_path / "again" / "SHA256SUMS.sig").exists()
