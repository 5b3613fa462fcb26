"""Labels written as a sample writes them: numbers from 0 or 1, text, one-hot, scores."""

import re

from fer_classic.data.conventions import whole_number
from fer_classic.data.spelling import is_word, label_expression, spelling_like
from fer_classic.errors import FerClassicError, UsageError
from fer_classic.submissions.entries import shown

_NUMBERED = re.compile(r"(\D*?)(\d+)(\D*)")


def speller(labels, class_names, places=None, first=None):
    """Function from a code to a label written as the sample writes labels.

    Parameters
    ----------
    labels : list
        The labels of the sample: numbers, text with numbers or words, or nothing, in
        whose place the code is written as a number.
    class_names : tuple of str
        ``class_names[code]`` is the expression.
    places : list of tuple, optional
        Where each label stands, for messages.
    first : {0, 1}, optional
        Number of the first class; by default what the labels tell.

    Returns
    -------
    callable

    Raises
    ------
    FerClassicError
        A label is no number and no expression, or it is unclear what the numbers mean.
    """
    given = [(label, i) for i, label in enumerate(labels) if label not in (None, "")]
    given = [(own, i) for own, i in given if not isinstance(own, str) or own.strip()]
    if not given:
        return lambda code: code + (first or 0)

    def refuse(i, told):
        place = f" (at {shown(places[i])})" if places else ""
        raise FerClassicError(f"The template's label {labels[i]!r}{place} {told}")

    numbers = [whole_number(str(own)) for own, _ in given]
    if all(number is not None for number in numbers):
        first = _first_code(numbers, given, len(class_names), refuse, first)
        return _number_speller([own for own, _ in given], first)
    texts = [own for own, _ in given if isinstance(own, str)]
    if len(texts) == len(given) and (numbered := _numbered_text(texts)):
        before, numbers, after = numbered
        first = _first_code(numbers, given, len(class_names), refuse, first)
        return lambda code: f"{before}{code + first}{after}"
    for own, i in given:
        if not isinstance(own, str) or label_expression(own) is None:
            refuse(
                i,
                f"is neither a number nor an expression such as {', '.join(class_names)}.",
            )
    odd = next((own for own in given if not is_word(own[0])), None)
    if odd and not set(class_names) <= {label_expression(text) for text in texts}:
        refuse(
            odd[1],
            "is more than a word for its class: how the others are written is not told. "
            "Give the sample a label of each class.",
        )
    spell = spelling_like(list(dict.fromkeys(texts)))
    return lambda code: spell(class_names[code])


def _first_code(numbers, given, k, refuse, first):
    """The number of the first class: 0 or 1."""
    seen = set(numbers) - {-1}  # which stands for nothing
    largest = max(seen, default=0)
    where = given[numbers.index(largest)][1] if seen else 0
    if first is not None:
        if seen and not first <= min(seen) <= largest < k + first:
            refuse(where, f"does not lie in {first} to {k + first - 1}: see `first_code`.")
        return first
    if largest > k or min(seen, default=0) < 0 or (largest == k and 0 in seen):
        refuse(
            where,
            f"is no number of one of {k} classes: choose the class set with `classes`.",
        )
    if largest == k:
        return 1
    if seen and min(seen) == 1:
        refuse(
            where,
            "does not tell whether the first class has the number 0 or 1, as no label is 0 "
            f"or {k}: say so with `first_code` 0 or `first_code` 1.",
        )
    return 0


def assumed_first(labels, n_classes):
    """Whether nothing in some labels tells that their numbers begin at 0.

    Parameters
    ----------
    labels : list
        As of :func:`speller`.
    n_classes : int

    Returns
    -------
    bool
    """
    given = [str(own) for own in labels if own is not None and str(own).strip()]
    numbers = [whole_number(own) for own in given]
    if None in numbers and (numbered := _numbered_text(given)):
        numbers = numbered[1]
    return (
        bool(numbers)
        and None not in numbers
        and 1 < min(numbers) <= max(numbers) < (n_classes)
    )


def guessed_words(labels, class_names):
    """Words for the classes that a sample with words for labels does not show.

    Parameters
    ----------
    labels : list
        As of :func:`speller`.
    class_names : tuple of str

    Returns
    -------
    list of str
        How :func:`speller` writes them; empty where labels are no words.
    """
    texts = [own for own in labels if isinstance(own, str) and label_expression(own)]
    numbers = any(whole_number(own) is not None for own in texts)
    if not texts or numbers or _numbered_text(texts):
        return []
    seen = {label_expression(text) for text in texts}
    spell = spelling_like(list(dict.fromkeys(texts)))
    return [spell(name) for name in class_names if name not in seen]


def _number_speller(shown_labels, first):
    sample = shown_labels[0]
    if isinstance(sample, str):
        text = sample.strip()
        if set(text) & set(".,eE"):
            return lambda code: _pointed(code + first, text)
        width = len(text) if text.startswith("0") and len(text) > 1 else 1
        return lambda code: f"{code + first:0{width}d}"
    kind = float if isinstance(sample, float) else int
    return lambda code: kind(code + first)


def _pointed(number, sample):
    """A whole number with as many digits after the point as a sample: 3.0, 3,00, 3e+00."""
    digits, letter, _ = sample.lower().partition("e")
    point = "," if "," in digits else "."
    after = len(digits.replace(",", ".").partition(".")[2])
    text = f"{number:.{after}{'e' if letter else 'f'}}"
    if point in digits and not after:
        text += point
    return text.replace(".", point).replace("e", "E" if "E" in sample else "e")


def _numbered_text(texts):
    """What stands around the number of labels such as "class_3", and the numbers."""
    matches = [_NUMBERED.fullmatch(text) for text in texts]
    if not all(matches) or len({own.group(1, 3) for own in matches}) > 1:
        return None
    before, _, after = matches[0].groups()
    if label_expression(texts[0]):
        return None
    return before, [int(own.group(2)) for own in matches], after


def class_columns(layout, class_names):
    """Function from a row's probabilities and code to values of its columns of classes.

    Parameters
    ----------
    layout : Layout
        With columns of classes.
    class_names : tuple of str

    Returns
    -------
    callable
        Called as ``values(row, code, probabilities)``; gives pairs of place and value.

    Raises
    ------
    FerClassicError
        A class has no column, or it is unclear whether one-hot or scores are meant.
    """
    columns = layout.classes[0]
    if lacking := [name for name in class_names if name not in columns]:
        raise FerClassicError(
            f"The template has columns of classes such as {shown(_first(columns))}, but "
            f"none for {', '.join(lacking)}."
        )
    cells = [[value for _, value in row.values()] for row in layout.classes]
    numbers = [[_number(cell) for cell in row] for row in cells]
    place = shown(_first(columns))
    if any(n is None or not 0 <= n <= 1 for row in numbers for n in row):
        raise FerClassicError(
            f"The template's column of a class at {place} holds something else than a "
            "number from 0 to 1."
        )
    one_hot = all(set(row) <= {0, 1} and sum(row) == 1 for row in numbers)
    whole = all(_is_whole(cell) for row in cells for cell in row)
    if whole and not one_hot:
        raise FerClassicError(
            f"The template's columns of classes (at {place}) are whole numbers, but not "
            "one 1 in each row: it is unclear whether 0 and 1 or probabilities are meant. "
            "Write 0.2 for probabilities, or a 1 in one column."
        )
    text = isinstance(cells[0][0], str)

    def values(row, code, probabilities):
        for name, (where, cell) in layout.classes[row].items():
            share = 0.0
            if one_hot:
                share = float(name == class_names[code])
            elif name in class_names:
                share = float(probabilities[class_names.index(name)])
            value = int(share) if _is_whole(cell) else share
            yield where, (repr(value) if text else value)

    return values


def _first(columns):
    return next(iter(columns.values()))[0]


def _is_whole(cell):
    return isinstance(cell, int) or (isinstance(cell, str) and cell.strip().isdigit())


def _number(cell):
    if isinstance(cell, bool):
        return None
    try:
        return float(cell) if isinstance(cell, str | int | float) else None
    except ValueError:
        return None


def confidence(layout):
    """Function from a row and a probability to the value of its confidence.

    Parameters
    ----------
    layout : Layout
        With a field of confidence.

    Returns
    -------
    callable
        Called as ``value(row, probability)``; gives a place and a value.

    Raises
    ------
    UsageError
        The sample shows something else than numbers from 0 to 1 there.
    """
    for place, cell in layout.sure:
        number = 0.5 if cell in (None, "") else _number(cell)
        if number is None or not 0 <= number <= 1:
            raise UsageError(
                f"The template has {cell!r} at {shown(place)}, where a confidence from 0 "
                "to 1 would be written: it is refused, as something else seems to be meant."
            )

    def value(row, probability):
        place, cell = layout.sure[row]
        share = float(probability)
        return place, (repr(share) if isinstance(cell, str) else share)

    return value
