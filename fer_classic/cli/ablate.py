"""The command ablate."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from fer_classic.cli import options as o
from fer_classic.cli.app import app
from fer_classic.cli.console import Terminal, progress_bar, say, table
from fer_classic.errors import FerClassicError, UsageError
from fer_classic.files.kept import cache_folder

#: Folder of finished folds in the output folder, by which it is known again.
PARTS = "parts"


@app.command()
def ablate(
    plan: Annotated[Path, typer.Argument(help="The plan, a TOML file.")],
    out: Annotated[
        Path, typer.Option(help="Folder for the results; what it holds is not done again.")
    ],
    train: Annotated[
        list[str] | None, typer.Option(help=f"Instead of the plan's images. {o.DATA}")
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Show the runs and what each changes."),
    ] = False,
    cache: o.Cache = None,
    jobs: o.Jobs = -1,
    quiet: o.Quiet = False,
):
    """Tell what each part is worth.

    Every run of the plan is cross-validated on the same folds and compared with the
    base. A killed command continues when it is given again.

    Example: fer-classic ablate plan.toml --train train.zip --out runs/ablation
    """
    from fer_classic.ablation.plan import read_plan
    from fer_classic.ablation.run import Ablation
    from fer_classic.pipeline.faces import faces_of as found_faces

    read = read_plan(plan, train)
    _check_folder(out)
    samples = _samples(read)
    kept = cache_folder(cache)

    def faces_of(faces):
        told = replace(read.settings, faces=faces)
        title = f"faces ({faces.detector}, {faces.align}, {faces.crop_size} px)"
        return found_faces(
            samples, told, jobs=jobs, cache=kept, title=title, watch=Terminal(quiet)
        )

    if dry_run:
        _show(read, samples)
        return
    own = Ablation(read, faces_of, out, jobs=jobs)
    total = sum(len(own.missing(run)) for run in read.runs)
    done = len(read.runs) * len(own.folds) - total
    if done:
        say(f"{done} folds lie finished in {out}")
    _finish(own, read, total, quiet)
    _write(own.table(), plan, out)


def _check_folder(out):
    """Refuse a folder that holds something else, or where nothing can be written."""
    from fer_classic.files.atomic import check_new

    if (out / PARTS).is_dir() or (out.is_dir() and not any(out.iterdir())):
        return  # begun; perhaps killed before the first fold
    check_new(out)


def _samples(plan):
    """The labelled images of the plan, or a random part of them."""
    import numpy as np

    from fer_classic.pipeline.faces import read_samples

    samples = read_samples(list(plan.train), plan.settings).training_part()
    if plan.images is None or plan.images >= len(samples):
        return samples
    random = np.random.default_rng(plan.seed)
    rows = np.sort(random.choice(len(samples), plan.images, replace=False))
    return samples.take(rows)


def _finish(own, plan, total, quiet):
    done = 0
    with progress_bar("folds", total, quiet) as advance:
        for run in plan.runs:

            def step(run=run):
                nonlocal done
                done += 1
                advance(done, run.name)

            try:
                own.finish(run, step)
            except FerClassicError as error:  # a full disk, say
                raise type(error)(f"Run {run.name!r}: {error}") from None
            except ValueError as error:
                raise UsageError(f"Run {run.name!r}: {error}") from None


def _show(plan, samples):
    rows = [[run.name, _changes(run, plan.runs[0])] for run in plan.runs]
    print(table(rows, ["run", "what it changes"]))
    print(f"{len(samples)} images, {plan.folds} folds")


def _changes(run, base):
    """What a run changes, in one line."""
    own, other = run.settings.to_dict(), base.settings.to_dict()
    flat = []
    for key, value in own.items():
        before = other[key]
        if key in ("faces", "classifier"):
            flat += [f"{k}={v}" for k, v in value.items() if before.get(k) != v]
        elif key == "features" and value != before:
            flat += _feature_changes(value, before)
        elif key == "experts" and value != before:
            flat.append(f"{len(value)} expert(s)")
    if run.estimator != base.estimator:
        flat.append(f"estimator={run.estimator}")
    if run.fraction != base.fraction:
        flat.append(f"fraction={run.fraction:g}")
    return ", ".join(flat) or "-"


def _feature_changes(features, before):
    """Families where others are taken, and options of a family that are others."""
    told = [f"features={'+'.join(features)}"] if features.keys() != before.keys() else []
    for family, options in features.items():
        base = before.get(family, {})
        told += [f"{family}.{k}={v}" for k, v in options.items() if base.get(k) != v]
        told += [f"{family}.{k} by default" for k in base if k not in options]
    return told


def _write(found, plan, out):
    from fer_classic.ablation.table import (
        ablation_cells,
        ablation_csv,
        ablation_markdown,
        ablation_picture,
    )
    from fer_classic.files.atomic import write_file
    from fer_classic.files.text import to_json

    texts = {
        "ablation.csv": ablation_csv(found),
        "ablation.md": ablation_markdown(found),
        "ablation.json": to_json(found),
        "ablation.png": ablation_picture(found),
        "plan.toml": plan.read_bytes(),
    }
    for name, content in texts.items():
        write_file(out / name, content, overwrite=True)
    header, rows = ablation_cells(found)
    print(table(rows, header))
    say(f"written: {out}/ablation.json, .csv, .md and .png")
