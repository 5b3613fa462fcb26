"""Which faces of a picture are rows, what they are called, and where labels go."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fer_classic.data.dataset import read_dataset
from fer_classic.detect import Face
from fer_classic.errors import UsageError
from fer_classic.faces.cutout import cut_out
from fer_classic.faces.extract import extract_faces
from fer_classic.faces.labelplaces import label_places
from fer_classic.faces.settings import (
    FaceSettings,
    chosen_faces,
    face_settings,
    large_enough,
    least_face,
    rows_by_image,
)

SURE, LARGE, SMALL = (
    Face(0, 0, 50, 50, 3.0),
    Face(60, 0, 90, 90, 2.0),
    Face(10, 70, 20, 20, 1.0),
)
FACES = [SURE, LARGE, SMALL]


@pytest.mark.parametrize(
    ("which", "expected"), [("best", [SURE]), ("largest", [LARGE]), ("all", FACES)]
)
def test_which_faces_count(which, expected):
    assert chosen_faces(FACES, which) == expected
    assert chosen_faces([], which) == []


def test_an_unknown_rule_is_refused():
    with pytest.raises(UsageError, match="best, largest, all"):
        chosen_faces(FACES, "every")
    with pytest.raises(UsageError, match="which must be one of"):
        FaceSettings(which="both")


def test_a_share_of_the_picture_leaves_out_small_faces():
    assert large_enough(FACES, (100, 200), 0.3) == [SURE, LARGE]
    assert large_enough(FACES, (100, 200), 40) == FACES  # pixels are the detector's


@pytest.mark.parametrize(
    ("text", "value"),
    [("40", 40.0), ("0.1", 0.1), ("10%", 0.1), (0, 0.0), ("12.5%", 0.125)],
)
def test_least_sizes_are_pixels_or_shares(text, value):
    assert least_face(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "small", "-1", "101%", "nan", "100%", "1e9"])
def test_other_least_sizes_are_refused(text):
    with pytest.raises(UsageError, match="pixels, such as 40, or a share"):
        least_face(text)


def test_settings_of_the_contest_are_written_as_before():
    """A table of today has the bytes of one made before there was a choice."""
    assert "which" not in FaceSettings().to_dict()
    given = FaceSettings(which="all", min_size=0.1)
    assert face_settings(given.to_dict()) == given
    assert given.min_pixels == 0.0 and FaceSettings(min_size=40).min_pixels == 40


@pytest.fixture(scope="module")
def group(tmp_path_factory):
    """Two faces of different size in one picture, a picture of none, and no picture."""
    import skimage.data

    folder = tmp_path_factory.mktemp("group")
    face = Image.fromarray(skimage.data.astronaut()).crop((130, 0, 330, 220))
    picture = Image.new("RGB", (700, 420), (90, 90, 90))
    picture.paste(face, (20, 60))
    picture.paste(face.resize((330, 363)), (340, 30))
    picture.save(folder / "a.png")
    Image.new("RGB", (80, 80), (9, 99, 9)).save(folder / "b.png")
    (folder / "c.png").write_bytes(b"no image")
    return folder


def test_every_face_is_a_row(group, tmp_path):
    samples = read_dataset(group)
    table = extract_faces(samples, FaceSettings(which="all"), cache=tmp_path)
    assert table.names == ("a.png#1", "a.png#2", "b.png", "c.png")
    assert table.status == ("face", "face", "no_face", "unreadable")
    assert table.n_faces.tolist() == [2, 2, 0, 0]
    assert table.scores[0] >= table.scores[1]
    assert [list(rows) for rows in rows_by_image(table)] == [[0, 1], [2], [3]]
    again = extract_faces(samples, FaceSettings(which="all"), cache=tmp_path)
    np.testing.assert_array_equal(again.crops, table.crops)
    assert again.names == table.names


def test_best_and_largest_are_one_row_an_image(group):
    samples = read_dataset(group)
    every = extract_faces(samples, FaceSettings(which="all"))
    best = extract_faces(samples, FaceSettings())
    largest = extract_faces(samples, FaceSettings(which="largest"))
    assert best.names == largest.names == samples.names
    np.testing.assert_array_equal(best.boxes[0], every.boxes[0])
    areas = every.boxes[:2, 2] * every.boxes[:2, 3]
    np.testing.assert_array_equal(largest.boxes[0], every.boxes[areas.argmax()])
    assert best.n_faces[0] == largest.n_faces[0] == 2
    shares = extract_faces(samples, FaceSettings(which="all", min_size=0.3))
    assert shares.names[:1] == ("a.png#1",) and shares.n_faces[0] == 1


boxes = st.lists(
    st.tuples(st.floats(0, 560), st.floats(0, 380), st.floats(10, 90), st.floats(10, 90)),
    max_size=12,
)


@settings(deadline=None)
@given(boxes)
def test_labels_stay_inside_and_apart(boxes):
    sizes = [(70.0, 12.0)] * len(boxes)
    places = label_places(boxes, sizes, (640, 480))
    for x, y in places:
        assert 0 <= x <= 570 and 0 <= y <= 468
    for i, (x, y) in enumerate(places):
        for u, v in places[:i]:
            assert abs(x - u) >= 69.99 or abs(y - v) >= 11.99


def test_one_label_stands_above_its_box():
    assert label_places([(40, 60, 80, 80)], [(50, 10)], (640, 480)) == [(40, 50)]


def test_faces_are_cut_out_in_colour():
    import skimage.data

    image = skimage.data.astronaut()
    box, points = (169, 78, 108, 107), np.full((68, 2), np.nan)
    boxed = cut_out(image, box, points, "boxed")
    np.testing.assert_array_equal(boxed, image[78:185, 169:277])
    aligned = cut_out(image, box, points, side=96)
    assert aligned.shape == (96, 96, 3) and aligned.std() > 20
    assert cut_out(image[..., 0], box, points).shape == (224, 224)
    beyond = cut_out(image, (480, 480, 90, 90), points, "boxed")
    assert beyond.shape == (90, 90, 3)
    with pytest.raises(UsageError, match="aligned, boxed"):
        cut_out(image, box, points, "round")
