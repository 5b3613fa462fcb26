"""What a model keeps of its training faces so that others can start from it: start.npz.

The vectors of the faces are in the experts; here are their digests and perceptual hashes,
by which copies among a user's own photographs are known, and the experts' scores of them by
kernels that had not seen them. Predicting does not read it.
"""

from dataclasses import dataclass

import numpy as np

from fer_classic.data.duplicates import HASH_BITS, duplicate_groups
from fer_classic.errors import FerClassicError
from fer_classic.files.arrays import check_array, check_finite, read_npz

#: Its name, and the number of its layout.
START, VERSION = "start.npz", 1
#: Bytes that are kept of each SHA-256.
DIGEST = 16


@dataclass(frozen=True)
class StartFaces:
    """What is kept of the training faces.

    Attributes
    ----------
    digests : ndarray of uint8, shape (n, 16)
        First bytes of the SHA-256 of each image.
    hashes : ndarray of uint8, shape (n, 32)
        Perceptual hashes.
    scores : ndarray of float32, shape (n_experts, n, n_classes)
        Out of fold.
    """

    digests: np.ndarray
    hashes: np.ndarray
    scores: np.ndarray

    def __len__(self):
        return len(self.digests)

    def copied_by(self, faces):
        """Which of them each face of a table is a copy of.

        Parameters
        ----------
        faces : FaceTable
            Readable.

        Returns
        -------
        ndarray of int, shape (number of faces,)
            Row of the first such training face; -1 for none.
        """
        n, whole = len(self), len(self) + len(faces)
        digests = [own.tobytes().hex() for own in self.digests]
        digests += [own[: 2 * DIGEST] for own in faces.digests]
        hashes = np.concatenate([self.hashes, faces.hashes])
        groups = duplicate_groups(digests, hashes, np.ones(whole, bool))
        first = np.full(groups.max() + 1, -1)
        first[groups[:n][::-1]] = np.arange(n)[::-1]
        return first[groups[n:]]


def start_faces(faces, experts):
    """What a model shall keep of the faces that it has just been trained on.

    Parameters
    ----------
    faces : FaceTable
    experts : sequence of Expert
        At least one, with the out-of-fold scores of their training.

    Returns
    -------
    StartFaces
    """
    if not experts:
        raise FerClassicError(
            "A model that others start from needs kernel experts, and these settings have "
            "none: train it with the preset fast or accurate."
        )
    digests = [bytes.fromhex(own)[:DIGEST] for own in faces.digests]
    digests = np.frombuffer(b"".join(digests), np.uint8).reshape(-1, DIGEST)
    scores = np.stack([expert.ridge.out_of_fold_ for expert in experts])
    return StartFaces(digests, faces.hashes, scores.astype(np.float32))


def save_start(start, folder):
    """Write start.npz into the folder of a model; scores in 16 bits."""
    step = np.float32(max(np.abs(start.scores).max() / 32767, 1e-30))
    with open(folder / START, "wb") as file:
        np.savez_compressed(
            file,
            version=np.int64(VERSION),
            digests=start.digests,
            hashes=start.hashes,
            scores=np.rint(start.scores / step).astype(np.int16),
            step=step,
        )


def load_start(folder, experts, n_classes):
    """Read what :func:`save_start` wrote; its seal has been checked with the model's.

    Parameters
    ----------
    folder : pathlib.Path
    experts : sequence of Expert
        Of the same model.
    n_classes : int

    Raises
    ------
    FerClassicError
        An array is missing, left over or does not fit.
    """
    arrays = read_npz(folder / START)
    n = experts[0].ridge.columns_.shape[1]

    def take(key, dtype, *shape):
        name = f"{key} in {START}"
        return check_finite(check_array(arrays.pop(key, None), dtype, shape, name), name)

    if (found := int(take("version", "i8"))) != VERSION:
        raise FerClassicError(f"{START} has version {found}; read is {VERSION}.")
    digests = take("digests", "u1", n, DIGEST)
    hashes = take("hashes", "u1", n, HASH_BITS // 8)
    scores = take("scores", "i2", len(experts), n, n_classes)
    step = take("step", "f4")
    if arrays:
        raise FerClassicError(f"{START} holds {min(arrays)[:60]!r}, which is unknown.")
    if any((own.ridge.step_ != own.ridge.step_[0]).any() for own in experts):
        raise FerClassicError("vectors of the experts have several steps: an older model.")
    return StartFaces(digests, hashes, scores * step)
