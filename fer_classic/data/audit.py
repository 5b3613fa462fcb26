"""What a data set is like before anything is trained on it."""

import hashlib
from collections import Counter
from functools import partial

import numpy as np

from fer_classic.compute.processes import in_chunks
from fer_classic.data.duplicates import duplicate_groups, perceptual_hash, thumbnail
from fer_classic.data.image import MAX_PIXELS, decode, to_gray
from fer_classic.errors import UnreadableImage

#: Images that one task of a worker handles.
CHUNK = 256


def audit(parts, *, jobs=1, max_pixels=MAX_PIXELS, progress=None):
    """Count, read and compare all images of a data set.

    Parameters
    ----------
    parts : dict of str to Samples
        Such as train, val and test; copies are looked for across them.
    jobs : int
        Processes; -1 for all cores.
    max_pixels : int
        Images with more pixels count as unreadable.
    progress : callable, optional
        Called with the number of images done.

    Returns
    -------
    dict of JSON types
        counts (by part and class), left_out (by part and reason), imbalance (largest
        over smallest class, by part), unreadable (name and reason), duplicates: sets of
        exact and of near copies, rows in them, sets that cross parts, sets with
        conflicting labels, each with its names.
    """
    parts = _by_split(parts)
    rows = _fingerprints(parts, jobs, max_pixels, progress)
    names = [f"{part}/{name}" for part, own in parts.items() for name in own.names]
    part_of = [part for part, own in parts.items() for _ in own.names]
    labels = np.concatenate([own.labels for own in parts.values()])
    digests = [digest for digest, _, _ in rows]
    readable = np.array([not error for _, _, error in rows], dtype=bool)
    hashes = np.array([code for _, code, _ in rows], dtype=np.uint8).reshape(-1, 32)
    sets = duplicate_groups(digests, hashes, readable)
    return {
        "images": len(names),
        "counts": {part: _class_counts(own) for part, own in parts.items()},
        "left_out": {part: own.left_out() for part, own in parts.items()},
        "imbalance": {part: _imbalance(own) for part, own in parts.items()},
        "unreadable": [
            {"file": name, "reason": error}
            for name, (_, _, error) in zip(names, rows, strict=True)
            if error
        ],
        "duplicates": _duplicates(sets, digests, names, part_of, labels),
    }


def _by_split(parts):
    """Parts parted further by the splits that the data itself names."""
    result = {}
    for part, samples in parts.items():
        splits = list(dict.fromkeys(samples.splits))
        if len(splits) == 1:
            result[part] = samples
            continue
        for split in splits:
            result[f"{part}:{split or 'no split'}"] = samples.in_split(split)
    return result


def _fingerprints(parts, jobs, max_pixels, progress):
    sources = [source for samples in parts.values() for source in samples.sources]
    fingerprint = partial(_fingerprint_chunk, max_pixels=max_pixels)
    return in_chunks(fingerprint, sources, CHUNK, jobs=jobs, progress=progress)


def _fingerprint_chunk(sources, max_pixels):
    """Digest, perceptual hash and error of each image."""
    digests, thumbnails, errors = zip(
        *(_fingerprint(source, max_pixels) for source in sources), strict=True
    )
    return list(zip(digests, perceptual_hash(np.stack(thumbnails)), errors, strict=True))


def _fingerprint(source, max_pixels):
    """Digest, thumbnail and error of one image."""
    digest, small = "", np.zeros((32, 32), np.uint8)
    try:
        data = source.read()
        digest = hashlib.sha256(data).hexdigest()
        small = thumbnail(to_gray(decode(data, max_pixels=max_pixels)))
    except UnreadableImage as error:
        return digest, small, str(error)
    return digest, small, ""


def _class_counts(samples):
    codes = samples.labels[samples.labels >= 0]
    counts = np.bincount(codes, minlength=len(samples.classes)).tolist()
    return dict(zip(samples.classes.names, counts, strict=True))


def _imbalance(samples):
    counts = list(_class_counts(samples).values())
    return max(counts) / min(counts) if min(counts) else None


def _duplicates(sets, digests, names, part_of, labels):
    """Sets of copies, described; each list holds the names of one set an entry."""
    members = {}
    for row, number in enumerate(sets):
        members.setdefault(int(number), []).append(row)
    copies = [rows for rows in members.values() if len(rows) > 1]

    def named(chosen):
        return [[names[row] for row in rows] for rows in chosen]

    exact = [rows for rows in copies if len({digests[row] for row in rows}) == 1]
    crossing = [rows for rows in copies if len({part_of[row] for row in rows}) > 1]
    known = {i: {int(labels[r]) for r in rows} - {-1} for i, rows in enumerate(copies)}
    conflicting = [rows for i, rows in enumerate(copies) if len(known[i]) > 1]
    return {
        "exact_sets": len(exact),
        "near_sets": len(copies) - len(exact),
        "images_in_sets": sum(map(len, copies)),
        "across_parts": named(crossing),
        "conflicting_labels": named(conflicting),
        "copied_from_another_part": dict(
            Counter(part_of[row] for rows in crossing for row in rows)
        ),
    }
