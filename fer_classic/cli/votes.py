"""Votes of annotators in the commands: read, joined, told."""

from fer_classic.cli.console import say


def votes_from_option(path, inputs):
    """The votes that a command shall use, or None.

    Parameters
    ----------
    path : pathlib.Path or None
        The option --votes.
    inputs : list of str
        The data: a single table with a column of votes for each class counts as well.

    Returns
    -------
    Votes or None
    """
    from fer_classic.data.votes import is_votes_table, read_votes

    if path is None and len(inputs) == 1 and is_votes_table(inputs[0]):
        path = inputs[0]
    return None if path is None else read_votes(path)


def joined(rows, votes, settings, *, strict=False):
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
    """
    from fer_classic.data.voted import training_shares

    if votes is None:
        return rows, None
    told_absent(rows.names, votes, strict=strict)
    return training_shares(rows, votes, settings.vote_share)


def told_absent(names, votes, *, strict=False):
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
    from fer_classic.data.voted import rows_of_votes
    from fer_classic.errors import FerClassicError

    places = rows_of_votes(names, votes)
    used = set(places[places >= 0].tolist())
    say(f"{votes.origin}: votes for {(places >= 0).sum()} of {len(names)} image(s)")
    absent = next((row for row in range(len(votes)) if row not in used), None)
    if absent is None:
        return
    text = (
        f"{votes.origin}, line {votes.lines[absent]}: {votes.names[absent]} is not among "
        f"the images; {len(votes) - len(used)} such line(s)"
    )
    if strict:
        raise FerClassicError(f"{text}. Remove them, or run without --strict.")
    say(text)
