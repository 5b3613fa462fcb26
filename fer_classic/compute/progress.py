"""What is told while work goes on: nothing, unless somebody wants to hear."""

from contextlib import contextmanager


class Silent:
    """Tells nothing. Whoever wants to hear gives an object with the same two methods."""

    def say(self, message):
        """A message for a person, such as what was left out."""

    @contextmanager
    def bar(self, title, total):
        """Progress of a block: yields a function of the number done and a note."""
        yield lambda done, note="": None


SILENT = Silent()
