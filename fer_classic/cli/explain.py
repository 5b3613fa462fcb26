"""The command explain."""

from pathlib import Path
from typing import Annotated

import typer

from fer_classic.cli import options as o
from fer_classic.cli.app import app
from fer_classic.cli.console import Terminal, table
from fer_classic.errors import FerClassicError, UnreadableImage, UsageError
from fer_classic.files.text import visible

#: Columns told on stdout, for and against.
TOLD = 5
#: Effects below this count as none.
LITTLE = 0.005


@app.command()
def explain(
    photo: Annotated[str, typer.Argument(metavar="PHOTO", help="One image.")],
    model: Annotated[
        Path | None,
        typer.Option(
            help="Folder of a trained model or of a run, or the name of a shipped model.  "
            "[default: five-fast]"
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Picture to write, a .png file.")] = None,
    which: o.Which = None,
    min_size: o.MinFace = None,
    overwrite: o.Overwrite = False,
):
    """Show why the model says what it says.

    The picture shows box, landmarks, probabilities, and the regions of the face and the
    features that spoke for and against the answer.

    Example: fer-classic explain photo.jpg --out explain.png
    Example: fer-classic explain group.jpg --faces all --out explain.png
    """
    from fer_classic.files.atomic import check_new_file, write_file
    from fer_classic.model.explain import explain_face
    from fer_classic.model.shipped import SHIPPED
    from fer_classic.model.store import load_model
    from fer_classic.pipeline.faces import faces_of, read_samples, settings_to_predict

    if out is not None:
        if out.suffix.lower() != ".png":
            raise UsageError(f"--out names a picture, a .png file. Got {out}.")
        check_new_file(out, overwrite=overwrite)
    trained = load_model(model or SHIPPED)
    if trained.settings.network:
        raise UsageError(
            f"{model} is a network, which has no named features to explain with. Name a "
            "model of the command train or run."
        )
    settings = settings_to_predict(trained.settings).with_changes(
        which=which or "best", min_size=min_size
    )
    samples = read_samples([photo], settings)
    if len(samples) != 1:
        raise UsageError(
            f"explain takes one image, and {photo} holds {len(samples)}. Name one of them."
        )
    faces = faces_of(samples, settings, jobs=1, watch=Terminal(quiet=True))
    pictures = _picture_files(out, len(faces), overwrite)
    for row, picture in enumerate(pictures):
        face = faces.take([row])
        explanation = explain_face(trained, face)
        if picture is not None:
            content = _picture(samples, face, explanation)
            write_file(picture, content, overwrite=overwrite)
        print("\n" * (row > 0) + visible(explanation_text(face, explanation)))
        if picture is not None:
            print(f"\npicture: {visible(str(picture))}")


def _picture_files(out, number, overwrite):
    """The picture of each face: explain_1.png and so on where there are several."""
    from fer_classic.files.atomic import check_new_file

    if out is None:
        return [None] * number
    if number == 1:
        return [out]
    files = [out.with_name(f"{out.stem}_{i}{out.suffix}") for i in range(1, number + 1)]
    for file in files:
        check_new_file(file, overwrite=overwrite)
    return files


def _picture(samples, face, explanation):
    from fer_classic.data.image import decode
    from fer_classic.data.sources import read_same
    from fer_classic.model.explain_picture import explain_picture

    name = Path(face.names[0]).name
    try:
        data = read_same(samples.sources[0], face.digests[0])
    except UnreadableImage as error:
        raise FerClassicError(f"No picture of {name} can be made: {error}.") from None
    image = decode(data, max_pixels=face.settings.max_pixels)
    return explain_picture(image, face, explanation, name)


def explanation_text(face, explanation):
    """Probabilities and the strongest reasons, as text.

    Parameters
    ----------
    face : FaceTable
        Of one row.
    explanation : Explanation
    """
    from fer_classic.features.places import in_words
    from fer_classic.model.explain import METHODS

    chosen = explanation.class_names[explanation.chosen]
    share = explanation.probabilities[explanation.chosen]
    found = {
        "face": f"face found, {face.n_faces[0]} in the photograph",
        "no_face": "no face found, so the whole image stands for it",
        "whole": "no face looked for, the whole image is the face",
    }[face.status[0]]
    order = explanation.probabilities.argsort()[::-1]
    rows = [
        [explanation.class_names[i], f"{explanation.probabilities[i]:.3f}"] for i in order
    ]
    lines = [f"{face.names[0]}: {chosen} {share:.3f} ({found})", ""]
    lines += [table(rows, ["expression", "probability"]), ""]
    lines += [f"Regions by {METHODS[explanation.method]}:"]
    lines += [table(_region_rows(explanation), ["region", "speaks", "effect"]), ""]
    lines += [f"Columns by what they add to the log odds of {chosen} (SHAP):"]
    strongest = [
        *[own for own in explanation.columns if own[1] > 0][:TOLD],
        *[own for own in explanation.columns if own[1] < 0][:TOLD],
    ]
    rows = [
        [name, "for" if value > 0 else "against", f"{value:+.2f}", in_words(name)]
        for name, value in strongest
    ]
    lines.append(table(rows, ["column", "speaks", "effect", "what it measures"]))
    return "\n".join(lines)


def _region_rows(explanation):
    share = explanation.probabilities[explanation.chosen]
    rows = []
    for region, effect in explanation.regions.items():
        speaks = "-" if abs(effect) < LITTLE else "for" if effect > 0 else "against"
        told = f"{effect:+.2f} log odds"
        if explanation.method == "occlusion":
            told = f"{share:.3f} -> {share - effect:.3f} without it"
        rows.append([region, speaks, told])
    return rows
