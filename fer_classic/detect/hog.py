"""dlib's HOG + linear SVM detector of upright frontal faces."""

from functools import partial

import dlib

from fer_classic.compute.threads import kept_by_thread
from fer_classic.data.image import shrink, to_gray
from fer_classic.detect.base import (
    from_rectangle,
    most_confident_first,
    pad_edges,
    scale_to_side,
)
from fer_classic.files.kept import kept_bytes

#: Shorter side of the first level, at least, of the pyramid for the search for large faces.
FIRST_LEVEL = 216
#: How dlib writes the size of each of its detector's five filters, and that there are five.
_FILTER, _FIVE, _ONE = b"\x82\x1d\x0c\x81\x01", b"\x01\x05", b"\x01\x01"


@kept_by_thread(maxsize=1)
def _dlib_detector():
    """The detector as dlib unpacks it, which takes a third of a second: once a user."""
    return _detector(_state())


@kept_by_thread(maxsize=1)
def _frontal_alone():
    """The first of the detector's five filters, for faces that look at the camera.

    It takes some 0.6 of the time, and a face that it is sure of has the same box and score.
    """
    return _detector(_first_filter(_state()))


def _state():
    def unpacked():
        (state,) = dlib.get_frontal_face_detector().__getstate__()
        return state

    return kept_bytes(f"frontal-dlib-{dlib.__version__}", unpacked)


def _detector(state):
    detector = dlib.fhog_object_detector.__new__(dlib.fhog_object_detector)
    detector.__setstate__((state,))
    return detector


def _first_filter(state):
    """A detector's bytes with the first filter alone; as they are where dlib's differ."""
    head, *filters = state.split(_FILTER)
    if len(filters) != 5 or not head.endswith(_FIVE):
        return state
    return head.removesuffix(_FIVE) + _ONE + _FILTER + filters[0]


@kept_by_thread(maxsize=1)
def _step():
    """From a level of dlib's pyramid to the next, of 5/6 its size."""
    return dlib.pyramid_down(6)


class HOGDetector:
    """dlib's frontal face detector (King, arXiv:1502.00046).

    The image is searched in gray. Where nothing is found and ``escalate`` is set, it is
    searched again twice as large, for small faces in a group; and if that is in vain,
    with its border repeated outwards and at a lower threshold, for faces that the
    photograph cuts tightly.

    :meth:`detect_large` looks for a face of half the image's height, in a small fraction of
    the time.

    Parameters
    ----------
    upsample : int
        Times the image is doubled before the search; each finds faces half as
        large (without, about 80 pixels) at four times the cost.
    threshold : float
        Least detection score; the last search accepts 0.5 less.
    min_size : float
        Least width and height of a face in pixels.
    max_side : int
        Images are shrunk for the search so that the shorter side is at most this.
    escalate : bool
        Whether to search again where nothing was found.
    """

    name = "hog"
    #: dlib's smallest window is 80 pixels; smaller images are enlarged to this.
    min_side = 160
    #: The last search: border over the side, and drop of the threshold.
    last_border = 0.15
    last_drop = 0.5
    #: The search for large faces: shorter side at least, and least score.
    coarse_side = 125
    coarse_threshold = 0.3
    #: Least score of a face of which the filter for frontal faces tells the box alone.
    frontal_threshold = 1.0
    #: Boxes of less pixels are of the finest level that was searched: the face may be
    #: smaller, so it is sought two levels up.
    finest_box = 80
    #: In images of at most so many pixels of the shorter side the search begins at
    #: FIRST_LEVEL: smaller levels are hardly faster, and most faces are found at once.
    small_side = 320

    def __init__(
        self, *, upsample=0, threshold=0.0, min_size=0, max_side=1024, escalate=True
    ):
        self.upsample = upsample
        self.threshold = threshold
        self.min_size = min_size
        self.max_side = max_side
        self.escalate = escalate

    def detect(self, image):
        """Find faces.

        Parameters
        ----------
        image : ndarray of uint8, shape (H, W, 3) in RGB order or (H, W)
        """
        gray = to_gray(image)
        faces = self._search(gray, self.upsample, self.threshold)
        if faces or not self.escalate:
            return faces
        if min(gray.shape) >= self.min_side:  # smaller ones were enlarged already
            faces = self._search(gray, self.upsample + 1, self.threshold)
        if not faces:
            lower = self.threshold - self.last_drop
            faces = self._search(gray, self.upsample, lower, self.last_border)
        return faces

    def detect_large(self, gray, size):
        """Find faces of about half of the shorter side and more, if they are sure.

        Only the last levels of dlib's pyramid are searched, for faces that look at the
        camera, so that a face has the box and score that :meth:`detect` gives it; nearly,
        where large images are shrunk to the first of these levels in one step.

        Parameters
        ----------
        gray : ndarray of uint8, shape (h, w)
            The whole image, at any size.
        size : tuple of 2 int
            Height and width that the boxes refer to.

        Returns
        -------
        list of Face, the most confident first
            Empty where :meth:`detect` has to tell.
        """
        if self.upsample:  # small faces are wanted
            return []
        small = min(size) <= self.small_side
        share = min(1.0, self.max_side / min(size))
        base = tuple(round(side * share) for side in size)
        levels, scale = _pyramid(gray, base, FIRST_LEVEL if small else self.coarse_side)
        scale *= min(base) / min(size)
        for depth in range(len(levels) - 1, -1, -2):
            seek = partial(self._seek, levels[depth], depth, scale)
            faces = seek(_frontal_alone())
            if faces is None:
                return []
            if not faces or faces[0].width * scale * (5 / 6) ** depth < self.finest_box:
                continue
            if faces[0].score < self.frontal_threshold:  # it may be turned
                faces = seek(_dlib_detector()) or faces
            sure = faces[0].score >= max(self.threshold, self.coarse_threshold)
            return faces if sure else []
        return []

    def _seek(self, level, depth, scale, detector):
        """Faces of a level of the pyramid, those that are large enough; None of none."""
        rectangles, scores, _ = detector.run(level, 0, self.threshold)
        rectangles = [_step().rect_up(own, depth) for own in rectangles]
        return _faces(rectangles, scores, scale, 0, self.min_size) if scores else None

    def _search(self, gray, upsample, threshold, border=0.0):
        scaled, scale = scale_to_side(
            gray, self.min_side, max(self.max_side, self.min_side)
        )
        padded, border = pad_edges(scaled, border)
        rectangles, scores, _ = _dlib_detector().run(padded, upsample, threshold)
        return _faces(rectangles, scores, scale, border, self.min_size)


def _faces(rectangles, scores, scale, border, min_size):
    found = zip(rectangles, scores, strict=True)
    faces = [from_rectangle(r, score, scale, border) for r, score in found]
    return most_confident_first(faces, min_size)


def _pyramid(gray, base, least):
    """The last levels of dlib's pyramid of an image, down to a shorter side of ``least``.

    Small images have the very pixels that dlib makes of them, others nearly: they are
    shrunk in one step to a size that dlib's pyramid has, too, so that boxes are of the
    same sizes.

    Parameters
    ----------
    gray : ndarray of uint8, shape (h, w)
        The image at any size.
    base : tuple of 2 int
        Height and width at which :meth:`HOGDetector.detect` searches it.
    least : int
        The smallest level has at least so many pixels.

    Returns
    -------
    levels : list of ndarray
    scale : float
        Size of the first of them over ``base``.
    """
    first = base
    if gray.shape != base or min(base) >= 2 * FIRST_LEVEL:
        while min(first) * 5 // 6 >= FIRST_LEVEL:
            first = tuple(side * 5 // 6 for side in first)
    levels = [shrink(gray, *first[::-1])]
    while min(levels[-1].shape) * 5 // 6 >= least:
        levels.append(_step()(levels[-1]))
    return levels, min(first) / min(base)
