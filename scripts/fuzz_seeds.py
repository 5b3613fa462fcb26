"""Good inputs from which fuzzing starts, all made in code: no photographs."""

import io
import json
import tempfile
import zipfile
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

#: Images that inputs of several targets name.
NAMES = ("a.jpg", "b/c.png", "d e.webp")


def picture(kind, mode="L", side=12, **options):
    """Bytes of a small image of no meaning.

    Parameters
    ----------
    kind : str
        Format, as Pillow calls it.
    mode : str
    side : int
    **options
        Of ``PIL.Image.Image.save``.
    """
    pixels = np.random.default_rng(side).integers(0, 256, (side, side + 3, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(out, format=kind, **options)
    return out.getvalue()


def images():
    """One of each format and mode that the decoder knows, list of bytes."""
    exif = Image.Exif()
    exif[274] = 6
    frames = [Image.new("RGB", (15, 12), colour) for colour in ("red", "blue")]
    kinds = [
        *(("JPEG", "RGB"), ("JPEG", "L"), ("JPEG", "CMYK")),
        *(("PNG", mode) for mode in ("RGB", "RGBA", "L", "LA", "P", "1", "I;16")),
        *(("BMP", "RGB"), ("BMP", "P"), ("PPM", "RGB"), ("PPM", "L"), ("PPM", "1")),
        *(("TIFF", "RGB"), ("TIFF", "CMYK"), ("TIFF", "F"), ("TIFF", "I;16")),
        *(("WEBP", "RGB"), ("WEBP", "RGBA"), ("GIF", "P")),
    ]
    made = [picture(kind, mode) for kind, mode in kinds]
    made += [
        picture("TIFF", "RGB", compression=own) for own in ("tiff_lzw", "tiff_deflate")
    ]
    made += [picture("JPEG", "RGB", exif=exif), picture("PNG", "P", transparency=3)]
    made.append(picture("JPEG", "RGB", progressive=True))
    for kind in ("GIF", "PNG", "WEBP"):
        made.append(picture(kind, "RGB", save_all=True, append_images=frames))
    return made


def name_lists():
    """Lines of names, those of the images before an empty line, list of bytes."""
    texts = (
        "a.jpg\nb/a.jpg\nb/c.png\n\na\nb/a\nc.png",
        "0001-anger.jpg\nHappy/3.png\n\nHappy\\3.png\n./0001-anger.jpg",
        "愤怒.jpg\n3_sadness/x.y.jpg\n\n愤怒\nx.y",
        "x//y.jpg\n../z.jpg\n\ny\nz",
    )
    return [text.encode() for text in texts]


def manifests():
    """CSV tables of images, list of bytes."""
    texts = (
        "path,label,split,group\na.jpg,Angry,Training,p1\nb/2.png,,,\n",
        '\ufefffile,emotion\r\n"a, b.jpg",sad\r\nx\\y.jpg,高兴\r\n',
        "emotion,pixels,Usage\n0,1 2 3 4,Training\n6,0 0 0 255,PublicTest\n",
        "pixels\n9 9 9 9\n",
        "name\n'=1+1.jpg\n''=.jpg\n",
    )
    return [text.encode() for text in texts]


def zips():
    """Archives, list of bytes."""
    photo, made = picture("PNG"), []
    table = b"path,label\na.jpg,sad\n../x.jpg,happy\n"
    cases = [
        ({"a.jpg": photo, "b/c.png": photo, "b/": b""}, zipfile.ZIP_STORED),
        ({"set/anger/1.png": photo, "set/愤怒.png": photo}, zipfile.ZIP_DEFLATED),
        ({"m.csv": table, "a.jpg": photo}, zipfile.ZIP_DEFLATED),
        ({"../a.jpg": photo, "/b.jpg": b"", "x\\y.jpg": photo}, zipfile.ZIP_STORED),
        ({"a.jpg": photo, ".b.jpg": photo, "in.zip": b"PK"}, zipfile.ZIP_BZIP2),
        ({"a.jpg": photo}, zipfile.ZIP_LZMA),
    ]
    for members, compression in cases:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", compression=compression) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        made.append(out.getvalue())
    return made


def annotations():
    """An annotation file of each format, dict of str to list of bytes."""
    imglab = (
        "<?xml version='1.0'?>\n<dataset><images>\n<image file='a.jpg'>"
        "<box top='2' left='1' width='3' height='4'><part name='01' x='5' y='6'/>"
        "<part name='00' x='3' y='4'/></box>\n<box top='1' left='2' width='3' height='4' "
        "ignore='1'/></image>\n<image file='b/c.png'/></images></dataset>"
    )
    box = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox>"
    voc = (
        "<annotation><filename>a.jpg</filename>\n<object><name>cat</name>"
        f"{box}</object>\n<object><name>face</name>{box}<difficult>0</difficult>"
        "</object></annotation>"
    )
    coco = {
        "images": [{"id": 7, "file_name": "a.jpg"}, {"id": 8, "file_name": "b/c.png"}],
        "categories": [{"id": 1, "name": "Face"}, {"id": 2, "name": "cat"}],
        "annotations": [
            {"image_id": 7, "category_id": 1, "bbox": [1, 2, 3, 4.5]},
            {"image_id": 8, "category_id": 2, "bbox": [0, 0, 9, 9], "iscrowd": 1},
        ],
    }
    wider = (
        "a.jpg\n2\n1 2 3 4 0 0 0 0 0 0\n2 1 3 4 0 0 0 1 0 0\n"
        "b/c.png\n0\n0 0 0 0 0 0 0 0 0 0\nd e.webp\n1\n5 4 6 8 0 0 0 0 0 0\n"
    )
    texts = {
        "imglab": [imglab],
        "voc": [voc],
        "coco": [json.dumps(coco), json.dumps(coco, indent=1)],
        "pts": ["version: 1\nn_points: 3\n{\n1.5 2\n3 4\n5 6\n}\n", "{\n1 2\n3 4\n}\n"],
        "fddb": ["a\n1\n4.5 3 1.2 6 6 1\nb/c.png\n2\n1 1 0 5 5 1\n2 2 0 6 6 1\n"],
        "wider": [wider],
        "plain": ["a.jpg 1 2 5 8\nb/c.png 1 1 3 3\nd e.webp 1 2 3 4\na.jpg 2 2 3 3\n"],
    }
    return {name: [text.encode() for text in own] for name, own in texts.items()}


def templates():
    """Sample files of contests that name :data:`NAMES`, list of bytes."""
    a, b, c = NAMES
    values = (
        [{"filename": n, "label": i} for i, n in enumerate(NAMES)],
        {a: "Happy", b: "Sad", c: "Angry"},
        [{"d e": "3"}, {"a": "1"}, {"c": "0"}],
        [{"id": n, "emotion": "高兴", "fold": 1} for n in NAMES],
        [{"image": n, "class": None} for n in reversed(NAMES)],
    )
    return [
        json.dumps(value, ensure_ascii=i % 2 == 0).encode()
        for i, value in enumerate(values)
    ]


def answer_objects():
    """JSON results as our and other packages write them, list of bytes."""
    a, b, c = NAMES
    scores = {"angry": 0.1, "happy": 0.7, "neutral": 0.1, "sad": 0.05, "surprise": 0.05}
    eight = [0.1, 0.0, 0.1, 0.1, 0.4, 0.1, 0.1, 0.1]
    values = (
        {a: [{"box": [1, 2, 3, 4], "emotions": scores}], b: [], c: ["happy", 0.98]},
        {n: ["Happiness", eight] for n in NAMES},
        [
            {"file": n, "dominant_emotion": "sad", "emotion": scores, "face_confidence": 1}
            for n in NAMES
        ],
        {n: [{"region": {"w": 2, "h": 3}, "emotion": scores}] * 2 for n in NAMES},
        {a: {"faces": [{"scores": [[1, 2, 3, 4, 5, 6, 7]], "label": "fear"}]}, b: 1, c: ""},
    )
    return [json.dumps(value).encode() for value in values] + templates()


def answer_tables():
    """CSV results, list of bytes."""
    texts = (
        "file,label\na.jpg,happy\nb/c.png,2\nd e.webp,\n",
        "file,status,anger,happiness,neutral,sadness,surprise,label,error\n"
        "a.jpg,face,0.1,0.2,0.3,0.2,0.2,neutral,\nb/c.png,face,1,0,0,0,0,anger,\n"
        "d e.webp,unreadable,nan,,nan,,,sad,empty\n",
        "input,FaceScore,anger,happiness\na.jpg,0.9,1,0\na.jpg,0.99,0,1\nb/c.png,,,\n",
        "\ufefffilename,y_pred,class\r\n'=a.jpg,sad,happy\r\nc.png,1,2\r\nd e,3,4\r\n",
    )
    return [text.encode() for text in texts]


def plans():
    """Plans of ablations, list of bytes."""
    texts = (
        'train = "x/"\nfolds = 5\nseed = 3\nclasses = "seven"\n[base]\nbalance = "smote"\n'
        'features = ["hog", "geometry"]\n[[run]]\nname = "a"\nwithout = ["hog"]\n'
        '[[run]]\nname = "b"\nestimator = "svm"\nfraction = 0.5\nlbp = {grid = 4}\n',
        'train = ["a", "b"]\nimages = 20\n[base]\nname = "all"\npreset = "card"\n'
        '[[run]]\nname = "c"\nalign = "5"\ncrop_size = 32\nlearning_rate = 0.1\n'
        'detector = "none"\nhog = {cell = 8}\n',
    )
    return [text.encode() for text in texts]


def label_lists():
    """Lists of names and codes, as RAF-DB has them."""
    return [
        b"train_00001.jpg 5\ntrain_00002.jpg 1\n",
        b"a.jpg\t7\r\nb/c.png\t3\r\n",
        "\ufeffname label\n1.jpg 4.0\n".encode(),
    ]


def texts():
    """Labels in the code pages of several languages."""
    pairs = (
        *(("愤怒,高兴\n", "gb18030"), ("憤怒,高興\n", "big5"), ("怒り,喜び\n", "cp932")),
        *(("wütend,glücklich\n", "cp1252"), ("гнев,радость\n", "cp1251")),
        *(("colère,surpris\n", "mac_roman"), ("Happy Faces (2)\n", "utf-16")),
    )
    return [text.encode(codec) for text, codec in pairs] + ["SAD 悲伤 Wut".encode()]


def sample_tables():
    """Samples of contests as CSV."""
    rows = [f"{name},0" for name in NAMES]
    plain = "\n".join(["id,label", *rows]) + "\n"
    ones = "\n".join(
        ["f;anger;happiness;neutral;sadness;surprise"] + [f"{n};1;0;0;0;0" for n in NAMES]
    )
    sure = "\n".join(["f,label,confidence", *(f"{n},Happy,0.5" for n in NAMES)])
    return [plain.encode(), ones.encode(), ("\ufeff" + sure).encode(), plain[9:].encode()]


def sample_lines():
    """Samples of contests with a value a line."""
    return [b"\n".join(json.dumps({"f": n, "label": 0}).encode() for n in NAMES)]


def votes():
    """Tables of votes: counts, shares, FER+'s own form, names twice in other columns."""
    texts = (
        "path,anger,happiness,sadness,unknown\na.jpg,3,0,1,0\nb/c.png,0,5,0,1\n",
        "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,"
        "unknown,NF\nTraining,fer0000000.png,4,0,0,1,3,2,0,0,0,0\nTraining,,0,0,0,0,0,0,0,"
        "0,0,10\nPublicTest,fer0000002.png,1,1,0,0,0,0,0,0,0,0\n",
        "文件;生气;高兴;not a face\r\n图/1.jpg;0,5;0,25;0,25\r\n",
        "file,image,angry,happy,fold\n1,a.jpg,1,2,9\n2,x\\b.jpg,2,2,9\n",
    )
    return [text.encode() for text in texts]


def label_sources():
    """Names and codes of known data sets, and pairs that a user gives."""
    texts = (
        "AF01ANS\nBM35HAHL\nS005_001_00000011\nKA.AN1.39\n3.0000000e+00\n1=anger, 2=happy",
        "Rafd090_01_Caucasian_female_angry_frontal\n 7\n-1\n1e2\nYM-SU2-55\nsad=0,0=none",
        "AN\nangry\n8\n3,0\nrafdb",
        "affectnet",
    )
    return [text.encode() for text in texts]


def label_files():
    """Files that hold one label each, as CK+ and AffectNet have them."""
    made = [b"   3.0000000e+00\n", b"0", b"\xef\xbb\xbf5\r\n"]
    for value in ("4", 6, np.float32(2), np.array([[b"1"]]), np.arange(2)):
        out = io.BytesIO()
        np.save(out, value)
        made.append(out.getvalue())
    return made


def journals():
    """Journals of labels: a short one, one with undone entries, one cut off, none."""
    head = {"kind": "fer_classic labels", "format": 1}
    first, second = ["a.jpg", "0" * 64], ["b/c.png", "1" * 64]
    steps = (
        ("label", "anger", [first]),
        ("confirm", None, [first, second]),
        ("face", [1, 2.5, 30, 40], [second]),
        ("undo", 2, [first, second]),
        ("exclude", None, [second]),
        ("face", None, [second]),
    )
    entries = [
        {"n": n, "at": "2026-01-01T00:00:00+00:00", "do": do, "value": value}
        | {"window": "w" if n % 2 else "v", "pictures": pictures}
        for n, (do, value, pictures) in enumerate(steps, 1)
    ]
    lines = [json.dumps(own).encode() + b"\n" for own in (head, *entries)]
    return [b"".join(lines[:3]), b"".join(lines), b"".join(lines[:4])[:-9], b""]


def frames():
    """Tables of a film's frames."""
    head = "frame,time,track,status,x,y,width,height,score"
    face = "found,10.0,20.0,30.5,40.0,0.990,0.7,0.3,anger"
    texts = (
        f"{head},anger,happiness,label\n0,0.000,1,{face}\n0,0.000,2,{face}\n"
        f"1,0.040,,no_face,,,,,,,,\n3,0.120,1,{face.replace('found', 'followed')}\n",
        f"{head},a,label\n5,1.5,0,found,1,2,3,4,0,1,a\n",
    )
    return [text.encode() for text in texts]


def film_states():
    """What is kept of a film: the state, an empty line, and a line for each frame."""
    rows = b'[0, 0.0, [[1, "found", [1, 2, 3, 4], 0.9, [0.5, 0.5]]]]\n[1, 0.04, []]\n'
    states = (
        {"done": True, "notes": ["x"], "frames": 2, "version": 1, "size": len(rows)},
        {"done": False, "stamp": 512, "frames": 1, "version": 1, "size": 56}
        | {"portraits": {"1": 0.9}}
        | {"tracker": {"number": 2, "tracks": [], "before": None}},
    )
    return [json.dumps(state).encode() + b"\n\n" + rows for state in states]


def settings():
    """Settings of presets, as a run writes them."""
    from fer_classic.settings import PRESETS, Settings

    made = [Settings(**own).to_dict() for own in PRESETS.values()]
    return [json.dumps(own).encode() for own in (*made, {}, {"seed": 3, "folds": 5})]


@lru_cache
def starts():
    """What a model keeps so that others can start from it."""
    from fer_classic.model.startfile import START, StartFaces, save_start

    random = np.random.default_rng(0)
    digests, hashes = (random.integers(0, 256, (6, n), np.uint8) for n in (16, 32))
    start = StartFaces(digests, hashes, random.normal(0, 1, (2, 6, 5)).astype(np.float32))
    with tempfile.TemporaryDirectory() as folder:
        save_start(start, Path(folder))
        return [(Path(folder) / START).read_bytes()]


@lru_cache
def forests():
    """Landmark files by dlib's own trainer, with few and small trees."""
    import dlib

    options = dlib.shape_predictor_training_options()
    options.tree_depth, options.num_trees_per_cascade_level = 1, 2
    options.feature_pool_size, options.oversampling_amount = 6, 3
    photo = np.random.default_rng(0).integers(0, 256, (60, 60), np.uint8)
    made = []
    for cascades, points in ((1, 3), (2, 2)):
        options.cascade_depth = cascades
        parts = [dlib.point(20 + 7 * i, 30 + 5 * (i % 2)) for i in range(points)]
        box = dlib.rectangle(10, 10, 49, 49)
        face = dlib.full_object_detection(box, dlib.points(parts))
        trained = dlib.train_shape_predictor([photo], [[face]], options)
        with tempfile.TemporaryDirectory() as folder:
            trained.save(f"{folder}/l.dat")
            made.append((Path(folder) / "l.dat").read_bytes())
    return made
