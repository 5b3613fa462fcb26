"""The commands detector train and detector score."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from fer_classic.cli import options as o
from fer_classic.cli.app import app
from fer_classic.cli.console import progress_bar, say, table
from fer_classic.errors import UsageError, one_of
from fer_classic.files.text import markdown_table

detector = typer.Typer(
    name="detector",
    help="Train and score face detectors.",
    epilog="Example: fer-classic detector score hog cnn face.svm --truth boxes.xml",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(detector)

_TRUTH = (
    "Marked faces: dlib's imglab XML, FDDB, WIDER FACE, COCO JSON, VOC XML (folder or "
    "file), 300-W .pts, or lines of 'name x1 y1 x2 y2'."
)
Images = Annotated[
    Path | None,
    typer.Option(help="Folder of the images.  [default: that of the annotations]"),
]
Format = Annotated[
    str,
    typer.Option(help="auto, imglab, voc, coco, pts, fddb, wider or plain."),
]


@detector.command()
def train(
    annotations: Annotated[Path, typer.Argument(metavar="ANNOTATIONS", help=_TRUTH)],
    out: Annotated[Path, typer.Option(help="The detector to write, a .svm file.")],
    images: Images = None,
    format: Format = "auto",
    c: Annotated[
        float,
        typer.Option("--c", help="Weight of errors; larger fits the pictures closer."),
    ] = 5.0,
    window: Annotated[int, typer.Option(help="Side of the sliding window in pixels.")] = 80,
    upsample: Annotated[
        int, typer.Option(help="Times pictures may be doubled for small faces, 0 to 2.")
    ] = 1,
    mirror: Annotated[
        bool, typer.Option(help="Whether pictures count mirrored too.")
    ] = True,
    epsilon: Annotated[float, typer.Option(help="Tolerance of the solver.")] = 0.01,
    threads: Annotated[int, typer.Option(min=1, help="Threads.")] = 1,
    overwrite: o.Overwrite = False,
    quiet: o.Quiet = False,
):
    """Train a face detector on your own photographs.

    dlib's HOG features and a linear SVM; use it with --detector face.svm.

    Example: fer-classic detector train faces.xml --out face.svm
    """
    from fer_classic.detectbench.annotations import read_annotations
    from fer_classic.detectbench.train_detector import train_detector

    marked = read_annotations(annotations, format, images)
    card = train_detector(
        marked,
        out,
        C=c,
        window=window,
        upsample=upsample,
        mirror=mirror,
        epsilon=epsilon,
        threads=threads,
        quiet=quiet,
        overwrite=overwrite,
        warn=say,
    )
    told, scores = card["trained_on"], card["training_scores"]
    say(
        f"{told['faces']} faces in {told['images']} images, {told['ignored']} ignored; "
        f"{card['seconds']:.0f} s; on these images it finds {scores['recall']['found']} of "
        f"{scores['recall']['faces']} faces with {scores['false_alarms']} false alarm(s)"
    )
    print(out)


@detector.command()
def score(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="DETECTORS",
            help="none, hog, cnn, cascade, auto, mtcnn, face.svm, or KIND:weights.onnx.",
        ),
    ],
    truth: Annotated[Path, typer.Option(help=_TRUTH)],
    images: Images = None,
    format: Format = "auto",
    no_face: Annotated[
        str | None, typer.Option(help="Images that show no face, for false alarms.")
    ] = None,
    iou: Annotated[
        float, typer.Option(help="Least intersection over union of a face found.")
    ] = 0.5,
    fit: Annotated[
        Path | None,
        typer.Option(
            help="Other marked faces: the boxes are then scored once more after a fixed "
            "shift and scale, fitted there."
        ),
    ] = None,
    fit_images: Annotated[
        Path | None, typer.Option(help="Folder of the images of --fit.")
    ] = None,
    split: Annotated[
        list[Path] | None,
        typer.Option(help="wider_easy_val.mat and its like; may be repeated."),
    ] = None,
    upsample: o.Upsample = None,
    threshold: o.Threshold = None,
    min_size: Annotated[
        float | None, typer.Option(help="Least face size in pixels.  [default: 0]")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="JSON file with all numbers.")] = None,
    misses: Annotated[
        Path | None, typer.Option(help="Folder for pictures with misses and alarms.")
    ] = None,
    show: Annotated[int, typer.Option(min=0, help="Pictures a detector.")] = 20,
    output: Annotated[
        str, typer.Option("--output", help="What stdout gets: text, md or json.")
    ] = "text",
    jobs: o.Jobs = 1,
    overwrite: o.Overwrite = False,
    quiet: o.Quiet = False,
):
    """Score face detectors on pictures with marked faces.

    Several detectors in one table: recall, best face, false alarms, AP, ms an image.

    Example: fer-classic detector score hog cascade --truth boxes.xml --no-face empty/
    """
    from fer_classic.detectbench.score.compare import compare_detectors
    from fer_classic.detectbench.score.pictures import write_pictures
    from fer_classic.files.atomic import (
        check_new,
        check_new_file,
        new_directory,
        write_file,
    )
    from fer_classic.files.text import to_json

    one_of(output, ("text", "md", "json"), "--output")
    if not 0 < iou < 1:
        raise UsageError(f"--iou must be between 0 and 1. Got {iou}.")
    if out is not None:
        check_new_file(out, overwrite=overwrite)
    if misses is not None:
        check_new(misses, overwrite=overwrite)
    options = {"upsample": upsample, "threshold": threshold, "min_size": min_size}
    found = compare_detectors(
        names,
        _pictures(truth, format, images),
        empty=_image_files(no_face) if no_face else [],
        fit=_pictures(fit, "auto", fit_images) if fit else None,
        splits=split or (),
        iou=iou,
        options={key: value for key, value in options.items() if value is not None},
        jobs=jobs,
        bar=lambda title, total: progress_bar(title, total, quiet),
    )
    with new_directory(misses, overwrite=overwrite) if misses else nullcontext() as work:
        if misses is not None:
            number = write_pictures(found, show, work)
        # Within, so that file and folder come into their places one after the other.
        if out is not None:
            write_file(out, to_json(found.to_dict()), overwrite=overwrite)
    if misses is not None:
        say(f"{number} picture(s) of misses and false alarms: {misses}")
    if out is not None:
        say(f"scores: {out}")
    if output == "json":
        print(to_json(found.to_dict()), end="")
    else:
        print(_page(found.to_dict(), output == "md"))


def _pictures(path, format, images):
    from fer_classic.detectbench.annotations import read_annotations

    return read_annotations(path, format, images).pictures


def _image_files(folder):
    from fer_classic.data.image import EXTENSIONS

    files = sorted(p for p in Path(folder).rglob("*") if p.suffix.lower() in EXTENSIONS)
    if not files:
        raise UsageError(f"No image in {folder}, which --no-face names.")
    return files


def _page(found, markdown):
    from fer_classic.detectbench.score.compare import score_rows

    header, rows = score_rows(found)
    truth = found["truth"]
    lines = [
        f"{truth['images']} images, {truth['faces']} faces; a face is found from an "
        f"intersection over union of {found['iou']:g}."
    ]
    if found["fitted"]:
        lines[0] += (
            " Second line of a detector: after a shift and scale of its boxes, fitted on "
            "other pictures."
        )
    body = markdown_table(header, rows) if markdown else table(rows, header)
    lines += [
        body,
        "In brackets 95% intervals: of recall by bootstrap over images, of shares of "
        "images by Wilson's formula. AP: WIDER FACE's average precision. FDDB: discrete "
        "and continuous score at one false positive for every two images.",
    ]
    return "\n\n".join(lines)
