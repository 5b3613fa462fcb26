"""What was seen in each frame, on disk as it is found: a killed run goes on from there."""

import json
import os
from pathlib import Path

import numpy as np

from fer_classic.errors import FerClassicError
from fer_classic.video.smooth import FaceNow, Moment

#: Of the format; another is begun anew.
VERSION = 1


class Records:
    """A folder with a line for each frame, and the state from which to go on.

    Parameters
    ----------
    folder : path-like
        It is made where it is missing.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.rows = self.folder / "frames.jsonl"
        self._state = self.folder / "state.json"

    def state(self):
        """What :meth:`keep` kept last.

        Returns
        -------
        dict or None
            None where nothing was kept, or what was is damaged.
        """
        try:
            state = json.loads(self._state.read_text(encoding="utf-8"))
            whole = self.rows.stat().st_size >= state["size"]
            usable = whole and state["version"] == VERSION
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return state if usable else None

    def begin(self, state):
        """Cut off what was written after a state, or all.

        Parameters
        ----------
        state : dict or None
        """
        with open(self.rows, "ab") as file:
            file.truncate(state["size"] if state else 0)
        if state is None:
            self._state.unlink(missing_ok=True)

    def add(self, moments):
        """Write frames.

        Parameters
        ----------
        moments : list of Moment
        """
        lines = "".join(json.dumps(_packed(own)) + "\n" for own in moments)
        try:
            with open(self.rows, "a", encoding="utf-8") as file:
                file.write(lines)
        except OSError as error:
            raise FerClassicError(
                f"{self.rows} cannot be written: {error.strerror}. Free space, or name "
                "another folder with `cache`."
            ) from None

    def keep(self, **state):
        """Keep the state after all that was added.

        Parameters
        ----------
        **state
            JSON types.
        """
        state |= {"version": VERSION, "size": self.rows.stat().st_size}
        work = self._state.with_suffix(".new")
        work.write_text(json.dumps(state), encoding="utf-8")
        os.replace(work, self._state)

    def __iter__(self):
        with open(self.rows, encoding="utf-8") as file:
            for line in file:
                yield _unpacked(json.loads(line))


def _packed(moment):
    faces = [
        [f.track, f.status, [round(v, 2) for v in f.box], round(f.score, 4)]
        + [[round(float(p), 6) for p in f.probabilities]]
        for f in moment.faces
    ]
    return [moment.index, round(moment.time, 6), faces]


def _unpacked(values):
    index, time, faces = values
    return Moment(
        index,
        time,
        tuple(
            FaceNow(track, status, tuple(box), score, np.array(probabilities))
            for track, status, box, score, probabilities in faces
        ),
    )
