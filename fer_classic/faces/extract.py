"""One row an image, of many: in chunks, by processes, kept in a cache."""

import hashlib
import warnings
from dataclasses import replace
from functools import lru_cache, partial

import numpy as np

from fer_classic.compute.processes import each_chunk, somewhere_else
from fer_classic.data.duplicates import perceptual_hash
from fer_classic.detect import detector_identity, make_detector
from fer_classic.errors import FerClassicError, UnreadableImage
from fer_classic.faces.photograph import FIRST_SIDE, may_be_reduced
from fer_classic.faces.row import NO_MEMORY, find_rows, read_row
from fer_classic.faces.settings import FaceSettings, row_name
from fer_classic.faces.table import FaceTable, join_tables

#: Images that one task of a worker handles, and that one chunk of the cache holds. At the
#: end of a run some workers wait for the others' last task, so it must be short.
CHUNK = 32
#: Bytes of a chunk's files that are kept between looking them up and decoding them.
HELD = 1 << 25


def extract_faces(samples, settings=None, *, jobs=1, progress=None, cache=None):
    """Decode, detect, locate the landmarks and align, for every image.

    Parameters
    ----------
    samples : Samples
    settings : FaceSettings, optional
    jobs, progress, cache
        As in :func:`face_parts`.

    Returns
    -------
    FaceTable
        One row for each sample, in the same order; with ``settings.which`` "all" one for
        each face, named ``photo.jpg#1`` and so on, the most confident first. An image
        that fails is a row with the status "unreadable" and the reason.

    Warns
    -----
    UserWarning
        The cache cannot be written.
    """
    return join_tables(
        list(face_parts(samples, settings, jobs=jobs, progress=progress, cache=cache))
    )


def face_parts(
    samples, settings=None, *, jobs=1, progress=None, cache=None, warn=warnings.warn
):
    """The face table of many images, part by part, in memory that does not grow with it.

    Parameters
    ----------
    samples : Samples
    settings : FaceSettings, optional
    jobs : int
        Processes; -1 for all cores. The result does not depend on it.
    progress : callable, optional
        Called with the number of images done, as chunks complete.
    cache : path-like, optional
        Folder that keeps finished chunks: what lies there is not computed again. The
        result does not depend on it.
    warn : callable
        Called once with a message if the cache cannot be written.

    Yields
    ------
    FaceTable
        The next rows. There is at least one part.

    Raises
    ------
    FerClassicError
        A model file is missing, or a process was killed.
    """
    settings, store = settings or FaceSettings(), None
    if cache:
        from fer_classic.faces.cache import open_cache

        store = open_cache(cache, settings)
    identity = tuple(detector_identity(settings.detector))
    extract = partial(_extract_chunk, settings=settings, identity=identity, cache=store)
    done = 0
    if not len(samples):
        columns = _columns([], settings.crop_size)
        del columns["image"], columns["number"]
        yield _table(samples, settings, columns)
    for columns, trouble in each_chunk(
        extract, samples.sources, CHUNK, jobs=jobs, progress=progress
    ):
        if trouble and warn:
            warn(
                f"Finished work cannot be kept in {store.folder}: {trouble}. The run goes "
                "on without; free space, or name another folder (`cache` DIR, or none)."
            )
            warn = None
        numbers, images = columns.pop("number"), columns.pop("image")
        part = samples.take(done + images)
        done += int(images.max()) + 1
        if somewhere_else():
            _check_reading(part, columns)
        yield _table(named_faces(part, numbers, settings.which), settings, columns)


def named_faces(samples, numbers, which):
    """Samples whose rows are faces, named by their numbers where all faces count."""
    pairs = zip(samples.names, numbers.tolist(), strict=True)
    return replace(samples, names=tuple(row_name(n, k, which) for n, k in pairs))


def _check_reading(samples, columns):
    """A worker that sees other files than this machine would make a wrong table."""
    rows = zip(columns["digests"], columns["errors"], strict=True)
    for i, (digest, error) in enumerate(rows):
        # One image a chunk is enough to know a folder, and all that could not be read.
        if (i and digest) or error == NO_MEMORY:
            continue
        (here,) = _contents([samples.sources[i]], {})
        if here != (digest or error):
            raise FerClassicError(
                f"A worker does not read in {samples.names[i]!r} what this machine reads "
                f"({digest or error} there, {here} here). All must see the same files "
                "under the same absolute paths, and none may change during the run."
            )


def _table(samples, settings, columns):
    return FaceTable(
        **columns,
        names=samples.names,
        labels=samples.labels,
        groups=samples.groups,
        splits=samples.splits,
        problems=samples.problems,
        classes=samples.classes,
        settings=settings,
    )


def table_of_rows(rows, settings, classes):
    """A face table of faces that come from no file.

    Parameters
    ----------
    rows : list of dict
        As of :func:`fer_classic.faces.row.face_row`.
    settings : FaceSettings
    classes : ClassSet

    Returns
    -------
    FaceTable
        Unlabelled, its names are numbers.
    """
    empty = {"error": "", "digest": "", "thumbnail": np.zeros((32, 32), np.uint8)}
    columns = _columns(
        [empty | row | {"image": i, "number": 1} for i, row in enumerate(rows)],
        settings.crop_size,
    )
    del columns["image"], columns["number"]
    nothing = (None,) * len(rows)
    return FaceTable(
        **columns,
        names=tuple(map(str, range(len(rows)))),
        labels=np.full(len(rows), -1),
        **{"groups": nothing, "splits": nothing, "problems": ("no label",) * len(rows)},
        classes=classes,
        settings=settings,
    )


def _columns(rows, size):
    """The rows of several images as columns of a FaceTable, and which face each is.

    Besides there are ``image``, the image's place in the chunk, and ``number``, from 1 for
    the faces of an image and 0 where none was found.
    """

    def stack(key, dtype, *shape):
        return np.array([row[key] for row in rows], dtype=dtype).reshape(-1, *shape)

    return {
        "status": tuple(row["status"] for row in rows),
        "errors": tuple(row["error"] for row in rows),
        "n_faces": stack("n_faces", np.int64),
        "boxes": stack("box", np.float32, 4),
        "scores": stack("score", np.float32),
        "points": stack("points", np.float32, 68, 2),
        "landmarks": stack("landmarks", np.float32, 68, 2),
        "crops": stack("crop", np.uint8, size, size),
        "upright": stack("upright", np.uint8, size, size),
        "digests": tuple(row["digest"] for row in rows),
        "hashes": perceptual_hash(stack("thumbnail", np.uint8, 32, 32)),
        "image": stack("image", np.int64),
        "number": stack("number", np.int64),
    }


@lru_cache(maxsize=4)
def _detector(settings, identity):
    if tuple(detector_identity(settings.detector)) != identity:
        raise FerClassicError(
            f"A worker has another file or version of the detector {settings.detector!r} "
            "than this machine: results could differ. Put the same there."
        )
    return make_detector(
        settings.detector,
        upsample=settings.upsample,
        threshold=settings.threshold,
        min_size=settings.min_pixels,
    )


def _extract_chunk(sources, settings, identity, cache):
    """Columns of some images, and why the cache could not keep them or ""."""
    held = {}
    if cache and (known := cache.load(_key(cache, sources, _contents(sources, held)))):
        return known, ""
    # A model file that is missing concerns every image: let it end the run.
    detector = _detector(settings, identity)
    rows = _rows(sources, held, detector, settings)
    columns = _columns(rows, settings.crop_size)
    # What the rows say was read, should a file have changed since it was looked up.
    read = [row["digest"] or row["error"] for row in rows if row["number"] < 2]
    if cache and NO_MEMORY not in columns["errors"]:
        try:
            cache.store(_key(cache, sources, read), columns)
        except OSError as error:
            return columns, error.strerror or str(error)
    return columns, ""


def _key(cache, sources, contents):
    """The key of some images; a place of the face that a person has told counts too."""
    boxes = [getattr(source, "box", None) for source in sources]
    texts = zip(contents, boxes, strict=True)
    return cache.key([f"{own} {box}" if box else own for own, box in texts])


def _contents(sources, held):
    """Digests of images' bytes, or why they cannot be read; holds those bytes that fit."""
    found, size = [], 0
    for i, source in enumerate(sources):
        try:
            data = source.read()
            found.append(hashlib.sha256(data).hexdigest())
            if size + len(data) <= HELD:
                held[i] = data
                size += len(data)
        except UnreadableImage as error:
            found.append(str(error))
        except MemoryError:
            found.append(NO_MEMORY)
    return found


def _rows(sources, held, detector, settings):
    """Rows of all images: some are decoded first, and then their faces are found.

    Two short loops over small images take three quarters of the time of one long loop,
    whose code does not fit into the processor's caches.
    """
    rows, waiting, size = [], [], 0
    least = FIRST_SIDE if may_be_reduced(detector) else None
    for i, source in enumerate(sources):
        row, photograph = read_row(source, held.pop(i, None), settings, least)
        rows.append([row | {"image": i, "number": 0}])
        if photograph is not None:
            waiting.append((i, photograph))
            size += photograph.nbytes
        if size > HELD or i == len(sources) - 1:
            for place, photograph in waiting:
                box = getattr(sources[place], "box", None)
                found = find_rows(photograph, detector, settings, box)
                rows[place] = [
                    rows[place][0] | face | {"number": number if is_face(face) else 0}
                    for number, face in enumerate(found, start=1)
                ]
            waiting, size = [], 0
    return [row for faces in rows for row in faces]


def is_face(row):
    """Whether a row of :func:`find_rows` is a face that was found."""
    return row.get("status") == "face"
