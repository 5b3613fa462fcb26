"""Commands that look at data: audit, faces, features, demo."""

import os
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from fer_classic.cli import options as o
from fer_classic.cli.app import app
from fer_classic.cli.console import Terminal, progress_bar, say, table
from fer_classic.cli.settings import settings_from
from fer_classic.cli.votes import votes_by_part, votes_text
from fer_classic.files.kept import cache_folder

#: Rows of a face table whose features are in memory at a time.
BATCH = 256


@app.command()
@o.shared(o.READING | {"votes": o.VotesFile, "max_pixels": o.MaxPixels})
def audit(
    inputs: Annotated[
        list[str], typer.Argument(metavar="DATA", help=f"{o.DATA} Several are compared.")
    ],
    format: Annotated[str, typer.Option(help="text or json")] = "text",
    jobs: o.Jobs = -1,
    quiet: o.Quiet = False,
    given: dict | None = None,
):
    """Count classes, unreadable files and copies.

    Several inputs are compared: copies are looked for within and across them.

    Example: fer-classic audit train.zip val.zip test.zip
    """
    from fer_classic.data.audit import audit as audit_parts
    from fer_classic.errors import FerClassicError, one_of
    from fer_classic.files.text import to_json
    from fer_classic.pipeline.faces import read_samples
    from fer_classic.pipeline.inputs import say_groups
    from fer_classic.pipeline.votes import votes_of

    one_of(format, ("text", "json"), "--format")
    settings = settings_from(given)
    watch = Terminal()
    parts = {name: read_samples([name], settings, watch) for name in dict.fromkeys(inputs)}
    groups = [group for samples in parts.values() for group in samples.groups]
    say_groups(groups, settings.groups, watch)
    voted = votes_of(given["votes"], inputs)
    # Short names where they suffice to tell the inputs apart.
    short = {name: os.path.basename(os.path.normpath(name)) for name in parts}
    if len(set(short.values())) == len(short):
        parts = {short[name]: samples for name, samples in parts.items()}
    with progress_bar("reading", sum(map(len, parts.values())), quiet) as advance:
        found = audit_parts(
            parts, jobs=jobs, max_pixels=settings.faces.max_pixels, progress=advance
        )
    if voted is not None:
        found["votes"] = votes_by_part(parts, voted)
    print(to_json(found) if format == "json" else _audit_text(found), end="")
    if len(found["unreadable"]) == found["images"]:
        raise FerClassicError(f"None of the {found['images']} image(s) could be read.")


def _audit_text(found):
    rows = []
    for part, counts in found["counts"].items():
        ratio = found["imbalance"][part]
        left_out = sum(found["left_out"][part].values())
        cells = [*counts.values(), left_out, f"{ratio:.1f}" if ratio else "-"]
        rows.append([part, *cells])
    names = list(next(iter(found["counts"].values())))
    header = ["part", *names, "no label", "largest/smallest"]
    lines = [table(rows, header), ""]
    for part, reasons in found["left_out"].items():
        told = ", ".join(f"{reason} ({n})" for reason, n in list(reasons.items())[:8])
        if told:
            lines.append(f"without a label of the set in {part}: {told}")
    lines.append(f"unreadable files: {len(found['unreadable'])}")
    lines += [f"  {u['file']}: {u['reason']}" for u in found["unreadable"][:10]]
    copies = found["duplicates"]
    lines.append(
        f"copies: {copies['exact_sets']} sets of exact and {copies['near_sets']} of near "
        f"copies, {copies['images_in_sets']} images in all"
    )
    for key, title in (
        ("across_parts", "sets of copies that cross parts"),
        ("conflicting_labels", "sets of copies with conflicting labels"),
    ):
        lines.append(f"{title}: {len(copies[key])}")
        lines += [f"  {' = '.join(names[:4])}" for names in copies[key][:5]]
    for part, number in copies["copied_from_another_part"].items():
        lines.append(f"images of {part} with a copy in another part: {number}")
    lines += [votes_text(part, own) for part, own in found.get("votes", {}).items()]
    return "\n".join(lines) + "\n"


@app.command()
@o.shared(o.FACES | {"which": o.Which} | o.FILE)
def faces(
    inputs: Annotated[list[str], typer.Argument(metavar="DATA", help=o.DATA)],
    out: Annotated[Path, typer.Option(help="Folder to write the face table to.")],
    cache: o.Cache = None,
    overwrite: o.Overwrite = False,
    jobs: o.Jobs = -1,
    cluster: o.Cluster = None,
    quiet: o.Quiet = False,
    given: dict | None = None,
):
    """Find, align and store one face an image, or all.

    The folder is an input of the commands features and train.

    Example: fer-classic faces train.zip --out work/train-faces
    """
    from fer_classic.compute.cluster import on_cluster
    from fer_classic.faces.store import write_faces
    from fer_classic.faces.table import join_tables
    from fer_classic.files.atomic import check_new, new_directory
    from fer_classic.pipeline.faces import face_parts_of, read_samples

    settings = settings_from(given)
    check_new(out, overwrite=overwrite)
    samples = read_samples(inputs, settings, Terminal())
    kept = cache_folder(cache)
    parts = face_parts_of(samples, settings, jobs=jobs, cache=kept, watch=Terminal(quiet))
    with (
        on_cluster(cluster),
        new_directory(out, overwrite=overwrite) as folder,
        parts as made,
    ):
        if settings.faces.which == "all":  # how many rows there are is known at the end
            made = [join_tables(list(made))]
        rows = len(samples) if settings.faces.which != "all" else len(made[0])
        status = write_faces(made, rows, folder)["status"]
    counts = {s: status.count(s) for s in dict.fromkeys(status)}
    what = "rows" if settings.faces.which == "all" else "images"
    say(f"{len(status)} {what}: " + ", ".join(f"{n} {s}" for s, n in counts.items()))
    print(out)


@app.command()
@o.shared({"features": o.Features} | o.FILE)
def features(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="DATA", help=o.DATA_OR_FACES),
    ],
    out: Annotated[Path, typer.Option(help="Folder to write the feature table to.")],
    csv: Annotated[
        bool, typer.Option("--csv", help="Also write features.csv, one row an image.")
    ] = False,
    cache: o.Cache = None,
    overwrite: o.Overwrite = False,
    jobs: o.Jobs = -1,
    cluster: o.Cluster = None,
    quiet: o.Quiet = False,
    given: dict | None = None,
):
    """Compute the feature columns.

    They are named, and stored as a NumPy table for your own experiments.

    Example: fer-classic features work/train-faces --out work/train-features
    """
    from fer_classic.compute.cluster import on_cluster
    from fer_classic.compute.processes import each_part
    from fer_classic.faces.store import load_face_parts, load_faces
    from fer_classic.features import make_extractors
    from fer_classic.features.store import write_features
    from fer_classic.files.atomic import check_new, new_directory
    from fer_classic.pipeline.faces import face_parts_of, read_samples
    from fer_classic.pipeline.inputs import is_face_table

    settings = settings_from(given)
    make_extractors(settings.features)  # a preset may have none to compute
    check_new(out, overwrite=overwrite)
    if is_face_table(inputs):
        found = load_faces(inputs[0])
        # Half of what the rows hold in memory, and no feature needs them.
        found = replace(found, digests=("",) * len(found))
        parts = nullcontext(load_face_parts(found, inputs[0], BATCH))
    else:
        found = read_samples(inputs, settings, Terminal())
        kept = cache_folder(cache)
        parts = face_parts_of(found, settings, jobs=jobs, cache=kept, watch=Terminal(quiet))
    with (
        on_cluster(cluster),
        new_directory(out, overwrite=overwrite) as folder,
        parts as faces,
    ):
        made = partial(_with_features, features=settings.features)
        parts = each_part(made, faces)
        names, rows = write_features(parts, len(found), folder)
        if csv:
            _write_features_csv(names, rows, folder)
    say(f"{len(found)} rows, {len(names)} columns")
    print(out)


def _with_features(faces, features):
    """Features of some faces, and what else is told of each row."""
    from fer_classic.model.predict import features_of

    rows = {
        "file": list(faces.names),
        "status": list(faces.status),
        "label": [faces.classes.names[c] if c >= 0 else None for c in faces.labels],
        "group": list(faces.groups),
    }
    return features_of(faces, features), rows


def _write_features_csv(names, rows, folder):
    from fer_classic.files.arrays import open_npy
    from fer_classic.files.text import write_rows

    with open(folder / "features.csv", "w", encoding="utf-8", newline="") as file:
        write_rows(file, [["file", "label", *names]])
        for start in range(0, len(rows["file"]), BATCH):
            own = slice(start, start + BATCH)
            # Opened anew: what was read of an open file counts as this process's memory.
            X = open_npy(folder / "X.npy")[own]
            some = zip(rows["file"][own], rows["label"][own], X, strict=True)
            write_rows(file, ([n, c or "", *(f"{v:.6g}" for v in x)] for n, c, x in some))


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="Folder to write, new or empty.")],
    train: Annotated[int, typer.Option(help="Number of training images.")] = 240,
    test: Annotated[int, typer.Option(help="Number of test images.")] = 80,
    seed: o.Seed = 0,
):
    """Write a synthetic demonstration set.

    It is made from two public-domain portraits that come with installed packages.

    Example: fer-classic demo demo && fer-classic run demo/train --test demo/test
    --out runs/demo
    """
    from fer_classic.demo.generate import write_demo
    from fer_classic.files.atomic import new_directory

    with new_directory(folder) as work:
        write_demo(work, train=train, test=test, seed=seed)
    say("This set is synthetic: a score on it means nothing about real photographs.")
    print(folder)
