"""Finished chunks on disk, so that a run that was stopped continues where it was.

A chunk lies under the checksum of everything that decides it, so it is never out of date:
what changes gets another name. Chunks may be deleted at any time.
"""

import hashlib
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer_classic.compute.surroundings import OF_FACES, code_checksums, machine
from fer_classic.detect import detector_identity
from fer_classic.files.arrays import read_npz
from fer_classic.files.staging import clear, partial_file
from fer_classic.files.versions import versions
from fer_classic.files.weights import model_file, sha256

#: Bytes of the checksum that a chunk begins with.
_HEAD = hashlib.sha256().digest_size


@dataclass(frozen=True)
class Cache:
    """Chunks of columns, each under the key of what decides it.

    Attributes
    ----------
    folder : pathlib.Path
        Made when the first chunk is stored.
    recipe : str
        Checksum of all that decides a chunk, save its images.
    """

    folder: Path
    recipe: str

    def key(self, images):
        """The key of a chunk.

        Parameters
        ----------
        images : list of str
            The digest of each image's content, or why it cannot be read.
        """
        return hashlib.sha256(json.dumps([self.recipe, *images]).encode()).hexdigest()

    def load(self, key):
        """Columns of a chunk, or None where it is not there or damaged.

        Returns
        -------
        dict of str to (ndarray or tuple of str), or None
        """
        try:
            raw = self._path(key).read_bytes()
            if raw[:_HEAD] != _checksum(key, raw[_HEAD:]):
                return None
            columns = read_npz(io.BytesIO(raw[_HEAD:]), key)
            texts = json.loads(columns.pop("texts").tobytes())
        except (OSError, ValueError, KeyError):
            return None
        return columns | {name: tuple(text) for name, text in texts.items()}

    def store(self, key, columns):
        """Write a chunk beside its place and rename it when it is whole.

        Parameters
        ----------
        key : str
        columns : dict of str to (ndarray or tuple of str)

        Raises
        ------
        OSError
            It cannot be written.
        """
        texts = {name: own for name, own in columns.items() if isinstance(own, tuple)}
        arrays = {name: own for name, own in columns.items() if name not in texts}
        stream = io.BytesIO()
        packed = np.frombuffer(json.dumps(texts).encode(), dtype=np.uint8)
        np.savez(stream, texts=packed, **arrays)
        content = stream.getvalue()
        path = self._path(key)
        clear(path)
        number, work = partial_file(path)
        try:
            with open(number, "wb") as file:
                file.write(_checksum(key, content) + content)
            os.replace(work, path)
        finally:
            work.unlink(missing_ok=True)

    def _path(self, key):
        return self.folder / key[:2] / f"{key}.chunk"


def _checksum(key, content):
    return hashlib.sha256(key.encode() + content).digest()


def open_cache(folder, settings):
    """The cache of faces found under some settings.

    Raises
    ------
    FerClassicError
        A model file is missing.
    """
    # A detector counts by what it is, not by where its file lies.
    own = settings.to_dict() | {"detector": None}
    recipe = {
        "versions": versions(),
        "machine": machine(),
        "code": code_checksums(OF_FACES),
        "models": [sha256(model_file("landmarks")), detector_identity(settings.detector)],
        "settings": own,
    }
    text = json.dumps(recipe, sort_keys=True)
    recipe = hashlib.sha256(text.encode()).hexdigest()
    return Cache(Path(folder).absolute(), recipe)


def usage(folder):
    """How much a cache holds.

    Returns
    -------
    chunks : int
    size : int
        Bytes.
    """
    sizes = []
    for path in Path(folder).glob("*/*"):
        try:
            sizes.append(path.stat().st_size)
        except OSError:  # deleted in the meantime
            continue
    return len(sizes), sum(sizes)
