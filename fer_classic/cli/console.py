"""What the commands print: data on stdout, progress and messages on stderr."""

import sys
from contextlib import contextmanager

from fer_classic.cli import with_flags
from fer_classic.compute.processes import Silent
from fer_classic.files.text import visible

#: Where stderr is not a terminal.
SECONDS_A_LINE = 5.0
#: Below so many images no interval is shown.
FEW = 10


def say(message=""):
    """A message for the person at the terminal, on stderr."""
    print(visible(with_flags(message)), file=sys.stderr, flush=True)


class Terminal(Silent):
    """Tells what goes on to the person at the terminal.

    Parameters
    ----------
    quiet : bool
        Whether to leave out progress; messages are told all the same, each once.
    """

    def __init__(self, quiet=False):
        self.quiet = quiet
        self._warned = set()

    def say(self, message):
        """A message, on stderr; a warning that came before is not told again."""
        if message.startswith(("warning: ", "note: ")):  # a run reads and extracts twice
            if message in self._warned:
                return
            self._warned.add(message)
        say(message)

    def bar(self, title, total):
        """A progress bar, on stderr."""
        return progress_bar(title, total, self.quiet)


@contextmanager
def progress_bar(title, total, quiet=False):
    """A bar with rate and time left, on stderr.

    Yields a function that takes the number done so far, and optionally a note.
    Where stderr is not a terminal, a line is printed every few seconds and at the end.
    """
    if quiet or total == 0:
        yield lambda done, note="": None
    elif sys.stderr.isatty():
        with _rich_bar(title, total) as advance:
            yield advance
    else:
        yield _plain_lines(title, total)


@contextmanager
def _rich_bar(title, total):
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(title, total=total, rate="", note="")

        def advance(done, note=""):
            speed = progress.tasks[0].speed
            rate = f"{speed:.0f}/s" if speed else ""
            progress.update(task, completed=done, rate=rate, note=note)

        yield advance


def _plain_lines(title, total):
    import time

    start = shown = time.monotonic()
    first = before = 0

    def advance(done, note=""):
        nonlocal start, shown, first, before
        now = time.monotonic()
        if done == 1 or done < before:  # it begins, or begins again on another part
            start, shown, first = now, now, done
        before = done
        if done == total or now - shown >= SECONDS_A_LINE:
            shown = now
            rate = (done - first) / max(now - start, 1e-9)
            told = f", {rate:.0f}/s, {(total - done) / rate:.0f} s left" if rate else ""
            say(f"{title}: {done}/{total}{told}{f', {note}' if note else ''}")

    return advance


def percent(score, images=None):
    """``0.7012 (0.68 to 0.72)`` for a value with its interval.

    Of few images no interval is shown: the bootstrap would pretend to know.
    """
    if score["value"] is None:
        return "no image"
    if images is not None and images < FEW:
        return f"{score['value']:.4f} ({images} image{'s' * (images != 1)})"
    return f"{score['value']:.4f} ({score['low']:.4f} to {score['high']:.4f})"


def table(rows, header):
    """Aligned columns as text; numbers to the right."""
    cells = [
        [visible(cell).replace("\n", "\\n") for cell in row] for row in [header, *rows]
    ]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    right = [all(_is_number(row[i]) for row in cells[1:]) for i in range(len(header))]
    lines = []
    for row in cells:
        parts = zip(row, widths, right, strict=True)
        line = "  ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in parts)
        lines.append(line.rstrip())
    return "\n".join(lines)


def _is_number(text):
    return text.replace(".", "").replace("%", "").replace(",", "").strip("-").isdigit()


def scores_text(scores):
    """The scores that :func:`fer_classic.scores.subsets.judge` gives, as text."""
    parts = {
        "all": "all labelled images",
        "duplicate_free": "without copies of training images",
        "covered": "face found",
        "uncovered": "no face found",
    }
    rows = [
        [parts[key], scores[key]["n"]]
        + [
            percent(scores[key][s], scores[key]["n"])
            for s in ("balanced_accuracy", "accuracy", "macro_f1")
        ]
        for key in parts
        if key in scores and scores[key]["n"]
    ]
    header = [
        "part",
        "images",
        "balanced accuracy (95%)",
        "accuracy (95%)",
        "macro F1 (95%)",
    ]
    text = table(rows, header)
    whole = scores["all"]
    if "log_loss" in whole:
        text += (
            f"\nlog loss {whole['log_loss']:.4f}, expected calibration error "
            f"{whole['calibration_error']:.4f}"
        )
    if "coverage" in scores:
        text += f", a face found in {scores['coverage']:.1%} of the images"
    if (own := scores.get("distribution", whole.get("distribution"))) and own["images"]:
        text += (
            f"\nagainst the shares of the votes ({own['images']} images): log loss "
            f"{own['log_loss']:.4f} (at least {own['least_log_loss']:.4f}), "
            f"Brier {own['brier']:.4f}"
        )
    return text + "\n\n" + confusion_text(whole)


def confusion_text(scores):
    """Per-class table with the confusion counts, as text."""
    names = list(scores["per_class"])
    rows = []
    for name, counts in zip(names, scores["confusion"], strict=True):
        own = scores["per_class"][name]
        recall, precision = own["recall"]["value"], own["precision"]
        rows.append(
            [name, *counts, "-" if recall is None else f"{recall:.3f}", f"{precision:.3f}"]
        )
    header = ["true \\ predicted", *names, "recall", "precision"]
    return table(rows, header)
