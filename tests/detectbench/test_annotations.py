"""Annotation files of seven formats, and what is wrong with them."""

import json

import numpy as np
import pytest
from PIL import Image

from fer_classic.detectbench.annotations import READERS, read_annotations
from fer_classic.errors import FerClassicError, UsageError


@pytest.fixture
def folder(tmp_path):
    """Three images of 100 x 80 pixels, one of them below a folder."""
    (tmp_path / "event").mkdir()
    for name in ("a.jpg", "b.png", "event/c.jpg"):
        Image.new("L", (100, 80), 90).save(tmp_path / name)
    return tmp_path


def written(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def boxes_of(annotations):
    return {
        picture.name: [(m.x, m.y, m.width, m.height, m.ignored) for m in picture.marks]
        for picture in annotations.pictures
    }


IMGLAB = """<?xml version='1.0'?>
<dataset><images>
  <image file='a.jpg'>
    <box top='20' left='10' width='30' height='40'>
      <part name='01' x='5' y='6'/><part name='00' x='3' y='4'/>
    </box>
    <box top='1' left='2' width='3' height='4' ignore='1'/>
  </image>
  <image file='b.png'/>
</images></dataset>"""
VOC = """<annotation><filename>a.jpg</filename>
<object><name>cat</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object>
<object><name>face</name><bndbox><xmin>11</xmin><ymin>21</ymin><xmax>40</xmax><ymax>60</ymax></bndbox></object>
<object><name>face</name><difficult>1</difficult><bndbox><xmin>3</xmin><ymin>2</ymin><xmax>5</xmax><ymax>5</ymax></bndbox></object>
</annotation>"""
COCO = {
    "images": [{"id": 7, "file_name": "a.jpg"}, {"id": 8, "file_name": "b.png"}],
    "categories": [{"id": 1, "name": "Face"}, {"id": 2, "name": "cat"}],
    "annotations": [
        {"id": 1, "image_id": 7, "category_id": 1, "bbox": [10, 20, 30, 40]},
        {"id": 2, "image_id": 7, "category_id": 2, "bbox": [0, 0, 9, 9]},
        {"id": 3, "image_id": 7, "category_id": 1, "bbox": [2, 1, 3, 4], "iscrowd": 1},
    ],
}
WIDER = """event/c.jpg
3
10 20 30 40 0 0 0 0 0 0
2 1 3 4 0 0 0 1 0 0
5 5 0 7 2 0 0 0 0 0
a.jpg
0
0 0 0 0 0 0 0 0 0 0
b.png
1
50 40 6 8 0 0 0 0 0 0
"""
FACE, IGNORED = (10, 20, 30, 40, False), (2, 1, 3, 4, True)


@pytest.mark.parametrize(
    ("name", "text", "format", "expected"),
    [
        ("x.xml", IMGLAB, "imglab", {"a.jpg": [FACE, IGNORED], "b.png": []}),
        ("x.xml", VOC, "voc", {"a.jpg": [FACE, IGNORED]}),
        ("x.json", json.dumps(COCO), "coco", {"a.jpg": [FACE, IGNORED], "b.png": []}),
        (
            "x.txt",
            WIDER,
            "wider",
            {
                "event/c.jpg": [FACE, IGNORED, (5, 5, 0, 7, True)],
                "a.jpg": [],
                "b.png": [(50, 40, 6, 8, False)],
            },
        ),
        (
            "x.txt",
            "a.jpg 10 20 40 60\nb.png 50 40 56 48\na.jpg 1 2 5 8\n",
            "plain",
            {
                "a.jpg": [FACE, (1, 2, 4, 6, False)],
                "b.png": [(50, 40, 6, 8, False)],
            },
        ),
    ],
    ids=["imglab", "voc", "coco", "wider", "plain"],
)
def test_boxes_of_each_format(folder, name, text, format, expected):
    path = written(folder, name, text)
    found = read_annotations(path)
    assert found.format == format
    assert boxes_of(found) == expected
    assert found.n_faces == sum(not b[4] for own in expected.values() for b in own)
    assert found.pictures[0].size == (100, 80)
    assert boxes_of(read_annotations(path, format=format)) == expected


def test_parts_are_ordered_by_name(folder):
    found = read_annotations(written(folder, "x.xml", IMGLAB))
    points = found.pictures[0].marks[0].points
    assert points.tolist() == [[3, 4], [5, 6]]


def test_an_ellipse_and_its_box(folder):
    # Upright: half axes 20 and 10, the first turned by 90 degrees.
    text = f"a\n1\n20 10 {np.pi / 2:.6f} 50 40 1\nevent/c\n1\n20 10 0 50 40 1\n"
    found = read_annotations(written(folder, "x.txt", text))
    assert found.format == "fddb"
    assert [p.name for p in found.pictures] == ["a.jpg", "event/c.jpg"]
    upright, lying = (picture.marks[0] for picture in found.pictures)
    assert upright.corners == pytest.approx((40, 20, 60, 60), abs=1e-3)
    assert lying.corners == pytest.approx((30, 30, 70, 50), abs=1e-3)
    # At 45 degrees both half sides are sqrt((400 + 100) / 2).
    text = f"a\n1\n20 10 {np.pi / 4:.9f} 50 40 1\n"
    (turned,) = read_annotations(written(folder, "y.txt", text)).pictures[0].marks
    assert turned.width / 2 == pytest.approx(250**0.5)
    assert turned.height / 2 == pytest.approx(250**0.5)


def test_points_of_300w(folder):
    points = "".join(f"{11 + i % 10} {21 + i}\n" for i in range(68))
    written(folder, "a.pts", f"version: 1\nn_points: 68\n{{\n{points}}}\n")
    found = read_annotations(folder)
    assert found.format == "pts" and [p.name for p in found.pictures] == ["a.jpg"]
    (mark,) = found.pictures[0].marks
    assert mark.points.shape == (68, 2) and mark.points[0].tolist() == [10, 20]
    assert mark.corners == (10, 20, 19, 87)


def test_a_folder_of_voc_files(folder):
    (folder / "own").mkdir()
    for name in ("a.jpg", "b.png"):
        written(folder / "own", f"{name}.xml", VOC.replace("a.jpg", name))
    found = read_annotations(folder / "own", images=folder)
    assert [picture.name for picture in found.pictures] == ["a.jpg", "b.png"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a.jpg 10 20 10 60\n", "line 1: a.jpg: the box 10, 20, 0 x 40 has no area"),
        ("a.jpg 1 2 9 9\na.jpg 30 20 10 60\n", "line 2: a.jpg: the box 30, 20, -20 x 40"),
        ("a.jpg 200 20 240 60\n", "lies outside the image of 100 x 80"),
        ("a.jpg 1 2 5 6\ngone.jpg 1 2 5 6\n", "line 2: no image gone.jpg in"),
        ("a.jpg 1 2 nan 6\n", "line 1: expected 4 numbers. Got '1 2 nan 6'"),
    ],
)
def test_bad_lines_are_named(folder, text, words):
    path = written(folder, "x.txt", text)
    with pytest.raises(FerClassicError) as error:
        read_annotations(path, format="plain")
    assert str(path) in str(error.value) and words in str(error.value)


def test_many_problems_are_counted_and_the_first_listed(folder):
    path = written(folder, "x.txt", "a.jpg 1 1 1 1\n" * 9)
    with pytest.raises(FerClassicError, match=r"has 9 problem\(s\)") as error:
        read_annotations(path)
    assert str(error.value).count("has no area") == 5
    assert "and 4 more" in str(error.value)


def test_a_damaged_image_is_named(folder):
    (folder / "a.jpg").write_bytes(b"no image")
    path = written(folder, "x.txt", "a.jpg 1 2 5 6\n")
    with pytest.raises(FerClassicError, match=r"line 1: a.jpg cannot be read: not an"):
        read_annotations(path)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("x.txt", "hello\nworld\n", "line 1: of no known format"),
        ("x.txt", "", "of no known format"),
        ("x.xml", "<dataset><images><image file='a.jpg'/></images></dataset>", "no face"),
        ("x.xml", "<dataset><images><image", "is not XML"),
        ("x.xml", "<dataset><images><image/></images></dataset>", "line 1: an image"),
        (
            "x.xml",
            "<dataset><images>\n<image file='a.jpg'><box top='1' left='2' width='x' "
            "height='3'/></image></images></dataset>",
            "line 2: expected 4 numbers. Got '2 1 x 3'",
        ),
        ("x.xml", "<annotation></annotation>", "line 1: expected an annotation"),
        ("x.xml", VOC.replace("bndbox", "box"), "line 3: an object without bndbox"),
        ("x.txt", "a.jpg\n3\n1 2 3 4 0 0 0 0 0 0\n", "line 2: tells of 3 faces of a.jpg"),
        ("x.txt", "a\n2\n9 9 0 50 40 1\n", "line 2: tells of 2 faces of a, and 1 follow"),
        (
            "x.txt",
            "b\n1\n9 9 0 50 40 1\na\n-2\n9 9 0 5 4 1\n",
            "line 5: expected the number",
        ),
        ("x.txt", "b\n1\n1 2 3 4\na\n1.5\n1 2 3 4\n", "line 5: expected the number"),
        ("x.json", "{", "is not JSON"),
        ("x.json", "{}", "line 1: expected a COCO object"),
        ("x.pts", "version: 1\nn_points: 68\n{\n1 2\n}\n", "1 points between the braces"),
        ("x.pts", "version: 1\n1 2\n", "line 1: expected points in braces"),
    ],
)
def test_bad_files_are_named(folder, name, text, words):
    path = written(folder, name, text)
    with pytest.raises(FerClassicError) as error:
        read_annotations(path)
    assert str(path) in str(error.value) and words in str(error.value)


def test_coco_tells_the_line_of_a_bad_box(folder):
    own = json.loads(json.dumps(COCO))
    own["annotations"][2]["bbox"] = [1, 2]
    path = written(folder, "x.json", json.dumps(own, indent=1))
    line = next(
        i
        for i, text in enumerate(path.read_text().splitlines(), 1)
        if text.strip() == '"bbox": [' and i > 40
    )
    with pytest.raises(FerClassicError, match=f"line {line}: expected 4 numbers"):
        read_annotations(path)
    own["annotations"][2] |= {"bbox": [1, 2, 3, 4], "image_id": 99}
    path = written(folder, "x.json", json.dumps(own, indent=1))
    with pytest.raises(FerClassicError, match="an image that is not listed"):
        read_annotations(path)
    own["categories"][0]["name"] = "dog"
    path = written(folder, "x.json", json.dumps(own))
    with pytest.raises(FerClassicError, match="is named face, but cat, dog"):
        read_annotations(path)


def test_entities_that_could_grow_without_bound_are_refused(folder):
    bomb = (
        '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>\n'
        "<dataset><images><image file='&b;'/></images></dataset>"
    )
    path = written(folder, "x.xml", bomb)
    with pytest.raises(FerClassicError, match="line 1: declares the entity 'a'"):
        read_annotations(path, format="imglab")


def test_what_is_not_there_or_unknown(folder):
    with pytest.raises(FerClassicError, match="No annotation file at"):
        read_annotations(folder / "gone.txt")
    path = written(folder, "x.txt", "a.jpg 1 2 5 6\n")
    with pytest.raises(UsageError, match="format of annotations must be one of"):
        read_annotations(path, format="labelme")
    with pytest.raises(FerClassicError, match="No folder of images"):
        read_annotations(path, images=folder / "gone")
    (folder / "empty").mkdir()
    with pytest.raises(FerClassicError, match=r"holds neither .xml"):
        read_annotations(folder / "empty")
    assert set(READERS) == {"imglab", "voc", "coco", "pts", "fddb", "wider", "plain"}


def test_a_turned_photograph_has_its_upright_size(folder):
    image = Image.new("RGB", (100, 80))
    exif = Image.Exif()
    exif[274] = 6
    image.save(folder / "a.jpg", exif=exif)
    path = written(folder, "x.txt", "a.jpg 70 90 79 99\n")
    assert read_annotations(path).pictures[0].size == (80, 100)
    path = written(folder, "y.txt", "a.jpg 85 10 95 20\n")
    with pytest.raises(FerClassicError, match="outside the image of 80 x 100"):
        read_annotations(path)


def coco(**changes):
    return json.dumps(COCO | changes)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        # What fuzzing found: each of these was an error of Python, or lost an image.
        ("x.json", coco(images=[{"id": [7], "file_name": "a.jpg"}]), "the id of an image"),
        ("x.json", coco(images=[{"file_name": "a.jpg"}] * 2), "the id of an image"),
        (
            "x.json",
            coco(images=[{"id": 7, "file_name": n} for n in ("a.jpg", "b.png")]),
            "must be a number that no other image has. Got 7 for 'b.png'",
        ),
        ("x.json", coco(annotations=[{"image_id": {}}]), "that is not listed"),
        (
            "x.json",
            coco(
                annotations=[{"image_id": 7, "category_id": 1, "bbox": [1, 2, 3, 10**400]}]
            ),
            "expected 4 numbers",
        ),
        ("x.txt", "a.jpg 1e308 1 1e309 2\n", "expected 4 numbers"),
        ("x.txt", "a.jpg -1e308 1 1e308 2\n", "expected 4 numbers"),
        ("x.pts", "version: 1\nn_points\n{\n1 2\n}\n", "1 points between the braces"),
        ("x.pts", "version: 1\n{\n1e39 2\n-1e39 4\n}\n", "line 3: expected 2 numbers"),
        ("x.txt", f"{'n' * 300}.jpg 1 2 5 8\n", "no image nnn"),
        ("x.txt", "a\0.jpg 1 2 5 8\n", "x.txt is not text"),
    ],
)
def test_hostile_files_are_one_sentence(folder, name, text, words):
    path = written(folder, name, text)
    kind = {"x.json": "coco", "x.pts": "pts", "x.txt": "plain"}[name]
    with pytest.raises(FerClassicError) as error:
        read_annotations(path, format=kind)
    assert words in str(error.value)


@pytest.mark.parametrize("categories", [None, 5, {"id": 1}, [{"id": []}, {"id": 2}]])
def test_categories_of_another_kind(folder, categories):
    path = written(folder, "x.json", coco(categories=categories))
    if isinstance(categories, list):
        with pytest.raises(FerClassicError, match="is named face, but"):
            read_annotations(path)
    else:
        assert read_annotations(path).n_faces == 2


def test_a_dog_alone_is_no_face(folder):
    dog = VOC.replace(">face<", ">dog<").replace(">cat<", ">dog<")
    path = written(folder, "a.xml", dog)
    with pytest.raises(FerClassicError, match="is named face, but dog"):
        read_annotations(path)
    path = written(folder, "x.json", coco(categories=[{"id": 1, "name": "dog"}]))
    with pytest.raises(FerClassicError, match="is named face, but dog"):
        read_annotations(path)
    path = written(folder, "a.xml", dog.replace(">dog<", ">object<"))
    assert read_annotations(path).n_faces == 2
    category = {"id": 1, "name": "frontal", "supercategory": "face"}
    path = written(folder, "x.json", coco(categories=[category]))
    assert read_annotations(path).n_faces == 1


def test_hidden_files_beside_annotations_are_none(folder):
    (folder / "boxes" / "__MACOSX").mkdir(parents=True)
    written(folder / "boxes", "a.xml", VOC)
    for name in ("._a.xml", "__MACOSX/._a.xml"):
        (folder / "boxes" / name).write_bytes(b"\0\5\x16\7")
    assert read_annotations(folder / "boxes", images=folder).n_faces == 1
