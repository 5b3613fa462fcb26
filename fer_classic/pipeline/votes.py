"""Votes of annotators in a run: read, joined to the images, told."""

from fer_classic.compute.processes import SILENT
from fer_classic.data.voted import rows_of_votes, training_shares
from fer_classic.data.votes import is_votes_table, read_votes
from fer_classic.errors import FerClassicError


def votes_of(path, inputs):
    """The votes that a run shall use, or None.

    Parameters
    ----------
    path : pathlib.Path or None
    inputs : list of str
        The data: a single table with a column of votes for each class counts as well.

    Returns
    -------
    Votes or None
    """
    if path is None and len(inputs) == 1 and is_votes_table(inputs[0]):
        path = inputs[0]
    return None if path is None else read_votes(path)


def joined(rows, votes, settings, *, strict=False, watch=SILENT):
    """Training data and the shares of classes that it learns from.

    Parameters
    ----------
    rows : Samples or FaceTable
    votes : Votes or None
    settings : Settings
    strict : bool
        Whether votes for absent images are an error.

    Returns
    -------
    rows : Samples or FaceTable
    shares : ndarray or None

    Raises
    ------
    FerClassicError
        Classes are balanced by other rows, which have no votes; or as
        :func:`tell_absent` says.
    """
    if votes is None:
        return rows, None
    from fer_classic.learn.balance import check_weighed

    check_weighed(settings.classifier.get("balance", "none"))
    tell_absent(rows.names, votes, strict=strict, watch=watch)
    return training_shares(rows, votes, settings.vote_share)


def tell_absent(names, votes, *, strict=False, watch=SILENT):
    """Say how many images have votes, and which votes have no image.

    Parameters
    ----------
    names : sequence of str
    votes : Votes
    strict : bool
        Whether votes for absent images are an error.

    Raises
    ------
    FerClassicError
        There are some, and ``strict``.
    """
    places = rows_of_votes(names, votes)
    used = set(places[places >= 0].tolist())
    watch.say(f"{votes.origin}: votes for {(places >= 0).sum()} of {len(names)} image(s)")
    absent = next((row for row in range(len(votes)) if row not in used), None)
    if absent is None:
        return
    text = (
        f"{votes.origin}, line {votes.lines[absent]}: {votes.names[absent]} is not among "
        f"the images; {len(votes) - len(used)} such line(s)"
    )
    if strict:
        raise FerClassicError(f"{text}. Remove them, or run without `strict`.")
    watch.say(text)
