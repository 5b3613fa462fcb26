"""Scores of detectors: the protocols' answers worked out by hand."""

from pathlib import Path

import numpy as np
import pytest

from fer_classic.detect import Face
from fer_classic.detectbench.annotations import Mark, Picture
from fer_classic.detectbench.score import (
    alarms,
    average_precision,
    count,
    detect_all,
    fit_mapping,
    read_split,
    roc_curves,
    score_detections,
    times,
)
from fer_classic.detectbench.score.compare import compare_detectors, score_rows
from fer_classic.detectbench.score.fddb import rate_at
from fer_classic.detectbench.score.overlap import clipped, ellipse_polygon, overlap_matrix
from fer_classic.detectbench.score.wider import voc_area
from fer_classic.errors import FerClassicError


def mark(x, y, width, height, ignored=False, **more):
    return Mark(x, y, width, height, 1, ignored, **more)


def picture(*marks, name="a.jpg"):
    return Picture(name, 1, marks, Path(name), (1000, 1000))


def face(x, y, width, height, score):
    return Face(float(x), float(y), float(width), float(height), score)


#: Two pictures of two faces each. In the first, a box right on a face (0.9), one that
#: covers 10 x 8 of the other (overlap 0.8, score 0.7) and one beside both (0.8); in the
#: second one box of overlap 0.4 (10 x 4 of 10 x 10, score 0.6); one face has no box at all.
PICTURES = (
    picture(mark(0, 0, 10, 10), mark(100, 0, 10, 10)),
    picture(mark(0, 0, 10, 10), mark(100, 0, 10, 40), name="b.jpg"),
)
FOUND = (
    [face(0, 0, 10, 10, 0.9), face(300, 0, 10, 10, 0.8), face(100, 0, 10, 8, 0.7)],
    [face(0, 0, 10, 4, 0.6)],
)


def test_fddbs_curves_by_hand():
    curve = roc_curves(PICTURES, FOUND)
    assert curve["threshold"] == [0.9, 0.8, 0.7, 0.6]
    # Of four faces one, one, two, two are found; the last box, 0.4, is a false alarm.
    assert curve["discrete"] == [0.25, 0.25, 0.5, 0.5]
    assert curve["continuous"] == pytest.approx([0.25, 0.25, 0.45, 0.55])
    assert curve["false_positives"] == [0, 1, 1, 2]
    assert rate_at(curve, "discrete", 0) == 0.25
    assert rate_at(curve, "discrete", 1) == 0.5
    assert rate_at(curve, "continuous", 2) == pytest.approx(0.55)
    assert rate_at(roc_curves(PICTURES, ([], [])), "discrete", 5) == 0.0


def test_a_box_counts_for_one_face_and_a_face_for_one_box():
    two = (picture(mark(0, 0, 10, 10)),)
    curve = roc_curves(two, ([face(0, 0, 10, 10, 0.9), face(0, 0, 10, 9, 0.8)],))
    assert curve["discrete"] == [1.0, 1.0] and curve["false_positives"] == [0, 1]
    # The pairing with the largest sum, not the greedy one: 10 x 10 boxes at 0 and 4, faces
    # at 1 and -3. Greedy takes 0 with 1 (9 / 11) and leaves 4 with -3 (3 / 17).
    faces = (picture(mark(1, 0, 10, 10), mark(-3, 0, 10, 10)),)
    curve = roc_curves(faces, ([face(0, 0, 10, 10, 0.9), face(4, 0, 10, 10, 0.9)],))
    assert curve["continuous"] == pytest.approx([(7 / 13 + 7 / 13) / 2])
    assert curve["discrete"] == [1.0]


def test_widers_average_precision_by_hand():
    every = [np.ones(2, bool), np.ones(2, bool)]
    # By falling score: hit, alarm, hit, alarm (0.4 is below 0.5). Precision 1 up to a
    # recall of 1/4, then 2/3 up to 2/4, then nothing.
    expected = 0.25 * 1 + 0.25 * 2 / 3
    assert average_precision(PICTURES, FOUND, every) == pytest.approx(expected)
    # At an overlap of 0.4 the last is a hit, and the precision of all before rises to 3/4.
    expected = 0.25 * 1 + 0.5 * 3 / 4
    assert average_precision(PICTURES, FOUND, every, iou=0.4) == pytest.approx(expected)


def test_faces_that_do_not_count_take_their_boxes_along():
    # Without the first picture's second face: its box is neither hit nor alarm.
    counted = [np.array([True, False]), np.ones(2, bool)]
    value = average_precision(PICTURES, FOUND, counted)
    assert value == pytest.approx(1 / 3)
    none = [np.zeros(2, bool)] * 2
    assert np.isnan(average_precision(PICTURES, FOUND, none))
    assert average_precision(PICTURES, ([], []), counted) == 0.0


def test_a_second_box_on_a_face_is_a_false_alarm():
    one = (picture(mark(0, 0, 10, 10), mark(100, 0, 10, 10)),)
    found = [face(0, 0, 10, 10, 0.9), face(0, 0, 10, 9, 0.8), face(100, 0, 10, 10, 0.7)]
    value = average_precision(one, (found,), [np.ones(2, bool)])
    assert value == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


def test_pixels_are_counted_inclusively():
    # 4 x 4 against 4 x 2: (5 * 3) / (5 * 5) = 0.6 with the last pixel, 0.5 without.
    one = (picture(mark(0, 0, 4, 4)),)
    found = ([face(0, 0, 4, 2, 0.9)],)
    assert average_precision(one, found, [np.ones(1, bool)], iou=0.59) == 1.0
    assert average_precision(one, found, [np.ones(1, bool)], iou=0.61) == 0.0


def test_area_below_a_monotone_curve():
    recall, precision = np.array([0.2, 0.4, 0.6]), np.array([0.5, 1.0, 0.75])
    assert voc_area(recall, precision) == pytest.approx(0.4 * 1 + 0.2 * 0.75)


def test_counts_by_hand():
    ignored = picture(mark(0, 0, 10, 10), mark(50, 50, 10, 10, True), name="c.jpg")
    pictures = (*PICTURES, ignored)
    found = (*FOUND, [face(50, 50, 10, 10, 0.9), face(80, 80, 10, 10, 0.5)])
    told = count(pictures, found)
    assert [own.tolist() for own in told["found"]] == [
        [True, True],
        [False, False],
        [False],
    ]
    # The box on the ignored face is no alarm.
    assert told["alarms"] == [1, 1, 1]
    assert told["best_any"] == [1.0, 0.0, 0.0]
    assert told["best_main"] == [1.0, 0.0, 0.0]
    scores = score_detections(pictures, found)
    recall = scores["recall"]
    assert (recall["faces"], recall["found"], recall["value"]) == (5, 2, 0.4)
    assert recall["low"] < 0.4 < recall["high"]
    by_height = [(own["faces"], own["found"]) for own in scores["recall_by_height"]]
    assert by_height == [(4, 2), (1, 0), (0, 0), (0, 0)]
    assert scores["recall_by_height"][2]["value"] is None
    assert scores["false_alarms"] == 3
    assert scores["best_any"]["right"] == 1 and scores["best_any"]["pictures"] == 3
    assert scores["average_precision"]["96 to 100000 px"] is None


def test_the_main_face_is_the_largest():
    faces = (picture(mark(0, 0, 10, 10), mark(100, 0, 20, 20)),)
    small = count(faces, ([face(0, 0, 10, 10, 0.9), face(100, 0, 20, 20, 0.8)],))
    assert (small["best_any"], small["best_main"]) == ([1.0], [0.0])
    bare = count((picture(),), ([face(0, 0, 10, 10, 0.9)],))
    assert np.isnan(bare["best_any"][0]) and bare["alarms"] == [1]
    assert count(faces, ([],))["best_main"] == [0.0]


def test_alarms_on_empty_pictures():
    told = alarms([[], [face(0, 0, 9, 9, 1.0)] * 2, [], []])
    assert (told["pictures"], told["right"], told["boxes"]) == (4, 1, 2)
    assert told["value"] == 0.25
    assert times([1.0, 2.0, 9.0]) == {"mean": 4.0, "median": 2.0}


def test_ellipses_and_boxes():
    circle = (10.0, 10.0, 0.0, 50.0, 50.0)
    polygon = ellipse_polygon(*circle)
    area = np.pi * 100
    one = mark(40, 40, 20, 20, ellipse=circle)
    boxes = np.array([[40, 40, 60, 60], [40, 40, 50, 60], [0, 0, 5, 5], [0, 0, 99, 99.0]])
    found = overlap_matrix(boxes, [one], ellipses=True)[:, 0]
    expected = [area / 400, (area / 2) / (200 + area / 2), 0, area / 9801]
    assert found == pytest.approx(expected, rel=1e-3)
    assert overlap_matrix(boxes, [one])[:, 0].tolist()[:3] == [1.0, 0.5, 0.0]
    half = clipped(polygon, (0, 0, 50, 100))
    assert half[:, 0].max() == pytest.approx(50)
    # Turned by 90 degrees, the half axes change places.
    turned = ellipse_polygon(20, 10, np.pi / 2, 0, 0)
    assert np.abs(turned).max(axis=0) == pytest.approx([10, 20])


def test_a_shift_and_scale_are_found_again():
    random = np.random.default_rng(0)
    pictures, found = [], []
    for _ in range(9):
        x, y, side = random.uniform(50, 300, 3)
        # Marks lie a tenth lower, and are 1.2 times as wide and 1.5 times as high.
        width, height = 1.2 * side, 1.5 * side
        cx, cy = x + side / 2, y + side / 2 + side / 10
        pictures.append(picture(mark(cx - width / 2, cy - height / 2, width, height)))
        found.append([face(x, y, side, side, 1.0), face(900, 900, 9, 9, 0.5)])
    mapping = fit_mapping(pictures, found)
    assert mapping.pairs == 9
    assert (mapping.x, mapping.y) == pytest.approx((0, 0.1))
    assert (mapping.width, mapping.height) == pytest.approx((1.2, 1.5))
    for own, boxes in zip(pictures, found, strict=True):
        assert mapping.apply(boxes[0]).box == pytest.approx(
            (own.marks[0].x, own.marks[0].y, own.marks[0].width, own.marks[0].height)
        )
    few = fit_mapping(pictures[:3], found[:3])
    assert few.pairs == 3 and few.apply(found[0][0]) == found[0][0]


def test_a_published_split(tmp_path):
    from scipy.io import savemat

    def cell(*items):
        made = np.empty((len(items), 1), dtype=object)
        for i, item in enumerate(items):
            made[i, 0] = item
        return made

    savemat(
        tmp_path / "wider_easy_val.mat",
        {
            "event_list": cell("0--Parade", "1--Run"),
            "file_list": cell(cell("a", "b"), cell("c")),
            "gt_list": cell(
                cell(np.array([[1], [3]]), np.zeros((0, 1))), cell(np.array([[2]]))
            ),
        },
    )
    three = [mark(0, 0, 9, 9)] * 3
    names = ("0--Parade/a.jpg", "1--Run/c.jpg", "0--Parade/b.jpg", "2--No/d.jpg")
    pictures = [picture(*three, name=name) for name in names]
    found = read_split(tmp_path / "wider_easy_val.mat", pictures)
    assert [own.tolist() for own in found] == [
        [True, False, True],
        [False, True, False],
        [False] * 3,
        [False] * 3,
    ]
    with pytest.raises(
        FerClassicError, match=r"names face 3 of 0--Parade/a.jpg, which has 1"
    ):
        read_split(
            tmp_path / "wider_easy_val.mat", [picture(three[0], name="0--Parade/a.jpg")]
        )
    (tmp_path / "no.mat").write_text("no")
    with pytest.raises(FerClassicError, match="is not a split of WIDER FACE"):
        read_split(tmp_path / "no.mat", pictures)


@pytest.fixture
def portraits(tmp_path):
    """A portrait with its face marked, and a texture."""
    from PIL import Image
    from skimage import data

    Image.fromarray(data.astronaut()).save(tmp_path / "face.png")
    Image.fromarray(data.brick()).save(tmp_path / "brick.png")
    marked = Picture(
        "face.png", 1, (mark(178, 80, 90, 95),), tmp_path / "face.png", (512, 512)
    )
    return (marked,), [tmp_path / "brick.png"]


def test_detectors_side_by_side(portraits):
    from contextlib import nullcontext

    pictures, empty = portraits
    found = compare_detectors(
        ["hog", "none"],
        pictures,
        empty=empty,
        fit=pictures,
        bar=lambda title, total: nullcontext(lambda done: None),
    )
    told = found.to_dict()
    hog, none = told["detectors"]
    assert told["truth"] == {"images": 1, "faces": 1, "empty_images": 1}
    assert hog["scores"]["recall"]["value"] == 1.0 and hog["no_face"]["boxes"] == 0
    assert none["scores"]["recall"]["value"] == 0.0 and none["no_face"]["boxes"] == 1
    assert hog["milliseconds"]["median"] > none["milliseconds"]["median"] > 0
    header, rows = score_rows(told)
    assert [row[0] for row in rows] == ["hog", "  after the fit", "none", "  after the fit"]
    assert {len(row) for row in rows} == {len(header)}


def test_pictures_of_misses(portraits):
    import io
    from contextlib import nullcontext

    from PIL import Image

    from fer_classic.detectbench.score.pictures import miss_pictures

    pictures, empty = portraits
    found = compare_detectors(
        ["none"], pictures, empty=empty, bar=lambda *_: nullcontext(lambda done: None)
    )
    made = {file.name: data for _, file, data in miss_pictures(found, 5)}
    assert sorted(made) == ["brick.png", "face.png"]
    drawn = np.asarray(Image.open(io.BytesIO(made["face.png"])))
    assert tuple(drawn[80, 200]) == (230, 40, 40)  # missed: red
    assert tuple(drawn[0, 200]) == (255, 200, 0)  # the detector's box: yellow
    assert list(miss_pictures(found, 0)) == []


def test_an_image_that_vanished_is_named(tmp_path):
    with pytest.raises(FerClassicError, match=r"gone\.png cannot be read"):
        detect_all("none", [tmp_path / "gone.png"])
