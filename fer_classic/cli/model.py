"""The commands model key, model sign and model verify."""

from pathlib import Path
from typing import Annotated

import typer

from fer_classic.cli import options as o
from fer_classic.cli.app import app
from fer_classic.cli.console import say

model = typer.Typer(
    name="model",
    help="Sign models, and verify those of others.",
    epilog="Example: fer-classic model verify their-model --key their.pub",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(model)

Folder = Annotated[Path, typer.Argument(help="Folder of a model or run.")]


@model.command()
def key(
    file: Annotated[
        Path, typer.Argument(help="File of the private key; FILE.pub gets the public one.")
    ],
):
    """Make a pair of keys to sign models with.

    Keep the private one to yourself; give the public one to those who use your models.

    Example: fer-classic model key my.key
    """
    from fer_classic.model.signing import make_key

    public, fingerprint = make_key(file)
    say(f"public key: {public}, fingerprint {fingerprint}")
    print(file)


@model.command()
def sign(
    folder: Folder,
    key: Annotated[Path, typer.Option(help="File of your private key.")],
    overwrite: o.Overwrite = False,
):
    """Sign a model, so that others can verify that you made it.

    Example: fer-classic model sign runs/mine --key my.key
    """
    from fer_classic.files.checksums import SIGNATURE
    from fer_classic.model.shipped import folder_of
    from fer_classic.model.signing import sign_model
    from fer_classic.model.store import load_model

    place = folder_of(folder)
    load_model(place)  # what cannot be used is not signed
    fingerprint = sign_model(place, key, overwrite=overwrite)
    _say_unlisted(place)
    say(f"signed by the key with fingerprint {fingerprint}")
    print(place / SIGNATURE)


@model.command()
def verify(
    folder: Folder,
    key: Annotated[
        Path | None, typer.Option(help="File of the public key of the model's maker.")
    ] = None,
):
    """Verify that a model is whole, and with a key, who signed it.

    A signature tells who made a model, not that it is any good.

    Example: fer-classic model verify their-model --key their.pub
    """
    from fer_classic.files.checksums import sealed_files
    from fer_classic.model.signing import check_signature
    from fer_classic.model.store import folder_of, load_model

    place = folder_of(folder)
    # The signature first: what a stranger signed is not even opened.
    fingerprint = None if key is None else check_signature(place, key)
    loaded = load_model(place)
    files, names = sealed_files(place), loaded.settings.class_set.names
    print(f"checksums: right for {len(files)} files ({', '.join(sorted(files))})")
    print(f"structure: a model of {len(names)} classes that can be used")
    if fingerprint is None:
        print("signature: not checked; without --key this says nothing of who made it")
    else:
        print(f"signature: by the key {key}, fingerprint {fingerprint}")
    _say_unlisted(place)


def _say_unlisted(folder):
    """Name the files that no checksum vouches for; none of them is ever read."""
    from fer_classic.files.checksums import SEAL, SIGNATURE, sealed_files

    known = {SEAL, SIGNATURE, *sealed_files(folder)}
    others = sorted(own.name for own in folder.iterdir() if own.name not in known)
    if others:
        shown = ", ".join(repr(name)[1:-1] for name in others[:10])
        more = f" and {len(others) - 10} more" if len(others) > 10 else ""
        say(f"not vouched for, and not part of the model: {shown}{more}")
