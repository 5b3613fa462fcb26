"""The command live."""

import json
from typing import Annotated

import typer

from fer_classic.cli import options as o
from fer_classic.cli import until_ctrl_c
from fer_classic.cli.app import app


@app.command()
def live(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[CAMERA]",
            help="Device as FFmpeg calls it, such as /dev/video0, or a film in its place.  "
            "[default: the first camera]",
        ),
    ] = None,
    model: Annotated[
        str,
        typer.Option(
            help="Name of a shipped model, or folder of a trained model or of a run."
        ),
    ] = "five-fast",
    faces: Annotated[
        str, typer.Option(help="Which faces of a frame count: best, largest or all.")
    ] = "all",
    detector: o.Detector = None,
    min_face: o.MinFace = None,
    every: Annotated[
        int, typer.Option(min=1, help="Frames from one search for faces to the next.")
    ] = 8,
    smooth: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=10.0,
            help="Seconds of the Gaussian mean over the frames so far; 0 for none.",
        ),
    ] = 0.3,
    size: Annotated[
        str | None, typer.Option(help="Of the camera's picture, such as 640x480.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="When to stop.  [default: Ctrl-C]")
    ] = None,
    format: Annotated[str, typer.Option(help="text, or json: an object a line.")] = "text",
):
    """Tell a line a second what the faces before a camera express.

    Example: fer-classic live
    Example: fer-classic live /dev/video2 --size 640x480 --format json
    """
    from fer_classic.errors import one_of
    from fer_classic.model.analyzer import Analyzer
    from fer_classic.video.film import Film
    from fer_classic.video.live import camera_source, watch

    one_of(format, ("text", "json"), "--format")
    with Film(*camera_source(source)):
        pass  # what is no camera is told before models are loaded
    analyzer = Analyzer(model, faces, detector=detector, min_face=min_face or 0)
    shown = {"seconds": seconds, "smooth": smooth, "every": every, "size": size}
    tell = _as_json if format == "json" else _as_text
    with until_ctrl_c():
        for second in watch(source, analyzer, **shown):
            print(tell(second, analyzer.class_names), flush=True)


def _as_text(second, class_names):
    head = (
        f"{second.time:7.1f} s  {second.rate:4.1f} frames/s  "
        f"latency {second.latency:.0f} ms (longest {second.worst:.0f})  "
    )
    faces = [
        f"face {own.track}: {class_names[int(own.probabilities.argmax())]} "
        f"{own.probabilities.max():.2f}"
        for own in second.moment.faces
    ]
    return head + (", ".join(faces) or "no face")


def _as_json(second, class_names):
    names = ("x", "y", "width", "height")
    faces = [
        {
            "track": own.track,
            "status": own.status,
            "box": dict(zip(names, (round(v, 1) for v in own.box), strict=True)),
            "label": class_names[int(own.probabilities.argmax())],
            "probabilities": {
                name: round(float(p), 6)
                for name, p in zip(class_names, own.probabilities, strict=True)
            },
        }
        for own in second.moment.faces
    ]
    head = {"time": second.time, "frames_a_second": second.rate}
    delays = {"latency_ms": second.latency, "longest_latency_ms": second.worst}
    rounded = {key: round(value, 2) for key, value in (head | delays).items()}
    return json.dumps(rounded | {"faces": faces})
