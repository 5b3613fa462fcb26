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


def votes_by_part(parts, votes):
    """What votes say of each part of a data set that they name.

    Parameters
    ----------
    parts : dict of str to Samples
    votes : Votes

    Raises
    ------
    FerClassicError
        They name no image of any part.
    """
    from fer_classic.data.voted import about_votes, rows_of_votes
    from fer_classic.errors import FerClassicError

    told, refused = {}, None
    for part, samples in parts.items():
        try:
            rows_of_votes(samples.names, votes)
        except FerClassicError as error:
            refused = error
            continue
        told[part] = about_votes(samples, votes)
    if not told and refused is not None:
        raise refused
    return told


def votes_text(part, told):
    """A line on the votes of a part."""
    agreement = told["agreement"]
    same = (
        ""
        if agreement is None
        else (f"; the label is the majority in {agreement:.1%} of {told['compared']}")
    )
    counts = ", ".join(f"{name} {n}" for name, n in told["majority"].items())
    return (
        f"votes in {part}: {told['images']} images, {told['ties']} ties, "
        f"{told['entropy']:.2f} bits on average{same}\n  majorities: {counts}"
    )
