"""From what the command names to a workspace: model, settings, journal."""

import os
from dataclasses import replace
from pathlib import Path

from fer_classic.errors import FerClassicError, UsageError
from fer_classic.page.export import JOURNAL
from fer_classic.page.filmrun import FilmRun, is_film_run
from fer_classic.page.journal import Journal
from fer_classic.page.opening import is_run, run_inputs
from fer_classic.page.workspace import Workspace

#: What photographs are trained with where no run says it.
PRESET = "fast"


def make_workspace(
    inputs,
    model,
    *,
    film=None,
    labels=None,
    groups=None,
    journal=None,
    jobs=-1,
    cache=None,
):
    """Load the model and open the journal; the inputs are read later, by ``open``.

    Parameters
    ----------
    inputs : list of str
        A run directory, the folder of an analyzed film, or photographs; may be empty.
    model : path-like or None
        Folder of the model; None for that of the run or film.
    film : path-like, optional
        Where the film is now.
    labels, groups : str, optional
        As :func:`read_dataset` takes them; a run has its own.
    journal : path-like, optional
        File of decisions; by default it lies beside the photographs.
    jobs : int
    cache : path-like or None

    Returns
    -------
    Workspace

    Raises
    ------
    FerClassicError
        The model cannot be loaded, or a run's photographs are gone.
    UsageError
        The journal cannot be written, or is open elsewhere.
    """
    from fer_classic.model.shipped import shipped_model
    from fer_classic.model.store import load_model
    from fer_classic.settings import read_settings

    if inputs and is_film_run(inputs[0]):
        return _film_workspace(inputs, model, film)
    run = inputs[0] if inputs and is_run(inputs[0]) else None
    if film is not None:
        raise UsageError(
            f"The film {str(film)!r} is named without the folder that the command video "
            "wrote about it: name that folder too."
        )
    if run and len(inputs) > 1:
        raise UsageError(f"{run} is a run directory: name it alone.")
    photographs = run_inputs(run)["train"] if run else inputs
    for path in photographs:
        if not os.path.lexists(path) and "*" not in path:
            raise UsageError(f"There is no file or folder {path!r}.")
    trained = load_model(model or run or shipped_model())
    if run:
        settings = read_settings(Path(run) / "settings.json")
    else:
        settings = _settings(trained.settings)
    # A row a picture: which of its faces is meant is decided in the page.
    settings = settings.with_changes(which="best")
    if labels is not None or groups is not None:
        settings = settings.with_changes(labels=labels, groups=groups)
    if settings.class_set != trained.settings.class_set:
        raise UsageError(
            f"The model has other classes ({', '.join(trained.settings.class_set.names)}) "
            f"than the run ({', '.join(settings.class_set.names)}): leave `model` away."
        )
    held = Journal(journal or journal_place(photographs[0])) if photographs else None
    return Workspace(trained, inputs, settings, held, jobs=jobs, cache=cache)


def _film_workspace(inputs, model, film):
    """The page of an analyzed film; photographs and camera get the film's model."""
    from fer_classic.model.shipped import model_named
    from fer_classic.model.store import load_model

    if len(inputs) > 1:
        raise UsageError(f"{inputs[0]} is an analyzed film: name it alone.")
    if film is not None and not Path(film).is_file():
        raise UsageError(f"There is no film {str(film)!r}: name a file.")
    seen = FilmRun(inputs[0], film)
    if model is None and seen.model is None:
        raise UsageError(f"{inputs[0]}/film.json names no model.")
    try:
        trained = load_model(model or model_named(seen.model))
    except FerClassicError as error:
        if model is not None:
            raise
        raise UsageError(
            f"The film's model {seen.model!r} cannot be loaded: {error} Name another one."
        ) from None
    return Workspace(trained, [], trained.settings, film=seen)


def journal_place(photographs):
    """Where decisions about photographs are kept if nobody says.

    Parameters
    ----------
    photographs : str
        The first input.

    Returns
    -------
    pathlib.Path
        Beside the input, or in the current folder where nothing can be written there.
    """
    path = Path(photographs).absolute()
    name = path.name if path.is_dir() else path.stem
    name = "photographs" if "*" in name or not name else name
    folder = path.parent
    if not os.access(folder, os.W_OK):
        folder = Path.cwd()
    return folder / f"{name}{JOURNAL}"


def _settings(model_settings):
    """Settings to read photographs as the model does, and to train on them."""
    from fer_classic.data.image import MAX_PIXELS
    from fer_classic.settings import preset_settings

    faces = model_settings.faces
    faces = replace(faces, max_pixels=min(faces.max_pixels, MAX_PIXELS))
    return replace(preset_settings(PRESET), faces=faces, classes=model_settings.classes)
