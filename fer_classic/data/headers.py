"""Names of columns and keys, for every reader of tables and of JSON."""

import unicodedata

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
#: Columns that only a table of results has.
RESULTS = frozenset(("status", "n_faces", *PREDICTED))


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
