"""Tables that a run directory holds."""

from fer_classic.files.text import csv_text


def confusion_csv(scores):
    """The confusion matrix of some scores."""
    names = list(scores["per_class"])
    rows = zip(names, scores["confusion"], strict=True)
    return csv_text([["true \\ predicted", *names], *([name, *row] for name, row in rows)])


def curves_csv(curves):
    """Training and held-out loss and error by round."""
    columns = {
        f"{part}_{metric}": values
        for part, metrics in curves.items()
        for metric, values in metrics.items()
    }
    rounds = enumerate(zip(*columns.values(), strict=True), start=1)
    return csv_text([["round", *columns], *([i, *values] for i, values in rounds)])
