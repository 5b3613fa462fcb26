"""One face a line: ``name x1 y1 x2 y2``."""

from fer_classic.detectbench.annotations.base import Mark, Picture, numbers, read_text


def read(path):
    """Read such a file; names may hold blanks."""
    pictures = {}
    for line, text in enumerate(read_text(path), 1):
        if not text.strip():
            continue
        *name, x1, y1, x2, y2 = ["", "", "", "", *text.split()]
        x1, y1, x2, y2 = numbers([x1, y1, x2, y2], path, line, 4)
        name = " ".join(name).strip()
        _, marks = pictures.setdefault(name, (line, []))
        marks.append(Mark(x1, y1, x2 - x1, y2 - y1, line))
    return [Picture(name, line, tuple(own)) for name, (line, own) in pictures.items()]


def recognised(lines):
    """Whether the first line is a name and four numbers."""
    words = lines[0].split() if lines else []
    return len(words) >= 5 and all(is_number(word) for word in words[-4:])


def is_number(word):
    """Whether a word is a number."""
    try:
        float(word)
    except ValueError:
        return False
    return True
