"""Tables as people save them: what stands above them, and which column is which."""

import io

import pytest
from PIL import Image

from fer_classic.data.dataset import read_dataset
from fer_classic.data.tables import parted
from fer_classic.errors import FerClassicError

NAMES = ("a.png", "b.png", "c.png")
WORDS = ("happy", "sad", "angry")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("set")
    for value, name in enumerate(NAMES):
        data = io.BytesIO()
        Image.new("L", (8, 8), 40 * value).save(data, "PNG")
        (path / name).write_bytes(data.getvalue())
    return path


def read(folder, text, name="m.csv", encoding="utf-8", **options):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    try:
        return read_dataset(path, **options)
    finally:
        path.unlink()


def told(samples):
    names = samples.classes.names
    return [
        names[label] if label >= 0 else problem
        for label, problem in zip(samples.labels, samples.problems, strict=True)
    ]


def rows(sign, header=("path", "label"), cells=WORDS):
    lines = [*([header] if header else []), *zip(NAMES, cells, strict=True)]
    return "".join(sign.join(line) + "\n" for line in lines)


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\n" + rows(";"),
        '"sep=\t"\r\n' + rows("\t").replace("\n", "\r\n"),
        "# my labels\n# of May\n" + rows(","),
        "\n\n#; more\nSEP=|\n" + rows("|"),
        rows("，"),
        rows("；"),
        rows(" ; "),
        rows(",", ("file_name", "expression_text")),
        rows(",", ("image", "how they look")),
        rows(",", None),
        rows(",", ("#image", "label")),
        '"path","label"\n' + rows(",", None),
    ],
)
def test_habits_of_spreadsheets(folder, text):
    assert told(read(folder, text)) == ["happiness", "sadness", "anger"]


def test_a_path_with_signs_does_not_decide_what_parts_cells():
    assert parted('"a,b,c.jpg";happy\n')[2] == ";"
    assert parted("a b.jpg,happy\n", blanks=True)[2] == ","
    assert parted("# only remarks\n") == ("", "# only remarks\n", ",")


def test_a_line_in_an_error_counts_what_stands_above(folder):
    with pytest.raises(FerClassicError, match="line 5: 3 cells under a header of 2"):
        read(folder, "sep=,\n# x\npath,label\na.png,sad\nb,c.png,sad\n")


def test_words_are_taken_where_numbers_tell_the_same(folder):
    """0 is another class in each data set."""
    text = "path,label,emotion\na.png,0,happy\nb.png,1,sad\nc.png,2,angry\n"
    assert told(read(folder, text)) == ["happiness", "sadness", "anger"]
    text = text.replace("emotion", "label_str")
    assert told(read(folder, text)) == ["happiness", "sadness", "anger"]
    text = text.replace("label_str", "predicted_label")  # what a model says is no label
    assert told(read(folder, text)) == ["anger", "happiness", "neutral"]


def test_one_odd_cell_does_not_hide_a_column(folder):
    assert told(read(folder, "a.png,sad\nb.png\nc.png,unknown\n")) == [
        "sadness",
        "no label",
        "unknown label 'unknown'",
    ]
    assert told(read(folder, "a.png 1\nb.png 2\nc.png -1\n", "m.txt")) == [
        "happiness",
        "neutral",
        "unknown label '-1'",
    ]
    with pytest.raises(FerClassicError, match="has the label -2"):
        read(folder, "a.png,1\nb.png,-2\nc.png,0\n")


def test_rows_that_repeat_an_image(folder):
    samples = read(folder, "path,label\na.png,sad\nb.png,happy\na.png,sad\nb.png,angry\n")
    assert samples.names == ("a.png", "b.png")
    assert told(samples) == ["sadness", "two labels: happiness and anger"]
    assert samples.notes == (
        f"{folder}/m.csv: 2 row(s) name an image again and for 1 image(s) another label, "
        "which have none now",
    )


@pytest.mark.parametrize(
    ("codec", "words"),
    [
        ("euc-kr", ("행복", "슬픔", "분노")),
        ("euc-jp", ("喜び", "悲しみ", "怒り")),
        ("koi8-r", ("радость", "грусть", "гнев")),
        ("cp1251", ("Радость", "ГРУСТЬ", "гнев")),
    ],
)
def test_more_code_pages(folder, codec, words):
    text = rows(",", cells=words)
    assert told(read(folder, text, encoding=codec)) == ["happiness", "sadness", "anger"]


def test_folders_named_by_numbers_are_told(tmp_path):
    data = io.BytesIO()
    Image.new("L", (8, 8)).save(data, "PNG")
    for name in ("0/a", "3/b", "6/c", "0123/d"):
        path = tmp_path / f"{name}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data.getvalue())
    samples = read_dataset(tmp_path)
    assert told(samples) == ["no label"] * 4
    assert samples.notes == (
        "3 image(s) without a label lie in folders named 0, 3, 6: if these are codes of "
        "classes, say whose with `labels` fer2013 or `labels` affectnet or `labels` expw "
        "or `labels` ck",
    )
    assert not read_dataset(tmp_path, labels="none").notes
    assert told(read_dataset(tmp_path, labels="rafdb"))[0] == (
        "the folder 0 is no code of RAF-DB"
    )


def folder_of(path, names, texts):
    data = io.BytesIO()
    Image.new("L", (8, 8)).save(data, "PNG")
    for name in names:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data.getvalue())
    for name, text in texts.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    return path


def test_lists_in_a_folder(tmp_path):
    names = [f"image/happy_{i}.png" for i in range(3)]
    words = "happy_0.png sad\nhappy_1.png angry\nhappy_2.png sad\n"
    path = folder_of(tmp_path / "a", names, {"labels.txt": words, "README.txt": "Hello"})
    assert told(read_dataset(path)) == ["sadness", "anger", "sadness"]

    rows = zip(names, "440", strict=True)
    numbers = "".join(f"{name[6:]} 0 5 5 9 9 60.5 {code}\n" for name, code in rows)
    path = folder_of(tmp_path / "b", names, {"label/label.lst": numbers})
    samples = read_dataset(path)
    assert told(samples) == ["happiness"] * 3
    assert samples.notes == (
        f"{path}: left aside, as no table of its images: label/label.lst (its labels are "
        "numbers: `labels` says whose)",
    )
    expected = ["sadness", "sadness", "anger"]
    assert told(read_dataset(path, labels="expw")) == expected
    samples = read_dataset(path / "label" / "label.lst", labels="expw")
    assert told(samples) == expected
    assert all(source.read() for source in samples.sources)

    boxes = "happy_0.png 10 20 30 40\nhappy_1.png 1 20 30 4\n"
    texts = {"boxes.txt": boxes, "names.txt": "\n".join(names)}
    path = folder_of(tmp_path / "c", names, texts)
    assert read_dataset(path).notes == (f"skipped 2 file(s) of {path}: .txt 2",)


def test_the_folder_of_raf_db(tmp_path):
    names = [f"Image/aligned/train_0000{i}_aligned.png" for i in range(1, 8)]
    codes = "".join(f"train_0000{i}.png {i}\n" for i in range(1, 8))
    path = folder_of(tmp_path, names, {"EmoLabel/list_patition_label.txt": codes})
    samples = read_dataset(path, labels="rafdb")
    assert told(samples)[3:] == ["happiness", "sadness", "anger", "neutral"]
    assert all(source.read() for source in samples.sources)


def test_tables_of_fer2013_and_of_its_votes(tmp_path):
    pixels = " ".join(["12"] * 4)
    table = tmp_path / "fer2013.csv"
    table.write_text(f"emotion,pixels,Usage\n3.0,{pixels},Training\n4,{pixels},Test\n")
    assert told(read_dataset(table)) == ["happiness", "sadness"]
    votes = "Usage,Image name,neutral,happiness,NF\nTest,a.png,1,9,0\nTest,,0,0,10\n"
    path = folder_of(tmp_path / "plus", ["a.png"], {"fer2013new.csv": votes})
    assert told(read_dataset(path / "fer2013new.csv")) == ["happiness"]
