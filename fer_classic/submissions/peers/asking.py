"""Asking one package about every photograph, whatever happens to it."""

import hashlib
import tempfile
from pathlib import Path

from fer_classic.errors import UnreadableImage
from fer_classic.submissions.peers.process import Died, ToolProcess, Unusable
from fer_classic.submissions.peers.rows import KeptRows

#: Folder of kept rows in the output folder, by which it is known again.
ROWS = "rows"
#: After so many deaths in a row a package is not asked any more.
GIVE_UP = 3


def ask_about_all(tool, samples, out, limits, watch):
    """Fill the rows of a tool; those that were kept are not asked for again.

    Parameters
    ----------
    tool : Tool
    samples : Samples
    out : pathlib.Path
    limits : (float, float)
        Seconds for a photograph, and for loading the tool.
    watch : Silent
    """
    asked = {"tool": tool.tool, "python": tool.python, "model": _identity(tool)}
    kept = KeptRows(out / ROWS / f"{tool.name}.jsonl", asked)
    tool.facts = kept.facts
    log = out / f"{tool.name}.log"
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            _Asker(tool, kept, log, Path(folder), limits) as asker,
            watch.bar(tool.name, len(samples)) as advance,
        ):
            for row in asker.rows(samples):
                tool.rows.append(row)
                advance(len(tool.rows))
    except Unusable as reason:
        tool.notes.append(f"{reason}")
        watch.say(f"{tool.name}: {reason}.")


def _identity(tool):
    """What tells a model from another of the same name."""
    if tool.model is None:
        return None
    from fer_classic.model.analyzer import Analyzer

    told = Analyzer(tool.model).identity()
    return hashlib.sha256(told.encode()).hexdigest()


class _Asker:
    """Asks a tool about one photograph after the other, and starts it anew if it dies."""

    def __init__(self, tool, kept, log, folder, limits):
        self._tool, self._kept, self._log = tool, kept, log
        self._folder, self._limits = folder, limits
        self._process, self._deaths = None, 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process is not None:
            self._process.end()

    def rows(self, samples):
        """The row of each photograph, kept or new, in their order.

        Raises
        ------
        Unusable
            At the end, where the tool cannot be asked: kept rows are given all the same.
        """
        reason = None
        if not self._kept.names() >= set(samples.names):
            reason = self._tried(self._start)
        for name, source in zip(samples.names, samples.sources, strict=True):
            try:
                data = source.read()
            except UnreadableImage as error:
                yield {"name": name, "error": f"the photograph {error}"}
                continue
            digest = hashlib.sha256(data).hexdigest()
            if (row := self._kept.of(name, digest)) is not None:
                yield row
            elif reason is None:
                row = {"name": name, "digest": digest}
                reason = self._tried(lambda: row.update(self._new(name, data)))  # noqa: B023
                if reason is None:
                    self._kept.add(row)
                    yield row
        if reason is not None:
            raise reason

    @staticmethod
    def _tried(work):
        """Why a tool cannot be asked; None where it can."""
        try:
            work()
        except Unusable as reason:
            return reason

    def _new(self, name, data):
        if self._deaths == GIVE_UP:
            raise Unusable(f"it died {GIVE_UP} times in a row and is not asked any more")
        if self._process is None:
            self._start()
        path = self._folder / f"photograph{Path(name).suffix.lower()}"
        path.write_bytes(data)
        return _checked(self._ask(path))

    def _start(self):
        tool = self._tool
        self._process = ToolProcess(
            tool.tool, tool.model, tool.python, self._log, self._limits[1]
        )
        before, tool.facts = self._kept.facts.get("version"), self._process.facts
        if self._kept.begin(tool.facts):
            tool.notes.append(f"what version {before} of it said before is not counted")

    def _ask(self, path):
        try:
            answer = self._process.ask(path, self._limits[0])
        except Died as error:
            self._process, self._deaths = None, self._deaths + 1
            return {"error": str(error)}
        self._deaths = 0
        return answer


def _checked(answer):
    """An answer whose faces are of the expected shape; else an error."""
    faces = answer.get("faces")
    if "error" in answer or (isinstance(faces, list) and all(map(_is_face, faces))):
        return answer
    return {"error": f"its answer is no list of faces: {str(faces)[:80]}"}


def _is_face(face):
    """Whether an answer's face has scores by name, and a box or None."""
    scores = face.get("emotions") if isinstance(face, dict) else None
    return (
        isinstance(scores, dict)
        and bool(scores)
        and all(isinstance(score, int | float) for score in scores.values())
    )
