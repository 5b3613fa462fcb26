"""Signatures of models: who made one, by Ed25519 (RFC 8032) over its SHA256SUMS."""

import hashlib
import os
from pathlib import Path

from fer_classic.errors import FerClassicError, UsageError
from fer_classic.files.atomic import write_file
from fer_classic.files.checksums import SEAL, SIGNATURE

#: No key file of ours has more than some hundred bytes.
_LARGEST = 1 << 16


def make_key(path):
    """Write a new key pair; neither file is ever overwritten.

    Parameters
    ----------
    path : path-like
        File of the private key, which its owner alone may read. The public one is
        written beside it, with ``.pub`` added to the name. Both are PEM.

    Raises
    ------
    UsageError
        One of the files exists.
    FerClassicError
        A file cannot be written, or cryptography is not installed.
    """
    serial, ed25519 = _cryptography()
    private, public = Path(path), Path(f"{path}.pub")
    for own in (private, public):
        if os.path.lexists(own):
            raise UsageError(
                f"{own} exists already; keys are never overwritten: name another."
            )
    key = ed25519.Ed25519PrivateKey.generate()
    secret = key.private_bytes(
        serial.Encoding.PEM, serial.PrivateFormat.PKCS8, serial.NoEncryption()
    )
    told = key.public_key().public_bytes(
        serial.Encoding.PEM, serial.PublicFormat.SubjectPublicKeyInfo
    )
    for own, content, mode in ((private, secret, 0o600), (public, told, 0o644)):
        try:
            number = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            with open(number, "wb") as file:
                file.write(content)
        except OSError as error:
            raise FerClassicError(f"{own} cannot be written: {error.strerror}.") from None
    return public, _fingerprint(key.public_key())


def sign_model(folder, path, *, overwrite=False):
    """Sign a model whose files are whole.

    Parameters
    ----------
    folder : path-like
        Of the model itself; see :func:`fer_classic.model.shipped.folder_of`.
    path : path-like
        File of the private key.
    overwrite : bool
        Whether an earlier signature may be replaced.

    Raises
    ------
    FerClassicError
        The key cannot be used, or the signature cannot be written.
    """
    key = _read_key(path, private=True)
    signature = key.sign(_signed_bytes(folder))
    write_file(Path(folder) / SIGNATURE, signature, overwrite=overwrite)
    return _fingerprint(key.public_key())


def check_signature(folder, path):
    """Refuse a model that the owner of a key has not signed.

    Parameters
    ----------
    folder : path-like
        Of the model itself.
    path : path-like
        File of the public key.

    Raises
    ------
    FerClassicError
        The key cannot be used, or the signature is missing or of something else.
    """
    from cryptography.exceptions import InvalidSignature

    key, place = _read_key(path, private=False), Path(folder) / SIGNATURE
    if not place.is_file():
        raise FerClassicError(
            f"{folder} is not signed (it has no {SIGNATURE}): ask its maker for it."
        )
    try:
        key.verify(_read(place), _signed_bytes(folder))
    except InvalidSignature:
        raise FerClassicError(
            f"{place} is not a signature of {SEAL} by the key {path}: another key made "
            "it, or the model has been changed since. Do not use the model."
        ) from None
    return _fingerprint(key)


def _cryptography():
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError:
        raise FerClassicError(
            "Signatures need the package cryptography, which is not installed: "
            "pip install 'fer_classic[sign]'"
        ) from None
    return serialization, ed25519


def _read_key(path, *, private):
    """The Ed25519 key in a PEM file."""
    serial, ed25519 = _cryptography()
    content, kind = _read(path), "private" if private else "public"
    if not private and b"PRIVATE KEY" in content:
        raise FerClassicError(f"{path} is a private key: name the public one, {path}.pub.")
    if private and b"PUBLIC KEY" in content:
        raise FerClassicError(f"{path} is a public key: name the private one to sign.")
    try:
        if private:
            key = serial.load_pem_private_key(content, None)
        else:
            key = serial.load_pem_public_key(content)
    except TypeError:
        raise FerClassicError(
            f"{path} is encrypted: decrypt it first (openssl pkey -in {path} -out FILE)."
        ) from None
    except Exception:  # ValueError, UnsupportedAlgorithm and what OpenSSL has besides
        raise FerClassicError(
            f"{path} is no {kind} key in PEM: make one with fer-classic model key FILE."
        ) from None
    wanted = ed25519.Ed25519PrivateKey if private else ed25519.Ed25519PublicKey
    if not isinstance(key, wanted):
        raise FerClassicError(
            f"{path} is a key of another kind ({type(key).__name__.strip('_')}): an "
            "Ed25519 key is needed. Make one with fer-classic model key FILE."
        )
    return key


def _signed_bytes(folder):
    return (Path(folder) / SEAL).read_bytes()


def _read(path):
    try:
        with open(path, "rb") as file:
            return file.read(_LARGEST)
    except OSError as error:
        raise FerClassicError(f"{path} cannot be read: {error.strerror}.") from None


def _fingerprint(key):
    """SHA-256 of a public key's 32 bytes, to compare by eye."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()
