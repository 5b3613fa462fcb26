"""Votes of annotators in the commands: what they say of the data."""


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
