"""Exact and near duplicates, found by perceptual hashes."""

from functools import lru_cache

import numpy as np

from fer_classic.data.image import resize

#: Hash: signs of the 16 x 16 lowest frequencies of a 32 x 32 picture.
HASH_BITS = 256
#: Two images are near duplicates if at most this many bits differ.
MAX_DIFFERENT_BITS = 12


@lru_cache(maxsize=1)
def _cosines():
    """The 16 lowest of 32 frequencies: rows of the orthonormal DCT-II, (16, 32)."""
    place, frequency = np.arange(32) + 0.5, np.arange(16)[:, None]
    rows = np.cos(np.pi / 32 * frequency * place) * np.where(
        frequency, 0.25, 0.125**0.5 / 2
    )
    return rows.astype(np.float32)


def thumbnail(gray):
    """What of an image :func:`perceptual_hash` looks at.

    Parameters
    ----------
    gray : ndarray of uint8, shape (H, W)

    Returns
    -------
    ndarray of uint8, shape (32, 32)
    """
    return resize(gray, 32, 32)


def perceptual_hash(thumbnails):
    """Hashes of images that survive resizing, compression and small changes of light.

    The discrete cosine transform of a 32 x 32 version; each bit says whether one of
    the 16 x 16 lowest frequencies is above their median (Zauner 2010, "pHash", with
    256 bits instead of 64).

    Parameters
    ----------
    thumbnails : ndarray of uint8, shape (n, 32, 32)
        From :func:`thumbnail`. The hash of each does not depend on the others.

    Returns
    -------
    ndarray of uint8, shape (n, 32)
        256 packed bits each; none is set for an image of one gray value.
    """
    small = thumbnails.astype(np.float32)
    small -= small[:, :1, :1]  # concerns the mean alone; what is flat has no rounding noise
    low = (_cosines() @ small @ _cosines().T).reshape(-1, HASH_BITS)
    low[:, 0] = 0.0  # the mean says nothing about content
    return np.packbits(low > np.median(low, axis=1, keepdims=True), axis=1)


def near_groups(hashes, limit=MAX_DIFFERENT_BITS):
    """Number the sets of hashes that differ in few bits, directly or by way of others.

    The hash is cut into 16 bands; hashes that differ in fewer than 16 bits have an equal
    band, so only those are compared, and only while they are in different sets: in a
    film, each frame resembles thousands, and all pairs would not fit into memory.

    Parameters
    ----------
    hashes : ndarray of uint8, shape (n, 32)
    limit : int
        Bits that may differ, at most 15.

    Returns
    -------
    ndarray of int64, shape (n,)
        Equal numbers mark one set.
    """
    bands = np.ascontiguousarray(hashes).view(np.uint16)
    words = np.ascontiguousarray(hashes).view(np.uint64)
    sets = np.arange(len(hashes))
    for band in bands.T:
        order = np.argsort(band, kind="stable")
        step = 1
        while len(order) > step:
            # Compare each row with the next but step - 1 of those with an equal band.
            equal = band[order[:-step]] == band[order[step:]]
            if not equal.any():
                break
            a, b = order[:-step][equal], order[step:][equal]
            apart = sets[a] != sets[b]
            a, b = a[apart], b[apart]
            bits = np.bitwise_count(words[a] ^ words[b]).sum(axis=1)
            close = bits <= limit
            if close.any():
                links = np.stack([sets[a[close]], sets[b[close]]], axis=1)
                sets = connect(len(sets), links)[sets]
            if step & (step - 1) == 0:  # now and then, for it takes as long as a step
                order = order[_unsettled(band[order], sets[order], step)]
            step += 1
    return sets


def _unsettled(band, sets, step):
    """Rows in runs of ``band`` (sorted) longer than ``step`` and not yet in one set."""
    starts = np.flatnonzero(np.r_[True, band[1:] != band[:-1]])
    length = np.diff(np.r_[starts, len(band)])
    mixed = np.minimum.reduceat(sets, starts) != np.maximum.reduceat(sets, starts)
    return np.repeat(mixed & (length > step), length)


def duplicate_groups(digests, hashes, readable, limit=MAX_DIFFERENT_BITS):
    """Number the sets of images that are copies of each other.

    Parameters
    ----------
    digests : sequence of str, length n
        Digest of each image's bytes.
    hashes : ndarray of uint8, shape (n, 32)
        Perceptual hashes.
    readable : ndarray of bool, shape (n,)
        Rows that are not are never a duplicate of anything.
    limit : int
        Bits in which hashes of near duplicates may differ.

    Returns
    -------
    ndarray of int64, shape (n,)
        Equal numbers mark copies.
    """
    rows = np.flatnonzero(readable)
    same_bytes = _to_first(rows, np.asarray(digests, dtype=str)[rows])
    # Flat images (all black, say) hash to noise; only exact copies count among them.
    rows = rows[np.bitwise_count(hashes[rows]).sum(axis=1) >= HASH_BITS // 4]
    # Equal hashes are joined first: comparing k copies pair by pair would take k² / 2.
    same_hash = _to_first(rows, hashes[rows].view("V32")[:, 0])
    distinct = np.unique(same_hash[:, 1])
    near = _to_first(distinct, near_groups(hashes[distinct], limit))
    return connect(len(digests), np.concatenate([same_bytes, same_hash, near]))


def _to_first(rows, values):
    """Pairs of each row with the first row of equal value, shape (n, 2)."""
    _, first, index = np.unique(values, return_index=True, return_inverse=True)
    return np.stack([rows, rows[first][index]], axis=1)


def connect(n, pairs):
    """Number the connected components of a graph.

    Parameters
    ----------
    n : int
        Number of nodes.
    pairs : ndarray of int, shape (m, 2)

    Returns
    -------
    ndarray of int64, shape (n,)
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(pairs), dtype=np.int8)
    graph = coo_matrix((ones, (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def merge_groups(duplicates, groups):
    """Unite duplicate sets with the user's groups: rows sharing either stay together.

    Parameters
    ----------
    duplicates : ndarray of int, shape (n,)
    groups : sequence of (str or None), length n

    Returns
    -------
    ndarray of int64, shape (n,)
    """
    known = [i for i, group in enumerate(groups) if group is not None]
    if not known:
        return np.asarray(duplicates, dtype=np.int64)
    n = len(duplicates)
    sets = int(np.max(duplicates)) + 1
    _, index = np.unique([groups[i] for i in known], return_inverse=True)
    # Nodes: rows, then duplicate sets, then groups.
    pairs = np.concatenate(
        [
            np.stack([np.arange(n), n + np.asarray(duplicates)], axis=1),
            np.stack([np.array(known), n + sets + index], axis=1),
        ]
    )
    return connect(n + sets + int(index.max()) + 1, pairs)[:n]
