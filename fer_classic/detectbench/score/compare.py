"""Several detectors on the same pictures, in one table."""

from dataclasses import dataclass, field
from pathlib import Path

from fer_classic.detectbench.score import (
    alarms,
    detect_all,
    fit_mapping,
    read_split,
    score_detections,
    times,
)


@dataclass(frozen=True)
class Comparison:
    """What several detectors found.

    Attributes
    ----------
    pictures : tuple of Picture
    empty : list of path-like
        Images without a face.
    iou : float
    detectors : list of dict
        Scores of each, as JSON types.
    detections : list of (list of list of Face, list of list of Face)
        Of each, on the pictures and on the empty images.
    """

    pictures: tuple
    empty: list
    iou: float
    detectors: list = field(default_factory=list)
    detections: list = field(default_factory=list)

    def to_dict(self):
        """The scores as JSON types."""
        return {
            "truth": {
                "images": len(self.pictures),
                "faces": sum(len(picture.faces) for picture in self.pictures),
                "empty_images": len(self.empty),
            },
            "iou": self.iou,
            "fitted": any("mapped" in own for own in self.detectors),
            "detectors": self.detectors,
        }


def compare_detectors(
    names, pictures, *, empty=(), fit=None, splits=(), iou=0.5, options=None, jobs=1, bar
):
    """Run detectors over annotated pictures and score them.

    Parameters
    ----------
    names : sequence of str
        As :func:`fer_classic.detect.make_detector` takes them.
    pictures : sequence of Picture
    empty : sequence of path-like
        Images without a face.
    fit : sequence of Picture, optional
        Others, on which one shift and scale of the boxes is fitted; the scores after it
        are given too.
    splits : sequence of path-like
        WIDER FACE's ``.mat`` files.
    iou : float
    options : dict, optional
        upsample, threshold, min_size.
    jobs : int
        Processes; more than one make the times longer.
    bar : callable
        Makes a context manager of a title and a total, which gives a function that
        takes the number done.
    """
    counted = {Path(path).stem: read_split(path, pictures) for path in splits}
    made = Comparison(tuple(pictures), list(empty), iou)
    parts = [[picture.path for picture in pictures], list(empty)]
    parts.append([picture.path for picture in fit or ()])
    for name in names:
        paths = [path for part in parts for path in part]
        with bar(_short(name), len(paths)) as progress:
            found, spent = detect_all(
                name, paths, options=options, jobs=jobs, progress=progress
            )
        ends = len(parts[0]), len(parts[0]) + len(parts[1])
        marked, bare, others = found[: ends[0]], found[ends[0] : ends[1]], found[ends[1] :]
        own = {"name": name, "milliseconds": times(spent[: ends[1]])}
        own["scores"] = score_detections(pictures, marked, iou=iou, splits=counted)
        if empty:
            own["no_face"] = alarms(bare)
        if fit:
            mapping = fit_mapping(fit, others)
            own["mapping"] = mapping.to_dict()
            own["mapped"] = score_detections(
                pictures, marked, iou=iou, mapping=mapping, splits=counted
            )
        made.detectors.append(own)
        made.detections.append((marked, bare))
    return made


def score_rows(found):
    """Header and rows of the table that people read.

    Parameters
    ----------
    found : dict
        From :meth:`Comparison.to_dict`.

    Returns
    -------
    header : list of str
    rows : list of list of str
        A detector's second row, where its boxes were mapped, repeats what changes.
    """
    bins = found["detectors"][0]["scores"]["recall_by_height"]
    header = ["detector", "best face is a face", "is the main one", "recall"]
    header += [f"{_range(own)} ({own['faces']})" for own in bins]
    header += ["false alarms", "on empty images", "AP", "FDDB", "ms an image"]
    rows = []
    for own in found["detectors"]:
        bare = own.get("no_face")
        alarm = f"{bare['right']}/{bare['pictures']}" if bare else "-"
        spent = f"{own['milliseconds']['median']:.0f}"
        rows.append([_short(own["name"]), *_cells(own["scores"], alarm), spent])
        if "mapped" in own:
            rows.append(["  after the fit", *_cells(own["mapped"], ""), ""])
    return header, rows


def _cells(scores, alarm):
    shares = [_share(scores[key]) for key in ("best_any", "best_main", "recall")]
    by_height = [
        "-" if own["value"] is None else f"{own['value']:.0%}"
        for own in scores["recall_by_height"]
    ]
    fddb = scores["rate_at_fp"]
    return [
        *shares,
        *by_height,
        str(scores["false_alarms"]),
        alarm,
        f"{scores['average_precision']['all']:.3f}",
        f"{fddb['discrete']:.2f} / {fddb['continuous']:.2f}",
    ]


def _share(own):
    if own["value"] is None:
        return "-"
    return f"{own['value']:.0%} ({own['low']:.0%} to {own['high']:.0%})"


def _range(own):
    if own["below"] >= 100_000:
        return f"{own['from']} px and more"
    return f"{own['from']} to {own['below']} px"


def _short(name):
    """A detector's name without its folders."""
    head, colon, path = name.partition(":")
    return f"{head}:{Path(path).name}" if colon and len(head) > 1 else Path(name).name
