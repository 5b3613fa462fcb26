"""Answers put into a contest's sample, which is kept in all else."""

from dataclasses import replace

from fer_classic.data.names import NumberedNames, match_names
from fer_classic.errors import FerClassicError
from fer_classic.submissions.excerpt import completed
from fer_classic.submissions.layout import read_layout
from fer_classic.submissions.spell_labels import class_columns, confidence, speller


def filled(sample, predictions, first=None):
    """The text of a sample with the answers put in.

    Parameters
    ----------
    sample : Sample
    predictions : Predictions
    first : {0, 1}, optional
        Number of the first class in the sample.

    Returns
    -------
    str

    Raises
    ------
    FerClassicError
        Something of the sample cannot be written as it is meant; with its place.
    """
    layout = layout_of(sample, predictions.names)
    if len(layout.names) < len(predictions.names):  # an excerpt
        sample, _ = completed(sample, predictions.names)
        layout = layout_of(sample, predictions.names)
    rows = match_names(layout.names, predictions.names)
    labels, class_names = predictions.labels, predictions.class_names
    shares = predictions.probabilities
    if (layout.classes or layout.sure) and shares is None:
        raise FerClassicError(
            "The template asks for probabilities, and there are none to write."
        )
    changes = []
    if layout.places:
        spell = speller(layout.labels, class_names, layout.places, first)
        text = sample.form == "csv"
        for place, row in zip(layout.places, rows, strict=True):
            answer = spell(int(labels[row]))
            changes.append((place, str(answer) if text else answer))
    if layout.classes:
        values = class_columns(layout, class_names)
        for i, row in enumerate(rows):
            changes += values(i, int(labels[row]), shares[row])
    if layout.sure:
        value = confidence(layout)
        changes += [value(i, shares[row].max()) for i, row in enumerate(rows)]
    return sample.text(layout.filled(changes))


def layout_of(sample, names):
    """The layout of a sample; of a table with a header, its keys are those of the header.

    Parameters
    ----------
    sample : Sample
    names : sequence of str

    Returns
    -------
    Layout
    """
    if sample.form != "csv":
        return read_layout(sample.tree, names)
    header, rows = sample.tree[0], sample.tree[1:]
    return read_table_layout(header, rows, names)


def read_table_layout(header, rows, names):
    """The layout of a table whose first row may be a header.

    Parameters
    ----------
    header : list of str
    rows : list of list of str
    names : sequence of str

    Returns
    -------
    Layout
    """
    find = NumberedNames(names)
    if find.weight(header) >= 1:  # no header at all
        return read_layout([header, *rows], find)
    if odd := next((i for i, row in enumerate(rows, 2) if len(row) != len(header)), None):
        raise FerClassicError(
            f"The template has {len(header)} columns, and {len(rows[odd - 2])} cells in "
            f"row {odd}. Give every row as many."
        )
    twice = [own for own in header if own.strip() and header.count(own) > 1]
    if twice:
        raise FerClassicError(
            f"The template has two columns {twice[0]!r}: it is unclear which one is to be "
            "filled. Give each column a name of its own."
        )
    records = [dict(zip(header, row, strict=True)) for row in rows]
    layout = read_layout(records, find)
    return _shifted(layout, header, rows)


def _shifted(layout, header, rows):
    """The layout of records, moved to the cells of the table that they came from."""
    columns = {name: j for j, name in enumerate(header)}

    def cell(place):
        return (place[0] + 1, columns[place[1]])

    return replace(
        layout,
        tree=[header, *rows],
        places=layout.places and [cell(place) for place in layout.places],
        classes=layout.classes
        and [
            {name: (cell(place), own) for name, (place, own) in row.items()}
            for row in layout.classes
        ],
        sure=layout.sure and [(cell(place), own) for place, own in layout.sure],
    )
