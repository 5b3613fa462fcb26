"""What a column or key holds, for every reader of tables and of JSON."""

import unicodedata
from functools import lru_cache

from fer_classic.data.conventions import whole_number
from fer_classic.data.names import ends_as_image
from fer_classic.data.spelling import label_expression

#: File names, the likeliest first.
NAMES = (
    *("file", "filename", "file_name", "image", "img", "path", "input", "image_path"),
    *("img_path", "image_name", "img_name", "file_path", "filepath", "name", "id"),
    *("image_id", "img_id", "imagename", "imagepath", "subdirectory_filepath", "images"),
    *("picture", "photo", "pic", "#image", "image_file", "img_file", "relative_path"),
    *(
        "图片",
        "图像",
        "文件",
        "文件名",
        "图片名",
        "檔案",
        "檔名",
        "圖片",
        "ファイル",
        "画像",
    ),
    *("datei", "dateiname", "bild", "fichier", "archivo", "imagen", "arquivo", "imagem"),
    *("файл", "изображение"),
)
#: Predicted labels.
PREDICTED = (
    *("dominant_emotion", "predicted_emotion", "prediction", "predicted", "pred"),
    *("predicted_label", "pred_label", "predicted_class", "y_pred", "top_emotion"),
)
#: Labels of which a table does not say whether they are true or predicted.
TRUE = (
    *("label", "class", "emotion", "expression", "category", "emotion_label", "labels"),
    *("target", "expression_label", "class_name", "category_id", "label_name"),
    *("emotion_class", "facial_expression", "sentiment", "ground_truth", "true_label"),
    *("标签", "类别", "情绪", "表情", "标注", "標籤", "類別", "情緒", "ラベル", "感情"),
    *("klasse", "ausdruck", "etiquette", "classe", "clase", "etiqueta", "rotulo"),
    *("метка", "класс", "эмоция"),
)
SPLITS = ("split", "usage", "subset", "part", "partition", "set", "fold")
GROUPS = ("group", "person", "subject", "person_id", "subject_id", "identity", "actor")
#: Parts of the name of a column that holds labels.
_LABEL_WORDS = ("label", "class", "emotion", "expression", "category", "target")
#: Columns that only a table of results has.
RESULTS = frozenset(("status", "n_faces", *PREDICTED))


@lru_cache(maxsize=1 << 10)
def header_key(text):
    """The name of a column as names are compared: "File Name" is file_name.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> header_key(" Image-Path"), header_key("Étiquette")
    ('image_path', 'etiquette')
    """
    text = text.strip().lower()
    if not text.isascii():
        parts = unicodedata.normalize("NFKD", text)
        parts = "".join(c for c in parts if not unicodedata.combining(c))
        text = unicodedata.normalize("NFC", parts) if parts.isascii() else text
    return "_".join(text.replace("-", " ").replace("_", " ").split())


def first_of(header, names):
    """Place of the first of some names that a header has, or None.

    Parameters
    ----------
    header : sequence of str
    names : sequence of str

    Returns
    -------
    int or None
    """
    places = {}
    for place, text in enumerate(header):
        places.setdefault(header_key(text), place)
    return next((places[name] for name in names if name in places), None)


def name_column(header, rows):
    """Place of the column of file names, or None.

    Of those that the header names so, that whose cells end as images do; else the likeliest
    by its name; else any whose cells do.

    Parameters
    ----------
    header : list of str
        May be empty.
    rows : list of (int, list of str)
        The first ones.

    Returns
    -------
    int or None
    """
    some = [cells for _, cells in rows]
    width = max([len(header), *map(len, some)], default=0)

    def share(place):
        cells = [own[place].strip() for own in some if place < len(own)]
        return sum(map(ends_as_image, cells)) / max(len(some), 1)

    named = [i for i, text in enumerate(header) if header_key(text) in NAMES]
    if good := [i for i in named if share(i) > 0.5]:
        return good[0] if len(good) == 1 else first_of(header, NAMES)
    if named:
        return first_of(header, NAMES)
    return next((i for i in range(width) if share(i) > 0.5), None)


def label_column(header, rows, names, name):
    """Place of the column of labels, or None.

    It is the first of some names that the header has, or the column that tells the same
    in words; else the one column whose cells are words for expressions; else the one of
    numbers that a part of its name calls labels; without header the last of numbers.

    Parameters
    ----------
    header : list of str
        May be empty.
    rows : list of (int, list of str)
        The first ones.
    names : sequence of str
        The likeliest first.
    name : int or None
        Place of the column of file names.

    Returns
    -------
    int or None
    """
    if (place := first_of(header, names)) is not None:
        return _in_words(place, header, rows)
    keys = [header_key(text) for text in header]
    known = {*NAMES, *SPLITS, *GROUPS}
    width = max([len(header), *(len(cells) for _, cells in rows)], default=0)
    keys += [""] * (width - len(keys))
    free = [i for i in range(width) if i != name and keys[i] not in known]
    words = [i for i in free if _share(i, rows, label_expression) >= 0.5]
    if words:
        return words[-1] if not header or len(words) == 1 else None
    called = [i for i in free if not header or any(own in keys[i] for own in _LABEL_WORDS)]
    numbers = [i for i in called if _share(i, rows, _is_code) >= 0.5]
    return numbers[-1] if numbers and (not header or len(numbers) == 1) else None


def _in_words(place, header, rows):
    """The one column that tells in words what a column of numbers does, or that column.

    What a number means is another matter in each data set.
    """
    keys = [header_key(text) for text in header]
    predicted = keys[place] in PREDICTED
    alike = [
        i
        for i, key in enumerate(keys)
        if (any(own in key for own in _LABEL_WORDS) or key in (*TRUE, *PREDICTED))
        and (key in PREDICTED or "pred" in key) == predicted
        and _share(i, rows, label_expression) > 0.5
    ]
    numbers = _share(place, rows, _is_code) > 0.5
    return alike[0] if numbers and len(alike) == 1 else place


def _share(place, rows, fits):
    """The share of the cells of a column that fit, of those that hold something."""
    cells = [cells[place].strip() for _, cells in rows if place < len(cells)]
    cells = [cell for cell in cells if cell]
    return sum(bool(fits(cell)) for cell in cells) / max(len(cells), 1)


def _is_code(cell):
    return whole_number(cell) is not None
