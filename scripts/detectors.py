"""All detectors on the same pictures, and one trained here: the table of docs/detectors.md.

Trains on half of the scenes (CMU+MIT) and photos/training.xml, with the window and C that
do best on a third of these left out in turn, and scores every detector on the other half
and photos/testing.xml, with the pictures that show no face for false alarms.

    python scripts/detectors.py --data data --out runs/detectors
    python scripts/detectors.py --data data --out runs/detectors --also yunet:yunet.onnx

The two sets mark faces in different ways. Recall is therefore given twice: as it is, and
after one fixed shift and scale of a detector's boxes for each set, fitted on its training
part. Everything else in the table is after the fit.
"""

import argparse
from pathlib import Path
from statistics import mean
from xml.sax.saxutils import quoteattr

from fer_classic.data.image import EXTENSIONS
from fer_classic.detectbench.annotations import read_annotations
from fer_classic.detectbench.score import (
    alarms,
    detect_all,
    fit_mapping,
    score_detections,
    times,
)
from fer_classic.detectbench.score.compare import Comparison
from fer_classic.detectbench.score.pictures import write_pictures
from fer_classic.detectbench.train_detector import train_detector
from fer_classic.files.atomic import new_directory, write_file
from fer_classic.files.text import markdown_table, to_json

#: Name in the table, detector, options.
DETECTORS = (
    ("`none` (the whole image)", "none", {}),
    ("`hog`", "hog", {}),
    ("`hog --upsample 1`", "hog", {"upsample": 1}),
    ("`cascade`", "cascade", {}),
    ("`auto`", "auto", {}),
    ("`cnn`", "cnn", {}),
    ("`mtcnn`", "mtcnn", {}),
)
#: Windows and C of which the detector that is trained here takes the better.
SETTINGS, FOLDS = ((48, 30.0), (56, 5.0)), 3


def main():
    """Read the command line, train, score, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--also", nargs="*", default=[], help="more detectors")
    parser.add_argument("--without", nargs="*", default=[], help="names to leave out")
    parser.add_argument("--show", type=int, default=5, help="pictures of misses")
    args = parser.parse_args()
    with new_directory(args.out, overwrite=True) as folder:
        work(args, folder)


def work(args, folder):
    """Everything, into a folder that is renamed to its place at the end."""
    sets = read_sets(args.data)
    empty = sorted(
        p
        for p in (args.data / "scenes/no-face").iterdir()
        if p.suffix.lower() in EXTENSIONS
    )
    training = [picture for own, _ in sets for picture in own]
    trained = train(training, folder / "face.svm", **choose(training, folder))
    listed = [*DETECTORS, ("trained here", str(trained), {})]
    listed += [(f"`{name.rsplit('/', 1)[-1]}`", name, {}) for name in args.also]
    rows, everything = [], []
    pictures = [picture for _, test in sets for picture in test]
    found = Comparison(tuple(pictures), empty, 0.5)
    for label, name, options in listed:
        if name in args.without:
            continue
        own = scores_of(name, options, sets, empty)
        print(label, own["plain"]["recall"]["value"], flush=True)
        found.detectors.append({"name": label.replace("`", "").replace(" ", "_")})
        found.detections.append(own.pop("detections"))
        rows.append(cells(label, own))
        everything.append({"label": label, "name": Path(name).name} | own)
    write_file(folder / "scores.json", to_json(everything))
    (folder / "misses").mkdir()
    write_pictures(found, args.show, folder / "misses")
    table = markdown_table(HEADER, rows)
    write_file(folder / "table.md", table + "\n")
    print(table)


def read_sets(data):
    """Training and test pictures of scenes (every other one) and of photos."""
    scenes = read_annotations(data / "scenes/boxes.txt", images=data / "scenes/images")
    ordered = sorted(scenes.pictures, key=lambda picture: picture.name)
    photos = [
        read_annotations(data / f"photos/{part}.xml").pictures
        for part in ("training", "testing")
    ]
    return [(ordered[::2], ordered[1::2]), photos]


def choose(training, folder):
    """The setting with the best average precision on training pictures left out."""
    (folder / "choice").mkdir()
    scores = []
    for window, C in SETTINGS:
        own = []
        for fold in range(FOLDS):
            path = folder / "choice" / f"{window}-{C:g}-{fold}.svm"
            learned = [p for i, p in enumerate(training) if i % FOLDS != fold]
            train(learned, path, window=window, C=C)
            found, _ = detect_all(str(path), [p.path for p in training[fold::FOLDS]])
            scored = score_detections(training[fold::FOLDS], found)
            own.append(scored["average_precision"]["all"])
        scores.append({"window": window, "C": C, "average_precision": mean(own)})
        print(scores[-1], flush=True)
    write_file(folder / "choice.json", to_json(scores))
    best = max(scores, key=lambda own: own["average_precision"])
    return {key: best[key] for key in ("window", "C")}


def train(training, made, **options):
    """A detector of some pictures, from one imglab file."""
    lines = ["<dataset><images>"]
    for picture in training:
        lines.append(f"<image file={quoteattr(str(picture.path.absolute()))}>")
        lines += [
            f"<box left='{m.x:g}' top='{m.y:g}' width='{m.width:g}' height='{m.height:g}'/>"
            for m in picture.marks
        ]
        lines.append("</image>")
    path = made.with_suffix(".xml")
    path.write_text("\n".join([*lines, "</images></dataset>"]), encoding="utf-8")
    card = train_detector(
        read_annotations(path), made, upsample=1, quiet=True, warn=print, **options
    )
    print(card["trained_on"], f"{card['seconds']:.0f} s", card["training_scores"])
    return made


def scores_of(name, options, sets, empty):
    """Scores of one detector: plain, and after a fit on each set's training part."""
    plain, mapped, spent, pictures, mappings = [], [], [], [], []
    for training, test in sets:
        before, _ = detect_all(name, [p.path for p in training], options=options)
        found, took = detect_all(name, [p.path for p in test], options=options)
        mapping = fit_mapping(training, before)
        mappings.append(mapping.to_dict())
        pictures += test
        plain += found
        mapped += [[mapping.apply(face) for face in faces] for faces in found]
        spent += took
    bare, took = detect_all(name, empty, options=options)
    return {
        "plain": score_detections(pictures, plain),
        "mapped": score_detections(pictures, mapped),
        "mappings": mappings,
        "no_face": alarms(bare),
        "milliseconds": times(spent + took),
        "detections": (mapped, bare),
    }


HEADER = [
    "detector",
    "best face is a face (95%)",
    "is the main one",
    "recall, boxes as they are",
    "recall (95%)",
    "24 to 48 px",
    "48 to 96 px",
    "96 px and more",
    "false alarms, empty pictures",
    "ms an image",
]


def cells(label, own):
    """One row of the table."""
    mapped = own["mapped"]
    heights = [h["value"] for h in mapped["recall_by_height"][1:]]
    return [
        label,
        share(mapped["best_any"]),
        f"{mapped['best_main']['value']:.0%}",
        f"{own['plain']['recall']['value']:.0%}",
        share(mapped["recall"]),
        *("-" if value is None else f"{value:.0%}" for value in heights),
        f"{own['no_face']['boxes']} on {own['no_face']['right']} of "
        f"{own['no_face']['pictures']}",
        f"{own['milliseconds']['median']:.0f}",
    ]


def share(own):
    """A share with its interval."""
    return f"{own['value']:.0%} ({own['low']:.0%} to {own['high']:.0%})"


if __name__ == "__main__":
    main()
