"""What a page works on: a model, perhaps a collection and its journal, photographs."""

import secrets
import threading
from collections import OrderedDict

from fer_classic.errors import FerClassicError
from fer_classic.page.collection import columns_of, mended
from fer_classic.page.everyface import FaceReader
from fer_classic.page.explained import Explainer
from fer_classic.page.neighbours import Neighbours
from fer_classic.page.opening import Opener
from fer_classic.page.pictures import Pictures

#: Photographs of the first view that are kept for explanations.
KEPT = 6


class Workspace:
    """Everything that the routes of one page share.

    Parameters
    ----------
    model : Model
    inputs : list of str
        A run directory, or photographs; may be empty.
    settings : Settings
        To read labels with and to train with.
    journal : Journal or None
        None without inputs.
    jobs : int
    cache : path-like or None
    film : FilmRun, optional
        In the place of inputs.
    """

    def __init__(
        self, model, inputs, settings, journal=None, *, jobs=-1, cache=None, film=None
    ):
        self.model = model
        self.inputs = inputs
        self.settings = settings
        self.journal = journal
        self.jobs = jobs
        self.cache = cache
        self.film = film
        self.reader, self.explainer = FaceReader(model), Explainer(model)
        self.collection = self.pictures = self.neighbours = self.columns = None
        first = "reading" if film is None else "film"
        self._say(first if self.is_to_be_read else "ready")
        self.error = ""
        self._row_of = {}
        self._photographs, self._lock = OrderedDict(), threading.Lock()

    @property
    def is_to_be_read(self):
        """Whether there are inputs or a film that :meth:`open` has not read yet."""
        if self.film is not None:
            return not self.film.classes
        return bool(self.inputs) and self.collection is None

    def open(self):
        """Read the inputs; what goes wrong is kept for the page to tell."""
        try:
            if self.film is not None:
                self.film.load(self._say)
                self._say("ready")
            else:
                self.show(self._opener().open())
        except FerClassicError as error:
            self.error = str(error)
        except MemoryError:
            self.error = "There is not enough memory for all of it."

    def _opener(self):
        return Opener(
            self.inputs,
            self.model,
            self.settings,
            jobs=self.jobs,
            cache=self.cache,
            say=self._say,
        )

    def show(self, collection):
        """Take a collection that is read.

        Parameters
        ----------
        collection : Collection
        """
        faces = collection.faces
        self._row_of = {
            key: row for row, key in enumerate(zip(faces.names, faces.digests, strict=True))
        }
        self.pictures = Pictures(collection, self.cache)
        self.neighbours = Neighbours(self.model, faces, collection.training)
        self.columns = columns_of(collection)
        self.collection = collection
        self._say("ready")

    def _say(self, step, done=0, total=0):
        self.progress = {"step": step, "done": done, "total": total}

    def loaded(self):
        """The collection; an error where nothing is loaded yet."""
        if self.collection is None:
            raise FerClassicError(self.error or "Nothing is loaded yet.")
        return self.collection

    def picture_of(self, row):
        """Name and digest of a row, by which the journal knows it."""
        faces = self.collection.faces
        return faces.names[row], faces.digests[row]

    def row_of(self, picture):
        """The row of a picture that the journal names; None if it is not here."""
        return self._row_of.get(tuple(picture))

    def decision(self, row):
        """What is decided about a row, as the page takes it: JSON types, codes."""
        made = self.journal.decision(*self.picture_of(row))
        code = self.collection.faces.classes.code(made.label) if made.label else None
        return {
            "label": -1 if code is None else code,
            "confirmed": made.confirmed,
            "excluded": made.excluded,
            "face": made.face,
            "number": made.number,
        }

    def decisions(self, since=0):
        """Decisions of all rows that entries after a number concern.

        Parameters
        ----------
        since : int

        Returns
        -------
        dict of int to dict
        """
        rows = {
            self.row_of(picture)
            for entry in self.journal.entries[since:]
            for picture in entry["pictures"]
        } - {None}
        return {row: self.decision(row) for row in sorted(rows)}

    def unknown_decisions(self):
        """How many decisions concern pictures that are not here, or have changed."""
        pictures = {
            tuple(picture)
            for entry in self.journal.entries
            for picture in entry["pictures"]
        }
        return sum(
            picture not in self._row_of and self.journal.decision(*picture).made
            for picture in pictures
        )

    def mended(self):
        """The collection's faces with all decisions, and which rows stay.

        Returns
        -------
        faces : FaceTable
        kept : ndarray of bool, shape (n,)
        """
        rows = range(len(self.collection))
        decisions = [self.journal.decision(*self.picture_of(row)) for row in rows]
        return mended(self.collection, decisions, self.face_at)

    def face_at(self, row, box):
        """The face of a row at a box, a FaceTable of one row."""
        return self.reader.at(self.pictures.pixels(row), box)

    def keep_photograph(self, photograph):
        """Hold a photograph for a while, under a name that cannot be guessed."""
        name = secrets.token_urlsafe(9)
        with self._lock:
            self._photographs[name] = photograph
            while len(self._photographs) > KEPT:
                self._photographs.popitem(last=False)
        return name

    def photograph(self, name):
        """A photograph that is held; None if it is not."""
        with self._lock:
            return self._photographs.get(name)
