"""Photographs decoded in part: the same face, crop and places as from all pixels."""

import io

import numpy as np
import pytest
from PIL import Image
from skimage import data

from fer_classic.data.image import MAX_PIXELS, decode, decode_reduced, to_gray
from fer_classic.detect import hog, make_detector
from fer_classic.errors import UnreadableImage
from fer_classic.faces import photograph as module
from fer_classic.faces.photograph import (
    FIRST_SIDE,
    Photograph,
    find_faces,
    may_be_reduced,
    read_photograph,
)
from fer_classic.faces.row import face_row
from fer_classic.faces.settings import FaceSettings

HOG = make_detector("hog")
#: Parts of the astronaut's photograph: a face of half its height, and of a fifth.
LARGE, SMALL = (110, 0, 350, 180), (0, 0, 512, 384)


def jpeg(part, size, **options):
    image = Image.fromarray(data.astronaut()).crop(part).resize(size, Image.BICUBIC)
    stream = io.BytesIO()
    image.convert(options.pop("mode", "RGB")).save(stream, "JPEG", quality=92, **options)
    return stream.getvalue()


def found(content, detector=HOG, settings=FaceSettings(), least=FIRST_SIDE):  # noqa: B008
    photograph = read_photograph(content, least, MAX_PIXELS)
    photograph, faces = find_faces(photograph, detector, settings)
    return photograph, face_row(photograph, faces, settings)


def whole(content, settings=FaceSettings()):  # noqa: B008
    own = Photograph.of(decode(content))
    return face_row(own, HOG.detect(own.image), settings)


def overlap(a, b):
    ends = [(x, y, x + w, y + h) for x, y, w, h in (a["box"], b["box"])]
    (x1, y1, x2, y2), (u1, v1, u2, v2) = ends
    inside = max(0, min(x2, u2) - max(x1, u1)) * max(0, min(y2, v2) - max(y1, v1))
    return inside / ((x2 - x1) * (y2 - y1) + (u2 - u1) * (v2 - v1) - inside)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("size, factor", [((2400, 1800), 2), ((4005, 3001), 4)])
def test_a_large_portrait_is_decoded_in_part_and_gives_the_same_crop(mode, size, factor):
    content = jpeg(LARGE, size, mode=mode)
    photograph, row = found(content)
    assert photograph.factor == factor
    assert photograph.image.ndim == (3 if mode == "CMYK" else 2)
    assert photograph.size == size[::-1]
    expected = whole(content)
    assert row["status"] == expected["status"] == "face"
    assert overlap(row, expected) > 0.7
    width = expected["box"][2]
    gaps = np.linalg.norm(row["points"] - expected["points"], axis=1)
    assert gaps.mean() < 0.02 * width
    difference = np.abs(row["crop"].astype(int) - expected["crop"])
    assert difference.mean() < 8


def test_a_large_photograph_of_a_small_face_is_decoded_for_all_the_detector_reads():
    content = jpeg(SMALL, (5120, 3840))
    photograph, row = found(content)
    assert photograph.factor == 2  # 1,920 pixels: more than the 1,024 that are searched
    assert overlap(row, whole(content)) > 0.9


def test_a_face_too_small_for_its_crop_has_the_whole_decoded():
    content = jpeg(SMALL, (2800, 2100))
    photograph, row = found(content, settings=FaceSettings(crop_size=256))
    assert photograph.factor == 1 and photograph.image.ndim == 3
    assert overlap(row, whole(content)) > 0.9


def test_a_photograph_without_a_face_is_the_whole_one():
    stream = io.BytesIO()
    Image.new("RGB", (2003, 1501), "gray").save(stream, "JPEG")
    _, row = found(stream.getvalue())
    assert row["status"] == "no_face" and row["box"] == (0.0, 0.0, 2003.0, 1501.0)
    assert np.isfinite(row["points"]).all() and row["points"].max() < 2003


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_turned_photograph_is_upright(orientation):
    exif = Image.Exif()
    exif[274] = orientation
    turns = {1: 0, 3: 2, 6: 1, 8: 3}[orientation]
    upright = Image.fromarray(data.astronaut()).crop(LARGE).resize((2000, 1500))
    stream = io.BytesIO()
    turned = Image.fromarray(np.ascontiguousarray(np.rot90(np.asarray(upright), turns)))
    turned.save(stream, "JPEG", quality=92, exif=exif)
    image, size, factor = decode_reduced(stream.getvalue(), 480)
    assert factor == 2 and size == (1500, 2000) and image.shape == (750, 1000)
    _, row = found(stream.getvalue())
    assert overlap(row, whole(stream.getvalue())) > 0.7


def test_what_cannot_be_reduced_is_decoded_as_ever():
    stream = io.BytesIO()
    Image.fromarray(data.astronaut()).crop(LARGE).resize((2000, 1500)).save(stream, "PNG")
    image, size, factor = decode_reduced(stream.getvalue(), 480)
    assert factor == 1 and size == (1500, 2000)
    assert np.array_equal(image, decode(stream.getvalue()))


def test_a_small_jpeg_is_decoded_whole_in_gray():
    content = jpeg(LARGE, (1000, 750))
    image, size, factor = decode_reduced(content, 480)
    assert factor == 1 and size == image.shape == (750, 1000)
    colours = to_gray(decode(content)).astype(int)
    assert np.abs(image - colours).max() <= 8 and (image != colours).mean() < 0.02


def test_the_limit_counts_the_whole_and_damage_is_told():
    content = jpeg(LARGE, (2400, 1800))
    with pytest.raises(UnreadableImage, match="2400 x 1800 pixels are more than"):
        decode_reduced(content, 480, max_pixels=1_000_000)
    with pytest.raises(UnreadableImage, match="damaged or truncated"):
        decode_reduced(content[: len(content) // 2], 480)


def test_other_detectors_get_every_pixel_in_colour():
    class Noting:
        def detect(self, image):
            self.shape = image.shape
            return []

    detector = Noting()
    assert may_be_reduced(HOG) and not may_be_reduced(detector)
    least = FIRST_SIDE if may_be_reduced(detector) else None
    found(jpeg(LARGE, (2400, 1800)), detector, least=least)
    assert detector.shape == (1800, 2400, 3)


def test_a_large_face_has_the_box_and_score_of_the_whole_search():
    image = Image.fromarray(data.astronaut()).crop(LARGE)
    gray = to_gray(np.asarray(image.resize((350, 262), Image.BICUBIC)))
    (large,), (face, *_) = HOG.detect_large(gray, gray.shape), HOG.detect(gray)
    assert large.score == pytest.approx(face.score, abs=1e-9)
    np.testing.assert_allclose(large.box, face.box, atol=3)


def test_the_first_search_looks_for_frontal_faces_alone():
    assert hog._frontal_alone().num_detectors == 1
    assert hog._dlib_detector().num_detectors == 5
    other = b"of another version of dlib's"
    assert hog._first_filter(other) == other


def test_a_large_face_is_not_sought_where_small_ones_are_wanted_or_none_is_sure():
    gray = to_gray(data.astronaut())
    assert HOG.detect_large(gray, gray.shape) == []
    portrait = np.ascontiguousarray(gray[:180, 110:350])
    (own,) = HOG.detect_large(portrait, portrait.shape)
    assert own == HOG.detect(portrait)[0]  # of a small image it is the whole search
    closer = to_gray(np.asarray(Image.fromarray(portrait).resize((700, 525))))
    assert HOG.detect_large(closer, closer.shape)
    assert make_detector("hog", upsample=1).detect_large(closer, closer.shape) == []
    assert make_detector("hog", threshold=9).detect_large(closer, closer.shape) == []
    assert make_detector("hog", min_size=600).detect_large(closer, closer.shape) == []


def test_bytes_are_kept_only_while_they_may_be_decoded_again():
    content = jpeg(LARGE, (2400, 1800))
    part = read_photograph(content, FIRST_SIDE, MAX_PIXELS)
    assert part.nbytes == part.image.nbytes + len(content)
    full = part.with_side(None)
    assert full.data is None and full.image.shape == (1800, 2400, 3)
    assert full.with_side(None) is full and part.with_side(800) is part
    assert module.SPARE == 2.5


def test_every_face_is_sought_where_all_count():
    content = jpeg(LARGE, (2400, 1800))
    every = FaceSettings(which="all")

    class Noting:
        max_side, calls = HOG.max_side, []

        def detect_large(self, gray, size):
            self.calls.append("large")
            return HOG.detect_large(gray, size)

        def detect(self, image):
            self.calls.append(image.shape)
            return HOG.detect(image)

    detector = Noting()
    found(content, detector)
    assert detector.calls == ["large"]
    detector.calls.clear()
    found(content, detector, every)
    assert detector.calls == [(1800, 2400)]  # of a JPEG, in gray
